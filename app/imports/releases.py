"""The source of OCDS data: packages, records and releases in JSON (`app.imports.reading`)."""

import codecs
from pathlib import Path
from typing import BinaryIO

from app.imports.entries import Pass
from app.imports.reading import Reading
from app.imports.sourcing import Setting

_STARTS = (b"{", b"[", b"\x1f\x8b", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Releases:
    """OCDS, in JSON or JSON lines."""

    key = "ocds"
    nothing = "No encontramos ninguna entrega OCDS en el archivo. Debe traer paquetes, registros o entregas en JSON."

    def recognises(self, file: BinaryIO) -> bool:
        """Tell JSON, also compressed or in UTF-16 or 32, by how it begins."""
        start = file.read(1024).removeprefix(codecs.BOM_UTF8)
        return start.lstrip(b" \t\r\n\0").startswith(_STARTS)

    def open(self, path: Path, setting: Setting) -> Pass:
        """Begin a pass."""
        return Reading(path, unpacked_limit=setting.unpacked_limit, element_limit=setting.element_limit)
