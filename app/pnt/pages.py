"""What the pages of the PNT show: their contexts and their forms."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field

from app.core.quarters import Quarter
from app.onboarding.pages import Day
from app.pnt.due import Line, Waiting
from app.pnt.formats import Chosen
from app.pnt.loading import State, Tally
from app.pnt.models import PntDeclaration
from app.sipot.inward import Report
from app.tenancy.models import SujetoObligado
from app.web.components import Figure, Tab
from app.web.formats import number, plural
from app.web.forms import Form
from app.web.shell import Link

PAGE = 50
SLUGS = {"directas": "direct", "licitaciones": "competitive", "todas": "all"}
"""Word in an address -> what a format reports."""
WORDS = {family: word for word, family in SLUGS.items()}
ONLY: Mapping[str, State] = {"altas": "new", "cambios": "changed"}
"""Word in a form -> rows that the SIPOT takes apart."""
STATE_LABELS: Mapping[State, str] = {"new": "Alta", "changed": "Cambio", "same": "Sin cambios"}


class DownloadForm(BaseModel):
    """What every row of the workbook says besides the contract."""

    area: str = Field(
        title="Área responsable de la información",
        description="La que genera, posee, publica y actualiza la información.",
        max_length=1000,
    )
    actualizado: Day = Field(title="Fecha de actualización", examples=["15/01/2027"])
    validado: Day | None = Field(
        None, title="Fecha de validación", description="Solo en los formatos que la piden."
    )
    nota: str = Field("", title="Nota", description="Va en cada renglón.", max_length=4000)
    tipo: Literal["todo", "altas", "cambios"] = Field(title="Qué renglones")

    def report(self, quarter: Quarter) -> Report:
        """Return what the rows of a quarter say of the report."""
        return Report(
            year=quarter.start.year,
            start=quarter.start,
            end=quarter.end,
            area=self.area,
            updated=self.actualizado,
            validated=self.validado or self.actualizado,
            note=self.nota,
            sheet="",
            row=0,
        )


class DeclareForm(BaseModel):
    """A quarter without contracts."""

    area: str = Field(
        title="Área responsable de la información",
        description="La que genera, posee, publica y actualiza la información.",
        max_length=1000,
    )
    validado: Day = Field(title="Fecha de validación", examples=["15/01/2027"])
    actualizado: Day = Field(title="Fecha de actualización", examples=["15/01/2027"])
    nota: str = Field(
        title="Nota: por qué no hubo contratos",
        description="Se publica tal cual en la PNT. Funda y motiva.",
        max_length=4000,
    )
    confirmo: Literal["si"] = Field(title="Confirmo que no se firmó ningún contrato en el trimestre")


@dataclass(frozen=True)
class BodiesPage:
    """Context of `pnt/bodies.html`."""

    here: str
    q: str
    bodies: tuple[SujetoObligado, ...]
    is_cut: bool


@dataclass(frozen=True)
class QuarterRow:
    """A quarter of a body: how many rows it reports, and its declaration if there was one."""

    quarter: Quarter
    rows: int
    is_running: bool
    declaration: PntDeclaration | None

    @property
    def is_declared(self) -> bool:
        """Whether it stands declared without contracts."""
        return self.declaration is not None and self.declaration.withdrawn_at is None


@dataclass(frozen=True)
class QuartersPage:
    """Context of `pnt/quarters.html`."""

    here: str
    crumbs: tuple[Link, ...]
    body: SujetoObligado
    rows: tuple[QuarterRow, ...]
    may_declare: bool


@dataclass(frozen=True)
class ShownGap:
    """Something that a row lacks, and where it is written."""

    text: str
    href: str


@dataclass(frozen=True)
class ShownLine:
    """A row as the page shows it."""

    title: str
    number: str
    ocid: str
    day: date
    state: State
    href: str
    gaps: tuple[ShownGap, ...]


@dataclass(frozen=True)
class QuarterPage:
    """Context of `pnt/quarter.html`."""

    here: str
    crumbs: tuple[Link, ...]
    body: SujetoObligado
    quarter: Quarter
    is_running: bool
    lede: str
    chosen: Chosen
    word: str
    tabs: tuple[Tab, ...]
    figures: tuple[Figure, ...]
    tally: Tally
    lines: tuple[ShownLine, ...]
    state_labels: Mapping[State, str]
    only_lacking: bool
    unfiltered: str
    next: str | None
    first: str | None
    waiting: tuple[Waiting, ...]
    desk: str
    form: Form[Any]
    declaration: PntDeclaration | None
    who: str
    may_declare: bool
    settings: str
    zone: str


@dataclass(frozen=True)
class DeclarePage:
    """Context of `pnt/declare.html`."""

    here: str
    back: str
    crumbs: tuple[Link, ...]
    body: SujetoObligado
    quarter: Quarter
    form: Form[Any]


@dataclass
class Window:
    """The rows of one page, taken as all of them go by: whole processes, so that the next page starts after one."""

    after: str
    only_lacking: bool
    taken: list[Line] = field(default_factory=list)
    has_more: bool = False

    def look(self, line: Line) -> None:
        """Take a row, or see that another page follows."""
        if (self.after and line.ocid <= self.after) or (self.only_lacking and not line.gaps):
            return
        if len(self.taken) >= PAGE and line.ocid != self.taken[-1].ocid:
            self.has_more = True
        elif not self.has_more:
            self.taken.append(line)


def watched(lines: Iterable[Line], window: Window) -> Iterable[Line]:
    """Yield rows while a page takes its own."""
    for line in lines:
        window.look(line)
        yield line


def lede(tallies: Iterable[Tally], waiting: int, *, declared: bool, running: bool) -> str:
    """Return the state of a quarter in one sentence."""
    counts: Counter[str] = Counter()
    for one in tallies:
        counts.update(total=one.total, lacking=one.lacking)
    if declared:
        return "Declarado sin contratos: cuenta como cumplido."
    said = [plural(counts["total"], "renglón por reportar", "renglones por reportar")]
    if counts["lacking"]:
        said.append(f"{number(counts['lacking'])} con datos que faltan")
    if waiting:
        said.append(plural(waiting, "contrato firmado sin publicar", "contratos firmados sin publicar"))
    if not counts["total"] and not waiting:
        return "Nada que reportar hasta hoy." if running else "Nada publicado que reportar."
    return ", ".join(said) + "."


def figures(tally: Tally) -> tuple[Figure, ...]:
    """Return a format's numbers."""
    return (
        Figure(
            "Renglones",
            number(tally.total),
            formula="Uno por contrato y proveedor, y por procedimiento desierto.",
        ),
        Figure("Con faltantes", number(tally.lacking)),
        Figure("Altas", number(tally.states["new"])),
        Figure("Cambios", number(tally.states["changed"])),
        Figure("Bajas", number(len(tally.gone))),
    )
