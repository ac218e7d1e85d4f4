"""The files and their index, for everyone, without a session."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.core.errors import NotFoundError
from app.core.storage import Storage
from app.downloads import index, queries, serving
from app.downloads.composing import FOLDER
from app.openapi import answers, documentation, parameters
from app.openapi.routes import PLACES, PublicRoute, opening, place_of

_FILE = {"content": {"application/gzip": {"schema": {"type": "string", "format": "binary"}}}}
_NOT_CHANGED: dict[int, dict[str, Any]] = {
    304: {"description": "No ha cambiado desde lo que el cliente ya tiene."}
}
_TOLD: Mapping[str, documentation.Told] = {
    "list_downloads": (
        "Índice de las descargas",
        "Todos los archivos del organismo, con su tamaño, sus sumas y hasta dónde de la cadena llegan.",
        [],
        {
            200: {
                "description": "El índice.",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            **_NOT_CHANGED,
        },
    ),
    "read_download": (
        "Un archivo, o las sumas de todos",
        "Se puede pedir por partes («Range») y retomar con «If-Range». «SHA256SUMS» y «MD5SUMS» dicen todas las sumas.",
        [],
        {
            200: {"description": "El archivo.", **_FILE},
            206: {"description": "La parte que se pidió.", **_FILE},
            **_NOT_CHANGED,
            416: {"description": "El archivo no tiene esa parte."},
        },
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


@public(f"{FOLDER}/{{name}}", places=PLACES[:1])
async def read_download(request: Request) -> Response:
    """A file of a tenant, or the sums of all."""
    reader, view, _ = await place_of(request)
    parameters.known(request.query_params, ())
    storage: Storage = request.app.state.storage
    name: str = request.path_params["name"]
    if name in index.SUMS:
        async with reader.reading() as connection:
            files = await queries.listed(connection, view.tenant_id)
        body = index.sums(files, index.SUMS[name])
        return await answers.respond(request, body, media_type=b"text/plain; charset=utf-8")
    async with reader.reading() as connection:
        found = await queries.kept(connection, view.tenant_id, name, serving.version_asked(request))
    if found is None:
        raise NotFoundError(f"No hay un archivo «{name[:80]}»; los que hay los dice «{index.INDEX}».")
    return await serving.answer(request, storage, found, name)
