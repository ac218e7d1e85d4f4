"""What the component macros take: small frozen descriptions that services and routers fill in."""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["neutral", "info", "success", "warning", "error", "accent"]
StageState = Literal["done", "current", "upcoming", "missing"]


@dataclass(frozen=True)
class State:
    """How a status is told: a word, an icon and a tone; colour never stands alone."""

    label: str
    icon: str
    tone: Tone = "neutral"


# Statuses of a process, then of a job.
STATES = {
    "draft": State("Borrador", "pencil"),
    "in_review": State("En revisión", "eye", "info"),
    "returned": State("Devuelta con observaciones", "return", "warning"),
    "approved": State("Aprobada", "check", "accent"),
    "scheduled": State("Programada", "clock", "info"),
    "published": State("Publicada", "globe", "success"),
    "withdrawal_requested": State("Retiro solicitado", "clock", "warning"),
    "withdrawn": State("Retirada", "cross", "error"),
    "discarded": State("Descartada", "cross"),
    "queued": State("En espera", "clock"),
    "running": State("En curso", "clock", "info"),
    "succeeded": State("Terminada", "check", "success"),
    "failed": State("Falló", "alert", "error"),
    "cancelled": State("Cancelada", "cross"),
}

STAGES = ("Planeación", "Procedimiento", "Adjudicación", "Contrato", "Ejecución")


@dataclass(frozen=True)
class Stage:
    """One of the five stages on the timeline: when and how much are texts, already formatted."""

    label: str
    state: StageState
    when: str = ""
    amount: str = ""
    href: str | None = None


@dataclass(frozen=True)
class Task:
    """One line of a task list: what to do, how far it is, and what is still missing."""

    label: str
    href: str | None
    done: int
    total: int
    note: str = ""
    current: bool = False


@dataclass(frozen=True)
class SummaryItem:
    """A question and its answer; `change` leads to where the answer is edited."""

    label: str
    value: str | None
    change: str | None = None


@dataclass(frozen=True)
class Column:
    """A column head; `sort` is the address that sorts by it, `sorted` how it is sorted now."""

    label: str
    numeric: bool = False
    sort: str | None = None
    sorted: Literal["ascending", "descending"] | None = None


@dataclass(frozen=True)
class Figure:
    """A number that is text: with its unit in the label, its date, the way to its rows and its formula."""

    label: str
    value: str
    note: str = ""
    href: str | None = None
    trend: str = ""
    rising: bool | None = None
    formula: str = ""


@dataclass(frozen=True)
class FacetValue:
    """One value to filter by, how many rows it leaves, and the address that turns it on (or off)."""

    label: str
    count: int
    href: str
    current: bool = False


@dataclass(frozen=True)
class Facet:
    """A question to filter by, with its values."""

    label: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True)
class Progress:
    """How far a job is; `total` None means that nobody knows yet. `cancel` is the address to post to.

    `source` is the address that answers the fragment; `then` where to go when it has ended.
    """

    id: str
    label: str
    status: str
    done: int
    total: int | None = None
    unit: str = "registros"
    rate: float | None = None
    remaining_seconds: int | None = None
    message: str = ""
    cancel: str | None = None
    resume: str | None = None
    source: str | None = None
    then: str | None = None

    @property
    def active(self) -> bool:
        """Tell whether there is still something to wait for."""
        return self.status in ("queued", "running")


@dataclass(frozen=True)
class Change:
    """One difference in words: None before means added, None after means removed."""

    label: str
    before: str | None
    after: str | None
    where: str = ""


@dataclass(frozen=True)
class Tab:
    """A view of the same thing at its own address."""

    label: str
    href: str
    current: bool = False
    count: int | None = None
