"""What a file is, by its bytes: its name and the browser's word only have to agree with them.

What we take stands in `FORMATS`; whatever a reader's machine could run is refused by name, inside archives too.
"""

import re
import struct
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

import filetype

from app.core.errors import InvalidError

HEAD_BYTES = 8192
TAIL_BYTES = 65_557
"""Where a ZIP's directory announces itself at the latest: its record of 22 bytes and a comment (APPNOTE 4.3.16)."""
MANY_ENTRIES = 10_000
LARGE_DIRECTORY = 4 * 1024 * 1024
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that we take.

    Attributes:
        label: how people call it.
        media_type: without parameters.
        extensions: what its name may end in; the first is given to a name that has none.
        inline: a browser shows it without running anything.
    """

    label: str
    media_type: str
    extensions: tuple[str, ...]
    inline: bool = False


_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"

PDF = Format("PDF", "application/pdf", (".pdf",), inline=True)
PNG = Format("imagen PNG", "image/png", (".png",), inline=True)
JPEG = Format("imagen JPEG", "image/jpeg", (".jpg", ".jpeg"), inline=True)
TIFF = Format("imagen TIFF", "image/tiff", (".tif", ".tiff"))
WEBP = Format("imagen WebP", "image/webp", (".webp",))
DWG = Format("plano DWG", "image/vnd.dwg", (".dwg",))
DOCX = Format("Word", f"{_OOXML}.wordprocessingml.document", (".docx",))
XLSX = Format("Excel", f"{_OOXML}.spreadsheetml.sheet", (".xlsx",))
PPTX = Format("PowerPoint", f"{_OOXML}.presentationml.presentation", (".pptx",))
DOC = Format("Word 97-2003", "application/msword", (".doc",))
XLS = Format("Excel 97-2003", "application/vnd.ms-excel", (".xls",))
PPT = Format("PowerPoint 97-2003", "application/vnd.ms-powerpoint", (".ppt",))
ODT = Format("OpenDocument de texto", f"{_ODF}.text", (".odt",))
ODS = Format("OpenDocument de cálculo", f"{_ODF}.spreadsheet", (".ods",))
ODP = Format("OpenDocument de presentación", f"{_ODF}.presentation", (".odp",))
CSV = Format("CSV", "text/csv", (".csv",), inline=True)
TXT = Format("texto", "text/plain", (".txt",), inline=True)
JSON = Format("JSON", "application/json", (".json", ".geojson"))
XML = Format("XML", "application/xml", (".xml",))
KML = Format("mapa KML", "application/vnd.google-earth.kml+xml", (".kml",))
KMZ = Format("mapa KMZ", "application/vnd.google-earth.kmz", (".kmz",))
ZIP = Format("archivo comprimido ZIP", "application/zip", (".zip",))

FORMATS = (
    PDF, DOCX, XLSX, PPTX, DOC, XLS, PPT, ODT, ODS, ODP, CSV, TXT, JSON, XML, PNG, JPEG, TIFF, WEBP, DWG, KML, KMZ, ZIP,
)  # fmt: skip
BY_EXTENSION = {extension: one for one in FORMATS for extension in one.extensions}
INLINE = frozenset(one.media_type for one in FORMATS if one.inline)
TAKEN = "Se admiten PDF, Word, Excel, PowerPoint, OpenDocument, CSV, texto, JSON, XML, imágenes, planos DWG, mapas KML y ZIP."

DANGEROUS = frozenset({
    ".apk", ".app", ".bat", ".class", ".cmd", ".com", ".cpl", ".dll", ".docm", ".dotm", ".dmg", ".exe",
    ".gadget", ".hta", ".htm", ".html", ".iso", ".jar", ".js", ".jse", ".lnk", ".mht", ".msi", ".msp",
    ".php", ".pif", ".pptm", ".ps1", ".py", ".reg", ".scr", ".sh", ".svg", ".svgz", ".swf", ".vb", ".vbe",
    ".vbs", ".wasm", ".wsf", ".xhtml", ".xlam", ".xlsb", ".xlsm", ".xltm",
})  # fmt: skip
"""Endings of what runs when it is opened."""

_RUNS = DANGEROUS - {".htm", ".html", ".mht", ".svg", ".svgz", ".xhtml"}
"""What an archive may not hold: its web pages open only where somebody unpacks them."""

_SEEN = {one.media_type: one for one in (PNG, JPEG, TIFF, WEBP, DWG)}
"""What `filetype` tells apart for us."""
_PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"\0asm",
    b"dex\n",
)
_SHORTCUT = b"L\0\0\0\x01\x14\x02\0"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = {
    name.encode("utf-16-le"): kind
    for name, kind in (("WordDocument", DOC), ("Workbook", XLS), ("PowerPoint Document", PPT))
}
_OLE_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_OLE_LOCKED = "EncryptedPackage".encode("utf-16-le")
_ODF_TYPES = {one.media_type: one for one in (ODT, ODS, ODP)}
_OOXML_FOLDERS = {"word": DOCX, "xl": XLSX, "ppt": PPTX}
_OTHERS = {
    "application/x-rar-compressed": "un archivo comprimido RAR",
    "application/x-7z-compressed": "un archivo comprimido 7z",
    "application/gzip": "un archivo comprimido GZIP",
    "application/x-tar": "un archivo comprimido TAR",
    "application/rtf": "un documento RTF",
    "application/postscript": "un archivo PostScript",
    "image/gif": "una imagen GIF",
    "image/bmp": "una imagen BMP",
    "image/heic": "una foto HEIC",
}
_PROLOG = re.compile(
    r"^(?:\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)*", re.DOTALL | re.IGNORECASE
)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|script|iframe)\b", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class RefusedFileError(InvalidError):
    """A file that we do not take; the detail says why and what to do."""

    slug, title = "archivo-no-admitido", "El archivo no se puede recibir"


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file is.

    Attributes:
        format: of our list.
        file_name: as it came, with an ending where it had none.
        media_type: as it is served, with the charset of a text.
        advice: sentences for the person; the file is taken all the same.
    """

    format: Format
    file_name: str
    media_type: str
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Inside:
    """What the bytes may be, the likeliest first; with none, what else they are."""

    formats: tuple[Format, ...] = ()
    else_is: str = ""
    advice: tuple[str, ...] = ()
    charset: str = ""


