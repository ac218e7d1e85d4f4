"""What the OpenAPI document says of the addresses by which the world stays in sync, in Spanish."""

from typing import Any

from app.openapi import documentation
from app.openapi.documentation import ABSENT, BAD, CURSOR, FILTERS, SINCE, TAG, UNCHANGED, Told
from app.push.parameters import DEFAULT_LIMIT, MOST

__all__ = ["TAG", "of"]

_LINE = (
    '{"cursor":"WzFd","position":1,"kind":"release","date":"2026-11-22T16:00:00.000000Z",'
    '"ocid":"ocds-prb014-LPL-001-2026","release_id":"ocds-prb014-LPL-001-2026-0001","tag":["tender"],'
    '"sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","available":true,'
    '"release":"https://datos.example/jalisco/api/v1/releases/ocds-prb014-LPL-001-2026/'
    'ocds-prb014-LPL-001-2026-0001",'
    '"record":"https://datos.example/jalisco/api/v1/records/ocds-prb014-LPL-001-2026"}\n'
)
_CHANGES_OK: dict[str, Any] = {
    "description": "Un cambio por línea. Vacía: no hay nada nuevo.",
    "content": {"application/x-ndjson": {"schema": {"type": "string"}, "example": _LINE}},
    "headers": {
        "ETag": {"description": "Huella de esta página.", "schema": {"type": "string"}},
        "Link": {"description": '`rel="next"`: lo que sigue de esta página.', "schema": {"type": "string"}},
    },
}
_ATOM_OK = {
    "description": "Canal Atom (RFC 4287), por páginas (RFC 5005, sección 3).",
    "content": {"application/atom+xml": {"schema": {"type": "string"}}},
}
_JSON_FEED_OK = {
    "description": "Canal JSON Feed 1.1.",
    "content": {"application/feed+json": {"schema": {"type": "object"}}},
}
_LIMIT = {
    "name": "limit",
    "in": "query",
    "description": "Líneas, a lo más.",
    "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT},
    "example": 5000,
}
_AFTER = {**CURSOR, "description": "El de la última línea que procesaste, o el de `Link`, sin cambiarlo."}

_OLDER = {**CURSOR, "description": "El de `next` (en JSON, `next_url`), sin cambiarlo."}

_ENDPOINTS: dict[str, Told] = {
    "list_changes": (
        "Cambios desde un cursor",
        "En orden, en NDJSON: lo publicado, lo retirado, lo que llegó de otro organismo o pasó a otro (`kind`).",
        [SINCE, _AFTER, _LIMIT],
        {200: _CHANGES_OK, 304: UNCHANGED, 400: BAD, 404: ABSENT},
    ),
    "read_atom_feed": (
        "Canal Atom",
        "Lo último publicado, de todo el organismo o de una búsqueda: los filtros son los de las listas.",
        [*FILTERS, _OLDER],
        {200: _ATOM_OK, 304: UNCHANGED, 400: BAD, 404: ABSENT},
    ),
    "read_json_feed": (
        "Canal JSON Feed",
        "Lo mismo que el canal Atom, como JSON Feed 1.1.",
        [*FILTERS, _OLDER],
        {200: _JSON_FEED_OK, 304: UNCHANGED, 400: BAD, 404: ABSENT},
    ),
}


def of(endpoint: str, path: str) -> dict[str, Any]:
    """Return the arguments of `add_api_route` that document an endpoint of this package at a path."""
    return documentation.described(endpoint, path, _ENDPOINTS[endpoint])
