"""Reading people: who a session belongs to, what they may be, and the actor of a job."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select

from app.core import clock
from app.core.db import Actor, AuthSession, Database, RwSession
from app.core.errors import ForbiddenError
from app.core.policy import ROLE_LABELS
from app.identity.models import Account, LoginSession, Membership, PlatformRole
from app.tenancy.models import SujetoObligado, Tenant

TOUCH_SECONDS = 60


@dataclass(frozen=True, slots=True)
class MembershipView:
    """One hat of a person."""

    tenant_id: UUID
    membership_id: UUID
    tenant_slug: str
    role: str
    sujeto_obligado_id: UUID | None
    sujeto_name: str

    @property
    def role_label(self) -> str:
        """The role in Spanish."""
        return ROLE_LABELS[self.role]

    def actor(self, account_id: UUID) -> Actor:
        """Return the actor that this hat makes of the person."""
        return Actor(
            tenant_id=self.tenant_id,
            account_id=account_id,
            membership_id=self.membership_id,
            role=self.role,
            sujeto_obligado_id=self.sujeto_obligado_id,
        )


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person with an open session."""

    account_id: UUID
    session_id: UUID
    email: str
    full_name: str
    membership_id: UUID | None
    memberships: tuple[MembershipView, ...]
    platform_roles: tuple[str, ...]

    def membership_in(self, tenant_id: UUID) -> MembershipView | None:
        """Return the hat worn in a tenant: the chosen one if it belongs there, else the first."""
        here = [hat for hat in self.memberships if hat.tenant_id == tenant_id]
        chosen = [hat for hat in here if hat.membership_id == self.membership_id]
        return next(iter(chosen or here), None)


@dataclass(frozen=True, slots=True)
class SessionView:
    """One of a person's open sessions, for the list with its revoke button."""

    session_id: UUID
    user_agent: str
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
        return SignedIn(
            account_id=account.account_id,
            session_id=login.session_id,
            email=account.email,
            full_name=account.full_name,
            membership_id=login.membership_id,
            memberships=memberships(session, account.account_id),
            platform_roles=tuple(sorted(roles)),
        )


def memberships(session: AuthSession, account_id: UUID) -> tuple[MembershipView, ...]:
    """Return the active hats of a person in all tenants, ordered by tenant, body and role."""
    rows = session.exec(
        select(Membership, Tenant.slug, SujetoObligado.name)
        .join(Tenant, col(Tenant.tenant_id) == col(Membership.tenant_id))
        .outerjoin(
            SujetoObligado,
            (col(SujetoObligado.tenant_id) == col(Membership.tenant_id))
            & (col(SujetoObligado.sujeto_obligado_id) == col(Membership.sujeto_obligado_id)),
        )
        .where(Membership.account_id == account_id, Membership.status == "active", Tenant.status == "active")
        .order_by(Tenant.slug, col(SujetoObligado.sort_key).nulls_first(), Membership.role)
    ).all()
    return tuple(
        MembershipView(
            tenant_id=membership.tenant_id,
            membership_id=membership.membership_id,
            tenant_slug=slug,
            role=membership.role,
            sujeto_obligado_id=membership.sujeto_obligado_id,
            sujeto_name=sujeto or "",
        )
        for membership, slug, sujeto in rows
    )


def open_sessions(session: AuthSession, who: SignedIn) -> list[SessionView]:
    """Return the sessions of a person that have not ended, newest first."""
    rows = session.exec(
        select(LoginSession)
        .where(
            LoginSession.account_id == who.account_id,
            col(LoginSession.revoked_at).is_(None),
            LoginSession.expires_at > clock.now(),
        )
        .order_by(col(LoginSession.created_at).desc())
    ).all()
    return [
        SessionView(
            row.session_id, row.user_agent, row.created_at, row.last_seen_at, row.session_id == who.session_id
        )
        for row in rows
    ]


def actor_for_job(session: RwSession, actor: Actor) -> Actor:
    """Return the actor of a job with the role that the person has now.

    Raises:
        ForbiddenError: the membership under which the job was asked for has ended.
    """
    row = session.exec(
        select(Membership).where(
            Membership.tenant_id == actor.tenant_id,
            Membership.membership_id == actor.membership_id,
            Membership.account_id == actor.account_id,
            Membership.status == "active",
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


def full_names(session: RwSession, account_ids: set[UUID]) -> dict[UUID, str]:
    """Return the names of colleagues in the actor's tenant; others are simply absent."""
    if not account_ids:
        return {}
    rows = session.exec(
        select(Account.account_id, Account.full_name).where(col(Account.account_id).in_(account_ids))
    ).all()
    return dict(rows)
