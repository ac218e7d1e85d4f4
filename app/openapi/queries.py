"""Reading what is published, as `app_public`: raw SQL, each question one statement and so one snapshot.

Every statement names the tenant: the public role sees all of them. A withdrawn release keeps its row in the chain and
loses its body, so joining the bodies leaves it out. Dates follow the chain (both are set under its lock), so "since a
date" becomes "since a position" by one look into the index of dates. The function `releases_of` (its migration: transfer)
gives the places of a process's releases, in the tenant's own chain and in those of tenants that it came from.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import orjson
import psycopg

Connection = psycopg.AsyncConnection[Any]

READ_ONLY: dict[str, Any] = {
    "autocommit": True,  # nothing is written, and a transaction around one statement costs two more round trips
    "tcp_user_timeout": 10_000,  # milliseconds after which a server that confirms nothing is given up
    "options": "-c default_transaction_read_only=on -c statement_timeout=15000",
}
"""How connections of the public reader are made."""

PAGE_BYTES = 16 * 1024 * 1024
"""A page ends before it holds more than this, unless its first element alone does."""


class ReleaseRow(NamedTuple):
    """One release as stored: its place in the chain, its date (or that of its page's newest), its exact bytes."""

    position: int
    date: datetime
    body: bytes


class Stored(NamedTuple):
    """One release by itself."""

    date: datetime
    body: bytes


class Link(NamedTuple):
    """A release of a record, as its record points to it; `slug` is of the tenant where it stands, None for this one."""

    release_id: str
    date: datetime
    tag: list[str]
    slug: str | None


class RecordRow(NamedTuple):
    """One record: the place and date of its newest release, its compiled release, the releases it is made of."""

    ocid: str
    position: int
    date: datetime
    compiled: bytes
    releases: list[Link]


class Counts(NamedTuple):
    """How much a tenant has published that still stands, how much it withdrew, and when it last did either."""

    releases: int
    records: int
    withdrawals: int
    last_date: datetime | None


class Withdrawal(NamedTuple):
    """What a withdrawal left behind: its place in the chain, of which release, when, on what ground."""

    position: int
    ocid: str
    release_id: str
    date: datetime
    ground: str


class Transfer(NamedTuple):
    """What the chain says of a process that came or went: `slug` is of the tenant that it came from, or went to.

    `source` is the tenant whose chain says so, where that is not the one asked about.
    """

    position: int
    ocid: str
    direction: str
    slug: str
    date: datetime
    ground: str
    source: str | None = None


BEFORE_ALL = -(2**62)
"""Before the first release of a process, wherever it stands."""
AFTER_ALL = 2**63 - 1


class Span(NamedTuple):
    """Which places of a list a page is taken from, both ends left out, and from which of them on."""

    low: int
    high: int
    limit: int
    down: bool = False

    def told(self, tenant_id: UUID | None) -> dict[str, Any]:
        """Return the parameters of a statement about a tenant."""
        return {
            "tenant": tenant_id,
            "low": self.low,
            "high": self.high,
            "limit": self.limit,
            "budget": PAGE_BYTES,
        }


def both(statement: LiteralString, places: LiteralString = "") -> tuple[LiteralString, LiteralString]:
    """Return a statement that reads upwards, and the same downwards; it marks where that is said, and of which places."""
    whole = statement.replace("/*places*/", places)
    return whole.replace("/*way*/", ""), whole.replace("/*way*/", " DESC")


_RELEASE: LiteralString = """
    SELECT r.date, b.body
    FROM release r JOIN release_body b ON b.tenant_id = r.tenant_id AND b.position = r.position
    WHERE r.tenant_id = %s AND r.ocid = %s AND r.release_id = %s"""

_RELEASES_BY_KEY: LiteralString = """
    SELECT k.number, r.date, b.body
    FROM unnest(%s::uuid[], %s::text[], %s::text[]) WITH ORDINALITY AS k (tenant_id, ocid, release_id, number)
    JOIN release r ON r.tenant_id = k.tenant_id AND r.ocid = k.ocid AND r.release_id = k.release_id
    JOIN release_body b ON b.tenant_id = r.tenant_id AND b.position = r.position"""

# The sizes are known without fetching the bytes, so what does not fit into the page is never read, and nothing that is
# read is sorted: the bodies come in the order of their index. Every row has the date of the page's newest release.
_RELEASES = both("""
    WITH fits AS (
        SELECT position, sum(size) OVER (ORDER BY position/*way*/) - size AS before
        FROM (SELECT position, octet_length(body) AS size FROM release_body
              WHERE tenant_id = %(tenant)s AND position > %(low)s AND position < %(high)s
              ORDER BY position/*way*/ LIMIT %(limit)s) AS page),
    edge AS MATERIALIZED (SELECT min(position) AS first, max(position) AS last FROM fits WHERE before < %(budget)s)
    SELECT b.position,
           (SELECT r.date FROM release r WHERE r.tenant_id = %(tenant)s
                AND r.position = (SELECT last FROM edge)) AS date,
           b.body
    FROM release_body b
    WHERE b.tenant_id = %(tenant)s
        AND b.position >= (SELECT first FROM edge) AND b.position <= (SELECT last FROM edge)
    ORDER BY b.position/*way*/""")
_RELEASE_LIST: LiteralString = """
    WITH page AS (
        SELECT r.position, r.date, b.body,
               sum(octet_length(b.body)) OVER (ORDER BY r.position/*way*/) - octet_length(b.body) AS before
        FROM release r JOIN release_body b ON b.tenant_id = r.tenant_id AND b.position = r.position
        WHERE r.tenant_id = %(tenant)s AND /*places*/
        ORDER BY r.position/*way*/ LIMIT %(limit)s)
    SELECT position, date, body FROM page WHERE before < %(budget)s ORDER BY position/*way*/"""
_RELEASES_AT = both(_RELEASE_LIST, "r.position = ANY(%(positions)s)")

_RELEASES_OF = both("""
    WITH page AS (
        SELECT m.place, r.date, b.body,
               sum(octet_length(b.body)) OVER (ORDER BY m.place/*way*/) - octet_length(b.body) AS before
        FROM releases_of(%(tenant)s, %(ocid)s) m
        JOIN release r ON r.tenant_id = m.tenant_id AND r.position = m.position
        JOIN release_body b ON b.tenant_id = m.tenant_id AND b.position = m.position
        WHERE m.place > %(low)s AND m.place < %(high)s
              AND (%(since)s::timestamptz IS NULL OR r.date >= %(since)s)
              AND (%(until)s::timestamptz IS NULL OR r.date <= %(until)s)
        ORDER BY m.place/*way*/ LIMIT %(limit)s)
    SELECT place, date, body FROM page WHERE before < %(budget)s ORDER BY place/*way*/""")

_COUNT_OF: LiteralString = """
    SELECT count(*)
    FROM releases_of(%(tenant)s, %(ocid)s) m
    JOIN release_body b ON b.tenant_id = m.tenant_id AND b.position = m.position
    WHERE NOT coalesce((SELECT t.direction = 'out' FROM chain_transfer t
                        WHERE t.tenant_id = %(tenant)s AND t.ocid = %(ocid)s
                        ORDER BY t.position DESC LIMIT 1), false)"""

_RECORD_LIST: LiteralString = """
    WITH page AS (
        SELECT c.tenant_id, c.ocid, c.position, c.date, c.compiled,
               sum(octet_length(c.compiled)) OVER (ORDER BY c.position/*way*/) - octet_length(c.compiled) AS before
        FROM record c
        WHERE c.tenant_id = %(tenant)s AND /*places*/
        ORDER BY c.position/*way*/ LIMIT %(limit)s)
    SELECT c.ocid, c.position, c.date, c.compiled,
           (SELECT json_agg(json_build_array(r.release_id, r.date, r.tag, m.slug) ORDER BY m.place)::text
            FROM releases_of(c.tenant_id, c.ocid) m
            JOIN release r ON r.tenant_id = m.tenant_id AND r.position = m.position
            JOIN release_body b ON b.tenant_id = m.tenant_id AND b.position = m.position) AS releases
    FROM page c WHERE c.before < %(budget)s ORDER BY c.position/*way*/"""
_RECORDS = both(_RECORD_LIST, "c.position > %(low)s AND c.position < %(high)s")
_RECORDS_AT = both(_RECORD_LIST, "c.position = ANY(%(positions)s)")

_RECORD: LiteralString = """
    SELECT c.ocid, c.position, c.date, c.compiled,
           (SELECT json_agg(json_build_array(r.release_id, r.date, r.tag, m.slug) ORDER BY m.place)::text
            FROM releases_of(c.tenant_id, c.ocid) m
            JOIN release r ON r.tenant_id = m.tenant_id AND r.position = m.position
            JOIN release_body b ON b.tenant_id = m.tenant_id AND b.position = m.position) AS releases
    FROM record c WHERE c.tenant_id = %s AND c.ocid = %s"""

_BODIES: LiteralString = """
    SELECT b.body
    FROM releases_of(%(tenant)s, %(ocid)s) m
    JOIN release_body b ON b.tenant_id = m.tenant_id AND b.position = m.position ORDER BY m.place"""

_COUNTS: LiteralString = """
    SELECT live_releases, live_records, withdrawals, last_date FROM chain_head WHERE tenant_id = %s"""

_FIRST_SINCE: LiteralString = """
    SELECT position FROM release WHERE tenant_id = %s AND date >= %s ORDER BY date, position LIMIT 1"""

_FIRST_AFTER: LiteralString = """
    SELECT position FROM release WHERE tenant_id = %s AND date > %s ORDER BY date, position LIMIT 1"""

_TRANSFERS = both("""
    SELECT r.position, r.ocid, c.direction, t.slug, r.date, r.ground
    FROM chain_transfer c JOIN release r ON r.tenant_id = c.tenant_id AND r.position = c.position
    JOIN tenant t ON t.tenant_id = c.peer_id
    WHERE c.tenant_id = %(tenant)s AND c.position > %(low)s AND c.position < %(high)s
    ORDER BY c.position/*way*/ LIMIT %(limit)s""")

_WITHDRAWALS = both("""
    SELECT w.position, r.ocid, r.release_id, w.date, w.ground
    FROM release w JOIN release r ON r.tenant_id = w.tenant_id AND r.position = w.withdraws
    WHERE w.tenant_id = %(tenant)s AND w.kind = 'withdrawal' AND w.position > %(low)s AND w.position < %(high)s
    ORDER BY w.position/*way*/ LIMIT %(limit)s""")


async def release(connection: Connection, tenant_id: UUID, ocid: str, release_id: str) -> Stored | None:
    """Return one release that stands, or None."""
    cursor = await connection.execute(_RELEASE, (tenant_id, ocid, release_id), prepare=True, binary=True)
    row = await cursor.fetchone()
    return Stored._make(row) if row else None


async def releases_by_key(
    connection: Connection, keys: Sequence[tuple[UUID, str, str]]
) -> list[Stored | None]:
    """Return what `release` would, for several (tenant, ocid, release id) at once, in their order."""
    tenants, ocids, release_ids = zip(*keys, strict=True)
    cursor = await connection.execute(
        _RELEASES_BY_KEY, (list(tenants), list(ocids), list(release_ids)), prepare=True, binary=True
    )
    found = {number: Stored(date, body) for number, date, body in await cursor.fetchall()}
    return [found.get(number) for number in range(1, len(keys) + 1)]


async def releases(connection: Connection, tenant_id: UUID, span: Span) -> list[ReleaseRow]:
    """Return releases of a tenant's chain that stand, along a span; fewer come where `PAGE_BYTES` are reached."""
    cursor = await connection.execute(_RELEASES[span.down], span.told(tenant_id), binary=True)
    return [ReleaseRow._make(row) for row in await cursor.fetchall()]


async def releases_at(
    connection: Connection, tenant_id: UUID, span: Span, positions: list[int]
) -> list[ReleaseRow]:
    """Return the releases that stand at some places, in the order of a span; fewer where `PAGE_BYTES` are reached."""
    told = span.told(tenant_id) | {"positions": positions}
    cursor = await connection.execute(_RELEASES_AT[span.down], told, binary=True)
    return [ReleaseRow._make(row) for row in await cursor.fetchall()]


async def releases_of(
    connection: Connection,
    tenant_id: UUID,
    ocid: str,
    span: Span,
    *,
    since: datetime | None,
    until: datetime | None,
) -> list[ReleaseRow]:
    """Return the releases of one process that stand, wherever; those taken over have positions below zero.

    Args:
        connection: of the public role.
        tenant_id: whose process.
        ocid: which.
        span: as of `releases`; `BEFORE_ALL` is the start.
        since: only what is dated then or later.
        until: only what is dated then or earlier.
    """
    told = span.told(tenant_id) | {"ocid": ocid, "since": since, "until": until}
    cursor = await connection.execute(_RELEASES_OF[span.down], told, binary=True)
    return [ReleaseRow._make(row) for row in await cursor.fetchall()]


async def count_of(connection: Connection, tenant_id: UUID, ocid: str) -> int:
    """Return how many releases of one process stand; none where it went to another tenant."""
    row = await (await connection.execute(_COUNT_OF, {"tenant": tenant_id, "ocid": ocid})).fetchone()
    return int(row[0]) if row else 0


async def transfers(connection: Connection, tenant_id: UUID, span: Span) -> list[Transfer]:
    """Return what came and went, along a span of the chain."""
    cursor = await connection.execute(_TRANSFERS[span.down], span.told(tenant_id))
    return [Transfer(*row) for row in await cursor.fetchall()]


async def record(connection: Connection, tenant_id: UUID, ocid: str) -> RecordRow | None:
    """Return the record of one process, or None."""
    row = await (await connection.execute(_RECORD, (tenant_id, ocid), binary=True)).fetchone()
    return record_row(row) if row else None


async def records(connection: Connection, tenant_id: UUID, span: Span) -> list[RecordRow]:
    """Return records along a span of the places of their newest releases; fewer where `PAGE_BYTES` are reached."""
    cursor = await connection.execute(_RECORDS[span.down], span.told(tenant_id), binary=True)
    return [record_row(row) for row in await cursor.fetchall()]


async def records_at(
    connection: Connection, tenant_id: UUID, span: Span, positions: list[int]
) -> list[RecordRow]:
    """Return the records at some places; as `releases_at`."""
    told = span.told(tenant_id) | {"positions": positions}
    cursor = await connection.execute(_RECORDS_AT[span.down], told, binary=True)
    return [record_row(row) for row in await cursor.fetchall()]


async def bodies(connection: Connection, tenant_id: UUID, ocid: str) -> list[bytes]:
    """Return the bytes of all releases of one process that stand, in order."""
    cursor = await connection.execute(_BODIES, {"tenant": tenant_id, "ocid": ocid}, binary=True)
    return [row[0] for row in await cursor.fetchall()]


async def counts(connection: Connection, tenant_id: UUID) -> Counts:
    """Return the counts of a tenant, kept by every publication: no rows are counted."""
    row = await (await connection.execute(_COUNTS, (tenant_id,))).fetchone()
    return Counts._make(row) if row else Counts(0, 0, 0, None)


async def position_before(connection: Connection, tenant_id: UUID, since: datetime) -> int | None:
    """Return the position after which everything is dated `since` or later; None where nothing is."""
    row = await (await connection.execute(_FIRST_SINCE, (tenant_id, since))).fetchone()
    return int(row[0]) - 1 if row else None


async def position_after(connection: Connection, tenant_id: UUID, until: datetime) -> int | None:
    """Return the position from which on everything is dated after `until`; None where nothing is."""
    row = await (await connection.execute(_FIRST_AFTER, (tenant_id, until))).fetchone()
    return int(row[0]) if row else None


async def withdrawals(connection: Connection, tenant_id: UUID, span: Span) -> list[Withdrawal]:
    """Return withdrawals along a span of the chain."""
    cursor = await connection.execute(_WITHDRAWALS[span.down], span.told(tenant_id))
    return [Withdrawal._make(row) for row in await cursor.fetchall()]


def record_row(row: Any) -> RecordRow:
    """Return a record from the row of a statement: ocid, place, date, compiled, links as JSON."""
    links = [
        Link(release_id, datetime.fromisoformat(date), tag, slug)
        for release_id, date, tag, slug in orjson.loads(row[4] or "[]")
    ]
    return RecordRow(row[0], row[1], row[2], row[3], links)
