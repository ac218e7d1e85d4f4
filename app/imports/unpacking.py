"""From a file as it was sent to streams of text bytes: containers opened, encodings straightened, bombs refused.

The container is told by content, never by name. What comes out is UTF-8 (without mark), or an old single-byte encoding
left as it came: quotes and brackets are the same bytes in both, so the text is cut first and each element decoded alone.
"""

import codecs
import gzip
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO, Protocol

from isal import igzip, isal_zlib

from app.core.errors import InvalidError, TooLargeError, UnsupportedMediaError

CHUNK = 1024 * 1024
BOMB_RATIO = 200
"""Times that real JSON never shrinks; deflate reaches 1,032 on a file made for it."""
BOMB_FLOOR = 64 * 1024 * 1024
"""Below so many unpacked bytes the ratio says nothing."""
MEMBER_LIMIT = 10_000
DIRECTORY_LIMIT = 16 * 1024 * 1024
TAKEN = (
    "Aquí se importan libros de Excel (los de la PNT, el que se descarga de Procesos, la hoja sencilla), listas de CompraNet, "
    "CSV y datos OCDS en JSON."
)

_GZIP, _ZIP, _OLE = b"\x1f\x8b", b"PK", b"\xd0\xcf\x11\xe0"
_CONTENT_TYPES = "[Content_Types].xml"
_BROKEN: tuple[type[Exception], ...] = (  # type: ignore[assignment]  # isal calls its error an instance
    *(zlib.error, isal_zlib.IsalError, EOFError, gzip.BadGzipFile),
    *(zipfile.BadZipFile, NotImplementedError, RuntimeError, UnicodeError),
)
_FOREIGN = {
    b"%PDF": "un documento PDF",
    _OLE: "un documento antiguo de Office",
    b"<": "una página web o un texto XML",
    b"7z\xbc\xaf": "un archivo 7z",
    b"Rar!": "un archivo RAR",
    _GZIP: "otro archivo comprimido",
    _ZIP: "otro archivo comprimido",
}
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class BombError(TooLargeError):
    """The file unpacks to more than is taken, or shrank more than real data can."""

    slug, title = "archivo-desmedido", "El archivo comprimido crece demasiado al abrirlo"


class BrokenTextError(InvalidError):
    """The bytes do not follow the encoding or the compression they claim."""

    slug, title = "archivo-danado", "El archivo está dañado"


@dataclass(frozen=True, slots=True)
class Text:
    """One text inside the file.

    Attributes:
        name: of the member inside a zip; empty elsewhere.
        container: `gzip`, `zip` or empty.
        chunks: its bytes as they came; reading them may raise `BombError` or `BrokenTextError`.
    """

    name: str
    container: str
    chunks: Iterator[bytes]


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Meter:
    """Counts what comes out against what went in."""

    def __init__(self, limit: int, packed: Callable[[], int] | None) -> None:
        self._limit, self._packed, self._unpacked = limit, packed, 0

    def pour(self, source: _Source) -> Iterator[bytes]:
        while chunk := source.read(CHUNK):
            self._unpacked += len(chunk)
            if self._unpacked > self._limit:
                raise BombError(
                    f"Al abrirlo pasa de {self._limit // CHUNK:,} MiB, el máximo. Divídelo en archivos más pequeños."
                )
            if (
                self._packed is not None
                and self._unpacked > BOMB_FLOOR
                and self._unpacked > BOMB_RATIO * max(1, self._packed())
            ):
                raise BombError(
                    f"Se expande más de {BOMB_RATIO} veces, lo que no ocurre con datos reales: parece hecho para agotar "
                    "el servidor. Envía el archivo sin comprimir."
                )
            yield chunk


def texts(file: BinaryIO, limit: int) -> Iterator[Text]:
    """Yield each text of a file; each must be read before the next is asked for.

    Args:
        file: as it was sent; its position tells how much of it was read.
        limit: most bytes that all texts together may have.

    Raises:
        UnsupportedMediaError: a container we do not open.
        BrokenTextError: the container is damaged.
        BombError: its table of contents is too long.
    """
    magic = file.read(4)
    file.seek(0)
    if magic.startswith(_GZIP):
        yield Text("", "gzip", _guarded(_gunzipped(file, limit)))
    elif magic.startswith(_ZIP):
        yield from _unzipped(file, limit)
    else:
        yield Text("", "", _Meter(limit, None).pour(file))


