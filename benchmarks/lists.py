"""What a list of processes costs in a tenant of 100 and of 100,000, filter by filter and order by order.

    python -m benchmarks.lists [--processes 100000] [--rounds 30]

Two tenants of the same database, one body each with a tenth of the processes of a second one beside it, all with an open
draft. Each list is read through `app.processes.lists` as `app_rw`, behind the walls; the rounds of all kinds take turns
and the medians are compared. Rows are made by SQL (`generate_series`): only what lists read of them matters.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from app.core import installation, migrate
from app.core.db import Actor, Database, RwSession
from app.processes import beginning, editing, lists
from app.processes.editing import Change
from app.processes.lists import Filters
from app.processes.service import DocumentWrite, save_documents
from app.settings import Settings
from app.tenancy import service
from benchmarks import garante

SMALL = 100

_PROCESSES = text(
    """
    INSERT INTO contracting_process
      (tenant_id, process_id, sujeto_obligado_id, ocid, title, method, stage, year, unit, folded,
       document_version, updated_at)
    SELECT :tenant, gen_random_uuid(), CASE WHEN n % 11 = 0 THEN CAST(:other AS uuid) ELSE CAST(:body AS uuid) END,
      :prefix || '-' || n, 'Adquisición de material ' || n,
      CASE WHEN n % 97 = 0 THEN 'direct' WHEN n % 3 = 0 THEN 'selective' ELSE 'open' END,
      CASE WHEN n % 89 = 0 THEN 'planning' WHEN n % 2 = 0 THEN 'tender' ELSE 'contract' END,
      CASE WHEN n % 83 = 0 THEN 2019 ELSE 2024 + n % 3 END,
      CASE WHEN n % 79 = 0 THEN 'Almacén' ELSE 'Área ' || n % 20 END,
      'adquisicion de material ' || CASE WHEN n % 73 = 0 THEN 'quirurgico ' ELSE 'electrico ' END || n || ' ' || :prefix,
      1, now() - n * interval '1 minute'
    FROM generate_series(1, :count) n
    """
)
_VERSIONS = text(
    """
    INSERT INTO process_version (tenant_id, process_id, number, row_version, error_count, advice_count, status, source, due_on, updated_at)
    SELECT tenant_id, process_id, 1, 1, 0, 0,
      CASE hashtext(ocid) % 5 WHEN 0 THEN 'in_review' WHEN 1 THEN 'returned' ELSE 'draft' END, 'capture',
      CASE WHEN hashtext(ocid) % 4 = 0 THEN current_date + abs(hashtext(ocid)) % 300 END, updated_at
    FROM contracting_process WHERE tenant_id = :tenant
    """
)

KINDS: dict[str, Callable[[RwSession, Actor], object]] = {
    "open, untouched first": lambda session, actor: lists.versions_in(session, actor, Filters()),
    "open, by deadline": lambda session, actor: lists.versions_in(session, actor, Filters(), order="due"),
    "drafts, last touched first": lambda session, actor: lists.versions_in(
        session, actor, Filters(statuses=("draft",)), order="newest"
    ),
    "method, few": lambda session, actor: lists.versions_in(session, actor, Filters(method="direct")),
    "stage, half": lambda session, actor: lists.versions_in(session, actor, Filters(stage="tender")),
    "year, few": lambda session, actor: lists.versions_in(session, actor, Filters(year=2019)),
    "unit, few": lambda session, actor: lists.versions_in(session, actor, Filters(unit="Almacén")),
    "method, year and unit": lambda session, actor: lists.versions_in(
        session, actor, Filters(method="open", year=2025, unit="Área 7")
    ),
    "two words, few": lambda session, actor: lists.versions_in(
        session, actor, Filters(text="quirúrgico material")
    ),
    "a word that nothing has": lambda session, actor: lists.versions_in(
        session, actor, Filters(text="inexistente")
    ),
    "units to choose from": lists.units,
    "earlier process, few": lambda session, actor: beginning.find_earlier(session, actor, "quirurgico"),
}


@dataclass(frozen=True)
class Garante:
    """A tenant of the measurement: who captures there, and one process with a real document."""

    editor: Actor
    process_id: UUID


def people(database: Database, count: int) -> Garante:
    """Make a tenant with so many processes."""
    made = garante.new(database)
    system = made.system
    with database.unit_of_work(system) as session:
        body, other = (
            service.add_sujeto(session, system, key=key, name=f"Secretaría {key}", policy="garante")
            for key in ("uno", "dos")
        )
        named = {
            "tenant": system.tenant_id,
            "body": body.sujeto_obligado_id,
            "other": other.sujeto_obligado_id,
        }
    with database.owner_work(system) as session:
        session.execute(_PROCESSES, {**named, "prefix": made.prefix, "count": count})
        session.execute(
            text("ANALYZE contracting_process")
        )  # or each foreign key would be looked for by a walk
        session.execute(_VERSIONS, {"tenant": system.tenant_id})
    editor = Actor(tenant_id=system.tenant_id, role="so_editor", sujeto_obligado_id=body.sujeto_obligado_id)
    tender = {"id": "1", "title": "Papel", "status": "planning", "procurementMethod": "open"}
    with database.unit_of_work(editor) as session:
        write = DocumentWrite(
            f"{made.prefix}-papel", body.sujeto_obligado_id, {"language": "es", "tender": tender}
        )
        (saved,) = save_documents(session, editor, [write])
    return Garante(editor, saved.ref.process_id)


def read(database: Database, garante: Garante, kind: Callable[[RwSession, Actor], object]) -> float:
    """Return milliseconds of one reading, with its transaction."""
    before = time.perf_counter()
    with database.unit_of_work(garante.editor) as session:
        kind(session, garante.editor)
    return (time.perf_counter() - before) * 1000


def save(database: Database, garante: Garante, number: int) -> float:
    """Return milliseconds of saving one field, which also asks for the errors to be counted again."""
    before = time.perf_counter()
    with database.unit_of_work(garante.editor) as session:
        change = Change("/title", f"Papel {number}", shown=None)
        editing.change(session, garante.editor, garante.process_id, "tender", [change], base=10**6)
    return (time.perf_counter() - before) * 1000


def measure(processes: int, rounds: int) -> None:
    """Fill two tenants, read in turns, and print the medians with their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(state_folder=Path(folder))
        with installation.open_database(settings) as database:
            migrate.upgrade(database.engine("owner"), role_prefix=settings.role_prefix)
            both = [people(database, SMALL), people(database, processes)]
            with database.engine("owner").connect().execution_options(isolation_level="AUTOCOMMIT") as owner:
                owner.execute(text("VACUUM ANALYZE"))
            spent: dict[str, list[list[float]]] = {kind: [[], []] for kind in (*KINDS, "save a field")}
            for number in range(rounds + 1):
                for kind, reading in KINDS.items():
                    for side, garante in enumerate(both):
                        spent[kind][side].append(read(database, garante, reading))
                for side, garante in enumerate(both):
                    spent["save a field"][side].append(save(database, garante, number))
    print(f"| list | ms, {SMALL} processes | ms, {processes:,} processes | ratio |")
    print("|---|---|---|---|")
    for kind, sides in spent.items():
        small, large = (statistics.median(taken[1:]) for taken in sides)  # the first round warms up
        print(f"| {kind} | {small:.1f} | {large:.1f} | {large / small:.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--processes", type=int, default=100_000, help="in the larger of the two tenants")
    parser.add_argument("--rounds", type=int, default=30, help="rounds after the one that warms up")
    asked = parser.parse_args()
    measure(asked.processes, asked.rounds)


if __name__ == "__main__":
    main()
