"""Reading accounts, sendings, their results, and what nobody knows whether the PNT has."""

from collections import Counter
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from app.core.db import Actor, RwSession
from app.core.errors import NotFoundError
from app.core.quarters import Quarter
from app.pnt.delivery.models import PntAccount, PntDelivered, PntDelivery, PntRemote
from app.pnt.due import Whose

SHOWN = 200
"""Results of a sending that a page shows at most, those that want a person first."""
RECENT = 20


def account(session: RwSession, actor: Actor, body: UUID) -> PntAccount | None:
    """Return a body's account at the PNT."""
    return session.scalars(
        select(PntAccount).where(
            col(PntAccount.tenant_id) == actor.tenant_id, col(PntAccount.sujeto_obligado_id) == body
        )
    ).one_or_none()


def running(session: RwSession, actor: Actor, body: UUID) -> PntDelivery | None:
    """Return the sending of a body that has not ended."""
    return session.scalars(
        select(PntDelivery).where(
            col(PntDelivery.tenant_id) == actor.tenant_id,
            col(PntDelivery.sujeto_obligado_id) == body,
            col(PntDelivery.ended_at).is_(None),
        )
    ).one_or_none()


def delivery(session: RwSession, actor: Actor, delivery_id: UUID) -> PntDelivery:
    """Return a sending of the tenant.

    Raises:
        NotFoundError: there is none.
    """
    found = session.scalars(
        select(PntDelivery)
        .where(col(PntDelivery.tenant_id) == actor.tenant_id, col(PntDelivery.delivery_id) == delivery_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def latest(session: RwSession, actor: Actor, whose: Whose, family: str) -> list[PntDelivery]:
    """Return the last sendings of a quarter in one format, the newest first."""
    return list(
        session.scalars(
            select(PntDelivery)
            .where(
                col(PntDelivery.tenant_id) == actor.tenant_id,
                col(PntDelivery.sujeto_obligado_id) == whose.body,
                col(PntDelivery.quarter) == whose.quarter.start,
                col(PntDelivery.family) == family,
            )
            .order_by(col(PntDelivery.at).desc(), col(PntDelivery.delivery_id))
            .limit(RECENT)
        )
    )


def outcomes(session: RwSession, actor: Actor, delivery_id: UUID) -> Counter[str]:
    """Return how many rows of a sending ended how."""
    rows = session.execute(
        select(col(PntDelivered.outcome), func.count().label("rows"))
        .where(col(PntDelivered.tenant_id) == actor.tenant_id, col(PntDelivered.delivery_id) == delivery_id)
        .group_by(col(PntDelivered.outcome))
    )
    return Counter({row.outcome: row.rows for row in rows})


def results(session: RwSession, actor: Actor, delivery_id: UUID) -> list[PntDelivered]:
    """Return the first results of a sending, those that want a person before those that do not."""
    return list(
        session.scalars(
            select(PntDelivered)
            .where(
                col(PntDelivered.tenant_id) == actor.tenant_id, col(PntDelivered.delivery_id) == delivery_id
            )
            .order_by(col(PntDelivered.outcome) == "done", col(PntDelivered.row_key))
            .limit(SHOWN)
        )
    )


def remote(session: RwSession, actor: Actor, whose: Whose, family: str, key: str) -> PntRemote | None:
    """Return what the PNT has, or may have, of a row."""
    return session.get(
        PntRemote,
        (actor.tenant_id, whose.body, whose.quarter.start, family, key),
        populate_existing=True,
    )


def doubts(session: RwSession, actor: Actor, body: UUID, quarter: Quarter, family: str) -> list[PntRemote]:
    """Return the rows of which nobody knows whether the PNT has them; of a running sending, those under way too."""
    return list(
        session.scalars(
            select(PntRemote)
            .where(
                col(PntRemote.tenant_id) == actor.tenant_id,
                col(PntRemote.sujeto_obligado_id) == body,
                col(PntRemote.quarter) == quarter.start,
                col(PntRemote.family) == family,
                col(PntRemote.state) != "stored",
            )
            .order_by(col(PntRemote.row_key))
        )
    )
