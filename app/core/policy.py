"""Who may do what: one table of roles and permissions, read by services, buttons, documentation and tests.

Roles and their meaning: the domain's table of roles. A permission is `resource:verb`. Where a role is confined to one
sujeto obligado, the caller checks the place too (`allowed` does both).
"""

from enum import StrEnum
from uuid import UUID

from app.core.db import Actor
from app.core.errors import ForbiddenError, NotFoundError


class Permission(StrEnum):
    """An act that somebody must be allowed to do."""

    PROCESS_READ = "process:read"
    PROCESS_EDIT = "process:edit"
    PROCESS_IMPORT = "process:import"
    PROCESS_SUBMIT = "process:submit"
    PROCESS_DISCARD = "process:discard"
    PROCESS_APPROVE_SELF = "process:approve_self"
    PROCESS_APPROVE_GARANTE = "process:approve_garante"
    PROCESS_PUBLISH = "process:publish"
    PROCESS_RESERVE = "process:reserve"
    WITHDRAWAL_REQUEST = "withdrawal:request"
    WITHDRAWAL_APPROVE = "withdrawal:approve"
    PARTY_EDIT = "party:edit"
    CATALOG_MANAGE = "catalog:manage"
    AUDIT_READ = "audit:read"
    PADRON_READ = "padron:read"
    PADRON_MANAGE = "padron:manage"
    PEOPLE_MANAGE = "people:manage"
    CLIENT_MANAGE = "client:manage"
    WEBHOOK_MANAGE = "webhook:manage"
    REMINDER_SEND = "reminder:send"
    TENANT_MANAGE = "tenant:manage"
    TENANT_EXPORT = "tenant:export"
    ADOPTION_READ = "adoption:read"
    PLATFORM_READ = "platform:read"
    PLATFORM_MANAGE = "platform:manage"


PLATFORM_ROLES = ("platform_operator", "national_monitor")
TENANT_ROLES = ("garante_admin", "garante_reviewer", "so_admin", "so_publisher", "so_editor", "so_reader")
SUJETO_ROLES = ("so_admin", "so_publisher", "so_editor", "so_reader")
MACHINE_ROLE = "machine"
"""The role of a machine client's service account; no person may have it. Its scopes say what it may ask for."""

ROLE_LABELS = {
    "platform_operator": "Operación de la plataforma",
    "national_monitor": "Órgano nacional",
    "garante_admin": "Administración del organismo garante",
    "garante_reviewer": "Revisión del organismo garante",
    "so_admin": "Administración del sujeto obligado",
    "so_publisher": "Publicación del sujeto obligado",
    "so_editor": "Captura del sujeto obligado",
    "so_reader": "Consulta del sujeto obligado",
    "machine": "Sistema conectado",
}

ROLES: dict[str, frozenset[Permission]] = {
    "platform_operator": frozenset(
        {Permission.PLATFORM_READ, Permission.PLATFORM_MANAGE, Permission.ADOPTION_READ}
    ),
    "national_monitor": frozenset({Permission.ADOPTION_READ}),
    "garante_admin": frozenset(
        {
            Permission.PROCESS_READ,
            Permission.PROCESS_IMPORT,
            Permission.PARTY_EDIT,
            Permission.CATALOG_MANAGE,
            Permission.AUDIT_READ,
            Permission.PADRON_READ,
            Permission.PADRON_MANAGE,
            Permission.PEOPLE_MANAGE,
            Permission.CLIENT_MANAGE,
            Permission.WEBHOOK_MANAGE,
            Permission.REMINDER_SEND,
            Permission.TENANT_MANAGE,
            Permission.TENANT_EXPORT,
            Permission.ADOPTION_READ,
        }
    ),
    "garante_reviewer": frozenset(
        {
            Permission.PROCESS_READ,
            Permission.PROCESS_APPROVE_GARANTE,
            Permission.WITHDRAWAL_APPROVE,
            Permission.REMINDER_SEND,
            Permission.PADRON_READ,
            Permission.ADOPTION_READ,
        }
    ),
    "so_admin": frozenset(
        {
            Permission.PROCESS_READ,
            Permission.PARTY_EDIT,
            Permission.AUDIT_READ,
            Permission.PEOPLE_MANAGE,
            Permission.WEBHOOK_MANAGE,
        }
    ),
    "so_publisher": frozenset(
        {
            Permission.PROCESS_READ,
            Permission.PROCESS_IMPORT,
            Permission.PROCESS_APPROVE_SELF,
            Permission.PROCESS_PUBLISH,
            Permission.PROCESS_RESERVE,
            Permission.WITHDRAWAL_REQUEST,
        }
    ),
    "so_editor": frozenset(
        {
            Permission.PROCESS_READ,
            Permission.PROCESS_EDIT,
            Permission.PROCESS_IMPORT,
            Permission.PROCESS_SUBMIT,
            Permission.PROCESS_DISCARD,
            Permission.PARTY_EDIT,
        }
    ),
    "so_reader": frozenset({Permission.PROCESS_READ}),
    MACHINE_ROLE: frozenset({Permission.PROCESS_IMPORT, Permission.WEBHOOK_MANAGE}),
}


def allowed(actor: Actor, permission: Permission, sujeto_obligado_id: UUID | None = None) -> bool:
    """Tell whether the actor's role holds the permission, at this sujeto obligado if one is named."""
    if permission not in ROLES.get(actor.role, frozenset()):
        return False
    return (
        actor.sujeto_obligado_id is None
        or sujeto_obligado_id is None
        or actor.sujeto_obligado_id == sujeto_obligado_id
    )


def require(actor: Actor, permission: Permission, sujeto_obligado_id: UUID | None = None) -> None:
    """Refuse the act unless the actor may do it.

    Raises:
        NotFoundError: the place is another sujeto obligado's; foreign and absent answer the same.
        ForbiddenError: the role lacks the permission.
    """
    if (
        actor.sujeto_obligado_id is not None
        and sujeto_obligado_id is not None
        and actor.sujeto_obligado_id != sujeto_obligado_id
    ):
        raise NotFoundError
    if not allowed(actor, permission, sujeto_obligado_id):
        label = ROLE_LABELS.get(actor.role, "sin función")
        raise ForbiddenError(f"Tu función es «{label}» y este acto corresponde a otra.")
