"""What the pages of the platform show: contexts and forms."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from app.continuity import founding
from app.continuity.models import ExportKey, TenantExport
from app.continuity.queries import TenantCard, TenantFacts
from app.identity.models import Invitation
from app.tenancy import states as entities
from app.web.components import STATES as WEB_STATES
from app.web.components import Progress, State, SummaryItem
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
    form: Form[Reason]
    admin: Form[founding.FirstAdmin]
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


@dataclass(frozen=True)
class ExportPage:
    """Context of `continuity/export.html` and of its part that refreshes."""

    crumbs: tuple[Link, ...]
    here: str
    export: TenantExport
    state: State
    progress: Progress | None
    refused: str
