"""Reading the public log of a tenant, as `app_public`: what its page lists, what its files hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, select

from app.core.db import Database, PublicSession
from app.core.pagination import Page, cut, decode_cursor
from app.core.public_log import PublicAct
from app.core.tables import table_of
from app.portal.queries import SUJETO

ACT = table_of(PublicAct)
BATCH = 500
"""Entries of a file read at once."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the log, with the body's name as it is today."""

    number: int
    at: datetime
    kind: str
    sujeto_key: str
    sujeto_name: str
    ocid: str
    ground: str
    reason: str
    detail: dict[str, Any]
    sujeto_obligado_id: UUID | None
    previous_hash: bytes
    entry_hash: bytes


@dataclass(frozen=True, slots=True)
class Filters:
    """Which entries: every field narrows, None does not. The year is the tenant's own."""

    kind: str | None = None
    year: int | None = None
    sujeto_obligado_id: UUID | None = None
    ocid: str | None = None


def entries(
    session: PublicSession,
    tenant_id: UUID,
    filters: Filters,
    *,
    zone: str,
    cursor: str | None = None,
    limit: int,
) -> Page[Entry]:
    """Return entries, the newest first."""
    query = _entries(tenant_id, filters, zone).order_by(ACT.c.number.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(ACT.c.number < int(decode_cursor(cursor, int)[0]))
    return cut([Entry(*row) for row in session.execute(query)], limit, lambda row: (row.number,))


def all_entries(database: Database, tenant_id: UUID, filters: Filters, *, zone: str) -> Iterator[Entry]:
    """Give all entries in order, some hundreds in memory at a time; each batch is a session of its own."""
    after = 0
    while True:
        query = _entries(tenant_id, filters, zone).where(ACT.c.number > after)
        with database.public_reading() as session:
            rows = [Entry(*row) for row in session.execute(query.order_by(ACT.c.number).limit(BATCH))]
        yield from rows
        if len(rows) < BATCH:
            return
        after = rows[-1].number


def kinds_and_years(session: PublicSession, tenant_id: UUID, zone: str) -> tuple[list[str], list[int]]:
    """Return the kinds of which a log has entries, and its years, the newest first."""
    kinds = session.execute(
        select(ACT.c.kind).where(ACT.c.tenant_id == tenant_id).distinct().order_by(ACT.c.kind)
    ).scalars()
    first = session.execute(
        select(ACT.c.at).where(ACT.c.tenant_id == tenant_id).order_by(ACT.c.number).limit(1)
    ).scalar_one_or_none()
    last = session.execute(
        select(ACT.c.at).where(ACT.c.tenant_id == tenant_id).order_by(ACT.c.number.desc()).limit(1)
    ).scalar_one_or_none()
    if first is None or last is None:
        return [], []
    local = ZoneInfo(zone)
    return list(kinds), list(range(last.astimezone(local).year, first.astimezone(local).year - 1, -1))


def _entries(tenant_id: UUID, filters: Filters, zone: str) -> Select[Any]:
    same = and_(
        SUJETO.c.tenant_id == ACT.c.tenant_id, SUJETO.c.sujeto_obligado_id == ACT.c.sujeto_obligado_id
    )
    query: Select[Any] = (
        select(
            ACT.c.number,
            ACT.c.at,
            ACT.c.kind,
            SUJETO.c.key,
            SUJETO.c.name,
            ACT.c.ocid,
            ACT.c.ground,
            ACT.c.reason,
            ACT.c.detail,
            ACT.c.sujeto_obligado_id,
            ACT.c.previous_hash,
            ACT.c.entry_hash,
        )
        .select_from(ACT)
        .outerjoin(SUJETO, same)
        .where(ACT.c.tenant_id == tenant_id)
    )
    if filters.kind is not None:
        query = query.where(ACT.c.kind == filters.kind)
    if filters.sujeto_obligado_id is not None:
        query = query.where(ACT.c.sujeto_obligado_id == filters.sujeto_obligado_id)
    if filters.ocid is not None:
        query = query.where(ACT.c.ocid == filters.ocid)
    if filters.year is not None:
        local = ZoneInfo(zone)
        query = query.where(
            ACT.c.at >= datetime(filters.year, 1, 1, tzinfo=local),
            ACT.c.at < datetime(filters.year + 1, 1, 1, tzinfo=local),
        )
    return query
