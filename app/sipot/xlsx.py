"""An XLSX as a stream of rows: of any size, a few megabytes at a time, with what a reader of values alone does not tell.

python-calamine holds a whole sheet in memory and knows no hidden rows or formulas, so XLSX is read here from its XML;
it still reads the old XLS (`app.sipot.books`). Rows as programs write them are taken by one regular expression, several times
as fast as by the events of a parser; from the first thing that is written otherwise, the parser reads on.
"""

import os
import re
import tempfile
import zipfile
import zlib
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache, partial
from itertools import chain
from math import isfinite
from posixpath import join, normpath
from typing import BinaryIO, NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import unescape

from app.core.errors import InvalidError, TooLargeError
from app.sipot.rows import Cell, RawRow, Sheet

LARGEST_UNPACKED = 2 * 1024 * 1024 * 1024
"""Bytes that all parts together may have when opened."""
WIDEST = 512
"""Columns that are looked at; a format has fewer than a hundred."""
DAMAGED = (
    "El libro está dañado o incompleto. Ábrelo en Excel, guárdalo de nuevo como .xlsx y vuelve a elegirlo."
)

_CHUNK = 256 * 1024
_BOMB_FLOOR, _BOMB_RATIO = 64 * 1024 * 1024, 400
_BUILT_IN_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
)

_ROWS, _ROW_END = b"<sheetData>", b"</row>"
_LONGEST_ROW = 4 * _CHUNK
"""Bytes after which the end of a row is left to the parser."""
_PLAIN = re.compile(
    r'<c r="([A-Z]{1,3})[0-9]+"(?: s="([0-9]+)")?(?: t="([A-Za-z]+)")?'
    r'(?: ?/>|>(<f>[^<]*</f>)?(?:<v>([^<]*)</v>|<v ?/>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>)'
    r'|<row r="([0-9]+)"([^<>]*)>|</row>|(.+)',
    re.DOTALL,
)
"""A cell, the beginning of a row, its end, or whatever else."""
_ATTRIBUTE = re.compile(r' ([A-Za-z0-9:]+)="([^"&]*)"')
_ENTITIES = {"&quot;": '"', "&apos;": "'"}
_REFERENCE = re.compile("&(?!(?:amp|lt|gt|quot|apos);)")
_DECLARED = re.compile(rb"encoding\s*=\s*[\"'](?!utf-8)", re.IGNORECASE)
_UNREAD = bytes((*range(9), *range(11, 32)))
"""Bytes that XML forbids or changes."""

_Attributes = dict[str, str]


