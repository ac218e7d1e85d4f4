"""A compiled release as sections, lines and tables: all of it, by construction.

Every function takes what it shows out of its own copy of an object and hands the rest on, so a field that nobody
designed a place for, known to the model or not, stands as a line under its label. Long lists show their first rows and
lead to the page of their own; a budget of rows keeps any document within a page.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from app.core import json
from app.core.errors import NotFoundError
from app.ocds import model
from app.ocds.shape import Document, escape
from app.portal.telling import DEEPEST, Entry, Line, Told, below, compact, label, lines, ordered, told
from app.web import components

PAGE = 50
"""Rows of one list on a page."""

BUDGET = 400
"""Rows of all lists together on the page of a process."""

FEW = 12
"""So many references to participants stand as lines; more become a table."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: the keys that stand on its first line, and those below it in small."""

    label: str
    main: tuple[str, ...]
    small: tuple[str, ...] = ()
    numeric: bool = False

    @property
    def head(self) -> components.Column:
        """The column as the table's head shows it."""
        return components.Column(self.label, numeric=self.numeric)


@dataclass(frozen=True, slots=True)
class Cell:
    """What one row says in one column: the first line, and the small ones."""

    main: tuple[Entry, ...]
    small: tuple[Entry, ...] = ()
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row, and what its element says besides the columns."""

    cells: tuple[Cell, ...]
    rest: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of a list that is shown: `shown` of `total` from `start`; `pointer` names the list."""

    pointer: str
    start: int
    shown: int
    total: int

    @property
    def partial(self) -> bool:
        """Whether there is more than is shown."""
        return self.shown < self.total


@dataclass(frozen=True, slots=True)
class Table:
    """A list of one kind of thing; `same_as` is an equal list told before, instead of rows."""

    caption: str
    columns: tuple[components.Column, ...]
    rows: tuple[Row, ...]
    cut: Cut
    same_as: "Table | None" = None

    @property
    def id(self) -> str:
        """Where an address leads to it within the page."""
        return anchor(self.cut.pointer)


@dataclass(slots=True)
class Section:
    """An object: its plain lines, its tables, the objects inside it; `cut` tells of a list that goes on."""

    title: str
    id: str = ""
    lines: list[Line] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    sections: list["Section"] = field(default_factory=list)
    cut: Cut | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.lines or self.tables or self.sections)


_NAME = Column("Nombre", ("name",), ("id",))
_VALUE = Column("Monto", ("value",), numeric=True)

TABLES: dict[str, tuple[Column, ...]] = {
    "Item": (
        Column("Partida", ("description",), ("id", "classification")),
        Column("Cantidad", ("quantity", "unit/name"), numeric=True),
        Column("Precio unitario", ("unit/value",), numeric=True),
    ),
    "Document": (
        Column("Documento", ("title",), ("id",)),
        Column("Tipo", ("documentType",)),
        Column("Formato", ("format",)),
        Column("Fecha", ("datePublished",)),
    ),
    "Milestone": (
        Column("Hito", ("title",), ("id",)),
        Column("Tipo", ("type",)),
        Column("Programado", ("dueDate",)),
        Column("Cumplido", ("dateMet",)),
        Column("Situación", ("status",)),
    ),
    "Transaction": (
        Column("Pago", ("id",)),
        Column("Fecha", ("date",)),
        Column("De", ("payer",)),
        Column("A", ("payee",)),
        Column("Forma", ("paymentMethod",)),
        _VALUE,
    ),
    "Guarantee": (
        Column("Garantía", ("type",), ("id",)),
        Column("Qué garantiza", ("obligations",)),
        Column("La expide", ("guarantor",)),
        Column("Vigencia", ("period",)),
        _VALUE,
    ),
    "Amendment": (
        Column("Modificación", ("description",), ("id",)),
        Column("Motivo", ("rationale",)),
        Column("Fecha", ("date",)),
    ),
    "Bid": (
        Column("Licitante", ("tenderers",), ("id",)),
        Column("Recibida", ("date",)),
        Column("Situación", ("status",)),
        _VALUE,
    ),
    "Quote": (
        Column("Proveedor", ("issuingSupplier",), ("id",)),
        Column("Fecha", ("date",)),
        Column("Vigencia", ("period",)),
        _VALUE,
    ),
    "ClarificationMeeting": (
        Column("Junta", ("id",)),
        Column("Fecha", ("date",)),
        Column("Asistentes", ("attendees",)),
        Column("Servidores públicos", ("officials",)),
    ),
    "BudgetBreakdown": (
        Column("Parte del presupuesto", ("description",), ("id",)),
        Column("Quién aporta", ("sourceParty",)),
        Column("Periodo", ("period",)),
        Column("Monto", ("amount",), numeric=True),
    ),
    "Statistic": (
        Column("Qué se mide", ("measure",), ("id",)),
        Column("Fecha", ("date",)),
        Column("Valor", ("value", "currency"), numeric=True),
    ),
    "RelatedProcess": (
        Column("Procedimiento relacionado", ("title",), ("id",)),
        Column("Relación", ("relationship",)),
        Column("Identificador", ("identifier",)),
    ),
    "Organization": (
        Column("Participante", ("name",), ("id",)),
        Column("Papeles", ("roles",)),
    ),
    "OrganizationReference": (_NAME,),
}
"""Block -> the columns of a list of it; what they do not name stands below the row."""

