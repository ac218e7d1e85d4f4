"""What the PNT has of a row: written before it is asked and after it answered, each in a transaction of its own."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, delete, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.core import clock
from app.core.db import Actor, RwSession
from app.core.tables import table_of
from app.pnt.delivery.models import PntRemote
from app.pnt.delivery.records import Ids
from app.pnt.due import Whose
from app.pnt.models import PntLoaded

UNKNOWN = b""
"""Digest of a row whose text over there nobody knows: it differs from every other."""

_REMOTE, _LOADED = table_of(PntRemote), table_of(PntLoaded)
_KEY = ("tenant_id", "sujeto_obligado_id", "quarter", "family", "row_key")


class Spot(NamedTuple):
    """One row of a body's quarter in one format."""

    actor: Actor
    whose: Whose
    family: str
    key: str


def announce(session: RwSession, spot: Spot, title: str) -> bool:
    """Say that a row is about to be added; False where it may be there already."""
    entered = upsert(_REMOTE).values(**_place(spot), title=title, state="adding", ids=None)
    done = session.execute(entered.on_conflict_do_nothing().returning(_REMOTE.c.row_key))
    return done.scalar_one_or_none() is not None


def stored(session: RwSession, spot: Spot, ids: Ids, digest: bytes) -> None:
    """Keep the ids of a row, and what it says over there."""
    held = {"state": "stored", "ids": ids.kept(), "at": clock.now()}
    session.execute(update(_REMOTE).where(*_at(_REMOTE, spot)).values(**held))
    says(session, spot, digest)


def says(session: RwSession, spot: Spot, digest: bytes) -> None:
    """Keep what a row says over there."""
    entered = upsert(_LOADED).values(**_place(spot), digest=digest, at=clock.now())
    session.execute(
        entered.on_conflict_do_update(
            index_elements=_KEY, set_={"digest": entered.excluded.digest, "at": entered.excluded.at}
        )
    )


def turn(session: RwSession, spot: Spot, state: str) -> None:
    """Say that a row is about to be removed, or was not."""
    session.execute(update(_REMOTE).where(*_at(_REMOTE, spot)).values(state=state))


def gone(session: RwSession, spot: Spot) -> None:
    """Keep that the PNT does not have a row."""
    for table in (_REMOTE, _LOADED):
        session.execute(delete(table).where(*_at(table, spot)))


def _place(spot: Spot) -> dict[str, Any]:
    whose = spot.whose
    values = (spot.actor.tenant_id, whose.body, whose.quarter.start, spot.family, spot.key)
    return dict(zip(_KEY, values, strict=True))


def _at(table: Table, spot: Spot) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in _place(spot).items()]
