"""What the OpenAPI document says of the addresses of System 6, in Spanish."""

from typing import Any

from pydantic import BaseModel

from app.core.errors import (
    AppError,
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    TooManyRequestsError,
    UnauthenticatedError,
    UnavailableError,
)
from app.pdn import asking

TAG = "Plataforma Digital Nacional: Sistema 6"

_RELEASE = {
    "ocid": "ocds-prb014-LPL-001-2026",
    "id": "ocds-prb014-LPL-001-2026-2026-11-22T16:00:00.000000Z",
    "date": "2026-11-22T16:00:00.000000Z",
    "tag": ["compiled"],
    "initiationType": "tender",
}
_PAGE = {"pageSize": 10, "page": 1, "totalRows": 1, "hasNextPage": False}
_WHOLE = {"type": "integer", "minimum": 0}
_ERROR = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
}


def _json(description: str, schema: dict[str, Any], example: Any) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/json": {"schema": schema, "example": example}},
    }


def _refusal(description: str, error: AppError) -> dict[str, Any]:
    return _json(description, _ERROR, {"code": error.slug, "message": error.detail})


_REFUSALS: dict[int | str, dict[str, Any]] = {
    400: _refusal("La consulta no se entiende.", BadRequestError("pageSize: Debe ser 200 o menos.")),
    404: _refusal("No hay tal organismo.", NotFoundError("No encontramos ese organismo garante.")),
    429: _refusal("Demasiadas solicitudes en un minuto.", TooManyRequestsError(retry_after=30)),
    503: _refusal("La búsqueda tomó demasiado.", UnavailableError("La búsqueda tomó más de 3 segundos.")),
}
_REFUSALS_OF_TOKEN: dict[int | str, dict[str, Any]] = {
    401: _refusal(
        "Falta el token, venció o no es de aquí.", UnauthenticatedError("Falta el token de acceso.")
    ),
    403: _refusal("El token no alcanza.", ForbiddenError("Este acceso no alcanza: hace falta «pdn:read».")),
}
_FOUND = _json(
    "Una página de procesos, como entregas compiladas.",
    {
        "type": "object",
        "required": ["pagination", "results"],
        "properties": {
            "pagination": {
                "type": "object",
                "required": [*_PAGE],
                "properties": {
                    "pageSize": _WHOLE,
                    "page": _WHOLE,
                    "totalRows": _WHOLE,
                    "hasNextPage": {"type": "boolean"},
                },
            },
            "results": {"type": "array", "items": {"type": "object"}},
        },
    },
    {"pagination": _PAGE, **_PAGE, "results": [_RELEASE]},
)
_FOUND_BY_HUB = _json(
    "Una página de procesos, como entregas compiladas.",
    {
        "type": "object",
        "required": ["pagination", "data"],
        "properties": {
            "pagination": {"type": "object", "required": ["total", "page", "pageSize"]},
            "data": {"type": "array", "items": {"type": "object"}},
        },
    },
    {"pagination": {"total": 1, "page": 0, "pageSize": 10}, "data": [_RELEASE]},
)
_BODIES = _json(
    "Los sujetos obligados del padrón.",
    {"type": "array", "items": {"type": "object", "required": ["nombre", "siglas", "clave"]}},
    [{"nombre": "Secretaría de Salud", "siglas": "SSJ", "clave": "salud"}],
)


def _asks(kind: type[BaseModel], example: dict[str, Any]) -> dict[str, Any]:
    schema = kind.model_json_schema(ref_template="#/components/schemas/{model}")
    inlined = schema.pop("$defs", {})
    for told in schema["properties"].values():
        if "anyOf" in told:
            told["anyOf"] = [
                inlined.get(one.get("$ref", "").rpartition("/")[2], one) for one in told["anyOf"]
            ]
    return {"required": False, "content": {"application/json": {"schema": schema, "example": example}}}


_ENDPOINTS: dict[str, dict[str, Any]] = {
    "pdn_search": {
        "summary": "Búsqueda del proveedor",
        "description": "Como la describe la Plataforma. Cada palabra de un texto debe empezar una palabra del campo, sin "
        "distinguir mayúsculas ni acentos. Pide un token en `/{tenant}/oauth/token` con el alcance `pdn:read`.",
        "responses": {200: _FOUND, **_REFUSALS_OF_TOKEN, **_REFUSALS},
        "openapi_extra": {
            "requestBody": _asks(
                asking.Provided,
                {
                    "page": 1,
                    "pageSize": 10,
                    "sort": {"buyerName": "asc"},
                    "query": {"title": "zapatos", "procurementMethod": ["open"]},
                },
            )
        },
    },
    "pdn_bodies": {
        "summary": "Dependencias",
        "description": "Los sujetos obligados que publican aquí, o el del sistema que pregunta.",
        "responses": {200: _BODIES, **_REFUSALS_OF_TOKEN, 404: _REFUSALS[404], 429: _REFUSALS[429]},
    },
    "pdn_hub": {
        "summary": "Búsqueda pública",
        "description": "Con la forma de la búsqueda pública de la Plataforma: páginas desde 0, de 10 si no se dice otra "
        "cosa, y el cuerpo puede ir vacío. No pide token.",
        "responses": {200: _FOUND_BY_HUB, **_REFUSALS},
        "openapi_extra": {
            "requestBody": _asks(asking.Hub, {"page": 0, "pageSize": 10, "buyer_name": "salud"})
        },
    },
}


def of(endpoint: str) -> dict[str, Any]:
    """Return the arguments of a route that document an endpoint of this package."""
    return {"operation_id": endpoint, "response_model": None, **_ENDPOINTS[endpoint]}
