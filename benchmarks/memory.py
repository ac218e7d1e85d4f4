"""Peak memory of importing one release package: it must not grow with the file.

    python -m benchmarks.memory [MEGABYTES]

Writes a package of that size, its releases repeated under fresh ocids, reads the whole of it for the preview, and
applies and publishes its first ten thousand releases; prints the most memory that this process ever had, in MiB. Without
a size, the two that are compared, each in a process of its own.
PostgreSQL and its processes are not counted.
"""

import subprocess
import sys
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

from app.core import collector
from app.core.db import Actor, RwSession
from app.imports import service as imports
from app.processes.queries import VersionRef
from app.processes.service import PublishOutcome
from app.publication.service import publish_batch
from benchmarks.measuring import peak_memory
from benchmarks.publish import DATA, NO_LIMIT, PREFIX, Bench, Place, opened, read

SIZES = (100, 1000)
GOAL = 300
UNITS = 50
_LOCAL = b"-SOP-"


class _EnoughError(Exception):
    """As many releases were published as tell."""


class _Publisher:
    """Publishes a number of units of work and then stops the import, as a crash would."""

    def __init__(self) -> None:
        self.units = 0

    def __call__(
        self, session: RwSession, actor: Actor, versions: list[VersionRef], /
    ) -> list[PublishOutcome]:
        if self.units == UNITS:
            raise _EnoughError
        self.units += 1
        return publish_batch(session, actor, versions)


def write_package(path: Path, lines: Sequence[bytes], prefix: str, megabytes: int) -> int:
    """Write a release package of about so many million bytes; return how many releases it holds."""
    releases = 0
    with path.open("wb") as file:
        file.write(b'{"uri":"https://example.org/1","version":"1.1","publishedDate":"2026-01-01T00:00:00Z",')
        file.write(b'"publisher":{"name":"Secretar\xc3\xada de Obras P\xc3\xbablicas"},"releases":[')
        for line in cycle(lines):
            if file.tell() >= megabytes * 1_000_000:
                break
            file.write(b",\n" if releases else b"\n")
            releases += 1
            own = line.strip().replace(PREFIX, prefix.encode())
            file.write(own.replace(_LOCAL, f"-{releases:07}-".encode(), 1))
        file.write(b"]}\n")
    return releases


def bring(bench: Bench, place: Place, path: Path) -> None:
    """Preview the whole file, then apply its beginning."""
    with path.open("rb") as file:
        stored = imports.store(bench.storage, place.actor, path.name, file, NO_LIMIT)
    path.unlink()
    with bench.database.unit_of_work(place.actor) as session:
        run = imports.start(
            session, place.actor, stored, sujeto_obligado_id=place.sujeto_obligado_id, publish=True
        )
    imports.read_run(bench.database, place.actor, run.import_id, storage=bench.storage)
    with bench.database.unit_of_work(place.actor) as session:
        imports.confirm(session, place.actor, run.import_id)
    try:
        imports.apply_run(
            bench.database, place.actor, run.import_id, publisher=_Publisher(), storage=bench.storage
        )
    except _EnoughError:
        return


def compare() -> str:
    """Return what an import of each size needs, in a process of its own."""
    told = []
    for megabytes in SIZES:
        command = [sys.executable, "-m", "benchmarks.memory", str(megabytes)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        told.append(f"{answer} for {megabytes:,} MB")
    return f"Most memory of a process that imports a release package (goal: flat, < {GOAL} MiB): {', '.join(told)}."


def main() -> None:
    if len(sys.argv) == 1:
        print(compare())
        return
    megabytes = int(sys.argv[1])
    collector.settle()
    lines = read(DATA, 1000)
    with opened() as bench:
        place = bench.place()
        path = bench.folder / "package.json"
        releases = write_package(path, lines, place.prefix, megabytes)
        del lines
        before = peak_memory()
        bring(bench, place, path)
    print(f"{peak_memory() / 2**20:.0f} MiB ({before / 2**20:.0f} before it began; {releases:,} releases)")


if __name__ == "__main__":
    main()
