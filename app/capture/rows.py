"""The rows that a form is drawn from: one control, an object of them, a list of objects.

`app.capture.forms` makes them of the model and of what is stored; templates draw them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from app.capture.controls import Control, Option
from app.ocds import model
from app.ocds.model import Field, Need
from app.processes.outline import Note

Layout = Literal["plain", "money", "period", "grid", "line"]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A catalogue that offers codes as one types, and the controls that take what it says of a code."""

    kind: str
    family: str
    fills: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Input:
    """One control: its label, what it shows, what it can choose from, what is said of it."""

    name: str
    field: Field
    control: Control
    label: str
    need: Need
    texts: tuple[str, ...]
    shown: str
    """Digest of the texts that stand for what is stored, whatever was typed."""
    options: tuple[Option, ...] = ()
    example: str = ""
    error: str = ""
    notes: tuple[Note, ...] = ()
    withheld: str = ""
    catalog: "Lookup | None" = None

    @property
    def id(self) -> str:
        """What a page calls the control."""
        return anchor(self.name)

    @property
    def text(self) -> str:
        """What its one box shows."""
        return self.texts[0] if self.texts else ""

    @property
    def is_blank(self) -> bool:
        """Whether it shows nothing of the document, and nothing is said of it."""
        return self.texts in (("",), (), (offer_of(self.field),)) and not self.error and not self.notes


@dataclass(frozen=True, slots=True)
class Fieldset:
    """An object inside the form."""

    name: str
    field: Field
    need: Need
    layout: Layout
    rows: tuple["Row", ...]
    extra: tuple["Row", ...]
    notes: tuple[Note, ...] = ()
    withheld: str = ""
    is_blank: bool = False
    is_old: bool = False
    """It holds what earlier versions of the standard kept beside a reference, which has the same name."""

    @property
    def is_unit(self) -> bool:
        """Whether its fields are saved together, since one of them means nothing alone."""
        return default_in(self.field.path) is not None

    @property
    def id(self) -> str:
        """What a page calls the object."""
        return f"{anchor(self.name)}-heredado" if self.is_old else anchor(self.name)

    @property
    def label(self) -> str:
        """Its name on the page."""
        return self.field.label


@dataclass(frozen=True, slots=True)
class RepeatRow:
    """One object of an inline list; `origin` is its position in what is stored, empty for a new one."""

    name: str
    origin: str
    rows: tuple["Row", ...]
    extra: tuple["Row", ...]

    @property
    def id(self) -> str:
        """What a page calls the row."""
        return anchor(self.name)


@dataclass(frozen=True, slots=True)
class Repeat:
    """A list of objects that is edited in place and stored as one value."""

    name: str
    field: Field
    label: str
    need: Need
    one: str
    """What one of its objects is called."""
    layout: Layout
    rows: tuple[RepeatRow, ...]
    digest: str
    beyond: int = 0
    """Stored rows that are not shown."""
    notes: tuple[Note, ...] = ()
    error: str = ""

    @property
    def id(self) -> str:
        """What a page calls the list."""
        return anchor(self.name)

    @property
    def is_blank(self) -> bool:
        """Whether it has no rows and nothing is said of it."""
        return not self.rows and not self.notes and not self.error


Row = Input | Fieldset | Repeat


@dataclass(frozen=True, slots=True)
class Default:
    """What a form offers in a field of an object, and what it says only together with another of its fields."""

    key: str
    value: str
    after: tuple[str, ...]


_DEFAULTS: Mapping[str, Default] = {
    "Value": Default("currency", "MXN", ("amount", "netAmount")),
    "Classification": Default("scheme", "CUCOP", ("id",)),
    "Identifier": Default("scheme", "MX-RFC", ("id",)),
    "Unit": Default("scheme", "UNCEFACT", ("id",)),
}
_PARTIDA = Default("scheme", "COG", ("id",))


@cache
def default_in(path: str) -> Default | None:
    """Return what is offered in the object at a model's path, or in each of the list there."""
    one = model.FIELDS.get(path)
    if one is None:
        return None
    if one.name == "additionalClassifications":
        return _PARTIDA
    return _DEFAULTS.get(one.of or (one.inline.name if one.inline else ""))


def offer_of(one: Field) -> str:
    """Return the text that a field offers while it is empty."""
    default = default_in(one.path.rpartition("/")[0])
    return default.value if default and default.key == one.name else ""


def anchor(name: str) -> str:
    """Return what a page calls the place of a pointer inside the part."""
    return f"campo{name}"


def shown(rows: Iterable["Row"]) -> str:
    """Return what the controls of rows, those of lists aside, show for what is stored: names and digests."""
    return " ".join(f"{row.name}={row.shown}" for row in walk(rows, lists=False) if isinstance(row, Input))


def walk(rows: Iterable[Row], *, lists: bool = True) -> Iterable[Row]:
    """Yield rows and what is inside them, in the order of the page; `lists`: those of inline lists as well."""
    for row in rows:
        yield row
        if isinstance(row, Fieldset):
            yield from walk((*row.rows, *row.extra), lists=lists)
        elif isinstance(row, Repeat) and lists:
            for one in row.rows:
                yield from walk((*one.rows, *one.extra))
