"""Reads a file of releases, of any size and in every shape we have met, as a stream of entries in bounded memory.

Shapes: release package, record package, record, release (with `packageInfo` or without), the incumbent's
`arrayReleasePackage`, arrays and JSON lines of any of these; plain, in gzip or in zip. A fault costs the entry that has
it and nothing else; where the text itself ends or breaks, one last entry says so and what was read before stands.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jiter

from app.core.errors import AppError
from app.imports import records
from app.imports.entries import START, Entry, Fault, Place
from app.imports.records import Document
from app.imports.splitting import LISTS, Cursor, Member, Slice, SplitError, open_package, split
from app.imports.storable import NUL, SHOWN_NUL, shown
from app.imports.unpacking import BombError, Text, straighten, texts

LOOK_AHEAD = 4 * 1024 * 1024
"""Bytes in which JSON lines must show that they are lines."""
VALUES_LIMIT = 300_000
"""Values of one release or record, told by its commas: a process of 10,000 items has fewer, and each costs memory."""
METADATA_KEPT = 50
"""Different sets of package metadata that are kept; the rest is counted."""

_WORDS = {
    "EOF": "el texto termina antes de cerrarse",
    "Detected duplicate key": "el campo {} aparece dos veces y no se sabe cuál vale; deja uno",
    "control character": "hay un carácter de control (NUL o salto de línea) dentro de un texto; quítalo",
    "key must be": "falta el nombre de un campo, entre comillas dobles",
    "trailing comma": "sobra una coma",
    "trailing characters": "sobra texto después del final",
    "invalid number": "hay un número mal escrito",
    "invalid escape": "hay una barra invertida que no forma un carácter",
    "unexpected end of hex escape": "hay un carácter Unicode incompleto",
    "lone leading surrogate": "hay un carácter Unicode incompleto",
    "recursion limit": "hay demasiados niveles, unos dentro de otros",
    "expected `:`": "faltan los dos puntos después del nombre de un campo",
    "expected `,`": "falta una coma o un cierre",
    "expected": "hay un valor que JSON no conoce (NaN, Infinity o texto sin comillas)",
}
_FROM_JSON = partial(jiter.from_json, catch_duplicate_keys=True, allow_inf_nan=False, cache_mode="keys")
_AT = re.compile(r" at line (\d+) column (\d+)$")
_DUPLICATE = re.compile(r'key (".*?")')


class _Parsed(NamedTuple):
    value: Any
    fault: Fault | None
    encoding: str


class Reading:
    """One pass over a file; what belongs to no entry gathers here meanwhile.

    Args:
        path: the file as it was sent.
        unpacked_limit: most bytes it may unpack to.
        element_limit: most bytes of one release or record.

    Attributes:
        position: bytes of the file (as sent) read so far.
        shapes: what was met and how often: container, encoding, `json-lines`, `package`, origins of entries.
        packages: different package metadata met, at most `METADATA_KEPT`.
        packages_left: how many more there were.
        complete: the text was read to its end.
    """

    def __init__(self, path: Path, *, unpacked_limit: int, element_limit: int) -> None:
        self.position = 0
        self.shapes: Counter[str] = Counter()
        self.packages: list[Document] = []
        self.packages_left = 0
        self.complete = True
        self._path = path
        self._unpacked_limit, self._element_limit = unpacked_limit, element_limit
        self._after = START
        self._text, self._row = 0, 0

    def entries(self, after: Place = START) -> Iterator[Entry]:
        """Yield the entries that stand after a place; whatever ends before it is stepped over without being parsed.

        Raises:
            AppError: the file as a whole cannot be taken (kind, damage at its start, size when unpacked).
        """
        self._after, self._row = after, after.row
        with self._path.open("rb") as file:
            for number, text in enumerate(texts(file, self._unpacked_limit)):
                self._text = number
                if number >= after.text:
                    for entry in self._entries(text):
                        self.position = file.tell()
                        yield entry

    def _entries(self, text: Text) -> Iterator[Entry]:
        cursor, metadata = Cursor(iter(())), Document()
        try:
            encoding, chunks = straighten(text)
            cursor = Cursor(chunks)
            self.shapes.update(name for name in (text.container, encoding) if name)
            if not cursor.peek():
                raise cursor.error(
                    "empty", "no hay nada que leer, está vacío; elige el archivo que trae los datos."
                )
            for piece in self._pieces(cursor):
                if isinstance(piece, Member):
                    metadata.setdefault(piece.key, _metadata(piece.value))
                else:
                    yield from self._entries_of(piece)
        except BombError:
            raise
        except AppError as error:
            self.complete = False
            fault = error if isinstance(error, SplitError) else None
            if fault is None and not (self._row or text.name):
                raise
            offset, line = (fault.offset, fault.line) if fault else (cursor.offset, cursor.line)
            name = f"«{text.name}», " if text.name else ""
            read = " Lo anterior sí se leyó." if self._row else ""
            message = f"{name}{_where(line, offset)}: {error.detail}{read}"
            code = fault.code if fault else error.slug
            if not (self._row or text.name):
                raise SplitError(code, message, offset, line) from error
            yield from self._faulty(Slice(b"", offset, line), Fault(code, message[0].upper() + message[1:]))
        self._keep(metadata)

    def _pieces(self, cursor: Cursor) -> Iterator[Slice | Member]:
        if not _are_lines(cursor.first_lines(LOOK_AHEAD)):
            yield from split(cursor, self._element_limit)
            return
        self.shapes["json-lines"] += 1
        while cursor.peek():
            yield cursor.take_line(self._element_limit)

    def _entries_of(self, piece: Slice) -> Iterator[Entry]:
        """Yield what a release, a record, a package or an array holds, whichever the bytes turn out to be."""
        if self._text == self._after.text and piece.offset + len(piece.raw) <= self._after.offset:
            return
        if len(piece.raw) > self._element_limit:
            words = (
                f"mide más de {self._element_limit // 1024:,} KiB, el máximo de una sola entrega; divídela."
            )
            yield from self._faulty(piece, Fault("too-long", f"{_where(piece.line, piece.offset)}: {words}"))
            return
        parsed = _parse(piece) if piece.raw.count(b",") <= VALUES_LIMIT else _too_many(piece)
        if parsed.fault is None and isinstance(parsed.value, dict) and not _is_package(parsed.value):
            yield from self._element(piece, parsed)
        else:
            yield from self._inside(piece, parsed)

    def _inside(self, piece: Slice, parsed: _Parsed) -> Iterator[Entry]:
        """Yield the elements of a package or an array; the fault, if the bytes are neither."""
        cursor = Cursor(iter((piece.raw,)), offset=piece.offset, line=piece.line)
        opened = {b"{": open_package, b"[": split}.get(piece.raw[:1])
        fault = parsed.fault or Fault(
            "not-object", f"{_where(piece.line, piece.offset)}: aquí debe haber una entrega y hay otra cosa."
        )
        metadata, is_open = Document(), False
        try:
            for part in opened(cursor, self._element_limit) if opened else ():
                if isinstance(part, Member):
                    metadata[part.key] = _metadata(part.value)
                else:
                    is_open = True
                    yield from self._entries_of(part)
        except SplitError as error:
            if is_open:
                fault = Fault(
                    error.code, f"{_where(error.line, error.offset)}: {error.detail} Lo anterior sí se leyó."
                )
            is_open = False
        if is_open or (opened and parsed.fault is None):
            self._keep(metadata)
        else:
            yield from self._faulty(piece, fault)

    def _element(self, piece: Slice, parsed: _Parsed) -> Iterator[Entry]:
        if self._text == self._after.text and piece.offset <= self._after.offset:
            return
        unfolded = records.unfold(parsed.value)
        if not unfolded.releases:
            message = (
                f"{_where(piece.line, piece.offset)}: este registro no trae entregas, solo enlaces a ellas; "
                "expórtalo con las entregas dentro, o con compiledRelease."
            )
            yield from self._faulty(piece, Fault("only-links", message))
            return
        suspect = b"\\u0000" in piece.raw
        for number, release in enumerate(unfolded.releases):
            self._row += 1
            self.shapes[unfolded.origin] += 1
            yield Entry(
                Place(self._text, piece.offset, self._row),
                piece.line,
                release,
                origin=unfolded.origin,
                rest=unfolded.rest if number == 0 else {},
                suspect=suspect,
                encoding=parsed.encoding,
                values=piece.raw.count(b","),
            )

    def _faulty(self, piece: Slice, fault: Fault) -> Iterator[Entry]:
        if self._text > self._after.text or piece.offset > self._after.offset:
            self._row += 1
            yield Entry(Place(self._text, piece.offset, self._row), piece.line, fault=fault)

    def _keep(self, metadata: Document) -> None:
        if not metadata:
            return
        self.shapes["package"] += 1
        if metadata not in self.packages:
            if len(self.packages) < METADATA_KEPT:
                self.packages.append(metadata)
            else:
                self.packages_left += 1


def _too_many(piece: Slice) -> _Parsed:
    """Leave unparsed what would fill the memory, unless it is a package, whose elements are taken one by one."""
    words = f"trae más de {VALUES_LIMIT:,} valores, el máximo de una sola entrega; divídela."
    return _Parsed(None, Fault("too-many-values", f"{_where(piece.line, piece.offset)}: {words}"), "utf-8")


def _are_lines(lines: list[bytes]) -> bool:
    """Whether the first two lines look like one value each, the first perhaps a broken one."""
    if len(lines) < 2:
        return False
    first, second = lines[0].strip(), lines[1]
    whole = first[:1] + first[-1:] in (b"{}", b"[]")
    return whole or (first[:1] == second[:1] == b"{" and first[-1:] not in b"[{,:")


def _is_package(document: Document) -> bool:
    return not records.is_record(document) and any(isinstance(document.get(name), list) for name in LISTS)


def _where(line: int, offset: int) -> str:
    return f"Línea {line:,}, byte {offset + 1:,}"


def _metadata(value: Slice) -> Any:
    parsed = _parse(value)
    return shown(parsed.value if parsed.fault is None else value.raw.decode("utf-8", "replace"))


def _parse(piece: Slice) -> _Parsed:
    """Parse one value; bytes that are not UTF-8 are read as Windows-1252, the Latin-1 that exists in practice."""
    raw, encoding = piece.raw, "utf-8"
    try:
        return _Parsed(_FROM_JSON(raw), None, encoding)
    except ValueError as error:
        failure = error
    try:
        raw.decode()
    except UnicodeDecodeError:
        try:
            raw, encoding = raw.decode("cp1252").encode(), "cp1252"
            return _Parsed(_FROM_JSON(raw), None, encoding)
        except UnicodeDecodeError as error:
            words = "los caracteres no son UTF-8 ni Windows-1252; guarda el archivo en UTF-8."
            at = piece.offset + error.start
            return _Parsed(None, Fault("encoding", f"{_where(piece.line, at)}: {words}"), encoding)
        except ValueError as error:
            failure = error
    return _Parsed(None, _fault(piece, raw, str(failure)), encoding)


def _fault(piece: Slice, raw: bytes, words: str) -> Fault:
    """Say in Spanish what the parser said, with the place counted from the start of the text."""
    at = _AT.search(words)
    line, column = (int(at[1]), int(at[2])) if at else (1, 1)
    before = sum(len(text) + 1 for text in raw.split(b"\n", line)[: line - 1])
    start, said = next(
        ((key, said) for key, said in _WORDS.items() if words.startswith(key)), ("", "no es JSON válido")
    )
    name = _DUPLICATE.search(words)
    code = "duplicate-key" if start.startswith("Detected") else "syntax"
    place = _where(piece.line + line - 1, piece.offset + before + max(0, column - 1))
    return Fault(code, f"{place}: {said.format(name[1] if name else '')}.".replace(NUL, SHOWN_NUL))
