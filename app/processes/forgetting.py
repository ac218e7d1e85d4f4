"""Forgetting what a discarded draft said, once its term has passed: that it existed, and who worked on it, stays."""

from datetime import datetime

from sqlalchemy import JSON, literal, tuple_, update
from sqlmodel import col, select

from app.core import audit
from app.core.db import Actor, RwSession
from app.processes.models import DocumentEdit, ProcessVersion

FORGOTTEN = b"{}"
"""Snapshot of a version whose content was forgotten."""


def forget_discarded(session: RwSession, actor: Actor, before: datetime, limit: int) -> int:
    """Empty discarded versions and the lines of their edits; return how many.

    Args:
        session: bound to the actor.
        actor: the service, in a tenant.
        before: they were discarded before this.
        limit: at most so many.
    """
    rows = session.exec(
        select(ProcessVersion)
        .where(
            ProcessVersion.tenant_id == actor.tenant_id,
            ProcessVersion.status == "discarded",
            ProcessVersion.updated_at < before,
            ProcessVersion.snapshot != FORGOTTEN,
        )
        .order_by(col(ProcessVersion.process_id), col(ProcessVersion.number))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.snapshot = FORGOTTEN
        session.add(row)
    nothing = literal(None, JSON(none_as_null=False))
    session.execute(
        update(DocumentEdit)
        .where(
            col(DocumentEdit.tenant_id) == actor.tenant_id,
            tuple_(col(DocumentEdit.process_id), col(DocumentEdit.number)).in_(
                [(row.process_id, row.number) for row in rows]
            ),
        )
        .values(before=nothing, after=nothing)
        .execution_options(synchronize_session=False)
    )
    session.flush()
    audit.record_many(
        session,
        "process.forget",
        "contracting_process",
        [(row.process_id, {"version": row.number}) for row in rows],
    )
    return len(rows)
