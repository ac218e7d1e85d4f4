"""Reading what the old addresses tell: years, the processes of a year some at a time, the newest release of one.

A process stands under one year: that of its first contract's signature, else that of its newest release. Processes are
walked by their ocid, which never changes, so whatever is published meanwhile, none is told twice and none is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString, NamedTuple
from uuid import UUID

from app.openapi.queries import Connection

AT_ONCE = 100
"""Processes that stand in memory together."""

# As the index has it, to the letter (app.publication.models.PUBLIC_YEAR).
_YEAR: LiteralString = "(EXTRACT(year FROM COALESCE(signed_on, (published_at AT TIME ZONE 'America/Mexico_City')::date))::integer)"

_YEARS: LiteralString = f"""
    WITH RECURSIVE told (year) AS (
        (SELECT {_YEAR} FROM process_facet WHERE tenant_id = %(tenant)s ORDER BY {_YEAR} LIMIT 1)
        UNION ALL
        SELECT (SELECT {_YEAR} FROM process_facet WHERE tenant_id = %(tenant)s AND {_YEAR} > told.year
                ORDER BY {_YEAR} LIMIT 1)
        FROM told WHERE told.year IS NOT NULL)
    SELECT year FROM told WHERE year IS NOT NULL"""  # noqa: S608  # our own words

_SOME: LiteralString = """
    SELECT f.ocid, r.date, b.body
    FROM (SELECT ocid FROM process_facet
          WHERE tenant_id = %(tenant)s AND ocid > %(after)s /*which*/
          ORDER BY ocid LIMIT %(limit)s) f
    CROSS JOIN LATERAL releases_of(%(tenant)s, f.ocid) m
    JOIN release r ON r.tenant_id = m.tenant_id AND r.position = m.position
    JOIN release_body b ON b.tenant_id = m.tenant_id AND b.position = m.position
    ORDER BY f.ocid, m.place DESC"""

_OF_YEAR: LiteralString = f" AND {_YEAR} = %(year)s"
_BY_METHOD: LiteralString = " AND method = ANY(%(methods)s)"
_BY_CATEGORY: LiteralString = """
    AND (category = ANY(%(categories)s)
         OR (SELECT (convert_from(c.compiled, 'UTF8')::json #> '{tender,additionalProcurementCategories}')::jsonb
                    ?| %(categories)s
             FROM record c WHERE c.tenant_id = process_facet.tenant_id AND c.ocid = process_facet.ocid))"""

_RELEASES: LiteralString = """
    SELECT r.date, b.body
    FROM releases_of(%s, %s) m
    JOIN release r ON r.tenant_id = m.tenant_id AND r.position = m.position
    JOIN release_body b ON b.tenant_id = m.tenant_id AND b.position = m.position
    WHERE EXISTS (SELECT FROM record c WHERE c.tenant_id = %s AND c.ocid = %s)
    ORDER BY m.place DESC"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which processes; None does not ask.

    Attributes:
        years: one after the other.
        methods: of `procurementMethod`.
        categories: of `mainProcurementCategory` or `additionalProcurementCategories`.
    """

    years: Sequence[int] | None
    methods: Sequence[str] | None = None
    categories: Sequence[str] | None = None


class Dated(NamedTuple):
    """A release's date and its exact bytes."""

    date: datetime
    body: bytes


async def years(connection: Connection, tenant_id: UUID) -> list[int]:
    """Return the years under which a tenant's processes stand, rising; the cost is that of their number."""
    rows = await (await connection.execute(_YEARS, {"tenant": tenant_id})).fetchall()
    return [row[0] for row in rows]


async def some(
    connection: Connection, tenant_id: UUID, asked: Asked, year: int | None, after: str
) -> dict[str, list[Dated]]:
    """Return the processes that follow an ocid, with their releases that stand, the newest first.

    Args:
        connection: of the public role.
        tenant_id: whose.
        asked: which of them.
        year: of `asked.years`; None is any.
        after: the ocid.
    """
    which: LiteralString = ""
    told: dict[str, object] = {"tenant": tenant_id, "after": after, "limit": AT_ONCE}
    if year is not None:
        which += _OF_YEAR
        told["year"] = year
    if asked.methods is not None:
        which += _BY_METHOD
        told["methods"] = list(asked.methods)
    if asked.categories is not None:
        which += _BY_CATEGORY
        told["categories"] = list(asked.categories)
    cursor = await connection.execute(_SOME.replace("/*which*/", which), told, binary=True)
    found: dict[str, list[Dated]] = {}
    for ocid, date, body in await cursor.fetchall():
        found.setdefault(ocid, []).append(Dated(date, body))
    return found


async def releases(connection: Connection, tenant_id: UUID, ocid: str) -> list[Dated]:
    """Return the releases of a tenant's process that stand, the newest first."""
    cursor = await connection.execute(_RELEASES, (tenant_id, ocid, tenant_id, ocid), binary=True)
    return [Dated._make(row) for row in await cursor.fetchall()]
