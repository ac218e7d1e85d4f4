"""The releases of a process that stand, wherever: in its tenant's chain, and in those of tenants that it came from."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from app.core.db import in_tenant
from app.core.tables import among
from app.publication.models import ChainHead, ChainTransfer, Release, ReleaseBody, TakenOver


class Stood(NamedTuple):
    """Where a release has its entry, which it keeps wherever its process goes."""

    tenant_id: UUID
    position: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A release that stands.

    Attributes:
        position: in the chain of the process's tenant; below zero for one that stands in another (`TakenOver.place`).
        release: its entry, in the chain that it stands in.
        body: its bytes.
    """

    position: int
    release: Release
    body: bytes

    @property
    def stood(self) -> Stood:
        """Where its entry is."""
        return Stood(self.release.tenant_id, self.release.position)

    @property
    def date(self) -> datetime:
        """When it was published."""
        return self.release.date


def stood_at(session: Session, tenant_id: UUID, position: int) -> Stood:
    """Return where the release has its entry that a tenant knows by a position, below zero or not."""
    if position > 0:
        return Stood(tenant_id, position)
    row = session.get_one(TakenOver, (tenant_id, position))
    return Stood(row.source_id, row.source_position)


def standing(session: Session, tenant_id: UUID, process_id: UUID) -> list[Standing]:
    """Return the releases of a process that stand, with their bytes, in their order.

    Args:
        session: bound to the tenant; the owner's, or of tenant work.
        tenant_id: whose process it is.
        process_id: which.
    """
    taken = session.exec(
        select(TakenOver)
        .where(TakenOver.tenant_id == tenant_id, TakenOver.process_id == process_id)
        .order_by(col(TakenOver.place))
    ).all()
    found: list[Standing] = []
    for source, group in groupby(taken, key=lambda row: row.source_id):
        places = {row.source_position: row.place for row in group}
        with in_tenant(session, source):
            rows = session.exec(_BODIES.where(Release.tenant_id == source, among(Release.position, places)))
            found += [Standing(places[row.position], row, body) for row, body in rows]
    own = session.exec(_BODIES.where(Release.tenant_id == tenant_id, Release.process_id == process_id))
    return sorted(
        [*found, *(Standing(row.position, row, body) for row, body in own)], key=lambda one: one.position
    )


def all_here(session: Session, tenant_id: UUID, process_id: UUID) -> bool:
    """Tell whether this installation has every chain that releases of a process stand in."""
    taken = session.exec(
        select(TakenOver).where(TakenOver.tenant_id == tenant_id, TakenOver.process_id == process_id)
    ).all()
    for source in {row.source_id for row in taken}:
        with in_tenant(session, source):
            if session.exec(select(ChainHead).where(ChainHead.tenant_id == source)).first() is None:
                return False
    return True


def arrival(session: Session, tenant_id: UUID, process_id: UUID) -> int:
    """Return where the tenant's chain says that a process came from another; 0 where it began here."""
    found = session.exec(
        select(ChainTransfer.position)
        .where(
            ChainTransfer.tenant_id == tenant_id,
            ChainTransfer.process_id == process_id,
            ChainTransfer.direction == "in",
        )
        .order_by(col(ChainTransfer.position).desc())
        .limit(1)
    ).first()
    return found or 0


_BODIES = select(Release, ReleaseBody.body).join(
    ReleaseBody,
    (col(ReleaseBody.tenant_id) == col(Release.tenant_id))
    & (col(ReleaseBody.position) == col(Release.position)),
)
