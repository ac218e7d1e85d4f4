"""Following the chains: who derives something from what is public learns which processes changed, in the order of commits.

The chain is the outbox: publishing pays nothing for those who follow it. A follower has a place in the chain of each
tenant; the processes of the entries after it are given to its work some at a time, in the transaction that also keeps the
new place, so what is derived and how far it came are never two truths. A new follower begins at the beginning.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import Actor, Database, PublicSession, RwSession
from app.core.jobs import apart
from app.core.tables import table_of
from app.publication.models import ChainFollower, Release

UNIT = 200
"""Entries of a chain whose processes are worked on in one transaction."""

Work = Callable[[RwSession, Actor, Sequence[str]], None]
"""Derives anew what depends on these processes (ocids) of the actor's tenant, also of those that are gone."""

_FOLLOWER, _RELEASE = table_of(ChainFollower), table_of(Release)

_BEHIND: LiteralString = """
    SELECT h.tenant_id
    FROM chain_head h LEFT JOIN chain_follower f ON f.tenant_id = h.tenant_id AND f.name = :name
    WHERE EXISTS (SELECT FROM release r WHERE r.tenant_id = h.tenant_id AND r.position > coalesce(f.position, 0))
    ORDER BY f.at NULLS FIRST"""
# Of a tenant that was deleted the head stays, and nothing that could be followed.


_LAG: LiteralString = """
    SELECT coalesce(extract(epoch FROM now() - min(r.date)), 0)
    FROM chain_head h LEFT JOIN chain_follower f ON f.tenant_id = h.tenant_id AND f.name = :name
    JOIN release r ON r.tenant_id = h.tenant_id AND r.position = coalesce(f.position, 0) + 1
    WHERE h.position > coalesce(f.position, 0)"""


def follow(database: Database, name: str, work: Work) -> int:
    """Give a follower all that it has not seen; returns how many entries it was, 0 where others are at it.

    Args:
        database: where.
        name: of the follower.
        work: what it does.
    """
    seen = 0
    with database.public_reading() as reading:
        behind: Sequence[UUID] = reading.execute(text(_BEHIND), {"name": name}).scalars().all()
    for tenant_id in behind:
        actor = Actor(tenant_id=tenant_id, role="system")
        with apart(tenant=str(tenant_id), follower=name):
            while True:
                with database.unit_of_work(actor) as session:
                    now = _unit(session, actor, name, work)
                seen += now
                if now < UNIT:
                    break
    return seen


def begin_again(session: RwSession, actor: Actor, name: str) -> None:
    """Forget a follower's place in the actor's tenant: it will be given everything once more."""
    session.execute(
        delete(_FOLLOWER).where(_FOLLOWER.c.tenant_id == actor.tenant_id, _FOLLOWER.c.name == name)
    )


def up_to(reading: PublicSession, tenant_id: UUID, name: str) -> datetime | None:
    """Return when a follower last saw something of a tenant; None where it never did."""
    found: datetime | None = reading.execute(
        select(_FOLLOWER.c.at).where(_FOLLOWER.c.tenant_id == tenant_id, _FOLLOWER.c.name == name)
    ).scalar_one_or_none()
    return found


def lag(reading: PublicSession, name: str) -> float:
    """Return for how many seconds the oldest entry of any chain that a follower has not seen has been there."""
    found = reading.execute(text(_LAG), {"name": name}).scalar_one()
    return max(0.0, float(found))


def _unit(session: RwSession, actor: Actor, name: str, work: Work) -> int:
    mine = (_FOLLOWER.c.tenant_id == actor.tenant_id) & (_FOLLOWER.c.name == name)
    session.execute(
        insert(_FOLLOWER).values(tenant_id=actor.tenant_id, name=name, position=0).on_conflict_do_nothing()
    )
    locked = select(_FOLLOWER.c.position).where(mine).with_for_update(skip_locked=True)
    position = session.execute(locked).scalar_one_or_none()
    if position is None:
        return 0
    entries = session.execute(
        select(_RELEASE.c.position, _RELEASE.c.ocid)
        .where(_RELEASE.c.tenant_id == actor.tenant_id, _RELEASE.c.position > position)
        .order_by(_RELEASE.c.position)
        .limit(UNIT)
    ).all()
    if entries:
        work(session, actor, sorted({entry.ocid for entry in entries}))
        session.execute(update(_FOLLOWER).where(mine).values(position=entries[-1].position, at=clock.now()))
    return len(entries)
