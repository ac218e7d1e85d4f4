"""The acts that move a version through review.

Every verb has the same shape: require, load under lock, check the state, change, flush, tell. `row_version` is the one
that the person saw; when somebody saved meanwhile the act is refused with `StaleError`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import col

from app.core import audit, clock, json, outbox
from app.core.db import Actor, RwSession
from app.core.errors import ForbiddenError, InvalidError, StaleError
from app.ocds.shape import Document
from app.processes import drafting
from app.processes.correction import corrects
from app.processes.models import Observation, ProcessVersion
from app.processes.observations import LONGEST, count_open, part_of
from app.processes.queries import VersionRef, published_before, snapshot, working_process
from app.processes.service import bring_back, put_aside
from app.processes.workflow import VERSIONS
from app.review.models import ReturnedDocument
from app.review.policy import Case, require_act
from app.review.queries import case as load_case
from app.tenancy.queries import calendar, tenant
from app.web.formats import plural

MANY_REMARKS = 100


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
    is_by_hand = not case.turn.source.startswith("import:")  # what a system sends nobody wrote here
    before = published_before(session, actor, ref.process_id)
    if is_by_hand and not case.turn.correction_reason and corrects(before, case.process.document):
        raise InvalidError(
            "Cambias o quitas algo que ya está publicado: di por qué se corrige, en la página de la contratación, "
            "y envíala otra vez."
        )
    turn = case.turn
    turn.error_count, turn.advice_count, turn.stale_since = 0, len(found.advice), None
    turn.submitted_by, turn.decided_by, turn.reviewer_id = actor.account_id, None, None
    turn.approved_alone, turn.sampled_by = False, None
    turn.respond_by = _term(session, actor)
    return _take(session, case, "submit", news="review.submitted")


def recall(session: RwSession, actor: Actor, ref: VersionRef, row_version: int) -> ProcessVersion:
    """Take back what one has submitted oneself."""
    case = _case(session, actor, ref, "recall", row_version)
    case.turn.respond_by, case.turn.reviewer_id = None, None
    return _take(session, case, "recall")


def take(session: RwSession, actor: Actor, ref: VersionRef, row_version: int) -> ProcessVersion:
    """Say that one is reviewing a version, also where somebody else had it: only who has it decides."""
    case = _case(session, actor, ref, "take", row_version)
    had = case.turn.reviewer_id
    case.turn.reviewer_id = actor.account_id
    return _take(session, case, "take", **({"instead_of": str(had)} if had else {}))


def release(session: RwSession, actor: Actor, ref: VersionRef, row_version: int) -> ProcessVersion:
    """Leave a review that one has taken to whoever comes."""
    case = _case(session, actor, ref, "release", row_version)
    case.turn.reviewer_id = None
    return _take(session, case, "release")


def approve(
    session: RwSession, actor: Actor, ref: VersionRef, row_version: int, *, despite_open: bool = False
) -> ProcessVersion:
    """Approve a version that one has not edited.

    Args:
        session: bound to the actor.
        actor: who approves.
        ref: of the version.
        row_version: as the person saw it.
        despite_open: they know that observations are not resolved, and approve all the same.

    Raises:
        InvalidError: observations are open and nobody said that they are known.
    """
    case = _case(session, actor, ref, "approve", row_version)
    return _approved(session, actor, case, "approve", despite_open=despite_open)


def approve_clean(session: RwSession, actor: Actor, ref: VersionRef, row_version: int) -> ProcessVersion:
    """Approve one of many: only without errors, and with no observation open; as `approve`.

    Raises:
        InvalidError: it has errors by now.
    """
    turn = approve(session, actor, ref, row_version)
    process = working_process(session, actor, ref.process_id)
    rule = tenant(session, actor).natural_rfc_public
    if drafting.examine(process.ocid, process.document, natural_rfc_public=rule).errors:
        raise InvalidError("Tiene errores que impiden publicarla: devuélvela.")
    return turn


def approve_alone(
    session: RwSession, actor: Actor, ref: VersionRef, row_version: int, *, despite_open: bool = False
) -> ProcessVersion:
    """Approve what one has edited oneself, where one person publishes: it stays marked; as `approve`.

    Whoever offers it has shown the difference to what is published, and made sure of who is there.
    """
    case = _case(session, actor, ref, "approve_alone", row_version)
    case.turn.approved_alone = True
    return _approved(session, actor, case, "approve_alone", despite_open=despite_open)


def return_with_observations(
    session: RwSession, actor: Actor, ref: VersionRef, row_version: int, remarks: Sequence[Remark]
) -> ProcessVersion:
    """Give a version back with what is to be mended, each remark tied to a place of the document.

    Without a remark it needs an observation that is still open.

    Raises:
        InvalidError: no remark, an empty or overlong one, or one about a place that the document does not have.
    """
    case = _case(session, actor, ref, "return", row_version)
    if not remarks and not count_open(session, actor, [ref.process_id]):
        raise InvalidError(
            "Escribe al menos una observación: quien recibe la versión necesita saber qué corregir."
        )
    _observe(session, actor, case, remarks)
    row = {"tenant_id": actor.tenant_id, "process_id": ref.process_id, "number": ref.number}
    body = json.dumps(case.process.document)
    session.execute(
        upsert(ReturnedDocument)
        .values(**row, body=body)
        .on_conflict_do_update(index_elements=list(row), set_={"body": body})
    )
    turn = case.turn
    turn.decided_by, turn.reviewer_id, turn.respond_by = actor.account_id, None, _term(session, actor)
    return _take(session, case, "return", news="review.returned", observations=len(remarks))


def observe(
    session: RwSession, actor: Actor, ref: VersionRef, row_version: int, remarks: Sequence[Remark]
) -> ProcessVersion:
    """Remark upon something that one person alone published; as `return_with_observations`, and it stays published."""
    case = _case(session, actor, ref, "observe", row_version)
    if not remarks:
        raise InvalidError("Escribe al menos una observación.")
    _observe(session, actor, case, remarks)
    case.turn.sampled_by = actor.account_id
    return _take(session, case, "observe", news="review.returned", observations=len(remarks))


def sample(session: RwSession, actor: Actor, ref: VersionRef, row_version: int) -> ProcessVersion:
    """Say that one has looked at something that one person alone published, and found nothing."""
    case = _case(session, actor, ref, "sample", row_version)
    case.turn.sampled_by = actor.account_id
    return _take(session, case, "sample")


def revoke(session: RwSession, actor: Actor, ref: VersionRef, row_version: int) -> ProcessVersion:
    """Take an approval back: the version is a draft again and needs a new review."""
    case = _case(session, actor, ref, "revoke", row_version)
    case.turn.decided_by = None
    return _take(session, case, "revoke", news="review.revoked")


def discard(session: RwSession, actor: Actor, ref: VersionRef, row_version: int) -> ProcessVersion:
    """Put a draft away for 30 days; the working document is again what was published last, if anything was."""
    case = _case(session, actor, ref, "discard", row_version)
    case.turn.snapshot, case.turn.respond_by = put_aside(session, actor, case.process), None
    _forget_returned(session, case)
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


def _approved(
    session: RwSession, actor: Actor, case: Case, action: str, *, despite_open: bool
) -> ProcessVersion:
    turn = case.turn
    waiting = count_open(session, actor, [turn.process_id]).get(turn.process_id, 0)
    if waiting and not despite_open:
        raise InvalidError(
            f"Queda{'n' if waiting > 1 else ''} {plural(waiting, 'observación', 'observaciones')} sin resolver: "
            "resuélvelas, o confirma que apruebas así."
        )
    turn.decided_by, turn.reviewer_id, turn.respond_by = actor.account_id, None, None
    _forget_returned(session, case)
    told = {"open_observations": waiting} if waiting else {}
    return _take(session, case, action, news="review.approved", **told)


def _forget_returned(session: RwSession, case: Case) -> None:
    session.execute(
        delete(ReturnedDocument).where(
            col(ReturnedDocument.tenant_id) == case.turn.tenant_id,
            col(ReturnedDocument.process_id) == case.turn.process_id,
            col(ReturnedDocument.number) == case.turn.number,
        )
    )


def _term(session: RwSession, actor: Actor) -> date:
    """Return the last working day of the tenant's term that starts today."""
    ours = tenant(session, actor)
    today = clock.now().astimezone(ZoneInfo(ours.time_zone)).date()
    return calendar(session, actor).add(today, ours.review_days)


def _observe(session: RwSession, actor: Actor, case: Case, remarks: Sequence[Remark]) -> None:
    if actor.account_id is None:
        raise ForbiddenError("Una observación lleva el nombre de quien la hace.")
    _check_remarks(case.process.document, remarks)
    session.add_all(
        Observation(
            tenant_id=case.turn.tenant_id,
            process_id=case.turn.process_id,
            number=case.turn.number,
            pointer=remark.pointer,
            part=part_of(case.process, remark.pointer),
            remark=remark.text,
            account_id=actor.account_id,
        )
        for remark in remarks
    )


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
    if len(remarks) > MANY_REMARKS:
        raise InvalidError(
            f"Se envían hasta {MANY_REMARKS} observaciones a la vez; reúne las que se parecen."
        )
    for remark in remarks:
        if not remark.text.strip():
            raise InvalidError("Hay una observación sin texto: escríbela o quítala.")
        if len(remark.text) > LONGEST:
            raise InvalidError(f"Una observación tiene más de {LONGEST} caracteres: resúmela.")
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
