"""The garante's desk with every sujeto obligado of the country and 100,000 processes, over real HTTP.

    python -m benchmarks.workflow [--bodies 8646] [--processes 100000] [--turns 60]

One tenant; every body has processes with a published contract, some have signed what nobody can read, some never
publish. Rows of processes and of what was read of them are made by SQL, as nothing else of them matters; the counting
is the real one. The server is the whole application in this process, the database an embedded PostgreSQL that keeps its
promises (fsync on), both on the same machine as the client. Goal: the desk's page within 100 ms.

What is printed is markdown, for README.md.
"""

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

import httpx2
from sqlalchemy import text

from app.adoption import counting
from app.core import installation, logs, migrate
from app.core.db import Actor, Database
from app.core.storage import Storage
from app.identity import service as identity
from app.settings import Settings
from benchmarks import garante
from benchmarks.capture import PASSWORD, serving
from benchmarks.publish import machine

GOAL_MS = 100
WARM = 5
ZONE = "America/Mexico_City"

_BODIES = text(
    """
    INSERT INTO sujeto_obligado (tenant_id, sujeto_obligado_id, key, name, sort_key, scope, branch, policy, status)
    SELECT :tenant, gen_random_uuid(), 'so-' || n,
      'Comisión Estatal para la Planeación y Programación del Desarrollo ' || n,
      'comision estatal para la planeacion y programacion del desarrollo ' || lpad(n::text, 6, '0'),
      (ARRAY['estatal', 'municipal', 'federal'])[1 + n % 3], (ARRAY['ejecutivo', 'legislativo', 'judicial'])[1 + n % 3],
      'garante', 'active'
    FROM generate_series(1, :count) n
    """
)
_PROCESSES = text(
    """
    INSERT INTO contracting_process (tenant_id, process_id, sujeto_obligado_id, ocid, title, document_version)
    SELECT :tenant, gen_random_uuid(), body.sujeto_obligado_id, :prefix || '-' || n, 'Adquisición ' || n, 1
    FROM generate_series(1, :count) n
    JOIN (SELECT sujeto_obligado_id, row_number() OVER (ORDER BY sort_key) AS place
          FROM sujeto_obligado WHERE tenant_id = :tenant) body ON body.place = 1 + n % :working
    """
)
_VERSIONS = text(
    """
    INSERT INTO process_version (tenant_id, process_id, number, row_version, status, source, error_count, advice_count,
      due_on)
    SELECT tenant_id, process_id, 1, 1, CASE abs(hashtext(ocid)) % 5 WHEN 0 THEN 'draft' WHEN 1 THEN 'in_review'
      ELSE 'published' END, 'capture', 0, 0, CASE WHEN abs(hashtext(ocid)) % 35 = 0 THEN current_date - 3 END
    FROM contracting_process WHERE tenant_id = :tenant
    """
)
_FACTS = text(
    """
    INSERT INTO compliance_fact (tenant_id, process_id, document_version, release_count, signed_on, seen_on,
      published_on, present, asked)
    SELECT p.tenant_id, p.process_id, 1, (v.status = 'published')::int,
      ARRAY[current_date - 20 - abs(hashtext(p.ocid)) % 500],
      ARRAY[CASE WHEN v.status = 'published' THEN current_date - abs(hashtext(p.ocid)) % 500 END],
      CASE WHEN v.status = 'published' THEN ARRAY[current_date - abs(hashtext(p.ocid)) % 500] ELSE '{}' END, 40, 52
    FROM contracting_process p
    JOIN process_version v ON v.tenant_id = p.tenant_id AND v.process_id = p.process_id
    WHERE p.tenant_id = :tenant
    """
)


