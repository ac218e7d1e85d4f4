"""Loading the whole padrón of the country into one garante: reading, comparing, applying; and looking at it.

    python -m benchmarks.padron [--rows 8646] [--turns 5]

The rows are those of the PNT's directory, all said to be of one state; the second file changes every tenth and renames
every twentieth. On an embedded server that keeps its promises (fsync on). Goal: a file read and applied within 10 s.

What is printed is markdown, for README.md.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from uuid import UUID

from app.core import collector, installation, logs, migrate
from app.core.db import Actor, Database
from app.core.storage import Storage
from app.onboarding import loading, queries
from app.onboarding.queries import Filters
from app.settings import Settings
from benchmarks import garante
from benchmarks.publish import machine

DIRECTORY = (
    Path(__file__).resolve().parents[2]
    / "shared"
    / "data"
    / "directory"
    / "pnt_sujetos_obligados_id_2025.tsv"
)
GOAL_S = 10
HEAD = "ID PNT\tNombre\tSector\n"


def files(rows: int) -> tuple[bytes, bytes]:
    """Return a padrón, and the same with some bodies changed and some renamed."""
    lines = [line.split("\t") for line in DIRECTORY.read_text("utf-8").splitlines()[:rows]]
    bodies = [(pnt_id, name[6:] if name[3:6] == " - " else name) for pnt_id, name in lines]
    first = "".join(f"{pnt_id}\t{name}\t\n" for pnt_id, name in bodies)
    second = "".join(
        f"{pnt_id}\t{'Otro nombre de ' if at % 20 == 1 else ''}{name}\t{'Salud' if at % 10 == 0 else ''}\n"
        for at, (pnt_id, name) in enumerate(bodies)
    )
    return (HEAD + first).encode(), (HEAD + second).encode()


def load(database: Database, storage: Storage, actor: Actor, content: bytes) -> tuple[float, float]:
    """Read a file and apply all of it; return the seconds of each."""
    with database.unit_of_work(actor) as session:
        load_id: UUID = loading.receive(
            session, actor, storage, BytesIO(content), filename="padron.tsv"
        ).load_id
    started = time.perf_counter()
    loading.read_load(database, actor, storage, load_id)
    read = time.perf_counter()
    with database.unit_of_work(actor) as session:
        for outcome, choice in (("renamed", "change"), ("alike", "add")):
            loading.choose_all(session, actor, load_id, outcome, choice)
        loading.order(session, actor, load_id)
    begun = time.perf_counter()
    loading.apply_load(database, actor, load_id)
    return read - started, time.perf_counter() - begun


def looked(database: Database, actor: Actor, look: Callable[..., object], turns: int) -> float:
    """Return the median milliseconds of looking."""
    spent: list[float] = []
    for _ in range(turns + 1):
        with database.unit_of_work(actor) as session:
            started = time.perf_counter()
            look(session, actor)
            spent.append((time.perf_counter() - started) * 1000)
    return statistics.median(spent[1:])


def measure(rows: int, turns: int) -> None:
    """Load twice, look, and print the tables."""
    first, second = files(rows)
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(state_folder=Path(name), database_url="")
        storage = Storage.local(settings.state_folder)
        with installation.open_database(settings) as database:
            migrate.upgrade(database.engine("owner"), role_prefix=settings.role_prefix)
            actor = garante.new(database).system
            print(f"\n{machine(database, 0)}.\n")
            print(f"| file of {rows:,} rows | read and compare, s | apply, s | both |")
            print("|---|---|---|---|")
            for what, content in (("all new", first), ("a tenth changed, a twentieth renamed", second)):
                read, applied = load(database, storage, actor, content)
                print(f"| {what} | {read:.2f} | {applied:.2f} | {read + applied:.2f} (goal ≤ {GOAL_S}) |")
            print("\n| looking at them | ms |\n|---|---|")
            looks: dict[str, Callable[..., object]] = {
                "a page of the list": lambda session, who: queries.bodies(session, who, Filters()),
                "a search": lambda session, who: queries.bodies(
                    session, who, Filters("universidad tecnologica")
                ),
                "how many are in each state": lambda session, who: queries.states(session, who, Filters()),
            }
            for what, look in looks.items():
                print(f"| {what} | {looked(database, actor, look, turns):.1f} |")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=8_646, help="of the directory")
    parser.add_argument("--turns", type=int, default=5, help="how often each look is taken")
    asked = parser.parse_args(arguments)
    logs.configure(level="WARNING")
    collector.settle()
    measure(asked.rows, asked.turns)


if __name__ == "__main__":
    main()
