"""Of which quarters each published process reports something: read once a publication, so that a quarter costs its own rows.

What is kept names the record that it was read from. Whoever asks for a quarter reads first what moved on since, so that
nothing is ever left out of a report because a chore had not come round.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, any_, func, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert

from app.core import json
from app.core.db import Actor, RwSession
from app.core.quarters import Quarter
from app.core.tables import table_of
from app.ocds.shape import Document
from app.pnt.days import quarters_of
from app.pnt.models import PntPlaced
from app.publication.models import ProcessFacet, Record

UNIT = 100
"""Compiled releases that are in memory at once."""

_TABLE = table_of(PntPlaced)
_FACET, _RECORD, _PLACED = table_of(ProcessFacet).c, table_of(Record).c, _TABLE.c


def published(
    session: RwSession, actor: Actor, body: UUID, quarter: Quarter, zone: str
) -> Iterator[tuple[Document, UUID]]:
    """Yield the compiled releases of a body that report something of a quarter, with their processes, by ocid."""
    place(session, actor, body, zone)
    wanted = _of(actor, body).add_columns(_RECORD.compiled).where(_in(quarter))
    for row in _in_turn(session, wanted):
        yield json.loads(row.compiled), row.process_id


def counts(session: RwSession, actor: Actor, body: UUID, zone: str) -> Counter[Quarter]:
    """Return how many rows a body reports of each quarter, in all formats together."""
    place(session, actor, body, zone)
    held = _of(actor, body).with_only_columns(func.unnest(_PLACED.quarters).label("start")).subquery()
    rows = session.execute(select(held.c.start, func.count()).group_by(held.c.start))
    return Counter({Quarter(start): count for start, count in rows})


def first(session: RwSession, actor: Actor, body: UUID, quarter: Quarter, zone: str) -> str:
    """Return the ocid of a process that reports something of the quarter, in whatever format; empty without one."""
    place(session, actor, body, zone)
    return session.scalar(_of(actor, body).with_only_columns(_RECORD.ocid).where(_in(quarter)).limit(1)) or ""


def place(session: RwSession, actor: Actor, body: UUID, zone: str) -> None:
    """Read what was published since it was read last."""
    is_read = and_(
        _PLACED.position == _RECORD.position,
        _PLACED.release_count == _RECORD.release_count,
        _PLACED.zone == zone,
    )
    moved = (
        _of(actor, body)
        .add_columns(_RECORD.compiled, _RECORD.position, _RECORD.release_count)
        .where(is_read.is_not(True))
    )
    found: list[dict[str, Any]] = []
    for row in _in_turn(session, moved):
        quarters = [one.start for one in quarters_of(json.loads(row.compiled), zone)]
        found.append(
            {
                "tenant_id": actor.tenant_id,
                "ocid": row.ocid,
                "position": row.position,
                "release_count": row.release_count,
                "zone": zone,
                "quarters": quarters,
            }
        )
    for start in range(0, len(found), UNIT):
        entered = upsert(_TABLE).values(found[start : start + UNIT])
        read = {name: entered.excluded[name] for name in ("position", "release_count", "zone", "quarters")}
        session.execute(entered.on_conflict_do_update(index_elements=["tenant_id", "ocid"], set_=read))


def _of(actor: Actor, body: UUID) -> Select[Any]:
    """The records of a body, with what is kept of them."""
    return (
        select(_RECORD.ocid, _RECORD.process_id)
        .select_from(table_of(ProcessFacet))
        .join(table_of(Record), (_RECORD.tenant_id == _FACET.tenant_id) & (_RECORD.ocid == _FACET.ocid))
        .outerjoin(_TABLE, (_PLACED.tenant_id == _FACET.tenant_id) & (_PLACED.ocid == _FACET.ocid))
        .where(_FACET.tenant_id == actor.tenant_id, _FACET.sujeto_obligado_id == body)
    )


def _in(quarter: Quarter) -> ColumnElement[bool]:
    start: date = quarter.start
    return literal(start) == any_(_PLACED.quarters)


def _in_turn(session: RwSession, wanted: Select[Any]) -> Iterator[Any]:
    """Yield rows by ocid, a few compiled releases at a time."""
    after = ""
    while True:
        rows = session.execute(wanted.where(_RECORD.ocid > after).order_by(_RECORD.ocid).limit(UNIT)).all()
        yield from rows
        if len(rows) < UNIT:
            return
        after = rows[-1].ocid
