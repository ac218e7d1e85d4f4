"""Taking back a whole import while its drafts are unpublished: those it began are put away, those it changed are as before.

The rows stay and tell what there was; each forgets its process as it is undone, so that work cut short goes on.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, update
from sqlmodel import col, func, select

from app.core import audit, clock
from app.core.db import Actor, Database, RwSession
from app.core.errors import AppError, ConflictError
from app.core.policy import Permission, allowed
from app.identity.queries import actor_for_job
from app.imports import queries
from app.imports.analysis import problems_of
from app.imports.models import ImportRow, ImportRun
from app.processes.models import ContractingProcess, ProcessVersion
from app.processes.queries import VersionRef, WorkingProcess, load_working, version
from app.processes.service import DocumentWrite, put_aside, save_documents
from app.processes.workflow import VERSIONS
from app.web.formats import plural

UNIT = 100
"""Processes that are undone in one transaction."""
ENDED = ("finished", "cancelled", "failed")
_UNDONE = "import:undo"


@dataclass(frozen=True, slots=True)
class Touched:
    """What an import did that is still there.

    Attributes:
        drafts: how many processes it began or changed.
        beyond: of them, how many are not drafts any more: in review, or published.
        edited: of the others, how many somebody changed since.
    """

    drafts: int
    beyond: int
    edited: int

    @property
    def obstacle(self) -> str:
        """Why the import cannot be undone, in Spanish; empty when it can."""
        if not self.drafts:
            return "Esta importación no dejó ningún borrador que deshacer."
        if self.beyond:
            return (
                f"{plural(self.beyond, 'contratación', 'contrataciones')} de esta importación ya se publicaron o están en "
                "revisión, así que no se puede deshacer completa. Descarta los borradores que quieras, uno por uno."
            )
        if self.edited:
            return (
                f"Alguien cambió después {plural(self.edited, 'borrador', 'borradores')} de esta importación; deshacerla "
                "borraría ese trabajo. Descarta los demás borradores, uno por uno."
            )
        return ""


def touched(session: RwSession, actor: Actor, run: ImportRun) -> Touched:
    """Return what there is to undo; the caller has seen that the run is the actor's."""
    is_draft = col(ProcessVersion.status) == "draft"
    found = session.exec(
        select(
            func.count(func.distinct(ImportRow.process_id)),
            func.count(func.distinct(ImportRow.process_id)).filter(~is_draft),
            func.count(func.distinct(ImportRow.process_id)).filter(
                and_(is_draft, col(ProcessVersion.updated_at) > run.updated_at)
            ),
        )
        .select_from(ImportRow)
        .join(ProcessVersion, onclause=_same_version())
        .where(*_applied(actor, run.import_id))
    ).one()
    return Touched(*found)


def may_undo(actor: Actor, run: ImportRun) -> bool:
    """Tell whether undoing a run is for this actor to ask now, whatever stands in the way of it."""
    return (
        run.status in ENDED
        and run.checkpoint.get("phase") == "apply"
        and run.undone_at is None
        and run.original_deleted_at is None
        and allowed(actor, Permission.PROCESS_IMPORT, run.sujeto_obligado_id)
    )


def undo_run(database: Database, actor: Actor, import_id: UUID) -> None:
    """Undo an import that was asked to be; idempotent, goes on where it was cut short.

    Args:
        database: where everything is.
        actor: a person, or the system for a job of theirs.
        import_id: of a run in phase `undo`; in any other nothing happens.
    """
    with database.unit_of_work(actor) as session:
        actor = actor_for_job(session, actor) if actor.role == "system" else actor
    left, more = 0, True
    while more:
        with database.unit_of_work(actor) as session:
            run = queries.run(session, actor, import_id, for_update=True)
            if run.checkpoint.get("phase") != "undo" or run.undone_at is not None:
                return
            more, kept = _unit(session, actor, import_id)
            left += kept
            run.updated_at = clock.now()
            if not more:
                run.undone_at = clock.now()
                run.message = (
                    f"{plural(left, 'borrador quedó', 'borradores quedaron')} como están: alguien los envió o los cambió "
                    "mientras se deshacía."
                    if left
                    else ""
                )
                audit.record(session, "import.undone", "import_run", import_id, left=left)


