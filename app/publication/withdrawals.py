"""Withdrawal as people ask for it and decide it: requests, what would disappear, and the act itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, tuple_
from sqlmodel import col, select

from app.attachments import service as attachments
from app.attachments.addresses import named_in
from app.core import audit, clock, outbox
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from app.core.jobs import named
from app.core.pagination import Page, cut, reached
from app.core.policy import Permission, require
from app.ocds import lasting
from app.ocds.shape import Document
from app.processes.models import ContractingProcess
from app.processes.outline import place_of
from app.processes.queries import process_row, working_process
from app.publication import redaction, scheduling
from app.publication.models import WithdrawalRequest
from app.publication.redaction import Extent
from app.publication.standing import Standing, Stood, standing
from app.publication.withdrawal import withdraw, withdraw_process
from app.publication.workflow import WITHDRAWALS

GROUNDS = {
    "personal": "Información confidencial: datos personales que identifican a alguien",
    "secrets": "Información confidencial: secreto bancario, fiduciario, industrial, comercial, fiscal o bursátil",
    "rights": "Derechos de la persona titular de los datos: cancelación u oposición",
    "life": "Información reservada: pone en riesgo la vida, la salud o la seguridad de personas",
    "security": "Información reservada: compromete la seguridad nacional o la seguridad pública",
    "proceedings": "Información reservada: obstruye una verificación, una auditoría o un juicio en curso",
    "deliberation": "Información reservada: proceso deliberativo sin decisión definitiva",
    "order": "Resolución de una autoridad competente",
}
"""Key → supposition of the law; whoever asks writes article, fraction and law beside it."""

REMEMBER = named("publication.remember_removal")
_NOWHERE = 0
"""No position of any chain: of a release that a restored backup lacks."""
LONGEST = 2000
MANY_PLACES = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says.

    Attributes:
        ground: key of `GROUNDS`.
        article: article, fraction and law.
        reason: why; it becomes public.
        position: of one release; None for the whole process.
        erases: "" only what is public, "places", "all".
        places: JSON Pointers into the working document.
    """

    ground: str
    article: str
    reason: str
    position: int | None = None
    erases: str = ""
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Going:
    """What an approval would take away: releases and files that are public, and what is redacted, if anything."""

    releases: int
    remaining: int
    files: int
    redacted: Extent | None


def request(session: RwSession, actor: Actor, process_id: UUID, asked: Asked) -> WithdrawalRequest:
    """Ask that a release, or all of a process, be taken from the public.

    Raises:
        NotFoundError: absent or another's; no such release.
        ForbiddenError: the role does not ask for withdrawals.
        ConflictError: nothing is published, it is withdrawn already, or a request waits.
        InvalidError: no ground, article or reason; no place where places are to be redacted, or one with nothing there.
    """
    process = working_process(session, actor, process_id, for_update=True)
    require(actor, Permission.WITHDRAWAL_REQUEST, process.sujeto_obligado_id)
    standing = releases(session, actor, process_id)
    if asked.position is not None and asked.position not in {row.position for row in standing}:
        raise NotFoundError("No encontramos esa entrega entre las publicadas de esta contratación.")
    if not standing:
        raise ConflictError("De esta contratación no hay nada publicado que retirar.")
    if waiting(session, actor, process_id) is not None:
        raise ConflictError("Ya hay un retiro por decidir de esta contratación.")
    if actor.tenant_id is None or actor.account_id is None:
        raise ForbiddenError("Un retiro lo pide una persona.")
    row = WithdrawalRequest(
        tenant_id=actor.tenant_id,
        process_id=process_id,
        sujeto_obligado_id=process.sujeto_obligado_id,
        position=asked.position,
        ground=ground_of(asked.ground, asked.article),
        reason=said(asked.reason, "Escribe el motivo: se leerá en la bitácora pública."),
        erases=_one_of(asked.erases),
        places=_places(process.document, asked),
        requested_by=actor.account_id,
        requested_at=clock.now(),
    )
    if row.erases == "places" and not 0 < len(row.places) <= MANY_PLACES:
        raise InvalidError(f"Elige de 1 a {MANY_PLACES} datos para testar, o todo el expediente.")
    session.add(row)
    session.flush()
    _record(session, "withdrawal.request", row)
    outbox.emit(session, "withdrawal.requested", [_news(row)])
    return row


