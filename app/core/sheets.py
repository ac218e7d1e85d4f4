"""Tables that people send, CSV or Excel, as they have them: any delimiter, any usual encoding; and those we give."""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import BinaryIO

from python_calamine import CalamineError, load_workbook

from app.core.errors import InvalidError, TooLargeError

BOM = b"\xef\xbb\xbf"
"""What a CSV in UTF-8 begins with, so that spreadsheets know."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
LARGEST_UNPACKED = 256 * 1024 * 1024


def rows(source: BinaryIO, *, most: int, largest_unpacked: int = LARGEST_UNPACKED) -> Iterator[list[str]]:
    """Yield the rows of a file as cleaned texts; of a workbook, those of the first sheet with anything in it.

    Args:
        source: at its beginning, seekable, of a size that may stand in memory; CSV, XLSX, XLS or ODS, told by its content.
        most: rows of a workbook that are read; a text is read as far as the caller goes.
        largest_unpacked: bytes that a workbook may have when opened.

    Raises:
        InvalidError: it is empty, damaged, or no table.
        TooLargeError: the workbook is over the limit when opened.
    """
    start = source.read(8)
    source.seek(0)
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        yield from _workbook(source, most, largest_unpacked)
    else:
        yield from _text(source)


def lines(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as lines of a CSV in UTF-8; a cell that a spreadsheet would run as a formula is marked as text."""
    written = io.StringIO()
    csv.writer(written).writerows([harmless(cell) for cell in row] for row in rows)
    return written.getvalue().encode()


def harmless(cell: str) -> str:
    """Return a text that no spreadsheet runs as a formula; `rows` takes it back as it was."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _read(cell: str) -> str:
    text = clean(cell)
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _workbook(source: BinaryIO, most: int, largest_unpacked: int) -> Iterator[list[str]]:
    """Yield the rows of the first sheet with anything in it."""
    if source.read(2) == b"PK":
        source.seek(0)
        try:
            with zipfile.ZipFile(source) as packed:
                unpacked = sum(member.file_size for member in packed.infolist())
        except zipfile.BadZipFile as error:
            raise InvalidError(_DAMAGED) from error
        if unpacked > largest_unpacked:
            raise TooLargeError("El libro de Excel es demasiado grande al abrirse. Guárdalo como CSV.")
    source.seek(0)
    try:
        with load_workbook(source) as book:
            for name in book.sheet_names:
                rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=most)
                if any(any(row) for row in rows):
                    yield from ([_read(_cell(value)) for value in row] for row in rows)
                    return
    except CalamineError as error:
        raise InvalidError(_DAMAGED) from error


def _text(source: BinaryIO) -> Iterator[list[str]]:
    """Yield the rows of a CSV; what separates its cells is whatever separates the first line with anything in it."""
    text = _decoded(source.read())
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise InvalidError("El archivo está vacío. Elige el que trae los datos.")
    delimiter = max(",;\t|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            yield [_read(cell) for cell in row]
    except csv.Error as error:
        raise InvalidError(
            f"El renglón {reader.line_num:,} no se entiende: revisa que sus comillas se cierren."
        ) from error


def _decoded(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Excel in Spanish writes Windows-1252; the five bytes that it leaves undefined are refused with their row.
        return raw.decode("cp1252", "replace")


def _cell(value: object) -> str:
    """Return a cell as people see it: a code that Excel made a number is written without decimals."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


def clean(text: str) -> str:
    """Return a text with single blanks and without what nobody sees (controls, marks of direction, NUL)."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())


_DAMAGED = "El archivo no se puede abrir: parece dañado o protegido. Guárdalo de nuevo como XLSX o CSV."
