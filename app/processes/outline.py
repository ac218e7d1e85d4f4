"""A working document laid out for reading: stages, groups of labelled values, lists, and what is said of each place.

Labels, order and codes come from the model of the fields, so a field of the model needs nothing here to be shown; a
key that the model does not know is shown under its own name.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from typing import Any, Literal, TypeGuard
from urllib.parse import quote

from app.core import json
from app.ocds import codelists, diff, messages, model, shape
from app.ocds.model import Field, Kind, Stage
from app.ocds.shape import Document
from app.ocds.validation import Problem
from app.web import formats
from app.web.components import Change

SHOWN = 20
"""Elements of each list that a page of the whole document shows."""
NAME = 48
"""Characters of an element's name in a place."""
PAGE = 50
"""Elements of a list on a page of its own."""
_WHOLE_DAY = (time(0, 0), time(23, 59), time(23, 59, 59))


@dataclass(frozen=True, slots=True)
class Note:
    """What is said about a place."""

    kind: Literal["error", "advice", "observation"]
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere in a document."""

    pointer: str

    @property
    def anchor(self) -> str:
        """What a page calls this place."""
        return anchor(self.pointer)


@dataclass(frozen=True, slots=True)
class Row(Place):
    """A labelled value. None: it is not there, but something is said of it; empty: only its parts have values."""

    label: str
    value: str | None
    link: str = ""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Group(Place):
    """An object: its own values and those of the objects in it, then its lists of objects."""

    label: str
    rows: tuple[Row, ...] = ()
    lists: tuple["Listing", ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing(Place):
    """Some elements of a list of objects: from which position, and of how many."""

    label: str
    total: int
    start: int
    elements: tuple[Group, ...]
    notes: tuple[Note, ...] = ()

    @property
    def is_spoken_of(self) -> bool:
        """Whether something is said of the list or of anything in it."""
        return bool(self.notes) or any(_is_spoken_of(element) for element in self.elements)

    @property
    def end(self) -> int:
        """Position after the last element shown."""
        return self.start + len(self.elements)


@dataclass(frozen=True, slots=True)
class StageOutline:
    """What a document says about one stage."""

    stage: Stage
    label: str
    groups: tuple[Group, ...]


@dataclass(slots=True)
class Notes:
    """What is said about the places of a document."""

    by_pointer: dict[str, tuple[Note, ...]] = field(default_factory=dict)
    _below: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def gather(cls, problems: Iterable[Problem], observations: Iterable[tuple[str, str]] = ()) -> "Notes":
        """Put observations (pointer and text) and problems where they belong."""
        notes = cls()
        for pointer, text in observations:
            notes._add(pointer, Note("observation", text))
        for problem in problems:
            notes._add(problem.pointer, Note(problem.severity, told_in_place(problem)))
        return notes

    def _add(self, pointer: str, note: Note) -> None:
        self.by_pointer[pointer] = (*self.by_pointer.get(pointer, ()), note)
        while pointer:
            pointer, _, token = pointer.rpartition("/")
            self._below.setdefault(pointer, []).append(_key(token))

    def at(self, pointer: str) -> tuple[Note, ...]:
        """Return what is said about this very place."""
        return self.by_pointer.get(pointer, ())

    def below(self, pointer: str) -> list[str]:
        """Return the keys under a place of which, or of whose parts, something is said."""
        return list(dict.fromkeys(self._below.get(pointer, ())))


def told_in_place(problem: Problem) -> str:
    """Return a problem's message without the place, for where the place is in sight."""
    text = problem.message.removeprefix(f"{place_of(problem.pointer)}: ")
    return text[:1].upper() + text[1:]


def place_of(pointer: str) -> str:
    """Return where a pointer leads, in words: `Contratos 2 › Ejecución`."""
    return messages.place(shape.release(), pointer)


def place_by_name(document: Document, pointer: str) -> str:
    """Return where a pointer leads, elements by their own names where they have one: `«Laura Campos» › Papeles`."""
    crumbs: list[str] = []
    held: Any = document
    walked = ""
    for token in pointer.split("/")[1:]:
        walked = f"{walked}/{token}"
        label = place_of(walked).rpartition(" › ")[2]
        if isinstance(held, list) and token.isdecimal():
            held = held[int(token)] if int(token) < len(held) else None
            name = called({**held, "id": ""}) if isinstance(held, dict) else ""
            crumbs[-1:] = [f"«{name if len(name) <= NAME else f'{name[: NAME - 1]}…'}»" if name else label]
        else:
            held = held.get(_key(token)) if isinstance(held, dict) else None
            crumbs.append(label)
    return " › ".join(crumbs) or place_of("")


def anchor(pointer: str) -> str:
    """Return the name of a place within its page, safe in an address and in an attribute."""
    return f"en:{quote(pointer, safe='/')}"