def recognise(file_name: str, source: BinaryIO) -> Recognised:
    """Tell what a file is, and that its name agrees.

    Args:
        file_name: cleaned already.
        source: the whole file, seekable; left anywhere.

    Raises:
        RefusedFileError: it is empty, of no kind that we take, dangerous, or something else than its name says.
    """
    extension = PurePosixPath(file_name).suffix.lower()
    named = BY_EXTENSION.get(extension)
    if extension in DANGEROUS:
        raise RefusedFileError(
            f"Los archivos «{extension}» pueden ejecutar programas y no se admiten. {TAKEN}"
        )
    inside = _look(source)
    if not inside.formats:
        if named:
            raise RefusedFileError(f"El archivo dice ser {named.label} y por dentro es {inside.else_is}.")
        raise RefusedFileError(f"El archivo es {inside.else_is}. {TAKEN}")
    if named is not None and named not in inside.formats:
        raise RefusedFileError(
            f"El archivo dice ser {named.label} y por dentro es {inside.formats[0].label}. "
            "Cámbiale el nombre o elige el archivo correcto."
        )
    chosen = named or inside.formats[0]
    return Recognised(
        chosen,
        file_name if named else file_name + chosen.extensions[0],
        chosen.media_type + (f"; charset={inside.charset}" if inside.charset and chosen.inline else ""),
        inside.advice,
    )


def _look(source: BinaryIO) -> _Inside:
    size = source.seek(0, 2)
    if not size:
        raise RefusedFileError("El archivo está vacío: revisa que se haya guardado bien y vuelve a elegirlo.")
    source.seek(0)
    head = source.read(HEAD_BYTES)
    if head.startswith(_PROGRAMS):
        return _Inside(else_is="un programa")
    if head.startswith(_SHORTCUT):
        return _Inside(else_is="un acceso directo, no el archivo mismo")
    if head.startswith(_OLE):
        return _ole(source)
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        return _zip(source, size)
    if b"%PDF-" in head[:1024]:  # readers take it with something before it (ISO 32000-1, annex H)
        return _pdf(source, size)
    seen = filetype.guess_mime(head)
    if seen in _SEEN:
        return _Inside((_SEEN[seen],))
    if seen in _OTHERS:
        return _Inside(else_is=_OTHERS[seen])
    return _text(head, whole=size <= HEAD_BYTES)


def _pdf(source: BinaryIO, size: int) -> _Inside:
    source.seek(max(0, size - TAIL_BYTES))
    tail = source.read()
    advice = []
    if b"/Encrypt" in tail:
        advice.append(
            "El PDF está protegido: si pide contraseña nadie podrá leerlo. Publica una copia sin protección."
        )
    if b"%%EOF" not in tail:
        advice.append("El PDF parece incompleto: ábrelo y revisa que se vea entero.")
    return _Inside((PDF,), advice=tuple(advice))


def _ole(source: BinaryIO) -> _Inside:
    """Tell the old Office formats apart by the names of their streams (MS-CFB: UTF-16 in the directory)."""
    wanted = {*_OLE_STREAMS, _OLE_MACROS, _OLE_LOCKED}
    found: set[bytes] = set()
    longest = max(map(len, wanted))
    source.seek(0)
    before = b""
    while chunk := source.read(_CHUNK):
        window = before + chunk
        found |= {name for name in wanted - found if name in window}
        before = window[-longest:]
    if _OLE_MACROS in found:
        raise RefusedFileError(_MACROS)
    if _OLE_LOCKED in found:
        raise RefusedFileError("El archivo pide contraseña: guárdalo sin ella y vuelve a enviarlo.")
    formats = tuple(kind for name, kind in _OLE_STREAMS.items() if name in found)
    return _Inside(formats, else_is="un archivo de un programa que no reconocemos")


