"""Big sets of published releases, in 32 tenants: the real path for 1,000 processes, then the same rows with new keys.

    python -m benchmarks.load [--size 10000] [--folder FOLDER]

The first 1,000 are saved and published by the services. Their rows are multiplied inside PostgreSQL: ocid, number, date
and process are new, also inside the bytes; every body is hashed and every entry chained, so that `chain.verify` finds
no fault. Written are the tables that the public reads, and the processes that they point to; drafts, versions, audit
and outbox of what was multiplied are not there. tests/benchmarks compares the rows with those of the real path.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.engine import make_url

from app.core.db import Actor, Database
from app.core.embedded import Embedded
from app.core.tables import table_of
from app.processes.models import ContractingProcess
from app.processes.service import DocumentWrite, save_documents
from app.publication import sequencing
from app.publication.models import (
    ProcessFacet,
    Record,
    Release,
    ReleaseBody,
)
from app.publication.service import publish_batch
from app.tenancy import service
from benchmarks import garante
from benchmarks.export import database_of

REAL = 1000
_FASTER = "-c synchronous_commit=off -c work_mem=256MB -c session_replication_role=replica"
"""The last leaves foreign keys and triggers out, which the source's rows have passed; half of the time were theirs."""
TENANTS = 32

# What each new row is made of: row `s.position` of the source becomes row `n` of the target.
_STAGED = """
    CREATE TEMPORARY TABLE staged ON COMMIT DROP AS
    WITH wanted AS (
        SELECT n, (n - 1) %% %(real)s + 1 AS origin,
               %(prefix)s || '-' || lpad(n::text, 7, '0') AS ocid,
               %(began)s::timestamptz + n * interval '1 millisecond' AS date
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) n)
    SELECT w.n, w.origin, w.ocid, w.date, gen_random_uuid() AS process_id, r.ocid AS old_ocid,
           replace(r.release_id, r.ocid, w.ocid) AS release_id,
           to_char(r.date AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS old_said,
           to_char(w.date AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS said,
           NULL::bytea AS body
    FROM wanted w JOIN release r ON r.tenant_id = %(source)s AND r.position = w.origin"""
_BODIES = """
    UPDATE staged s SET body = convert_to(replace(replace(convert_from(b.body, 'UTF8'), s.old_ocid, s.ocid),
                                                  s.old_said, s.said), 'UTF8')
    FROM release_body b WHERE b.tenant_id = %(source)s AND b.position = s.origin"""
# The facts in the order and the writing of `app.publication.chain.Entry.hash`.
_FACTS = """
    CREATE TEMPORARY TABLE facts ON COMMIT DROP AS
    SELECT n, sha256(body) AS sha,
           format('["%%s",%%s,"release","%%s","%%s","%%s","%%s",null,"","', %(target)s::uuid, n, ocid, release_id,
                  said, encode(sha256(body), 'hex')) AS told
    FROM staged"""
# One look into the index for each entry: a join would read all facts again for every one.
_CHAINED = """
    CREATE TEMPORARY TABLE chained ON COMMIT DROP AS
    WITH RECURSIVE chain AS (
        SELECT n, sha, %(previous)s::bytea AS previous,
               sha256(convert_to(told || encode(%(previous)s::bytea, 'hex') || '"]', 'UTF8')) AS hash
        FROM facts WHERE n = %(first)s
        UNION ALL
        SELECT p.n, p.sha, c.hash, sha256(convert_to(p.told || encode(c.hash, 'hex') || '"]', 'UTF8'))
        FROM chain c CROSS JOIN LATERAL (SELECT * FROM facts WHERE n = c.n + 1 LIMIT 1) p)
    SELECT n, sha, previous, hash FROM chain"""
_COMPILED = "convert_to(replace(replace(convert_from(t.compiled, 'UTF8'), s.old_ocid, s.ocid), s.old_said, s.said), 'UTF8')"

