"""Forgetting what a discarded draft said, once its term has passed: that it existed, and who worked on it, stays."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, literal, or_, tuple_, update
from sqlmodel import col, select

from app.core import audit
from app.core.db import Actor, RwSession
from app.core.tables import among
from app.processes.models import (
    ContractingProcess,
    DocumentEdit,
    Observation,
    ObservationMessage,
    ProcessVersion,
)
from app.processes.summary import summarise

FORGOTTEN = b"{}"
"""Snapshot of a version whose content was forgotten."""

KEPT_NO_MORE = "[ya no se conserva]"
"""What stands where somebody remarked on a version whose content was forgotten."""


def forget_discarded(session: RwSession, actor: Actor, before: datetime, limit: int) -> int:
    """Empty discarded versions, the lines of their edits and what was remarked on them; return how many.

    A process of which nothing else is kept loses its title too, and is found by its ocid alone.

    Args:
        session: bound to the actor.
        actor: the service, in a tenant.
        before: they were discarded before this.
        limit: at most so many.
    """
    held = session.exec(
        select(ProcessVersion, ContractingProcess)
        .join(
            ContractingProcess,
            (col(ContractingProcess.tenant_id) == col(ProcessVersion.tenant_id))
            & (col(ContractingProcess.process_id) == col(ProcessVersion.process_id)),
        )
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
    rows = [row for row, _ in held]
    for row in rows:
        row.snapshot = FORGOTTEN
        session.add(row)
    session.flush()
    nothing = literal(None, JSON(none_as_null=False))
    session.execute(
        update(DocumentEdit)
        .where(
            col(DocumentEdit.tenant_id) == actor.tenant_id,
            _about(DocumentEdit, rows),
        )
        .values(before=nothing, after=nothing)
        .execution_options(synchronize_session=False)
    )
    _blot_remarks(session, actor, rows)
    _untitle(session, actor, {process.process_id: process for _, process in held})
    session.flush()
    audit.record_many(
        session,
        "process.forget",
        "contracting_process",
        [(row.process_id, {"version": row.number}) for row in rows],
    )
    return len(rows)


def _about(model: type[DocumentEdit | Observation], rows: list[ProcessVersion]) -> ColumnElement[bool]:
    return tuple_(col(model.process_id), col(model.number)).in_(
        [(row.process_id, row.number) for row in rows]
    )


def _blot_remarks(session: RwSession, actor: Actor, rows: list[ProcessVersion]) -> None:
    found = session.exec(
        select(Observation.observation_id).where(
            Observation.tenant_id == actor.tenant_id, _about(Observation, rows)
        )
    ).all()
    session.execute(
        update(Observation)
        .where(col(Observation.tenant_id) == actor.tenant_id, among(Observation.observation_id, found))
        .values(remark=KEPT_NO_MORE)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(ObservationMessage)
        .where(
            col(ObservationMessage.tenant_id) == actor.tenant_id,
            among(ObservationMessage.observation_id, found),
            col(ObservationMessage.words) != "",
        )
        .values(words=KEPT_NO_MORE)
        .execution_options(synchronize_session=False)
    )


def _untitle(session: RwSession, actor: Actor, processes: dict[UUID, ContractingProcess]) -> None:
    """Take the titles of processes of which no version says anything any more."""
    telling = set(
        session.exec(
            select(ProcessVersion.process_id).where(
                ProcessVersion.tenant_id == actor.tenant_id,
                among(ProcessVersion.process_id, processes),
                or_(col(ProcessVersion.status) != "discarded", col(ProcessVersion.snapshot) != FORGOTTEN),
            )
        )
    )
    for process_id, process in processes.items():
        if process_id not in telling:
            for name, value in asdict(summarise(process.ocid, {})).items():
                setattr(process, name, value)
            session.add(process)
