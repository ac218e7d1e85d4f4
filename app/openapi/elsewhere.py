"""Where what is not at an address has gone: to its permanent name, to another tenant, out of publication."""

from typing import LiteralString
from uuid import UUID

from app.openapi.queries import Connection, Withdrawal

_OTHER_NAME: LiteralString = """
    SELECT r.ocid FROM ocid_alias a JOIN release r ON r.tenant_id = a.tenant_id AND r.process_id = a.process_id
    WHERE a.tenant_id = %s AND a.alias = %s LIMIT 1"""

_IS_PUBLISHED: LiteralString = """
    SELECT EXISTS (SELECT FROM release WHERE tenant_id = %s AND ocid = %s AND kind <> 'withdrawal')"""

_WITHDRAWAL: LiteralString = """
    SELECT w.position, r.ocid, r.release_id, w.date, w.ground
    FROM releases_of(%(tenant)s, %(ocid)s) m
    JOIN release r ON r.tenant_id = m.tenant_id AND r.position = m.position
    JOIN release w ON w.tenant_id = r.tenant_id AND w.withdraws = r.position
    WHERE w.kind = 'withdrawal' AND (%(release_id)s::text IS NULL OR r.release_id = %(release_id)s)
    ORDER BY w.date DESC LIMIT 1"""

_MOVED: LiteralString = """
    SELECT t.slug FROM (SELECT direction, peer_id FROM chain_transfer
                        WHERE tenant_id = %s AND ocid = %s ORDER BY position DESC LIMIT 1) last
    JOIN tenant t ON t.tenant_id = last.peer_id WHERE last.direction = 'out'"""

_STANDS_AT: LiteralString = """
    SELECT m.slug
    FROM releases_of(%(tenant)s, %(ocid)s) m
    JOIN release r ON r.tenant_id = m.tenant_id AND r.position = m.position
    JOIN release_body b ON b.tenant_id = m.tenant_id AND b.position = m.position
    WHERE r.release_id = %(release_id)s LIMIT 1"""


async def moved_to(connection: Connection, tenant_id: UUID, ocid: str) -> str | None:
    """Return the slug of the tenant that a published process went to, or None."""
    row = await (await connection.execute(_MOVED, (tenant_id, ocid))).fetchone()
    return str(row[0]) if row else None


async def stands_at(connection: Connection, tenant_id: UUID, ocid: str, release_id: str) -> str | None:
    """Return the slug of the tenant in whose chain a release of a process stands; None for this one, or nowhere."""
    cursor = await connection.execute(
        _STANDS_AT, {"tenant": tenant_id, "ocid": ocid, "release_id": release_id}
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def ocid_of_alias(connection: Connection, tenant_id: UUID, alias: str) -> str | None:
    """Return the permanent ocid of a process, published or withdrawn, that is also called `alias`."""
    row = await (await connection.execute(_OTHER_NAME, (tenant_id, alias))).fetchone()
    return str(row[0]) if row else None


async def is_published(connection: Connection, tenant_id: UUID, ocid: str) -> bool:
    """Tell whether the tenant ever published the process, withdrawn or not."""
    row = await (await connection.execute(_IS_PUBLISHED, (tenant_id, ocid))).fetchone()
    return bool(row and row[0])


async def withdrawal(
    connection: Connection, tenant_id: UUID, ocid: str, release_id: str | None
) -> Withdrawal | None:
    """Return the withdrawal of a release, or the newest of a process; None where there was none."""
    cursor = await connection.execute(
        _WITHDRAWAL, {"tenant": tenant_id, "ocid": ocid, "release_id": release_id}
    )
    row = await cursor.fetchone()
    return Withdrawal._make(row) if row else None
