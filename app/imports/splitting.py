"""Cuts a JSON text of any size into its releases and records without holding it.

Only the top of the text is walked (arrays, packages and their lists); what lies below is skipped by one regular
expression that swallows strings and small objects whole, and handed out as raw bytes for a real parser. Memory is
bounded by the largest element allowed, never by the file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.core.errors import AppError, InvalidError

MAX_DEPTH = 64
"""Levels of brackets one element may have; the standard needs fewer than ten."""
MAX_LISTS = 4
"""Arrays that may stand around an element before it begins."""
METADATA_LIMIT = 1024 * 1024
"""Bytes of one member of a package that is not its list."""
HELD = 4 * 1024 * 1024
"""Bytes after which an object that shows a list of releases is taken for a package and no longer held whole."""
LISTS = ("releases", "records", "arrayReleasePackage")
"""Members of a package that hold its elements."""

_SOME = rb"{0,500}"
"""Rounds of a repeated group in one match: the matcher keeps some hundred bytes of each until it ends."""
_STRING = rb'"[^"]*+"'
_PLAIN = rb'[^{}\[\]"]*+(?>(?:' + _STRING + rb'[^{}\[\]"]*+)' + _SOME + rb")"
_FLAT = rb"(?:\{" + _PLAIN + rb"\}|\[" + _PLAIN + rb"\])"
_LOW = _PLAIN + rb"(?>(?:" + _FLAT + _PLAIN + rb")" + _SOME + rb")"
# Atomic throughout: a failed attempt never goes back, so the time is linear whatever the text. Not `(…)*+`: up to Python
# 3.11.4, which Debian 12 has, a possessive group whose inside backtracks matches wrongly (cpython issue 106052).
_TO_BRACKET = re.compile(
    _PLAIN + rb"(?>(?:(?:\{" + _LOW + rb"\}|\[" + _LOW + rb"\])" + _PLAIN + rb")" + _SOME + rb")([{}\[\]])?"
)
_LIST = re.compile(rb'"(?:releases|records|arrayReleasePackage)"\s*:\s*\[')
_TEXT = re.compile(_STRING)
_BLANK = re.compile(rb"[ \t\r\n]*+")
_SCALAR = re.compile(rb"[^\s,:{}\[\]\"]++")


class SplitError(InvalidError):
    """The text cannot be cut any further.

    Args:
        code: stable slug of the kind of failure.
        detail: Spanish sentence without the place.
        offset: bytes before the place, counted in the unpacked text.
        line: line of the place, from 1.
    """

    slug, title = "json-roto", "El archivo no se puede leer completo"

    def __init__(self, code: str, detail: str, offset: int, line: int) -> None:
        super().__init__(detail)
        self.code, self.offset, self.line = code, offset, line


@dataclass(frozen=True, slots=True)
class Slice:
    """Raw bytes of one value and where they stand in the unpacked text (`line` from 1)."""

    raw: bytes
    offset: int
    line: int


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a package that is not its list: publisher, licence, address."""

    key: str
    value: Slice


