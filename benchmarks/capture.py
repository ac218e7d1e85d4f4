"""Saving one field, and opening a page of a list, at 10 and 1,000 items and at 100 and 100,000 processes.

    python -m benchmarks.capture [--processes 100000] [--turns 60]

Every measure is a request over real HTTP to the real application, on an embedded server that keeps its promises (fsync
on), one at a time; the small and the large take turns, so that whatever else the machine does meets both. The engine's
part of a save, from opening its transaction to the end of its commit, stands beside it. What the whole document costs
(assembling and judging it) is printed apart: no save pays it. Goals: a save in at most 30 ms, the large one at most 1.2
times the small one.

What is printed is markdown, for README.md.
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import httpx2
import uvicorn

from app.core import installation, migrate
from app.core.db import Actor, Database
from app.core.storage import Storage
from app.identity import service as identity
from app.main import create_app
from app.ocds.shape import Document
from app.processes import drafting, editing
from app.processes.editing import Change
from app.processes.queries import working_process
from app.processes.service import DocumentWrite, save_documents
from app.settings import Settings
from app.tenancy import service
from benchmarks import garante

PASSWORD = "solo-para-medir"  # noqa: S105  # of an account that lives as long as the measure
SMALL_ITEMS, LARGE_ITEMS = 10, 1000
SMALL_TENANT = 100
GOAL_MS, GOAL_RATIO = 30, 1.2
BATCH = 500


@dataclass
class Tenant:
    """A tenant with one body and its editor, some processes, and the two that are measured."""

    slug: str
    editor: Actor
    email: str
    prefix: str
    small: UUID = field(default_factory=uuid4)
    large: UUID = field(default_factory=uuid4)


def document(items: int) -> Document:
    """Return a procedure with so many items, and a contract that carries them."""
    listed = [
        {
            "id": f"item-{number}",
            "description": f"Suministro de luminaria, partida {number}",
            "quantity": number,
            "unit": {"name": "Pieza", "value": {"amount": 1234.5, "currency": "MXN"}},
            "classification": {
                "scheme": "CUCOP",
                "id": f"2460{number:04}",
                "description": "Material eléctrico",
            },
        }
        for number in range(1, items + 1)
    ]
    body = {"id": "MX-1", "name": "Secretaría de Obras Públicas"}
    return {
        "language": "es",
        "parties": [{**body, "roles": ["buyer"]}],
        "buyer": body,
        "tender": {
            "id": "LPN-1",
            "title": "Alumbrado público",
            "status": "active",
            "procurementMethod": "open",
            "items": listed,
        },
        "awards": [{"id": "A-1", "title": "Fallo"}],
        "contracts": [{"id": "C-1", "awardID": "A-1", "title": "Contrato", "items": listed}],
    }


def tenant(database: Database, processes: int) -> Tenant:
    """Make a tenant with so many processes, the two to be measured among them."""
    begun = garante.new(database)
    system = begun.system
    with database.unit_of_work(system) as session:
        body = service.add_sujeto(session, system, key="so-1", name="Obras Públicas", policy="garante")
        sujeto = body.sujeto_obligado_id
    email = f"{begun.token}@example.org"
    with database.owner_work(system) as session:
        account_id = identity.create_account(
            session, email=email, full_name="Editora", password_hash=identity.hash_password(PASSWORD)
        )
        membership_id = identity.add_membership(session, system, account_id, "so_editor", sujeto)
    editor = Actor(system.tenant_id, account_id, membership_id, "so_editor", sujeto)
    made = Tenant(begun.slug, editor, email, begun.prefix)
    numbers = count(1)
    for start in range(0, processes, BATCH):
        writes = [
            DocumentWrite(f"{made.prefix}-{next(numbers):06}", sujeto, document(1))
            for _ in range(min(BATCH, processes - start))
        ]
        with database.unit_of_work(made.editor) as session:
            save_documents(session, made.editor, writes)
    with database.unit_of_work(made.editor) as session:
        writes = [
            DocumentWrite(f"{made.prefix}-{next(numbers):06}", sujeto, document(items))
            for items in (SMALL_ITEMS, LARGE_ITEMS)
        ]
        made.small, made.large = (one.ref.process_id for one in save_documents(session, made.editor, writes))
    return made


@contextmanager
def serving(settings: Settings, database: Database, storage: Storage) -> Iterator[str]:
    """Serve the application on a port of this machine, in a thread of this process."""
    config = uvicorn.Config(
        create_app(settings, database, storage), host="127.0.0.1", port=0, log_level="warning"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def clock(act: Callable[[], object]) -> float:
    """Return the milliseconds of an act."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def compare(turns: int, small: Callable[[], object], large: Callable[[], object]) -> tuple[float, float]:
    """Return the medians of both, in milliseconds, taking turns; the first ten of each only warm up."""
    pairs = [(clock(small), clock(large)) for _ in range(turns + 10)][10:]
    return statistics.median(one for one, _ in pairs), statistics.median(one for _, one in pairs)