def fill(database: Database, bodies: int, processes: int) -> tuple[garante.Garante, str]:
    """Make the tenant; return it with the address of who administers it."""
    made = garante.new(database)
    named = {"tenant": made.system.tenant_id, "prefix": made.prefix}
    email = f"{made.token}@example.org"
    with database.owner_work(made.system) as session:
        session.execute(_BODIES, {**named, "count": bodies})
        session.execute(text("ANALYZE sujeto_obligado"))
        session.execute(_PROCESSES, {**named, "count": processes, "working": bodies * 9 // 10})
        session.execute(text("ANALYZE contracting_process"))
        session.execute(_VERSIONS, named)
        session.execute(text("ANALYZE process_version"))
        session.execute(_FACTS, named)
        account_id = identity.create_account(
            session, email=email, full_name="Dirección", password_hash=identity.hash_password(PASSWORD)
        )
        identity.add_membership(session, made.system, account_id, "garante_admin", None)
    with database.engine("owner").connect().execution_options(isolation_level="AUTOCOMMIT") as owner:
        owner.execute(text("VACUUM ANALYZE"))
    return made, email


def count_all(database: Database, system: Actor) -> float:
    """Return the seconds of counting everything anew, without reading any process again."""
    began = perf_counter()
    with database.unit_of_work(system) as session:
        bodies = (
            session.execute(
                text("SELECT sujeto_obligado_id FROM sujeto_obligado WHERE tenant_id = :tenant ORDER BY 1"),
                {"tenant": system.tenant_id},
            )
            .scalars()
            .all()
        )
    for start in range(0, len(bodies), counting.AT_ONCE):
        with database.unit_of_work(system) as session:
            counting.recount(
                session,
                system,
                bodies[start : start + counting.AT_ONCE],
                counting.today_in(ZONE),  # type: ignore[arg-type]
            )
    return perf_counter() - began


def take(turns: int, act: Callable[[], object]) -> tuple[float, float]:
    """Return median and 95th percentile of an act in milliseconds; the first few only warm up."""
    spent = []
    for _ in range(turns + WARM):
        began = perf_counter()
        act()
        spent.append((perf_counter() - began) * 1000)
    kept = sorted(spent[WARM:])
    return statistics.median(kept), kept[min(len(kept) - 1, int(len(kept) * 0.95))]


def measure(bodies: int, processes: int, turns: int) -> None:
    """Fill, count, serve, ask, print."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(state_folder=Path(folder), threads=8)
        with installation.open_database(settings) as database:
            migrate.upgrade(database.engine("owner"), role_prefix=settings.role_prefix)
            made, email = fill(database, bodies, processes)
            counted = count_all(database, made.system)
            storage = Storage.local(Path(folder) / "files")
            with serving(settings, database, storage) as address:
                client = httpx2.Client(base_url=address, timeout=120, headers={"Accept": "text/html"})
                home = f"/{made.slug}/cumplimiento"
                answer = client.post("/entrar", data={"email": email, "password": PASSWORD})
                if answer.status_code != 303:
                    raise SystemExit(f"No se pudo entrar: {answer.status_code}")

                def ask(path: str) -> Callable[[], object]:
                    def act() -> None:
                        got = client.get(path)
                        if got.status_code != 200:
                            raise SystemExit(f"{path}: {got.status_code} {got.text[:300]}")

                    return act

                first = client.get(home).text
                one = first.partition(f'href="{home}/sujetos/')[2].partition('"')[0].partition("/")[0]
                pages = {
                    "the desk": home,
                    "the desk, one state": f"{home}?{urlencode({'estado': 'silent'})}",
                    "the desk, two words": f"{home}?{urlencode({'q': 'planeación 000777'})}",
                    "one body": f"{home}/sujetos/{one}",
                    "the rows behind a number": f"{home}/sujetos/{one}/filas?de=publicados",
                }
                big = {
                    "preview of a reminder to all": f"{home}/recordatorios/nuevo?todos=1",
                    "CSV": f"{home}.csv",
                    "XLSX": f"{home}.xlsx",
                    "PDF": f"{home}.pdf",
                }
                told, load = machine(database, 0), " ".join(f"{one:.0f}" for one in os.getloadavg())
                taken = {name: take(turns, ask(path)) for name, path in pages.items()}
                taken |= {name: take(max(1, turns // 20), ask(path)) for name, path in big.items()}
    print(f"{bodies:,} sujetos obligados, {processes:,} processes; {told}; load {load}.\n")
    print("| over HTTP | median ms | 95th percentile ms | goal |")
    print("|---|--:|--:|---|")
    for name, (median, late) in taken.items():
        print(f"| {name} | {median:.1f} | {late:.1f} | {f'{GOAL_MS} ms' if name in pages else ''} |")
    print(f"\nCounting all bodies anew from what was read of the processes: {counted:.1f} s.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bodies", type=int, default=8646)
    parser.add_argument("--processes", type=int, default=100_000)
    parser.add_argument(
        "--turns", type=int, default=60, help="requests of each page after those that warm up"
    )
    asked = parser.parse_args(arguments)
    logs.configure(level="ERROR")
    measure(asked.bodies, asked.processes, asked.turns)


if __name__ == "__main__":
    main()
