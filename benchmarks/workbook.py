"""Our own workbook, downloaded and taken back: rows a second, memory, signs of life, against the bare reader.

    python -m benchmarks.workbook [--rows 50000]

Processes of the shared data are written as one workbook; then, each in a process of its own, python-calamine reads it and
does nothing with it, and the whole pass of `app.imports.workbook` reads it (rows told from edited ones, staged on disk,
processes compared). Nothing is stored. Goals: at most 5 times the bare reading, less than 300 MB, a sign of life each second.

What is printed is markdown, for README.md.
"""

import argparse
import gzip
import tempfile
import time
from itertools import cycle, pairwise
from pathlib import Path
from uuid import UUID

from app.core import json
from app.imports.matching import Padron
from app.imports.sourcing import Setting
from app.imports.workbook import Workbook, writer
from app.processes.service import ENVELOPE
from app.workbook.elements import elements
from benchmarks.imports import LIMIT, MB, bare
from benchmarks.measuring import apart, peak_memory
from benchmarks.publish import DATA

TENANT, ZONE = UUID(int=1), "America/Mexico_City"


def written(path: Path, many: int) -> tuple[int, float]:
    """Write processes until there are so many rows; return the rows and the seconds of processor."""
    with gzip.open(DATA) as lines:
        releases = [json.loads(line) for _, line in zip(range(1000), lines, strict=False)]
    documents = [{key: held for key, held in one.items() if key not in ENVELOPE} for one in releases]
    rows, started = 0, time.process_time()
    with path.open("w+b") as file, writer(file, tenant_id=TENANT, zone=ZONE) as book:
        for number, document in enumerate(cycle(documents)):
            if rows >= many:
                break
            book.add(f"ocds-a1b2c3-{number}", document)
            rows += sum(1 for _ in elements(document))
    return rows, time.process_time() - started


def ours(path: Path) -> dict[str, float]:
    """Make a pass; return its seconds of processor, entries, longest silence in seconds and peak of memory in MB."""
    alive = [time.monotonic()]
    setting = Setting(
        zone=ZONE,
        padron=Padron(()),
        body=None,
        unpacked_limit=LIMIT,
        element_limit=LIMIT,
        beat=lambda _: alive.append(time.monotonic()),
        own_processes=lambda *_, **__: {},
        tenant_id=TENANT,
    )
    started, entries = time.process_time(), 0
    for _ in Workbook().open(path, setting).entries():
        entries += 1
        alive.append(time.monotonic())
    silence = max(after - before for before, after in pairwise(alive))
    return {
        "seconds": time.process_time() - started,
        "entries": entries,
        "silence": silence,
        "peak": peak_memory() / MB,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    many = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        rows, seconds = written(path, many)
        size = path.stat().st_size / 1024**2
        reader, passed = apart(bare, path), apart(ours, path)
    print(f"### {rows:,} rows of our own workbook, {size:.1f} MB\n")
    print("| | Processor | Rows/s | Peak |\n| --- | ---: | ---: | ---: |")
    print(f"| written | {seconds:.1f} s | {rows / seconds:,.0f} | |")
    for name, one in (("python-calamine, bare", reader), ("read, staged and compared", passed)):
        print(f"| {name} | {one['seconds']:.1f} s | {rows / one['seconds']:,.0f} | {one['peak']:.0f} MB |")
    print(f"\nRatio {passed['seconds'] / reader['seconds']:.1f}; longest silence {passed['silence']:.2f} s.")


if __name__ == "__main__":
    main()
