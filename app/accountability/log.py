"""The log, read back: who did what, from where, on what, whose business it was, and which seal covers it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, tuple_
from sqlmodel import col, select

from app.core import audit
from app.core.audit import AuditEvent, AuditSeal
from app.core.db import Actor, Database, RwSession
from app.core.errors import NotFoundError
from app.core.pagination import Page, cut, decode_cursor, moment
from app.core.policy import ROLE_LABELS, Permission, require
from app.identity.models import Membership
from app.identity.queries import full_names
from app.processes.history import OUTSIDE, SUBJECT, did
from app.processes.models import ContractingProcess
from app.tenancy.models import SujetoObligado

ROWS = 50
EXPORTED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """What the log is asked for; what is None or "" is not asked.

    Attributes:
        who: account of whoever acted.
        verb: of the audit.
        sujeto_obligado_id: whose business.
        since: first day, in the tenant's zone.
        until: last day, in the tenant's zone.
        process_id: on which contracting process.
    """

    who: UUID | None = None
    verb: str = ""
    sujeto_obligado_id: UUID | None = None
    since: date | None = None
    until: date | None = None
    process_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One row of the audit with its words.

    Attributes:
        who: "" for the service itself.
        role: what the person was in the tenant at that moment; several where they held several.
        title: of the process, if one.
    """

    event: AuditEvent
    address: str
    who: str
    role: str
    did: str
    title: str
    process_id: UUID | None
    sujeto: str


def acts(
    session: RwSession, actor: Actor, asked: Asked, *, zone: str, cursor: str | None = None, limit: int = ROWS
) -> Page[Act]:
    """Return what the actor may see of the log, the newest first.

    Whoever is confined to a sujeto obligado sees its business and nothing else.

    Args:
        session: bound to the actor.
        actor: whose tenant, and body if confined.
        asked: what is looked for.
        zone: IANA name in which days begin.
        cursor: of the page before.
        limit: rows.
    """
    query = select(AuditEvent).where(*_conditions(actor, asked, zone))
    if cursor:
        at, event_id = decode_cursor(cursor, str, int)
        query = query.where(
            tuple_(col(AuditEvent.at), col(AuditEvent.event_id)) < (moment(str(at)), int(event_id))
        )
    newest = query.order_by(col(AuditEvent.at).desc(), col(AuditEvent.event_id).desc())
    events = session.exec(newest.limit(limit + 1)).all()
    return cut(_told(session, actor, events), limit, lambda act: (_key(act.event.at), act.event.event_id))


def act(session: RwSession, actor: Actor, event_id: int) -> tuple[Act, AuditSeal | None]:
    """Return one row, and the seal that covers it if it is sealed already.

    Raises:
        NotFoundError: absent, or not the actor's to see.
    """
    found = session.exec(
        select(AuditEvent).where(AuditEvent.event_id == event_id, *_conditions(actor, Asked(), "UTC"))
    ).one_or_none()
    if found is None:
        raise NotFoundError
    seal = session.exec(
        select(AuditSeal)
        .where(
            AuditSeal.tenant_id == actor.tenant_id,
            AuditSeal.generation == found.generation,
            AuditSeal.upto_transaction >= found.transaction_id,
        )
        .order_by(col(AuditSeal.number))
        .limit(1)
    ).first()
    return _told(session, actor, [found])[0], seal


def every(database: Database, actor: Actor, asked: Asked, *, zone: str) -> Iterator[list[Act]]:
    """Yield all that is asked for, a page after the other, each read in a transaction of its own."""
    cursor: str | None = None
    while True:
        with database.unit_of_work(actor) as session:
            page = acts(session, actor, asked, zone=zone, cursor=cursor, limit=EXPORTED_AT_ONCE)
        yield list(page.rows)
        cursor = page.next_cursor
        if cursor is None:
            return


def note_export(session: RwSession, actor: Actor, asked: Asked) -> None:
    """Write into the log that somebody took it away."""
    require(actor, Permission.AUDIT_READ)
    narrowed = {name: str(value) for name in Asked.__slots__ if (value := getattr(asked, name))}
    audit.record(session, "audit.export", "audit_event", "", asked=narrowed)


def colleagues(session: RwSession, actor: Actor) -> dict[UUID, str]:
    """Return the people who are or were of the actor's tenant, or body, by name: who the log may be asked about."""
    query = select(Membership.account_id).where(Membership.tenant_id == actor.tenant_id).distinct()
    if actor.sujeto_obligado_id is not None:
        query = query.where(Membership.sujeto_obligado_id == actor.sujeto_obligado_id)
    names = full_names(session, set(session.exec(query).all()))
    return dict(sorted(names.items(), key=lambda one: one[1].casefold()))


