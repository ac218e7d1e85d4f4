"""What happens to memberships after they were granted: used, changed, lent, looked through, ended.

Over 400 lines because every end, of a role or of a loan, hands work over in the same transaction and by the same rules.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlmodel import col, select

from app.core import audit, clock, outbox
from app.core.db import Actor, Database, RwSession
from app.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from app.core.jobs import apart
from app.core.policy import ROLES, SUJETO_ROLES, Permission, require
from app.identity import belongings, policy, service
from app.identity.belongings import Hands, Held
from app.identity.models import Account, Invitation, Membership
from app.identity.queries import in_force
from app.identity.workflow import MEMBERSHIPS
from app.tenancy import queries as tenancy
from app.tenancy.models import SECOND_FACTOR

LONGEST_LOAN = timedelta(days=120)


def note_entry(database: Database, actor: Actor) -> None:
    """Remember that the actor's membership was used today; the dependency asks once a day."""
    with database.unit_of_work(actor) as session:
        session.execute(
            update(Membership)
            .where(
                col(Membership.tenant_id) == actor.tenant_id,
                col(Membership.membership_id) == actor.membership_id,
            )
            .values(last_entry_on=clock.now().date())
        )


def membership(
    session: RwSession, actor: Actor, membership_id: UUID, *, for_update: bool = False
) -> Membership:
    """Return a membership of a place whose people the actor manages.

    Raises:
        NotFoundError: absent, or of another place.
    """
    row = _membership(session, actor, membership_id, for_update=for_update)
    policy.require_reach(actor, row.sujeto_obligado_id)
    return row


def in_hand(session: RwSession, row: Membership, role: str = "") -> tuple[Held, ...]:
    """Return what must pass to somebody else when the membership ends, or becomes another role.

    What borrowers hold by the role counts: it comes back first.
    """
    kept = _other_roles(session, row) | ({role} - {""})
    held = belongings.held(session, _hands(row), row.role, kept)
    for loan in _loans_of(session, row):
        held = belongings.together(
            held, belongings.held(session, _hands(loan), loan.role, kept | _other_roles(session, loan))
        )
    return held


def end(session: RwSession, actor: Actor, membership_id: UUID, heir: UUID | None = None) -> None:
    """End a membership, with what was lent from it; effective with the person's next request.

    Args:
        session: bound to the actor.
        actor: manages the people of the place; may end their own.
        membership_id: which.
        heir: the membership that takes over what the person holds; needed when there is something.

    Raises:
        NotFoundError: absent, or of another place.
        ForbiddenError: its role is above what the actor may give.
        ConflictError: ended already, the last administration, or nobody takes over.
    """
    row = membership(session, actor, membership_id, for_update=True)
    if row.role not in policy.grantable(actor):
        raise ForbiddenError("Esa función la termina la administración del organismo garante.")
    MEMBERSHIPS.check("end", row.status)
    _refuse_last_administration(session, actor, row)
    _call_in(session, actor, row)
    _hand_over(session, actor, row, in_hand(session, row), heir)
    close(session, actor, row, "end")
    _record(session, "end", row, role=row.role, heir=str(heir or ""))
    news = {"membership_id": str(membership_id), "account_id": str(row.account_id)}
    outbox.emit(session, "people.left", [news])


def change_role(
    session: RwSession, actor: Actor, membership_id: UUID, role: str, heir: UUID | None = None
) -> UUID:
    """Give a person another role in the same place; return the membership that holds from now on.

    Raises:
        NotFoundError: absent, or of another place.
        ForbiddenError: one's own, or above what the actor may give.
        InvalidError: the role does not fit the place.
        ConflictError: lent, ended, the last administration, the person has that role already, or nobody takes over.
    """
    row = membership(session, actor, membership_id, for_update=True)
    policy.refuse_oneself(actor, row.account_id)
    policy.require_grant(actor, role, row.sujeto_obligado_id)
    if row.role not in policy.grantable(actor):
        raise ForbiddenError("Esa función la cambia la administración del organismo garante.")
    MEMBERSHIPS.check("end", row.status)
    if row.lent_by is not None:
        raise ConflictError("Esta función está prestada: termínala, no se cambia por otra.")
    if _role_held(session, row, role):
        raise ConflictError("La persona ya tiene esa función aquí.")
    _refuse_last_administration(session, actor, row)
    _call_in(session, actor, row)
    _hand_over(session, actor, row, in_hand(session, row, role), heir)
    close(session, actor, row, "end")
    fresh = service.add_membership(session, actor, row.account_id, role, row.sujeto_obligado_id)
    _record(session, "end", row, role=row.role, replaced_by=role)
    _record(session, "grant", _membership(session, actor, fresh), role=role, instead_of=row.role)
    return fresh


