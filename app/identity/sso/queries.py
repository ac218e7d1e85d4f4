"""Reading single sign-on: a tenant's provider, and who may enter without it."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from app.core import clock
from app.core.db import Actor, AuthSession, RwSession
from app.core.errors import UnauthenticatedError
from app.core.tables import among
from app.identity.sso.models import BreakGlass, IdentityProvider
from app.tenancy.models import Tenant


class ProviderNeededError(UnauthenticatedError):
    """Signed in by a password, where only the tenant's provider opens; a page leads to it."""

    slug, title = "entra-con-tu-proveedor", "Este organismo se abre con su proveedor de identidad"

    def __init__(self, tenant_slug: str) -> None:
        super().__init__("Tu organismo apagó la entrada con contraseña. Entra con su proveedor de identidad.")
        self.door = f"/{tenant_slug}/sso/entrar"


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider with which somebody may enter: what it is called, and its tenant."""

    label: str
    tenant_slug: str


def provider(session: RwSession, actor: Actor) -> IdentityProvider | None:
    """Return the provider that the actor's tenant configured, in use or not."""
    return session.exec(
        select(IdentityProvider).where(IdentityProvider.tenant_id == actor.tenant_id)
    ).one_or_none()


def offers(session: AuthSession, slugs: Collection[str] | None = None) -> list[Offer]:
    """Return the providers in use, of these tenants or of all, by the tenant's address."""
    query = (
        select(IdentityProvider.label, Tenant.slug)
        .join(Tenant, col(Tenant.tenant_id) == col(IdentityProvider.tenant_id))
        .where(col(IdentityProvider.enabled).is_(True), Tenant.status == "active")
        .order_by(Tenant.slug)
    )
    if slugs is not None:
        query = query.where(col(Tenant.slug).in_(slugs))
    return [Offer(label, slug) for label, slug in session.exec(query)]


def closed_to_passwords(session: AuthSession, account_id: UUID, tenants: Collection[UUID]) -> frozenset[UUID]:
    """Return which of these tenants only their provider opens for this account: local sign-in is off, and not lent.

    Args:
        session: as `app_auth`.
        account_id: who would enter; a break-glass of theirs opens their tenant for a day.
        tenants: where they have something to do.
    """
    if not tenants:
        return frozenset()
    closed = session.exec(
        select(IdentityProvider.tenant_id).where(
            among(IdentityProvider.tenant_id, tenants),
            col(IdentityProvider.enabled).is_(True),
            col(IdentityProvider.local_login).is_(False),
        )
    ).all()
    if not closed:
        return frozenset()
    lent = session.exec(
        select(BreakGlass.tenant_id).where(
            BreakGlass.account_id == account_id, col(BreakGlass.local_until) > clock.now()
        )
    ).all()
    return frozenset(closed) - frozenset(lent)