# Table by table: what is new in its row; the other columns are those of the row of the source.
_NEW: dict[Any, tuple[LiteralString, dict[str, LiteralString]]] = {
    ContractingProcess: (
        "t.ocid = s.old_ocid",
        {
            "process_id": "s.process_id",
            "ocid": "s.ocid",
            "folded": "replace(t.folded, s.old_ocid, s.ocid)",
        },
    ),
    Release: (
        "t.position = s.origin",
        {
            "position": "s.n",
            "process_id": "s.process_id",
            "ocid": "s.ocid",
            "release_id": "s.release_id",
            "date": "s.date",
            "body_sha256": "c.sha",
            "previous_hash": "c.previous",
            "entry_hash": "c.hash",
        },
    ),
    ReleaseBody: ("t.position = s.origin", {"position": "s.n", "body": "s.body"}),
    Record: (
        "t.ocid = s.old_ocid",
        {
            "process_id": "s.process_id",
            "ocid": "s.ocid",
            "position": "s.n",
            "date": "s.date",
            "compiled": _COMPILED,
        },
    ),
    ProcessFacet: (
        "t.ocid = s.old_ocid",
        {
            "ocid": "s.ocid",
            "published_at": "s.date",
            "terms": "array_replace(array_replace(t.terms, split_part(s.old_ocid, '-', 2), split_part(s.ocid, '-', 2)), "
            "split_part(s.old_ocid, '-', 3), split_part(s.ocid, '-', 3))",
        },
    ),
}

_ALWAYS: dict[str, LiteralString] = {"tenant_id": "%(target)s", "sujeto_obligado_id": "%(sujeto)s"}
_HEAD = """
    INSERT INTO chain_head AS h (tenant_id, position, entry_hash, last_date, live_releases, live_records, withdrawals)
    SELECT %(target)s, n, hash, date, n, n, 0 FROM chained JOIN staged USING (n) ORDER BY n DESC LIMIT 1
    ON CONFLICT (tenant_id) DO UPDATE SET position = excluded.position, entry_hash = excluded.entry_hash,
        last_date = excluded.last_date, live_releases = excluded.live_releases, live_records = excluded.live_records"""
_TOTAL = """
    INSERT INTO publication_total AS p (tenant_id, sujeto_obligado_id, processes, releases, last_published_at)
    SELECT %(target)s, %(sujeto)s, n, n, date FROM staged ORDER BY n DESC LIMIT 1
    ON CONFLICT (tenant_id, sujeto_obligado_id) DO UPDATE SET processes = excluded.processes,
        releases = excluded.releases, last_published_at = excluded.last_published_at"""


def documents(count: int) -> Iterator[dict[str, Any]]:
    """Yield working documents whose releases are of about 2 kB."""
    for number in range(1, count + 1):
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
            for item in range(1, 6)
        ]
        yield {
            "language": "es",
            "parties": [{"id": "MX-1", "name": "Secretaría de Obras Públicas", "roles": ["buyer"]}],
            "buyer": {"id": "MX-1", "name": "Secretaría de Obras Públicas"},
            "tender": {
                "id": f"LPN-{number}",
                "title": f"Alumbrado público, etapa {number}",
                "status": "active",
                "procurementMethod": ("open", "selective", "direct")[number % 3],
                "mainProcurementCategory": ("goods", "services", "works")[number % 3],
                "value": {"amount": 2_500_000 + number, "currency": "MXN"},
                "items": items,
            },
        }


@dataclass(frozen=True, slots=True)
class Tenant:
    """One tenant of the set, with the only body that publishes in it."""

    garante: garante.Garante
    sujeto: UUID

    @property
    def tenant_id(self) -> UUID:
        """Its key."""
        found = self.garante.system.tenant_id
        assert found is not None  # noqa: S101 - a tenant that was made has one
        return found


def tenant(database: Database) -> Tenant:
    """Make an empty tenant with one body that publishes directly."""
    made = garante.new(database)
    with database.unit_of_work(made.system) as session:
        body = service.add_sujeto(
            session, made.system, key="so-1", name="Secretaría de Obras Públicas", policy="direct"
        )
        return Tenant(made, body.sujeto_obligado_id)


def publish(database: Database, where: Tenant, count: int = REAL) -> None:
    """Publish so many processes by the services, in batches of 200."""
    publisher = Actor(tenant_id=where.tenant_id, role="so_editor", sujeto_obligado_id=where.sujeto)
    source = enumerate(documents(count), 1)
    while window := list(islice(source, 200)):
        with database.unit_of_work(publisher) as session:
            writes = [
                DocumentWrite(
                    f"{where.garante.prefix}-{number:07}", where.sujeto, document, source="import:medición"
                )
                for number, document in window
            ]
            saved = save_documents(session, publisher, writes)
            outcomes = publish_batch(session, publisher, [one.ref for one in saved])
        if not all(outcome.published for outcome in outcomes):
            raise SystemExit(str(outcomes[0].problems))


