"""Reading declarations of quarters without contracts; the garante's desk counts them as complied."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlmodel import col

from app.core.db import Actor, RwSession
from app.core.quarters import Quarter
from app.core.tables import among, table_of
from app.pnt.models import PntDeclaration

_DECLARED = table_of(PntDeclaration).c


def declared(tenant: ColumnElement[UUID], body: ColumnElement[UUID], quarter: date) -> ColumnElement[bool]:
    """Return the condition that a body's declaration of a quarter stands."""
    return exists().where(
        _DECLARED.tenant_id == tenant,
        _DECLARED.sujeto_obligado_id == body,
        _DECLARED.quarter == quarter,
        _DECLARED.withdrawn_at.is_(None),
    )


def standing(session: RwSession, actor: Actor, body: UUID, quarter: Quarter) -> PntDeclaration | None:
    """Return the declaration of a quarter that stands, if one does."""
    return session.scalars(
        select(PntDeclaration)
        .where(
            col(PntDeclaration.tenant_id) == actor.tenant_id,
            col(PntDeclaration.sujeto_obligado_id) == body,
            col(PntDeclaration.quarter) == quarter.start,
            col(PntDeclaration.withdrawn_at).is_(None),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()


def latest(
    session: RwSession, actor: Actor, body: UUID, quarters: Collection[Quarter]
) -> dict[Quarter, PntDeclaration]:
    """Return the last declaration of each quarter, also where it was withdrawn; quarters without one are absent."""
    rows = session.scalars(
        select(PntDeclaration)
        .where(
            col(PntDeclaration.tenant_id) == actor.tenant_id,
            col(PntDeclaration.sujeto_obligado_id) == body,
            among(PntDeclaration.quarter, [one.start for one in quarters]),
        )
        .order_by(col(PntDeclaration.at))
    )
    return {Quarter(row.quarter): row for row in rows}


def last_area(session: RwSession, actor: Actor, body: UUID) -> str:
    """Return the area that a body named in its last declaration; empty where it made none."""
    found = session.scalar(
        select(col(PntDeclaration.area))
        .where(
            col(PntDeclaration.tenant_id) == actor.tenant_id, col(PntDeclaration.sujeto_obligado_id) == body
        )
        .order_by(col(PntDeclaration.at).desc())
        .limit(1)
    )
    return found or ""
