"""What the garante's desk shows: the contexts of its pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from fastapi import Query

from app.adoption.behind import Behind, Kind
from app.adoption.models import Reminder
from app.adoption.queries import BodyRow, Filters, Totals
from app.adoption.reminded import Delivery, Sent
from app.adoption.reminders import Addressed
from app.adoption.wording import DEFINITIONS, STATES, Definition, State, StateWords
from app.core.errors import NotFoundError
from app.core.pagination import Page
from app.core.quarters import Quarter, window
from app.tenancy.models import SujetoObligado
from app.web.addresses import with_query
from app.web.components import Column, Figure, Tab
from app.web.formats import number, percent, plural
from app.web.shell import Link

NEED_ATTENTION: tuple[State, ...] = ("behind", "silent")
PREVIEWED = 50
"""Bodies that the preview of a reminder names."""


def columns(*texts: str) -> tuple[Column, ...]:
    """Return heads of a table: keys of `DEFINITIONS`, or words of their own; days and states are no numbers."""
    return tuple(
        Column(
            DEFINITIONS[one].label if one in DEFINITIONS else one,
            numeric=one in DEFINITIONS and one not in ("state", "last", "reminded"),
        )
        for one in texts
    )


NUMBERS = ("published", "pending", "overdue", "late", "days", "quality", "last", "observations")


@dataclass(frozen=True)
class Asked:
    """What the address of the desk says: every view of it can be kept or sent to somebody."""

    trimestre: str = ""
    ambito: str = ""
    poder: str = ""
    estado: str = ""
    q: str = ""

    def address(self, here: str, **changes: str | None) -> str:
        """Return the address that asks for this, with some of it changed."""
        return with_query(here, **{**self.__dict__, **changes})

    def quarter(self, today: date) -> Quarter:
        """Return the quarter asked for, by default the running one.

        Raises:
            NotFoundError: it is none of those that are counted.
        """
        if not self.trimestre:
            return Quarter.of(today)
        found = Quarter.read(self.trimestre)
        if found not in window(today):
            raise NotFoundError("Ese trimestre no se cuenta: elige uno de la lista.")
        return found

    @property
    def filters(self) -> Filters:
        """What is left out.

        Raises:
            NotFoundError: there is no such state.
        """
        if self.estado and self.estado not in STATES:
            raise NotFoundError("No hay un estado así: elige uno de la lista.")
        states = tuple(state for state in STATES if state == self.estado)
        return Filters(self.ambito, self.poder, states, self.q)

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out."""
        return any((self.ambito, self.poder, self.estado, self.q))


def asked(
    *,
    trimestre: str = Query("", max_length=10),
    ambito: str = Query("", max_length=200),
    poder: str = Query("", max_length=200),
    estado: str = Query("", max_length=20),
    q: str = Query("", max_length=300),
) -> Asked:
    """Read the query of the desk's address."""
    return Asked(trimestre, ambito, poder, estado, q.strip())


@dataclass(frozen=True)
class DeskPage:
    """Context of `adoption/desk.html`."""

    base: str
    here: str
    title: str
    lede: str
    asked: Asked
    quarter: Quarter
    is_running: bool
    quarters: tuple[Quarter, ...]
    scopes: tuple[str, ...]
    branches: tuple[str, ...]
    states: Mapping[State, StateWords]
    definitions: Mapping[str, Definition]
    columns: tuple[Column, ...]
    tabs: tuple[Tab, ...]
    figures: tuple[Figure, ...]
    rows: Page[BodyRow]
    total: int
    next: str | None
    first: str | None
    unfiltered: str
    downloads: tuple[Link, ...]
    remind_all: str
    need_attention: int
    may_remind: bool
    may_load: bool


@dataclass(frozen=True)
class BodyPage:
    """Context of `adoption/body.html`."""

    base: str
    here: str
    crumbs: tuple[Link, ...]
    sujeto: SujetoObligado
    state: StateWords
    reasons: tuple[str, ...]
    columns: tuple[Column, ...]
    history: tuple[tuple[Quarter, BodyRow], ...]
    reminders: tuple[Delivery, ...]
    people: tuple[str, ...]
    definitions: Mapping[str, Definition]
    downloads: tuple[Link, ...]
    remind: str
    may_remind: bool
    may_invite: bool


