"""Lists of people for those who manage them: who holds what, who was invited, who has long not come, who left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from app.core import clock, mail
from app.core.audit import AuditEvent
from app.core.db import Actor, RwSession
from app.core.errors import NotFoundError
from app.core.pagination import Page, cut, decode_cursor, reached
from app.core.policy import MACHINE_ROLE, ROLE_LABELS, TENANT_ROLES
from app.core.tables import among
from app.identity import invitations
from app.identity.invitations import State, state_of
from app.identity.models import Account, Invitation, Membership
from app.identity.queries import full_names, in_force
from app.tenancy.models import SujetoObligado

PAGE = 50
SILENT_DAYS = 90
"""After so many days without an entry somebody must decide whether a membership stays."""

View = Literal["in_force", "silent", "ended"]


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One membership in a list, with its person.

    Attributes:
        last_entry_on: the last day on which it was used; None: never.
        second_factor: the account asks for more than its password.
        lent_by: name of whoever lent it; "" where it is the person's own.
        valid_until: when a lent one ends by itself.
        kept_at: when somebody last decided that it stays though unused.
    """

    membership_id: UUID
    account_id: UUID
    full_name: str
    email: str
    role: str
    sujeto_obligado_id: UUID | None
    sujeto_name: str
    last_entry_on: date | None
    second_factor: bool
    lent_by: str
    valid_from: datetime | None
    valid_until: datetime | None
    created_at: datetime
    ended_at: datetime | None
    kept_at: datetime | None

    @property
    def role_label(self) -> str:
        """The role in Spanish."""
        return ROLE_LABELS[self.role]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of people leaves out: by words of name or address, by role."""

    q: str = ""
    role: str = ""


def people(
    session: RwSession, actor: Actor, view: View, filters: Filters, cursor: str | None = None
) -> Page[PersonRow]:
    """Return the memberships of the actor's place, by name."""
    query = _rows_of(actor, view)
    for word in filters.q.split()[:8]:
        query = query.where(
            or_(
                col(Account.full_name).icontains(word, autoescape=True),
                col(Account.email).icontains(word, autoescape=True),
            )
        )
    if filters.role in TENANT_ROLES:
        query = query.where(Membership.role == filters.role)
    if cursor:
        name, last = decode_cursor(cursor, str, str)
        query = query.where(
            tuple_(Account.full_name, Membership.membership_id) > tuple_(name, _identifier(str(last)))
        )
    query = query.order_by(Account.full_name, Membership.membership_id).limit(PAGE + 1)
    return cut(_rows(session, query), PAGE, lambda row: (row.full_name, str(row.membership_id)))


def person(session: RwSession, actor: Actor, membership_id: UUID) -> tuple[PersonRow, list[PersonRow]]:
    """Return a membership, and the others of its person that the actor may see, ended ones last.

    Raises:
        NotFoundError: absent, or of another place.
    """
    found = _rows(session, _base(actor).where(Membership.membership_id == membership_id))
    if not found:
        raise NotFoundError
    others = _base(actor).where(
        Membership.account_id == found[0].account_id, Membership.membership_id != membership_id
    )
    others = others.order_by(
        case((col(Membership.status) == "active", 0), else_=1), col(Membership.created_at).desc()
    )
    return found[0], _rows(session, others)


def silent(session: RwSession, actor: Actor) -> int:
    """Return how many memberships somebody should decide about."""
    return _count(session, actor, _silent())


