"""Reads a SIPOT file, whichever its envelope: what format it is, and a stream of its rows with their sub-rows.

Upload (`Reporte de Formatos`): rows of hidden ids and types above the labels. Download (`Información`): four lines that
say whose it is, labels in capitals, the row's id first. CSV: three lines above the labels. The row with the labels is
found by what it says, so rows put in or taken away above it do no harm.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType
from typing import BinaryIO, Literal

from app.core.errors import InvalidError
from app.core.folding import fold
from app.sipot import learning
from app.sipot.books import CSV_SHEET, Book, opened
from app.sipot.cells import written
from app.sipot.formats import Column, Format, Kind, Labels, words
from app.sipot.learning import Head
from app.sipot.rows import Cell, RawRow, Row, Sheet, Value
from app.sipot.shelf import Shelf
from app.sipot.taking import CellTaker, Known, KnownCells, learn, told_of_merged

Envelope = Literal["upload", "download", "csv"]

_HEAD_WITHIN = 25
"""Rows among which the labels must stand."""
_MAIN = ("reporte de formatos", "informacion")
_OWN = frozenset(("id", "fecha creacion", "fecha modificacion"))
"""Columns that the PNT adds to what it gives."""
_ABOUT = MappingProxyType(
    {"nombre sujeto obligado": "body", "normativa": "law", "formato": "format", "periodo": "period"}
)
_TABLE_NAME = re.compile(r"tabla[_ ]?(\d+)", re.IGNORECASE)
_LARGEST_TYPE = max(Kind)
_LEAST_ID = 1000
NOT_SIPOT = (
    "No se encontró el renglón con los nombres de las columnas del formato de contrataciones (Ejercicio, Fecha de inicio "
    "del periodo…). Elige el libro de la fracción XXVIII que se sube a la PNT o que se baja de ella, sin quitarle ese "
    "renglón."
)


class Reading:
    """A file opened for reading; made by `read`.

    Attributes:
        envelope: which of the three it came in.
        format: as learned from it.
        main_sheet, head_row: where its labels stand; the row from 1.
        about: of a download: `body`, `law`, `format`, `period`.
        warnings: Spanish, about the file as a whole; complete when the rows were read.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self._known: Known = defaultdict(dict)
        self.warnings: list[str] = []
        self._sheet, above, head = self._headed()
        self.about = _about(above)
        self.envelope: Envelope = "upload"
        if self._sheet.name == CSV_SHEET:
            self.envelope = "csv"
        elif "informacion" in fold(self._sheet.name) or any(
            fold(written(cell)) == "fecha creacion" for cell in head.cells
        ):
            self.envelope = "download"
        heads = _heads(head, above)
        near = learning.nearest(heads)
        self.main_sheet, self.head_row = self._sheet.name, head.number
        self._id_at = next((at for at, cell in enumerate(head.cells) if fold(written(cell)) == "id"), None)
        self._columns = self._completed(learning.match(heads, near.columns))
        self._places = [
            self._place(at, column) if (column := self._columns.get(at)) else None
            for at in range(max(self._columns) + 1)
        ]
        self.format: Format = learning.learned(
            near, _format_id(above), _labels(above, near), (self._columns[at] for at in sorted(self._columns))
        )
        unknown = [column.title for column in self._columns.values() if not column.key]
        if unknown:
            self.warnings.append(f"No se conocen estas columnas, y no se toman: {', '.join(unknown)}.")
        missing = [c.title for c in near.columns if not self.format.column(c.key) and c.key != "validated"]
        if missing and near.version != "2021":
            self.warnings.append(f"Faltan estas columnas del formato: {', '.join(missing)}.")
        if book.has_macros:
            self.warnings.append("El libro trae macros; no se ejecutan ni se guardan.")

    def rows(self) -> Iterator[Row]:
        """Yield the rows that say anything, in order; once.

        Raises:
            InvalidError: the file breaks further down.
        """
        with Shelf() as shelf:
            for column in self._columns.values():
                if column.table:
                    self._shelve(column, shelf)
            for raw in self._sheet.rows:
                row = self._row(raw, shelf)
                if row.values or row.tables or row.rest or row.remarks:
                    yield row
        self.warnings += told_of_merged(self._sheet, self.head_row)

    def _headed(self) -> tuple[Sheet, list[RawRow], RawRow]:
        """Return the main sheet, read up to its labels, with what stands above them."""
        names = sorted(self._book.sheets, key=lambda name: fold(name) not in _MAIN)
        for name in names:
            if fold(name).startswith(("hidden", "tabla")):
                continue
            sheet, above = self._book.sheet(name), list[RawRow]()
            for row in sheet.rows:
                if learning.known(written(cell) for cell in row.cells) >= learning.LEAST_KNOWN:
                    return sheet, above, row
                above.append(row)
                if row.number > _HEAD_WITHIN:
                    break
        raise InvalidError(NOT_SIPOT)

    def _completed(self, columns: dict[int, Column]) -> dict[int, Column]:
        """Give the columns their catalogues and sub-tables as the workbook has them."""
        lists = [name for name in self._book.sheets if re.fullmatch(r"hidden_?\d+", name, re.IGNORECASE)]
        lists.sort(key=lambda name: int(re.sub(r"\D", "", name)))
        tables = [name for name in self._book.sheets if re.fullmatch(r"tabla[_ ]\d+", name, re.IGNORECASE)]
        completed, left = dict(columns), list(lists)
        for at in sorted(columns):
            column = columns[at]
            if column.kind is Kind.CATALOGUE and left:
                completed[at] = replace(
                    column, catalogue=learning.catalogue(self._labels_in(left.pop(0)), column)
                )
            elif column.kind is Kind.TABLE:
                completed[at] = self._with_table(column, tables)
        return completed

    def _labels_in(self, name: str) -> list[str]:
        return [text for row in self._book.sheet(name).rows if (text := written(row.cell(0)))]

    def _with_table(self, column: Column, names: list[str]) -> Column:
        told = _TABLE_NAME.search(column.title)
        number = told[1] if told else re.sub(r"\D", "", column.table.name if column.table else "")
        name = next((name for name in names if name.endswith((f"_{number}", f" {number}"))), "")
        if not name or not column.table:
            return column
        heads, _ = self._table_head(self._book.sheet(name))
        found = learning.match(heads, column.table.columns)
        inside: list[Column] = []
        for at in sorted(found):
            inner = found[at]
            if inner.kind is Kind.CATALOGUE:
                lists = [
                    other
                    for other in self._book.sheets
                    if other != name and other.lower().startswith("hidden") and other.endswith(number)
                ]
                before = sum(one.kind is Kind.CATALOGUE for one in inside)
                if before < len(lists):
                    inner = replace(
                        inner, catalogue=learning.catalogue(self._labels_in(lists[before]), inner)
                    )
            inside.append(inner)
        return replace(column, table=replace(column.table, name=name, columns=tuple(inside)))

    @staticmethod
    def _table_head(sheet: Sheet) -> tuple[list[Head], int]:
        """Read a sub-table's sheet up to its labels; return them and where the link stands."""
        above: list[RawRow] = []
        for row in sheet.rows:
            texts = [fold(written(cell)) for cell in row.cells]
            if "id" in texts and sum(map(bool, texts)) > 1:
                return _heads(row, above), texts.index("id")
            above.append(row)
        return [], 0

    def _shelve(self, column: Column, shelf: "Shelf") -> None:
        """Put the sub-rows of a column aside, by the id that links them."""
        if not column.table or column.table.name not in self._book.sheets:
            return
        sheet = self._book.sheet(column.table.name)
        heads, link_at = self._table_head(sheet)
        for raw in sheet.rows:
            link = written(raw.cell(link_at))
            taken = CellTaker(sheet.name, raw, self._known)
            for head, inner in zip(heads, column.table.columns, strict=False):
                taken.take(head.position, inner)
            if link and (taken.values or taken.remarks):
                shelf.add(column.key, link, taken.values, taken.remarks)

    def _place(self, at: int, column: Column) -> tuple[int, Column, KnownCells | None]:
        """Return a column where it stands, with its cells that are known; None where they are no values of a row."""
        is_value = column.key and column.kind is not Kind.TABLE
        return at, column, self._known[id(column)] if is_value else None

    def _row(self, raw: RawRow, shelf: "Shelf") -> Row:
        taken = CellTaker(self._sheet.name, raw, self._known)
        tables: dict[str, Sequence[Mapping[str, Value]]] = {}
        rest: dict[str, str] = {}
        beyond = max(raw.formulas, default=-1) + 1 - len(raw.cells)
        values, formulas = taken.values, raw.formulas
        cells = (*raw.cells, *(None,) * beyond) if beyond > 0 else raw.cells
        for cell, place in zip(cells, self._places, strict=False):
            if (cell is None and not formulas) or place is None:
                continue
            at, column, known = place
            if known is not None and not formulas:  # as most are
                understood = known.get((cell.__class__, cell)) or learn(known, cell, column)
                if understood.value is not None:
                    values[column.key] = understood.value
                if understood.remark:
                    taken.remark(column.title, understood.remark)
            elif cell is None and at not in formulas:
                continue
            elif not column.key:
                if cell is not None:
                    rest[column.title] = written(cell)
            elif column.kind is Kind.TABLE:
                if cell is not None:
                    rows, told = shelf.get(column.key, written(cell))
                    taken.remarks.extend(told)
                    if rows:
                        tables[column.key] = rows
            else:
                taken.take(at, column)
        if raw.hidden and (taken.values or tables):
            taken.remark("", "El renglón está oculto en el libro; se leyó como los demás.")
        row_id = "" if self._id_at is None else written(raw.cell(self._id_at))
        return Row(self._sheet.name, raw.number, row_id, taken.values, tables, tuple(taken.remarks), rest)


