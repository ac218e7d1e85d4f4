"""What the pages of the platform show: contexts and forms."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.continuity import founding
from app.continuity.models import ExportKey, PlatformAct, TenantExport
from app.continuity.queries import TenantCard, TenantFacts
from app.core.storage import Storage
from app.identity.models import Invitation
from app.onboarding.pages import Day
from app.tenancy import states as entities
from app.tenancy.queries import TenantView
from app.web.components import STATES as WEB_STATES
from app.web.components import Progress, State, SummaryItem, Tab
from app.web.forms import Form
from app.web.shell import Link

STATES = {
    "active": State("En servicio", "check", "success"),
    "suspended": State("Suspendido", "alert", "warning"),
    "deleted": State("Dado de baja", "cross", "error"),
}


class Reason(BaseModel):
    """Why, for everyone."""

    motivo: str = Field(
        title="Motivo",
        description="Lo leerá cualquiera en la bitácora pública: sin datos de personas.",
        max_length=1000,
    )


class SuccessorForm(BaseModel):
    """The authority that takes over."""

    nombre: str = Field(title="Nombre de la nueva autoridad", max_length=300)
    corto: str = Field("", title="Nombre corto o siglas", max_length=60)
    ley: str = Field("", title="Ley que aplica", max_length=500)
    desde: Day = Field(title="Desde qué día", examples=["31/12/2026"])
    fundamento: str = Field(
        title="Acto legal", description="El decreto, la ley o el acuerdo, con su fecha.", max_length=1000
    )


class AppointmentForm(founding.FirstAdmin):
    """Who will administer what nobody administers any more."""

    acto_administracion: str = Field(
        title="Acto legal",
        description="El decreto, la ley o el acuerdo, con su fecha, que dice quién lo administra.",
        max_length=1000,
    )


class ActKeyForm(BaseModel):
    """The key of whom the law gives a tenant's data to, where nobody administers it."""

    llave: str = Field(
        title="Llave pública de age",
        description="De la autoridad que recibe los datos. Ni tú ni quien acepte deben tener la privada.",
        examples=["age1…"],
        max_length=200,
    )
    acto_llave: str = Field(
        title="Acto legal", description="El decreto, la ley o el acuerdo, con su fecha.", max_length=1000
    )


class DeletionForm(BaseModel):
    """What deleting a tenant asks for."""

    direccion: str = Field(title="Escribe la dirección del organismo", max_length=60)
    huella: str = Field(
        title="Huella SHA-256 de la copia que se guarda",
        description="La calcula quien la guarda, sobre su archivo: sha256sum archivo.tar.gz.age",
        max_length=100,
    )
    acto_baja: str = Field(
        title="Acto legal", description="El decreto, la ley o el acuerdo, con su fecha.", max_length=1000
    )


@dataclass(frozen=True)
class Forms:
    """The forms of a tenant's page, each as it stands."""

    reason: Form[Reason]
    admin: Form[founding.FirstAdmin]
    appointment: Form[AppointmentForm]
    successor: Form[SuccessorForm]
    deletion: Form[DeletionForm]
    key: Form[ActKeyForm]

    @property
    def refused(self) -> bool:
        """Tell whether one of them was sent and refused."""
        forms = (self.reason, self.admin, self.appointment, self.successor, self.deletion, self.key)
        return any(form.errors for form in forms)


@dataclass(frozen=True)
class HomePage:
    """Context of `continuity/home.html`."""

    tenants: list[TenantFacts]
    states: dict[str, State]
    may_manage: bool
    q: str


@dataclass(frozen=True)
class TenantPage:
    """Context of `continuity/tenant.html`."""

    crumbs: tuple[Link, ...]
    here: str
    card: TenantCard
    state: State
    entity: str
    summary: tuple[SummaryItem, ...]
    may_manage: bool
    once_administered: bool
    forms: Forms
    acts: list[PlatformAct]
    act_states: dict[str, State]
    own: UUID | None
    invited: tuple[tuple[Invitation, str], ...]
    key: ExportKey | None
    exports: list[TenantExport]
    export_states: dict[str, State]


@dataclass(frozen=True)
class FoundingPage:
    """Context of `continuity/new.html`."""

    crumbs: tuple[Link, ...]
    step: int
    steps: tuple[str, ...]
    form: Form[Any]
    carried: dict[str, str]
    told: tuple[SummaryItem, ...]
    entities: tuple[tuple[str, str], ...] = tuple(entities.STATES.items())
    zones: tuple[tuple[str, str], ...] = founding.ZONES
    policies: tuple[tuple[str, str, str], ...] = founding.POLICIES
    prefix_kinds: tuple[tuple[str, str, str], ...] = founding.PREFIX_KINDS


@dataclass(frozen=True)
class SlugPage:
    """Context of `continuity/_slug.html`: whether an address is free."""

    slug: str
    verdict: str
    free: bool


ACT_STATES = {
    "asked": State("Espera a otra persona", "clock", "warning"),
    "accepted": State("Aceptado", "check", "info"),
    "done": State("Hecho", "check", "success"),
    "cancelled": State("Cancelado", "cross"),
}
EXPORT_STATES = {
    "queued": WEB_STATES["queued"],
    "running": WEB_STATES["running"],
    "ready": State("Lista", "check", "success"),
    "failed": WEB_STATES["failed"],
    "expired": State("Vencida", "clock"),
}


class ExportKeyForm(BaseModel):
    """The key that exports are locked with."""

    llave: str = Field(
        title="Llave pública de age",
        description="Quien tenga la otra mitad, y nadie más, abrirá las exportaciones. Aquí no se guarda.",
        examples=["age1…"],
        max_length=200,
    )


@dataclass(frozen=True)
class ExportsPage:
    """Context of `continuity/exports.html`."""

    here: str
    key: ExportKey | None
    exports: list[TenantExport]
    states: dict[str, State]
    form: Form[ExportKeyForm]
    tabs: tuple[Tab, ...]


@dataclass(frozen=True)
class ExportPage:
    """Context of `continuity/export.html` and of its part that refreshes."""

    crumbs: tuple[Link, ...]
    here: str
    export: TenantExport
    state: State
    progress: Progress | None
    refused: str


def archive_file(view: TenantView, export: TenantExport, storage: Storage) -> Response:
    """Return the answer that hands out an export's file."""
    made = export.created_at.strftime("%Y%m%d")
    return StreamingResponse(
        storage.read(export.storage_key, 0, export.size_bytes),
        media_type="application/octet-stream",
        headers={
            "Content-Length": str(export.size_bytes),
            "Content-Disposition": f'attachment; filename="{view.slug}-{made}.tar.gz.age"',
            "Cache-Control": "private, no-store",
        },
    )
