"""Lists narrowed by what processes say today, at a cost that does not grow with the tenant.

A filter that leaves few processes starts from them; any other walks the list itself, some rows at a time, and where the
walk ends before the page is full, the page says where to go on. So each question is bounded, however odd the filter.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import LiteralString
from uuid import UUID

from app.openapi.queries import Connection, Span

FEW = 2000
"""Processes from which a page starts, and rows of the list that it walks."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a process must say to be told; None does not ask. Amounts are in the currency of each process."""

    publisher: str | None = None
    sujeto_obligado: str | None = None
    method: str | None = None
    category: str | None = None
    stage: str | None = None
    status: str | None = None
    amount_min: Decimal | None = None
    amount_max: Decimal | None = None
    signed_since: date | None = None
    signed_until: date | None = None
    terms: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The places of a page in the order in which it was read, and where the walk goes on if it ended too soon."""

    positions: list[int]
    edge: int | None


_INDEXED: LiteralString = """
    (%(tenant)s::uuid IS NULL OR f.tenant_id = %(tenant)s)
    AND (%(publisher_id)s::uuid IS NULL OR f.tenant_id = %(publisher_id)s)
    AND (%(sujeto_obligado_id)s::uuid IS NULL OR f.sujeto_obligado_id = %(sujeto_obligado_id)s)
    AND (%(terms)s::text[] IS NULL OR f.terms @> %(terms)s)"""

_OTHERS: LiteralString = """
    AND (%(method)s::text IS NULL OR f.method = %(method)s)
    AND (%(category)s::text IS NULL OR f.category = %(category)s)
    AND (%(stage)s::text IS NULL OR f.stage = %(stage)s)
    AND (%(status)s::text IS NULL OR f.status = %(status)s)
    AND (%(amount_min)s::numeric IS NULL OR f.amount >= %(amount_min)s)
    AND (%(amount_max)s::numeric IS NULL OR f.amount <= %(amount_max)s)
    AND (%(signed_since)s::date IS NULL OR f.signed_on >= %(signed_since)s)
    AND (%(signed_until)s::date IS NULL OR f.signed_on <= %(signed_until)s)"""

_PUBLISHER: LiteralString = "SELECT tenant_id FROM tenant WHERE slug = %s"
_SUJETO: LiteralString = "SELECT sujeto_obligado_id FROM sujeto_obligado WHERE tenant_id = %s AND key = %s"

_CANDIDATES: LiteralString = "SELECT f.tenant_id, f.ocid FROM process_facet f WHERE /*indexed*/ LIMIT %(few)s"

_FROM_FEW: LiteralString = """
    SELECT l.position FROM /*list*/ l JOIN process_facet f ON f.tenant_id = l.tenant_id AND f.ocid = l.ocid
    WHERE (l.tenant_id, l.ocid) IN (SELECT * FROM unnest(%(tenants)s::uuid[], %(ocids)s::text[]))
          AND l.position > %(low)s AND l.position < %(high)s
          AND /*indexed*/ /*others*/
    ORDER BY l.position/*way*/ LIMIT %(limit)s"""

# Each row of the walk is looked up: a join of another kind would read what the filter leaves of the whole tenant.
_WALK: LiteralString = """
    SELECT l.position, f.ocid IS NOT NULL
    FROM (SELECT l.tenant_id, l.ocid, l.position FROM /*list*/ l
          WHERE (%(tenant)s::uuid IS NULL OR l.tenant_id = %(tenant)s)
                AND l.position > %(low)s AND l.position < %(high)s
          ORDER BY l.position/*way*/ LIMIT %(few)s) l
    LEFT JOIN LATERAL (SELECT f.ocid FROM process_facet f
        WHERE f.tenant_id = l.tenant_id AND f.ocid = l.ocid AND /*indexed*/ /*others*/ OFFSET 0) f ON true
    ORDER BY l.position/*way*/"""

# Of the chain only what stands: a page made of withdrawn releases alone would look like the end of the list.
_STANDS: LiteralString = """
    r.kind = 'release' AND NOT EXISTS (
        SELECT FROM release w WHERE w.tenant_id = r.tenant_id AND w.withdraws = r.position AND w.kind = 'withdrawal')"""
_RELEASES: LiteralString = "(SELECT r.tenant_id, r.ocid, r.position FROM release r WHERE /*stands*/)"
_RECORDS: LiteralString = "record"
_NATIONAL_RELEASES: LiteralString = """(
    SELECT n.number AS position, r.tenant_id, r.ocid FROM national_order n
    JOIN release r ON r.tenant_id = n.source_id AND r.position = n.position
    WHERE n.kind = 'release' AND /*stands*/)"""
_NATIONAL_RECORDS: LiteralString = """(
    SELECT n.number AS position, c.tenant_id, c.ocid FROM national_order n
    JOIN record c ON c.tenant_id = n.source_id AND c.position = n.position)"""

Finder = Callable[[Connection, UUID | None, Span, Filters], Awaitable[Found]]


def _asking(statement: LiteralString) -> LiteralString:
    return statement.replace("/*indexed*/", _INDEXED).replace("/*others*/", _OTHERS)


def _finder(places: LiteralString) -> Finder:
    """Return what finds the places of a list, which is a table or a statement of tenants, ocids and positions."""

    def written(statement: LiteralString) -> tuple[LiteralString, LiteralString]:
        whole = _asking(statement).replace("/*list*/", places).replace("/*stands*/", _STANDS)
        return whole.replace("/*way*/", ""), whole.replace("/*way*/", " DESC")

    few, walk = written(_FROM_FEW), written(_WALK)

    async def find(connection: Connection, tenant_id: UUID | None, span: Span, filters: Filters) -> Found:
        told = span.told(tenant_id) | {
            "few": FEW + 1,
            "terms": None if filters.terms is None else list(filters.terms),
            "publisher_id": None,
            "sujeto_obligado_id": None,
            **{name: getattr(filters, name) for name in _PLAIN},
        }
        if filters.publisher is not None:
            row = await (await connection.execute(_PUBLISHER, (filters.publisher,))).fetchone()
            if row is None:
                return Found([], None)
            told["publisher_id"] = row[0]
        if filters.sujeto_obligado is not None:
            row = await (await connection.execute(_SUJETO, (tenant_id, filters.sujeto_obligado))).fetchone()
            if row is None:
                return Found([], None)
            told["sujeto_obligado_id"] = row[0]
        # Never prepared: a plan for any values would not know which of the conditions are asked at all.
        if any(told[name] is not None for name in ("terms", "publisher_id", "sujeto_obligado_id")):
            candidates = await connection.execute(_asking(_CANDIDATES), told, prepare=False)
            found = await candidates.fetchall()
            if len(found) <= FEW:
                told |= {"tenants": [row[0] for row in found], "ocids": [row[1] for row in found]}
                rows = await (await connection.execute(few[span.down], told, prepare=False)).fetchall()
                return Found([row[0] for row in rows], None)
        told["few"] = FEW
        walked = await (await connection.execute(walk[span.down], told, prepare=False)).fetchall()
        positions = [position for position, holds in walked if holds][: span.limit]
        ended = len(walked) < FEW or len(positions) == span.limit
        return Found(positions, None if ended else walked[-1][0])

    return find


_PLAIN = ("method", "category", "stage", "status", "amount_min", "amount_max", "signed_since", "signed_until")

releases = _finder(_RELEASES)
records = _finder(_RECORDS)
national_releases = _finder(_NATIONAL_RELEASES)
national_records = _finder(_NATIONAL_RECORDS)