def keep(session: RwSession, actor: Actor, membership_id: UUID) -> None:
    """Decide that a membership nobody used for long stays; the decision holds until the next review.

    Raises:
        NotFoundError: absent, or of another place.
        ForbiddenError: one's own.
        ConflictError: it has ended.
    """
    row = membership(session, actor, membership_id, for_update=True)
    policy.refuse_oneself(actor, row.account_id)
    MEMBERSHIPS.check("end", row.status)
    row.reviewed_at, row.reviewed_by = clock.now(), actor.account_id
    session.add(row)
    session.flush()
    _record(session, "keep", row)


@dataclass(frozen=True, slots=True)
class Loan:
    """A role lent to a colleague: from the beginning of a day to the end of another, there where the tenant is."""

    membership_id: UUID
    to_membership_id: UUID
    first: date
    last: date


def lend(session: RwSession, actor: Actor, loan: Loan) -> UUID:
    """Lend the role that one acts under to a colleague of the same place; return the membership that they get.

    Another of one's roles must be worn first: that is where the tenant asks for its second factor.

    Args:
        session: bound to the actor.
        actor: the lender.
        loan: of the membership that the actor wears.

    Raises:
        NotFoundError: not the actor's role of now, or not a colleague's.
        ConflictError: the role is itself lent, or the colleague has it already.
        InvalidError: the days do not make sense.
    """
    row = _membership(session, actor, loan.membership_id, for_update=True)
    if row.account_id != actor.account_id or row.membership_id != actor.membership_id:
        raise NotFoundError(
            "Solo se presta la función con que trabajas ahora. Cambia antes a la que quieres prestar."
        )
    MEMBERSHIPS.check("end", row.status)
    if row.lent_by is not None:
        raise ConflictError("Esta función te la prestaron: no puedes prestarla a tu vez.")
    colleague = _membership(session, actor, loan.to_membership_id)
    if not _is_colleague(session, row, colleague):
        raise NotFoundError("Elige a alguien de la lista: tiene que trabajar en el mismo lugar que tú.")
    zone = ZoneInfo(tenancy.tenant(session, actor).time_zone)
    begins, ends = _instants(loan, zone)
    held = _role_held(session, row, row.role, colleague.account_id)
    if held:
        raise ConflictError("Esa persona ya tiene esta función aquí.")
    lent = service.add_membership(
        session, actor, colleague.account_id, row.role, row.sujeto_obligado_id, granted_by=actor.account_id
    )
    fresh = _membership(session, actor, lent)
    fresh.valid_from, fresh.valid_until, fresh.lent_by = begins, ends, row.membership_id
    session.add(fresh)
    session.flush()
    _record(
        session,
        "lend",
        fresh,
        role=row.role,
        lent_by=str(row.membership_id),
        first=loan.first.isoformat(),
        last=loan.last.isoformat(),
    )
    return lent


def take_back(session: RwSession, actor: Actor, membership_id: UUID) -> None:
    """End a loan before its day, by whoever lent it or gives it back; the work that it brought goes to the lender.

    Raises:
        NotFoundError: absent, or of another institution.
        ForbiddenError: between others.
        ConflictError: no loan, or it has ended.
    """
    row = _membership(session, actor, membership_id, for_update=True)
    if actor.sujeto_obligado_id not in (None, row.sujeto_obligado_id):
        raise NotFoundError
    if row.lent_by is None:
        raise ConflictError("Esa función no es un encargo: nadie la prestó.")
    lender = _membership(session, actor, row.lent_by)
    if actor.account_id not in (lender.account_id, row.account_id):
        raise ForbiddenError("Un encargo lo termina quien presta la función o quien la recibe.")
    MEMBERSHIPS.check("expire", row.status)
    _return(session, row, lender)
    close(session, actor, row, "expire")
    _record(session, "take_back", row, role=row.role)


