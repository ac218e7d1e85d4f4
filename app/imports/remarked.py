"""The report of a workbook as the same workbook, with two columns more: what became of each row, and what to know of it."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import xlsxwriter

from app.compranet import reading as compranet
from app.core.db import Actor, Database
from app.core.errors import AppError, ConflictError
from app.core.storage import Storage
from app.imports import queries
from app.imports.models import ImportRow, ImportRun
from app.imports.sipot import documents
from app.imports.wording import OUTCOMES
from app.settings import get_settings
from app.simple import reading as simple
from app.sipot.books import Book, opened
from app.sipot.reading import Reading
from app.sipot.rows import Cell, RawRow
from app.workbook import reading as own

CHUNK = 1024 * 1024
PAGE = 1_000
SPREADSHEETS = ("sipot", "compranet", "simple", "workbook")
"""Keys of the sources whose files have rows."""
UNREAD = "No se leyó"
HEAD = ("Resultado de la importación", "Observaciones")
_LONGEST = 32_767
"""Characters that a cell holds."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}

Remarks = Mapping[tuple[str, int], tuple[str, str]]
"""Sheet and row -> outcome and observations."""


def check(run: ImportRun) -> None:
    """Refuse what has no such report.

    Raises:
        ConflictError: the file was no spreadsheet, or is no more.
    """
    if run.source not in SPREADSHEETS:
        raise ConflictError("Este informe es de los libros de Excel. Descarga el informe en CSV.")
    if run.original_deleted_at is not None:
        raise ConflictError(f"{run.message} Descarga el informe en CSV.")


def remarked(database: Database, actor: Actor, storage: Storage, run: ImportRun) -> Iterator[bytes]:
    """Write the workbook, then yield it in pieces; formulas come back as their results, and no text can become one.

    Args:
        database: where the rows are.
        actor: who asks.
        storage: where the file is.
        run: that `check` let pass.
    """
    remarks = _remarks(database, actor, run.import_id)
    with ExitStack() as opening:
        target = opening.enter_context(storage.scratch_file())
        with storage.local_copy(run.storage_key) as path:
            _write(path, remarks, target)
        return _pieces(opening.pop_all(), target)


def _pieces(held: ExitStack, target: BinaryIO) -> Iterator[bytes]:
    with held:
        target.seek(0)
        while chunk := target.read(CHUNK):
            yield chunk


def _remarks(database: Database, actor: Actor, import_id: UUID) -> Remarks:
    found: dict[tuple[str, int], tuple[str, str]] = {}
    cursor: str | None = None
    while True:
        with database.unit_of_work(actor) as session:
            page = queries.rows(session, actor, import_id, cursor=cursor, limit=PAGE)
            for row in page.rows:
                found.update(_said(row))
        cursor = page.next_cursor
        if cursor is None:
            return found


def _said(row: ImportRow) -> Iterator[tuple[tuple[str, int], tuple[str, str]]]:
    own = [
        problem["message"]
        for problem in row.problems
        if problem["code"] not in ("source-row", "cell", *SPREADSHEETS) and problem["severity"] != "advice"
    ]
    for sheet, number, remarks in row.source_rows:
        yield (sheet, number), (OUTCOMES[row.outcome].label, "\n".join([*remarks, *own]))


def _write(path: Path, remarks: Remarks, target: BinaryIO) -> None:
    book = xlsxwriter.Workbook(target, _OPTIONS)
    writer = _Writer(book, remarks)
    unread: list[tuple[str, str]] = []
    with path.open("rb") as file:
        for number, (name, document) in enumerate(documents(file, get_settings().unpacked_limit), start=1):
            try:
                with document as source:
                    writer.document(source, name, number)
            except AppError as error:
                unread.append((name, error.detail))
    if unread:
        sheet = book.add_worksheet(UNREAD)
        for at, line in enumerate([("Archivo", "Por qué"), *unread]):
            sheet.write_row(at, 0, line)
    book.close()


class _Writer:
    """Copies documents into one workbook."""

    def __init__(self, book: Any, remarks: Remarks) -> None:
        self._book, self._remarks = book, remarks
        self._day = book.add_format({"num_format": "dd/mm/yyyy"})
        self._quoted = book.add_format({"quote_prefix": True})
        self._told = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#FFF2CC"})

    def document(self, source: BinaryIO, name: str, number: int) -> None:
        """Copy every sheet of a document; of one in a zip, the one with the rows."""
        heads = _places_of_labels(source)
        source.seek(0)
        with opened(source) as book:
            for sheet in heads if name else book.sheets:
                title = f"{number} {sheet}"[:31] if name else sheet
                told = f"{name}, {sheet}" if name else sheet
                self._sheet(book, sheet, title, heads.get(sheet, 0), told)

    def _sheet(self, book: Book, name: str, title: str, head: int, told: str) -> None:
        """Copy a sheet; where `head` is the row of its labels, with the two columns after the last label."""
        sheet = self._book.add_worksheet(title)
        if name.lower().startswith("hidden"):
            sheet.hide()
        after = 0
        for row in book.sheet(name).rows:
            if row.number == head:
                after = len(row.cells)
                sheet.set_column(after, after + 1, 45)
                sheet.write_row(head - 1, after, HEAD, self._told)
            self._row(sheet, row, after)
            if after and (said := self._remarks.get((told, row.number))):
                for at, text in enumerate(said, start=after):
                    self._text(sheet, (row.number - 1, at), text)

    def _row(self, sheet: Any, row: RawRow, limit: int) -> None:
        for at, cell in enumerate(row.cells[:limit] if limit else row.cells):
            if cell is not None:
                self._cell(sheet, (row.number - 1, at), cell)

    def _cell(self, sheet: Any, place: tuple[int, int], cell: Cell) -> None:
        match cell:
            case str():
                self._text(sheet, place, cell)
            case datetime() | date() | time():
                sheet.write_datetime(*place, cell, self._day)
            case bool():
                sheet.write_boolean(*place, cell)
            case _:
                sheet.write_number(*place, cell)

    def _text(self, sheet: Any, place: tuple[int, int], text: str) -> None:
        sheet.write_string(*place, text[:_LONGEST], self._quoted if text.startswith(_FORMULA) else None)


def _places_of_labels(source: BinaryIO) -> Mapping[str, int]:
    """Return the sheets with rows and, of each, the row in which its labels stand, whichever of the spreadsheets it is."""
    with own.read(source) as edited:
        if edited is not None:
            return edited.label_rows()
    source.seek(0)
    for read in (compranet.read, simple.read):
        with read(source) as found:
            if found is not None:
                return {found.sheet: found.head_row}
        source.seek(0)
    with opened(source) as book:
        reading = Reading(book)
        return {reading.main_sheet: reading.head_row}
