"""Jobs of a tenant's life: making an export, deleting the files of old ones."""

from uuid import UUID

from sqlmodel import select

from app.continuity import deleting, exporting, transferring
from app.core.db import Actor
from app.core.jobs import Workplace, apart, chore, tenant_task
from app.tenancy.models import Tenant


@tenant_task(exporting.EXPORT.name)
def make_export(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Make an export that was asked for."""
    exporting.run(place.database, place.storage, actor, UUID(ids["export_id"]))


@tenant_task(exporting.DELETE.name)
def delete_export(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Delete the file of an export that a redaction made void."""
    exporting.delete(place.database, place.storage, actor, UUID(ids["export_id"]))


@chore(every_seconds=5)
def carry_on_transfers(place: Workplace) -> None:
    """Go on with the transfers that were accepted."""
    transferring.carry_on(place.database, place.storage)


@chore(every_seconds=3600)
def delete_tenants(place: Workplace) -> None:
    """Delete the tenants whose seven days are over."""
    deleting.delete_due(place.database, place.storage)


@chore(every_seconds=3600)
def expire_exports(place: Workplace) -> None:
    """Delete the files of exports that were not fetched in time."""
    with place.database.public_reading() as session:
        tenants = session.exec(select(Tenant.tenant_id)).all()
    for tenant_id in tenants:
        with apart(expiring_exports_of=str(tenant_id)):
            exporting.expire(place.database, place.storage, Actor(tenant_id=tenant_id, role="system"))
