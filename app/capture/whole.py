"""The whole document at a glance: how much of each section is there, what is missing, and where each place is asked for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.capture import plan
from app.capture.plan import ROOT, SECTIONS, Section, Shape, filled
from app.capture.rows import anchor
from app.ocds import model
from app.ocds.checks import Asked
from app.ocds.diff import has_content
from app.ocds.shape import Document


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a place of a document is asked for: the page, and the name of the control on it."""

    address: str
    name: str

    @property
    def href(self) -> str:
        """Relative to the address of capture."""
        return f"/{self.address}#{anchor(self.name)}" if self.name else f"/{self.address}"


class Map:
    """From places of an assembled document to the parts that it is stored in.

    Args:
        stored: path and ordinal of every part.
    """

    def __init__(self, stored: Iterable[tuple[str, int]]) -> None:
        listed: dict[str, list[tuple[int, str]]] = {}
        for path, ordinal in stored:
            holder, _, number = path.rpartition("/")
            if number.isdecimal():
                listed.setdefault(holder, []).append((ordinal, path))
        self._lists = {holder: [path for _, path in sorted(rows)] for holder, rows in listed.items()}

    def elements(self, list_path: str) -> list[str]:
        """Return the paths of a list's elements, in order."""
        return self._lists.get(list_path, [])

    def spot(self, pointer: str) -> Spot | None:
        """Return where a place is asked for; None where the plan has no page for it."""
        part, inside, path = ROOT, "", ""
        tokens = pointer.split("/")[1:]
        position = 0
        while position < len(tokens):
            key = tokens[position]
            path = f"{path}/{key}".lstrip("/")
            inside += f"/{key}"
            position += 1
            if path in ("planning", "tender"):
                part, inside = path, ""
            elif path in model.LONG_LISTS and position < len(tokens):
                holder = _list_path(part, inside)
                elements = self.elements(holder)
                index = int(tokens[position]) if tokens[position].isdecimal() else -1
                if not 0 <= index < len(elements):
                    return None
                part, inside = elements[index], ""
                position += 1
            elif tokens[position : position + 1] and tokens[position].isdecimal():
                inside += f"/{tokens[position]}"
                position += 1
        return _spot(part, inside, path)


def _list_path(part: str, inside: str) -> str:
    return inside[1:] if part == ROOT else f"{part}{inside}"


def _spot(part: str, inside: str, path: str) -> Spot | None:
    if path in model.LONG_LISTS and inside:
        section: Section | None = SECTIONS.get(plan.template(_list_path(part, inside)))
        return Spot(_list_path(part, inside), "") if section else None
    section = plan.owner(path) if path else SECTIONS["general"]
    if path in model.LONG_LISTS:  # the element itself
        section = SECTIONS.get(plan.template(part))
    return Spot(filled(section.address, part), inside) if section else None


@dataclass(slots=True)
class Tally:
    """How much of what is asked for is there: each field once, however many elements it is asked for in."""

    fields: dict[str, bool] = field(default_factory=dict)

    def add(self, one: Asked) -> None:
        """Count a field at one place."""
        self.fields[one.field.path] = self.fields.get(one.field.path, True) and one.held

    @property
    def done(self) -> int:
        """Fields that are there everywhere."""
        return sum(self.fields.values())

    @property
    def total(self) -> int:
        """Fields asked for."""
        return len(self.fields)

    @property
    def missing(self) -> list[str]:
        """Labels of the fields that are missing somewhere."""
        return list(dict.fromkeys(model.FIELDS[path].label for path, held in self.fields.items() if not held))


def in_bar(section: Section) -> Section:
    """Return the section of the bar under which a section is found."""
    while holder := plan.around(section):
        section = holder
    return section


def tallies(found: Iterable[Asked], where: Map) -> Mapping[str, Tally]:
    """Count by page: a list's own page counts what its elements lack.

    Returns:
        Address of a page of the bar, or of an award's or contract's own pages → its tally.
    """
    counted: dict[str, Tally] = {}
    for one in found:
        spot = where.spot(one.pointer)
        section = plan.section_at(spot.address) if spot else None
        if spot is None or section is None:
            continue
        for address in _counting(spot.address, section):
            counted.setdefault(address, Tally()).add(one)
    return counted


def _counting(address: str, section: Section) -> Iterator[str]:
    """Yield the addresses of the pages on whose account a field goes: its own and those that lead there."""
    here: Section | None = section
    while here is not None:
        if here.shape is not Shape.ELEMENT or not here.address.endswith("*") or here.base in _SHOWN_APART:
            yield filled(here.address, address)
        here = plan.around(here)


_SHOWN_APART = frozenset({"awards", "contracts"})


def is_begun(document: Document, section: Section) -> bool:
    """Tell whether a document says anything that a section of the bar asks for."""
    held: Any = document
    for key in filter(None, section.base.split("/")):
        held = held.get(key) if isinstance(held, dict) else None
    if section.shape is Shape.LIST:
        return has_content(held)
    names = [path.rpartition("/")[2] for path in section.fields]
    return isinstance(held, dict) and any(has_content(held.get(name)) for name in names)
