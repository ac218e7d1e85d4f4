"""The files and their index, for everyone, without a session."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.core.errors import NotFoundError
from app.core.storage import Storage
from app.downloads import catalog, index, queries, serving, tables
from app.downloads.composing import FOLDER
from app.openapi import addresses, answers, documentation, parameters
from app.openapi.reader import PublicReader
from app.openapi.routes import PLACES, PublicRoute, opening, place_of
from app.settings import Settings
from app.tenancy.queries import TenantView

_FILE = {"content": {"application/gzip": {"schema": {"type": "string", "format": "binary"}}}}
_NOT_CHANGED: dict[int, dict[str, Any]] = {
    304: {"description": "No ha cambiado desde lo que el cliente ya tiene."}
}
_INDEX_OK: dict[int, dict[str, Any]] = {
    200: {"description": "El índice.", "content": {"application/json": {"schema": {"type": "object"}}}},
    **_NOT_CHANGED,
}
_FILE_OK: dict[int, dict[str, Any]] = {
    200: {"description": "El archivo.", **_FILE},
    206: {"description": "La parte que se pidió.", **_FILE},
    **_NOT_CHANGED,
    416: {"description": "El archivo no tiene esa parte."},
}
_TOLD: Mapping[str, documentation.Told] = {
    "list_downloads": (
        "Índice de las descargas",
        "Todos los archivos del organismo, con su tamaño, sus sumas y hasta dónde de la cadena llegan.",
        [],
        _INDEX_OK,
    ),
    "list_all_downloads": (
        "Índice de las descargas de todos los organismos",
        "Los mismos archivos con lo de todos, y hasta dónde de la cadena de cada uno llegan.",
        [],
        _INDEX_OK,
    ),
    "read_download": (
        "Un archivo, o las sumas de todos",
        (
            "Se puede pedir por partes («Range») y retomar con «If-Range». «SHA256SUMS» y «MD5SUMS» dicen todas las sumas; "
            "«datapackage.json» y «diccionario.csv», qué significa cada columna de las tablas; «catalogo.jsonld», lo mismo que "
            "el índice como DCAT-AP; «registro.json», lo que pide el registro de datos de OCP."
        ),
        [],
        _FILE_OK,
    ),
    "read_data_json": (
        "Catálogo de datos abiertos (data.json)",
        "Los archivos del organismo como los leen los portales de datos abiertos.",
        [],
        _INDEX_OK,
    ),
    "read_national_data_json": (
        "Catálogo de datos abiertos de todos los organismos (data.json)",
        "Los archivos con lo de todos, y dónde está el catálogo de cada uno.",
        [],
        _INDEX_OK,
    ),
    "read_national_download": (
        "Un archivo con lo de todos los organismos, o las sumas de todos",
        "Como los de cada organismo: por partes, y se puede retomar.",
        [],
        _FILE_OK,
    ),
}

router = APIRouter(route_class=PublicRoute, tags=[documentation.TAG])
public = opening(router, lambda endpoint, path: documentation.described(endpoint, path, _TOLD[endpoint]))


@public(f"{FOLDER}/{index.INDEX}", places=PLACES[:1])
async def list_downloads(request: Request) -> Response:
    """The index of a tenant's files."""
    reader, view, roots = await place_of(request)
    parameters.known(request.query_params, ())
    async with reader.reading() as connection:
        standing = await queries.standing(connection, view.tenant_id)
        files = await queries.listed(connection, view.tenant_id)
    return await answers.respond(request, orjson.dumps(index.index(view, roots, standing, files)))


@public(f"{FOLDER}/{index.INDEX}", places=("",))
async def list_all_downloads(request: Request) -> Response:
    """The index of the files of all tenants together."""
    reader: PublicReader = request.app.state.public_reader
    settings: Settings = request.app.state.settings
    parameters.known(request.query_params, ())
    async with reader.reading() as connection:
        nation = await queries.nation(connection)
        files = await queries.listed(connection, None)
    root = addresses.service_root(request.scope, reader.public_url)
    told = index.national(settings.national_name, root, reader.directory.newest_head(), nation, files)
    return await answers.respond(request, orjson.dumps(told))


