"""What the big sets hold is what publishing would have written."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row
from sqlalchemy.engine import make_url

from app.core.db import Database
from app.publication import chain
from benchmarks import load
from benchmarks.load import Tenant

TABLES = {
    "contracting_process": "ocid",
    "release": "position",
    "release_body": "position",
    "record": "position",
    "process_facet": "ocid",
    "publication_total": "releases",
    "chain_head": "position",
}
# Made by chance, by the clock or from both; the chain is verified apart.
OWN = {"tenant_id", "process_id", "sujeto_obligado_id", "body_sha256", "previous_hash", "entry_hash"}
DATES = {"date", "last_date", "published_at", "last_published_at", "created_at", "updated_at"}
INSTANT = re.compile(r"20\d\d-\d\d-\d\dT[\d:.]+Z")


def rows(connection: psycopg.Connection[Any], where: Tenant, table: str, order: str) -> list[dict[str, Any]]:
    """Return a tenant's rows, free of what differs between any two tenants."""
    query = sql.SQL("SELECT * FROM {} WHERE tenant_id = %s ORDER BY {}").format(
        sql.Identifier(table), sql.Identifier(order)
    )
    found = connection.cursor(row_factory=dict_row).execute(query, (where.tenant_id,)).fetchall()
    return [
        {name: plain(where, value) for name, value in row.items() if name not in OWN | DATES} for row in found
    ]


def plain(where: Tenant, value: Any) -> Any:
    if isinstance(value, bytes):
        value = INSTANT.sub("INSTANT", value.decode())
    if isinstance(value, list):
        return sorted(plain(where, one) for one in value)
    return value.replace(where.garante.token, "XXXXXX") if isinstance(value, str) else value


@pytest.fixture
def administrator(
    administrator_url: str, lone_database: Database
) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    url = make_url(administrator_url).set(
        drivername="postgresql", database=make_url(lone_database.urls.owner).database
    )
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        yield connection


def test_multiplied_rows_equal_those_of_the_real_path(
    lone_database: Database, administrator: psycopg.Connection[tuple[Any, ...]]
) -> None:
    source, real, copied = (load.tenant(lone_database) for _ in range(3))
    load.publish(lone_database, source)
    load.publish(lone_database, real)

    load.multiply(administrator, source, copied, load.REAL)

    for table, order in TABLES.items():
        made = rows(administrator, copied, table, order)
        assert made == rows(administrator, real, table, order), table
        assert len(made) in (1, load.REAL)
    faultless(lone_database, source.tenant_id, real.tenant_id, copied.tenant_id)


def test_a_set_grows_and_its_chains_and_dates_stay_right(
    lone_database: Database,
    administrator: psycopg.Connection[tuple[Any, ...]],
    administrator_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(load, "TENANTS", 3)
    monkeypatch.setattr(load, "REAL", 20)
    monkeypatch.setattr(load.publish, "__defaults__", (20,))

    small = load.load(lone_database, administrator_url, [], 60)
    large = load.load(lone_database, administrator_url, small.tenants, 150)

    assert (small.releases, large.releases) == (60, 150)
    for where in large.tenants:
        counted = administrator.execute(
            "SELECT count(*), count(DISTINCT r.date), count(DISTINCT r.process_id), min(octet_length(body)), "
            "bool_and(convert_from(body, 'UTF8')::jsonb ->> 'id' = r.release_id AND "
            "convert_from(body, 'UTF8')::jsonb ->> 'ocid' = r.ocid AND "
            "(convert_from(body, 'UTF8')::jsonb ->> 'date')::timestamptz = r.date) "
            "FROM release r JOIN release_body USING (tenant_id, position) WHERE tenant_id = %s",
            (where.tenant_id,),
        ).fetchone()
        assert counted is not None
        assert counted[:3] == (50, 50, 50)
        assert 1500 < counted[3] < 3000
        assert counted[4]
    faultless(lone_database, *(where.tenant_id for where in large.tenants))


def faultless(database: Database, *tenants: UUID) -> None:
    for tenant_id in tenants:
        with database.public_reading() as session:
            assert list(chain.verify(session, tenant_id)) == []
