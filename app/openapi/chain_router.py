"""The proof of what a tenant published: its chain, its signed heads, their keys, and the program that checks them."""

from base64 import b64encode
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.core.errors import BadRequestError, NotFoundError
from app.core.pagination import decode_cursor, encode_cursor
from app.openapi import answers, chain_queries, documentation, parameters, signed
from app.openapi.addresses import Roots
from app.openapi.chain_queries import EntryRow
from app.openapi.documentation import ABSENT, BAD, CURSOR, UNCHANGED, Told
from app.openapi.reader import PublicReader
from app.openapi.routes import PublicRoute, opening, place_of
from app.openapi.signed import CHAIN
from app.proof import verifying
from app.publication.chain import GENESIS, rfc3339

_PROGRAM = Path(verifying.__file__).read_bytes()
_BEFORE_ALL = "0001-01-01"

_JSON: dict[str, Any] = {
    "description": "Documento JSON.",
    "content": {"application/json": {"schema": {"type": "object"}}},
}
_ANSWERS: dict[int, dict[str, Any]] = {200: _JSON, 304: UNCHANGED, 400: BAD, 404: ABSENT}
_PAGE = [CURSOR, documentation.LIMIT]
_TOLD: dict[str, Told] = {
    "read_chain": ("La cadena de un organismo", "Dónde va, y su última cabeza firmada.", [], _ANSWERS),
    "list_entries": (
        "Entradas de la cadena",
        "Los datos que cubre la huella de cada entrada: entregas, retiros y traspasos.",
        _PAGE,
        _ANSWERS,
    ),
    "list_heads": ("Cabezas firmadas", "Una por día, de la más antigua a la más nueva.", _PAGE, _ANSWERS),
    "read_head_list": (
        "Cabezas de todos los organismos",
        "La lista que nombra `heads` en una cabeza firmada, por su SHA-256.",
        [],
        _ANSWERS,
    ),
    "list_keys": (
        "Llaves con las que se firmó",
        "La parte pública de cada una (Ed25519, base64).",
        [],
        _ANSWERS,
    ),
    "read_program": (
        "El programa que comprueba la cadena",
        "Python 3.11, sin más; `cryptography` para las firmas.",
        [],
        {
            200: {
                "description": "Código fuente.",
                "content": {"text/x-python": {"schema": {"type": "string"}}},
            }
        },
    ),
}


def _documented(endpoint: str, path: str) -> dict[str, Any]:
    return documentation.described(endpoint, path, _TOLD[endpoint])


router = APIRouter(route_class=PublicRoute, tags=[documentation.TAG])
public = opening(router, _documented)


@public(CHAIN)
async def read_chain(request: Request) -> Response:
    """Where a tenant's chain stands."""
    reader, view, roots = await place_of(request)
    parameters.known(request.query_params, ())
    async with reader.reading() as connection:
        head = await chain_queries.head(connection, view.tenant_id)
        last = await chain_queries.last_head(connection, view.tenant_id)
    told = {
        "tenant": str(view.tenant_id),
        "publisher": view.name,
        "position": head.position if head else 0,
        "entryHash": (head.entry_hash if head else GENESIS).hex(),
        "genesis": GENESIS.hex(),
        "signedHead": signed.told(last, roots) if last else None,
        "entries": f"{roots.tenant}{CHAIN}/entries?limit={parameters.MOST}",
        "heads": f"{roots.tenant}{CHAIN}/heads?limit={parameters.MOST}",
        "keys": f"{roots.service}{CHAIN}/keys",
        "program": f"{roots.service}{CHAIN}/verifying.py",
    }
    return await answers.respond(request, orjson.dumps(told))


