"""Lists of elements: what their rows show, and the few fields with which one is added without leaving the list."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.capture import forms
from app.capture.controls import Choices, Control, options
from app.capture.forms import Ground, Said
from app.capture.plan import SECTIONS, Section
from app.capture.rows import Input
from app.ocds import model
from app.ocds.model import Kind
from app.ocds.shape import Document
from app.processes import places
from app.processes.editing import Element
from app.processes.outline import in_words
from app.web.components import Column

QUICK: Mapping[str, tuple[str, ...]] = {
    "Organization": ("/name", "/identifier/scheme", "/identifier/id", "/identifier/legalPersonality"),
    "Item": ("/description", "/quantity", "/unit/name", "/unit/value/amount"),
    "Document": ("/title", "/documentType", "/url"),
    "Milestone": ("/title", "/type", "/dueDate"),
    "Amendment": ("/id", "/date", "/rationale"),
    "Guarantee": ("/type", "/obligations", "/value/amount"),
    "ClarificationMeeting": ("/date",),
    "RequestForQuotes": ("/title",),
    "Quote": ("/issuingSupplier", "/date", "/value/amount"),
    "BudgetBreakdown": ("/description", "/amount/amount", "/sourceParty"),
    "RelatedProcess": ("/title", "/identifier"),
    "Statistic": ("/measure", "/value"),
    "Award": ("/title", "/date", "/value/amount"),
    "Bid": ("/date", "/value/amount", "/status"),
    "Contract": ("/id", "/title", "/awardID", "/dateSigned", "/value/amount"),
    "Transaction": ("/date", "/value/amount", "/payee"),
}
"""Block -> what is asked for to add one, which are also the columns of its list."""

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "Organization": ("/name", "/roles", "/identifier/id"),
    "Award": ("/title", "/suppliers", "/value", "/date"),
    "Bid": ("/tenderers", "/value", "/status"),
    "ClarificationMeeting": ("/date", "/attendees"),
    "Item": ("/description", "/quantity", "/unit/name", "/unit/value"),
    "Document": ("/title", "/documentType", "/datePublished"),
    "Contract": ("/title", "/id", "/value", "/dateSigned"),
    "Guarantee": ("/type", "/obligations", "/value"),
    "Quote": ("/issuingSupplier", "/value", "/date"),
    "BudgetBreakdown": ("/description", "/sourceParty", "/amount"),
    "Transaction": ("/date", "/payee", "/value"),
    "RequestForQuotes": ("/title", "/period/startDate", "/period/endDate"),
    "RelatedProcess": ("/title", "/relationship", "/identifier"),
}
"""Block -> columns, where they are others than what is asked for."""

_OPENED = frozenset({"Award", "Bid", "Contract", "RequestForQuotes", "Organization"})
"""Blocks of which a line is only the beginning: adding one opens its page."""


@dataclass(frozen=True, slots=True)
class Line:
    """An element in a list: its address, what to call it, and its other columns in words."""

    path: str
    name: str
    cells: tuple[str, ...]


def element_section(section: Section) -> Section:
    """Return the section of the elements of a list."""
    return SECTIONS[f"{section.address}/*"]


def block_of(section: Section) -> str:
    """Return the name of the block that a list's elements are."""
    return model.FIELDS[section.base].of or ""


def opens(section: Section) -> bool:
    """Tell whether adding an element leads to its page."""
    return block_of(section) in _OPENED


def columns(section: Section) -> tuple[Column, ...]:
    """Return the columns of a list, the first of which names the element."""
    return tuple(
        Column(_label(section, pointer), numeric=_is_number(section, pointer))
        for pointer in _pointers(section)
    )


def line(section: Section, element: Element, zone: str) -> Line:
    """Return an element as a row of its list."""
    body = element.body if isinstance(element.body, dict) else {}
    words = [_cell(element.path, body, pointer, zone) for pointer in _pointers(section)]
    return Line(element.path, words[0] or name_of(section, body), tuple(words[1:]))


def name_of(section: Section, body: Document) -> str:
    """Return what to call an element: the first of its names, or its kind."""
    named = (body.get(key) for key in ("title", "name", "description", "id"))
    found = next((str(one).strip() for one in named if isinstance(one, str | int) and str(one).strip()), "")
    kind = model.BLOCKS[block_of(section)].label
    return (found if len(found) <= 80 else f"{found[:79]}…") or f"{kind} sin nombre"


def quick_section(section: Section) -> Section:
    """Return the part of an element's section that the line for adding one asks for."""
    firsts = dict.fromkeys(pointer.split("/")[1] for pointer in QUICK[block_of(section)])
    return replace(element_section(section), fields=tuple(f"{section.base}/{first}" for first in firsts))


def quick_rows(section: Section, zone: str, choices: Choices, said: Said | None = None) -> tuple[Input, ...]:
    """Return the controls of the line for adding an element; an amount's goes by the name of the amount."""
    form = forms.build(Ground(quick_section(section), {}, zone, choices), said)
    rows = ((form.row(pointer), _label(section, pointer)) for pointer in QUICK[block_of(section)])
    return tuple(
        replace(row, label=label, control=Control.LINE if row.control is Control.AREA else row.control)
        for row, label in rows
        if isinstance(row, Input)
    )


def pasted(section: Section, text: str) -> list[dict[str, list[str]]]:
    """Return the rows of a piece of spreadsheet as texts of the line for adding one: columns in its order."""
    pointers = QUICK[block_of(section)]
    money = {name: ["MXN"] for name in currencies(section)}
    return [
        {pointer: [cell.strip()] for pointer, cell in zip(pointers, row.split("\t"), strict=False)} | money
        for row in text.replace("\r\n", "\n").split("\n")
        if row.strip()
    ]


def currencies(section: Section) -> tuple[str, ...]:
    """Return the names of the currencies that go with the amounts of the line: hidden, in pesos."""
    return tuple(
        f"{pointer.rpartition('/')[0]}/currency"
        for pointer in QUICK[block_of(section)]
        if pointer.endswith("/amount")
    )


def _pointers(section: Section) -> tuple[str, ...]:
    block = block_of(section)
    return _COLUMNS.get(block, QUICK[block])


def _label(section: Section, pointer: str) -> str:
    path = f"{section.base}{pointer}"
    return model.FIELDS[path.removesuffix("/amount")].label


def _is_number(section: Section, pointer: str) -> bool:
    one = model.FIELDS[f"{section.base}{pointer}"]
    return one.kind in (Kind.NUMBER, Kind.INTEGER) or one.of == "Value"


def _cell(part: str, body: Document, pointer: str, zone: str) -> str:
    held: Any = places.at(body, pointer)
    if held in (None, "", [], {}):
        return ""
    one = model.FIELDS[places.field_path(part, pointer)]
    if one.kind is Kind.CODES and isinstance(held, list):
        labels = {option.value: option.label for option in options(one)}
        return ", ".join(labels.get(str(code), str(code)) for code in held)
    if isinstance(held, dict) and isinstance(held.get("name"), str):
        return str(held["name"])
    if isinstance(held, list) and all(isinstance(item, dict) for item in held):
        named = [str(item.get("name") or item.get("id") or "") for item in held[:3]]
        return ", ".join([*filter(None, named), *([f"y {len(held) - 3} más"] if len(held) > 3 else [])])
    return in_words(held, f"/{part}{pointer}", zone=zone)
