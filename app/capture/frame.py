"""What stands around every page of capture: the way down to it, the bar of sections, the state of saving."""

from dataclasses import dataclass
from uuid import UUID

from app.capture import lists, plan
from app.capture.plan import BAR, SECTIONS, Section, Shape, filled
from app.capture.whole import in_bar
from app.core.db import Actor, RwSession
from app.ocds import model
from app.ocds.applicability import applies
from app.ocds.model import Stage
from app.processes import editing
from app.processes.header import DraftHeader
from app.tenancy.queries import TenantView
from app.web.shell import Link

IN_CONTRACTS = "De cada contrato"
NAMELESS = "Contratación sin título"

_OLD = frozenset({"planning/budgetBreakdown"})
"""Sections that earlier systems wrote: shown only where a document has them."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at a page of capture.

    Attributes:
        session: bound to the actor.
        actor: who looks or edits.
        view: the tenant.
        process_id: as asked; nobody has seen yet whether it is theirs.
        where: address of the section, with its numbers; empty on the pages about the whole document.
        section: None on those pages.
    """

    session: RwSession
    actor: Actor
    view: TenantView
    process_id: UUID
    where: str = ""
    section: Section | None = None

    @property
    def process(self) -> str:
        """Address of the process's page."""
        return f"{self.view.base}/procesos-internos/{self.process_id}"

    @property
    def base(self) -> str:
        """Address of capture of this process."""
        return f"{self.process}/captura"

    @property
    def here(self) -> str:
        """Address of the page."""
        return f"{self.base}/{self.where}" if self.where else self.base


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the bar of sections."""

    label: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class StageEntries:
    """A stage in the bar of sections."""

    label: str
    entries: tuple[Entry, ...]
    is_current: bool


@dataclass(frozen=True, slots=True)
class Around:
    """What every page of capture shows around its own content.

    Attributes:
        tenant: address of the tenant.
        base: address of capture of this process.
        process: address of the process's page.
        title: of the process.
        bar: stages and their sections.
        saved: when it was last saved from this page, `10:42`; empty when it was not.
    """

    tenant: str
    base: str
    process: str
    title: str
    draft: DraftHeader
    crumbs: tuple[Link, ...]
    bar: tuple[StageEntries, ...]
    saved: str = ""


def around(visit: Visit, draft: DraftHeader, saved: str = "", *, is_whole: bool = True) -> Around:
    """Return the frame of a page, of a part of it only the addresses.

    `draft` says that the process is the actor's to see.
    """
    title = draft.title or NAMELESS
    current = in_bar(visit.section) if visit.section else None
    stages = model.STAGES if is_whole else ()
    bar = tuple(_entries(visit, stage, current, draft.method) for stage in stages)
    ways = (Link(title, visit.process), Link("Captura", visit.base), *(_way(visit) if is_whole else ()))
    return Around(visit.view.base, visit.base, visit.process, title, draft, ways, bar, saved)


def _entries(visit: Visit, stage: Stage, current: Section | None, method: str) -> StageEntries:
    """Return a stage of the bar. What belongs to a contract is reached from it, so the last stage leads to them."""
    inside = visit.section is not None and visit.section.stage is Stage.IMPLEMENTATION
    if stage is Stage.IMPLEMENTATION:
        entries: tuple[Entry, ...] = (Entry(IN_CONTRACTS, f"{visit.base}/contracts", is_current=False),)
        return StageEntries(model.STAGES[stage], entries, is_current=inside)
    listed = [one for one in BAR if one.stage is stage and (current is one or is_offered(one, method))]
    entries = tuple(
        Entry(one.title, f"{visit.base}/{one.address}", is_current=current is one) for one in listed
    )
    return StageEntries(model.STAGES[stage], entries, is_current=current in listed and not inside)


def is_offered(section: Section, method: str) -> bool:
    """Tell whether a section of the bar is offered in a process of this method."""
    return section.base not in _OLD and applies(section.base, method or None)


def following(visit: Visit, method: str) -> Link | None:
    """Return the section that follows in the bar; None after the last. From inside a list it leads back out."""
    holder = plan.around(visit.section) if visit.section else None
    if holder is not None:
        return Link(holder.title, f"{visit.base}/{filled(holder.address, visit.where)}")
    offered = [one for one in BAR if one is visit.section or is_offered(one, method)]
    if visit.section not in offered[:-1]:
        return None
    after = offered[offered.index(visit.section) + 1]
    return Link(after.title, f"{visit.base}/{after.address}")


def _way(visit: Visit) -> tuple[Link, ...]:
    """Return the links from capture down to what holds this section, elements by their names."""
    links: list[Link] = []
    holder = plan.around(visit.section) if visit.section else None
    while holder is not None:
        address = filled(holder.address, visit.where)
        label = holder.title
        if is_element(holder):
            body = editing.open_part(visit.session, visit.actor, visit.process_id, address).body
            label = lists.name_of(list_of(holder), body)
        links.append(Link(label, f"{visit.base}/{address}"))
        holder = plan.around(holder)
    return tuple(reversed(links))


def is_element(section: Section) -> bool:
    """Tell whether a section is an element of a list, and not an object inside one."""
    return section.shape is Shape.ELEMENT and section.address.endswith("*")


def list_of(section: Section) -> Section:
    """Return the list whose elements a section is about."""
    return SECTIONS[section.address.removesuffix("/*")]
