"""The guided page that founds a tenant: three forms, carried along until the last is sent."""

from pydantic import BaseModel, Field

from app.continuity.queries import slug_taken
from app.core.db import Database
from app.tenancy import declarations
from app.tenancy.declarations import (
    PNT_PREFIXES,
    OcidPrefix,
    StateCode,
    TenantDeclaration,
    TenantName,
    Theme,
    TransparencyLaw,
    WorkflowPolicy,
)
from app.tenancy.queries import prefix_owner
from app.tenancy.states import STATES
from app.web.forms import Form, FormValues

ZONES = (
    ("America/Mexico_City", "Centro"),
    ("America/Monterrey", "Centro (Monterrey)"),
    ("America/Merida", "Centro (Mérida)"),
    ("America/Cancun", "Sureste (Cancún)"),
    ("America/Chihuahua", "Chihuahua"),
    ("America/Mazatlan", "Pacífico (Mazatlán)"),
    ("America/Hermosillo", "Sonora (Hermosillo)"),
    ("America/Tijuana", "Noroeste (Tijuana)"),
)
_ZONE = f"^({'|'.join(zone for zone, _ in ZONES)})$"
POLICIES = (
    ("garante", "El organismo garante aprueba", "Su revisión aprueba cada versión antes de publicarla."),
    (
        "self",
        "Cada sujeto obligado aprueba",
        "Quien publica en el sujeto obligado aprueba lo que otra persona capturó.",
    ),
    ("direct", "Publicación directa", "Solo para sistemas e importaciones de confianza."),
)
PREFIX_KINDS = (
    ("test", "De prueba", "De la forma ocds-prbNNN: para empezar hoy y cambiarlo después."),
    ("registered", "Registrado", "Dado por Open Contracting Partnership."),
    ("used", "Ya usado", "Con él se publicó antes en otro sistema."),
)


class Names(BaseModel):
    """Who it is."""

    name: str = Field(title="Nombre oficial", max_length=300)
    short_name: str = Field("", title="Nombre corto o siglas", max_length=60)
    state: str = Field(title="Entidad federativa", pattern="^([012][0-9]|3[012])$")
    time_zone: str = Field(title="Zona horaria", pattern=_ZONE)
    law: str = Field(
        "",
        title="Ley que aplica",
        description="Con el artículo que hace públicos los contratos, si lo conoces.",
        max_length=500,
    )


class Address(BaseModel):
    """Where it is, and how it publishes."""

    slug: str = Field(
        title="Dirección",
        description="Minúsculas sin acento, cifras y guiones. No cambia nunca.",
        examples=["jalisco"],
        max_length=60,
    )
    prefix_kind: str = Field(title="Prefijo OCID", pattern="^(test|registered|used)$")
    prefix: str = Field(
        title="Prefijo",
        description="Con él empiezan los identificadores de sus contrataciones, para siempre.",
        examples=["ocds-a1b2c3"],
        max_length=11,
    )
    prefix_source: str = Field(
        "", title="Dónde consta el prefijo", description="Si no es de prueba.", max_length=300
    )
    policy: str = Field(title="Quién aprueba lo que se publica", pattern="^(garante|self|direct)$")
    accent: str = Field(
        title="Color",
        description="Como #0b6148. Sobre blanco necesita un contraste de 4.5 a 1.",
        max_length=7,
    )


class FirstAdmin(BaseModel):
    """Who will administer it."""

    admin_name: str = Field(title="Nombre completo", max_length=200)
    admin_email: str = Field(
        title="Correo electrónico", max_length=320, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
    )


STEPS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("Quién es", Names),
    ("Dónde está y cómo publica", Address),
    ("Quién lo administra", FirstAdmin),
)
_FIELDS = {
    "slug": "slug",
    "accent": "accent",
    "prefix": "prefix",
    "kind": "prefix",
    "fuente": "prefix_source",
}


def declaration(names: Names, address: Address) -> TenantDeclaration:
    """Return what a `tenant.toml` would say.

    Raises:
        ValidationError: a value that no form of ours sends.
    """
    return TenantDeclaration(
        slug=address.slug,
        time_zone=names.time_zone,
        state=StateCode(
            name=STATES.get(names.state, names.state),
            inegi=names.state,
            pnt=PNT_PREFIXES[int(names.state)] if names.state in STATES else "",
        ),
        names=(
            TenantName(name=names.name, short_name=names.short_name, law=TransparencyLaw(text=names.law)),
        ),
        ocid_prefixes=(
            OcidPrefix.model_validate(
                {"prefix": address.prefix, "kind": address.prefix_kind, "fuente": address.prefix_source}
            ),
        ),
        workflow=WorkflowPolicy.model_validate({"policy": address.policy}),
        theme=Theme(accent=address.accent.lower()),
    )


def carried(step: int, sent: FormValues) -> dict[str, str]:
    """Return what the other steps were told, to be sent along."""
    here = STEPS[step - 1][1].model_fields
    fields = [name for _, model in STEPS for name in model.model_fields]
    return {name: sent.text(name) for name in fields if name not in here and sent.text(name)}


def judged(names: Names, form: Form[Address], database: Database) -> Form[Address]:
    """Return the second form with what only the rules and the whole service can tell of it."""
    if form.data is None:
        return form
    stated = declaration(names, form.data)
    for location, message in declarations.faults(stated):
        form = form.refused(_sentence(message), _field(location))
    if slug_taken(database, stated.slug):
        form = form.refused("Ya es de otro organismo: elige otra.", "slug")
    with database.public_reading() as session:
        if prefix_owner(session, stated.new_process_prefix) is not None:
            form = form.refused("Ese prefijo ya es de otro organismo: elige otro.", "prefix")
    return form


def _field(location: declarations.Location) -> str:
    """Return the field of the second form that a place in a declaration speaks of."""
    return _FIELDS.get(str(location[-1]), "")


def _sentence(message: str) -> str:
    """Return a fault without the key that it begins with in a file."""
    said = message.partition(": ")[2] or message
    return said[:1].upper() + said[1:]