class Cursor:
    """A place in a stream of bytes.

    Args:
        chunks: the text, piece by piece.
        offset: bytes that precede the first piece.
        line: line of the first byte.
    """

    def __init__(self, chunks: Iterator[bytes], *, offset: int = 0, line: int = 1) -> None:
        self._chunks = chunks
        self._buffer = self._plain = b""
        self._at = 0
        self._counted = 0
        self._base = offset
        self._failure: AppError | None = None
        self._line = line

    @property
    def offset(self) -> int:
        """Bytes of the text before this place."""
        return self._base + self._at

    @property
    def line(self) -> int:
        """Line of this place."""
        self._line += self._buffer.count(b"\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def error(self, code: str, detail: str) -> SplitError:
        """Return a failure at this place."""
        return SplitError(code, detail, self.offset, self.line)

    def peek(self) -> bytes:
        """Skip blanks and return the next byte; empty at the end."""
        while True:
            found = _BLANK.match(self._buffer, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at : self._at + 1]
            if not self._more():
                return b""

    def skip(self) -> None:
        """Step over the byte that `peek` showed."""
        self._at += 1

    def take(self, limit: int) -> Slice:
        """Return the value that begins here and step over it.

        Raises:
            SplitError: unclosed, too deep or longer than `limit` bytes.
        """
        first = self.peek()
        if first in (b"{", b"["):
            length = self._length(limit)
        else:
            length = self._match(_TEXT if first == b'"' else _SCALAR, limit)
        offset, line = self.offset, self.line
        raw = self._buffer[self._at : self._at + length]
        self._at += length
        return Slice(raw, offset, line)

    def take_line(self, limit: int) -> Slice:
        """Return the rest of this line, without its end, and step over it; what exceeds `limit` is cut off."""
        searched = 0
        line, offset = self.line, self.offset
        while (end := self._buffer.find(b"\n", self._at + searched)) < 0:
            searched = len(self._buffer) - self._at
            if searched > limit:
                return self._cut_line(Slice(self._buffer[self._at : self._at + limit + 1], offset, line))
            if not self._more():
                end = len(self._buffer)
                break
        raw = self._buffer[self._at : end]
        self._at = min(end + 1, len(self._buffer))
        return Slice(raw, offset, line)

    def first_lines(self, limit: int) -> list[bytes]:
        """Return the first two lines that are not blank, looking at most `limit` bytes ahead; nothing is consumed."""
        self.peek()
        while True:
            lines = [text for text in self._buffer[self._at : self._at + limit].split(b"\n") if text.strip()]
            if len(lines) > 2 or len(self._buffer) - self._at >= limit or not self._fill():
                return lines[:2]

    def shows(self, pattern: re.Pattern[bytes]) -> bool:
        """Tell whether a pattern stands in what was read ahead."""
        return pattern.search(self._buffer, self._at) is not None

    def _cut_line(self, cut: Slice) -> Slice:
        while (end := self._buffer.find(b"\n", self._at)) < 0:
            self._at = len(self._buffer)
            if not self._more():
                return cut
        self._at = end + 1
        return cut

    def _more(self) -> bool:
        """Read on; a failure of the source is raised only when everything before it was used."""
        if self._fill():
            return True
        if self._failure is not None:
            raise self._failure
        return False

    def _fill(self) -> bool:
        """Forget what was passed and read at least as much again as is held, so that rescanning stays linear."""
        if self._failure is not None:
            return False
        self._line += self._buffer.count(b"\n", self._counted, self._at)
        parts = [self._buffer[self._at :]]
        wanted = max(1, len(parts[0]))
        self._base += self._at
        self._at = self._counted = 0
        self._buffer = self._plain = b""
        try:
            while wanted > 0 and (chunk := next(self._chunks, b"")):
                parts.append(chunk)
                wanted -= len(chunk)
        except AppError as error:
            self._failure = error
        self._buffer = b"".join(parts)
        # The same without escaped quotes, so that a string ends at the next one.
        self._plain = self._buffer.replace(rb"\\", b"  ").replace(rb"\"", b"  ")
        return len(parts) > 1

    def _length(self, limit: int) -> int:
        """Bytes of the object or array that begins here."""
        length, depth = 1, 1
        while depth:
            found = _TO_BRACKET.match(self._plain, self._at + length)
            stepped = found.end() - self._at - length if found else 0
            length += stepped
            if not found or not stepped:
                if len(self._buffer) - self._at > limit:
                    raise self._too_long(limit)
                if not self._more():
                    raise self.error(
                        "unclosed",
                        "lo que empieza aquí no se cierra nunca; el archivo está cortado o le falta una llave o una comilla.",
                    )
                continue
            bracket = found[1]
            if bracket in (b"{", b"["):
                depth += 1
                if depth > MAX_DEPTH:
                    raise self._too_deep()
            elif bracket:
                depth -= 1
        if length > limit:
            raise self._too_long(limit)
        return length

    def _match(self, pattern: re.Pattern[bytes], limit: int) -> int:
        """Bytes of the string or scalar that begins here."""
        while True:
            found = pattern.match(self._plain, self._at)
            if found is not None and found.end() < len(self._buffer):
                return found.end() - self._at
            if len(self._buffer) - self._at > limit:
                raise self._too_long(limit)
            if not self._more():
                if found is not None:
                    return found.end() - self._at
                raise self.error("syntax", "se esperaba un valor y hay otra cosa.")

    def _too_long(self, limit: int) -> SplitError:
        return self.error(
            "too-long",
            f"lo que empieza aquí mide más de {limit // 1024:,} KiB, el máximo de una sola pieza; divídelo.",
        )

    def _too_deep(self) -> SplitError:
        return self.error(
            "too-deep",
            f"hay más de {MAX_DEPTH} niveles de llaves o corchetes, uno dentro de otro; ningún dato de contrataciones los necesita.",
        )


def split(cursor: Cursor, limit: int) -> Iterator[Slice | Member]:
    """Yield what the text holds, in its order: JSON values one after another, arrays opened.

    An object of at most `limit` bytes is one slice, whatever it is; a longer one must be a package, and is opened.

    Raises:
        SplitError: after everything before the fault was yielded.
    """
    while cursor.peek():
        yield from _value(cursor, limit, 0)


def open_package(cursor: Cursor, limit: int) -> Iterator[Slice | Member]:
    """Yield the elements and the other members of the package that begins here.

    Raises:
        SplitError: it is broken, or it holds no list of releases or records.
    """
    start = cursor.error(
        "too-long", f"la entrega que empieza aquí mide más de {limit // 1024:,} KiB, el máximo; divídela."
    )
    cursor.peek()
    cursor.skip()
    has_list = False
    while (first := cursor.peek()) != b"}":
        if first != b'"':
            raise cursor.error(
                "unclosed" if not first else "syntax", "se esperaba el nombre de un campo entre comillas."
            )
        key = cursor.take(METADATA_LIMIT).raw[1:-1].decode("utf-8", "replace")
        _expect(cursor, b":")
        if key in LISTS and cursor.peek() == b"[":
            has_list = True
            yield from _list(cursor, limit, 0 if key == "arrayReleasePackage" else None)
        else:
            yield Member(key, cursor.take(METADATA_LIMIT))
        _separator(cursor, b"}")
    cursor.skip()
    if not has_list:
        raise start


def _value(cursor: Cursor, limit: int, lists: int) -> Iterator[Slice | Member]:
    first = cursor.peek()
    if first == b"[":
        if lists == MAX_LISTS:
            raise cursor.error(
                "too-deep",
                "hay listas dentro de listas y ninguna entrega dentro; revisa cómo se generó el archivo.",
            )
        yield from _list(cursor, limit, lists + 1)
    elif first == b"{":
        yield from _object(cursor, limit)
    else:
        raise cursor.error(
            "syntax",
            "se esperaba «{» o «[», con que empieza un texto JSON; revisa que sea el archivo correcto.",
        )


def _object(cursor: Cursor, limit: int) -> Iterator[Slice | Member]:
    """Yield an object whole, or what the package holds that it must be because of its length."""
    try:
        try:
            whole = cursor.take(min(limit, HELD))
        except SplitError as error:
            if error.code != "too-long" or limit <= HELD or cursor.shows(_LIST):
                raise
            whole = cursor.take(limit)
    except SplitError as error:
        if error.code not in ("too-long", "unclosed"):
            raise
        yield from open_package(cursor, limit)
    else:
        yield whole


def _list(cursor: Cursor, limit: int, lists: int | None) -> Iterator[Slice | Member]:
    """Members of an array: taken whole, or opened further where `lists` counts the arrays around."""
    cursor.skip()
    while (first := cursor.peek()) != b"]":
        if not first:
            raise cursor.error("unclosed", "la lista no se cierra; el archivo está cortado.")
        if lists is None:
            yield cursor.take(limit)
        else:
            yield from _value(cursor, limit, lists)
        _separator(cursor, b"]")
    cursor.skip()


def _separator(cursor: Cursor, closing: bytes) -> None:
    following = cursor.peek()
    if following == b",":
        cursor.skip()
    elif not following:
        raise cursor.error("unclosed", "el archivo termina aquí y le falta el cierre; está cortado.")
    elif following != closing:
        raise cursor.error("syntax", f"se esperaba una coma o «{closing.decode()}».")


def _expect(cursor: Cursor, wanted: bytes) -> None:
    found = cursor.peek()
    if found != wanted:
        raise cursor.error("syntax" if found else "unclosed", f"se esperaba «{wanted.decode()}».")
    cursor.skip()