def cancel(session: RwSession, actor: Actor, process_id: UUID, request_id: UUID) -> None:
    """Take a request back before it is decided.

    Raises:
        NotFoundError: absent or another's.
        ForbiddenError: the role does not ask for withdrawals.
        ConflictError: it is decided.
    """
    row = one(session, actor, process_id, request_id, for_update=True)
    require(actor, Permission.WITHDRAWAL_REQUEST, row.sujeto_obligado_id)
    WITHDRAWALS.apply(row, "cancel")
    _settle(session, actor, row, "withdrawal.cancel", "")


def refuse(session: RwSession, actor: Actor, process_id: UUID, request_id: UUID, why: str) -> None:
    """Leave everything public, saying why.

    Raises:
        NotFoundError: absent or another's.
        ForbiddenError: the role does not decide, or the person asked for it.
        ConflictError: it is decided.
        InvalidError: no reason.
    """
    row = _for_decision(session, actor, process_id, request_id)
    told = said(why, "Escribe por qué se niega: lo leerá quien lo pidió.")
    WITHDRAWALS.apply(row, "refuse")
    _settle(session, actor, row, "withdrawal.refuse", told)


def approve(session: RwSession, actor: Actor, process_id: UUID, request_id: UUID) -> None:
    """Withdraw what was asked, and redact what was asked, in this transaction. It cannot be undone.

    Raises:
        NotFoundError: absent or another's.
        ForbiddenError: the role does not decide, or the person asked for it.
        ConflictError: it is decided, what it asks for was withdrawn meanwhile, or nothing ever stood at a place.
    """
    row = _for_decision(session, actor, process_id, request_id)
    if not _standing(session, actor, row):
        raise ConflictError("Lo que se pidió retirar ya no está publicado.")
    process = working_process(session, actor, process_id)
    gone = redaction.nowhere(session, actor, process, row.places)
    if gone:
        named = ", ".join(place_of(place) for place in gone)
        raise ConflictError(
            f"No hay nada que testar en: {named}. Niega esta solicitud y pide otra con los datos de ahora."
        )
    _carry_out(session, actor, row)
    REMEMBER.defer(session, request_id=str(row.request_id))


def approve_again(session: RwSession, actor: Actor, told: WithdrawalRequest, stood: Stood | None) -> bool:
    """Carry out a request that was approved once and that a restored backup may not know of (`removals`).

    Args:
        session: bound to the actor.
        actor: the service, as whoever decided then, in the tenant where the process may be.
        told: the request as it was, waiting to be decided; made this tenant's.
        stood: where the release has its entry, of a request for one.

    Returns:
        Whether anything was done: not where it stands approved already.

    Raises:
        NotFoundError: the process is not here.
    """
    process = process_row(session, actor, told.process_id)
    rows = session.exec(
        select(WithdrawalRequest)
        .where(
            WithdrawalRequest.tenant_id == actor.tenant_id,
            WithdrawalRequest.process_id == told.process_id,
            or_(
                col(WithdrawalRequest.request_id) == told.request_id,
                col(WithdrawalRequest.status) == "requested",
            ),
        )
        .with_for_update()
    ).all()
    held = next((row for row in rows if row.request_id == told.request_id), None)
    if held is not None and held.status == "approved":
        return False
    for row in rows:
        if row is not held:  # only one may wait per process
            WITHDRAWALS.apply(row, "cancel")
            _settle(session, actor, row, "withdrawal.cancel", "")
    if held is None:
        told.tenant_id, told.sujeto_obligado_id = process.tenant_id, process.sujeto_obligado_id
        if told.position is not None:
            here = (one.position for one in releases(session, actor, told.process_id) if one.stood == stood)
            told.position = next(here, _NOWHERE)
        session.add(told)
        session.flush()
    _carry_out(session, actor, held or told)
    return True


