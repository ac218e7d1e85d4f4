"""Who of the platform asks, as the routes of its pages take them."""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends

from app.core.db import Actor, Database
from app.core.policy import Permission, allowed
from app.identity.deps import DatabaseDep, DirectoryDep, platform_guard
from app.tenancy.queries import TenantDirectory, TenantView


@dataclass(frozen=True)
class Office:
    """Who of the platform asks, and what they work with."""

    actor: Actor
    database: Database
    directory: TenantDirectory

    @property
    def may_manage(self) -> bool:
        """Tell whether acts are offered."""
        return allowed(self.actor, Permission.PLATFORM_MANAGE)

    def within(self, view: TenantView) -> Actor:
        """Return the same person bound to a tenant, with the platform's permissions and no other."""
        return replace(self.actor, tenant_id=view.tenant_id)


def reading(
    actor: Annotated[Actor, Depends(platform_guard(Permission.PLATFORM_READ))],
    database: DatabaseDep,
    directory: DirectoryDep,
) -> Office:
    """Return the office of somebody who may look."""
    return Office(actor, database, directory)


def managing(
    actor: Annotated[Actor, Depends(platform_guard(Permission.PLATFORM_MANAGE))],
    database: DatabaseDep,
    directory: DirectoryDep,
) -> Office:
    """Return the office of somebody who may act."""
    return Office(actor, database, directory)


ReadingDep = Annotated[Office, Depends(reading)]
ManagingDep = Annotated[Office, Depends(managing)]
