"""Any file that people send as a SIPOT workbook, opened by what it is and not by its name: XLSX, old XLS, or CSV."""

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Protocol

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from app.core.errors import InvalidError, TooLargeError
from app.sipot.rows import RawRow, Sheet
from app.sipot.xlsx import DAMAGED, WIDEST, Xlsx

LARGEST_XLS = 24 * 1024 * 1024
"""Bytes of an old XLS, which is read whole; it holds at most 65,536 rows a sheet."""
CSV_SHEET = "CSV"

_OLE, _ZIP = b"\xd0\xcf\x11\xe0", b"PK"
_FOREIGN = {
    b"%PDF": "Es un PDF, que no trae celdas.",
    b"{": "Es un archivo JSON; impórtalo como datos OCDS.",
    b"[": "Es un archivo JSON; impórtalo como datos OCDS.",
    b"Rar!": "Es un archivo RAR. Extrae el libro que trae y elige ese.",
    b"7z\xbc\xaf": "Es un archivo 7z. Extrae el libro que trae y elige ese.",
    b"\x1f\x8b": "Es un archivo comprimido. Extrae el libro que trae y elige ese.",
}
_WEB_PAGE = "Es una página web guardada con nombre de Excel. Ábrela en Excel, guárdala como libro .xlsx y elige ese archivo."
_PROTECTED = "El libro pide contraseña para abrirse. Quítasela en Excel (Archivo, Información, Proteger libro) y vuelve a elegirlo."


class Book(Protocol):
    """A file opened for reading."""

    has_macros: bool

    @property
    def sheets(self) -> tuple[str, ...]:
        """Names of its sheets, in order."""

    def sheet(self, name: str) -> Sheet:
        """Return one sheet, to be read once."""


@contextmanager
def opened(source: BinaryIO) -> Iterator[Book]:
    """Open a file for as long as its rows are read.

    Args:
        source: at its beginning, seekable.

    Raises:
        InvalidError: it is no workbook or CSV, or it is damaged or protected; in words.
        TooLargeError: it is too large for its kind.
    """
    start = source.read(8)
    source.seek(0)
    if not start:
        raise InvalidError("El archivo está vacío. Elige el que trae los datos.")
    if start.startswith(_ZIP):
        with Xlsx(source) as book:
            yield book
    elif start.startswith(_OLE):
        with _Xls(source) as old:
            yield old
    else:
        for magic, words in _FOREIGN.items():
            if start.lstrip().startswith(magic):
                raise InvalidError(words)
        if start.lstrip(codecs.BOM_UTF8 + b" \r\n\t").startswith(b"<"):
            raise InvalidError(_WEB_PAGE)
        yield _Csv(source)


class _Xls:
    """A workbook of Excel 97 to 2003; a protected XLSX comes in the same container and is told here."""

    def __init__(self, source: BinaryIO) -> None:
        size = source.seek(0, 2)
        source.seek(0)
        head = source.read(min(size, 8 * 1024 * 1024))
        if "EncryptedPackage".encode("utf-16-le") in head:
            raise InvalidError(_PROTECTED)
        if size > LARGEST_XLS:
            raise TooLargeError(
                f"El libro .xls mide más de {LARGEST_XLS // 1024**2} MB. Guárdalo como .xlsx, que no tiene ese límite."
            )
        self.has_macros = "_VBA_PROJECT".encode("utf-16-le") in head
        source.seek(0)
        try:
            self._book = CalamineWorkbook.from_filelike(source)
        except PasswordError as error:
            raise InvalidError(_PROTECTED) from error
        except CalamineError as error:
            raise InvalidError(DAMAGED) from error

    def __enter__(self) -> "_Xls":
        return self

    def __exit__(self, *_: object) -> None:
        self._book.close()

    @property
    def sheets(self) -> tuple[str, ...]:
        return tuple(self._book.sheet_names)

    def sheet(self, name: str) -> Sheet:
        ranges = self._book.get_sheet_by_name(name).merged_cell_ranges or []
        merged = [
            f"{_letters(left)}{top + 1}:{_letters(right)}{bottom + 1}"
            for (top, left), (bottom, right) in ranges
        ]
        return Sheet(name, self._rows(name), merged)

    def _rows(self, name: str) -> Iterator[RawRow]:
        try:
            sheet = self._book.get_sheet_by_name(name)
        except CalamineError as error:
            raise InvalidError(DAMAGED) from error
        # The rows begin at the first of the sheet, but each one at the first column that has anything.
        before: list[Any] = [None] * (sheet.start[1] if sheet.start else 0)
        for number, values in enumerate(sheet.iter_rows(), start=1):
            cells = before + [
                None
                if value == ""
                else int(value)
                if isinstance(value, float) and value.is_integer()
                else value
                for value in values[:WIDEST]
            ]
            if any(cell is not None for cell in cells):
                yield RawRow(number, cells)


class _Csv:
    """The PNT's CSV: Latin-1, or UTF-8 where somebody saved it again."""

    has_macros = False
    sheets = (CSV_SHEET,)

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def sheet(self, name: str) -> Sheet:
        return Sheet(name, self._rows())

    def _rows(self) -> Iterator[RawRow]:
        encoding = _encoding(self._source)
        text = io.TextIOWrapper(self._source, encoding=encoding, errors="replace", newline="")
        try:
            first = text.read(64 * 1024)
            text.seek(0)
            if "\0" in first:
                raise InvalidError(
                    "El archivo no es un libro de Excel ni un CSV. Elige el que se bajó de la PNT."
                )
            separator = max(",;\t|", key=first.count)
            reader = csv.reader(text, delimiter=separator)
            previous = 0
            for values in reader:
                number, previous = previous + 1, reader.line_num
                if any(value.strip() for value in values):
                    yield RawRow(number, [value or None for value in values[:WIDEST]])
        except csv.Error as error:
            raise InvalidError("El CSV no se entiende: revisa que sus comillas se cierren.") from error
        finally:
            if not self._source.closed:  # rows may be given up after the file was
                text.detach()


def _encoding(source: BinaryIO) -> str:
    """Return the encoding of a text by all its bytes: UTF-8 if they are, otherwise Windows-1252, as Excel writes."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    start = source.read(2)
    source.seek(0)
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    try:
        while chunk := source.read(1024 * 1024):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    finally:
        source.seek(0)
    return "utf-8-sig"


def _letters(position: int) -> str:
    """Return the letters of a column from its position, from 0."""
    letters, number = "", position + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
