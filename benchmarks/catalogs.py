"""The typeahead over the official CUCOP, in a tenant alone and among 32 that all loaded it; and what loading it costs.

    python -m benchmarks.catalogs [--tenants 32] [--turns 20]

Every search is one request over real HTTP to the real application on an embedded server that keeps its promises (fsync
on), one at a time: what the person waits for, but for the line. Beside it stands the time that this process (server and
client in one) and PostgreSQL were on a processor. Goal: an answer within 50 ms, whoever else is in the table.

What is printed is markdown, for README.md.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import httpx2

from app.catalogs import service
from app.core import collector, installation, logs, migrate
from app.core.db import Actor, Database
from app.core.storage import Storage
from app.settings import Settings
from benchmarks import garante
from benchmarks.capture import PASSWORD, serving, tenant
from benchmarks.measuring import Spent, Watch
from benchmarks.publish import machine

CUCOP = Path(__file__).resolve().parents[2] / "shared" / "data" / "catalogs" / "cucop.csv"
GOAL_MS = 50
WARM = 3
SEARCHES = {
    "nothing typed": "",
    "a code": "21100001",
    "the beginning of a code": "2110",
    "one letter": "p",
    "a word of many": "servicio",
    "words in any order": "carta papel",
    "with accents": "Construcción de ÁREAS",
    "a word of none": "zzyzx",
}


def load(database: Database, storage: Storage, actor: Actor, content: bytes) -> tuple[float, float]:
    """Load the catalogue whole; return the seconds of reading and comparing it, and of applying it."""
    started = time.perf_counter()
    with database.unit_of_work(actor) as session:
        waiting = service.receive(
            session, actor, storage, "cucop", BytesIO(content), filename="cucop.csv", complete=True
        )
    received = time.perf_counter()
    with database.unit_of_work(actor) as session:
        service.apply(session, actor, storage, waiting.load_id)
    return received - started, time.perf_counter() - received


def searched(client: httpx2.Client, slug: str, watch: Watch, turns: int) -> dict[str, tuple[float, float]]:
    """Return, for every search, the median milliseconds of its answer, and those of processor that one takes."""
    told = {}
    for name, q in SEARCHES.items():
        taken: list[float] = []
        for number in range(turns + WARM):
            if number == WARM:
                watch.spent = Spent()
            with watch.running():
                started = time.perf_counter()
                answer = client.get(f"/{slug}/catalogos/cucop/opciones", params={"q": q})
                taken.append((time.perf_counter() - started) * 1000)
            if answer.status_code != 200:
                raise SystemExit(answer.text)
        told[name] = (statistics.median(taken[WARM:]), watch.spent.processor / turns * 1000)
    return told


def measure(count: int, turns: int) -> None:
    """Load, search, load for everybody else, search again, and print the tables."""
    content = CUCOP.read_bytes()
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(state_folder=Path(name), database_url="")
        storage = Storage.local(settings.state_folder)
        with installation.open_database(settings) as database:
            migrate.upgrade(database.engine("owner"), role_prefix=settings.role_prefix)
            pid = installation.embedded_folder(settings) / "data" / "postmaster.pid"
            watch = Watch(int(pid.read_text().split()[0]))
            ours = tenant(database, 0)
            system = Actor(tenant_id=ours.editor.tenant_id, role="system")
            first = load(database, storage, system, content)
            again = load(database, storage, system, content)
            with serving(settings, database, storage) as url:
                client = httpx2.Client(base_url=url, headers={"Accept": "application/json"}, timeout=60)
                client.post("/entrar", data={"email": ours.email, "password": PASSWORD})
                alone = searched(client, ours.slug, watch, turns)
                others = [
                    load(database, storage, garante.new(database).system, content) for _ in range(count - 1)
                ]
                among = searched(client, ours.slug, watch, turns)
                client.close()
            print(f"\n{machine(database, 0)}.\n")
    print(f"| search | alone: ms | of processor | among {count}: ms | of processor | ratio of processor |")
    print("|---|---|---|---|---|---|")
    for search, before in alone.items():
        after = among[search]
        cells = " | ".join(f"{value:.1f}" for value in (*before, *after))
        print(f"| {search} | {cells} | {after[1] / before[1]:.2f} |")
    slowest = max(answer for answer, _ in among.values())
    print(f"\nThe slowest answer takes {slowest:.1f} ms (goal ≤ {GOAL_MS} ms).")
    middle = [statistics.median(part) for part in zip(first, *others, strict=True)]
    print(
        f"\nLoading the 11,470 rows: {middle[0]:.2f} s to read and compare, {middle[1]:.2f} s to apply; the same file "
        f"again {again[0]:.2f} s and {again[1]:.2f} s."
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tenants", type=int, default=32, help="how many loaded the catalogue")
    parser.add_argument("--turns", type=int, default=20, help="how often each search is asked")
    asked = parser.parse_args(arguments)
    logs.configure(level="WARNING")
    collector.settle()
    measure(asked.tenants, asked.turns)


if __name__ == "__main__":
    main()