def _places(document: Document, asked: Asked) -> list[str]:
    """Return the lasting places that are to be redacted; each must be there."""
    if asked.erases != "places":
        return []
    if any(lasting.find(document, place) is None for place in asked.places):
        raise InvalidError("Uno de los datos elegidos ya no está en el expediente. Elígelos otra vez.")
    return [lasting.lasting(document, place) for place in asked.places]


def _standing(session: RwSession, actor: Actor, row: WithdrawalRequest) -> bool:
    stands = [release.position for release in releases(session, actor, row.process_id)]
    return row.position in stands if row.position is not None else bool(stands)


def _carry_out(session: RwSession, actor: Actor, row: WithdrawalRequest) -> None:
    standing = _standing(session, actor, row)
    process = working_process(session, actor, row.process_id, for_update=True)
    WITHDRAWALS.apply(row, "approve")
    _settle(session, actor, row, "withdrawal.approve", "")
    # What waits for its hour would publish again what goes now: a person decides about it.
    scheduling.unschedule(session, actor, process, "withdrawn")
    # The long work first: while the chain and the public log are locked, nobody of the tenant publishes.
    done = redaction.redact(session, actor, process, row) if row.erases else None
    if standing and row.position is None:
        withdraw_process(session, actor, row.process_id, row.ground, row.reason)
    elif standing and row.position is not None:
        withdraw(session, actor, row.position, row.ground, row.reason)
    if done is not None:
        redaction.tell(session, row, process.ocid, done)


def going(session: RwSession, actor: Actor, row: WithdrawalRequest) -> Going:
    """Tell in numbers what approving a request would take away."""
    held = standing(session, row.tenant_id, row.process_id)
    staying = [one.body for one in held if row.position not in (None, one.position)]
    still_named = {attachment_id for body in staying for attachment_id in named_in(body)}
    process = process_row(session, actor, row.process_id)
    return Going(
        releases=len(held) - len(staying),
        remaining=len(staying),
        files=len(attachments.public_files(session, actor, row.process_id) - still_named),
        redacted=redaction.extent(session, actor, process, row.places) if row.erases else None,
    )


def releases(session: RwSession, actor: Actor, process_id: UUID) -> list[Standing]:
    """Return the releases of a process that stand, the newest first."""
    process = process_row(session, actor, process_id)
    return standing(session, process.tenant_id, process_id)[::-1]


def waiting(session: RwSession, actor: Actor, process_id: UUID) -> WithdrawalRequest | None:
    """Return the request of a process that is to be decided, if one is."""
    return session.exec(
        select(WithdrawalRequest).where(
            WithdrawalRequest.tenant_id == actor.tenant_id,
            WithdrawalRequest.process_id == process_id,
            WithdrawalRequest.status == "requested",
        )
    ).one_or_none()


def of_process(session: RwSession, actor: Actor, process_id: UUID) -> Sequence[WithdrawalRequest]:
    """Return the requests about a process, the newest first; the caller has checked that the actor may see it."""
    return session.exec(
        select(WithdrawalRequest)
        .where(WithdrawalRequest.tenant_id == actor.tenant_id, WithdrawalRequest.process_id == process_id)
        .order_by(col(WithdrawalRequest.requested_at).desc())
        .limit(100)
    ).all()