def colleagues(session: RwSession, actor: Actor, membership_id: UUID) -> list[PersonRow]:
    """Return the people in force of the same place as a membership, without its own person; whoever asks."""
    row = session.exec(
        select(Membership).where(
            Membership.tenant_id == actor.tenant_id, Membership.membership_id == membership_id
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError
    query = _everyone(actor).where(
        col(Membership.sujeto_obligado_id).is_not_distinct_from(row.sujeto_obligado_id),
        Membership.account_id != row.account_id,
        in_force(),
    )
    return _rows(session, query.order_by(Account.full_name, Membership.membership_id))


def own(session: RwSession, actor: Actor) -> PersonRow:
    """Return the membership under which the actor acts."""
    return _rows(session, _everyone(actor).where(Membership.membership_id == actor.membership_id))[0]


def loans(session: RwSession, actor: Actor) -> list[PersonRow]:
    """Return the loans that the actor gave or received and that have not ended."""
    lender = aliased(Membership)
    mine = select(lender.membership_id).where(
        col(lender.tenant_id) == actor.tenant_id, col(lender.account_id) == actor.account_id
    )
    query = _everyone(actor).where(
        col(Membership.lent_by).is_not(None),
        Membership.status == "active",
        col(Membership.valid_until) > clock.now(),
        or_(col(Membership.account_id) == actor.account_id, col(Membership.lent_by).in_(mine)),
    )
    return _rows(session, query.order_by(Membership.valid_from, Account.full_name))


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An invitation in a list; `undelivered` is why its letter did not arrive, in the words of the mail server."""

    row: Invitation
    sujeto_name: str
    sent_by: str
    state: State
    undelivered: str

    @property
    def role_label(self) -> str:
        """The role in Spanish."""
        return ROLE_LABELS[self.row.role]


def invited(session: RwSession, actor: Actor, cursor: str | None = None) -> Page[InvitationRow]:
    """Return the invitations that wait for an answer, the last sent first."""
    query = _invitations().where(*invitations.open_to(actor))
    if cursor:
        seen = tuple_(*reached(cursor))
        query = query.where(tuple_(Invitation.sent_at, Invitation.invitation_id) < seen)
    query = query.order_by(col(Invitation.sent_at).desc(), col(Invitation.invitation_id).desc())
    rows = _invitation_rows(session, query.limit(PAGE + 1))
    return cut(rows, PAGE, lambda one: (one.row.sent_at.isoformat(), str(one.row.invitation_id)))


def invitation(session: RwSession, actor: Actor, invitation_id: UUID) -> InvitationRow:
    """Return an invitation that the actor may manage.

    Raises:
        NotFoundError: absent, or of another place.
    """
    invitations.one(session, actor, invitation_id)
    query = _invitations().where(
        col(Invitation.tenant_id) == actor.tenant_id, col(Invitation.invitation_id) == invitation_id
    )
    return _invitation_rows(session, query)[0]


VERBS = {
    "membership.grant": "Recibió la función",
    "membership.end": "Terminó la función",
    "membership.keep": "Se decidió que conserve la función",
    "membership.lend": "Recibió la función en préstamo",
    "membership.take_back": "Terminó el préstamo",
    "membership.expire": "Terminó el préstamo, por su fecha",
    "membership.hand_over": "Entregó el trabajo que llevaba",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One line of the history of somebody's roles."""

    at: datetime
    said: str
    role: str
    who: str


def history(session: RwSession, actor: Actor, memberships: Sequence[PersonRow]) -> list[Turn]:
    """Return what happened to memberships and who did it, the newest first."""
    roles = {str(row.membership_id): row.role_label for row in memberships}
    rows = session.exec(
        select(AuditEvent)
        .where(
            AuditEvent.tenant_id == actor.tenant_id,
            AuditEvent.subject_type == "membership",
            among(AuditEvent.subject_id, roles),
        )
        .order_by(col(AuditEvent.event_id).desc())
        .limit(PAGE)
    ).all()
    deciders = {row.event_id: _decider(row) for row in rows}
    names = full_names(session, {one for one in deciders.values() if one})
    return [
        Turn(
            row.at,
            VERBS.get(row.verb, row.verb),
            roles[row.subject_id],
            names.get(decider, "") if (decider := deciders[row.event_id]) else "",
        )
        for row in rows
    ]


def _decider(row: AuditEvent) -> UUID | None:
    """Whoever accepts an invitation writes the row, but who granted is who sent it."""
    granted = row.detail.get("granted_by")
    return UUID(granted) if granted else row.account_id


def _everyone(actor: Actor) -> Any:
    lender = aliased(Membership)
    lending = aliased(Account)
    return (
        select(Membership, Account.full_name, Account.email, SujetoObligado.name)
        .add_columns(col(Account.second_factor_since), col(lending.full_name))
        .join(Account, col(Account.account_id) == col(Membership.account_id))
        .outerjoin(
            SujetoObligado,
            and_(
                col(SujetoObligado.tenant_id) == col(Membership.tenant_id),
                col(SujetoObligado.sujeto_obligado_id) == col(Membership.sujeto_obligado_id),
            ),
        )
        .outerjoin(
            lender,
            and_(
                col(lender.tenant_id) == col(Membership.tenant_id),
                col(lender.membership_id) == col(Membership.lent_by),
            ),
        )
        .outerjoin(lending, col(lending.account_id) == col(lender.account_id))
        .where(col(Membership.tenant_id) == actor.tenant_id, col(Membership.role) != MACHINE_ROLE)
    )


def _base(actor: Actor) -> Any:
    query = _everyone(actor)
    if actor.sujeto_obligado_id is not None:
        query = query.where(Membership.sujeto_obligado_id == actor.sujeto_obligado_id)
    return query


def _rows_of(actor: Actor, view: View) -> Any:
    if view == "ended":
        gone = or_(col(Membership.status) == "ended", col(Membership.valid_until) <= clock.now())
        return _base(actor).where(gone)
    if view == "silent":
        return _base(actor).where(_silent())
    return _base(actor).where(
        col(Membership.status) == "active",
        or_(col(Membership.valid_until).is_(None), col(Membership.valid_until) > clock.now()),
    )


def _silent() -> ColumnElement[bool]:
    limit = clock.now() - timedelta(days=SILENT_DAYS)
    return and_(
        in_force(),
        col(Membership.lent_by).is_(None),
        func.coalesce(col(Membership.last_entry_on), func.date(col(Membership.created_at))) < limit.date(),
        or_(col(Membership.reviewed_at).is_(None), col(Membership.reviewed_at) < limit),
    )


def _count(session: RwSession, actor: Actor, condition: ColumnElement[bool]) -> int:
    query = (
        select(func.count())
        .select_from(Membership)
        .where(col(Membership.tenant_id) == actor.tenant_id, condition)
    )
    if actor.sujeto_obligado_id is not None:
        query = query.where(col(Membership.sujeto_obligado_id) == actor.sujeto_obligado_id)
    return session.exec(query).one()


def _rows(session: RwSession, query: Any) -> list[PersonRow]:
    return [
        PersonRow(
            membership_id=row.membership_id,
            account_id=row.account_id,
            full_name=full_name,
            email=email,
            role=row.role,
            sujeto_obligado_id=row.sujeto_obligado_id,
            sujeto_name=sujeto or "",
            last_entry_on=row.last_entry_on,
            second_factor=second is not None,
            lent_by=(lender or "") if row.lent_by else "",
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            created_at=row.created_at,
            ended_at=row.ended_at or (row.valid_until if row.lent_by else None),
            kept_at=row.reviewed_at,
        )
        for row, full_name, email, sujeto, second, lender in session.exec(query)
    ]


def _invitations() -> Any:
    return select(Invitation, SujetoObligado.name).outerjoin(
        SujetoObligado,
        and_(
            col(SujetoObligado.tenant_id) == col(Invitation.tenant_id),
            col(SujetoObligado.sujeto_obligado_id) == col(Invitation.sujeto_obligado_id),
        ),
    )


def _invitation_rows(session: RwSession, query: Any) -> list[InvitationRow]:
    found = session.exec(query).all()
    names = full_names(session, {row.sent_by for row, _ in found})
    fates = mail.fates(session, [invitations.letter_key(row) for row, _ in found])
    return [
        InvitationRow(
            row,
            sujeto or "",
            names.get(row.sent_by, ""),
            state_of(row),
            fate.reason
            if (fate := fates.get(invitations.letter_key(row))) is not None and fate.state == "failed"
            else "",
        )
        for row, sujeto in found
    ]


def _identifier(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError as error:
        raise NotFoundError("La página pedida no existe.") from error
