"""Reading people: who a session belongs to, what they may be, and the actor of a job."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from app.core import clock
from app.core.db import Actor, AuthSession, Database, RwSession
from app.core.errors import ForbiddenError
from app.core.policy import ROLE_LABELS
from app.identity import device
from app.identity.models import Account, LoginSession, Membership, PlatformRole
from app.identity.sso.queries import closed_to_passwords
from app.tenancy import queries as tenancy
from app.tenancy.models import SujetoObligado, Tenant
from app.web.formats import date_es

TOUCH_SECONDS = 60


@dataclass(frozen=True, slots=True)
class MembershipView:
    """One hat of a person.

    Attributes:
        sujeto_status: whether its body works (`app.tenancy.models.STATUSES`); empty without one.
        lent_until: when it goes back to who lent it; None for the person's own.
        last_entry_on: the last day on which it was worn.
        demands_second_factor: the tenant wants more than a password of whoever wears it.
    """

    tenant_id: UUID
    membership_id: UUID
    tenant_slug: str
    role: str
    sujeto_obligado_id: UUID | None
    sujeto_name: str
    sujeto_status: str = ""
    lent_until: datetime | None = None
    last_entry_on: date | None = None
    demands_second_factor: bool = False

    @property
    def role_label(self) -> str:
        """The role in Spanish, and until when it is lent."""
        if self.lent_until is None:
            return ROLE_LABELS[self.role]
        last = self.lent_until - timedelta(seconds=1)  # it ends as the next day begins
        return f"{ROLE_LABELS[self.role]}, prestada hasta el {date_es(last)}"

    def actor(self, account_id: UUID, address: str = "") -> Actor:
        """Return the actor that this hat makes of the person, who acts from a network address."""
        return Actor(
            tenant_id=self.tenant_id,
            account_id=account_id,
            membership_id=self.membership_id,
            role=self.role,
            sujeto_obligado_id=self.sujeto_obligado_id,
            address=address,
        )


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person with an open session.

    Attributes:
        authenticated_at: when they last gave their password, or more.
        second_factor: the account has one.
        second_factor_at: when this session saw it.
        sso_tenant_id: the tenant whose provider opened the session: it opens nothing else, no role over the platform
            and nothing of the account itself.
        only_by_provider: addresses of tenants where they have a role, and that a password does not open.
    """

    account_id: UUID
    session_id: UUID
    email: str
    full_name: str
    membership_id: UUID | None
    memberships: tuple[MembershipView, ...]
    platform_roles: tuple[str, ...]
    authenticated_at: datetime
    second_factor: bool
    second_factor_at: datetime | None
    sso_tenant_id: UUID | None = None
    only_by_provider: tuple[str, ...] = ()

    def barred_from(self, hat: MembershipView) -> bool:
        """Tell whether the hat demands a second factor that this session has not seen; a provider asks for its own."""
        return hat.demands_second_factor and self.second_factor_at is None and self.sso_tenant_id is None

    def membership_in(self, tenant_id: UUID) -> MembershipView | None:
        """Return the hat worn in a tenant: the chosen one if it belongs there, else the first."""
        here = [hat for hat in self.memberships if hat.tenant_id == tenant_id]
        chosen = [hat for hat in here if hat.membership_id == self.membership_id]
        return next(iter(chosen or here), None)


@dataclass(frozen=True, slots=True)
class SessionView:
    """One of a person's open sessions, for the list with its revoke button."""

    session_id: UUID
    device: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


def token_hash(token: str) -> bytes:
    """Return what the database keeps of a session token (256 random bits: no slow hash needed)."""
    return hashlib.sha256(token.encode()).digest()


def signed_in(database: Database, token: str, *, idle: timedelta) -> SignedIn | None:
    """Return who a session token belongs to, or None when it is unknown, revoked or has ended.

    Args:
        database: read as `app_auth`; `last_seen_at` is written at most once a minute.
        token: from the cookie.
        idle: after so long unused a session ends.
    """
    now = clock.now()
    with database.auth_work() as session:
        found = session.exec(
            select(LoginSession, Account)
            .join(Account, col(Account.account_id) == col(LoginSession.account_id))
            .where(
                LoginSession.token_sha256 == token_hash(token),
                col(LoginSession.revoked_at).is_(None),
                LoginSession.expires_at > now,
                LoginSession.last_seen_at > now - idle,
                Account.status == "active",
                col(LoginSession.awaits_second_factor).is_(False),
            )
        ).one_or_none()
        if found is None:
            return None
        login, account = found
        if now - login.last_seen_at > timedelta(seconds=TOUCH_SECONDS):
            login.last_seen_at = now
        roles = session.exec(
            select(PlatformRole.role).where(PlatformRole.account_id == account.account_id)
        ).all()
        hats = memberships(session, account.account_id)
        there = {hat.tenant_id for hat in hats}
        closed = (
            there - {login.sso_tenant_id}
            if login.sso_tenant_id
            else closed_to_passwords(session, account.account_id, there)
        )
        return SignedIn(
            account_id=account.account_id,
            session_id=login.session_id,
            email=account.email,
            full_name=account.full_name,
            membership_id=login.membership_id,
            memberships=tuple(hat for hat in hats if hat.tenant_id not in closed),
            platform_roles=() if login.sso_tenant_id else tuple(sorted(roles)),
            authenticated_at=login.authenticated_at,
            second_factor=account.second_factor_since is not None,
            second_factor_at=login.second_factor_at,
            sso_tenant_id=login.sso_tenant_id,
            only_by_provider=()
            if login.sso_tenant_id
            else tuple(sorted({hat.tenant_slug for hat in hats if hat.tenant_id in closed})),
        )


