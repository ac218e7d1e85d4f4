"""A tenant of its own for each measurement."""

from dataclasses import dataclass
from uuid import uuid4

from app.core.db import Actor, Database
from app.tenancy import queries, service
from app.tenancy.declarations import OcidPrefix, StateCode, TenantDeclaration, TenantName, Theme


@dataclass(frozen=True, slots=True)
class Garante:
    """A tenant with nothing in it. `system` is the service itself there; `token` is in no other's names."""

    token: str
    slug: str
    prefix: str
    system: Actor


def new(database: Database) -> Garante:
    """Make a tenant; its OCID prefix has six characters of its own, as long as any."""
    token = uuid4().hex[:6]
    slug, prefix = f"medicion-{token}", f"ocds-{token}"
    declaration = TenantDeclaration(
        slug=slug,
        time_zone="America/Mexico_City",
        state=StateCode(name="Medición", inegi="14", pnt="JAL"),
        names=(TenantName(name="Organismo Garante de Medición", short_name="OGM"),),
        ocid_prefixes=(OcidPrefix(prefix=prefix, kind="used", fuente="medición"),),
        theme=Theme(accent="#0b6b3a"),
    )
    service.apply(database, [declaration])
    with database.public_reading() as session:
        tenant_id = queries.tenant_by_slug(session, slug).tenant_id
    return Garante(token, slug, prefix, Actor(tenant_id=tenant_id, role="system"))