def is_workbook(file: BinaryIO) -> bool:
    """Tell whether a file is a workbook, whole or not: by its container, and by the first name in it where that is cut."""
    head = file.read(4096)
    file.seek(0)
    if head.startswith(_OLE):
        return True
    if not head.startswith(_ZIP):
        return False
    (length,) = struct.unpack_from("<H", head.ljust(30, b"\0"), 26)
    if head[30 : 30 + length].startswith((_CONTENT_TYPES.encode(), b"xl/", b"_rels/", b"docProps/")):
        return True
    _check_directory(file)
    try:
        with zipfile.ZipFile(file) as archive:
            return _CONTENT_TYPES in archive.namelist()
    except _BROKEN:
        return False
    finally:
        file.seek(0)


def _gunzipped(file: BinaryIO, limit: int) -> Iterator[bytes]:
    with igzip.IGzipFile(fileobj=file, mode="rb") as source:  # type: ignore[no-untyped-call]
        yield from _Meter(limit, file.tell).pour(source)


def _unzipped(file: BinaryIO, limit: int) -> Iterator[Text]:
    _check_directory(file)
    try:
        archive = zipfile.ZipFile(file)
    except _BROKEN as error:
        raise BrokenTextError(
            "El archivo zip está dañado o incompleto; vuelve a crearlo y envíalo otra vez."
        ) from error
    with archive:
        members = [
            member
            for member in archive.infolist()
            if not member.is_dir() and not member.filename.startswith("__MACOSX/")
        ]
        names = {member.filename for member in members}
        if _CONTENT_TYPES in names:
            raise UnsupportedMediaError(
                f"Es un documento de Office que no es ninguno de los que se importan. {TAKEN}"
            )
        if not members:
            raise BrokenTextError("El archivo zip no contiene ningún archivo.")
        if any(member.flag_bits & 1 for member in members):
            raise UnsupportedMediaError("El archivo zip pide contraseña; envíalo sin ella.")
        total = sum(member.compress_size for member in members)
        meter = _Meter(limit, lambda: total)
        for member in members:
            yield Text(member.filename, "zip", _guarded(_extracted(archive, member, meter)))


def _extracted(archive: zipfile.ZipFile, member: zipfile.ZipInfo, meter: _Meter) -> Iterator[bytes]:
    with archive.open(member) as source:
        yield from meter.pour(source)


def _check_directory(file: BinaryIO) -> None:
    """Refuse a zip whose table of contents alone would fill the memory, before `zipfile` reads it."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 66_000))
    tail = file.read()
    file.seek(0)
    members = directory = 0
    if (end := tail.rfind(b"PK\x05\x06")) >= 0 and len(tail) >= end + 16:
        members, directory = struct.unpack_from("<HI", tail, end + 10)
    if (end := tail.rfind(b"PK\x06\x06")) >= 0 and len(tail) >= end + 48:
        members, directory = struct.unpack_from("<QQ", tail, end + 32)
    if members > MEMBER_LIMIT or directory > DIRECTORY_LIMIT:
        raise BombError(f"El archivo zip trae más de {MEMBER_LIMIT:,} archivos, el máximo. Divídelo.")


def _guarded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Tell damage of the container in our own words."""
    try:
        yield from chunks
    except _BROKEN as error:
        raise BrokenTextError(
            "El archivo comprimido está dañado o incompleto a partir de aquí; vuelve a crearlo y envíalo otra vez."
        ) from error


def straighten(text: Text) -> tuple[str, Iterator[bytes]]:
    """Look at the first bytes of a text and straighten its encoding.

    Returns:
        `utf-8`, `utf-8-sig`, `utf-16…` or `utf-32`, and the text in UTF-8. A text in single bytes passes as it came,
        under `utf-8`: that shows element by element.

    Raises:
        UnsupportedMediaError: it is something else than JSON, by its first bytes.
    """
    chunks = text.chunks
    first = next(chunks, b"")
    while 0 < len(first) < 4 and (more := next(chunks, b"")):
        first += more
    if first.startswith(codecs.BOM_UTF8):
        return "utf-8-sig", chain([first[3:]], chunks)
    encoding = next((label for mark, label in _MARKS if first.startswith(mark)), "")
    if not encoding and len(first) > 1 and 0 in first[:2] and first[:2].strip(b"\0") in (b"{", b"["):
        encoding = "utf-16-be" if first[0] == 0 else "utf-16-le"
    if encoding:
        return encoding, _decoded(chain([first], chunks), encoding)
    start = first.lstrip()
    for magic, kind in _FOREIGN.items():
        if start.startswith(magic):
            raise UnsupportedMediaError(
                f"{f'«{text.name}»' if text.name else 'El archivo'} es {kind}. {TAKEN}"
            )
    return "utf-8", chain([first], chunks)


def _decoded(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in chunks:
            if decoded := decoder.decode(chunk).encode():
                yield decoded
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise BrokenTextError(
            f"El archivo dice estar en {encoding.upper()} y aquí deja de estarlo; guárdalo en UTF-8 y envíalo otra vez."
        ) from error
