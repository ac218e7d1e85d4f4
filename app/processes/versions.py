"""Versions of a process beside each other: their documents, bringing one back, and by when one is due."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from app.core import audit
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, InvalidError, NotFoundError, StaleError
from app.core.policy import Permission, require
from app.ocds.shape import Document, same
from app.processes import drafting, queries
from app.processes.forgetting import FORGOTTEN
from app.processes.models import OPEN_STATUSES, ProcessVersion
from app.processes.queries import VersionRef, WorkingProcess, working_process
from app.processes.service import DocumentWrite, SavedDocument, save_documents
from app.tenancy.queries import tenant


def seen(session: RwSession, actor: Actor, process_id: UUID) -> list[ProcessVersion]:
    """Return the versions that the actor may see, the newest first; what was discarded is its own body's affair.

    Raises:
        NotFoundError: the process is absent or another's.
    """
    queries.process_row(session, actor, process_id)
    return [
        row
        for row in queries.versions(session, actor, process_id)
        if row.status != "discarded" or actor.sujeto_obligado_id is not None
    ]


def document_of(
    session: RwSession, actor: Actor, process: WorkingProcess, turns: Sequence[ProcessVersion], number: int
) -> Document:
    """Return the document of one of the versions that the actor sees.

    Args:
        session: bound to the actor.
        actor: who looks.
        process: with its working document.
        turns: as `seen` gives them.
        number: of the version.

    Raises:
        NotFoundError: no such version.
    """
    turn = next((row for row in turns if row.number == number), None)
    if turn is None:
        raise NotFoundError("No encontramos esa versión.")
    if turn.status in OPEN_STATUSES:
        return process.document
    if turn.snapshot == FORGOTTEN:
        raise NotFoundError(
            "El contenido de esa versión ya no existe: se testó por un retiro, o cumplió su plazo de conservación."
        )
    # A published version is kept as soon as another one stands beside it; until then it is the working document.
    return queries.snapshot(session, actor, VersionRef(process.process_id, number)) or process.document


def restore(session: RwSession, actor: Actor, ref: VersionRef, seq: int) -> SavedDocument:
    """Make the working document what it was in a version; beside a published one, as a new draft.

    Args:
        session: bound to the actor.
        actor: who edits.
        ref: of the version to go back to.
        seq: of the working document that the person saw.

    Raises:
        NotFoundError: absent or another's.
        ForbiddenError: the role does not capture.
        ConflictError: the version is where nobody edits, or the document says the same already.
        StaleError: somebody edited meanwhile.
    """
    process = working_process(session, actor, ref.process_id, for_update=True)
    require(actor, Permission.PROCESS_EDIT, process.sujeto_obligado_id)
    document = document_of(session, actor, process, seen(session, actor, ref.process_id), ref.number)
    if process.seq != seq:
        raise StaleError(
            "Alguien guardó cambios después de que abriste la página. Vuelve a abrirla y revisa qué se cambiaría."
        )
    if same(document, process.document):
        raise ConflictError(
            f"El documento ya dice lo mismo que la versión {ref.number}: no hay nada que restaurar."
        )
    found = drafting.examine(
        process.ocid,
        document,
        natural_rfc_public=tenant(session, actor).natural_rfc_public,
        released=queries.published_before(session, actor, ref.process_id)
        if process.open_number
        else process.document,
    )
    write = DocumentWrite(
        process.ocid,
        process.sujeto_obligado_id,
        document,
        source=f"restore:{ref.number}",
        error_count=len(found.errors),
        advice_count=len(found.advice),
    )
    return save_documents(session, actor, [write])[0]


def set_due(session: RwSession, actor: Actor, ref: VersionRef, due_on: date | None, *, today: date) -> None:
    """Say by when an open version must be done, or with None that no day is set.

    Raises:
        NotFoundError: absent or another's.
        ForbiddenError: the role does not capture.
        ConflictError: the version is not open any more.
        InvalidError: the day has passed.
    """
    process = working_process(session, actor, ref.process_id, for_update=True)
    require(actor, Permission.PROCESS_EDIT, process.sujeto_obligado_id)
    turn = queries.version(session, actor, ref)
    if turn.status not in OPEN_STATUSES:
        raise ConflictError("La versión ya no está en curso: su fecha límite no cambia.")
    if due_on is not None and due_on < today and due_on != turn.due_on:
        raise InvalidError("Esa fecha ya pasó. Revisa el año.")
    if due_on == turn.due_on:
        return
    turn.due_on = due_on
    session.flush()
    audit.record(session, "process.due", "contracting_process", ref.process_id, version=ref.number)