_ROWS_OF_THEIR_OWN = frozenset({"Item", "Document"})
"""An element that holds a list of these is a section, not a row."""

_TITLES = ("title", "description", "name", "id")


class Reader:
    """Turns one document into sections.

    Args:
        budget: rows that may still be shown.
        start: where the list at `pointer` begins, when a list has a page of its own.
        pointer: of that list.
    """

    def __init__(self, *, budget: int = BUDGET, pointer: str = "", start: int = 0) -> None:
        self._left = budget
        self._start = {pointer: start}
        self._told: dict[bytes, Table] = {}
        self._captions: Counter[str] = Counter()

    def section(self, title: str, holder: Document, path: str, pointer: str) -> Section:
        """Return everything an object says.

        Args:
            title: of the section.
            holder: the object; not changed.
            path: where it stands in the model.
            pointer: where it stands in the document, a JSON Pointer.
        """
        made = Section(title, anchor(pointer))
        for key, value in ordered(holder, path):
            inner, place = below(path, key), f"{pointer}/{escape(key)}"
            if _are_objects(value) and place.count("/") < DEEPEST:
                self._list(made, value, inner, place)
            elif isinstance(value, dict) and place.count("/") < DEEPEST and _holds_lists(value):
                words, rest = compact(value, inner)
                if words:
                    made.lines.append(Line(label(inner), (words,)))
                made.sections.append(self.section(label(inner), rest, inner, place))
            else:
                made.lines.extend(lines(label(inner), value, inner))
        return made

    def list_section(self, title: str, elements: list[Document], path: str, pointer: str) -> Section:
        """Return a list of objects as a section of its own."""
        made = Section(title, anchor(pointer))
        self._list(made, elements, path, pointer)
        return made

    def _list(self, holder: Section, elements: list[Document], path: str, pointer: str) -> None:
        block = _block(path)
        if block == "OrganizationReference" and len(elements) <= FEW:
            holder.lines.extend(lines(label(path), elements, path))
        elif block in TABLES and not any(_has_rows_of_its_own(element, path) for element in elements):
            holder.tables.append(self._table(elements, path, pointer, TABLES[block]))
        else:
            cut = self._cut(elements, pointer)
            told_there = [
                self._element(element, path, f"{pointer}/{cut.start + offset}")
                for offset, element in enumerate(elements[cut.start : cut.start + cut.shown])
            ]
            holder.sections.extend(told_there)
            if cut.partial:
                holder.sections.append(Section(label(path), cut=cut))

    def _element(self, element: Document, path: str, pointer: str) -> Section:
        block = _block(path)
        kind = model.BLOCKS[block].label if block else label(path)
        rest = dict(element)
        name = next((rest.get(key) for key in _TITLES if isinstance(rest.get(key), str | int)), "")
        if rest.get("title") == name and len(str(name)) <= 160:
            rest.pop("title", None)
        title = f"{kind}: {name}" if name and len(str(name)) <= 160 else kind
        return self.section(title, rest, path, pointer)

    def _table(self, elements: list[Document], path: str, pointer: str, columns: tuple[Column, ...]) -> Table:
        caption, packed = self._caption(path), json.dumps(elements) if _block(path) == "Item" else b""
        if packed in self._told:
            whole = Cut(pointer, 0, len(elements), len(elements))
            return Table(caption, (), (), whole, self._told[packed])
        cut = self._cut(elements, pointer)
        rows = [_row(element, path, columns) for element in elements[cut.start : cut.start + cut.shown]]
        used = [any(row.cells[at].main or row.cells[at].small for row in rows) for at in range(len(columns))]
        made = Table(
            caption,
            tuple(column.head for column, keep in zip(columns, used, strict=True) if keep),
            tuple(
                Row(tuple(cell for cell, keep in zip(row.cells, used, strict=True) if keep), row.rest)
                for row in rows
            ),
            cut,
        )
        if packed:
            self._told[packed] = made
        return made

    def _caption(self, path: str) -> str:
        """Return the label of a list, numbered where another table has it already: a page's regions differ by name."""
        self._captions[label(path)] += 1
        count = self._captions[label(path)]
        return f"{label(path)} ({count})" if count > 1 else label(path)

    def _cut(self, elements: list[Document], pointer: str) -> Cut:
        start = min(self._start.get(pointer, 0), max(0, len(elements) - 1))
        shown = max(0, min(PAGE, self._left, len(elements) - start))
        self._left -= shown
        return Cut(pointer, start, shown, len(elements))


