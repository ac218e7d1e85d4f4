"""Rows of a workbook of the PNT become drafts: reading against a bare reader, storing against bare inserts, in one run.

    python -m benchmarks.imports [--rows 50000]

The pass of `app.imports.sipot` (cells understood, rows staged on disk, processes mapped to OCDS) runs in a process of its
own, and python-calamine's bare reading of the same file in another. Then the file is imported by the service of the page
and the command line, on an embedded server that keeps its promises (fsync on); what that takes beyond the pass and
judging is storing. The very rows that it left behind are read back and inserted into another tenant in batches of 200, each
committed: by `executemany`, and as ready-made JSON texts. Goals: reading at most 5 times the bare reader; storing at least
60 % of the rate of bare inserts; less than 300 MB; a sign of life each second.

What is printed is markdown, for README.md.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from uuid import UUID

from python_calamine import load_workbook
from sqlmodel import select

from app.core import collector
from app.imports import service as imports
from app.imports.analysis import Prefixes, analyse
from app.imports.entries import Entry
from app.imports.matching import Padron
from app.imports.models import ImportRun
from app.imports.sipot import Sipot
from app.imports.sourcing import Setting
from app.sipot.builtin import BUILT_IN
from app.sipot.rows import Row
from app.sipot.writing import write
from benchmarks.measuring import Spent, Watch, apart, peak_memory
from benchmarks.publish import Bench, Place, machine, opened

LIMIT = 10**10
LOOK_SECONDS = 0.05
MB = 1024 * 1024


def rows(many: int) -> Iterator[Row]:
    """Yield rows of direct awards, each its own process."""
    for number in range(many):
        yield Row(
            "",
            0,
            "",
            {
                "year": 2026,
                "period.start": date(2026, 1, 1),
                "period.end": date(2026, 3, 31),
                "file": f"AD-{number}/2026",
                "object": f"Papel para oficinas, pedido {number}",
                "motives": "Artículo 42 de la ley de adquisiciones, por monto de actuación",
                "contract.number": f"C-{number}",
                "contract.date": date(2026, 2, 1),
                "supplier.legal": f"Papelera {number % 500} SA de CV",
                "supplier.rfc": "PCE010203AB1",
                "net": 1000 + number,
                "gross": 1160 + number,
                "currency": "MXN",
                "contract.url": (f"https://transparencia.example/c/{number}.pdf",),
                "area": "Recursos Materiales",
                "updated": date(2026, 4, 10),
                "note": "Sin nota",
            },
        )


def judged(path: Path) -> dict[str, float]:
    """Make a pass and judge what it makes, as imports do; return the seconds of processor of judging alone."""
    prefixes = Prefixes(("ocds-abc123",), lambda _: "free")
    seconds = 0.0
    for entry in entries_of(path, lambda _: None):
        begun = time.process_time()
        analyse(entry, prefixes)
        seconds += time.process_time() - begun
    return {"seconds": seconds}


def ours(path: Path) -> dict[str, float]:
    """Make a pass; return its seconds of processor, longest silence in seconds and peak of memory in MB."""
    alive = [time.monotonic()]
    started = time.process_time()
    made = entries_of(path, lambda _: alive.append(time.monotonic()))
    alive.extend(time.monotonic() for _ in made)
    return {
        "seconds": time.process_time() - started,
        "silence": max(after - before for before, after in pairwise(alive)),
        "peak": peak_memory() / MB,
    }


def entries_of(path: Path, beat: Callable[[int], None]) -> Iterator[Entry]:
    """Begin a pass over a file."""
    collector.settle()  # as the application does
    setting = Setting(
        tenant_id=UUID(int=1),
        zone="America/Mexico_City",
        padron=Padron(()),
        body=None,
        unpacked_limit=LIMIT,
        element_limit=LIMIT,
        beat=beat,
        own_processes=lambda *_, **__: {},
    )
    return Sipot().open(path, setting).entries()


def bare(path: Path) -> dict[str, float]:
    """Read every sheet with python-calamine and do nothing with it."""
    started = time.process_time()
    book = load_workbook(path)
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python()
    return {"seconds": time.process_time() - started, "peak": peak_memory() / MB}


@contextmanager
def watched(bench: Bench, place: Place) -> Iterator[list[datetime]]:
    """Look at the only import of a tenant as its page does, and gather when it showed that it lives."""
    alive: list[datetime] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(LOOK_SECONDS):
            with bench.database.unit_of_work(place.actor) as session:
                alive.extend(session.exec(select(ImportRun.updated_at)))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield alive
    finally:
        ended.set()
        thread.join()


def stored(bench: Bench, path: Path, many: int) -> tuple[Place, Spent, float]:
    """Import the file into drafts of a new tenant; return it, what it took, and the longest silence in seconds."""
    place, watch = bench.place(), Watch(bench.postmaster)
    with watched(bench, place) as alive, watch.running():
        run = imports.import_file(bench.database, place.actor, bench.storage, path, limit=LIMIT)
    if run.counts.get("created") != many:
        raise SystemExit(f"No se guardó todo: {run.counts} {run.message}")
    return place, watch.spent, max((after - before).total_seconds() for before, after in pairwise(alive))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=50_000)
    many = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pnt.xlsx"
        with path.open("wb") as file:
            write(BUILT_IN["43335", "2021"], rows(many), file)
        size = path.stat().st_size / MB
        reader, passed = apart(bare, path), apart(ours, path)
        judging = apart(judged, path)["seconds"]
        collector.settle()
        with opened() as bench:
            print(f"{many:,} rows of SIPOT, {size:.1f} MB; {machine(bench.database, 'any')}.\n")
            place, spent, silence = stored(bench, path, many)
            peak = peak_memory() / MB
            inserted = {
                name: bench.copy(place, many, as_text=as_text, drafts=True)
                for name, as_text in (("`executemany`", False), ("ready-made JSON texts", True))
            }
    storing = spent.processor - passed["seconds"] - judging
    print("| | Processor | Rows/s | Peak |\n| --- | ---: | ---: | ---: |")
    for name, seconds, memory in (
        ("python-calamine, bare", reader["seconds"], reader["peak"]),
        ("read, staged and mapped", passed["seconds"], passed["peak"]),
        ("imported into drafts, all of it", spent.processor, peak),
        ("— of which judged: the standard and our checks", judging, 0),
        ("— of which stored", storing, 0),
        *(
            (f"bare inserts of the same rows, {name}", taken.processor, 0)
            for name, (taken, _) in inserted.items()
        ),
    ):
        told = f"{memory:.0f} MB" if memory else ""
        print(f"| {name} | {seconds:.1f} s | {many / seconds:,.0f} | {told} |")
    print(
        f"\nReading takes {passed['seconds'] / reader['seconds']:.1f} times the bare reader (goal ≤ 5). Storing reaches "
        + " and ".join(f"{taken.processor / storing:.0%} of {name}" for name, (taken, _) in inserted.items())
        + " (goal ≥ 60%), with judging "
        + " and ".join(f"{taken.processor / (storing + judging):.0%}" for _, (taken, _) in inserted.items())
        + f". Longest silence {passed['silence']:.2f} s of the pass, {silence:.2f} s of the import as its page sees it "
        f"(goal ≤ 1 s). {many / spent.wall:,.0f} rows a second on the clock."
    )
    written = inserted["`executemany`"][1]
    print(
        f"\nRows per row: {', '.join(f'{table} {count / many:.1f}' for table, (count, _) in written.items() if count)}."
    )


if __name__ == "__main__":
    main()
