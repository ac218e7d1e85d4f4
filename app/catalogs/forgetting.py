"""Letting go of the files that catalogues were loaded from; what they brought, and their counts, stay."""

from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select

from app.catalogs.models import CatalogLoad
from app.core import audit, clock
from app.core.db import Actor, RwSession
from app.core.letting_go import let_go


def forget(session: RwSession, load: CatalogLoad) -> None:
    """Delete a load's file, and the rows of it that were shown unless they came into the catalogue."""
    if load.applied_at is None:
        load.sample = {outcome: [] for outcome in load.sample}
    let_go(session, load.storage_key)
    load.storage_key = ""


def forget_loads(session: RwSession, actor: Actor, before: datetime, limit: int) -> int:
    """Forget loads that ended before a moment, or that nobody decided since; return how many.

    Args:
        session: bound to the actor.
        actor: the service, in a tenant.
        before: they were touched last before this.
        limit: at most so many.
    """
    touched = func.coalesce(CatalogLoad.applied_at, CatalogLoad.discarded_at, CatalogLoad.created_at)
    loads = session.exec(
        select(CatalogLoad)
        .where(CatalogLoad.tenant_id == actor.tenant_id, CatalogLoad.storage_key != "", touched < before)
        .order_by(col(CatalogLoad.load_id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for load in loads:
        if not (load.applied_at or load.discarded_at):
            load.discarded_at = clock.now()
            audit.record(session, "catalog.discard", "catalog_load", load.load_id, kind=load.kind)
        forget(session, load)
    session.flush()
    return len(loads)