def multiply(administrator: psycopg.Connection[Any], source: Tenant, target: Tenant, last: int) -> None:
    """Fill a tenant up to position `last` with the rows of the first `REAL` of the source.

    Args:
        administrator: a superuser's connection, since no wall may stand between two tenants here.
        source: published by the services.
        target: empty, or the source itself.
        last: position of the newest entry afterwards.
    """
    with administrator.transaction(), administrator.cursor() as cursor:
        head = cursor.execute(
            "SELECT position, entry_hash, last_date FROM chain_head WHERE tenant_id = %s", (target.tenant_id,)
        ).fetchone()
        first_date = "SELECT min(date), sha256('contrataciones-abiertas/1') FROM release WHERE tenant_id = %s"
        began, genesis = cursor.execute(first_date, (source.tenant_id,)).fetchone() or (None, None)
        position, previous, began = head or (0, genesis, began)
        real = cursor.execute(
            "SELECT least(count(*), %s) FROM release WHERE tenant_id = %s", (REAL, source.tenant_id)
        ).fetchone()
        told = {
            "real": real and real[0],
            "prefix": target.garante.prefix,
            "began": began,
            "first": position + 1,
            "last": last,
            "source": source.tenant_id,
            "target": target.tenant_id,
            "previous": previous,
        }
        if last <= position:
            return
        for statement in (_STAGED, _BODIES):
            cursor.execute(statement, told)
        cursor.execute("CREATE INDEX ON staged (n)")
        cursor.execute("ANALYZE staged")
        cursor.execute(_FACTS, told)
        cursor.execute("CREATE INDEX ON facts (n)")
        cursor.execute("ANALYZE facts")
        cursor.execute(_CHAINED, told)
        cursor.execute("CREATE INDEX ON chained (n)")
        told["sujeto"] = target.sujeto
        for model, (joined, new) in _NEW.items():
            cursor.execute(_insertion(model, joined, new), told)
        cursor.execute(_HEAD, told)
        cursor.execute(_TOTAL, told)


def _insertion(model: Any, joined: LiteralString, new: dict[str, LiteralString]) -> sql.Composed:
    columns = [column.name for column in table_of(model).columns]
    made = _ALWAYS | new
    return sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {values} FROM staged s JOIN chained c USING (n) "
        "JOIN {table} t ON t.tenant_id = %(source)s AND {joined} ORDER BY n"
    ).format(
        table=sql.Identifier(model.__tablename__),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        values=sql.SQL(", ").join(
            sql.SQL(made[name]) if name in made else sql.Identifier("t", name) for name in columns
        ),
        joined=sql.SQL(joined),
    )


@dataclass(frozen=True, slots=True)
class Loaded:
    """A set of releases, and what it took; `each` is how many every tenant has but the first."""

    tenants: list[Tenant]
    releases: int
    each: int
    seconds: float
    bytes_on_disk: int


def load(database: Database, administrator_url: str, tenants: list[Tenant], size: int) -> Loaded:
    """Bring 32 tenants to so many releases together; the first one's first 1,000 are published by the services.

    Args:
        database: made by the migrations.
        administrator_url: a superuser's address of its server.
        tenants: of an earlier, smaller set, which grows; none for the first.
        size: releases of all tenants together.
    """
    began = time.monotonic()
    if not tenants:
        tenants = [tenant(database) for _ in range(TENANTS)]
        publish(database, tenants[0])
    share = max(REAL, size // TENANTS)
    each = (size - share) // (len(tenants) - 1)
    name = make_url(database.urls.owner).database
    address = make_url(administrator_url).set(drivername="postgresql", database=name)
    plain = address.render_as_string(hide_password=False)
    with psycopg.connect(plain, options=_FASTER) as administrator:
        for number, target in enumerate(tenants):
            multiply(administrator, tenants[0], target, each if number else share)
    sequencing.give_numbers(database)
    with database.engine("owner").connect() as connection:
        held = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    with database.engine("owner").connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return Loaded(tenants, share + each * (len(tenants) - 1), each, time.monotonic() - began, held)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--size", type=int, nargs="+", default=[10_000], help="releases of all tenants together"
    )
    parser.add_argument("--folder", help="where the database stands while it is needed")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(dir=asked.folder) as folder,
        Embedded(Path(folder) / "pg", fast=True) as server,
    ):
        database = database_of(server.superuser_url)
        tenants: list[Tenant] = []
        for size in asked.size:
            done = load(database, server.superuser_url, tenants, size)
            tenants = done.tenants
            print(told(done))
        database.dispose()


def told(done: Loaded) -> str:
    """Return one line about a set."""
    return (
        f"{done.releases:,} releases in {len(done.tenants)} tenants: {done.seconds:.1f} s, "
        f"{done.bytes_on_disk / 2**20:,.0f} MiB on disk"
    )


if __name__ == "__main__":
    main()
