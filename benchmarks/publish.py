"""Import→publish against the ceiling of its parts, in the same run, client and PostgreSQL together on one core.

    python -m benchmarks.publish [--size 10000] [--slice 1000]

The real path is the one of the service: `imports.service.start`, then `apply_run` with the publisher of
`app.publication`, under the policy `direct`, on an embedded server that keeps its promises (fsync on). The ceiling is
the bare sum of parsing, `jsonschema-rs`, `ocdsmerge` and inserting the very rows that the real path left behind, read
back and inserted into another tenant in batches of 200 by `executemany`, each committed; a second, harder ceiling
inserts them as the service does. Other programs may use the machine meanwhile:
the two take turns every thousand releases, and the ratio, the median of all turns, compares seconds of processor, both
sides added; seconds on the clock stand beside them.

What is printed is markdown, for README.md. `python -m benchmarks.memory` measures the memory of a large file.
"""

import argparse
import gzip
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import text

from app.core import collector, installation, migrate
from app.core.db import Actor, Database
from app.core.storage import Storage
from app.identity import service as identity
from app.imports import service as imports
from app.imports.models import ImportRun
from app.publication.service import publish_batch
from app.settings import Settings
from app.tenancy import service
from benchmarks import ceiling, garante
from benchmarks.measuring import Sampler, Spent, Watch, pin

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "load" / "releases-10000.jsonl.gz"
PREFIX = b"ocds-abc123"
"""The prefix of the ocids in the data; each measured tenant has one of its own, of the same length."""
GOAL = 0.60
PUBLISHERS = 8
NO_LIMIT = 1 << 40

INSERT = "insert and commit, `executemany`"
INSERT_TEXT = "insert and commit, ready-made JSON texts"

STEPS = {
    "app/imports/reading.py": "parse",
    "app/imports/splitting.py": "parse",
    "app/imports/unpacking.py": "parse",
    "app/imports/judging.py:rows": "analysis (validation included)",
    "app/imports/judging.py:decide": "look up",
    "app/processes/queries.py": "load",
    "app/processes/service.py:flush": "insert",
    "app/ocds/privacy.py": "withhold",
    "app/ocds/validation.py": "validate",
    "app/ocds/diff.py": "diff and tags",
    "app/ocds/tags.py": "diff and tags",
    "app/ocds/merge.py": "merge",
    "app/core/json.py": "serialise and hash",
    "app/publication/chain.py": "serialise and hash",
    "app/publication/facets.py": "facets",
    "app/publication/service.py:_insert": "insert",
    "app/core/audit.py": "insert",
    "app/core/outbox.py": "insert",
    "app/imports/applying.py:_record": "insert",
    "sqlalchemy/orm/session.py:commit": "commit",
}
AROUND = {"app/processes/service.py": "save", "app/publication/service.py": "publish, the rest"}


@dataclass(slots=True)
class Place:
    """A tenant that publishes directly, and who imports there."""

    actor: Actor
    sujeto_obligado_id: UUID
    prefix: str