def _unit(session: RwSession, actor: Actor, import_id: UUID) -> tuple[bool, int]:
    """Undo some processes; return whether there may be more, and how many could not be."""
    ids = session.exec(
        select(ImportRow.process_id)
        .where(*_applied(actor, import_id))
        .group_by(col(ImportRow.process_id))
        .order_by(col(ImportRow.process_id))
        .limit(UNIT)
    ).all()
    kept = 0
    for process_id in filter(None, ids):
        try:
            with session.begin_nested():
                _undo(session, actor, import_id, process_id)
        except AppError:  # somebody was quicker: it is counted, and the person is told
            kept += 1
    session.execute(
        update(ImportRow)
        .where(col(ImportRow.tenant_id) == actor.tenant_id, col(ImportRow.import_id) == import_id)
        .where(col(ImportRow.process_id).in_([one for one in ids if one]))
        .values(process_id=None, before=None)
        .execution_options(synchronize_session=False)
    )
    return len(ids) == UNIT, kept


def _undo(session: RwSession, actor: Actor, import_id: UUID, process_id: UUID) -> None:
    """Put one process back: its draft as it was, or away."""
    first, ocid = session.exec(
        select(ImportRow, ContractingProcess.ocid)
        .join(
            ContractingProcess,
            onclause=and_(
                col(ContractingProcess.tenant_id) == col(ImportRow.tenant_id),
                col(ContractingProcess.process_id) == col(ImportRow.process_id),
            ),
        )
        .where(*_applied(actor, import_id), ImportRow.process_id == process_id)
        .order_by(col(ImportRow.source_date).nulls_first(), col(ImportRow.row_number))
        .limit(1)
    ).one()
    process = load_working(session, actor, [ocid], for_update=True)[ocid]
    if process.open_number != first.version_number or process.open_status != "draft":
        raise ConflictError("Ya no es el borrador que dejó la importación.")
    if first.before is None:
        _put_away(session, actor, process)
        return
    problems = problems_of(ocid, first.before)
    write = DocumentWrite(
        ocid=ocid,
        sujeto_obligado_id=process.sujeto_obligado_id,
        document=first.before,
        source=_UNDONE,
        error_count=sum(problem.severity == "error" for problem in problems),
        advice_count=sum(problem.severity == "advice" for problem in problems),
    )
    save_documents(session, actor, [write])


def _put_away(session: RwSession, actor: Actor, process: WorkingProcess) -> None:
    """Discard a draft that the import began: who imports may take back what importing made."""
    turn = version(session, actor, VersionRef(process.process_id, process.open_number or 0))
    turn.snapshot = put_aside(session, actor, process)
    VERSIONS.apply(turn, "discard", process.policy)
    turn.row_version, turn.updated_at = turn.row_version + 1, clock.now()
    session.add(turn)
    session.flush()
    audit.record(session, "process.discard", "contracting_process", process.process_id, version=turn.number)


def _applied(actor: Actor, import_id: UUID) -> tuple[Any, ...]:
    return (
        col(ImportRow.tenant_id) == actor.tenant_id,
        col(ImportRow.import_id) == import_id,
        col(ImportRow.process_id).is_not(None),
        col(ImportRow.version_number).is_not(None),
        col(ImportRow.outcome).in_(("created", "changed", "held", "published")),
    )


def _same_version() -> Any:
    return and_(
        col(ProcessVersion.tenant_id) == col(ImportRow.tenant_id),
        col(ProcessVersion.process_id) == col(ImportRow.process_id),
        col(ProcessVersion.number) == col(ImportRow.version_number),
    )
