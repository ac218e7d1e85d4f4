"""What the OpenAPI document says of the publication API, in Spanish: summaries, parameters, answers, examples."""

import re
from typing import Any

from app.core.errors import (
    BadRequestError,
    GoneError,
    NotFoundError,
    TooManyRequestsError,
    UnavailableError,
)
from app.ocds.codelists import codelist
from app.openapi.parameters import AMOUNT, DEFAULT_LIMIT, LONGEST_TEXT, MOST, STAGES, STATUSES
from app.openapi.problems import problem

TAG = "API de publicación"

_PACKAGE_HEAD = {
    "uri": "https://datos.example/jalisco/api/v1/releases",
    "version": "1.1",
    "extensions": ["https://datos.example/ocds/perfil/extension.json"],
    "publishedDate": "2026-11-22T16:00:00.000000Z",
    "publisher": {"name": "Organismo garante", "uri": "https://datos.example/jalisco/"},
}
_RELEASE = {
    "ocid": "ocds-prb014-LPL-001-2026",
    "id": "ocds-prb014-LPL-001-2026-0001",
    "date": "2026-11-22T16:00:00.000000Z",
    "tag": ["tender"],
    "initiationType": "tender",
}
_LIST_LINKS = {
    "links": {"next": "https://datos.example/jalisco/api/v1/releases?cursor=WzEwMF0"},
    "total": 1,
}
_RECORD = {
    "ocid": _RELEASE["ocid"],
    "releases": [
        {
            "url": "https://datos.example/jalisco/api/v1/releases/ocds-prb014-LPL-001-2026"
            "/ocds-prb014-LPL-001-2026-1#ocds-prb014-LPL-001-2026-0001",
            "date": _RELEASE["date"],
            "tag": ["tender"],
        }
    ],
    "compiledRelease": {
        **_RELEASE,
        "id": "ocds-prb014-LPL-001-2026-2026-11-22T16:00:00.000000Z",
        "tag": ["compiled"],
    },
}


def _package(description: str, example: dict[str, Any], items: str) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["uri", "version", "publishedDate", "publisher", items],
        "properties": {
            "uri": {"type": "string", "format": "uri"},
            "version": {"type": "string", "const": "1.1"},
            "extensions": {"type": "array", "items": {"type": "string", "format": "uri"}},
            "publishedDate": {"type": "string", "format": "date-time"},
            "publisher": {"type": "object"},
            "license": {"type": "string", "format": "uri"},
            "publicationPolicy": {"type": "string", "format": "uri"},
            "links": {
                "type": "object",
                "properties": {name: {"type": "string", "format": "uri"} for name in ("next", "prev")},
            },
            "total": {"type": "integer", "minimum": 0},
            items: {"type": "array", "items": {"type": "object"}},
        },
    }
    return {
        "description": description,
        "content": {"application/json": {"schema": schema, "example": example}},
        "headers": {
            "ETag": {"description": "Huella de estos bytes.", "schema": {"type": "string"}},
            "Last-Modified": {"description": "Último cambio.", "schema": {"type": "string"}},
        },
    }


