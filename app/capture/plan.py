"""Which sections a document is captured in: one small table; what it leaves to the model is derived from it.

A section is one page. It asks for some fields of one object (`tender/fechas`), for one element of a long list
(`tender/items/*`) or shows such a list (`tender/items`). Every field of the model belongs to exactly one section.
Addresses are the model's paths with `*` where an element is named; groups of an object's fields have a Spanish last
word of their own, which no key of the model has.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from app.ocds import model
from app.ocds.model import Field, Kind, Stage
from app.processes.service import ENVELOPE


class Shape(StrEnum):
    """What the page of a section is about."""

    OBJECT = "object"
    """Fields of one object, of which a document has one."""
    LIST = "list"
    """A list of elements, each with a page of its own."""
    ELEMENT = "element"
    """Fields of an element of a list, or of an object inside it."""


@dataclass(frozen=True, slots=True)
class Section:
    """One page of capture."""

    address: str
    """`tender`, `tender/fechas`, `tender/items`, `tender/items/*`, `contracts/*/implementation`."""
    stage: Stage
    title: str
    shape: Shape
    part: str
    """Part of the working document that holds its values, with `*` where an element is named; of a list, the part of
    each element."""
    base: str
    """Path in the model of the object whose fields are asked for; `""` is the release. Of a list, its own path."""
    fields: tuple[str, ...]
    """Paths of the fields asked for, directly below `base`, in order; what they hold belongs to the section too."""
    help: str = ""

    @property
    def prefix(self) -> str:
        """Pointer of `base` inside the part: `/budget` for `planning/budget` in the part `planning`."""
        inside = model_path(self.part)
        rest = self.base if inside == "" else self.base[len(inside) :].lstrip("/")
        return "".join(f"/{key}" for key in rest.split("/") if key)


class _Group(NamedTuple):
    """Named fields of an object that have a page of their own; the first group takes the object's own address."""

    word: str
    title: str
    names: tuple[str, ...]


_ALL = ("*",)
"""Every field of the object that no other group names."""

_GROUPS: Mapping[str, tuple[_Group, ...]] = {
    "": (_Group("general", "Datos generales", _ALL),),
    "planning": (_Group("", "Justificación y áreas", _ALL),),
    "planning/budget": (_Group("", "Presupuesto", _ALL),),
    "tender": (
        _Group("", "Procedimiento", _ALL),
        _Group(
            "fechas",
            "Fechas",
            ("tenderPeriod", "enquiryPeriod", "hasEnquiries", "awardPeriod", "contractPeriod"),
        ),
        _Group("montos", "Montos", ("value", "minValue")),
        _Group(
            "participantes", "Convocante y licitantes", ("procuringEntity", "tenderers", "numberOfTenderers")
        ),
        _Group(
            "evaluacion",
            "Evaluación y entrega",
            (
                "awardCriteria",
                "awardCriteriaDetails",
                "eligibilityCriteria",
                "submissionMethod",
                "submissionMethodDetails",
                "deliveryLocations",
                "deliveryAddresses",
            ),
        ),
    ),
    "contracts/implementation": (_Group("", "Situación de la ejecución", _ALL),),
}
"""Object -> its groups. Objects not named here are part of the form around them."""

_ORDER = (
    "general",
    "parties",
    "relatedProcesses",
    "planning",
    "planning/budget",
    "planning/budget/budgetBreakdown",
    "planning/requestsForQuotes",
    "planning/documents",
    "planning/milestones",
    "planning/budgetBreakdown",
    "tender",
    "tender/fechas",
    "tender/montos",
    "tender/participantes",
    "tender/evaluacion",
    "tender/items",
    "tender/documents",
    "tender/clarificationMeetings",
    "bids/details",
    "bids/statistics",
    "tender/milestones",
    "tender/amendments",
    "awards",
    "contracts",
)
"""The bar: what a document has one of, in the order in which the work is done."""

_PARTS = frozenset({"planning", "tender"})
"""Sections of the document that are stored as a part of their own."""

_BIDS = "bids"
"""An object that holds nothing but two lists with pages of their own."""

ROOT = "release"
"""The part that holds the rest."""


def model_path(address: str) -> str:
    """Return the model's path of a part or of an element's address: without `*`, numbers and the root's name."""
    kept = [step for step in address.split("/") if step != "*" and not step.isdecimal()]
    return "" if kept == [ROOT] else "/".join(kept)


def template(address: str) -> str:
    """Return an address with `*` for each number: `contracts/2/items` is `contracts/*/items`."""
    return "/".join("*" if step.isascii() and step.isdecimal() else step for step in address.split("/"))


def filled(pattern: str, address: str) -> str:
    """Return a pattern with the numbers of an address in place of its `*`s, as far as it has them."""
    numbers = iter([step for step in address.split("/") if step.isdecimal()])
    return "/".join(next(numbers, "*") if step == "*" else step for step in pattern.split("/"))


def _starred(path: str) -> str:
    """Return a model's path as a pattern: `contracts/*/items`; the last list, if it is one, without `*`."""
    steps: list[str] = []
    walked = ""
    for step in path.split("/"):
        if walked in model.LONG_LISTS:
            steps.append("*")
        walked = f"{walked}/{step}".lstrip("/")
        steps.append(step)
    return "/".join(steps)


