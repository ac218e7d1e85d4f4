"""A backup: one folder with the database, the files and a manifest that says what they are.

The database comes first and as one snapshot, since rows name files and never the other way round; files never change
under their key, so that whatever the snapshot names is there, or was withdrawn meanwhile. Row security keeps the
owner's own tables from a dump, so it is taken as a superuser: the embedded server's, or `DATABASE_URL_BACKUP`.
"""

import os
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import psycopg
from pyrage import x25519
from sqlalchemy.engine import URL, make_url

from app.core import clock, installation, json, keys
from app.core.embedded import Embedded
from app.core.errors import NotFoundError
from app.core.postgres_programs import server_programs
from app.core.storage import Storage
from app.operations import parts
from app.operations.parts import BackupError, Part, Sink
from app.settings import Settings

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE, FILES = "database.dump", "files.tar"
_PIECE = 1024 * 1024
_HEADS = """
SELECT t.slug, h.position, encode(h.entry_hash, 'hex') FROM chain_head h JOIN tenant t USING (tenant_id) ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a tenant's chain of publications stood: slug, last position, and that entry's hash in hexadecimal."""

    tenant: str
    position: int
    entry_hash: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Attributes:
        format: of the folder, `FORMAT`.
        at: instant of the database's snapshot, RFC 3339.
        revision: of the schema.
        server: version of PostgreSQL.
        role_prefix: of the roles that the dump grants to.
        keys: identifiers and marks (`keys.marks`) of the installation's keys, which are not in the backup themselves.
        files: how many files were copied.
        heads: of the tenants' chains.
        parts: the files of the folder.
    """

    format: int
    at: str
    revision: str
    server: str
    role_prefix: str
    keys: tuple[str, ...]
    files: int
    heads: tuple[Head, ...]
    parts: tuple[Part, ...]

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Read the manifest of a backup.

        Raises:
            BackupError: there is none, or it is of a format that this version does not know.
        """
        try:
            told = json.loads((folder / MANIFEST).read_bytes())
        except FileNotFoundError as error:
            raise BackupError(f"En {folder} no hay un respaldo: falta {MANIFEST}.") from error
        if told.get("format") != FORMAT:
            raise BackupError(
                f"El respaldo tiene el formato {told.get('format')}; esta versión lee el {FORMAT}."
            )
        told["heads"] = tuple(Head(**head) for head in told["heads"])
        told["parts"] = tuple(Part(**part) for part in told["parts"])
        return cls(**{**told, "keys": tuple(told["keys"])})


