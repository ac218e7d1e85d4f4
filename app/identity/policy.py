"""Who may give, change and end whose roles, over the table of permissions."""

from uuid import UUID

from app.core.db import Actor
from app.core.errors import ForbiddenError, InvalidError, NotFoundError
from app.core.policy import SUJETO_ROLES, TENANT_ROLES, Permission, allowed, require


def grantable(actor: Actor) -> tuple[str, ...]:
    """Return the roles that the actor may give: an institution's administration only those of institutions."""
    if not allowed(actor, Permission.PEOPLE_MANAGE):
        return ()
    return TENANT_ROLES if actor.sujeto_obligado_id is None else SUJETO_ROLES


def require_reach(actor: Actor, sujeto_obligado_id: UUID | None) -> None:
    """Refuse whoever does not manage the people of this place; None is the tenant as a whole.

    Raises:
        ForbiddenError: the role lacks the permission.
        NotFoundError: the place is another institution's, or the garante's own.
    """
    require(actor, Permission.PEOPLE_MANAGE, sujeto_obligado_id)
    if actor.sujeto_obligado_id not in (None, sujeto_obligado_id):
        raise NotFoundError


def require_grant(actor: Actor, role: str, sujeto_obligado_id: UUID | None) -> None:
    """Refuse a role that the actor may not give, or that does not fit the place.

    Raises:
        ForbiddenError: it is above what the actor may give.
        InvalidError: there is no such role, or its place is missing or too much.
        NotFoundError: the place is not the actor's.
    """
    require_reach(actor, sujeto_obligado_id)
    if role not in TENANT_ROLES:
        raise InvalidError("Elige una función de la lista.")
    if role not in grantable(actor):
        raise ForbiddenError("Esa función la asigna la administración del organismo garante.")
    if (role in SUJETO_ROLES) != (sujeto_obligado_id is not None):
        raise InvalidError(
            "Di en qué sujeto obligado: esa función pertenece a uno."
            if role in SUJETO_ROLES
            else "Esa función es del organismo garante: deja vacío el sujeto obligado."
        )


def refuse_oneself(actor: Actor, account_id: UUID | None) -> None:
    """Refuse an act on one's own roles: nobody raises themselves.

    Raises:
        ForbiddenError: the account is the actor's.
    """
    if account_id is not None and account_id == actor.account_id:
        raise ForbiddenError(
            "Nadie cambia sus propias funciones. Pídelo a otra persona que administre tu institución."
        )
