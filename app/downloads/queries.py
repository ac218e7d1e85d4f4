"""Reading which files there are, as `app_public`.

Whether a file may be given is asked with it, in one statement: the chains that it tells of have seen no withdrawal since it
was put together.
"""

from datetime import datetime
from typing import LiteralString, NamedTuple
from uuid import UUID

from app.core.db import PublicSession
from app.openapi.queries import Connection


class Listed(NamedTuple):
    """A file as lists show it; attributes as of `app.downloads.models.DownloadFile`.

    Attributes:
        whole: nothing was withdrawn since it was put together.
    """

    name: str
    kind: str
    year: int | None
    rows: int
    size: int
    unpacked: int
    sha256: bytes
    md5: bytes
    modified_at: datetime
    whole: bool


class Kept(NamedTuple):
    """A file to be given."""

    size: int
    sha256: bytes
    modified_at: datetime
    whole: bool
    pieces: bytes


class Standing(NamedTuple):
    """How far the files of a tenant have come; attributes as of `app.downloads.models.DownloadState`."""

    position: int
    entry_hash: bytes
    checked_at: datetime


_LISTED: LiteralString = """
    SELECT f.name, f.kind, f.year, f.rows, f.size, f.unpacked, f.sha256, f.md5, f.modified_at,
           f.withdrawals = (SELECT sum(h.withdrawals) FROM chain_head h WHERE h.tenant_id = ANY(f.sources)) AS whole
    FROM download_file f WHERE f.tenant_id = %s AND f.replaced_at IS NULL ORDER BY f.kind, f.name"""

_KEPT: LiteralString = """
    SELECT f.size, f.sha256, f.modified_at,
           f.withdrawals = (SELECT sum(h.withdrawals) FROM chain_head h WHERE h.tenant_id = ANY(f.sources)) AS whole,
           f.pieces
    FROM download_file f
    WHERE f.tenant_id = %s AND f.name = %s AND (f.replaced_at IS NULL OR f.sha256 = %s)
    ORDER BY f.sha256 = %s DESC LIMIT 1"""

_STANDING: LiteralString = """
    SELECT position, entry_hash, checked_at FROM download_state WHERE tenant_id = %s"""


def shelf(session: PublicSession, tenant_id: UUID) -> tuple[Standing | None, list[Listed]]:
    """Return how far the files of a tenant have come, and which there are: for pages."""
    connection = session.connection()
    row = connection.exec_driver_sql(_STANDING, (tenant_id,)).one_or_none()
    rows = connection.exec_driver_sql(_LISTED, (tenant_id,)).all()
    return (Standing._make(row) if row else None), [Listed._make(row) for row in rows]


async def listed(connection: Connection, tenant_id: UUID) -> list[Listed]:
    """Return the files of a tenant as they are now, by kind and name."""
    return [Listed._make(row) for row in await (await connection.execute(_LISTED, (tenant_id,))).fetchall()]


async def kept(connection: Connection, tenant_id: UUID, name: str, sha256: bytes = b"") -> Kept | None:
    """Return a file: the version with these bytes while it is kept, otherwise the one that stands."""
    cursor = await connection.execute(_KEPT, (tenant_id, name, sha256, sha256), binary=True)
    row = await cursor.fetchone()
    return Kept._make(row) if row else None


async def standing(connection: Connection, tenant_id: UUID) -> Standing | None:
    """Return how far the files of a tenant have come; None where there are none yet."""
    row = await (await connection.execute(_STANDING, (tenant_id,))).fetchone()
    return Standing._make(row) if row else None