@dataclass(frozen=True)
class BehindPage:
    """Context of `adoption/behind.html`."""

    base: str
    crumbs: tuple[Link, ...]
    sujeto: SujetoObligado
    kind: Kind
    quarter: Quarter
    definition: Definition
    rows: Page[Behind]
    today: date
    next: str | None
    first: str | None


@dataclass(frozen=True)
class ObservedPage:
    """Context of `adoption/observed.html`."""

    base: str
    here: str
    tabs: tuple[Tab, ...]
    rows: Page[BodyRow]
    definition: Definition
    next: str | None
    first: str | None


@dataclass(frozen=True)
class PreviewPage:
    """Context of `adoption/preview.html`: whom a reminder would go to, and what it would say.

    Attributes:
        fields: what the form sends again, so that the same bodies are meant.
        reachable: who will be reminded, without the recent ones.
        recent: who was reminded a few days ago.
        unreachable: who has nobody to write to.
        nothing: chosen bodies that lack nothing.
    """

    base: str
    here: str
    crumbs: tuple[Link, ...]
    quarter: Quarter
    fields: tuple[tuple[str, str], ...]
    reachable: tuple[Addressed, ...]
    recent: tuple[Addressed, ...]
    unreachable: tuple[Addressed, ...]
    nothing: int
    letters: int
    to_contacts: int
    subject: str
    paragraphs: tuple[str, ...]
    entries: tuple[str, ...]
    closing: str
    named: int
    quiet_days: int
    longest_note: int
    note: str
    again: bool
    mail_works: bool
    may_invite: bool
    refusal: str = ""


@dataclass(frozen=True)
class RemindersPage:
    """Context of `adoption/reminders.html`."""

    base: str
    here: str
    tabs: tuple[Tab, ...]
    rows: Page[Sent]
    next: str | None
    first: str | None


@dataclass(frozen=True)
class ReminderPage:
    """Context of `adoption/reminder.html`."""

    base: str
    crumbs: tuple[Link, ...]
    held: Reminder
    who: str
    quarter: Quarter
    rows: Page[Delivery]
    next: str | None
    first: str | None


def headline(totals: Totals, quarter: Quarter, *, is_running: bool) -> str:
    """Return the desk's one line of state: `38 de 46 al corriente este trimestre`."""
    when = "este trimestre" if is_running else f"en el {quarter.label}"
    return f"{number(totals.states['current'])} de {number(totals.bodies)} al corriente {when}"


def ledes(totals: Totals, counted_at: str) -> str:
    """Return what follows the line of state: who is not, and when it was counted."""
    said = [
        f"{number(totals.states[state])} {STATES[state].many}"
        for state in NEED_ATTENTION
        if totals.states[state]
    ]
    return f"{' y '.join(said)}. {counted_at}" if said else counted_at


def figures(totals: Totals, late_ones: str, *, is_running: bool) -> tuple[Figure, ...]:
    """Return the tenant's sums; `late_ones` is the address of the bodies behind."""
    found = [
        Figure("Procesos publicados", number(totals.published)),
        Figure(
            "Contratos firmados sin publicar a tiempo",
            number(totals.overdue),
            href=late_ones if totals.overdue else None,
        ),
        Figure("Calidad de lo publicado", percent(totals.quality)),
    ]
    if is_running:
        opened = f"de {plural(totals.pending, 'abierta', 'abiertas')}"
        way = late_ones if totals.late else None
        found.insert(2, Figure("Versiones vencidas", number(totals.late), opened, href=way))
    return tuple(found)


def desk_tabs(base: str, current: str) -> tuple[Tab, ...]:
    """Return the views of the desk."""
    views = (
        ("Sujetos obligados", "cumplimiento"),
        ("Observaciones", "cumplimiento/observaciones"),
        ("Recordatorios", "cumplimiento/recordatorios"),
    )
    return tuple(Tab(label, f"{base}/{place}", current=place == current) for label, place in views)


def counted(at: datetime | None, said: str) -> str:
    """Return when it was counted, as a sentence."""
    return f"Contado el {said}." if at else "Todavía se está contando: vuelve en un minuto."