_RELEASES_OK = _package(
    "Paquete de entregas OCDS 1.1.", {**_PACKAGE_HEAD, **_LIST_LINKS, "releases": [_RELEASE]}, "releases"
)
_RELEASE_OK = _package(
    "Paquete con esa única entrega.", {**_PACKAGE_HEAD, "releases": [_RELEASE]}, "releases"
)
_RECORDS_OK = _package(
    "Paquete de registros OCDS 1.1.", {**_PACKAGE_HEAD, **_LIST_LINKS, "records": [_RECORD]}, "records"
)
_RECORD_OK = _package("Paquete con ese único registro.", {**_PACKAGE_HEAD, "records": [_RECORD]}, "records")
_WITHDRAWALS_OK = {
    "description": "Retiros, en el orden en que ocurrieron.",
    "content": {
        "application/json": {
            "schema": {"type": "object", "required": ["uri", "total", "withdrawals"]},
            "example": {
                "uri": "https://datos.example/jalisco/api/v1/withdrawals",
                "total": 1,
                "links": {"next": "https://datos.example/jalisco/api/v1/withdrawals?cursor=WzEwMV0"},
                "withdrawals": [
                    {
                        "ocid": _RELEASE["ocid"],
                        "release_id": _RELEASE["id"],
                        "withdrawn_at": "2026-11-23T16:00:00.000000Z",
                        "ground": "Datos personales publicados por error: artículo 116 de la Ley General.",
                    }
                ],
            },
        }
    },
}
_TRANSFERS_OK = {
    "description": "Traspasos, en el orden en que ocurrieron.",
    "content": {
        "application/json": {
            "schema": {"type": "object", "required": ["uri", "transfers"]},
            "example": {
                "uri": "https://datos.example/jalisco/api/v1/transfers",
                "links": {"next": "https://datos.example/jalisco/api/v1/transfers?cursor=WzEwMV0"},
                "transfers": [
                    {
                        "ocid": _RELEASE["ocid"],
                        "direction": "out",
                        "publisher": "https://datos.example/jalisco-judicial/",
                        "record": f"https://datos.example/jalisco-judicial/api/v1/records/{_RELEASE['ocid']}",
                        "transferred_at": "2026-11-23T16:00:00.000000Z",
                        "ground": "Decreto 123 publicado el 1 de octubre de 2026.",
                    }
                ],
            },
        }
    },
}
_JSON_OK = {"description": "Documento JSON.", "content": {"application/json": {"schema": {"type": "object"}}}}
_CSV_OK = {"description": "Claves, en CSV.", "content": {"text/csv": {"schema": {"type": "string"}}}}
UNCHANGED = {"description": "No ha cambiado desde la versión que nombra `If-None-Match`."}
MOVED = {"description": "Tiene otra dirección permanente, aquí o en otro organismo: está en `Location`."}
_GROUND = {
    "ocid": _RELEASE["ocid"],
    "release_id": _RELEASE["id"],
    "withdrawn_at": "2026-11-23T16:00:00.000000Z",
    "ground": "Artículo 116 de la Ley.",
}
BAD = problem(
    "Parámetro desconocido, repetido o mal escrito.",
    BadRequestError("«limit» es un número entero de 1 a 1000; sin él son 100."),
)
ABSENT = problem(
    "No hay tal organismo, o no hay nada publicado con ese identificador.",
    NotFoundError("Aquí no hay nada publicado con ese identificador."),
)
GONE = problem(
    "Se retiró de la publicación; `ground` y `withdrawn_at` dicen por qué y cuándo.",
    GoneError(
        "Se retiró de la publicación el 2026-11-23. Fundamento: artículo 116 de la Ley.", extra=_GROUND
    ),
)
_TOO_OFTEN = problem(
    "Demasiadas solicitudes en un minuto; sigue después de `Retry-After` segundos.",
    TooManyRequestsError(retry_after=30),
)
_DOWN = problem(
    "La base de datos no responde; reintenta después de `Retry-After` segundos.",
    UnavailableError("La base de datos no responde por ahora."),
)


def _query(name: str, description: str, example: Any, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "description": description,
        "schema": {"type": "string", **schema},
        "example": example,
    }


SINCE = _query(
    "since",
    "Solo lo fechado entonces o después: fecha o instante de RFC 3339. Sin huso, hora local del organismo.",
    "2026-11-01",
)
_UNTIL = _query(
    "until", "Solo lo fechado entonces o antes; una fecha sola incluye todo su día.", "2026-11-30"
)
_ORDER = _query(
    "order",
    "`asc`, del más antiguo al más nuevo; `desc`, al revés.",
    "desc",
    enum=["asc", "desc"],
    default="asc",
)
CURSOR = _query("cursor", "El de `links.next` o `links.prev` de otra página, sin cambiarlo.", "WzEwMF0")
LIMIT = _query(
    "limit",
    "Elementos por página; puede haber menos si pesan mucho.",
    1000,
    type="integer",
    minimum=1,
    maximum=MOST,
    default=DEFAULT_LIMIT,
)
_VERSIONED = _query(
    "versioned",
    "Añade `versionedRelease`: cada campo con todos sus valores en el tiempo.",
    example=True,
    type="boolean",
    default=False,
)
FILTERS = [
    _query("sujeto_obligado", "Clave del sujeto obligado, como en su página pública.", "salud"),
    _query("method", "`procurementMethod`.", "direct", enum=list(codelist("method").codes)),
    _query(
        "category",
        "`mainProcurementCategory`.",
        "services",
        enum=list(codelist("procurementCategory").codes),
    ),
    _query("stage", "La etapa más avanzada de la que dice algo.", "contract", enum=list(STAGES)),
    _query("status", "El estado de esa etapa.", "active", enum=list(STATUSES)),
    _query("amount_min", "Monto desde, en la moneda de cada proceso.", "100000", pattern=AMOUNT),
    _query("amount_max", "Monto hasta, en la moneda de cada proceso.", "2500000.50", pattern=AMOUNT),
    _query("signed_since", "Primer contrato firmado ese día o después.", "2026-01-01", format="date"),
    _query("signed_until", "Primer contrato firmado ese día o antes.", "2026-12-31", format="date"),
    _query("supplier", "Proveedor: su RFC o su nombre completo.", "XAXX010101000", maxLength=LONGEST_TEXT),
    _query(
        "q",
        "Palabras completas, todas, sin distinguir mayúsculas ni acentos.",
        "medicamentos oncológicos",
        maxLength=LONGEST_TEXT,
    ),
]
_NATIONAL_FILTERS = [_query("publisher", "Organismo, como en su dirección.", "jalisco"), *FILTERS[1:]]
_NATIONAL = (
    "Como la lista de un organismo, en el orden nacional: el cursor es de esta lista, y `since` y `until` miran cuándo "
    "entró cada elemento a ella, segundos después de publicarse."
)
_LIST = [SINCE, _UNTIL, _ORDER, CURSOR, LIMIT]

