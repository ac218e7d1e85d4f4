"""A garante's logo, made safe: PNG as it is, SVG drawn again from what only draws."""

import re
from xml.etree import ElementTree as ET

from app.core.errors import InvalidError

LARGEST = 200 * 1024
SVG, PNG = "image/svg+xml", "image/png"
_NAMESPACE = "{http://www.w3.org/2000/svg}"
_HREFS = ("href", "{http://www.w3.org/1999/xlink}href")
_DRAWS = frozenset(
    [
        "svg",
        "g",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "defs",
        "linearGradient",
        "radialGradient",
        "stop",
        "clipPath",
        "mask",
        "use",
        "symbol",
        "title",
        "desc",
    ]
)
_LOCAL = re.compile(r"#[\w.-]+")
_OUTSIDE = re.compile(r"url\(\s*['\"]?(?!#)|@import|expression|javascript:", re.IGNORECASE)


def tidy(content: bytes) -> tuple[bytes, str]:
    """Return a logo that cannot do anything but be seen, and its media type.

    Scripts, styles, foreign objects, handlers and references to anything outside are left out of an SVG.

    Raises:
        InvalidError: it is too large, or neither a PNG nor an SVG that can be read.
    """
    if len(content) > LARGEST:
        raise InvalidError(
            f"El logotipo pasa de {LARGEST // 1024} KB. Guárdalo más pequeño, de preferencia en SVG."
        )
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return content, PNG
    # Entities could make a small file huge or read others; a logo needs none.
    if re.search(rb"<!(DOCTYPE|ENTITY)", content, re.IGNORECASE):
        content = _without_doctype(content)
    try:
        content.decode("utf-8-sig")
        root = ET.fromstring(content)  # noqa: S314 - no document type, so no entities
    except (UnicodeDecodeError, ET.ParseError) as error:
        raise InvalidError("El logotipo debe ser una imagen SVG o PNG; esta no se puede leer.") from error
    if root.tag != f"{_NAMESPACE}svg":
        raise InvalidError("El logotipo debe ser una imagen SVG o PNG.")
    _clean(root)
    ET.register_namespace("", _NAMESPACE.strip("{}"))
    return ET.tostring(root, encoding="utf-8"), SVG


def _without_doctype(content: bytes) -> bytes:
    """Drop a plain document type, which old drawing programs write; one that declares anything is refused."""
    plain = re.sub(rb"<!DOCTYPE[^\[>]*>", b"", content, flags=re.IGNORECASE)
    if re.search(rb"<!(DOCTYPE|ENTITY)", plain, re.IGNORECASE):
        raise InvalidError(
            "El SVG declara entidades, que un logotipo no necesita. Expórtalo de nuevo como SVG simple."
        )
    return plain


def _clean(element: ET.Element) -> None:
    for name, value in list(element.attrib.items()):
        local = name.rpartition("}")[2].lower()
        outside = name in _HREFS and not _LOCAL.fullmatch(value)
        if local.startswith("on") or outside or _OUTSIDE.search(value):
            del element.attrib[name]
    for child in list(element):
        tag = child.tag if isinstance(child.tag, str) else ""
        if tag.removeprefix(_NAMESPACE) in _DRAWS and tag.startswith(_NAMESPACE):
            _clean(child)
        else:
            element.remove(child)