def _conditions(actor: Actor, asked: Asked, zone: str) -> list[ColumnElement[bool]]:
    found = [col(AuditEvent.tenant_id) == actor.tenant_id]
    body = actor.sujeto_obligado_id or asked.sujeto_obligado_id
    if body is not None:
        found.append(col(AuditEvent.sujeto_obligado_id) == body)
    if asked.who is not None:
        found.append(col(AuditEvent.account_id) == asked.who)
    if asked.verb:
        found.append(col(AuditEvent.verb) == asked.verb)
    if asked.since is not None:
        found.append(col(AuditEvent.at) >= _midnight(asked.since, zone))
    if asked.until is not None:
        found.append(col(AuditEvent.at) < _midnight(asked.until + timedelta(days=1), zone))
    if asked.process_id is not None:
        found += [
            col(AuditEvent.subject_type) == SUBJECT,
            col(AuditEvent.subject_id) == str(asked.process_id),
        ]
    return found


def _told(session: RwSession, actor: Actor, events: Sequence[AuditEvent]) -> list[Act]:
    """Add names and titles to rows, with a query of each kind for all of them."""
    names = full_names(session, {event.account_id for event in events if event.account_id})
    roles = _roles(session, actor, set(names))
    titles = _titles(session, actor, {event.subject_id for event in events if event.subject_type == SUBJECT})
    bodies = _bodies(session, actor, {event.sujeto_obligado_id for event in events})
    told = []
    for event in events:
        process = titles.get(event.subject_id) if event.subject_type == SUBJECT else None
        told.append(
            Act(
                event=event,
                address=event.address if _is_told_where(actor, event, roles) else "",
                who=names.get(event.account_id, OUTSIDE) if event.account_id else "",
                role=_held(roles.get(event.account_id, ()), event.at) if event.account_id else "",
                did=did(event),
                title=process[1] if process else "",
                process_id=process[0] if process else None,
                sujeto=bodies.get(event.sujeto_obligado_id, "") if event.sujeto_obligado_id else "",
            )
        )
    return told


def _is_told_where(actor: Actor, event: AuditEvent, roles: Mapping[UUID, Sequence[Membership]]) -> bool:
    """Tell whether the actor learns from which network address an act came: a body only those of its own people."""
    if actor.sujeto_obligado_id is None:
        return True
    held = roles.get(event.account_id, ()) if event.account_id else ()
    here = [row for row in held if row.sujeto_obligado_id == actor.sujeto_obligado_id]
    return bool(_held(here, event.at))


def _roles(session: RwSession, actor: Actor, people: set[UUID]) -> dict[UUID, list[Membership]]:
    rows = session.exec(
        select(Membership)
        .where(Membership.tenant_id == actor.tenant_id, col(Membership.account_id).in_(people))
        .order_by(col(Membership.created_at), col(Membership.membership_id))
    )
    held: dict[UUID, list[Membership]] = {}
    for row in rows:
        held.setdefault(row.account_id, []).append(row)
    return held


def _held(roles: Sequence[Membership], at: datetime) -> str:
    """Return the roles in force at a moment; a loan counts only while it lasts."""
    return ", ".join(
        dict.fromkeys(
            ROLE_LABELS[row.role]
            for row in roles
            if (row.valid_from or row.created_at) <= at and (row.ended_at is None or at <= row.ended_at)
        )
    )


def _titles(session: RwSession, actor: Actor, named: set[str]) -> dict[str, tuple[UUID, str]]:
    rows = session.exec(
        select(ContractingProcess.process_id, ContractingProcess.title, ContractingProcess.ocid).where(
            ContractingProcess.tenant_id == actor.tenant_id,
            col(ContractingProcess.process_id).in_([UUID(one) for one in named]),
        )
    )
    return {str(process_id): (process_id, title or ocid) for process_id, title, ocid in rows}


def _bodies(session: RwSession, actor: Actor, named: set[UUID | None]) -> dict[UUID, str]:
    rows = session.exec(
        select(SujetoObligado.sujeto_obligado_id, SujetoObligado.name).where(
            SujetoObligado.tenant_id == actor.tenant_id,
            col(SujetoObligado.sujeto_obligado_id).in_([one for one in named if one]),
        )
    )
    return dict(rows.all())


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone))


def _key(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