@dataclass(slots=True)
class Bench:
    """What every measurement stands on."""

    database: Database
    storage: Storage
    postmaster: int
    folder: Path
    figures: list[str] = field(default_factory=list)

    def place(self) -> Place:
        """Make a tenant with one sujeto obligado under the policy `direct`, and an editor."""
        made = garante.new(self.database)
        system = made.system
        with self.database.unit_of_work(system) as session:
            sujeto = service.add_sujeto(
                session, system, key="so-1", name="Secretaría de Obras Públicas", policy="direct"
            ).sujeto_obligado_id
        with self.database.owner_work(system) as session:
            account_id = identity.create_account(
                session, email=f"{made.token}@example.org", full_name="Editora", password_hash=""
            )
            membership_id = identity.add_membership(session, system, account_id, "so_editor", sujeto)
        actor = Actor(system.tenant_id, account_id, membership_id, "so_editor", sujeto)
        return Place(actor, sujeto, made.prefix)

    def send(self, place: Place, lines: Sequence[bytes], *, preview: bool = False) -> UUID:
        """Store a file of releases and begin its import."""
        path = self.folder / f"{uuid4().hex}.jsonl"
        path.write_bytes(b"".join(line.replace(PREFIX, place.prefix.encode()) for line in lines))
        with path.open("rb") as file:
            stored = imports.store(self.storage, place.actor, path.name, file, NO_LIMIT)
        path.unlink()
        with self.database.unit_of_work(place.actor) as session:
            run = imports.start(
                session,
                place.actor,
                stored,
                sujeto_obligado_id=place.sujeto_obligado_id,
                publish=True,
                preview=preview,
            )
            return run.import_id

    def apply(self, place: Place, import_id: UUID) -> None:
        """Import and publish, as the job does."""
        imports.apply_run(
            self.database, place.actor, import_id, publisher=publish_batch, storage=self.storage
        )

    def check(self, place: Place, import_id: UUID, releases: int) -> None:
        """Stop when not every release of the file went out."""
        with self.database.unit_of_work(place.actor) as session:
            run = session.get_one(ImportRun, (place.actor.tenant_id, import_id))
            if run.counts.get("published") != releases:
                raise SystemExit(f"No se publicó todo: {run.counts} {run.message}")

    def real(self, lines: Sequence[bytes]) -> tuple[Place, Spent]:
        """Import and publish every line in one pass, as the command line does."""
        place = self.place()
        import_id = self.send(place, lines)
        watch = Watch(self.postmaster)
        with watch.running():
            self.apply(place, import_id)
        self.check(place, import_id, len(lines))
        return place, watch.spent

    def preview(self, lines: Sequence[bytes]) -> Spent:
        """Read every line for a preview, which the page does before a person confirms."""
        place = self.place()
        import_id = self.send(place, lines, preview=True)
        watch = Watch(self.postmaster)
        with watch.running():
            imports.read_run(self.database, place.actor, import_id, storage=self.storage)
        return watch.spent

    def shares(self, lines: Sequence[bytes]) -> dict[str, float]:
        """Return the share of each step, from one more pass that is looked at meanwhile."""
        place = self.place()
        import_id = self.send(place, lines)
        sampler = Sampler(STEPS, AROUND)
        with sampler.looking():
            self.apply(place, import_id)
        total = sum(sampler.seconds.values())
        ordered = sorted(sampler.seconds.items(), key=lambda step: -step[1])
        return {step: seconds / total for step, seconds in ordered}

    def several(self, lines: Sequence[bytes], publishers: int) -> Spent:
        """Import and publish as many files at once in one tenant, each a part of the lines."""
        place = self.place()
        parts = [lines[number::publishers] for number in range(publishers)]
        sent = [self.send(place, part) for part in parts]
        threads = [threading.Thread(target=self.apply, args=(place, import_id)) for import_id in sent]
        watch = Watch(self.postmaster)
        with watch.running():
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        for part, import_id in zip(parts, sent, strict=True):
            self.check(place, import_id, len(part))
        return watch.spent

    def bare(self, lines: Sequence[bytes], done: Place) -> dict[str, Spent]:
        """Return what the parts of the ceiling take, inserting in two ways."""
        parser, parsed = ceiling.parsing(lines)
        inserted, written = self.copy(done, len(lines))
        self.figures = [
            f"{table} {count / len(lines):.1f} ({size / len(lines) / 1024:.1f} KiB)"
            for table, (count, size) in written.items()
            if count
        ]
        return {
            f"parse ({parser})": parsed,
            "jsonschema-rs": ceiling.validating(lines),
            "ocdsmerge compiled": ceiling.merging(lines),
            INSERT: inserted,
            INSERT_TEXT: self.copy(done, len(lines), as_text=True)[0],
        }

    def copy(
        self, done: Place, many: int, *, as_text: bool = False, drafts: bool = False
    ) -> tuple[Spent, dict[str, tuple[int, int]]]:
        """Insert once more what a tenant has, into another (`ceiling.Rows`)."""
        other = self.place()
        if done.actor.tenant_id is None or other.actor.tenant_id is None:
            raise TypeError
        exchange = {
            done.actor.tenant_id: other.actor.tenant_id,
            done.sujeto_obligado_id: other.sujeto_obligado_id,
        }
        copied = ceiling.Rows(self.database, self.postmaster, exchange, as_text=as_text)
        return copied.insert(many, drafts=drafts)