def anchor(pointer: str) -> str:
    """Return the id that the part of the page about a pointer has."""
    return pointer.strip("/").replace("/", "-")


def find_list(document: Document, pointer: str) -> tuple[list[Document], str]:
    """Return the list of objects at a JSON Pointer, and its path in the model.

    Raises:
        NotFoundError: there is no such list in the document.
    """
    value: Any = document
    path = ""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value, path = value[key], below(path, key)
        elif isinstance(value, list) and key.isdecimal() and len(key) < 10 and int(key) < len(value):
            value = value[int(key)]
        else:
            raise NotFoundError("Este proceso no tiene esa lista.")
    if not _are_objects(value):
        raise NotFoundError("Este proceso no tiene esa lista.")
    return value, path


def _row(element: Document, path: str, columns: tuple[Column, ...]) -> Row:
    rest = dict(element)
    address = told(rest["url"]) if _block(path) == "Document" and isinstance(rest.get("url"), str) else None
    if address is not None and address.href:
        del rest["url"]
    cells = [
        Cell(
            tuple(entry for key in column.main for entry in _taken(rest, path, key)),
            tuple(entry for key in column.small for entry in _taken(rest, path, key)),
            column.numeric,
        )
        for column in columns
    ]
    if address is not None and address.href:
        cells[0] = _linked(cells[0], address)
    said = [
        line
        for key, value in ordered(rest, path)
        for line in lines(label(below(path, key)), value, below(path, key))
    ]
    return Row(tuple(cells), tuple(said))


def _linked(cell: Cell, address: Told) -> Cell:
    """Make a document's title lead to it, with the name of the site below."""
    if not cell.main:
        return Cell(((address,),), cell.small)
    title = replace(cell.main[0][0], kind="link", raw="", href=address.href)
    site = Told(address.href.split("/")[2])
    return Cell(((title,), *cell.main[1:]), ((site,), *cell.small))


def _taken(rest: Document, path: str, key: str) -> Iterator[Entry]:
    """Take the value at `key` (`unit/name`) out of an element and tell it; what it cannot tell stays inside."""
    head, _, tail = key.partition("/")
    value, inner = rest.get(head), below(path, head)
    if tail:
        if isinstance(value, dict):
            held = dict(value)
            yield from _taken(held, inner, tail)
            _put_back(rest, head, held)
    elif isinstance(value, dict):
        words, left = compact(value, inner)
        if words:
            yield words
            _put_back(rest, head, left)
    elif isinstance(value, list):
        parts = [compact(one, inner) if isinstance(one, dict) else None for one in value]
        if all(part is None or (part[0] and not part[1]) for part in parts) and value:
            del rest[head]
            for one, part in zip(value, parts, strict=True):
                yield part[0] if part else (told(one, model.FIELDS.get(inner)),)
    elif value is not None:
        del rest[head]
        yield (told(value, model.FIELDS.get(inner)),)


def _put_back(rest: Document, key: str, left: Document) -> None:
    if left:
        rest[key] = left
    else:
        del rest[key]


def _block(path: str) -> str:
    known = model.FIELDS.get(path)
    return (known.of or "") if known else ""


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _holds_lists(value: Document) -> bool:
    return any(_are_objects(inner) for inner in value.values())


def _has_rows_of_its_own(element: Document, path: str) -> bool:
    return any(
        _are_objects(value) and _block(below(path, key)) in _ROWS_OF_THEIR_OWN
        for key, value in element.items()
    )
