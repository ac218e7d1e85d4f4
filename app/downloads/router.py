"""The files and their index, for everyone, without a session."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.core.errors import NotFoundError
from app.core.storage import Storage
from app.downloads import index, queries, serving
from app.downloads.composing import FOLDER
from app.openapi import addresses, answers, documentation, parameters
from app.openapi.reader import PublicReader
from app.openapi.routes import PLACES, PublicRoute, opening, place_of
from app.settings import Settings

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
        "Se puede pedir por partes («Range») y retomar con «If-Range». «SHA256SUMS» y «MD5SUMS» dicen todas las sumas.",
        [],
        _FILE_OK,
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
    return await _file(request, view.tenant_id)


@public(f"{FOLDER}/{{name}}", places=("",))
async def read_national_download(request: Request) -> Response:
    """A file of all tenants together, or the sums of all."""
    return await _file(request, None)


async def _file(request: Request, tenant_id: UUID | None) -> Response:
    reader: PublicReader = request.app.state.public_reader
    parameters.known(request.query_params, ())
    storage: Storage = request.app.state.storage
    name: str = request.path_params["name"]
    if name in index.SUMS:
        async with reader.reading() as connection:
            files = await queries.listed(connection, tenant_id)
        body = index.sums(files, index.SUMS[name])
        return await answers.respond(request, body, media_type=b"text/plain; charset=utf-8")
    async with reader.reading() as connection:
        found = await queries.kept(connection, tenant_id, name, serving.version_asked(request))
    if found is None:
        raise NotFoundError(f"No hay un archivo «{name[:80]}»; los que hay los dice «{index.INDEX}».")
    return await serving.answer(request, storage, found, name)
