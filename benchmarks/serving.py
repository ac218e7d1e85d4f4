"""What public reads cost at 10,000, 100,000 and 1,000,000 releases, beside their limits in the same run.

    python -m benchmarks.serving [--sizes 10000 100000] [--folder FOLDER] [--requests 300] [--rounds 20]

One uvicorn process serves the whole application, counting who asks, and before it two bare Starlette routes on the same
pool: one reads stored bytes by their key, one answers ready bytes. Cold requests walk through more releases than the
memory for hot answers holds, so each misses it and pays for being kept; hot ones ask for a few. Kinds take turns; the
medians are compared. Counted for single releases is the processor time of the server process, all its threads
(`/proc/…/schedstat`), neither PostgreSQL nor the client; for pages the clock, beside a bare COPY of the same bodies.
The sets are those of `benchmarks.load`, one growing into the next.
"""

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import uvicorn
from sqlalchemy.engine import make_url
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core import installation, logs
from app.core.db import Database
from app.core.embedded import Embedded
from app.core.storage import Storage
from app.main import create_app
from app.openapi.reader import PublicReader
from app.settings import Settings, get_settings
from app.web import connections
from benchmarks import load
from benchmarks.export import database_of
from benchmarks.measuring import processor_seconds

SIZES = (10_000, 100_000, 1_000_000)
COLD, HOT = 4000, 20
GOALS = {"cold": 1.2, "hot": 2.0}
HOT_BYTES = 2 * 1024 * 1024
CONNECTIONS = (16, 1)
PAGES = {
    "page of 1,000": "releases?limit=1000",
    "filtered, a third": "releases?method=direct",
    "filtered, one": "releases?q=alumbrado+{number}",
    "filtered, none": "releases?status=cancelled",
}

_COPY = """
    COPY (SELECT body FROM release_body WHERE tenant_id = %s AND position <= 1000 ORDER BY position)
    TO STDOUT (FORMAT binary)"""


def bare_routes(reader: PublicReader, ready: bytes) -> Starlette:
    """Return the two routes that the goals compare with."""

    async def cold(request: Request) -> Response:
        key = (request.path_params["tenant"], int(request.path_params["position"]))
        async with reader.pool.connection() as connection:
            cursor = await connection.execute(
                "SELECT body FROM release_body WHERE tenant_id = %s AND position = %s",
                key,
                prepare=True,
                binary=True,
            )
            row = await cursor.fetchone()
        return Response(row[0] if row else b"", media_type="application/json")

    async def hot(_request: Request) -> Response:
        return Response(ready, media_type="application/json")

    return Starlette(routes=[Route("/bare/cold/{tenant}/{position:int}", cold), Route("/bare/hot", hot)])


def serve(port: int, settings: Settings) -> None:
    """Run the measured server in this process."""
    logs.configure()
    with installation.open_database(settings) as database:
        app = create_app(settings, database, Storage.local(settings.state_folder))
        bare = bare_routes(app.state.public_reader, b"x" * 2048)

        async def both(scope: Scope, receive: Receive, send: Send) -> None:
            inner: ASGIApp = bare if scope.get("path", "").startswith("/bare/") else app
            await inner(scope, receive, send)

        uvicorn.run(
            both,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            http=connections.of(settings.connections),
        )


async def ask(port: int, paths: Iterable[str], connected: int = 1) -> int:
    """Ask for every path over kept-alive connections; return the bytes of the bodies."""
    waiting = iter(paths)
    read = 0

    async def one_connection() -> None:
        nonlocal read
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**25)
        for path in waiting:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            if not head.startswith(b"http/1.1 200"):
                raise SystemExit(f"{path}: {head.decode()}")
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            read += length
        writer.close()

    await asyncio.gather(*(one_connection() for _ in range(connected)))
    return read