@public(f"{CHAIN}/entries")
async def list_entries(request: Request) -> Response:
    """The entries of a tenant's chain, page by page."""
    reader, view, roots = await place_of(request)
    asked = parameters.page(request.query_params)
    after = 0
    if asked.cursor is not None:
        (after,) = decode_cursor(asked.cursor, int)  # type: ignore[assignment]
        if not after >= 0:
            raise BadRequestError("El cursor no es válido: usa el que viene en «links.next», sin cambiarlo.")
    async with reader.reading() as connection:
        rows = await chain_queries.entries(connection, view.tenant_id, after=after, limit=asked.limit)
    told: dict[str, Any] = {"tenant": str(view.tenant_id)}
    if rows:
        told["links"] = {"next": _next(roots, "entries", encode_cursor(rows[-1].position), asked.limit)}
    told["entries"] = [_entry(row, str(view.tenant_id)) for row in rows]
    return await answers.respond(request, orjson.dumps(told))


@public(f"{CHAIN}/heads")
async def list_heads(request: Request) -> Response:
    """The signed heads of a tenant, page by page."""
    reader, view, roots = await place_of(request)
    asked = parameters.page(request.query_params)
    (text,) = decode_cursor(asked.cursor, str) if asked.cursor is not None else (_BEFORE_ALL,)
    try:
        after = date.fromisoformat(str(text))
    except ValueError as error:
        raise BadRequestError(
            "El cursor no es válido: usa el que viene en «links.next», sin cambiarlo."
        ) from error
    async with reader.reading() as connection:
        rows = await chain_queries.heads(connection, view.tenant_id, after=after, limit=asked.limit)
    told: dict[str, Any] = {"tenant": str(view.tenant_id)}
    if rows:
        told["links"] = {"next": _next(roots, "heads", encode_cursor(rows[-1].day.isoformat()), asked.limit)}
    told["heads"] = [signed.told(row, roots) for row in rows]
    return await answers.respond(request, orjson.dumps(told))


@public(f"{CHAIN}/lists/{{sha256}}", places=("",))
async def read_head_list(request: Request) -> Response:
    """The heads of all tenants that a signed head names by their hash."""
    reader: PublicReader = request.app.state.public_reader
    parameters.known(request.query_params, ())
    async with reader.reading() as connection:
        body = await chain_queries.head_list(connection, request.path_params["sha256"])
    if body is None:
        raise NotFoundError("No hay ninguna lista de cabezas con esa huella.")
    return await answers.respond(request, body, cache_control=answers.SETTLED)


@public(f"{CHAIN}/keys", places=("",))
async def list_keys(request: Request) -> Response:
    """The public halves of the keys that signed heads."""
    reader: PublicReader = request.app.state.public_reader
    parameters.known(request.query_params, ())
    async with reader.reading() as connection:
        rows = await chain_queries.keys(connection)
    told = [
        {
            "key": key_id,
            "algorithm": "Ed25519",
            "publicKey": b64encode(public).decode(),
            "since": rfc3339(since),
        }
        for key_id, public, since in rows
    ]
    return await answers.respond(request, orjson.dumps({"keys": told}))


@public(f"{CHAIN}/verifying.py", places=("",))
async def read_program(request: Request) -> Response:
    """The program that checks a chain: the one that `app verify` runs."""
    parameters.known(request.query_params, ())
    return await answers.respond(
        request,
        _PROGRAM,
        cache_control=answers.SETTLED,
        media_type=b"text/x-python; charset=utf-8",
    )


def _entry(row: EntryRow, tenant: str) -> dict[str, Any]:
    told = {
        "tenant": tenant,
        "position": row.position,
        "kind": row.kind,
        "ocid": row.ocid,
        "releaseID": row.release_id,
        "date": rfc3339(row.date),
        "bodySha256": row.body_sha256.hex(),
        "withdraws": row.withdraws,
        "ground": row.ground,
        "previousHash": row.previous_hash.hex(),
        "entryHash": row.entry_hash.hex(),
    }
    return told if row.payload is None else told | {"payload": bytes(row.payload).decode()}


def _next(roots: Roots, name: str, cursor: str, limit: int) -> str:
    return f"{roots.tenant}{CHAIN}/{name}?{urlencode({'cursor': cursor, 'limit': limit})}"
