"""CPU that one stored release package costs, against bare Starlette routes in the same server on the same pool.

    python -m benchmarks.requests [--requests 300] [--rounds 40]

One uvicorn process serves the whole application and, before it, two bare routes: one reads the stored bytes by primary
key, one answers ready bytes. Cold requests walk through more releases than the memory for hot answers holds, so each
misses it and pays for being kept; hot ones ask for a few. Rounds of all kinds take turns; the medians are compared.
Counted is the server process, all threads (`/proc/…/schedstat`), neither PostgreSQL nor the client.
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
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from uuid import UUID

import uvicorn
from sqlmodel import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core import installation, logs, migrate
from app.core.db import Actor, Database
from app.core.storage import Storage
from app.main import create_app
from app.openapi.reader import PublicReader
from app.processes.service import DocumentWrite, save_documents
from app.publication.models import ReleaseBody
from app.publication.service import publish_batch
from app.settings import Settings, get_settings
from app.tenancy import queries, service
from benchmarks import garante

RELEASES = 600
HOT = 20
GOALS = {"cold": 1.2, "hot": 2.0}
HOT_BYTES = 2 * 1024 * 1024
CONNECTIONS = (16, 1)


def documents() -> Iterator[dict[str, Any]]:
    """Yield working documents of about 10 kB, as a real release with twenty items is."""
    for number in range(1, RELEASES + 1):
        items = [
            {
                "id": str(item),
                "description": f"Suministro e instalación de luminaria de tecnología led, partida {item}",
                "quantity": item * 10,
                "unit": {"name": "Pieza", "value": {"amount": 1234.5 * item, "currency": "MXN"}},
                "classification": {
                    "scheme": "CUCOP",
                    "id": f"2460{item:04}",
                    "description": "Material eléctrico",
                },
            }
            for item in range(1, 31)
        ]
        yield {
            "language": "es",
            "parties": [{"id": "MX-1", "name": "Secretaría de Obras Públicas", "roles": ["buyer"]}],
            "buyer": {"id": "MX-1", "name": "Secretaría de Obras Públicas"},
            "tender": {
                "id": f"LPN-{number}",
                "title": f"Alumbrado público, etapa {number}",
                "status": "active",
                "procurementMethod": "open",
                "value": {"amount": 2500000, "currency": "MXN"},
                "items": items,
            },
        }


def publish(database: Database) -> tuple[str, list[str]]:
    """Publish the releases through the service, in a tenant of their own.

    Returns:
        The tenant's slug, and the paths of the releases' permanent addresses.
    """
    made = garante.new(database)
    system = made.system
    with database.unit_of_work(system) as session:
        body = service.add_sujeto(
            session, system, key="so-1", name="Secretaría de Obras Públicas", policy="direct"
        )
        sujeto = body.sujeto_obligado_id
    publisher = Actor(tenant_id=system.tenant_id, role="so_editor", sujeto_obligado_id=sujeto)
    source = enumerate(documents(), 1)
    while window := list(islice(source, 200)):
        with database.unit_of_work(publisher) as session:
            writes = [
                DocumentWrite(f"{made.prefix}-{number:06}", sujeto, document, source="capture")
                for number, document in window
            ]
            saved = save_documents(session, publisher, writes)
            outcomes = publish_batch(session, publisher, [one.ref for one in saved])
        if not all(outcome.published for outcome in outcomes):
            raise SystemExit(str(outcomes[0].problems))
    ocids = (f"{made.prefix}-{number:06}" for number in range(1, RELEASES + 1))
    return made.slug, [f"/{made.slug}/api/v1/releases/{ocid}/{ocid}-0001" for ocid in ocids]


def bare_routes(reader: PublicReader, tenant_id: UUID, ready: bytes) -> Starlette:
    """Return the two routes that the goals compare with."""

    async def cold(request: Request) -> Response:
        key = (tenant_id, int(request.path_params["position"]))
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

    return Starlette(routes=[Route("/bare/cold/{position:int}", cold), Route("/bare/hot", hot)])


def serve(port: int, slug: str, settings: Settings) -> None:
    """Run the measured server in this process."""
    logs.configure()
    with installation.open_database(settings) as database:
        with database.public_reading() as session:
            tenant_id = queries.tenant_by_slug(session, slug).tenant_id
            stored = select(ReleaseBody.body).where(ReleaseBody.tenant_id == tenant_id).limit(1)
            ready = session.exec(stored).one()
        app = create_app(settings, database, Storage.local(settings.state_folder))
        bare = bare_routes(app.state.public_reader, tenant_id, ready)

        async def both(scope: Scope, receive: Receive, send: Send) -> None:
            inner: ASGIApp = bare if scope.get("path", "").startswith("/bare/") else app
            await inner(scope, receive, send)

        uvicorn.run(both, port=port, log_config=None, access_log=False, server_header=False)


async def ask(port: int, paths: Iterable[str], connections: int = 1) -> None:
    """Ask for every path over kept-alive connections."""
    waiting = iter(paths)

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for path in waiting:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            if not head.startswith(b"http/1.1 200"):
                raise SystemExit(f"{path}: {head.decode()}")
            await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]))
        writer.close()

    await asyncio.gather(*(one_connection() for _ in range(connections)))


def cpu_seconds(pid: int) -> float:
    """Return the time that all threads of a process have been on a processor."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