_MACROS = "El archivo trae macros, que son programas: guárdalo sin macros (o como PDF) y vuelve a enviarlo."
_BROKEN = "El archivo está dañado o incompleto: ábrelo, guárdalo otra vez y vuelve a enviarlo."


def _zip(source: BinaryIO, size: int) -> _Inside:
    _refuse_large_directory(source, size)
    try:
        with zipfile.ZipFile(source) as archive:
            names = archive.namelist()
            declared = _mimetype(archive)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError) as error:
        raise RefusedFileError(_BROKEN) from error
    if not names:
        raise RefusedFileError("El archivo comprimido está vacío.")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise RefusedFileError(_MACROS)
    folders = _first_segments(names)
    if declared in _ODF_TYPES:
        if folders & {"Basic", "Scripts"}:
            raise RefusedFileError(_MACROS)
        return _Inside((_ODF_TYPES[declared], ZIP))
    formats = [kind for folder, kind in _OOXML_FOLDERS.items() if folder in folders]
    if "[Content_Types].xml" in names and formats:
        return _Inside((*formats, ZIP))
    running = next((name for name in names if PurePosixPath(name.lower()).suffix in _RUNS), None)
    if running is not None:
        raise RefusedFileError(
            f"El archivo comprimido trae un programa («{running[-80:]}»): quítalo y vuelve a enviarlo."
        )
    if any(name.lower().endswith(".kml") for name in names):
        return _Inside((KMZ, ZIP))
    return _Inside((ZIP,))


def _refuse_large_directory(source: BinaryIO, size: int) -> None:
    """Look at the size of a ZIP's directory before it is read into memory."""
    source.seek(max(0, size - TAIL_BYTES))
    tail = source.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < 22:
        raise RefusedFileError(_BROKEN)
    entries, length = struct.unpack("<HI", tail[at + 10 : at + 16])
    if entries > MANY_ENTRIES or length > LARGE_DIRECTORY:
        raise RefusedFileError(f"El archivo comprimido trae más de {MANY_ENTRIES:,} archivos: divídelo.")


def _mimetype(archive: zipfile.ZipFile) -> str:
    """Return what an OpenDocument says of itself in its first entry, which is not compressed (ODF 1.3, part 2, 3.3)."""
    first = archive.infolist()[:1]
    if not first or first[0].filename != "mimetype" or first[0].compress_type or first[0].file_size > 200:
        return ""
    return archive.read(first[0]).decode("ascii", "replace").strip()


def _first_segments(names: Iterable[str]) -> set[str]:
    return {name.partition("/")[0] for name in names if "/" in name}


def _text(head: bytes, *, whole: bool) -> _Inside:
    text, charset = _decoded(head, whole=whole)
    if text is None or _CONTROL.search(text):
        return _Inside(else_is="de un tipo que no reconocemos")
    start = text.lstrip("\ufeff \t\r\n")
    if _HTML.match(start) or (start.startswith("<") and _HTML.search(start[:2000])):
        return _Inside(else_is="una página web")
    if start.startswith("<"):
        root = _ROOT.match(start, _PROLOG.match(start).end())  # type: ignore[union-attr]  # it matches the empty text too
        name = root[1].lower() if root else ""
        if name in ("svg", "html"):
            return _Inside(else_is="un dibujo SVG" if name == "svg" else "una página web")
        formats = ((KML, XML) if name == "kml" else (XML,)) if root else ()
        return _Inside((*formats, TXT), charset=charset)
    if start.startswith(("{\\rtf", "%!PS")):
        return _Inside(else_is="un documento RTF" if start.startswith("{") else "un archivo PostScript")
    first = (JSON,) if start.startswith(("{", "[")) else ()
    return _Inside((*first, TXT, CSV), charset=charset)


def _decoded(head: bytes, *, whole: bool) -> tuple[str | None, str]:
    """Return a text's beginning and its charset; None where it is no text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) // 2 * 2].decode("utf-16", "replace"), "utf-16"
    if b"\0" in head:
        return None, ""
    try:
        # A character may be cut at the end of what was read.
        return (head if whole else head[: _last_whole(head)]).decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return head.decode("cp1252", "replace"), "windows-1252"


def _last_whole(head: bytes) -> int:
    end = len(head)
    while end > len(head) - 4 and head[end - 1] & 0xC0 == 0x80:
        end -= 1
    return end - 1 if head[end - 1] & 0x80 else end
