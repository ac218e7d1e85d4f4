"""The way of an embedded database from one major version of PostgreSQL to the next."""

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from app.core.embedded import SUPERUSER, Embedded
from app.core.postgres_programs import SYSTEM_SERVERS, EmbeddedError, major_version, server_programs


def upgrade(folder: Path, *, pg_bin: Path | None = None) -> Path | None:
    """Carry the data of a folder to newer programs: the old server dumps everything, a new one takes it in.

    The old cluster stays whole, and stays in its place until the new one is complete; then it is kept beside it for
    the user to delete. The programs of both versions are needed: `pg_bin`, the wheel's, or a system server's.

    Returns:
        Where the old cluster was left, or None when there is no cluster or nothing newer to carry it to.

    Raises:
        EmbeddedError: the old version's programs are missing, the server is in use, or the copy failed.
    """
    server = Embedded(folder, pg_bin=pg_bin)
    old_major = server.cluster_major()
    if old_major is None:
        return None
    found = [(major_version(programs), programs) for programs in server_programs(pg_bin)]
    new = next((programs for major, programs in found if major > old_major), None)
    old = next((programs for major, programs in found if major == old_major), None)
    if new is None:
        return None
    if old is None:
        raise EmbeddedError(
            f"Faltan los programas de PostgreSQL {old_major}, que deben leer los datos de {server.folder}. Instálelos "
            f"(paquete postgresql-{old_major}, en {SYSTEM_SERVERS}) o indique su carpeta en PG_BIN, y repita la orden."
        )
    if server.running():
        raise EmbeddedError(
            f"El servidor de {server.folder} está en uso. Deténgalo (Ctrl-C) y repita la orden."
        )

    successor = Embedded(server.folder / "upgrade", pg_bin=new)
    shutil.rmtree(successor.folder, ignore_errors=True)  # what an interrupted attempt left
    successor.folder.mkdir(mode=0o700)
    shutil.copy2(server.folder / "superuser", successor.folder)
    dump = successor.folder / "dump.sql"
    with Embedded(folder, pg_bin=old) as source:
        # The old version's own program: it alone knows the private marks that its minor releases leave in the
        # catalogue (15.20 marks columns with an option that the programs of 18.6 would copy and then refuse).
        _client(old / "pg_dumpall", source.superuser_url, f"--file={dump}")
    with successor:
        _restore(dump, new, successor.superuser_url)
    dump.unlink()
    kept = server.folder / f"data-{old_major}"
    server.data.rename(kept)
    successor.data.rename(server.data)
    shutil.rmtree(successor.folder)
    return kept


def _restore(dump: Path, programs: Path, superuser_url: str) -> None:
    """Play a dump into a fresh cluster, which has its superuser already."""
    creation = f"CREATE ROLE {SUPERUSER};\n"
    script = dump.with_suffix(".restore.sql")
    with dump.open() as source, script.open("w") as target:
        target.writelines(line for line in source if line != creation)
    _client(
        programs / "psql",
        superuser_url,
        "--no-psqlrc",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        f"--file={script}",
    )
    script.unlink()


def _client(program: Path, superuser_url: str, *arguments: str) -> None:
    """Run a client program as the superuser of a server.

    Raises:
        EmbeddedError: it failed; nothing was replaced.
    """
    url = urlsplit(superuser_url)
    answer = subprocess.run(
        [program, f"--host={url.hostname}", f"--port={url.port}", f"--username={SUPERUSER}", *arguments],
        check=False,
        env={"LC_ALL": "C", "PATH": os.defpath, "PGPASSWORD": url.password or ""},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    if answer.returncode != 0:
        detail = "\n  ".join(answer.stderr.strip().splitlines()[-6:])
        raise EmbeddedError(
            f"{program.name} no pudo copiar la base de datos; la anterior sigue intacta en su lugar:\n  {detail}"
        )
