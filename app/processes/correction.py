"""Correcting what is published: what counts as a correction, opening one with its reason, and saying it later."""

from uuid import UUID

from app.core import audit, clock
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, InvalidError, StaleError
from app.core.policy import Permission, require
from app.ocds import diff
from app.ocds.shape import Document
from app.processes.models import ProcessVersion
from app.processes.queries import VersionRef, version, working_process
from app.processes.service import begin_version, name_editor
from app.processes.workflow import VERSIONS

LONGEST = 1000
"""Characters of a reason."""

ADVANCING = frozenset({"status", "statusDetails", "dateModified"})
"""What a contracting process changes by going on: no correction of what was said before."""


def corrects(published: Document | None, document: Document) -> bool:
    """Tell whether a document changes or takes away something published; what only adds, or goes on, does not."""
    return published is not None and any(
        change.before is not None and change.pointer.rpartition("/")[2] not in ADVANCING
        for change in diff.changes(published, document)
    )


def start(session: RwSession, actor: Actor, process_id: UUID, reason: str) -> ProcessVersion:
    """Open a version beside what is published, with why.

    Args:
        session: bound to the actor.
        actor: who will edit it.
        process_id: of a process with a published version and none open.
        reason: it will be public; empty where nothing published is going to change.

    Raises:
        NotFoundError: absent or another's.
        ForbiddenError: the role does not capture.
        ConflictError: another version is open, or nothing is published.
        InvalidError: an overlong reason.
    """
    process = working_process(session, actor, process_id, for_update=True)
    require(actor, Permission.PROCESS_EDIT, process.sujeto_obligado_id)
    if process.open_number is not None:
        raise ConflictError("Ya hay una versión abierta de esta contratación: sigue con ella.")
    if not process.published:
        raise ConflictError("Esta contratación no está publicada: no hay nada que corregir.")
    said = _said(reason)
    turn = version(session, actor, VersionRef(process_id, begin_version(session, actor, process)))
    turn.correction_reason = said
    session.flush()
    _record(session, actor, turn)
    return turn


def explain(
    session: RwSession, actor: Actor, ref: VersionRef, row_version: int, reason: str
) -> ProcessVersion:
    """Say, or say otherwise, why an open version changes what is published.

    Raises:
        NotFoundError: absent or another's.
        ForbiddenError: the role does not capture.
        ConflictError: the version is where nobody edits.
        StaleError: somebody saved meanwhile.
        InvalidError: no reason, or an overlong one.
    """
    process = working_process(session, actor, ref.process_id, for_update=True)
    require(actor, Permission.PROCESS_EDIT, process.sujeto_obligado_id)
    turn = version(session, actor, ref)
    if turn.status not in ("draft", "returned"):
        VERSIONS.check("edit", turn.status)
        raise ConflictError(
            "La versión está aprobada: edítala o anula su aprobación antes de cambiar el motivo."
        )
    if turn.row_version != row_version:
        raise StaleError("Alguien guardó cambios después de que abriste la página: vuelve a abrirla.")
    said = _said(reason)
    if not said:
        raise InvalidError("Escribe por qué se corrige lo publicado: se leerá junto a la corrección.")
    turn.correction_reason = said
    turn.row_version += 1
    turn.updated_at = clock.now()
    session.flush()
    _record(session, actor, turn)
    return turn


def _said(reason: str) -> str:
    said = reason.strip()
    if len(said) > LONGEST:
        raise InvalidError(f"El motivo tiene más de {LONGEST} caracteres: resúmelo.")
    return said


def _record(session: RwSession, actor: Actor, turn: ProcessVersion) -> None:
    name_editor(session, actor, turn.process_id, turn.number)
    audit.record(session, "process.correct", "contracting_process", turn.process_id, version=turn.number)