def backup(settings: Settings, folder: Path, recipients: Sequence[x25519.Recipient] = ()) -> Manifest:
    """Copy database and files into a new folder; the service may run meanwhile.

    Args:
        settings: of the installation.
        folder: that does not exist, or is empty.
        recipients: age keys that the parts are sealed for; none: they stay plain.

    Raises:
        BackupError: the folder holds something, or a program of PostgreSQL failed.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise BackupError(
            f"{folder} no está vacía: un respaldo nunca se escribe sobre otro. Elige otra carpeta."
        )
    with administrator(settings) as address:
        with _snapshot(address) as snapshot:
            heads = tuple(Head(*row) for row in snapshot.rows(_HEADS))
            ((revision,),) = snapshot.rows("SELECT version_num FROM alembic_version")
            dump = parts.write(
                folder / DATABASE, lambda sink: _dump(settings, address, snapshot.name, sink), recipients
            )
        # The snapshot is over: held through the files' hours it would keep the database from cleaning up.
        copied = _Copied()
        files = parts.write(
            folder / FILES, lambda sink: _copy_files(Storage.of(settings), sink, copied), recipients
        )
    manifest = Manifest(
        format=FORMAT,
        at=snapshot.at.isoformat(),
        revision=str(revision),
        server=snapshot.server,
        role_prefix=settings.role_prefix,
        keys=keys.marks(keys.of(settings)),
        files=copied.count,
        heads=heads,
        parts=(dump, files),
    )
    # Last, and in one step: a folder without it is no backup.
    draft = folder / f"{MANIFEST}.draft"
    draft.write_bytes(json.dumps(asdict(manifest)))
    draft.rename(folder / MANIFEST)
    return manifest


@contextmanager
def administrator(settings: Settings) -> Iterator[URL]:
    """Yield the address of a superuser of the installation's database server.

    Raises:
        BackupError: the database is not ours and nobody said who may read all of it.
    """
    name = installation.database_name(settings)
    if settings.database_url is None:
        with Embedded(installation.embedded_folder(settings), pg_bin=settings.pg_bin) as server:
            yield make_url(server.superuser_url).set(database=name)
        return
    if settings.database_url_backup is None:
        raise BackupError(
            "Pon en DATABASE_URL_BACKUP la dirección de un superusuario (o de un rol con BYPASSRLS): los muros entre "
            "organismos tampoco dejan pasar a la dueña de las tablas."
        )
    yield make_url(settings.database_url_backup.get_secret_value()).set(database=name)


def program(settings: Settings, name: str, address: URL) -> tuple[list[str | Path], dict[str, str]]:
    """Return the command of a client program of PostgreSQL for a database, and its environment.

    Raises:
        BackupError: this machine has no such program.
    """
    found = next(
        (folder / name for folder in server_programs(settings.pg_bin) if (folder / name).exists()), None
    )
    if found is None:
        raise BackupError(f"Falta el programa {name} de PostgreSQL: instálalo o indica su carpeta en PG_BIN.")
    command: list[str | Path] = [found, f"--host={address.host}", f"--port={address.port or 5432}"]
    command += [f"--username={address.username}", "--no-password"]
    return command, {"LC_ALL": "C", "PATH": os.defpath, "PGPASSWORD": str(address.password or "")}


def failed(name: str, stderr: IO[bytes]) -> BackupError:
    """Return the error of a program that failed, with its last words."""
    stderr.seek(0)
    said = stderr.read().decode(errors="replace").strip().splitlines()[-6:]
    return BackupError(f"{name} no terminó:\n  " + "\n  ".join(said))


@dataclass(frozen=True, slots=True)
class _Snapshot:
    connection: psycopg.Connection
    name: str
    at: datetime
    server: str

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query.encode()).fetchall()


@contextmanager
def _snapshot(address: URL) -> Iterator[_Snapshot]:
    """Hold one view of the database as long as the dump needs it."""
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        found = connection.execute(
            "SELECT pg_export_snapshot(), now(), current_setting('server_version')"
        ).fetchone()
        name, at, server = cast("tuple[str, datetime, str]", found)
        yield _Snapshot(connection, name, at, server)


def _dump(settings: Settings, address: URL, snapshot: str, sink: Sink) -> None:
    command, environment = program(settings, "pg_dump", address)
    command += ["--format=custom", f"--snapshot={snapshot}", f"--dbname={address.database}"]
    with (
        Storage.of(settings).scratch_file() as said,
        subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
        ) as dumping,
    ):
        while piece := cast("IO[bytes]", dumping.stdout).read(_PIECE):
            sink.write(piece)
        if dumping.wait() != 0:
            raise failed("pg_dump", said)


@dataclass(slots=True)
class _Copied:
    count: int = 0


def _copy_files(storage: Storage, sink: Sink, copied: _Copied) -> None:
    """Write every stored file into a tar under its key; one that vanished meanwhile was withdrawn or swept."""
    with tarfile.open(fileobj=cast("BinaryIO", sink), mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for stored in storage.every():
            try:
                with storage.local_copy(stored.key) as path, path.open("rb") as file:
                    entry = tarfile.TarInfo(stored.key)
                    entry.size = os.fstat(file.fileno()).st_size
                    entry.mtime = int(stored.modified.timestamp())
                    archive.addfile(entry, file)
            except (NotFoundError, FileNotFoundError):
                continue
            copied.count += 1


def moment() -> str:
    """Return a name for the folder of a backup made now."""
    return clock.now().strftime("%Y%m%dT%H%M%SZ")
