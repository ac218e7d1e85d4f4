"""Letting go of what files of the padrón brought: the file and its rows; that it was loaded, and its counts, stay."""

from datetime import datetime

from sqlalchemy import delete, func
from sqlmodel import col, select

from app.core import audit, clock
from app.core.db import Actor, RwSession
from app.core.letting_go import let_go
from app.onboarding.models import PadronLoad, PadronRow


def forget(session: RwSession, load: PadronLoad) -> None:
    """Delete a load's file and rows; the caller holds the load, and nothing of it is to be read or applied any more."""
    session.execute(
        delete(PadronRow)
        .where(col(PadronRow.tenant_id) == load.tenant_id, col(PadronRow.load_id) == load.load_id)
        .execution_options(synchronize_session=False)
    )
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
    touched = func.coalesce(
        PadronLoad.applied_at,
        PadronLoad.discarded_at,
        PadronLoad.failed_at,
        PadronLoad.ordered_at,
        PadronLoad.created_at,
    )
    loads = session.exec(
        select(PadronLoad)
        .where(PadronLoad.tenant_id == actor.tenant_id, PadronLoad.storage_key != "", touched < before)
        .order_by(col(PadronLoad.load_id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for load in loads:
        if not (load.applied_at or load.failed_at or load.discarded_at):
            load.discarded_at = clock.now()
            audit.record(session, "padron.discard", "padron_load", load.load_id)
        forget(session, load)
    session.flush()
    return len(loads)