_PATH = {
    "tenant": ("Organismo garante, como en la dirección de su portal.", "jalisco"),
    "ocid": ("Identificador del proceso; una diagonal se escribe `%2F`.", _RELEASE["ocid"]),
    "sha256": ("SHA-256 en hexadecimal.", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    "release_id": ("Identificador de la entrega; una diagonal se escribe `%2F`.", _RELEASE["id"]),
    "year": ("Año de publicación, en la hora del organismo; cuatro cifras.", "2026"),
    "month": ("Mes de ese año; dos cifras.", "11"),
    "years": ("Un año, varios separados por comas, o `null`: todos.", "2026"),
    "methods": ("Claves de `procurementMethod`, separadas por comas.", "direct,limited"),
    "categories": ("Claves de categorías, separadas por comas.", "services"),
    "file": ("Nombre de la lista, con `.csv`.", "documentType.csv"),
    "name": ("Nombre de un archivo, como lo dice el índice de descargas.", "releases.jsonl.gz"),
}

Told = tuple[str, str, list[dict[str, Any]], dict[int, dict[str, Any]]]
"""Of an endpoint: its summary, its description, the parameters of its query, its answers."""

_ENDPOINTS: dict[str, Told] = {
    "list_releases": (
        "Entregas, en el orden en que se publicaron",
        "Sigue `links.next` hasta una página vacía; guarda el último cursor y continúa desde él otro día.",
        [*_LIST, *FILTERS],
        {200: _RELEASES_OK, 304: UNCHANGED, 400: BAD, 404: ABSENT},
    ),
    "list_releases_of_process": (
        "Entregas de un proceso",
        "Como la lista general, para un solo ocid.",
        _LIST,
        {200: _RELEASES_OK, 304: UNCHANGED, 308: MOVED, 400: BAD, 404: ABSENT, 410: GONE},
    ),
    "read_release": (
        "Una entrega",
        "Dirección permanente. Los bytes de la entrega son los mismos en todas las direcciones y nunca cambian.",
        [],
        {200: _RELEASE_OK, 304: UNCHANGED, 308: MOVED, 400: BAD, 404: ABSENT, 410: GONE},
    ),
    "list_records": (
        "Registros, en el orden de su última entrega",
        "Un proceso que publica otra vez pasa al final: quien consulta con su cursor lo vuelve a ver.",
        [*_LIST, *FILTERS],
        {200: _RECORDS_OK, 304: UNCHANGED, 400: BAD, 404: ABSENT},
    ),
    "read_record": (
        "Un registro",
        "Dirección permanente: enlaces a las entregas y la entrega compilada.",
        [_VERSIONED],
        {200: _RECORD_OK, 304: UNCHANGED, 308: MOVED, 400: BAD, 404: ABSENT, 410: GONE},
    ),
    "list_withdrawals": (
        "Retiros",
        "Lo que dejó de ser público, con su fundamento. Quien guarda copias debe seguir esta lista y borrarlas.",
        _LIST,
        {200: _WITHDRAWALS_OK, 304: UNCHANGED, 400: BAD, 404: ABSENT},
    ),
    "list_transfers": (
        "Traspasos",
        "Procesos que llegaron de otro organismo (`in`) o pasaron a uno (`out`). Sus entregas no cambian de dirección.",
        _LIST,
        {200: _TRANSFERS_OK, 304: UNCHANGED, 400: BAD, 404: ABSENT},
    ),
    "list_all_releases": (
        "Entregas de todos los organismos",
        _NATIONAL,
        [*_LIST, *_NATIONAL_FILTERS],
        {200: _RELEASES_OK, 304: UNCHANGED, 400: BAD},
    ),
    "list_all_records": (
        "Registros de todos los organismos",
        _NATIONAL,
        [*_LIST, *_NATIONAL_FILTERS],
        {200: _RECORDS_OK, 304: UNCHANGED, 400: BAD},
    ),
    "list_all_withdrawals": (
        "Retiros de todos los organismos",
        _NATIONAL,
        _LIST,
        {200: _WITHDRAWALS_OK, 304: UNCHANGED, 400: BAD},
    ),
    "list_all_transfers": (
        "Traspasos entre organismos",
        _NATIONAL,
        _LIST,
        {200: _TRANSFERS_OK, 304: UNCHANGED, 400: BAD},
    ),
    "read_index": (
        "Índice de un organismo",
        "Direcciones, licencia y política de publicación.",
        [],
        {200: _JSON_OK, 304: UNCHANGED, 400: BAD, 404: ABSENT},
    ),
    "read_service_index": (
        "Índice del servicio",
        "Todos los organismos que publican aquí.",
        [],
        {200: _JSON_OK, 304: UNCHANGED, 400: BAD},
    ),
    "read_profile": (
        "El perfil, como extensión de OCDS",
        "Qué agrega este servicio al estándar.",
        [],
        {200: _JSON_OK, 304: UNCHANGED, 400: BAD},
    ),
    "read_profile_schema": (
        "Lo que el perfil agrega al esquema de la entrega",
        "JSON Merge Patch del esquema de OCDS 1.1.",
        [],
        {200: _JSON_OK, 304: UNCHANGED, 400: BAD},
    ),
    **{
        f"read_profile_{kind}_package": (
            f"Lo que el perfil agrega a los paquetes de {packed}",
            "JSON Merge Patch del esquema de paquete de OCDS 1.1: la última cabeza firmada de la cadena.",
            [],
            {200: _JSON_OK, 304: UNCHANGED, 400: BAD},
        )
        for kind, packed in {"release": "entregas", "record": "registros"}.items()
    },
    "read_profile_codelist": (
        "Una lista de claves del perfil",
        "Las que empiezan con «+» agregan claves a una lista del estándar.",
        [],
        {200: _CSV_OK, 304: UNCHANGED, 400: BAD, 404: ABSENT},
    ),
}
_ENDPOINTS |= {
    f"{name}_of_{step}": (
        f"{_ENDPOINTS[name][0]}: las de {period}"
        if "releases" in name
        else f"{_ENDPOINTS[name][0]}: los de {period}",
        "Como la lista entera, sin `total`. " + _ENDPOINTS[name][1],
        *_ENDPOINTS[name][2:],
    )
    for name in ("list_releases", "list_all_releases", "list_records", "list_all_records")
    for step, period in (("year", "un año"), ("month", "un mes"))
}


def of(endpoint: str, path: str) -> dict[str, Any]:
    """Return the arguments of `add_api_route` that document an endpoint of this package at a path."""
    return described(endpoint, path, _ENDPOINTS[endpoint])


def described(endpoint: str, path: str, told: Told) -> dict[str, Any]:
    """Return the arguments of `add_api_route` that tell this of an endpoint at a path."""
    summary, description, query, responses = told
    return {
        "operation_id": endpoint,
        "summary": summary,
        "description": description,
        "responses": {**responses, 429: _TOO_OFTEN, 503: _DOWN},
        "openapi_extra": {"parameters": [*(_in_path(name) for name in _names(path)), *query]},
    }


def _names(path: str) -> list[str]:
    return re.findall(r"{(\w+)(?::path)?}", path)


def _in_path(name: str) -> dict[str, Any]:
    description, example = _PATH[name]
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
        "example": example,
    }
