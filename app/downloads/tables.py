"""Releases as tables: a ZIP of CSV, or a workbook, with what each column means. Read twice, written with flat memory."""

import csv
import gzip
import io
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from functools import lru_cache
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from app.core import json
from app.core.sheets import BOM, harmless, lines
from app.core.storage import Storage
from app.downloads.pieces import Piece, cut, fetched, length
from app.ocds.flatten import ordered, ordered_tables, plain, rows
from app.ocds.model import FIELDS, Kind
from app.ocds.shape import Document

DICTIONARY = "diccionario.csv"
DESCRIPTION = "datapackage.json"
MOST_ROWS = 1_048_576
"""Of a sheet, its head among them; what is more goes on in another."""
LONGEST = 32_767
"""Signs of a cell of a workbook; a longer text is cut there, and whole in the other formats."""
_MOMENT = (1980, 1, 1, 0, 0, 0)
"""Of the entries of a ZIP: the same content is the same bytes."""

Headers = dict[str, list[str]]
"""Table → its headers, in order."""
Reading = Callable[[], Iterator[Document]]
"""Reads the releases from the first, each time it is called."""


class _Pieces(io.RawIOBase):
    """The bytes of a file of pieces, read forward."""

    def __init__(self, storage: Storage, pieces: list[Piece]) -> None:
        self._storage = storage
        self._left = cut(pieces, 0, sum(map(length, pieces)))
        self._held = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        if not self._held:
            piece = next(self._left, None)
            if piece is None:
                return 0
            self._held = memoryview(fetched(self._storage, piece))
        count = min(len(target), len(self._held))
        target[:count] = self._held[:count]
        self._held = self._held[count:]
        return count


def reading(storage: Storage, pieces: list[Piece]) -> Reading:
    """Return what reads the releases of a file of JSON lines."""

    def read() -> Iterator[Document]:
        with gzip.GzipFile(fileobj=io.BufferedReader(_Pieces(storage, pieces))) as unpacked:
            for line in unpacked:
                yield json.loads(line)

    return read


def headers(read: Reading) -> Headers:
    """Return the tables that releases need, and the headers of each."""
    found: dict[str, set[str]] = {}
    for release in read():
        for table, row in rows(release):
            found.setdefault(table, set()).update(row)
    return {table: ordered(found[table]) for table in ordered_tables(set(found))}


def write_csv(read: Reading, told: Headers, storage: Storage, target: BinaryIO, *, bom: bool) -> None:
    """Write a ZIP of one CSV per table, a description of all (Frictionless) and the dictionary."""
    mark = BOM if bom else b""
    with ExitStack() as stack:
        files = {table: stack.enter_context(storage.scratch_file()) for table in told}
        for table, file in files.items():
            file.write(mark + lines([told[table]]))
        for release in read():
            for table, row in rows(release):
                files[table].write(_line(row, told[table]))
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
            _add(packed, DESCRIPTION, io.BytesIO(json.dumps(description(told))))
            _add(packed, DICTIONARY, io.BytesIO(mark + lines(dictionary(told))))
            for table, file in files.items():
                file.seek(0)
                _add(packed, f"{table}.csv", file)


def _add(packed: zipfile.ZipFile, name: str, source: BinaryIO) -> None:
    entry = zipfile.ZipInfo(name, _MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with packed.open(entry, "w", force_zip64=True) as inside:
        shutil.copyfileobj(source, inside)


def _line(row: dict[str, Any], order: Iterable[str]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerow([_cell(row.get(header)) for header in order])
    return written.getvalue().encode()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    # A number is no formula, whatever its sign.
    return "" if value is None else harmless(value) if isinstance(value, str) else str(value)


def write_xlsx(read: Reading, told: Headers, target: BinaryIO) -> None:
    """Write a workbook of a sheet per table, and one that says what the columns mean."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        book.set_properties({"created": datetime(*_MOMENT)})  # noqa: DTZ001  # the library writes it as UTC
        sheets = {table: _Sheet(book, number, table, told[table]) for number, table in enumerate(told, 1)}
        for release in read():
            for table, row in rows(release):
                sheets[table].add([row.get(header) for header in told[table]])
        meaning = book.add_worksheet("Diccionario")
        for number, explained in enumerate(dictionary(told)):
            _write(meaning, number, explained)


class _Sheet:
    """A table in a workbook, in as many sheets as its rows need."""

    def __init__(self, book: xlsxwriter.Workbook, number: int, table: str, head: list[str]) -> None:
        self._book, self._head = book, head
        self._name = f"{number} {table[-22:]}"
        self._sheets = self._rows = 0
        self._sheet: Worksheet = self._another()

    def _another(self) -> Worksheet:
        self._sheets += 1
        self._rows = 1
        sheet = self._book.add_worksheet(self._name + (f" ({self._sheets})" if self._sheets > 1 else ""))
        _write(sheet, 0, self._head)
        return sheet

    def add(self, row: list[Any]) -> None:
        """Add a row."""
        if self._rows >= MOST_ROWS:
            self._sheet = self._another()
        _write(self._sheet, self._rows, row)
        self._rows += 1


def _write(sheet: Worksheet, number: int, row: Iterable[Any]) -> None:
    for column, value in enumerate(row):
        if isinstance(value, bool):
            sheet.write_boolean(number, column, value)
        elif isinstance(value, int | float):
            sheet.write_number(number, column, value)
        elif value:
            sheet.write_string(number, column, value[:LONGEST])


def dictionary(told: Headers) -> Iterator[list[str]]:
    """Yield what each column of each table means, a row each, below a head."""
    yield ["tabla", "columna", "nombre", "significado", "tipo", "lista de claves", "origen"]
    for table, columns in told.items():
        for header in columns:
            yield [table, header, *_meaning(plain(header))]


@lru_cache(maxsize=1)
def whole_dictionary() -> bytes:
    """Return what each field of the model means, as CSV: all that a column of any table may be."""
    head = [["campo", "nombre", "significado", "tipo", "lista de claves", "origen"]]
    return lines(head + [[path, *_meaning(path)] for path in FIELDS])


def _meaning(path: str) -> list[str]:
    field = FIELDS.get(path)
    if field is None:
        return ["", "Campo propio de quien publica.", "string", "", ""]
    return [field.label, field.help, _TYPES.get(field.kind, "string"), field.codelist or "", field.source]


def description(told: Headers) -> dict[str, Any]:
    """Return the tables as a Tabular Data Package describes them."""
    return described(
        [
            {
                "name": table.lower(),
                "path": f"{table}.csv",
                "profile": "tabular-data-resource",
                "encoding": "utf-8",
                "schema": {"fields": [_described(header) for header in columns]},
            }
            for table, columns in told.items()
        ]
    )


def described(resources: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the package of resources."""
    return {
        "profile": "tabular-data-package",
        "name": "contrataciones-abiertas",
        "resources": resources,
    }


def _described(header: str) -> dict[str, str]:
    field = FIELDS.get(plain(header))
    if field is None:
        return {"name": header, "type": "string"}
    return {
        "name": header,
        "type": _TYPES.get(field.kind, "string"),
        "title": field.label,
        "description": field.help,
    }


_TYPES = {Kind.NUMBER: "number", Kind.INTEGER: "integer", Kind.BOOLEAN: "boolean"}