def find(document: Document, pointer: str) -> Any:
    """Return the value at a JSON Pointer; None where there is none."""
    held: Any = document
    for token in pointer.split("/")[1:]:
        if isinstance(held, list):
            held = next((element for index, element in enumerate(held) if str(index) == token), None)
        else:
            held = held.get(_key(token)) if isinstance(held, dict) else None
    return held


def outline(document: Document, notes: Notes, *, zone: str) -> tuple[StageOutline, ...]:
    """Lay a document out by stage; a stage of which nothing is said is left out.

    Args:
        document: a working document.
        notes: what to say next to its places.
        zone: IANA time zone in which instants are told.
    """
    layout = _Layout(notes, zone)
    stages: dict[Stage, list[Group]] = {stage: [] for stage in model.STAGES}
    loose: dict[Stage, Document] = {stage: {} for stage in model.STAGES}
    for key, held in document.items():
        known = model.FIELDS.get(key)
        stage = known.stage if known else Stage.GENERAL
        if isinstance(held, dict):
            label = known.label if known else key
            stages[stage].append(layout.group(held, f"/{shape.escape(key)}", key, label))
        else:
            loose[stage][key] = held
    for key in notes.below(""):
        if key not in document:
            loose[Stage.GENERAL][key] = None
    for stage, held in loose.items():
        if held:
            stages[stage].insert(0, layout.group(held, "", "", ""))
    return tuple(
        StageOutline(stage, label, tuple(stages[stage]))
        for stage, label in model.STAGES.items()
        if stages[stage]
    )


def listing(document: Document, pointer: str, start: int, notes: Notes, *, zone: str) -> Listing | None:
    """Lay out up to `PAGE` elements of the list at a pointer; None where the document has no list of objects."""
    held = find(document, pointer)
    if not _is_listing(held):
        return None
    path = _path(pointer)
    known = model.FIELDS.get(path)
    return _Layout(notes, zone).listing(
        held, pointer, path, known.label if known else path, slice(start, start + PAGE)
    )


def places(groups: Iterable[Group]) -> Iterator[str]:
    """Yield the pointers that have an anchor in a page."""
    for group in groups:
        yield group.pointer
        yield from (row.pointer for row in group.rows)
        for one in group.lists:
            yield one.pointer
            yield from places(one.elements)


def in_words(held: Any, pointer: str, *, zone: str) -> str:
    """Return a value on one line: an object by its amount or name, a list by what it names and how much more.

    Args:
        held: the value at the pointer; not None.
        pointer: where it stands, which says what it means.
        zone: IANA time zone in which instants are told.
    """
    layout = _Layout(Notes(), zone)
    if _is_listing(held):
        named = [_name(element, position) for position, element in enumerate(held[:5])]
        return "; ".join([*named, *([f"y {len(held) - 5} más"] if len(held) > 5 else [])])
    if isinstance(held, dict):
        told = layout.money(held, pointer) or layout.prices(held) or layout.span(held)
        return told or called(held) or formats.plural(len(held), "dato", "datos")
    return layout.text(held, model.FIELDS.get(_path(pointer))) or "vacío"


def change_in_words(change: diff.Change, *, zone: str) -> Change:
    """Return a difference as the component tells it: the field, what it was and what it is."""
    where, _, label = place_of(change.pointer).rpartition(" › ")

    def told(held: Any) -> str | None:
        return None if held is None else in_words(held, change.pointer, zone=zone)

    return Change(label, told(change.before), told(change.after), where)


def _is_spoken_of(group: Group) -> bool:
    return (
        bool(group.notes)
        or any(row.notes for row in group.rows)
        or any(one.is_spoken_of for one in group.lists)
    )