class Line:
    """One kept-alive connection of a client that costs little: what is compared is the service."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._host = f"127.0.0.1:{port}"
        self._room = memoryview(bytearray(2**25))

    def get(self, path: str) -> int:
        """Ask for a path; return the bytes of the body."""
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())
        read, whole = 0, 2**62
        length = 0
        while read < whole:
            read += self._socket.recv_into(self._room[read:])
            if whole == 2**62 and (end := bytes(self._room[: min(read, 4096)]).find(b"\r\n\r\n")) > 0:
                head = bytes(self._room[:end]).lower()
                if not head.startswith(b"http/1.1 200"):
                    raise SystemExit(f"{path}: {head.decode()}")
                length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
                whole = end + 4 + length
        return length


@contextmanager
def running(database: Database, folder: Path) -> Iterator[tuple[int, int]]:
    """Start the measured server; give its process id and port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    urls = {f"DATABASE_URL_{role.upper()}": getattr(database.urls, role) for role in ROLES}
    told = {"CA_STATE_FOLDER": str(folder), "CA_HOT_BYTES": str(HOT_BYTES), **COUNTING}
    environment = {**os.environ, "DATABASE_URL": database.urls.owner, **urls, **told}
    written = folder / "server.log"
    with written.open("wb") as log:
        command = [sys.executable, "-m", "benchmarks.serving", "--serve", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        for _ in range(100):
            with suppress(OSError):
                asyncio.run(ask(port, ["/bare/hot"]))
                break
            if process.poll() is not None:
                raise SystemExit(written.read_text()[-3000:])
            time.sleep(0.3)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(30)


ROLES = ("rw", "public", "monitor", "worker", "auth", "auditor")
COUNTING = {"CA_FAIR_REQUESTS": str(10**9), "CA_FAIR_UNCOUNTED": ""}
"""Everybody is counted, and nobody asks too often."""


@dataclass(frozen=True)
class Turns:
    """The server, and how often the kinds of request take turns."""

    pid: int
    port: int
    requests: int
    rounds: int


@dataclass(frozen=True)
class Sample:
    """Releases of a set that are asked for, spread over all of it."""

    bare: list[str]
    paths: list[str]
    tenant: load.Tenant

    @classmethod
    def of(cls, done: load.Loaded) -> "Sample":
        """Draw them, always the same."""
        draw = Random(43)
        bare, paths = [], []
        for _ in range(COLD):
            where, position = draw.choice(done.tenants[1:]), draw.randint(1, done.each)
            ocid = f"{where.garante.prefix}-{position:07}"
            bare.append(f"/bare/cold/{where.tenant_id}/{position}")
            paths.append(f"/{where.garante.slug}/api/v1/releases/{ocid}/{ocid}-0001")
        return cls(bare, paths, done.tenants[0])


def single(turns: Turns, sample: Sample, connected: int) -> dict[str, float]:
    """Return microseconds of the server's processor per request, by kind: the median of the rounds."""
    hot = sample.paths[:HOT]
    walks = {"bare cold": cycle(sample.bare), "cold": cycle(sample.paths)}
    walks |= {"bare hot": cycle(["/bare/hot"]), "hot": cycle(hot)}
    spent: dict[str, list[float]] = {kind: [] for kind in walks}
    for number in range(turns.rounds + 1):
        for kind, walk in walks.items():
            if kind == "hot":  # the cold ones have driven them out
                asyncio.run(ask(turns.port, hot))
            before = processor_seconds(turns.pid)
            asyncio.run(ask(turns.port, islice(walk, turns.requests), connected))
            if number:  # the first round warms up
                spent[kind].append((processor_seconds(turns.pid) - before) / turns.requests * 1e6)
    return {kind: statistics.median(taken) for kind, taken in spent.items()}


def pages(turns: Turns, sample: Sample, database: Database) -> dict[str, float]:
    """Return milliseconds on the clock of each kind of page, and of a bare COPY of the bodies of the first."""
    url = make_url(database.urls.public).set(drivername="postgresql").render_as_string(hide_password=False)
    base = f"/{sample.tenant.garante.slug}/api/v1/"
    spent: dict[str, list[float]] = {}
    sizes: dict[str, int] = {}
    with psycopg.connect(url) as connection:

        def copied() -> int:
            with connection.cursor().copy(_COPY, (sample.tenant.tenant_id,)) as stream:
                return sum(len(piece) for piece in stream)

        line = Line(turns.port)
        kinds: dict[str, Callable[[], int]] = {"bare COPY": copied}
        for kind, page in PAGES.items():
            path = base + page.format(number=77)
            kinds[kind] = lambda path=path: line.get(path)  # type: ignore[misc]
        for number in range(turns.rounds + 1):
            for kind, get in kinds.items():
                began = time.perf_counter()
                sizes[kind] = get()
                if number:
                    spent.setdefault(kind, []).append((time.perf_counter() - began) * 1000)
    taken = {kind: statistics.median(times) for kind, times in spent.items()}
    rates = [sizes[kind] / taken[kind] for kind in ("page of 1,000", "bare COPY")]
    taken["rate of COPY"] = rates[0] / rates[1]
    return taken


def measure(sizes: list[int], folder: str | None, requests: int, rounds: int) -> None:
    """Load, serve, ask in turns, and print the medians with their ratios."""
    first: dict[str, float] = {}
    with (
        tempfile.TemporaryDirectory(dir=folder) as place,
        Embedded(Path(place) / "pg", fast=True) as server,
    ):
        database = database_of(server.superuser_url)
        tenants: list[load.Tenant] = []
        for size in sizes:
            done = load.load(database, server.superuser_url, tenants, size)
            tenants = done.tenants
            print(f"\n{load.told(done)}; load {os.getloadavg()[0]:.1f}\n")
            with running(database, Path(place)) as (pid, port):
                turns = Turns(pid, port, requests, rounds)
                report(turns, Sample.of(done), database, first)
        database.dispose()


def report(turns: Turns, sample: Sample, database: Database, first: dict[str, float]) -> None:
    """Print one table; `first` holds the figures of the smallest set, and takes them from it."""
    print("| kind | | against its limit | goal | against the smallest set |")
    print("|---|--:|--:|--:|--:|")

    def line(name: str, unit: str, value: float, ratio: str = "", goal: str = "") -> None:
        grown = value / first.setdefault(name, value)
        print(f"| {name} | {value:.0f} {unit} | {ratio} | {goal} | {grown:.2f} |", flush=True)

    for connected in CONNECTIONS:
        taken = single(turns, sample, connected)
        for kind, goal in GOALS.items():
            bare = taken[f"bare {kind}"]
            line(f"bare {kind}, {connected} connections", "µs", bare)
            line(
                f"{kind}, {connected} connections",
                "µs",
                taken[kind],
                f"{taken[kind] / bare:.2f}",
                f"≤ {goal}",
            )
    found = pages(turns, sample, database)
    share = found.pop("rate of COPY")
    for kind, milliseconds in found.items():
        of_copy = (f"{share:.0%} of COPY's MB/s", "≥ 60 %") if kind == "page of 1,000" else ("", "")
        line(
            kind,
            "ms",
            milliseconds,
            *of_copy if of_copy[0] else ("", "≤ 20 ms" if "filtered" in kind else ""),
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="releases of each set")
    parser.add_argument("--folder", help="where the database stands while it is needed")
    parser.add_argument("--requests", type=int, default=300, help="requests of one kind in a round")
    parser.add_argument("--rounds", type=int, default=20, help="rounds after the one that warms up")
    parser.add_argument("--serve", type=int, metavar="PORT", help=argparse.SUPPRESS)
    asked: Any = parser.parse_args()
    if asked.serve:
        serve(asked.serve, get_settings())
    else:
        measure(asked.sizes, asked.folder, asked.requests, asked.rounds)


if __name__ == "__main__":
    main()
