"""Reads a list of contracts of CompraNet, CSV or workbook: a stream of its rows, cells by key and as they were written."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

from app.compranet.mapping import COLUMNS, KNOWN, LEAST_KNOWN, plain
from app.core.errors import InvalidError
from app.sipot.books import CSV_SHEET, Book, opened
from app.sipot.cells import tidy
from app.sipot.rows import Cell, RawRow, Sheet

_HEAD_WITHIN = 10
"""Rows among which the labels must stand."""
_TWICE_ENCODED = re.compile("[\u00c3\u00c2][\u0080-\u00bf\u0152-\u0178\u02c6-\u02dc\u2013-\u2122]")
"""UTF-8 read as Windows-1252 and saved so: `AdquisiciÃ³n`."""


class CompranetRow(NamedTuple):
    """One row."""

    sheet: str
    number: int
    """As the file shows it, from 1."""
    cells: Mapping[str, str]
    """Key of the column -> text; empty ones are left out."""
    rest: Mapping[str, str]
    """Title -> text, of columns that we do not know."""
    told: tuple[str, ...]
    """Spanish: how the row was changed."""
    fault: str
    """Spanish: why it cannot be taken; empty when it can."""


class Reading:
    """A file opened for reading; made by `read`.

    Attributes:
        titles: key of the column -> its title in this file.
        warnings: Spanish, about the file as a whole.
        sheet, head_row: where its labels stand; the row from 1.
    """

    def __init__(self, book: Book, sheet: Sheet, head: RawRow) -> None:
        self.sheet, self.head_row = sheet.name, head.number
        self.warnings: list[str] = []
        self._rows, self._width = sheet.rows, len(head.cells)
        self._titles = {at: title for at, cell in enumerate(head.cells) if (title := _text(cell))}
        self._keys = {
            at: column.key
            for at, title in self._titles.items()
            if (column := KNOWN.get(plain(_mended(title))))
        }
        self.titles = {key: self._titles[at] for at, key in self._keys.items()}
        unknown = [title for at, title in self._titles.items() if at not in self._keys]
        missing = [column for column in COLUMNS if column.key not in self.titles and column.required]
        if missing:
            names = ", ".join(" o ".join(f"«{title}»" for title in column.titles) for column in missing)
            renamed = (
                f" Quizá tiene otro nombre: estas no se conocen: {', '.join(unknown[:10])}."
                if unknown
                else ""
            )
            raise InvalidError(
                f"Parece una lista de contratos de CompraNet, y le falta la columna {names}.{renamed} Usa el archivo tal "
                "como se descargó."
            )
        if len(self.titles) < len(self._keys):
            twice = sorted(
                {self._titles[at] for at, key in self._keys.items() if self.titles[key] != self._titles[at]}
            )
            raise InvalidError(
                f"Hay columnas repetidas ({', '.join(twice) or 'con el mismo nombre'}) y no se sabe cuál vale. Deja una."
            )
        if unknown:
            self.warnings.append(
                f"No se conocen estas columnas; se guardan como vienen: {', '.join(unknown)}."
            )
        if book.has_macros:
            self.warnings.append("El libro trae macros; no se ejecutan ni se guardan.")

    def rows(self) -> Iterator[CompranetRow]:
        """Yield the rows that say anything, in order; once.

        Raises:
            InvalidError: the file breaks further down.
        """
        for raw in self._rows:
            yield self._row(raw)

    def _row(self, raw: RawRow) -> CompranetRow:
        texts = {at: text for at, cell in enumerate(raw.cells) if (text := _text(cell))}
        mended = {at: _mended(text) for at, text in texts.items()}
        told = []
        if mended != texts:
            told.append("Los acentos venían estropeados (dos veces codificados) y se repararon.")
        if any("\ufffd" in text for text in texts.values()):
            told.append(
                "Hay letras que no se pudieron leer (�). Vuelve a descargar el archivo sin abrirlo ni guardarlo."
            )
        cells = {self._keys[at]: text for at, text in mended.items() if at in self._keys}
        rest = {
            self._titles[at]: text
            for at, text in mended.items()
            if at in self._titles and at not in self._keys
        }
        return CompranetRow(self.sheet, raw.number, cells, rest, tuple(told), self._fault(raw))

    def _fault(self, raw: RawRow) -> str:
        """Say what is wrong with the shape of a row; spreadsheets leave empty cells out at the end, a CSV does not."""
        count = len(raw.cells)
        if self.sheet == CSV_SHEET and count < self._width:
            return (
                f"Trae {count} de las {self._width} celdas: el archivo está cortado en este renglón, o un salto de línea lo "
                "partió. Vuelve a descargarlo."
            )
        if any(raw.cells[self._width :]):
            return (
                f"Trae {count} celdas y hay {self._width} columnas: una coma dentro de un texto sin comillas movió las demás. "
                "Vuelve a descargar el archivo, o pon ese texto entre comillas."
            )
        return ""


@contextmanager
def read(source: BinaryIO) -> Iterator[Reading | None]:
    """Open a file for as long as its rows are read; None when it is no list of CompraNet.

    Args:
        source: at its beginning, seekable.

    Raises:
        InvalidError: it is one, and cannot be taken, or is damaged; in words.
        TooLargeError: it is too large for its kind.
    """
    with opened(source) as book:
        for name in book.sheets:
            sheet = book.sheet(name)
            for row in sheet.rows:
                keys = {plain(_mended(_text(cell))) for cell in row.cells} & KNOWN.keys()
                if len(keys) >= LEAST_KNOWN:
                    yield Reading(book, sheet, row)
                    return
                if row.number > _HEAD_WITHIN:
                    break
        yield None


def _text(cell: Cell) -> str:
    """Return a cell as text; a moment of a workbook as ISO has it, a whole number without decimals."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    # Compras MX puts an apostrophe before codes, so that Excel leaves them alone.
    return tidy(str(cell)).removeprefix("'")


def _mended(text: str) -> str:
    """Return a text that was encoded twice as it was before."""
    if not _TWICE_ENCODED.search(text):
        return text
    try:
        return text.encode("cp1252").decode()
    except UnicodeError:
        return text