class _Layout:
    def __init__(self, notes: Notes, zone: str) -> None:
        self._notes = notes
        self._zone = zone

    def group(self, value: Document, at: str, path: str, label: str) -> Group:
        held = list(self._values(value, at, path, ""))
        rows = tuple(one for one in held if isinstance(one, Row))
        lists = tuple(one for one in held if isinstance(one, Listing))
        return Group(at, label, rows, lists, self._notes.at(at) if at else ())

    def listing(self, held: list[Document], at: str, path: str, label: str, window: slice) -> Listing:
        start = window.start
        elements = tuple(
            self.group(element, f"{at}/{position}", path, _name(element, position))
            for position, element in enumerate(held[window], start)
        )
        return Listing(at, label, len(held), start, elements, self._notes.at(at))

    def _values(self, value: Document, at: str, path: str, above: str) -> Iterator[Row | Listing]:
        """Yield the values of an object in the order of the model; those of objects inside it carry its label."""
        spoken = [key for key in self._notes.below(at) if key not in value] if at else []
        for key in sorted((*value, *spoken), key=lambda key: _order(_under(path, key))):
            held, here, below = value.get(key), f"{at}/{shape.escape(key)}", _under(path, key)
            known = model.FIELDS.get(below)
            label = f"{above}{known.label if known else key}"
            notes = self._notes.at(here)
            if _is_listing(held):
                yield self.listing(held, here, below, label, slice(0, SHOWN))
            elif not isinstance(held, dict):
                if held not in (None, "", []) or notes:
                    link = held if isinstance(held, str) and _is_link(held, known) else ""
                    yield Row(here, label, self.text(held, known), link, notes)
            elif money := self.money(held, here):
                yield Row(here, label, money, notes=notes)
            else:
                if notes:
                    yield Row(here, label, "" if held else None, notes=notes)
                yield from self._values(held, here, below, f"{label} › ")

    def money(self, held: Document, at: str) -> str:
        """Return an amount with its currency, unless something is said of one of them."""
        amount = held.get("amount")
        if (
            type(amount) not in (int, float)
            or not held.keys() <= {"amount", "currency"}
            or self._notes.below(at)
        ):
            return ""
        exact = Decimal(str(amount)).normalize().as_tuple().exponent
        return formats.money(
            amount, str(held.get("currency") or ""), max(2, -exact if isinstance(exact, int) else 2)
        )

    def prices(self, held: Document) -> str:
        """Return an amount with and without taxes; empty for anything else."""
        if not {"netAmount"} <= held.keys() <= {"netAmount", "amount", "currency"}:
            return ""
        currency = {"currency": held.get("currency")}
        gross, net = (
            self.money({"amount": held.get(key), **currency}, "") for key in ("amount", "netAmount")
        )
        return ", ".join(part for part in (gross, f"{net} sin impuestos" if net else "") if part)

    def span(self, held: Document) -> str:
        """Return a period: from one day to another; empty for anything else."""
        if not held or not held.keys() <= {"startDate", "endDate", "maxExtentDate", "durationInDays"}:
            return ""
        start, last, most = (
            self.text(held.get(key), model.FIELDS[f"tender/tenderPeriod/{key}"])
            for key in ("startDate", "endDate", "maxExtentDate")
        )
        days = held.get("durationInDays")
        told = (
            f"del {start}" if start else "",
            f"al {last}" if last else "",
            f"a más tardar el {most}" if most else "",
            f"({days} días)" if days is not None else "",
        )
        return " ".join(part for part in told if part)

    def text(self, held: Any, known: Field | None) -> str | None:
        match held:
            case None | "" | []:
                return None
            case bool():
                return "Sí" if held else "No"
            case int() | float():
                is_quantity = known is not None and known.kind is Kind.NUMBER
                return f"{Decimal(str(held)):,f}" if is_quantity else str(held)
            case str():
                return self._words(held, known)
            case list() if not any(isinstance(item, dict | list) for item in held):
                return ", ".join(self.text(item, known) or "—" for item in held)
            case _:
                return json.text(held)

    def _words(self, held: str, known: Field | None) -> str:
        if known is not None and known.codelist:
            return codelists.label(known.codelist, held)
        if known is not None and known.kind is Kind.DATE:
            try:
                moment = datetime.fromisoformat(held)
            except ValueError:
                return held
            # A day written as an instant, its first or its last: its zone must not make it another day.
            if moment.time() in _WHOLE_DAY:
                return formats.date_es(moment.date())
            return formats.datetime_es(moment, self._zone)
        return held


def _under(path: str, key: str) -> str:
    return f"{path}/{key}" if path else key


def _order(path: str) -> int:
    known = model.FIELDS.get(path)
    return known.order if known else len(model.FIELDS)


def _is_listing(held: Any) -> TypeGuard[list[Document]]:
    return isinstance(held, list) and bool(held) and all(isinstance(item, dict) for item in held)


def _is_link(held: str, known: Field | None) -> bool:
    return known is not None and known.kind is Kind.URI and held.lower().startswith(("https://", "http://"))


def _name(element: Document, position: int) -> str:
    """Return what to call an element of a list: its position and its name."""
    name = called(element)
    return f"{position + 1}. {name}" if name else f"{position + 1}"


def called(element: Document) -> str:
    """Return the first of an object's names, cut short; empty when it has none."""
    named = (element.get(key) for key in ("title", "name", "description", "id"))
    name = next((str(one) for one in named if isinstance(one, str | int) and str(one).strip()), "")
    return name if len(name) <= 100 else f"{name[:99]}…"


def _path(pointer: str) -> str:
    return "/".join(_key(token) for token in pointer.split("/")[1:] if not token.isdecimal())


def _key(token: str) -> str:
    return token.replace("~1", "/").replace("~0", "~")