def in_force() -> ColumnElement[bool]:
    """Return the condition that a membership holds now: not ended, and within the days for which it was lent.

    A loan ends with its lender's own, whoever or whatever ended that one.
    """
    now, lender = clock.now(), aliased(Membership)
    lends = exists().where(
        col(lender.tenant_id) == col(Membership.tenant_id),
        col(lender.membership_id) == col(Membership.lent_by),
        col(lender.status) == "active",
    )
    return and_(
        col(Membership.status) == "active",
        or_(col(Membership.valid_from).is_(None), col(Membership.valid_from) <= now),
        or_(col(Membership.valid_until).is_(None), col(Membership.valid_until) > now),
        or_(col(Membership.lent_by).is_(None), lends),
    )


def demands(second_factor: str, role: str) -> bool:
    """Tell whether a tenant with this setting wants more than a password of this role."""
    return second_factor == "everybody" or (second_factor == "administrators" and role == "garante_admin")


def memberships(session: AuthSession, account_id: UUID) -> tuple[MembershipView, ...]:
    """Return the hats that a person has now in all tenants, ordered by tenant, body and role."""
    rows = session.exec(
        select(Membership, Tenant.slug, Tenant.second_factor, SujetoObligado)
        .join(Tenant, col(Tenant.tenant_id) == col(Membership.tenant_id))
        .outerjoin(
            SujetoObligado,
            (col(SujetoObligado.tenant_id) == col(Membership.tenant_id))
            & (col(SujetoObligado.sujeto_obligado_id) == col(Membership.sujeto_obligado_id)),
        )
        .where(Membership.account_id == account_id, in_force(), Tenant.status == "active")
        .order_by(Tenant.slug, col(SujetoObligado.sort_key).nulls_first(), Membership.role)
    ).all()
    return tuple(
        MembershipView(
            tenant_id=membership.tenant_id,
            membership_id=membership.membership_id,
            tenant_slug=slug,
            role=membership.role,
            sujeto_obligado_id=membership.sujeto_obligado_id,
            sujeto_name=sujeto.name if sujeto else "",
            sujeto_status=sujeto.status if sujeto else "",
            lent_until=membership.valid_until if membership.lent_by else None,
            last_entry_on=membership.last_entry_on,
            demands_second_factor=demands(second_factor, membership.role),
        )
        for membership, slug, second_factor, sujeto in rows
    )


def open_sessions(session: AuthSession, who: SignedIn) -> list[SessionView]:
    """Return the sessions of a person that have not ended, newest first; to a provider's session only its tenant's."""
    rows = session.exec(
        select(LoginSession)
        .where(
            LoginSession.account_id == who.account_id,
            col(LoginSession.revoked_at).is_(None),
            LoginSession.expires_at > clock.now(),
            col(LoginSession.awaits_second_factor).is_(False),
            who.sso_tenant_id is None or LoginSession.sso_tenant_id == who.sso_tenant_id,
        )
        .order_by(col(LoginSession.created_at).desc())
    ).all()
    return [
        SessionView(
            row.session_id,
            device.known_as(row.user_agent),
            row.created_at,
            row.last_seen_at,
            row.session_id == who.session_id,
        )
        for row in rows
    ]


def actor_for_job(session: RwSession, actor: Actor) -> Actor:
    """Return the actor of a job with the role that the person has now.

    Raises:
        SuspendedError: nobody works in the tenant for now.
        ForbiddenError: the membership under which the job was asked for has ended.
    """
    tenancy.at_work(session, actor)
    row = session.exec(
        select(Membership).where(
            Membership.tenant_id == actor.tenant_id,
            Membership.membership_id == actor.membership_id,
            Membership.account_id == actor.account_id,
            in_force(),
        )
    ).one_or_none()
    if row is None:
        raise ForbiddenError("Quien pidió esta tarea ya no tiene esa función.")
    return Actor(
        tenant_id=row.tenant_id,
        account_id=row.account_id,
        membership_id=row.membership_id,
        role=row.role,
        sujeto_obligado_id=row.sujeto_obligado_id,
    )


def was_ended(session: RwSession, actor: Actor) -> bool:
    """Tell whether somebody else ended the role under which the actor acts."""
    ended = select(Membership.membership_id).where(
        Membership.tenant_id == actor.tenant_id,
        Membership.membership_id == actor.membership_id,
        Membership.status != "active",
        col(Membership.ended_by).is_distinct_from(actor.account_id),
    )
    return actor.membership_id is not None and session.exec(ended).first() is not None


def full_names(session: RwSession, account_ids: set[UUID]) -> dict[UUID, str]:
    """Return the names of colleagues in the actor's tenant; others are simply absent."""
    if not account_ids:
        return {}
    rows = session.exec(
        select(Account.account_id, Account.full_name).where(col(Account.account_id).in_(account_ids))
    ).all()
    return dict(rows)