def end_loans(database: Database, tenant_id: UUID) -> int:
    """End a tenant's loans whose last day has passed; what they brought goes to the lenders. Return how many."""
    actor = Actor(tenant_id=tenant_id, role="system")
    with database.unit_of_work(actor) as session:
        due = session.exec(
            select(Membership.membership_id).where(
                Membership.tenant_id == tenant_id,
                Membership.status == "active",
                col(Membership.lent_by).is_not(None),
                col(Membership.valid_until) <= clock.now(),
            )
        ).all()
    ended = 0
    for one in due:
        with apart(ending_the_loan=str(one)):
            ended += _end_loan(database, actor, one)
    return ended


def _end_loan(database: Database, actor: Actor, membership_id: UUID) -> bool:
    with database.unit_of_work(actor) as session:
        row = _membership(session, actor, membership_id, for_update=True)
        if row.status != "active" or row.lent_by is None:  # another worker was first
            return False
        _return(session, row, _membership(session, actor, row.lent_by))
        close(session, actor, row, "expire")
        _record(session, "expire", row, role=row.role)
        return True


def demand_second_factor(session: RwSession, actor: Actor, of_whom: str) -> None:
    """Say of whom the tenant demands more than a password.

    Raises:
        ForbiddenError: the actor does not manage the tenant.
        InvalidError: not one of the choices.
    """
    require(actor, Permission.TENANT_MANAGE)
    if of_whom not in SECOND_FACTOR:
        raise InvalidError("Elige a quién se le pide el segundo paso.")
    row = tenancy.tenant(session, actor)
    if row.second_factor != of_whom:
        before, row.second_factor, row.updated_at = row.second_factor, of_whom, clock.now()
        session.add(row)
        session.flush()
        audit.record(session, "tenant.second_factor", "tenant", actor.tenant_id, before=before, after=of_whom)


def _membership(
    session: RwSession, actor: Actor, membership_id: UUID, *, for_update: bool = False
) -> Membership:
    query = select(Membership).where(
        Membership.tenant_id == actor.tenant_id, Membership.membership_id == membership_id
    )
    query = query.execution_options(populate_existing=True)
    row = session.exec(query.with_for_update() if for_update else query).one_or_none()
    if row is None:
        raise NotFoundError
    return row


def _refuse_last_administration(session: RwSession, actor: Actor, row: Membership) -> None:
    """Refuse when nobody else administers the tenant for good; its rows stay locked, so two cannot leave at once."""
    if row.role != "garante_admin" or row.lent_by is not None:
        return
    administrations = session.exec(
        select(Membership)
        .where(
            Membership.tenant_id == actor.tenant_id,
            Membership.role == "garante_admin",
            col(Membership.lent_by).is_(None),
            Membership.status == "active",
            col(Membership.account_id).in_(select(Account.account_id).where(Account.status == "active")),
        )
        .order_by(col(Membership.membership_id))
        .with_for_update()
    ).all()
    if all(other.account_id == row.account_id for other in administrations):
        raise ConflictError(
            "Es la única persona que administra el organismo garante. Da antes esa función a alguien más."
        )


def _hand_over(
    session: RwSession, actor: Actor, row: Membership, held: tuple[Held, ...], heir: UUID | None
) -> None:
    if not held:
        return
    if heir is None:
        raise ConflictError("Esta persona lleva trabajo abierto: di antes a quién pasa.")
    taker = _membership(session, actor, heir)
    fits = (
        taker.sujeto_obligado_id == row.sujeto_obligado_id
        and taker.lent_by is None
        and belongings.can_take(held, taker.role)
    )
    if not fits or taker.account_id == row.account_id or not _holds_now(session, taker):
        raise NotFoundError("Elige de la lista a quién pasa el trabajo.")
    _give(session, row, held, taker)


def _give(session: RwSession, row: Membership, held: tuple[Held, ...], taker: Membership) -> None:
    for one in held:
        one.belonging.hand_over(session, _hands(row), taker.account_id)
    if held:
        pieces = {one.belonging.many: one.number for one in held}
        _record(session, "hand_over", row, heir=str(taker.membership_id), pieces=pieces)


def _return(session: RwSession, loan: Membership, lender: Membership) -> None:
    """Give the lender what the borrower holds by nothing but the loan."""
    held = belongings.held(session, _hands(loan), loan.role, _other_roles(session, loan))
    _give(session, loan, held, lender)


def _call_in(session: RwSession, actor: Actor, row: Membership) -> None:
    """End what was lent from a membership; the work that it brought comes back."""
    for loan in _loans_of(session, row, for_update=True):
        _return(session, loan, row)
        _shut(session, actor, loan, "expire")


