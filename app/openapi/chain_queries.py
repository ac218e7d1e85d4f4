"""Reading a tenant's chain and its signed heads as the world does; see `queries`."""

from datetime import date, datetime
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from app.openapi.queries import Connection
from app.tenancy.queries import SignedHead


class Head(NamedTuple):
    """Where a chain stands."""

    position: int
    entry_hash: bytes


class EntryRow(NamedTuple):
    """The facts of an entry, as its hash covers them; `payload` is what a transfer says."""

    position: int
    kind: str
    ocid: str
    release_id: str
    date: datetime
    body_sha256: bytes
    withdraws: int | None
    ground: str
    previous_hash: bytes
    entry_hash: bytes
    payload: bytes | None


_HEAD: LiteralString = "SELECT position, entry_hash FROM chain_head WHERE tenant_id = %s"

_ENTRIES: LiteralString = """
    SELECT r.position, r.kind, r.ocid, r.release_id, r.date, r.body_sha256, r.withdraws, r.ground,
           r.previous_hash, r.entry_hash, t.payload
    FROM release r LEFT JOIN chain_transfer t ON t.tenant_id = r.tenant_id AND t.position = r.position
    WHERE r.tenant_id = %s AND r.position > %s ORDER BY r.position LIMIT %s"""

_HEADS: LiteralString = """
    SELECT day, statement, signature, key_id FROM signed_head
    WHERE tenant_id = %s AND day > %s ORDER BY day LIMIT %s"""

_LAST: LiteralString = """
    SELECT day, statement, signature, key_id FROM signed_head WHERE tenant_id = %s ORDER BY day DESC LIMIT 1"""

_KEYS: LiteralString = "SELECT key_id, public_key, since FROM signing_key ORDER BY since, key_id"

_LIST: LiteralString = "SELECT body FROM head_list WHERE sha256 = %s"


async def head(connection: Connection, tenant_id: UUID) -> Head | None:
    """Return where a chain stands; None before its first entry."""
    row = await (await connection.execute(_HEAD, (tenant_id,))).fetchone()
    return Head._make(row) if row else None


async def entries(connection: Connection, tenant_id: UUID, *, after: int, limit: int) -> list[EntryRow]:
    """Return entries in the order of the chain."""
    cursor = await connection.execute(_ENTRIES, (tenant_id, after, limit), binary=True)
    return [EntryRow._make(row) for row in await cursor.fetchall()]


async def heads(connection: Connection, tenant_id: UUID, *, after: date, limit: int) -> list[SignedHead]:
    """Return signed heads, the oldest first."""
    cursor = await connection.execute(_HEADS, (tenant_id, after, limit))
    return [SignedHead._make(row) for row in await cursor.fetchall()]


async def last_head(connection: Connection, tenant_id: UUID) -> SignedHead | None:
    """Return the newest signed head."""
    row = await (await connection.execute(_LAST, (tenant_id,))).fetchone()
    return SignedHead._make(row) if row else None


async def keys(connection: Connection) -> list[tuple[Any, ...]]:
    """Return the keys that ever signed: identifier, public half, since when."""
    return await (await connection.execute(_KEYS)).fetchall()


async def head_list(connection: Connection, sha256: str) -> bytes | None:
    """Return a list of heads by its hash."""
    row = await (await connection.execute(_LIST, (sha256,))).fetchone()
    return bytes(row[0]) if row else None