@public(f"{FOLDER}/{{name}}", places=PLACES[:1])
async def read_download(request: Request) -> Response:
    """A file of a tenant, or the sums of all."""
    _, view, _ = await place_of(request)
    return await _file(request, view)


@public(f"{FOLDER}/{{name}}", places=("",))
async def read_national_download(request: Request) -> Response:
    """A file of all tenants together, or the sums of all."""
    return await _file(request, None)


@public(catalog.DATA_JSON, places=PLACES[:1])
async def read_data_json(request: Request) -> Response:
    """The catalogue of a tenant's data."""
    _, view, _ = await place_of(request)
    return await _described(request, view, catalog.data_json)


@public(catalog.DATA_JSON, places=("",))
async def read_national_data_json(request: Request) -> Response:
    """The catalogue of the data of all tenants together."""
    return await _described(request, None, catalog.data_json)


async def _described(
    request: Request, view: TenantView | None, words: Callable[[catalog.Dataset], dict[str, Any]]
) -> Response:
    """Answer what a catalogue says of the files of a tenant or of the nation."""
    reader: PublicReader = request.app.state.public_reader
    settings: Settings = request.app.state.settings
    parameters.known(request.query_params, ())
    async with reader.reading() as connection:
        files = await queries.listed(connection, view.tenant_id if view else None)
        nation = None if view else await queries.nation(connection)
    service = addresses.service_root(request.scope, reader.public_url)
    if view:
        told = catalog.Dataset(
            root=addresses.roots(request.scope, view, reader.public_url).tenant,
            title=f"Contrataciones públicas: {view.name}",
            publisher=view.name,
            licence=view.licence if view.licence.startswith(("http://", "https://")) else "",
            contact=settings.contact_email,
            files=files,
        )
    else:
        told = catalog.Dataset(
            root=service,
            title="Contrataciones públicas de México",
            publisher=settings.national_name,
            licence="",
            contact=settings.contact_email,
            files=files,
            parts=[
                (one["name"], f"{service}/{one['slug']}") for one in (nation.publishers if nation else ())
            ],
        )
    return await answers.respond(request, orjson.dumps(words(told)))


_CATALOGS = {catalog.DCAT: catalog.dcat, catalog.REGISTRY: catalog.registry}
_INSIDE = {tables.DESCRIPTION: b"application/json", tables.DICTIONARY: b"text/csv; charset=utf-8"}
"""What stands in the ZIP of tables and at an address of its own → its media type."""


async def _file(request: Request, view: TenantView | None) -> Response:
    reader: PublicReader = request.app.state.public_reader
    parameters.known(request.query_params, ())
    storage: Storage = request.app.state.storage
    tenant_id = view.tenant_id if view else None
    name: str = request.path_params["name"]
    if name in _CATALOGS:
        return await _described(request, view, _CATALOGS[name])
    if name in index.SUMS:
        async with reader.reading() as connection:
            files = await queries.listed(connection, tenant_id)
        body = index.sums(files, index.SUMS[name])
        return await answers.respond(request, body, media_type=b"text/plain; charset=utf-8")
    if name == tables.DICTIONARY and view is None:
        body = await run_in_threadpool(tables.whole_dictionary)
        return await answers.respond(request, body, media_type=_INSIDE[name])
    wanted = "releases-csv.zip" if name in _INSIDE else name
    async with reader.reading() as connection:
        found = await queries.kept(connection, tenant_id, wanted, serving.version_asked(request))
    if found is None:
        raise NotFoundError(f"No hay un archivo «{name[:80]}»; los que hay los dice «{index.INDEX}».")
    if name in _INSIDE:
        body = await run_in_threadpool(serving.inside, storage, found, name)
        return await answers.respond(request, body, modified=found.modified_at, media_type=_INSIDE[name])
    return await serving.answer(request, storage, found, name)
