"""What all tenants published, in the national order (docs/adr/0038): the places of these lists are its numbers.

A date here is when an entry got its number, seconds after its release; of an archive that came from another installation,
when it came. So every bound on dates is one on numbers.
"""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from app.openapi.queries import (
    Connection,
    Counts,
    RecordRow,
    ReleaseRow,
    Span,
    Transfer,
    Withdrawal,
    both,
    record_row,
)

_SPAN: LiteralString = "n.number > %(low)s AND n.number < %(high)s"
_AT: LiteralString = "n.number = ANY(%(positions)s)"

_RELEASE_LIST: LiteralString = """
    WITH page AS (
        SELECT n.number, r.date, b.body,
               sum(octet_length(b.body)) OVER (ORDER BY n.number/*way*/) - octet_length(b.body) AS before
        FROM national_order n
        JOIN release r ON r.tenant_id = n.source_id AND r.position = n.position
        JOIN release_body b ON b.tenant_id = n.source_id AND b.position = n.position
        WHERE n.kind = 'release' AND /*places*/
        ORDER BY n.number/*way*/ LIMIT %(limit)s)
    SELECT number, date, body FROM page WHERE before < %(budget)s ORDER BY number/*way*/"""
_RELEASES, _RELEASES_AT = both(_RELEASE_LIST, _SPAN), both(_RELEASE_LIST, _AT)

_RECORD_LIST: LiteralString = """
    WITH page AS (
        SELECT c.tenant_id, c.ocid, n.number, c.date, c.compiled,
               sum(octet_length(c.compiled)) OVER (ORDER BY n.number/*way*/) - octet_length(c.compiled) AS before
        FROM national_order n JOIN record c ON c.tenant_id = n.source_id AND c.position = n.position
        WHERE /*places*/
        ORDER BY n.number/*way*/ LIMIT %(limit)s)
    SELECT c.ocid, c.number, c.date, c.compiled,
           (SELECT json_agg(json_build_array(r.release_id, r.date, r.tag, coalesce(m.slug, t.slug)) ORDER BY m.place)::text
            FROM releases_of(c.tenant_id, c.ocid) m
            JOIN release r ON r.tenant_id = m.tenant_id AND r.position = m.position
            JOIN release_body b ON b.tenant_id = m.tenant_id AND b.position = m.position) AS releases
    FROM page c JOIN tenant t ON t.tenant_id = c.tenant_id
    WHERE c.before < %(budget)s ORDER BY c.number/*way*/"""
_RECORDS, _RECORDS_AT = both(_RECORD_LIST, _SPAN), both(_RECORD_LIST, _AT)

_WITHDRAWALS = both(
    """
    SELECT n.number, r.ocid, r.release_id, w.date, w.ground
    FROM national_order n JOIN release w ON w.tenant_id = n.source_id AND w.position = n.position
    JOIN release r ON r.tenant_id = w.tenant_id AND r.position = w.withdraws
    WHERE n.kind = 'withdrawal' AND /*places*/ ORDER BY n.number/*way*/ LIMIT %(limit)s""",
    _SPAN,
)

# A transfer stands in two chains; here it is told once, by the one that the process left.
_TRANSFERS = both(
    """
    SELECT n.number, r.ocid, c.direction, s.slug, t.slug, r.date, r.ground
    FROM national_order n JOIN release r ON r.tenant_id = n.source_id AND r.position = n.position
    JOIN chain_transfer c ON c.tenant_id = n.source_id AND c.position = n.position
    JOIN tenant s ON s.tenant_id = n.source_id JOIN tenant t ON t.tenant_id = c.peer_id
    WHERE n.kind = 'transfer' AND c.direction = 'out' AND /*places*/ ORDER BY n.number/*way*/ LIMIT %(limit)s""",
    _SPAN,
)

_COUNTS: LiteralString = """
    SELECT coalesce(sum(live_releases), 0)::bigint, coalesce(sum(live_records), 0)::bigint,
           coalesce(sum(withdrawals), 0)::bigint,
           greatest(max(last_date), (SELECT max(at) FROM national_order))
    FROM chain_head"""
_SINCE: LiteralString = "SELECT number FROM national_order WHERE at >= %s ORDER BY at, number LIMIT 1"
_AFTER: LiteralString = "SELECT number FROM national_order WHERE at > %s ORDER BY at, number LIMIT 1"


async def releases(connection: Connection, _: UUID | None, span: Span) -> list[ReleaseRow]:
    """Return releases that stand; as `queries.releases`."""
    return [ReleaseRow._make(row) for row in await _rows(connection, _RELEASES[span.down], span.told(None))]


async def releases_at(
    connection: Connection, _: UUID | None, span: Span, positions: list[int]
) -> list[ReleaseRow]:
    """Return the releases of some numbers; as `queries.releases_at`."""
    told = span.told(None) | {"positions": positions}
    return [ReleaseRow._make(row) for row in await _rows(connection, _RELEASES_AT[span.down], told)]


async def records(connection: Connection, _: UUID | None, span: Span) -> list[RecordRow]:
    """Return records; as `queries.records`, each link with the tenant where its release stands."""
    return [record_row(row) for row in await _rows(connection, _RECORDS[span.down], span.told(None))]


async def records_at(
    connection: Connection, _: UUID | None, span: Span, positions: list[int]
) -> list[RecordRow]:
    """Return the records of some numbers; as `queries.records_at`."""
    told = span.told(None) | {"positions": positions}
    return [record_row(row) for row in await _rows(connection, _RECORDS_AT[span.down], told)]


async def withdrawals(connection: Connection, _: UUID | None, span: Span) -> list[Withdrawal]:
    """Return withdrawals; as `queries.withdrawals`."""
    return [
        Withdrawal._make(row) for row in await _rows(connection, _WITHDRAWALS[span.down], span.told(None))
    ]


async def transfers(connection: Connection, _: UUID | None, span: Span) -> list[Transfer]:
    """Return transfers, each once, with both tenants; as `queries.transfers`."""
    rows = await _rows(connection, _TRANSFERS[span.down], span.told(None))
    return [
        Transfer(number, ocid, way, to, date, ground, source)
        for number, ocid, way, source, to, date, ground in rows
    ]


async def counts(connection: Connection, _: UUID | None) -> Counts:
    """Return the counts of all tenants together."""
    [row] = await _rows(connection, _COUNTS, {})
    return Counts._make(row)


async def position_before(connection: Connection, _: UUID | None, since: datetime) -> int | None:
    """Return the number after which everything came `since` or later; None where nothing did."""
    row = await (await connection.execute(_SINCE, (since,))).fetchone()
    return int(row[0]) - 1 if row else None


async def position_after(connection: Connection, _: UUID | None, until: datetime) -> int | None:
    """Return the number from which on everything came after `until`; None where nothing did."""
    row = await (await connection.execute(_AFTER, (until,))).fetchone()
    return int(row[0]) if row else None


async def _rows(connection: Connection, statement: LiteralString, told: dict[str, Any]) -> list[Any]:
    return await (await connection.execute(statement, told, binary=True)).fetchall()
