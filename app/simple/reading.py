"""Reads a simple sheet, from Excel or CSV: finds its titles wherever they stand, and gives a stream of its rows."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from app.core.errors import InvalidError
from app.core.folding import fold
from app.simple.columns import CELLS, COLUMNS, KNOWN
from app.sipot.books import Book, opened
from app.sipot.cells import tidy, written
from app.sipot.formats import words
from app.sipot.rows import RawRow, Row, Sheet
from app.sipot.taking import CellTaker, Known, told_of_merged

MARK = "Hidden_hoja_sencilla"
"""Name of the sheet with the lists: the template is known by it, whatever the file is called."""
REMARKED = frozenset(("resultado de la importacion", "observaciones"))
"""Columns that the report adds to the sheet, folded; they are nothing that the person said."""

_HEAD_WITHIN = 25
"""Rows among which the titles must stand."""
_LEAST_KNOWN, _LEAST_UNMARKED = 4, 8
"""Columns that a row must name to be the one with the titles: in the template, and in a file that lost its mark."""
_TELLING = frozenset(("file", "title"))
"""Columns that such a file must have: no other list names both as we do."""
_PREFILLED = frozenset(("currency", "origin", "method", "category", "state"))
"""What people fill down to the end of the sheet before they use it: a row with nothing else is empty."""


class Reading:
    """A file opened for reading; made by `read`.

    Attributes:
        warnings: Spanish, about the file as a whole; complete when the rows were read.
        sheet, head_row: where its titles stand; the row from 1.
    """

    def __init__(self, book: Book, sheet: Sheet, head: RawRow) -> None:
        self.sheet, self.head_row = sheet.name, head.number
        self.warnings: list[str] = []
        self._sheet, self._known = sheet, Known(dict)
        titles = {at: title for at, cell in enumerate(head.cells) if (title := tidy(written(cell)))}
        if {fold(title) for title in titles.values()} >= REMARKED:
            titles = {at: title for at, title in titles.items() if fold(title) not in REMARKED}
        self._keys = {at: column.key for at, title in titles.items() if (column := KNOWN.get(words(title)))}
        self._others = {at: title for at, title in titles.items() if at not in self._keys}
        unknown = ", ".join(self._others.values())
        missing = [c.title for c in COLUMNS if c.required and c.key not in self._keys.values()]
        if missing:
            renamed = f" Quizá tiene otro nombre: estas no se conocen: {unknown}." if unknown else ""
            raise InvalidError(
                f"Es la hoja sencilla, y le falta la columna {', '.join(f'«{title}»' for title in missing)}.{renamed} "
                "Escribe su título como viene en la plantilla."
            )
        twice = {key for key, times in Counter(self._keys.values()).items() if times > 1}
        if twice:
            names = ", ".join(f"«{titles[at]}»" for at, key in self._keys.items() if key in twice)
            raise InvalidError(f"Estas columnas dicen lo mismo y no se sabe cuál vale: {names}. Deja una.")
        if unknown:
            self.warnings.append(f"No se conocen estas columnas; se guardan como vienen: {unknown}.")
        if book.has_macros:
            self.warnings.append("El libro trae macros; no se ejecutan ni se guardan.")

    def rows(self) -> Iterator[Row]:
        """Yield the rows that say anything, in order; once.

        Raises:
            InvalidError: the file breaks further down.
        """
        for raw in self._sheet.rows:
            row = self._row(raw)
            if row.values.keys() - _PREFILLED or row.remarks:
                yield row
        self.warnings += told_of_merged(self._sheet, self.head_row)

    def _row(self, raw: RawRow) -> Row:
        taken = CellTaker(self.sheet, raw, self._known)
        for at, key in self._keys.items():
            if raw.cell(at) is not None or at in raw.formulas:
                taken.take(at, CELLS[key])
        if raw.hidden and taken.values:
            taken.remark("", "El renglón está oculto en el libro; se leyó como los demás.")
        rest = {title: text for at, title in self._others.items() if (text := tidy(written(raw.cell(at))))}
        return Row(self.sheet, raw.number, "", taken.values, {}, tuple(taken.remarks), rest)


@contextmanager
def read(source: BinaryIO) -> Iterator[Reading | None]:
    """Open a file for as long as its rows are read; None when it is no simple sheet.

    Args:
        source: at its beginning, seekable.

    Raises:
        InvalidError: it is one, and cannot be taken, or is damaged; in words.
        TooLargeError: it is too large for its kind.
    """
    with opened(source) as book:
        found = _headed(book)
        if found is None and MARK in book.sheets:
            raise InvalidError(
                "Es la hoja sencilla, y no se encontró el renglón con los títulos de las columnas (Expediente, Objeto, Tipo de "
                "procedimiento…). Copia tus renglones en una plantilla nueva."
            )
        yield Reading(book, *found) if found else None


def _headed(book: Book) -> tuple[Sheet, RawRow] | None:
    """Return the sheet with the titles, read up to them, and their row."""
    is_marked = MARK in book.sheets
    for name in book.sheets:
        if name.lower().startswith("hidden"):
            continue
        sheet = book.sheet(name)
        for row in sheet.rows:
            keys = {column.key for cell in row.cells if (column := KNOWN.get(words(written(cell))))}
            if len(keys) >= (_LEAST_KNOWN if is_marked else _LEAST_UNMARKED) and (
                is_marked or keys >= _TELLING
            ):
                return sheet, row
            if row.number > _HEAD_WITHIN:
                break
    return None
