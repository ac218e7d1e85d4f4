"""What the OpenAPI document says of the old addresses, in Spanish."""

from typing import Any

from app.openapi.documentation import ABSENT, BAD, GONE, MOVED, UNCHANGED, Told, described

TAG = "Direcciones de la herramienta anterior"


def _ok(description: str, **properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "required": [*properties], "properties": properties}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


_LIST = {"type": "array", "items": {"type": "object"}}
_YEARS_OK = _ok("Años.", fiscalYears=_LIST)
_PROCESSES_OK = _ok("Un paquete por proceso.", arrayReleasePackage=_LIST)
_OF_LIST = {200: _PROCESSES_OK, 400: BAD, 404: ABSENT}
_ENTREGA_OK = _ok("Entrega.", ocid={"type": "string"}, id={"type": "string"})
_PACKAGE_OK = _ok("Paquete de entregas.", uri={"type": "string"}, releases=_LIST)
_RECORD_OK = _ok("Registro.", ocid={"type": "string"}, compiledRelease={"type": "object"})
_RECORDS_OK = _ok("Paquete de registros.", uri={"type": "string"}, records=_LIST)


def _of_one(given: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {200: given, 304: UNCHANGED, 308: MOVED, 400: BAD, 404: ABSENT, 410: GONE}


_ENDPOINTS: dict[str, Told] = {
    "edca_years": (
        "Años con procesos publicados",
        "El año de un proceso es el de la firma de su primer contrato; si no lo hay, el de su última entrega.",
        [],
        {200: _YEARS_OK, 304: UNCHANGED, 400: BAD, 404: ABSENT},
    ),
    "edca_processes": (
        "Procesos de uno o varios años",
        "Un paquete por proceso, con todas sus entregas, la más nueva primero. Un año sin procesos da una lista vacía.",
        [],
        _OF_LIST,
    ),
    "edca_processes_again": ("Procesos de uno o varios años", "Lo mismo que sin «csv»: JSON.", [], _OF_LIST),
    "edca_by_method": (
        "Procesos de un año por procedimiento",
        "Uno o varios `procurementMethod`, separados por comas.",
        [],
        _OF_LIST,
    ),
    "edca_by_category": (
        "Procesos de un año por categoría",
        "Una o varias de `additionalProcurementCategories` o `mainProcurementCategory`, separadas por comas.",
        [],
        _OF_LIST,
    ),
    "edca_release": ("La última entrega de un proceso", "Sola, sin paquete.", [], _of_one(_ENTREGA_OK)),
    "edca_release_package": (
        "La última entrega de un proceso, en un paquete",
        "Con todas, la dirección es `release-package-all`.",
        [],
        _of_one(_PACKAGE_OK),
    ),
    "edca_all_releases": (
        "Todas las entregas de un proceso, en un paquete",
        "La más nueva primero.",
        [],
        _of_one(_PACKAGE_OK),
    ),
    "edca_record": ("El registro de un proceso", "Solo, sin paquete.", [], _of_one(_RECORD_OK)),
    "edca_record_package": ("El registro de un proceso, en un paquete", "Uno.", [], _of_one(_RECORDS_OK)),
}


def of(endpoint: str, path: str) -> dict[str, Any]:
    """Return the arguments of `add_api_route` that document an endpoint of this package at a path."""
    return described(endpoint, path, _ENDPOINTS[endpoint])