def in_status(
    session: RwSession, actor: Actor, status: str, *, cursor: str | None = None, limit: int = 50
) -> Page[tuple[WithdrawalRequest, str, str]]:
    """Return requests in a status with title and ocid of their process, the oldest first; of the actor's body only."""
    query = (
        select(WithdrawalRequest, ContractingProcess.title, ContractingProcess.ocid)
        .join(
            ContractingProcess,
            (col(ContractingProcess.tenant_id) == col(WithdrawalRequest.tenant_id))
            & (col(ContractingProcess.process_id) == col(WithdrawalRequest.process_id)),
        )
        .where(WithdrawalRequest.tenant_id == actor.tenant_id, WithdrawalRequest.status == status)
        .order_by(col(WithdrawalRequest.requested_at), col(WithdrawalRequest.request_id))
        .limit(limit + 1)
    )
    if actor.sujeto_obligado_id is not None:
        query = query.where(WithdrawalRequest.sujeto_obligado_id == actor.sujeto_obligado_id)
    if cursor:
        seen = tuple_(*reached(cursor))
        query = query.where(
            tuple_(col(WithdrawalRequest.requested_at), col(WithdrawalRequest.request_id)) > seen
        )
    rows = [(row, title, ocid) for row, title, ocid in session.exec(query)]
    return cut(rows, limit, lambda found: (found[0].requested_at.isoformat(), str(found[0].request_id)))


def one(
    session: RwSession, actor: Actor, process_id: UUID, request_id: UUID, *, for_update: bool = False
) -> WithdrawalRequest:
    """Return a request.

    Raises:
        NotFoundError: absent, another tenant's, or another sujeto obligado's.
    """
    query = select(WithdrawalRequest).where(
        WithdrawalRequest.tenant_id == actor.tenant_id,
        WithdrawalRequest.process_id == process_id,
        WithdrawalRequest.request_id == request_id,
    )
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.exec(query).one_or_none()
    if row is None or actor.sujeto_obligado_id not in (None, row.sujeto_obligado_id):
        raise NotFoundError("No encontramos esa solicitud de retiro.")
    return row


def ground_of(key: str, article: str) -> str:
    """Return the ground as everyone will read it.

    Raises:
        InvalidError: not one of the suppositions, or no article.
    """
    if key not in GROUNDS:
        raise InvalidError("Elige el supuesto de la ley.")
    return f"{GROUNDS[key]}. {said(article, 'Escribe artículo, fracción y ley.')}"


def said(text: str, otherwise: str) -> str:
    """Return a text that must be there.

    Raises:
        InvalidError: it is empty, or overlong.
    """
    told = text.strip()
    if not told:
        raise InvalidError(otherwise)
    if len(told) > LONGEST:
        raise InvalidError(f"El texto tiene más de {LONGEST} caracteres: resúmelo.")
    return told


def _one_of(erases: str) -> str:
    if erases not in ("", "places", "all"):
        raise InvalidError("Elige qué pasa con los borradores y la historia.")
    return erases


def _for_decision(session: RwSession, actor: Actor, process_id: UUID, request_id: UUID) -> WithdrawalRequest:
    # The process first, as everybody who publishes or edits does: two who decide wait for each other here.
    working_process(session, actor, process_id, for_update=True)
    row = one(session, actor, process_id, request_id, for_update=True)
    require(actor, Permission.WITHDRAWAL_APPROVE, row.sujeto_obligado_id)
    if actor.account_id == row.requested_by:
        raise ForbiddenError("Tú pediste este retiro: lo decide otra persona.")
    return row


def _settle(session: RwSession, actor: Actor, row: WithdrawalRequest, verb: str, decision: str) -> None:
    row.decided_by, row.decided_at, row.decision = actor.account_id, clock.now(), decision
    session.flush()
    _record(session, verb, row)
    outbox.emit(session, "withdrawal.decided", [_news(row)])


def _record(session: RwSession, verb: str, row: WithdrawalRequest) -> None:
    audit.record(
        session,
        verb,
        "contracting_process",
        row.process_id,
        request=str(row.request_id),
        position=row.position,
        erases=row.erases,
    )


def _news(row: WithdrawalRequest) -> dict[str, str]:
    return {
        "process_id": str(row.process_id),
        "request_id": str(row.request_id),
        "sujeto_obligado_id": str(row.sujeto_obligado_id),
    }