def _part_of(base: str) -> str:
    """Return the pattern of the part that holds the object at a path."""
    held = [path for path in model.LONG_LISTS if base == path or base.startswith(f"{path}/")]
    if held:
        return f"{_starred(max(held, key=len))}/*"
    top = base.split("/", maxsplit=1)[0]
    return top if top in _PARTS else ROOT


def _own(base: str, taken: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the fields that the form of an object asks for: not those with pages of their own."""
    out = {*taken}
    if not base:
        out |= set(ENVELOPE)
    return tuple(
        field.path
        for field in model.children(base)
        if field.name not in out
        and field.path not in model.LONG_LISTS
        and field.path not in _GROUPS
        and field.path != _BIDS
    )


def _objects() -> Iterable[Section]:
    for base, groups in _GROUPS.items():
        named = {name for group in groups for name in group.names if group.names != _ALL}
        part = _part_of(base)
        for group in groups:
            fields = _own(base, named) if group.names == _ALL else _named(base, group.names)
            address = "/".join(step for step in (_starred(base) if base else "", group.word) if step)
            yield Section(
                address,
                model.FIELDS[base].stage if base else Stage.GENERAL,
                group.title,
                Shape.ELEMENT if "*" in address else Shape.OBJECT,
                part,
                base,
                fields,
                model.FIELDS[base].help if base and not group.word else "",
            )


def _named(base: str, names: tuple[str, ...]) -> tuple[str, ...]:
    known = {field.name: field.path for field in model.children(base)}
    return tuple(known[name] for name in names)


def _lists() -> Iterable[Section]:
    for path in sorted(model.LONG_LISTS, key=lambda path: model.FIELDS[path].order):
        field = model.FIELDS[path]
        block = model.BLOCKS[field.of or ""]
        address = _starred(path)
        yield Section(address, field.stage, field.label, Shape.LIST, f"{address}/*", path, (), field.help)
        yield Section(
            f"{address}/*",
            field.stage,
            block.label,
            Shape.ELEMENT,
            f"{address}/*",
            path,
            _own(path),
            block.help,
        )


SECTIONS: Mapping[str, Section] = MappingProxyType(
    {section.address: section for section in (*_objects(), *_lists())}
)
"""Address, with `*` for numbers -> section."""

BAR: tuple[Section, ...] = tuple(SECTIONS[address] for address in _ORDER)
"""What stands in the bar of every page; the rest is reached from the element that it belongs to."""


def section_at(address: str) -> Section | None:
    """Return the section of an address of a real document (`contracts/2/items/14`); None when there is none."""
    return SECTIONS.get(template(address)) if "*" not in address else None


def around(section: Section) -> Section | None:
    """Return the section whose page leads to this one; None for what stands in the bar itself.

    Of an element it is the list; of a list or object inside an element, that element.
    """
    address = section.address
    while address := address.rpartition("/")[0]:
        if address in SECTIONS and ("*" in address or section.shape is Shape.ELEMENT):
            return SECTIONS[address]
    return None


_INSIDE: dict[str, list[Section]] = {}
for _section in SECTIONS.values():
    if _section.shape is not Shape.ELEMENT or not _section.address.endswith("*"):
        _holder = around(_section)
        _INSIDE.setdefault(_holder.address if _holder else "", []).append(_section)


def inside(section: Section) -> tuple[Section, ...]:
    """Return the sections that the page of an element, or of an object inside it, leads to, in the model's order."""
    return tuple(sorted(_INSIDE.get(section.address, ()), key=lambda one: model.FIELDS[one.base].order))


def _owners() -> dict[str, Section]:
    owners: dict[str, Section] = {}
    for section in SECTIONS.values():
        if section.shape is Shape.LIST:
            owners[section.base] = section
        else:
            for path in section.fields:
                owners[path] = section
    return (
        owners
        | {base: SECTIONS[_starred(base)] for base in _GROUPS if base}
        | {_BIDS: SECTIONS["bids/details"]}
    )


_OWNERS = _owners()


def owner(path: str) -> Section | None:
    """Return the section whose form asks for the field at a model's path; None for the envelope."""
    while path:
        if path in _OWNERS:
            return _OWNERS[path]
        path = path.rpartition("/")[0]
    return None


def is_asked(field: Field) -> bool:
    """Tell whether a person is asked for an element's `id`: only where it is a number that people know.

    Anywhere else it is made for them and shown, folded, for who wants it.
    """
    return field.path in _KNOWN_NUMBERS or not (
        field.name == "id" and field.path.rpartition("/")[0] in model.LONG_LISTS
    )


_KNOWN_NUMBERS = frozenset(
    {"contracts/id", "tender/amendments/id", "awards/amendments/id", "contracts/amendments/id"}
)


def is_reference(field: Field) -> bool:
    """Tell whether a field names one or several of the process's parties."""
    return field.of == "OrganizationReference"


def is_inline_list(field: Field) -> bool:
    """Tell whether a field is a list of objects that is edited inside the form around it."""
    return field.kind is Kind.LIST and field.path not in model.LONG_LISTS
