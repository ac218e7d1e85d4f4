"""Reading which files there are, as `app_public`.

Whether a file may be given is asked with it, in one statement: the chains that it tells of have seen no withdrawal since it
was put together.
"""

from datetime import datetime
from typing import Any, LiteralString, NamedTuple
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


_WHOLE: LiteralString = """(f.withdrawals, cardinality(f.sources)) = (
        SELECT sum(h.withdrawals), count(*) FROM chain_head h WHERE h.tenant_id = ANY(f.sources)) AS whole"""
_LISTED: LiteralString = f"""
    SELECT f.name, f.kind, f.year, f.rows, f.size, f.unpacked, f.sha256, f.md5, f.modified_at, {_WHOLE}
    FROM download_file f WHERE f.tenant_id = %(tenant)s AND f.replaced_at IS NULL ORDER BY f.kind, f.name"""  # noqa: S608  # constants

_KEPT: LiteralString = f"""
    SELECT f.size, f.sha256, f.modified_at, {_WHOLE}, f.pieces
    FROM download_file f
    WHERE f.tenant_id = %(tenant)s AND f.name = %(name)s AND (f.replaced_at IS NULL OR f.sha256 = %(sha256)s)
    ORDER BY f.sha256 = %(sha256)s DESC LIMIT 1"""  # noqa: S608  # constants

_STANDING: LiteralString = """
    SELECT position, entry_hash, checked_at FROM download_state WHERE tenant_id = %(tenant)s"""
_NATION: LiteralString = "SELECT publishers, checked_at FROM national_state WHERE number = 1"


def _nations(statement: LiteralString) -> LiteralString:
    """Return what asks the same of the national files."""
    return statement.replace("download_file f", "national_file f").replace(
        "f.tenant_id = %(tenant)s AND ", ""
    )


class Nation(NamedTuple):
    """How far the national files have come; attributes as of `app.downloads.models.NationalState`."""

    publishers: list[dict[str, Any]]
    checked_at: datetime


def shelf(session: PublicSession, tenant_id: UUID) -> tuple[Standing | None, list[Listed]]:
    """Return how far the files of a tenant have come, and which there are: for pages."""
    connection = session.connection()
    row = connection.exec_driver_sql(_STANDING, {"tenant": tenant_id}).one_or_none()
    rows = connection.exec_driver_sql(_LISTED, {"tenant": tenant_id}).all()
    return (Standing._make(row) if row else None), [Listed._make(row) for row in rows]


def national_shelf(session: PublicSession) -> tuple[Nation | None, list[Listed]]:
    """Return how far the national files have come, and which there are: for pages."""
    connection = session.connection()
    row = connection.exec_driver_sql(_NATION).one_or_none()
    rows = connection.exec_driver_sql(_nations(_LISTED)).all()
    return (Nation._make(row) if row else None), [Listed._make(row) for row in rows]


async def listed(connection: Connection, tenant_id: UUID | None) -> list[Listed]:
    """Return the files of a tenant, or of the nation, as they are now, by kind and name."""
    statement = _LISTED if tenant_id else _nations(_LISTED)
    rows = await (await connection.execute(statement, {"tenant": tenant_id})).fetchall()
    return [Listed._make(row) for row in rows]


async def kept(connection: Connection, tenant_id: UUID | None, name: str, sha256: bytes = b"") -> Kept | None:
    """Return a file of a tenant or of the nation: the version with these bytes while it is kept, or the one that stands."""
    statement = _KEPT if tenant_id else _nations(_KEPT)
    told = {"tenant": tenant_id, "name": name, "sha256": sha256}
    row = await (await connection.execute(statement, told, binary=True)).fetchone()
    return Kept._make(row) if row else None


async def standing(connection: Connection, tenant_id: UUID) -> Standing | None:
    """Return how far the files of a tenant have come; None where there are none yet."""
    row = await (await connection.execute(_STANDING, {"tenant": tenant_id})).fetchone()
    return Standing._make(row) if row else None


async def nation(connection: Connection) -> Nation | None:
    """Return how far the national files have come; None where there are none yet."""
    row = await (await connection.execute(_NATION)).fetchone()
    return Nation._make(row) if row else None
