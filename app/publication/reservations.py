"""Reservations: places of a document that stay out of its releases, asked for, decided, extended once, and ended."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import tuple_
from sqlmodel import col, select

from app.attachments.models import Attachment
from app.core import audit, clock, outbox, public_log
from app.core.db import Actor, Database, RwSession
from app.core.errors import ForbiddenError, InvalidError, NotFoundError
from app.core.jobs import apart
from app.core.pagination import Page, cut, reached
from app.core.policy import Permission, require
from app.core.tables import among
from app.ocds import lasting
from app.processes.models import ContractingProcess
from app.processes.queries import process_row, working_process
from app.publication.models import Reservation
from app.publication.reserved import IN_FORCE
from app.publication.withdrawals import MANY_PLACES, ground_of, said
from app.publication.workflow import RESERVATIONS
from app.tenancy.queries import TenantView

LONGEST_YEARS = 5
"""Of a term, and of its extension."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says.

    Attributes:
        kind: "reserved" with a term, "confidential" without.
        ground: key of `withdrawals.GROUNDS`.
        article: article, fraction and law.
        reason: why; it becomes public.
        places: JSON Pointers into the working document.
        until: last day of the term.
        harm: the "prueba de daño", which nobody outside reads.
        harm_attachment_id: a reserved file of the process that holds it.
    """

    kind: str
    ground: str
    article: str
    reason: str
    places: tuple[str, ...]
    until: date | None = None
    harm: str = ""
    harm_attachment_id: UUID | None = None


def request(session: RwSession, actor: Actor, process_id: UUID, asked: Asked, *, today: date) -> Reservation:
    """Ask that places stay out of what is published; until it is decided the process is not published.

    Raises:
        NotFoundError: absent or another's.
        ForbiddenError: the role does not reserve.
        InvalidError: no ground, article, reason, places, term or "prueba de daño".
    """
    process = working_process(session, actor, process_id, for_update=True)
    require(actor, Permission.PROCESS_RESERVE, process.sujeto_obligado_id)
    if actor.tenant_id is None or actor.account_id is None:
        raise ForbiddenError("Una reserva la pide una persona.")
    places = {
        lasting.lasting(process.document, place)
        for place in asked.places
        if lasting.find(process.document, place) is not None
    }
    if not 0 < len(places) <= MANY_PLACES:
        raise InvalidError(f"Elige de 1 a {MANY_PLACES} datos o documentos para reservar.")
    if asked.kind not in ("reserved", "confidential"):
        raise InvalidError("Elige si la información es reservada o confidencial.")
    if asked.kind == "reserved":
        _check_term(asked.until, today)
        if not asked.harm.strip() and asked.harm_attachment_id is None:
            raise InvalidError("Escribe la prueba de daño, o elige el archivo reservado que la contiene.")
    if asked.harm_attachment_id is not None:
        _check_harm(session, actor, process_id, asked.harm_attachment_id)
    row = Reservation(
        tenant_id=actor.tenant_id,
        process_id=process_id,
        sujeto_obligado_id=process.sujeto_obligado_id,
        kind=asked.kind,
        places=sorted(places),
        ground=ground_of(asked.ground, asked.article),
        reason=said(asked.reason, "Escribe el motivo: se leerá en la bitácora pública."),
        harm=said(asked.harm, "") if asked.harm.strip() else "",
        harm_attachment_id=asked.harm_attachment_id,
        until=asked.until if asked.kind == "reserved" else None,
        requested_by=actor.account_id,
        requested_at=clock.now(),
    )
    session.add(row)
    session.flush()
    _record(session, "reservation.request", row)
    outbox.emit(session, "reservation.requested", [_news(row)])
    return row


def cancel(session: RwSession, actor: Actor, process_id: UUID, reservation_id: UUID) -> None:
    """Take a request back before it is decided; raises as `withdrawals.cancel`."""
    row = one(session, actor, process_id, reservation_id, for_update=True)
    require(actor, Permission.PROCESS_RESERVE, row.sujeto_obligado_id)
    RESERVATIONS.apply(row, "cancel")
    _settle(session, actor, row, "reservation.cancel")


def refuse(session: RwSession, actor: Actor, process_id: UUID, reservation_id: UUID, why: str) -> None:
    """Leave everything to be published, saying why; raises as `withdrawals.refuse`."""
    row = _for_decision(session, actor, process_id, reservation_id)
    row.decision = said(why, "Escribe por qué se niega: lo leerá quien la pidió.")
    RESERVATIONS.apply(row, "refuse")
    _settle(session, actor, row, "reservation.refuse")


def grant(session: RwSession, actor: Actor, process_id: UUID, reservation_id: UUID, *, today: date) -> None:
    """Keep the places out of what is published from now on.

    Raises:
        NotFoundError: absent or another's.
        ForbiddenError: the role does not decide, or the person asked for it.
        ConflictError: it is decided.
        InvalidError: its term has passed.
    """
    row = _for_decision(session, actor, process_id, reservation_id)
    if row.kind == "reserved":
        _check_term(row.until, today)
    RESERVATIONS.apply(row, "grant")
    _settle(session, actor, row, "reservation.grant")
    _tell(session, row, "reservation", row.reason, until=str(row.until or ""))


def extend(
    session: RwSession,
    actor: Actor,
    process_id: UUID,
    reservation_id: UUID,
    *,
    until: date | None,
    why: str,
    today: date,
) -> None:
    """Let the term last longer, once.

    Raises:
        NotFoundError: absent or another's.
        ForbiddenError: the role does not decide.
        ConflictError: it was extended already, or is not in force.
        InvalidError: no ground, or a day that is not later.
    """
    row = _for_decision(session, actor, process_id, reservation_id, by_others=False)
    RESERVATIONS.check("extend", row.status)
    if row.until is None:
        raise InvalidError("La información confidencial no tiene plazo que prorrogar.")
    _check_term(until, max(today, row.until))
    row.extension = said(why, "Escribe el fundamento de la prórroga.")
    row.until = until
    RESERVATIONS.apply(row, "extend")
    _settle(session, actor, row, "reservation.extend")
    _tell(session, row, "reservation", row.extension, until=str(row.until), extension=1)


def end(session: RwSession, actor: Actor, process_id: UUID, reservation_id: UUID, why: str) -> None:
    """End a reservation before its term, because its causes are no more; raises as `extend`."""
    row = _for_decision(session, actor, process_id, reservation_id, by_others=False)
    row.decision = said(why, "Escribe por qué termina: se leerá en la bitácora pública.")
    RESERVATIONS.apply(row, "end")
    _settle(session, actor, row, "reservation.end")
    _ended(session, row, row.decision)


def expire(database: Database, views: Collection[TenantView]) -> int:
    """End the reservations whose term has passed where each tenant is; returns how many."""
    ended = 0
    for view in views:
        actor = Actor(tenant_id=view.tenant_id, role="system")
        with apart(expiring_reservations_of=view.slug), database.unit_of_work(actor) as session:
            for row in session.exec(
                select(Reservation)
                .where(
                    Reservation.tenant_id == actor.tenant_id,
                    among(Reservation.status, IN_FORCE),
                    col(Reservation.until) < view.today,
                )
                .order_by(col(Reservation.reservation_id))
                .with_for_update(skip_locked=True)
            ):
                RESERVATIONS.apply(row, "expire")
                session.flush()
                _record(session, "reservation.expire", row)
                _ended(session, row, "Terminó su plazo.")
                ended += 1
    return ended


def of_process(session: RwSession, actor: Actor, process_id: UUID) -> Sequence[Reservation]:
    """Return the reservations of a process, the newest first; the caller has checked that the actor may see it."""
    return session.exec(
        select(Reservation)
        .where(Reservation.tenant_id == actor.tenant_id, Reservation.process_id == process_id)
        .order_by(col(Reservation.requested_at).desc())
        .limit(100)
    ).all()


def in_status(
    session: RwSession, actor: Actor, status: str, *, cursor: str | None = None, limit: int = 50
) -> Page[tuple[Reservation, str, str]]:
    """Return reservations in a status with title and ocid of their process; of the actor's body only.

    Those to be decided come the oldest first, the others the newest.
    """
    waiting = status == "requested"
    asked, number = col(Reservation.requested_at), col(Reservation.reservation_id)
    query = (
        select(Reservation, ContractingProcess.title, ContractingProcess.ocid)
        .join(
            ContractingProcess,
            (col(ContractingProcess.tenant_id) == col(Reservation.tenant_id))
            & (col(ContractingProcess.process_id) == col(Reservation.process_id)),
        )
        .where(Reservation.tenant_id == actor.tenant_id, Reservation.status == status)
        .order_by(*((asked, number) if waiting else (asked.desc(), number.desc())))
        .limit(limit + 1)
    )
    if actor.sujeto_obligado_id is not None:
        query = query.where(Reservation.sujeto_obligado_id == actor.sujeto_obligado_id)
    if cursor:
        seen = tuple_(*reached(cursor))
        query = query.where(tuple_(asked, number) > seen if waiting else tuple_(asked, number) < seen)
    rows = [(row, title, ocid) for row, title, ocid in session.exec(query)]
    return cut(rows, limit, lambda found: (found[0].requested_at.isoformat(), str(found[0].reservation_id)))


def one(
    session: RwSession, actor: Actor, process_id: UUID, reservation_id: UUID, *, for_update: bool = False
) -> Reservation:
    """Return a reservation.

    Raises:
        NotFoundError: absent, another tenant's, or another sujeto obligado's.
    """
    query = select(Reservation).where(
        Reservation.tenant_id == actor.tenant_id,
        Reservation.process_id == process_id,
        Reservation.reservation_id == reservation_id,
    )
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.exec(query).one_or_none()
    if row is None or actor.sujeto_obligado_id not in (None, row.sujeto_obligado_id):
        raise NotFoundError("No encontramos esa reserva.")
    return row


def harm_read(session: RwSession, row: Reservation) -> str:
    """Return the "prueba de daño", which tells of what it protects: that somebody read it is in the audit.

    The caller has checked that the actor may read what is reserved.
    """
    if row.harm:
        _record(session, "reservation.read", row)
    return row.harm


def _check_term(until: date | None, after: date) -> None:
    if until is None:
        raise InvalidError("Escribe el último día del plazo.")
    if until <= after:
        raise InvalidError("El plazo tiene que terminar después de hoy, y una prórroga después del plazo.")
    if until.year - after.year > LONGEST_YEARS or (
        until.year - after.year == LONGEST_YEARS and (until.month, until.day) > (after.month, after.day)
    ):
        raise InvalidError(f"El plazo dura a lo más {LONGEST_YEARS} años.")


def _check_harm(session: RwSession, actor: Actor, process_id: UUID, attachment_id: UUID) -> None:
    found = session.exec(
        select(Attachment.attachment_id).where(
            Attachment.tenant_id == actor.tenant_id,
            Attachment.process_id == process_id,
            Attachment.attachment_id == attachment_id,
            Attachment.kind == "reserved",
            Attachment.status != "withdrawn",
        )
    ).one_or_none()
    if found is None:
        raise InvalidError("La prueba de daño se adjunta antes, como archivo reservado de esta contratación.")


def _for_decision(
    session: RwSession, actor: Actor, process_id: UUID, reservation_id: UUID, *, by_others: bool = True
) -> Reservation:
    working_process(session, actor, process_id, for_update=True)
    row = one(session, actor, process_id, reservation_id, for_update=True)
    require(actor, Permission.WITHDRAWAL_APPROVE, row.sujeto_obligado_id)
    if by_others and actor.account_id == row.requested_by:
        raise ForbiddenError("Tú pediste esta reserva: la decide otra persona.")
    return row


def _settle(session: RwSession, actor: Actor, row: Reservation, verb: str) -> None:
    row.decided_by, row.decided_at = actor.account_id, clock.now()
    session.flush()
    _record(session, verb, row)


def _ended(session: RwSession, row: Reservation, why: str) -> None:
    _tell(session, row, "reservation_ended", why)
    outbox.emit(session, "reservation.ended", [_news(row)])


def _news(row: Reservation) -> dict[str, object]:
    return {
        "process_id": str(row.process_id),
        "reservation_id": str(row.reservation_id),
        "sujeto_obligado_id": str(row.sujeto_obligado_id),
    }


def _tell(session: RwSession, row: Reservation, kind: str, reason: str, **detail: str | int) -> None:
    actor: Actor = session.info["actor"]
    public_log.tell(
        session,
        kind,
        sujeto_obligado_id=row.sujeto_obligado_id,
        ocid=process_row(session, actor, row.process_id).ocid,
        ground=row.ground,
        reason=reason,
        classified=row.kind,
        places=len(row.places),
        **detail,
    )


def _record(session: RwSession, verb: str, row: Reservation) -> None:
    audit.record(
        session,
        verb,
        "contracting_process",
        row.process_id,
        reservation=str(row.reservation_id),
        places=list(row.places),
    )
