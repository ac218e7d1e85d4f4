"""What the page of a section's form shows: the form, what is inside it, what to do next."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from app.attachments.service import LinkState
from app.capture import forms, frame, links, lists, plan, queries
from app.capture.controls import Control, Option, options
from app.capture.forms import Ground, Said, SectionForm
from app.capture.frame import Around, Visit
from app.capture.judging import judge
from app.capture.plan import Section, Shape, filled
from app.capture.remarked import Remarked, beside, remarked
from app.capture.rows import Input, Row, shown
from app.capture.saving import Clash
from app.core.errors import NotFoundError
from app.core.withheld import note_reading
from app.ocds import model
from app.ocds.applicability import applies
from app.processes import editing, places
from app.processes.header import DraftHeader
from app.processes.history import SUBJECT
from app.processes.outline import find
from app.web.shell import Link


@dataclass(frozen=True, slots=True)
class Inside:
    """A list or object inside the element being looked at; `count` is None for an object."""

    label: str
    href: str
    count: int | None


@dataclass(frozen=True)
class SectionPage:
    """Context of `capture/section.html` and of its fragment."""

    around: Around
    section: Section
    heading: str
    action: str
    form: SectionForm
    seq: int
    inside: tuple[Inside, ...]
    offers: Mapping[str, tuple[Option, ...]]
    next: Link | None
    clashes: Mapping[str, Clash]
    led: str = ""
    """Name of the row or field that the person is led to."""
    status: str = ""
    """What a fragment says about saving."""
    link: LinkState | None = None
    """What was seen at the address of a document."""
    adopted: bool = False
    """The party was just kept in the registry."""
    fresh: Row | None = None
    """The row that a fragment shows."""
    fresh_shown: str = ""
    """What the controls of that row show, as in `mostrado`."""
    remarked: tuple[Remarked, ...] = ()
    """Observations about places of this section that are not resolved."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A part, opened for the form of one of its sections."""

    visit: Visit
    section: Section
    part: editing.OpenPart
    ground: Ground

    @property
    def draft(self) -> DraftHeader:
        """The state of the process."""
        return self.part.draft


def open_section(visit: Visit) -> Opened:
    """Open the part that a section's form stands on.

    Raises:
        NotFoundError: the section, the process or the part is absent or another's.
    """
    section = visit.section
    if section is None:
        raise NotFoundError("Esa sección no existe.")
    part = editing.open_part(visit.session, visit.actor, visit.process_id, filled(section.part, visit.where))
    ground = Ground(
        section,
        part.body,
        visit.view.time_zone,
        queries.choices(visit.session, visit.actor, visit.process_id, section),
        lambda path: applies(path, part.draft.method or None),
    )
    return Opened(visit, section, part, ground)


def reopened(opened: Opened, seq: int) -> Opened:
    """Return the part as it is after the edit `seq`; what its form offers to choose from is as it was."""
    visit, part = opened.visit, opened.part
    body = places.body(visit.session, visit.actor, visit.process_id, part.path)
    part = replace(part, body=body if isinstance(body, dict) else {}, draft=replace(part.draft, seq=seq))
    return replace(opened, part=part, ground=replace(opened.ground, body=part.body))


def section_page(
    opened: Opened,
    *,
    said: Said | None = None,
    clashes: Mapping[str, Clash] | None = None,
    saved: str = "",
    adopted: bool = False,
    led: str = "",
    unit: str = "",
    status: str = "",
) -> SectionPage:
    """Return the page of a section's form.

    Args:
        opened: the part, as it is now.
        said: what was typed and could not be stored, and why.
        clashes: name → what somebody else wrote there.
        saved: when something was saved just now.
        adopted: the party was just kept in the registry.
        led: name of what the person is led to.
        unit: name of the row that a fragment shows.
        status: what a fragment says about saving.
    """
    visit, section, draft = opened.visit, opened.section, opened.draft
    judged = judge(opened.part.path, opened.part.body, natural_rfc_public=visit.view.natural_rfc_public)
    kept = (one for one in judged.withheld if find(opened.part.body, one) is not None)
    paths = (f"/{opened.part.path}{one}" for one in kept)
    note_reading(visit.session, visit.actor, SUBJECT, visit.process_id, paths)
    remarks = remarked(visit, draft)
    notes = beside(judged.notes, remarks)
    form = forms.build(opened.ground, replace(said or Said(), notes=notes, withheld=judged.withheld))
    fresh = form.row(unit) if unit else None
    return SectionPage(
        around=frame.around(visit, draft, saved, is_whole=not unit),
        section=section,
        heading=_heading(opened),
        action=visit.here,
        form=form,
        seq=draft.seq,
        inside=() if unit else _inside(opened),
        offers=offers(form.inputs),
        next=frame.following(visit, draft.method),
        clashes=clashes or {},
        led=led,
        status=status,
        adopted=adopted,
        link=None if unit else links.seen(visit, section, opened.part.body),
        fresh=fresh,
        fresh_shown=shown([fresh] if fresh else []),
        remarked=() if unit else remarks,
    )


def offers(inputs: Iterable[Input]) -> dict[str, tuple[Option, ...]]:
    """Return the lists from which lines of a page offer as one types, by name, each once."""
    found: dict[str, tuple[Option, ...]] = {}
    for row in inputs:
        if row.control is Control.SUGGEST:
            found.setdefault(row.field.codelist or row.field.choices or "", options(row.field))
    return found


def _heading(opened: Opened) -> str:
    if frame.is_element(opened.section):
        return lists.name_of(frame.list_of(opened.section), opened.part.body)
    return opened.section.title


def _inside(opened: Opened) -> tuple[Inside, ...]:
    visit = opened.visit
    held = {
        filled(one.address, visit.where): one
        for one in plan.inside(opened.section)
        if opened.ground.applies(one.base) and not model.FIELDS[one.base].deprecated
    }
    counted = queries.counts(visit.session, visit.actor, visit.process_id, held)
    return tuple(
        Inside(
            one.title,
            f"{visit.base}/{address}",
            counted.get(address, 0) if one.shape is Shape.LIST else None,
        )
        for address, one in held.items()
    )
