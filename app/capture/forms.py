"""The form of a section: the model's fields beside what the document holds of them, as a tree of rows to draw.

Three kinds of rows: an `Input` is one control, a `Fieldset` an object held by the one around it, a `Repeat` a list of
objects that are edited in place. What is optional and empty goes into the fold of its group (`extra`), so that a page
asks calmly; what is deprecated, or does not apply to the way of contracting, is asked for only where it has a value.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.capture import names
from app.capture.controls import Choices, Control, Option, control, example, offered
from app.capture.plan import Section, is_asked, is_inline_list, is_reference
from app.capture.rows import (
    Fieldset,
    Input,
    Layout,
    Lookup,
    Repeat,
    RepeatRow,
    Row,
    default_in,
    offer_of,
    shown,
    walk,
)
from app.catalogs.kinds import serving
from app.ocds import entry, model
from app.ocds.diff import has_content
from app.ocds.model import Field, Kind, Need
from app.ocds.shape import Document
from app.processes.outline import Note

ROWS = 25
"""Rows of an inline list that a form shows; the rest stays as it is until those before it are fewer."""

_LAYOUTS: Mapping[str, Layout] = {"Value": "money", "Period": "period", "Component": "line"}
_GRIDS = frozenset({"Address", "Identifier", "ContactPoint", "Classification", "ExchangeRate"})


@dataclass(frozen=True, slots=True)
class Ground:
    """What a form stands on.

    Attributes:
        section: which fields.
        body: of the part that holds them, as stored.
        zone: IANA time zone in which dates are told.
        choices: parties, awards and bids of the document.
        applies: whether a field, by its path in the model, is asked for at all in this process.
    """

    section: Section
    body: Document
    zone: str
    choices: Choices = field(default_factory=Choices)
    applies: Callable[[str], bool] = lambda _path: True

    @property
    def held(self) -> Document:
        """The object whose fields are asked for; empty where there is none yet."""
        value: Any = self.body
        for key in self.section.prefix.split("/")[1:]:
            value = value.get(key) if isinstance(value, dict) else None
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class SectionForm:
    """A section's form in one of its moments: as stored, or as sent with what is wrong."""

    rows: tuple[Row, ...]
    extra: tuple[Row, ...]

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Every control, in the order of the page."""
        return tuple(_inputs((*self.rows, *self.extra)))

    @property
    def problems(self) -> list[Input | Repeat]:
        """What to mend, in the order of the page."""
        return [
            row for row in walk((*self.rows, *self.extra)) if isinstance(row, Input | Repeat) and row.error
        ]

    @property
    def shown(self) -> str:
        """What the controls outside of lists show, in digests: the value of the hidden field `mostrado`."""
        return shown((*self.rows, *self.extra))

    def row(self, name: str) -> Row | None:
        """Return the row of a name."""
        return next((row for row in walk((*self.rows, *self.extra)) if row.name == name), None)


def _inputs(rows: Iterable[Row]) -> Iterable[Input]:
    return (row for row in walk(rows) if isinstance(row, Input))


@dataclass(frozen=True, slots=True)
class Said:
    """What a form was sent, and what is said of its places, all by name."""

    texts: Mapping[str, list[str]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, tuple[Note, ...]] = field(default_factory=dict)
    withheld: Mapping[str, str] = field(default_factory=dict)


def build(ground: Ground, said: Said | None = None) -> SectionForm:
    """Return the form of a section.

    Args:
        ground: what it stands on.
        said: what was typed, which wins over what is stored, and what is said of it.
    """
    builder = _Builder(ground, said or Said())
    fields = [model.FIELDS[path] for path in ground.section.fields]
    rows, extra = builder.split(builder.rows(fields, ground.section.prefix, ground.held, Need.REQUIRED))
    return SectionForm(rows, extra)


def is_plain_reference(held: Any) -> bool:
    """Tell whether a reference to a party can be chosen: none yet, or one by its id."""
    return held is None or (isinstance(held, dict) and (not held or held.get("id") is not None))


def are_plain_references(held: Any) -> bool:
    """Tell whether a list of references can be chosen by boxes: each an id and a name and nothing more."""
    return held is None or (
        isinstance(held, list)
        and all(
            isinstance(one, dict) and one.get("id") is not None and one.keys() <= {"id", "name"}
            for one in held
        )
    )


def is_object(held: Any) -> bool:
    """Tell whether a value can be asked for field by field."""
    return held is None or isinstance(held, dict)


def is_list_of_objects(held: Any) -> bool:
    """Tell whether a value can be asked for row by row."""
    return held is None or (isinstance(held, list) and all(isinstance(one, dict) for one in held))


def stored_texts(one: Field, value: Any, zone: str) -> tuple[str, ...]:
    """Return what the control of a field shows for a stored value: one text, or one per box that is ticked."""
    if is_reference(one):
        if one.is_list and are_plain_references(value):
            return tuple(str(reference["id"]) for reference in value or ())
        if not one.is_list and is_plain_reference(value):
            return (str(value["id"]) if value else "",)
    if control(one) is Control.BOXES and isinstance(value, list):
        return tuple(held if isinstance(held, str) else entry.written(one, held, zone=zone) for held in value)
    if value is None:
        return (offer_of(one),)
    return (entry.written(one, value, zone=zone),)


class _Builder:
    def __init__(self, ground: Ground, said: Said) -> None:
        self.ground = ground
        self.said = said

    def split(self, rows: Iterable[Row]) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
        """Part what a group asks for from what it folds away."""
        listed = tuple(rows)
        extra = tuple(row for row in listed if _is_extra(row))
        if len(extra) == len(listed):  # a group of nothing but optional fields has nothing to be calm about
            return listed, ()
        return tuple(row for row in listed if not _is_extra(row)), extra

    def rows(self, fields: Iterable[Field], at: str, held: Document, weight: Need) -> Iterable[Row]:
        """Yield a row for each field that is to be asked for; `weight` is that of the object around them."""
        for one in fields:
            name, value = f"{at}/{one.name}", held.get(one.name)
            if value is None and (one.deprecated or not self.ground.applies(one.path)):
                continue
            yield from self._row(one, name, held, _lighter(one.need, weight))

    def _row(self, one: Field, name: str, around: Document, need: Need) -> Iterable[Row]:
        value = around.get(one.name)
        if is_reference(one) and not one.is_list and is_plain_reference(value):
            yield self._named(self._input(one, name, value, need), [value] if value else [])
            old = [child for child in model.children(one.path) if child.deprecated]
            if value and any(child.name in value for child in old):
                inherited = self._fieldset(one, name, value, Need.OPTIONAL, old)
                yield replace(inherited, is_old=True, notes=(), withheld="")
        elif is_reference(one) and one.is_list and are_plain_references(value):
            yield self._named(self._input(one, name, value, need), value or [])
        elif one.kind is Kind.BLOCK and is_object(value):
            yield self._fieldset(one, name, value or {}, need, model.children(one.path))
        elif is_inline_list(one) and is_list_of_objects(value):
            yield self._repeat(one, name, value or [], need)
        else:
            yield replace(self._input(one, name, value, need), catalog=self._catalog(one, name, around))

    def _catalog(self, one: Field, name: str, around: Document) -> Lookup | None:
        """Return the catalogue of a code that people look up; short lists stand on the page itself."""
        if one.kind not in (Kind.ID, Kind.TEXT) or one.codelist or one.choices:
            return None
        beside = name.rpartition("/")[0]

        def said(key: str) -> str:
            sent = self.said.texts.get(f"{beside}/{key}")
            return sent[-1] if sent else str(around.get(key) or "")

        default = default_in(one.path.rpartition("/")[0])
        kind = serving(one.path, said("scheme") or (default.value if default else ""))
        if kind is None or control(one) is not Control.LINE:
            return None
        told = "name" if kind.key == "unit" else "description"
        family = said("name") if kind.family else ""
        return Lookup(kind.key, family, {"description": f"{beside}/{told}"})

    def _input(self, one: Field, name: str, value: Any, need: Need) -> Input:
        kind, stored = control(one), stored_texts(one, value, self.ground.zone)
        texts = stored
        if name in self.said.texts:
            sent = self.said.texts[name]
            texts = tuple(text for text in sent if text) if kind is Control.BOXES else (sent[-1],)
        if kind is Control.LINE and any("\n" in text for text in texts):
            kind = Control.AREA
        is_chosen = kind in (Control.SELECT, Control.RADIOS, Control.BOXES)
        return Input(
            name,
            one,
            kind,
            one.label,
            need if is_asked(one) else Need.OPTIONAL,
            texts,
            names.digest_of(stored),
            offered(one, list(texts), self.ground.choices) if is_chosen else (),
            example(one, self.ground.zone),
            self.said.errors.get(name, ""),
            self.said.notes.get(name, ()),
            self.said.withheld.get(name, ""),
        )

    def _named(self, row: Input, references: list[Document]) -> Input:
        """Call the options that are no party of the process by the name that the reference gives."""
        given = {str(one["id"]): one.get("name") for one in references}
        options = tuple(
            Option(option.value, f"{given[option.value] or option.value} (no está entre los participantes)")
            if option not in self.ground.choices.parties and option.value in given
            else option
            for option in row.options
        )
        return replace(row, options=options)

    def _fieldset(
        self, one: Field, name: str, held: Document, need: Need, children: Iterable[Field]
    ) -> Fieldset:
        is_there = has_content(held)
        rows = tuple(self.rows(children, name, held, Need.REQUIRED if is_there else need))
        shown, extra = self.split(rows)
        blank = not is_there and all(row.is_blank for row in rows)
        notes, withheld = self.said.notes.get(name, ()), self.said.withheld.get(name, "")
        return Fieldset(name, one, need, _layout(one), shown, extra, notes, withheld, blank)

    def _repeat(self, one: Field, name: str, held: list[Document], need: Need) -> Repeat:
        children = tuple(model.children(one.path))
        if names.list_mark(name) in self.said.texts:
            marks = names.rows_of(self.said.texts, name)
            origins = [self.said.texts[names.row_mark(mark)][-1] for mark in marks]
        else:
            origins = [str(index) for index in range(min(len(held), ROWS))]
            if not held and need is not Need.OPTIONAL:
                origins = [""]
        rows = []
        for index, origin in enumerate(origins):
            at = f"{name}/{index}"
            stored = held[int(origin)] if origin.isdecimal() and int(origin) < len(held) else {}
            asked = tuple(self.rows(children, at, stored, Need.REQUIRED))
            shown, extra = (asked, ()) if _layout(one) == "line" else self.split(asked)
            rows.append(RepeatRow(at, origin, shown, extra))
        return Repeat(
            name,
            one,
            one.label,
            need,
            _one(one),
            _layout(one),
            tuple(rows),
            names.list_digest(held),
            max(0, len(held) - ROWS),
            self.said.notes.get(name, ()),
            self.said.errors.get(name, ""),
        )


_WEIGHT = {Need.REQUIRED: 2, Need.RECOMMENDED: 1, Need.OPTIONAL: 0}


def _lighter(one: Need, other: Need) -> Need:
    """A field cannot be asked for more than the object that it stands in."""
    return min(one, other, key=_WEIGHT.__getitem__)


def _is_extra(row: Row) -> bool:
    if isinstance(row, Input) and not is_asked(row.field):
        return not row.error
    return row.need is Need.OPTIONAL and row.is_blank


def _one(one: Field) -> str:
    held = one.inline or model.BLOCKS[one.of or ""]
    return held.label


def _layout(one: Field) -> Layout:
    return _LAYOUTS.get(one.of or "", "grid" if (one.of or "") in _GRIDS else "plain")
