"""A year of the old addresses: one answer of 10,000 processes, packed and plain, while others ask for little things.

    python -m benchmarks.edca [--size 10000] [--rounds 10] [--folder FOLDER]

One uvicorn process with the whole application, and one tenant whose releases `benchmarks.load` multiplied. The year is
read by a client that throws it away, over one connection; meanwhile another one asks for single releases, one after the
other. Memory is the most that the server process had during the first year of each kind, above what it had before.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from app.core.embedded import Embedded
from benchmarks import load
from benchmarks.export import database_of
from benchmarks.measuring import processor_seconds
from benchmarks.serving import running

GOALS = {"gzip": 0.4, "plain": 1.2}
MEMORY, SMALL = 20.0, 50.0
"""MiB above what it had, and milliseconds of the slowest hundredth of small requests."""


@dataclass
class Year:
    """What was measured of one kind of answer."""

    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    small: list[float] = field(default_factory=list)
    read: int = 0
    memory: float = 0.0


def memory(pid: int, name: str) -> float:
    """Return a figure of the memory of a process, in MiB: VmRSS now, VmHWM the most."""
    return int(Path(f"/proc/{pid}/status").read_text().partition(f"{name}:")[2].split()[0]) / 1024


async def fetch(port: int, path: str, *, packed: bool) -> int:
    """Read a whole answer in pieces and keep nothing; return its bytes on the line."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    coding = "gzip" if packed else "identity"
    asked = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: {coding}\r\nConnection: close\r\n\r\n"
    writer.write(asked.encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(head.decode())
    read = 0
    while piece := await reader.read(2**18):
        read += len(piece)
    writer.close()
    return read


async def little(port: int, paths: list[str], until: asyncio.Event) -> list[float]:
    """Ask for single releases until told; return the milliseconds of each."""
    taken: list[float] = []
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while not until.is_set():
        began = time.perf_counter()
        path = paths[len(taken) * 7919 % len(paths)]
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200"):
            raise SystemExit(head.decode())
        await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]))
        taken.append((time.perf_counter() - began) * 1000)
    writer.close()
    return taken


async def beside(port: int, path: str, paths: list[str], *, packed: bool) -> list[float]:
    """Read a year while little things are asked for; return the milliseconds of those."""
    over = asyncio.Event()
    asking = asyncio.create_task(little(port, paths, over))
    await fetch(port, path, packed=packed)
    over.set()
    return await asking


def measure(size: int, rounds: int, folder: str | None) -> None:
    """Load, serve, ask, and print what it took."""
    with (
        tempfile.TemporaryDirectory(dir=folder) as place,
        Embedded(Path(place) / "pg", fast=True) as server,
    ):
        database = database_of(server.superuser_url)
        source, big = load.tenant(database), load.tenant(database)
        load.publish(database, source)
        load.load(database, server.superuser_url, [source, big], load.REAL + size)
        base = f"/{big.garante.slug}"
        ocids = [f"{big.garante.prefix}-{number:07}" for number in range(1, size + 1)]
        paths = [f"{base}/api/v1/releases/{ocid}/{ocid}-0001" for ocid in ocids]
        with running(database, Path(place)) as (pid, port):
            asyncio.run(beside(port, f"{base}/edca/fiscalYears", paths, packed=False))
            for name, year in ask(pid, port, f"{base}/edca/contractingprocess/null", paths, rounds).items():
                report(name, year)
        database.dispose()


def ask(pid: int, port: int, path: str, paths: list[str], rounds: int) -> dict[str, Year]:
    """Take turns with the kinds of answer; the first of each is for its memory."""
    kinds = {name: Year() for name in GOALS}
    for name, year in kinds.items():
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        before = memory(pid, "VmRSS")
        year.read = asyncio.run(fetch(port, path, packed=name == "gzip"))
        year.memory = memory(pid, "VmHWM") - before
    for _ in range(rounds):
        for name, year in kinds.items():
            spent, began = processor_seconds(pid), time.perf_counter()
            asyncio.run(fetch(port, path, packed=name == "gzip"))
            year.seconds.append(time.perf_counter() - began)
            year.processor.append(processor_seconds(pid) - spent)
            year.small += asyncio.run(beside(port, path, paths, packed=name == "gzip"))
    return kinds


def report(name: str, year: Year) -> None:
    """Print a line for each figure of a kind."""
    slowest = statistics.quantiles(year.small, n=100)[98]
    print(
        f"| {name}, {year.read / 2**20:.1f} MiB | {statistics.median(year.seconds):.2f} s (≤ {GOALS[name]}) "
        f"| {statistics.median(year.processor):.2f} s | +{year.memory:.0f} MiB (≤ {MEMORY:.0f}) "
        f"| {slowest:.0f} ms of {len(year.small):,} (< {SMALL:.0f}) | load {os.getloadavg()[0]:.1f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=10_000, help="processes of the year")
    parser.add_argument("--rounds", type=int, default=10, help="years of each kind that are timed")
    parser.add_argument("--folder", help="where the database stands while it is needed")
    asked = parser.parse_args()
    measure(asked.size, asked.rounds, asked.folder)


if __name__ == "__main__":
    main()