@contextmanager
def read(source: BinaryIO) -> Iterator[Reading]:
    """Open a SIPOT file for as long as its rows are read.

    Args:
        source: at its beginning, seekable.

    Raises:
        InvalidError: it is none, or damaged, or protected; in words.
        TooLargeError: it is too large.
    """
    with opened(source) as book:
        yield Reading(book)


def _heads(head: RawRow, above: Sequence[RawRow]) -> list[Head]:
    """Return the columns that a row of labels names, with the hidden types and ids that stand above them."""
    kinds: dict[int, int] = {}
    ids: dict[int, int] = {}
    for row in above:
        numbers = {at: number for at, cell in enumerate(row.cells) if (number := _whole(cell)) is not None}
        if len(numbers) < sum(cell is not None for cell in row.cells) or row.number == 1 == len(numbers):
            continue
        if all(1 <= number <= _LARGEST_TYPE for number in numbers.values()):
            kinds = numbers
        elif all(number > _LEAST_ID for number in numbers.values()):
            ids = numbers
    return [
        Head(at, " ".join(text.split()), Kind(kinds[at]) if at in kinds else None, ids.get(at))
        for at, cell in enumerate(head.cells)
        if (text := written(cell)).strip() and fold(text) not in _OWN
    ]


def _whole(cell: Cell) -> int | None:
    text = written(cell)
    return int(text) if text.isdigit() and len(text) < 12 else None


def _format_id(above: Sequence[RawRow]) -> str:
    """Return the number that stands alone in the first cell of an upload."""
    first = next((row for row in above if row.number == 1), None)
    number = _whole(first.cell(0)) if first else None
    return str(number) if number is not None and number > _LEAST_ID else ""


def _labels(above: Sequence[RawRow], near: Format) -> Labels:
    """Return what an upload says under TÍTULO, NOMBRE CORTO and DESCRIPCIÓN."""
    for names, said in pairwise(above):
        places = {fold(written(cell)): at for at, cell in enumerate(names.cells) if cell is not None}
        if "titulo" in places:
            texts = [
                written(said.cell(places[name])) if name in places else ""
                for name in ("titulo", "nombre corto", "descripcion")
            ]
            return Labels(texts[0], texts[1], texts[2])
    return near.labels


def _about(above: Sequence[RawRow]) -> dict[str, str]:
    """Return what a download says of itself above its labels."""
    said = {}
    for row in above:
        name = words(written(row.cell(0)).rstrip(": "))
        if name in _ABOUT:
            said[_ABOUT[name]] = written(row.cell(1))
    return said