def _loans_of(session: RwSession, row: Membership, *, for_update: bool = False) -> list[Membership]:
    query = select(Membership).where(
        Membership.tenant_id == row.tenant_id,
        Membership.lent_by == row.membership_id,
        Membership.status == "active",
    )
    return list(session.exec(query.with_for_update() if for_update else query))


def _other_roles(session: RwSession, row: Membership) -> frozenset[str]:
    """Return what else the person is in the same place now."""
    query = select(Membership.role).where(
        Membership.tenant_id == row.tenant_id,
        Membership.account_id == row.account_id,
        Membership.membership_id != row.membership_id,
        col(Membership.sujeto_obligado_id).is_not_distinct_from(row.sujeto_obligado_id),
        in_force(),
    )
    return frozenset(session.exec(query))


def _hands(row: Membership) -> Hands:
    return Hands(row.tenant_id, row.account_id, row.sujeto_obligado_id)


def close(session: RwSession, actor: Actor, row: Membership, action: str) -> None:
    """End a row with what was lent from it, and the invitations that those who lose it sent.

    Args:
        session: bound to the actor.
        actor: who ends it, and may: that is the caller's to check.
        row: locked.
        action: of the machine: `end`, or `expire` for a loan.
    """
    _call_in(session, actor, row)
    _shut(session, actor, row, action)


def _shut(session: RwSession, actor: Actor, row: Membership, action: str) -> None:
    now = clock.now()
    MEMBERSHIPS.apply(row, action)
    row.ended_at, row.ended_by, row.sso = now, actor.account_id, ""
    session.add(row)
    if Permission.PEOPLE_MANAGE in ROLES[row.role]:
        # A link sent in an office that one no longer has must not lead back into it.
        session.execute(
            update(Invitation)
            .where(
                col(Invitation.tenant_id) == actor.tenant_id,
                col(Invitation.sent_by) == row.account_id,
                col(Invitation.sujeto_obligado_id).is_not_distinct_from(row.sujeto_obligado_id)
                if row.sujeto_obligado_id
                else col(Invitation.tenant_id) == row.tenant_id,
                col(Invitation.accepted_at).is_(None),
                col(Invitation.revoked_at).is_(None),
            )
            .values(revoked_at=now)
        )
    session.flush()


def _record(session: RwSession, act: str, row: Membership, **detail: object) -> None:
    audit.record(
        session,
        f"membership.{act}",
        "membership",
        row.membership_id,
        sujeto_obligado_id=row.sujeto_obligado_id,
        **detail,
    )


def _role_held(session: RwSession, row: Membership, role: str, account_id: UUID | None = None) -> bool:
    return (
        session.exec(
            select(Membership.membership_id).where(
                Membership.tenant_id == row.tenant_id,
                Membership.account_id == (account_id or row.account_id),
                Membership.role == role,
                col(Membership.sujeto_obligado_id).is_not_distinct_from(row.sujeto_obligado_id),
                Membership.status == "active",
                col(Membership.valid_until).is_(None) | (col(Membership.valid_until) > clock.now()),
            )
        ).first()
        is not None
    )


def _holds_now(session: RwSession, row: Membership) -> bool:
    query = select(Membership.membership_id).where(
        Membership.tenant_id == row.tenant_id, Membership.membership_id == row.membership_id, in_force()
    )
    return session.exec(query).first() is not None


def _is_colleague(session: RwSession, row: Membership, other: Membership) -> bool:
    return (
        other.account_id != row.account_id
        and other.sujeto_obligado_id == row.sujeto_obligado_id
        and (other.role in SUJETO_ROLES) == (row.role in SUJETO_ROLES)
        and _holds_now(session, other)
    )


def _instants(loan: Loan, zone: ZoneInfo) -> tuple[datetime, datetime]:
    today = clock.now().astimezone(zone).date()
    if loan.last < loan.first or loan.last < today:
        raise InvalidError("El último día no puede ser anterior al primero, ni haber pasado ya.")
    if loan.last - loan.first > LONGEST_LOAN:
        raise InvalidError(f"Un encargo dura como mucho {LONGEST_LOAN.days} días.")
    begins = datetime.combine(loan.first, time.min, zone)
    return begins, datetime.combine(loan.last + timedelta(days=1), time.min, zone)
