"""Acts of the platform on a whole tenant: each as the owner, bound to that tenant, audited there."""

from dataclasses import replace
from uuid import UUID

from sqlmodel import Session, select

from app.continuity.queries import administered, once_administered, slug_taken
from app.continuity.workflow import TENANTS
from app.core import audit, clock, public_log
from app.core.db import Actor, Database, RwSession
from app.core.errors import ConflictError, ForbiddenError, InvalidError
from app.core.policy import Permission, require
from app.identity import invitations
from app.identity.invitations import Offer
from app.identity.models import Account
from app.tenancy import declarations
from app.tenancy import service as tenancy
from app.tenancy.declarations import TenantDeclaration
from app.tenancy.models import Tenant
from app.tenancy.queries import TenantView


def found(database: Database, operator: Actor, declaration: TenantDeclaration) -> UUID:
    """Make a tenant; it serves from the next question on.

    Args:
        database: written as the owner.
        operator: of the platform.
        declaration: what a `tenant.toml` would say.

    Raises:
        ForbiddenError: not an operator.
        InvalidError: the declaration does not stand.
        ConflictError: its address or a prefix is another's.
    """
    require(operator, Permission.PLATFORM_MANAGE)
    faults = declarations.faults(declaration)
    if faults:
        raise InvalidError(" ".join(message for _, message in faults))
    if slug_taken(database, declaration.slug):
        raise ConflictError(f"La dirección «{declaration.slug}» ya es de otro organismo: elige otra.")
    return tenancy.found(database, operator, declaration)


def invite_admin(database: Database, operator: Actor, tenant_id: UUID, email: str, full_name: str) -> None:
    """Invite the first to administer a tenant: one operator may, while nothing of anybody's is in it.

    Raises:
        ForbiddenError: not an operator, or the address is their own.
        ConflictError: somebody administers it, who invites whom they want, or did, so that it takes two operators; or
            this address is invited already.
        InvalidError: it is no address.
    """
    require(operator, Permission.PLATFORM_MANAGE)
    with database.owner_work() as session:
        refuse_themselves(session, invitations.address(email), operator.account_id)
    with database.unit_of_work(_standing_in(operator, tenant_id)) as session:
        if once_administered(session, tenant_id):
            raise ConflictError(
                "Este organismo ya tuvo quien lo administre: si aún lo tiene, a las demás personas las invita él mismo; "
                "si no, pide la administración con su acto legal y que otra persona que opera la acepte."
            )
        _invite(session, email, full_name)


def refuse_themselves(session: Session, email: str, *operators: UUID | None) -> None:
    """Refuse an operator who would administer a tenant.

    Args:
        session: of the owner: a tenant's own transaction does not see accounts of people who are not in it.
        email: whom they propose, normalised.
        *operators: accounts of those who act.

    Raises:
        ForbiddenError: it is one of them.
    """
    known = session.exec(select(Account.account_id).where(Account.email == email)).first()
    if known is not None and known in operators:
        raise ForbiddenError("Quien opera la plataforma no se nombra a sí mismo: propón a otra persona.")


def appoint_admin(database: Database, operator: Actor, tenant_id: UUID, email: str, full_name: str) -> None:
    """Invite somebody to administer a tenant that nobody administers any more, as two operators agreed.

    Raises:
        ForbiddenError: not an operator.
        ConflictError: somebody administers it; or this address is invited already.
    """
    require(operator, Permission.PLATFORM_MANAGE)
    with database.unit_of_work(_standing_in(operator, tenant_id)) as session:
        if administered(session, tenant_id):
            raise ConflictError(
                "Este organismo tiene quien lo administre: a las demás personas las invita él mismo."
            )
        _invite(session, email, full_name)


def _standing_in(operator: Actor, tenant_id: UUID) -> Actor:
    """Nobody of the garante is there to give its first role: the platform stands in for it."""
    return Actor(tenant_id=tenant_id, account_id=operator.account_id, role="garante_admin")


def _invite(session: RwSession, email: str, full_name: str) -> None:
    invitations.invite(session, session.info["actor"], Offer(email, full_name, "garante_admin"))


def change_status(database: Database, operator: Actor, view: TenantView, action: str, reason: str) -> None:
    """Suspend a tenant or let it work again; what it published stays public either way.

    Args:
        database: written as the owner.
        operator: of the platform.
        view: which tenant.
        action: "suspend" or "resume".
        reason: in Spanish, without personal data: it stands in the tenant's public log.

    Raises:
        ForbiddenError: not an operator.
        InvalidError: no reason.
        ConflictError: it is in that state already.
    """
    require(operator, Permission.PLATFORM_MANAGE)
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise InvalidError("Escribe el motivo: lo leerá cualquiera en la bitácora pública.")
    with database.owner_work(replace(operator, tenant_id=view.tenant_id)) as session:
        tenant = session.exec(
            select(Tenant).where(Tenant.tenant_id == view.tenant_id).with_for_update()
        ).one()
        TENANTS.apply(tenant, action)
        tenant.status_since = clock.now()
        tenant.status_reason = reason if tenant.status == "suspended" else ""
        audit.record(session, f"tenant.{action}", "tenant", tenant.tenant_id)
        public_log.tell(session, "suspension", reason=reason, act=action)


SHORTEST_REASON = 10
