"""Taking a process out of what imports keep: what their rows say of it, and the files that brought it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import col, func, select

from app.core import audit, clock
from app.core.db import Actor, RwSession
from app.core.tables import among
from app.imports import tasks
from app.imports.models import ImportRow, ImportRun
from app.imports.workflow import RUNS

SETTLED = ("previewed", "finished", "cancelled", "failed")
"""States in which nobody is reading a run's file."""
ENDED = ("finished", "cancelled", "failed")
"""States that nobody goes on from."""
EXPIRED = "El archivo original se borró al cumplir su plazo de conservación; su huella y lo que se importó se conservan."
GONE = "El archivo original se borró al retirar una contratación que traía; lo ya importado de las demás no cambia."


@dataclass(frozen=True, slots=True)
class Brought:
    """How a process came in: rows that tell of it, files that hold it, other releases in those files."""

    rows: int
    files: int
    others: int


def brought(session: RwSession, actor: Actor, process_id: UUID, ocid: str) -> Brought:
    """Count what `forget` would touch."""
    runs = _runs(session, actor, process_id, ocid)
    rows = session.exec(select(func.count()).where(*_about(actor, process_id, ocid))).one()
    whole = session.exec(
        select(func.count()).where(ImportRow.tenant_id == actor.tenant_id, among(ImportRow.import_id, runs))
    ).one()
    return Brought(rows, len(runs), whole - rows)


def forget(session: RwSession, actor: Actor, process_id: UUID, ocid: str) -> Brought:
    """Empty the rows that tell of a process, and delete the files that brought it; their hashes stay.

    Args:
        session: bound to the actor, in the transaction of the legal act.
        actor: recorded in the audit.
        process_id: which process.
        ocid: its ocid; rows that were refused name nothing else.
    """
    found = brought(session, actor, process_id, ocid)
    runs = _runs(session, actor, process_id, ocid)
    session.execute(
        update(ImportRow)
        .where(*_about(actor, process_id, ocid))
        .values(title="", problems=[], kept=[], source_rows=[], before=None)
        .execution_options(synchronize_session=False)
    )
    for run in session.exec(
        select(ImportRun)
        .where(ImportRun.tenant_id == actor.tenant_id, among(ImportRun.import_id, runs))
        .order_by(col(ImportRun.import_id))
        .with_for_update()
    ):
        run.metadata_kept = {}
        if run.status == "previewed":  # nobody can confirm what is no more
            RUNS.apply(run, "cancel")
            audit.record(session, "import.cancel", "import_run", run.import_id)
        elif run.status not in SETTLED:  # it stops before its next unit, which would bring the text again
            run.cancel_requested = True
        _delete_original(session, run, GONE)
    session.flush()
    return found


def forget_originals(session: RwSession, actor: Actor, before: datetime, limit: int) -> int:
    """Delete the files of imports that ended before a moment, and return of how many; what became of them stays told.

    Args:
        session: bound to the actor.
        actor: the service, in a tenant.
        before: they were touched last before this.
        limit: at most so many.
    """
    runs = session.exec(
        select(ImportRun)
        .where(
            ImportRun.tenant_id == actor.tenant_id,
            among(ImportRun.status, ENDED),
            ImportRun.updated_at < before,
            col(ImportRun.original_deleted_at).is_(None),
        )
        .order_by(col(ImportRun.import_id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for run in runs:
        _delete_original(session, run, EXPIRED)
    session.flush()
    return len(runs)


def _delete_original(session: RwSession, run: ImportRun, message: str) -> None:
    run.message, run.updated_at, run.original_deleted_at = message, clock.now(), clock.now()
    tasks.delete_original.defer(session, import_id=str(run.import_id))
    audit.record(session, "import.delete_original", "import_run", run.import_id, sha256=run.sha256)


def _about(actor: Actor, process_id: UUID, ocid: str) -> tuple[ColumnElement[bool], ...]:
    return (
        col(ImportRow.tenant_id) == actor.tenant_id,
        or_(col(ImportRow.process_id) == process_id, col(ImportRow.ocid) == ocid),
    )


def _runs(session: RwSession, actor: Actor, process_id: UUID, ocid: str) -> list[UUID]:
    return list(
        session.exec(
            select(ImportRun.import_id).where(
                ImportRun.tenant_id == actor.tenant_id,
                among(
                    ImportRun.import_id,
                    session.exec(
                        select(ImportRow.import_id).where(*_about(actor, process_id, ocid)).distinct()
                    ).all(),
                ),
            )
        )
    )