@contextmanager
def running(port: int, slug: str, settings: Settings) -> Iterator[int]:
    """Start the measured server; give its process id."""
    environment = {
        **os.environ,
        "CA_STATE_FOLDER": str(settings.state_folder),
        "CA_HOT_BYTES": str(HOT_BYTES),
    }
    command = [sys.executable, "-m", "benchmarks.requests", "--serve", str(port), slug]
    written = settings.state_folder / "server.log"
    with written.open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        for _ in range(100):
            with suppress(OSError):
                asyncio.run(ask(port, ["/bare/hot"]))
                break
            if process.poll() is not None:
                raise SystemExit(written.read_text()[-3000:])
            time.sleep(0.3)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def measure(requests: int, rounds: int) -> None:
    """Publish, serve, ask in turns, and print the medians with their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(state_folder=Path(folder))
        with installation.open_database(settings) as database:
            migrate.upgrade(database.engine("owner"), role_prefix=settings.role_prefix)
            slug, paths = publish(database)
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            with running(port, slug, settings) as pid:
                print("| connections | kind | µs of CPU per request | against bare | goal |")
                print("|---|---|---|---|---|")
                for connections in CONNECTIONS:
                    ask_in_turns = Turns(pid, port, connections, requests, rounds)
                    report(connections, medians(ask_in_turns, paths))


@dataclass(frozen=True)
class Turns:
    """How often the kinds of request take turns, and over how many connections."""

    pid: int
    port: int
    connections: int
    requests: int
    rounds: int


def medians(turns: Turns, paths: list[str]) -> dict[str, float]:
    """Return microseconds of processor per request, by kind: the median of the rounds."""
    kinds = {
        "bare cold": [f"/bare/cold/{position}" for position in range(1, len(paths) + 1)],
        "cold": paths,
        "bare hot": ["/bare/hot"],
        "hot": paths[:HOT],
    }
    spent: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(turns.rounds + 1):
        for kind, asked in kinds.items():
            if kind == "hot":  # the cold ones have driven them out
                asyncio.run(ask(turns.port, asked))
            before = cpu_seconds(turns.pid)
            asyncio.run(ask(turns.port, islice(cycle(asked), turns.requests), turns.connections))
            if number:  # the first round warms up
                spent[kind].append((cpu_seconds(turns.pid) - before) / turns.requests * 1e6)
    return {kind: statistics.median(taken) for kind, taken in spent.items()}


def report(connections: int, taken: dict[str, float]) -> None:
    """Print lines of the table."""
    for kind, goal in GOALS.items():
        bare = taken[f"bare {kind}"]
        print(f"| {connections} | bare {kind} | {bare:.0f} | 1.00 | |")
        print(f"| {connections} | {kind} | {taken[kind]:.0f} | {taken[kind] / bare:.2f} | ≤ {goal} |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=300, help="requests of one kind in a round")
    parser.add_argument("--rounds", type=int, default=40, help="rounds after the one that warms up")
    parser.add_argument("--serve", nargs=2, metavar=("PORT", "TENANT"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve(int(asked.serve[0]), asked.serve[1], get_settings())
    else:
        measure(asked.requests, asked.rounds)


if __name__ == "__main__":
    main()
