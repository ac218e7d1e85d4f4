"""Web addresses as people paste them, and the URI that the standard's format accepts."""

import re
from urllib.parse import quote, urlsplit, urlunsplit

from app.ocds.entry.errors import EntryError

EXAMPLE = "La dirección va completa, como https://www.ejemplo.gob.mx/documento.pdf."

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.\-]*:")
_HOST = re.compile(r"^[\w\-]+(?:\.[\w\-]+)*\.[^\W\d_]{2,}(?::\d+)?(?:[/?#]|$)")
_UNSAFE = frozenset({"javascript", "vbscript", "data", "file", "blob"})
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PLAIN = re.compile(r"https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?:/[A-Za-z0-9/:@!$&'()*+,;=~._-]*)?")
"""An address that says nothing that must be changed or looked at."""
_SAFE = "/?:@!$&'()*+,;=~-._%"


def read_uri(text: str) -> str:
    """Return an address with its scheme, letters outside ASCII encoded.

    Raises:
        EntryError: it has blanks, is no address, or would run a program.
    """
    if _PLAIN.fullmatch(text):
        return text
    if re.search(r"\s", text):
        raise EntryError(f"La dirección no lleva espacios; si el archivo los tiene, escribe %20. {EXAMPLE}")
    if _HOST.match(text):
        text = f"https://{text}"
    if not _SCHEME.match(text):
        raise EntryError(f"Falta el principio de la dirección (https://). {EXAMPLE}")
    try:
        parts = urlsplit(text)
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode("ascii")
        _ = parts.port
    except (ValueError, UnicodeError):
        raise EntryError(f"El sitio de la dirección está mal escrito. {EXAMPLE}") from None
    if parts.scheme in _UNSAFE:
        raise EntryError(f"Esa clase de dirección ({parts.scheme}:) no se publica. {EXAMPLE}")
    if not (parts.hostname if parts.scheme in ("http", "https") else parts.netloc or parts.path):
        raise EntryError(f"La dirección no dice a qué sitio lleva. {EXAMPLE}")
    path, query, fragment = (
        quote(_LONE_PERCENT.sub("%25", part), safe=_SAFE)
        for part in (parts.path, parts.query, parts.fragment)
    )
    return urlunsplit((parts.scheme, host, path, query, fragment))
