"""One order for the chains of all tenants, given by one sequencer after their entries were committed (docs/adr/0038).

Who gave numbers while publishing would show a harvester number 8 before number 7 was committed, and it would never come
back for 7. Here an entry gets its number when everybody can see it, and the next one only after that was committed.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlmodel import Session

from app.core import clock, locks
from app.core.db import Database
from app.core.tables import table_of
from app.publication.models import ChainHead, NationalOrder, Release

UNIT = 20_000
"""Entries that get their numbers in one transaction."""
_ORDER, _HEAD, _RELEASE = (table_of(model).c for model in (NationalOrder, ChainHead, Release))


def give_numbers(database: Database) -> int:
    """Give what was committed since the last time its numbers; returns how many, 0 where somebody else is at it."""
    given = 0
    while True:
        with database.owner_work() as session:
            if not begin(session):
                return given
            now = _unit(session, database)
        given += now
        if now < UNIT:
            return given


def begin(session: Session) -> bool:
    """Become the sequencer until the transaction ends, unless somebody is."""
    return locks.take(session, "national order")


def _unit(session: Session, database: Database) -> int:
    rows: list[dict[str, Any]] = []
    with database.public_reading() as reading:
        for tenant_id, last in behind(reading):
            entries = reading.execute(
                select(_RELEASE.position, _RELEASE.kind)
                .where(_RELEASE.tenant_id == tenant_id, _RELEASE.position > last)
                .order_by(_RELEASE.position)
                .limit(UNIT - len(rows))
            )
            rows += [{"source_id": tenant_id, **entry} for entry in entries.mappings()]
            if len(rows) == UNIT:
                break
    if rows:
        number = session.scalar(select(func.coalesce(func.max(_ORDER.number), 0))) or 0
        now = clock.now()
        numbered = [row | {"number": number + turn, "at": now} for turn, row in enumerate(rows, start=1)]
        session.execute(insert(table_of(NationalOrder)), numbered)
    return len(rows)


def behind(reading: Session) -> list[tuple[UUID, int]]:
    """Return the tenants that have entries without a number, and the last position of each that has one."""
    last = (
        select(_ORDER.position)
        .where(_ORDER.source_id == _HEAD.tenant_id)
        .order_by(_ORDER.position.desc())
        .limit(1)
        .scalar_subquery()
    )
    known = func.coalesce(last, 0)
    found = reading.execute(
        select(_HEAD.tenant_id, known).where(_HEAD.position > known).order_by(_HEAD.tenant_id)
    )
    return [(tenant_id, position) for tenant_id, position in found]
