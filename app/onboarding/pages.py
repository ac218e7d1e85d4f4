"""What the pages of the padrón show: their contexts and their forms."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from app.core.pagination import Page
from app.ocds.entry import dates
from app.onboarding.models import PadronLoad, PadronRow
from app.onboarding.queries import BodyRow, Colleague, Filters, Kin, Turn
from app.onboarding.wording import ACTS, BRANCHES, SCOPES, STATES, STATUSES
from app.tenancy.models import SujetoName, SujetoObligado
from app.web.components import Change, Figure, Progress, State, SummaryItem, Tab
from app.web.forms import Form
from app.web.shell import Link

Options = tuple[tuple[str, str], ...]


def day_of(text: str) -> date:
    """Return the day that a person wrote, as `31/12/2026` or in any way that the capture takes.

    Raises:
        EntryError: it is no day; the message says how to write one.
    """
    return datetime.fromisoformat(dates.read(text, name="", zone="UTC")).date()


Day = Annotated[date, BeforeValidator(day_of)]


class BodyForm(BaseModel):
    """What the padrón says of a body."""

    short_name: str = Field("", title="Siglas o nombre corto", max_length=500)
    pnt_id: str = Field("", title="ID en la PNT", max_length=500, examples=["30969"])
    rfc: str = Field("", title="RFC", max_length=40)
    scope: str = Field("", title="Ámbito", max_length=40)
    branch: str = Field("", title="Poder", max_length=40)
    sector: str = Field("", title="Sector", max_length=500, examples=["Salud"])
    contact_email: str = Field(
        "",
        title="Correo de contacto",
        description="El institucional de su unidad de transparencia: es público.",
        max_length=320,
    )


class NewBodyForm(BodyForm):
    """A body entered by hand."""

    name: str = Field(title="Nombre", description="Completo, como lo dice su norma.", max_length=500)
    key: str = Field(
        "",
        title="Clave",
        description="La que le da tu organismo. Si no tiene, se forma una. No cambia.",
        max_length=100,
    )


class RenameForm(BaseModel):
    """A body's new name."""

    name: str = Field(title="Nuevo nombre", max_length=500)
    since: Day = Field(title="Desde qué día", examples=["31/12/2026"])
    ground: str = Field(
        "", title="Fundamento", description="El decreto o la ley que lo dispone.", max_length=500
    )


class JoinForm(BaseModel):
    """That a body's duties passed to another."""

    kind: Literal["merge", "split", "succession"] = Field(title="Qué ocurrió")
    successor: str = Field(
        title="A qué sujeto obligado pasan sus funciones",
        description="Su clave o su nombre, como está en el padrón.",
        max_length=500,
    )
    since: Day = Field(title="Desde qué día", examples=["31/12/2026"])
    ground: str = Field(
        title="Fundamento", description="El decreto o la ley que lo dispone. Será público.", max_length=500
    )


class PolicyForm(BaseModel):
    """Who approves a body's publications."""

    policy: Literal["garante", "self", "direct", "single"] = Field(title="Quién aprueba")
    until: Day | None = Field(
        None,
        title="Hasta qué día",
        description="Solo para persona única: al terminar vuelve por sí sola a la política anterior.",
        examples=["31/12/2026"],
    )
    reason: str = Field(
        title="Motivo", description="Queda en la bitácora pública, a la vista de cualquiera.", max_length=500
    )


STANDING = (
    (
        "suspend",
        "Suspender",
        "No podrá empezar contrataciones nuevas. Lo publicado sigue a la vista, y queda en la bitácora pública.",
        "Sí, suspender",
        "suspension",
    ),
    (
        "reactivate",
        "Reactivar",
        "Podrá empezar contrataciones otra vez. Queda en la bitácora pública.",
        "Sí, reactivar",
        "reactivacion",
    ),
)
"""Act, button, what it does, the button that confirms, last segment of its address."""


@dataclass(frozen=True)
class ListPage:
    """Context of `onboarding/padron.html`."""

    here: str
    tabs: tuple[Tab, ...]
    rows: Page[BodyRow]
    filters: Filters
    kept: dict[str, str]
    filtered: bool
    sectors: Options
    total: int
    next: str | None
    first: str | None
    may_manage: bool
    loads: list[PadronLoad]
    choices: dict[str, Options]
    states: dict[str, State] = field(default_factory=lambda: STATES)
    statuses: dict[str, State] = field(default_factory=lambda: STATUSES)
    words: dict[str, dict[str, str]] = field(default_factory=lambda: {"scope": SCOPES, "branch": BRANCHES})


@dataclass(frozen=True)
class BodyPage:
    """Context of `onboarding/body.html`."""

    crumbs: tuple[Link, ...]
    here: str
    body: SujetoObligado
    status: State
    state: State
    facts: tuple[SummaryItem, ...]
    doubt: str
    policy: str
    people: list[Colleague]
    people_home: str
    invitations: int
    invite: str
    names: list[SujetoName]
    kin: list[Kin]
    turns: list[tuple[Turn, str, tuple[Change, ...]]]
    may_manage: bool
    acts: frozenset[str]
    acts_of: dict[str, str] = field(default_factory=lambda: ACTS)
    turns_of_standing: tuple[tuple[str, ...], ...] = STANDING


@dataclass(frozen=True)
class FormPage:
    """Context of `onboarding/form.html`: one form about one body, or about a new one."""

    title: str
    lede: str
    crumbs: tuple[Link, ...]
    here: str
    back: str
    fields: tuple[str, ...]
    form: Form[Any]
    options: dict[str, Options]
    button: str
    row_version: int
    lookup: str


@dataclass(frozen=True)
class UploadPage:
    """Context of `onboarding/upload.html`."""

    crumbs: tuple[Link, ...]
    here: str
    back: str
    error: str | None
    columns: tuple[tuple[str, str], ...]
    limit: int
    most: int


@dataclass(frozen=True)
class ShownRow:
    """A row of a file in the preview."""

    row: PadronRow
    body: SujetoObligado | None
    changes: tuple[Change, ...]
    options: Options


@dataclass(frozen=True)
class LoadPage:
    """Context of `onboarding/load.html`."""

    crumbs: tuple[Link, ...]
    here: str
    home: str
    load: PadronLoad
    headline: str
    progress: Progress | None
    figures: tuple[Figure, ...]
    tabs: tuple[Tab, ...]
    outcome: str
    rows: list[ShownRow]
    for_all: Options
    waiting: bool
    stalled: bool
    chosen: str
    next: str | None
    first: str | None
    results: dict[str, State]