class Browser:
    """What an editor's browser asks for."""

    def __init__(self, address: str, place: Tenant) -> None:
        self.place = place
        self._client = httpx2.Client(base_url=address, timeout=60)
        answer = self._client.post("/entrar", data={"email": place.email, "password": PASSWORD})
        if answer.status_code != 303:
            raise SystemExit(f"No se pudo entrar: {answer.status_code}")

    def save(self, process: UUID, path: str, name: str) -> Callable[[], object]:
        """Return an act that saves another text in a field each time, as leaving the field does."""
        turn = count(1)

        def act() -> None:
            number = next(turn)
            answer = self._client.post(
                f"/{self.place.slug}/procesos-internos/{process}/captura/{path}",
                data={name: f"Texto {number}", "unidad": name, "desde": str(10**8)},
                headers={"X-Fragment": name, "Accept": "text/html"},
            )
            if answer.status_code != 200 or "Guardado" not in answer.text:
                raise SystemExit(f"No se guardó: {answer.status_code} {answer.text[:300]}")

        return act

    def look(self, process: UUID, path: str) -> Callable[[], object]:
        """Return an act that opens a page."""

        def act() -> None:
            answer = self._client.get(f"/{self.place.slug}/procesos-internos/{process}/captura/{path}")
            if answer.status_code != 200:
                raise SystemExit(f"No se abrió {path}: {answer.status_code}")

        return act


def engine(database: Database, place: Tenant, process: UUID, path: str, pointer: str) -> Callable[[], object]:
    """Return an act that changes a value by the engine alone."""
    turn = count(1)

    def act() -> None:
        with database.unit_of_work(place.editor) as session:
            change = Change(pointer, f"Motor {next(turn)}")
            editing.change(session, place.editor, process, path, [change], base=10**9)

    return act


def whole(database: Database, place: Tenant, process: UUID) -> tuple[float, float]:
    """Return the milliseconds of assembling the whole document, and of judging it as publishing does."""

    def assemble() -> Document:
        with database.unit_of_work(place.editor) as session:
            return working_process(session, place.editor, process).document

    held = assemble()
    return (
        statistics.median(clock(assemble) for _ in range(7)),
        statistics.median(
            clock(lambda: drafting.examine("ocds-abc123-1", held, natural_rfc_public=True)) for _ in range(7)
        ),
    )


def row(what: str, pair: tuple[float, float], *, goal: bool) -> str:
    """Return a line of the table."""
    small, large = pair
    limit = f"{GOAL_MS} ms, {GOAL_RATIO}×" if goal else f"{GOAL_RATIO}×"
    return f"| {what} | {small:.1f} | {large:.1f} | {large / small:.2f}× | {limit} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--processes", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=60)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(state_folder=Path(folder), environment="development")
        storage = Storage.local(Path(folder) / "storage")
        with installation.open_database(settings) as database:
            migrate.upgrade(database.engine("owner"), role_prefix=settings.role_prefix)
            few, many = tenant(database, SMALL_TENANT), tenant(database, chosen.processes)
            with serving(settings, database, storage) as address:
                tell(database, Browser(address, few), Browser(address, many), chosen.turns, chosen.processes)


def tell(database: Database, few: Browser, many: Browser, turns: int, processes: int) -> None:
    """Print the tables."""
    place = few.place
    print("| median, ms | 10 items | 1,000 items | ratio | goal |\n|---|--:|--:|--:|--:|")
    for what, path, name in (
        ("save the title of the procedure", "tender", "/title"),
        ("save the description of an item that a contract carries", "tender/items/5", "/description"),
    ):
        pair = compare(turns, few.save(place.small, path, name), few.save(place.large, path, name))
        print(row(what, pair, goal=True))
        alone = compare(
            turns,
            engine(database, place, place.small, path, name),
            engine(database, place, place.large, path, name),
        )
        print(row("— of which the engine", alone, goal=True))
    # Ten elements are a shorter page than fifty: the large one is compared with a page as long, of the same process.
    for what, path in (("open the section of the procedure", "tender"), ("open one item", "tender/items/5")):
        print(row(what, compare(turns, few.look(place.small, path), few.look(place.large, path)), goal=False))
    print(f"\n| median, ms | 100 processes | {processes:,} processes | ratio | goal |\n|---|--:|--:|--:|--:|")
    save = [one.save(one.place.small, "tender", "/title") for one in (few, many)]
    print(row("save the title of the procedure", compare(turns, *save), goal=True))
    for what, path in (
        ("open the section of the procedure", "tender"),
        ("open 50 of 1,000 items", "tender/items"),
    ):
        looks = [one.look(one.place.large, path) for one in (few, many)]
        print(row(what, compare(turns, *looks), goal=False))
    print("\n| whole document, ms | 10 items | 1,000 items |\n|---|--:|--:|")
    small, large = (whole(database, place, one) for one in (place.small, place.large))
    print(f"| assemble | {small[0]:.1f} | {large[0]:.1f} |")
    print(f"| judge as publishing does | {small[1]:.1f} | {large[1]:.1f} |")


if __name__ == "__main__":
    main()
