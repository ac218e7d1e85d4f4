"""The acts that move a version through review.

Every verb has the same shape: require, load under lock, check the state, change, flush, tell. `row_version` is the one
that the person saw; when somebody saved meanwhile the act is refused with `StaleError`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.core import audit, clock, outbox
from app.core.db import Actor, RwSession
from app.core.errors import ForbiddenError, InvalidError, StaleError
from app.ocds.shape import Document
from app.processes import drafting
from app.processes.models import ProcessVersion
from app.processes.queries import VersionRef, snapshot, working_process
from app.processes.service import bring_back, put_aside
from app.processes.workflow import VERSIONS
from app.review.models import Observation
from app.review.policy import Case, require_act
from app.review.queries import case as load_case
from app.tenancy.queries import tenant

MANY_REMARKS = 100
LONGEST_REMARK = 2000


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reviewer says about one place of the document; an empty pointer speaks of the whole."""

    pointer: str
    text: str


def submit(session: RwSession, actor: Actor, ref: VersionRef, row_version: int) -> ProcessVersion:
    """Hand a draft to whoever approves it.

    Raises:
        InvalidError: it holds errors; `extra["errors"]` lists them with their pointers.
    """
    case = _case(session, actor, ref, "submit", row_version)
    found = drafting.examine(
        case.process.ocid,
        case.process.document,
        natural_rfc_public=tenant(session, actor).natural_rfc_public,
    )
    if found.errors:
        listed = [{"pointer": one.pointer, "message": one.message} for one in found.errors]
        raise InvalidError(
            f"La versión tiene un error que impide publicarla. {found.errors[0].message}"
            if len(listed) == 1
            else f"La versión tiene {len(listed)} errores que impiden publicarla: corrígelos antes de enviarla.",
            extra={"errors": listed},
        )
    case.turn.error_count, case.turn.advice_count, case.turn.stale_since = 0, len(found.advice), None
    case.turn.submitted_by, case.turn.decided_by = actor.account_id, None
    return _take(session, case, "submit", news="review.submitted")


def recall(session: RwSession, actor: Actor, ref: VersionRef, row_version: int) -> ProcessVersion:
    """Take back what one has submitted oneself."""
    return _take(session, _case(session, actor, ref, "recall", row_version), "recall")


def approve(session: RwSession, actor: Actor, ref: VersionRef, row_version: int) -> ProcessVersion:
    """Approve a version that one has not edited."""
    case = _case(session, actor, ref, "approve", row_version)
    case.turn.decided_by = actor.account_id
    return _take(session, case, "approve", news="review.approved")


def return_with_observations(
    session: RwSession, actor: Actor, ref: VersionRef, row_version: int, remarks: Sequence[Remark]
) -> ProcessVersion:
    """Give a version back with what is to be mended, each remark tied to a place of the document.

    Raises:
        InvalidError: no remark, an empty or overlong one, or one about a place that the document does not have.
    """
    case = _case(session, actor, ref, "return", row_version)
    if actor.account_id is None:
        raise ForbiddenError("Una observación lleva el nombre de quien la hace.")
    _check_remarks(case.process.document, remarks)
    session.add_all(
        Observation(
            tenant_id=case.turn.tenant_id,
            process_id=ref.process_id,
            number=ref.number,
            pointer=remark.pointer,
            remark=remark.text,
            account_id=actor.account_id,
        )
        for remark in remarks
    )
    case.turn.decided_by = actor.account_id
    return _take(session, case, "return", news="review.returned", observations=len(remarks))


def revoke(session: RwSession, actor: Actor, ref: VersionRef, row_version: int) -> ProcessVersion:
    """Take an approval back: the version is a draft again and needs a new review."""
    case = _case(session, actor, ref, "revoke", row_version)
    case.turn.decided_by = None
    return _take(session, case, "revoke", news="review.revoked")


def discard(session: RwSession, actor: Actor, ref: VersionRef, row_version: int) -> ProcessVersion:
    """Put a draft away for 30 days; the working document is again what was published last, if anything was."""
    case = _case(session, actor, ref, "discard", row_version)
    case.turn.snapshot = put_aside(session, actor, case.process)
    return _take(session, case, "discard")


def restore(session: RwSession, actor: Actor, ref: VersionRef, row_version: int) -> ProcessVersion:
    """Bring a discarded draft back to the desk, within 30 days and while no other version is open."""
    case = _case(session, actor, ref, "restore", row_version)
    bring_back(session, actor, case.process, snapshot(session, actor, ref))
    case.turn.snapshot = None
    return _take(session, case, "restore")


def _case(session: RwSession, actor: Actor, ref: VersionRef, action: str, row_version: int) -> Case:
    """Load the version under the lock of its process, and check that the act is this actor's to take now."""
    process = working_process(session, actor, ref.process_id, for_update=True)
    case = load_case(session, actor, process, ref)
    require_act(actor, case, action)
    if case.turn.row_version != row_version:
        raise StaleError(
            "Alguien guardó cambios en esta versión después de que abriste la página. "
            "Vuelve a abrirla y revisa cómo está antes de decidir."
        )
    return case


def _take(session: RwSession, case: Case, action: str, *, news: str = "", **detail: Any) -> ProcessVersion:
    """Move the version and tell."""
    turn = case.turn
    VERSIONS.apply(turn, action, case.process.policy)
    turn.row_version += 1
    turn.updated_at = clock.now()
    session.add(turn)
    session.flush()
    audit.record(
        session,
        f"process.{action}",
        "contracting_process",
        turn.process_id,
        version=turn.number,
        **detail,
    )
    if news:
        outbox.emit(session, news, [{"process_id": str(turn.process_id), "number": turn.number}])
    return turn


def _check_remarks(document: Document, remarks: Sequence[Remark]) -> None:
    if not remarks:
        raise InvalidError(
            "Escribe al menos una observación: quien recibe la versión necesita saber qué corregir."
        )
    if len(remarks) > MANY_REMARKS:
        raise InvalidError(
            f"Se envían hasta {MANY_REMARKS} observaciones a la vez; reúne las que se parecen."
        )
    for remark in remarks:
        if not remark.text.strip():
            raise InvalidError("Hay una observación sin texto: escríbela o quítala.")
        if len(remark.text) > LONGEST_REMARK:
            raise InvalidError(f"Una observación tiene más de {LONGEST_REMARK} caracteres: resúmela.")
        if not _has_place(document, remark.pointer):
            raise InvalidError("Una observación señala un dato que ya no está en el documento.")


def _has_place(document: Document, pointer: str) -> bool:
    """Whether the pointer leads to a value, or to a field that an object of the document may still get."""
    if pointer and not pointer.startswith("/"):
        return False
    *way, last = pointer.split("/")[1:] or [""]
    held: Any = document
    for token in way:
        held = _member(held, token)
    return not pointer or isinstance(held, dict) or _member(held, last) is not None


def _member(held: Any, token: str) -> Any:
    if isinstance(held, dict):
        return held.get(token.replace("~1", "/").replace("~0", "~"))
    if isinstance(held, list):
        return next((element for index, element in enumerate(held) if str(index) == token), None)
    return None