@contextmanager
def opened() -> Iterator[Bench]:
    """Start a durable server of our own with an empty database."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(state_folder=folder, database_url="", threads=PUBLISHERS)
        with installation.open_database(settings) as database:
            migrate.upgrade(database.engine("owner"), role_prefix=settings.role_prefix)
            pid = installation.embedded_folder(settings) / "data" / "postmaster.pid"
            postmaster = int(pid.read_text().split()[0])
            yield Bench(database, Storage.local(folder), postmaster, folder)


def read(data: Path, size: int) -> list[bytes]:
    """Return the first releases of the data, a line each."""
    with gzip.open(data) as file:
        return list(islice(file, size))


def machine(database: Database, core: int | str) -> str:
    """Return on what this was measured."""
    model = next(
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    )
    cores = Path("/proc/cpuinfo").read_text().count("model name")
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], check=False, capture_output=True, text=True
    )
    with database.engine("rw").connect() as connection:
        server = {
            name: connection.execute(text("SELECT current_setting(:name)"), {"name": name}).scalar_one()
            for name in ("server_version", "fsync", "synchronous_commit", "full_page_writes")
        }
    return (
        f"{model}, core {core} of {cores}; Python {platform.python_version()}; PostgreSQL {server['server_version']}, "
        f"fsync {server['fsync']}, synchronous_commit {server['synchronous_commit']}, "
        f"full_page_writes {server['full_page_writes']}; commit {commit.stdout.strip() or 'unknown'}"
    )


def row(name: str, spent: Spent, releases: int) -> str:
    """Return a line of the table: milliseconds per release, releases per second of processor and of the clock."""
    per = [f"{seconds / releases * 1000:.2f}" for seconds in (spent.client, spent.server, spent.processor)]
    return f"| {name} | {' | '.join(per)} | {releases / spent.processor:.0f} | {releases / spent.wall:.0f} |"


def measure(bench: Bench, lines: Sequence[bytes], turn: int) -> float:
    """Measure real path and ceiling in turns and print the table; return the ratio."""
    real, preview = Spent(), Spent()
    parts: dict[str, Spent] = {}
    ratios: list[float] = []
    for start in range(0, len(lines), turn):
        part = lines[start : start + turn]
        done, spent = bench.real(part)
        real += spent
        preview += bench.preview(part)
        bare = bench.bare(part, done)
        ratios.append(total(bare, INSERT_TEXT).processor / spent.processor)
        for name, taken in bare.items():
            parts[name] = parts.get(name, Spent()) + taken
    whole = total(parts, INSERT_TEXT)
    print(
        "| | client ms | PostgreSQL ms | both ms | releases per processor second | releases/s on the clock |"
    )
    print("|---|---|---|---|---|---|")
    for name, spent in parts.items():
        print(row(name, spent, len(lines)))
    print(row("**ceiling**, with `executemany`", whole, len(lines)))
    print(row("ceiling, with JSON texts", total(parts, INSERT), len(lines)))
    print(row("**import→publish**", real, len(lines)))
    print(row("preview before it", preview, len(lines)))
    ratio = statistics.median(ratios)
    print(
        f"\nimport→publish reaches **{ratio:.0%}** of the ceiling (goal ≥ {GOAL:.0%}; median of turns from "
        f"{min(ratios):.0%} to {max(ratios):.0%}; of the sums {whole.processor / real.processor:.0%}, by the clock "
        f"{whole.wall / real.wall:.0%}), and {total(parts, INSERT).processor / real.processor:.0%} of one that inserts "
        f"as the service does. With the page's preview, which reads and validates the file once more before a person "
        f"confirms, {whole.processor / (real + preview).processor:.0%}."
    )
    print(f"\nRows per release, the same in both: {', '.join(bench.figures)}.")
    return ratio


def total(parts: Mapping[str, Spent], but: str) -> Spent:
    """Return the sum of all parts but one."""
    return sum((spent for name, spent in parts.items() if name != but), Spent())


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA, help="JSON lines of releases in gzip")
    parser.add_argument("--size", type=int, default=10_000, help="releases of one pass")
    parser.add_argument("--slice", type=int, default=1000, help="releases of one turn")
    asked = parser.parse_args(arguments)
    core = pin()
    collector.settle()
    lines = read(asked.data, asked.size)
    with opened() as bench:
        size = sum(map(len, lines)) / len(lines) / 1024
        print(
            f"\n{len(lines):,} releases of {size:.1f} KiB in turns of {asked.slice:,}; {machine(bench.database, core)}.\n"
        )
        bench.real(lines[: asked.slice])  # warms up
        measure(bench, lines, asked.slice)
        shares = bench.shares(lines).items()
        told = " · ".join(f"{step} {share:.0%}" for step, share in shares if share >= 0.005)
        print(f"\nShare of each step of import→publish: {told}.")
        one, many = bench.several(lines, 1), bench.several(lines, PUBLISHERS)
        print(
            f"\n{PUBLISHERS} publishers in one tenant at once: {len(lines) / many.processor:.0f} releases per processor "
            f"second ({len(lines) / many.wall:.0f}/s on the clock) against {len(lines) / one.processor:.0f} "
            f"({len(lines) / one.wall:.0f}/s) for one: {one.processor / many.processor:.0%}."
        )


if __name__ == "__main__":
    main(sys.argv[1:])