class _Texts:
    """The shared texts of a workbook: on disk, since they may be more than memory holds; the last used ones at hand."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # `close` closes it
        self._ends = array("Q", (0,))
        self.get: Callable[[int], str] = lru_cache(maxsize=16_384)(self._get)

    def add(self, text: str) -> None:
        self._ends.append(self._ends[-1] + self._file.write(text.encode("utf-8", "replace")))

    def _get(self, number: int) -> str:
        if not 0 <= number < len(self._ends) - 1:
            raise InvalidError(DAMAGED)
        start = self._ends[number]
        return os.pread(self._file.fileno(), self._ends[number + 1] - start, start).decode()

    def settle(self) -> None:
        """Make what was added readable."""
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class Xlsx:
    """A workbook opened for reading, sheet by sheet; a context manager.

    Raises:
        InvalidError: it is damaged or truncated, or not a workbook.
        TooLargeError: it unpacks to more than is taken.
    """

    def __init__(self, source: BinaryIO) -> None:
        try:
            self._zip = zipfile.ZipFile(source)
        except _BROKEN as error:
            raise InvalidError(DAMAGED) from error
        members = self._zip.infolist()
        self._members = {member.filename.lower().lstrip("/"): member for member in members}
        unpacked = sum(member.file_size for member in members)
        packed = sum(member.compress_size for member in members)
        if unpacked > LARGEST_UNPACKED or unpacked > max(_BOMB_FLOOR, _BOMB_RATIO * packed):
            raise TooLargeError("El libro crece demasiado al abrirlo. Divídelo en libros más pequeños.")
        self.has_macros = any(name.endswith("vbaproject.bin") for name in self._members)
        self._from_1904 = False
        self._texts = _Texts()
        self._parts = self._sheet_parts()
        self._dates = self._date_styles()
        self._read_texts()

    def __enter__(self) -> "Xlsx":
        return self

    def __exit__(self, *_: object) -> None:
        self._texts.close()
        self._zip.close()

    @property
    def sheets(self) -> tuple[str, ...]:
        """Names of the sheets, in order, hidden ones too."""
        return tuple(self._parts)

    def sheet(self, name: str) -> Sheet:
        """Return one sheet, to be read once."""
        merged: list[str] = []
        return Sheet(name, self._rows(self._parts[name], merged), merged)

    def _parse(
        self,
        part: str,
        prepare: Callable[[expat.XMLParserType], None],
        sift: Callable[[Iterator[bytes]], Iterator[bytes]] = iter,
    ) -> Iterator[None]:
        """Feed a part, or what is sifted of it, to a parser, pausing after each chunk."""
        member = self._members.get(part.lower().lstrip("/"))
        if member is None:
            return
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        prepare(parser)
        try:
            with self._zip.open(member) as source:
                for chunk in sift(iter(partial(source.read, _CHUNK), b"")):
                    parser.Parse(chunk, False)  # noqa: FBT003  # expat takes no names
                    yield
                parser.Parse(b"", True)  # noqa: FBT003
                yield
        except _BROKEN as error:
            raise InvalidError(DAMAGED) from error

    def _walk(self, part: str, start: Callable[[str, _Attributes], None]) -> None:
        def prepare(parser: expat.XMLParserType) -> None:
            parser.StartElementHandler = start

        deque(self._parse(part, prepare), maxlen=0)

    def _sheet_parts(self) -> dict[str, str]:
        """Return name -> part of every sheet."""
        targets: dict[str, str] = {}
        named: list[tuple[str, str]] = []
        book = next((name for name in self._members if name.endswith("workbook.xml")), "xl/workbook.xml")
        folder = book.rpartition("/")[0]

        def relation(_: str, attributes: _Attributes) -> None:
            if "Target" in attributes:
                target = attributes["Target"]
                targets[attributes.get("Id", "")] = (
                    target.lstrip("/") if target.startswith("/") else normpath(join(folder, target))
                )

        def content(tag: str, attributes: _Attributes) -> None:
            if tag.endswith("workbookPr"):
                self._from_1904 = attributes.get("date1904") in ("1", "true")
            if tag.rpartition(":")[2] == "sheet":
                key = next((value for name, value in attributes.items() if name.endswith(":id")), "")
                named.append((attributes.get("name", ""), key))

        self._walk(f"{folder}/_rels/workbook.xml.rels", relation)
        self._walk(book, content)
        parts = {name: targets[key] for name, key in named if key in targets}
        if not parts:
            raise InvalidError(DAMAGED)
        return parts

    def _date_styles(self) -> frozenset[str]:
        """Return the numbers of the styles that show a number as a date."""
        custom: set[str] = set()
        dates: set[str] = set()
        inside, number = False, 0

        def start(tag: str, attributes: _Attributes) -> None:
            nonlocal inside, number
            plain = tag.rpartition(":")[2]
            if plain == "numFmt":
                code = _LITERAL.sub("", attributes.get("formatCode", "")).lower()
                if any(letter in code for letter in "dyh") or "mm" in code:
                    custom.add(attributes.get("numFmtId", ""))
            elif plain in ("cellXfs", "cellStyleXfs"):
                inside = plain == "cellXfs"
            elif plain == "xf" and inside:
                style = attributes.get("numFmtId", "0")
                if style in custom or (style.isdigit() and int(style) in _BUILT_IN_DATES):
                    dates.add(str(number))
                number += 1
            elif plain == "cellStyles":
                inside = False

        self._walk("xl/styles.xml", start)
        return frozenset(dates)

    def _read_texts(self) -> None:
        """Take in the shared texts; of a phonetic reading (`rPh`) nothing."""
        pieces: list[str] = []
        taking = phonetic = False

        def start(tag: str, _: _Attributes) -> None:
            nonlocal taking, phonetic
            plain = tag.rpartition(":")[2]
            taking = plain == "t" and not phonetic
            phonetic = phonetic or plain == "rPh"

        def end(tag: str) -> None:
            nonlocal taking, phonetic
            plain = tag.rpartition(":")[2]
            taking = False
            if plain == "rPh":
                phonetic = False
            elif plain == "si":
                self._texts.add("".join(pieces))
                pieces.clear()

        def data(text: str) -> None:
            if taking:
                pieces.append(text)

        def prepare(parser: expat.XMLParserType) -> None:
            parser.StartElementHandler = start
            parser.EndElementHandler = end
            parser.CharacterDataHandler = data

        deque(self._parse("xl/sharedStrings.xml", prepare), maxlen=0)
        self._texts.settle()

    def _rows(self, part: str, merged: list[str]) -> Iterator[RawRow]:
        """Yield the rows of a sheet that have anything in them."""
        ready: deque[RawRow] = deque()
        rows = _Rows(ready, merged, self._value)

        def prepare(parser: expat.XMLParserType) -> None:
            parser.StartElementHandler = rows.start
            parser.EndElementHandler = rows.end
            parser.CharacterDataHandler = rows.data

        for _ in self._parse(part, prepare, rows.sift):
            while ready:
                yield ready.popleft()

    def _value(self, text: str, kind: str, style: str) -> Cell:
        if kind == "s":
            return self._texts.get(int(text)) if text.isdigit() else None
        if kind in ("str", "inlineStr", "e", "d"):
            return text
        if kind == "b":
            return text == "1"
        try:
            number = float(text)
        except ValueError:
            return text
        if style in self._dates and 0 < number < 2_958_466:
            return _moment(number, 1462 if self._from_1904 else 0)
        if number.is_integer() and abs(number) < 1e15:
            return int(number)
        return number if isfinite(number) else text


class _Rows:
    """The handlers of a sheet's parser: cells come in, rows go out."""

    def __init__(
        self, ready: deque[RawRow], merged: list[str], value: Callable[[str, str, str], Cell]
    ) -> None:
        self._ready, self._merged, self._value = ready, merged, value
        self._number, self._hidden = 0, False
        self._cells: list[Cell] = []
        self._formulas: list[int] = []
        self._column, self._kind, self._style = -1, "", ""
        self._text: list[str] = []
        self._taking = False

    def sift(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Take the rows that are plainly written, and yield the rest of a sheet, for the parser."""
        head, opening, held = next(chunks, b"").partition(_ROWS)
        yield head + opening
        if opening and b"<!" not in head and not _DECLARED.search(head):
            for chunk in chain((b"",), chunks):
                held += chunk
                if end := held.rfind(_ROW_END) + 1:
                    end += len(_ROW_END) - 1
                    if not self._skim(held[:end]):
                        break
                    held = held[end:]
                    yield b""
                elif len(held) > _LONGEST_ROW:
                    break
        yield held
        yield from chunks

    def _skim(self, written: bytes) -> bool:
        """Take whole rows; tell whether all of them are plainly written, otherwise none is taken."""
        if (
            len(written.translate(None, _UNREAD)) != len(written)
            or b"]]>" in written
            or b"\xef\xbf" in written
        ):
            return False
        try:
            text = written.decode()
        except UnicodeDecodeError:
            return False
        has_entities = "&" in text
        if has_entities and _REFERENCE.search(text):
            return False
        taken: list[RawRow] = []
        row = last = ""
        is_hidden, cells, formulas = False, list[Cell](), list[int]()
        value = self._value
        for letters, style, kind, formula, said, inline, begun, more, other in _PLAIN.findall(text):
            if letters:
                column = _column(letters)
                if formula:
                    formulas.append(column)
                if (inner := said or inline) and column < WIDEST:
                    if has_entities and "&" in inner:
                        inner = unescape(inner, _ENTITIES)
                    if column > len(cells):
                        cells.extend((None,) * (column - len(cells)))
                    elif column < len(cells):
                        del cells[column:]
                    cells.append(inner if kind == "inlineStr" else value(inner, kind, style))
            elif begun:
                if row or cells or formulas or (manner := _manner(more)) is None:
                    return False
                last, is_hidden = begun, manner.is_hidden
                row = "" if manner.is_empty else begun
            elif other or not row:
                return False
            else:
                if cells or formulas:
                    taken.append(RawRow(int(row), cells, is_hidden, tuple(formulas)))
                    cells, formulas = [], []
                row = ""
        if row or cells or formulas:
            return False
        self._ready.extend(taken)
        self._number = int(last)
        return True

    def start(self, tag: str, attributes: _Attributes) -> None:
        plain = tag.rpartition(":")[2] if ":" in tag else tag
        if plain == "c":
            reference = attributes.get("r", "")
            self._column = _column(reference.rstrip("0123456789")) if reference else self._column + 1
            self._kind, self._style = attributes.get("t", ""), attributes.get("s", "")
        elif plain in ("v", "t"):
            self._taking = True
        elif plain == "f":
            self._formulas.append(self._column)
        elif plain == "row":
            number = attributes.get("r", "")
            self._number = int(number) if number.isdigit() else self._number + 1
            self._hidden = attributes.get("hidden") in ("1", "true")
            self._cells, self._formulas, self._column = [], [], -1
        elif plain == "mergeCell":
            self._merged.append(attributes.get("ref", ""))

    def data(self, text: str) -> None:
        if self._taking:
            self._text.append(text)

    def end(self, tag: str) -> None:
        plain = tag.rpartition(":")[2] if ":" in tag else tag
        if plain in ("v", "t"):
            self._taking = False
        elif plain == "c":
            if self._text:
                if 0 <= self._column < WIDEST:
                    cells = self._cells
                    if self._column > len(cells):
                        cells.extend((None,) * (self._column - len(cells)))
                    elif self._column < len(cells):
                        del cells[self._column :]
                    text = self._text[0] if len(self._text) == 1 else "".join(self._text)
                    cells.append(self._value(text, self._kind, self._style))
                self._text.clear()
        elif plain == "row" and (self._cells or self._formulas):
            self._ready.append(RawRow(self._number, self._cells, self._hidden, tuple(self._formulas)))


class _Manner(NamedTuple):
    """What the attributes of a row say."""

    is_hidden: bool
    is_empty: bool


@lru_cache(maxsize=1024)
def _manner(written: str) -> _Manner | None:
    """Read the attributes of a row behind its number; None when they are not plainly written."""
    attributes = _ATTRIBUTE.findall(written)
    told = dict(attributes)
    plain = "".join(f' {name}="{said}"' for name, said in told.items())
    if plain != written.removesuffix("/").rstrip(" ") or "r" in told or len(told) < len(attributes):
        return None
    return _Manner(told.get("hidden") in ("1", "true"), written.endswith("/"))


@lru_cache(maxsize=1024)
def _column(letters: str) -> int:
    """Return the position from 0 that a column's letters say: A is 0, AA 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


@lru_cache(maxsize=4096)
def _moment(serial: float, shift: int) -> Cell:
    """Return the day, or the moment, that a serial number of a spreadsheet means."""
    days = serial + shift
    # Spreadsheets count a 29 February 1900 that never was.
    start = datetime(1899, 12, 31 if days < 60 else 30)  # noqa: DTZ001  # a spreadsheet's dates have no zone
    moment = start + timedelta(seconds=round(days * 86_400))
    return moment.date() if moment == moment.replace(hour=0, minute=0, second=0) else moment


def _refuse_doctype(*_: object) -> None:
    """No part of a workbook has one: it would be there to make entities grow."""
    raise InvalidError(DAMAGED)
