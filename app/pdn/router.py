"""The addresses that the Plataforma Digital Nacional asks of a provider of System 6 (docs/adr/0044).

The provider's search and its `dependencias` want a token, as the official description does; the hub's search is for
everybody, as the hub's own is.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from app.core.db import Actor, Database
from app.core.errors import AppError, NotFoundError
from app.identity.clients.deps import bearer
from app.identity.clients.server import PDN_SCOPE
from app.pdn import asking, documentation, queries
from app.pdn.queries import Found, Search
from app.tenancy.deps import DatabaseDep, TenantDep
from app.web.errors import from_validation

EVERYBODY = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}
PRIVATE = {"Cache-Control": "no-store"}


class S6Route(APIRoute):
    """A route whose refusals are the description's: a code and a message."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Return what answers a request."""
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await answer(request)
            except RequestValidationError as error:
                return _refused(from_validation(error))
            except AppError as error:
                return _refused(error)

        return handle


router = APIRouter(route_class=S6Route, tags=[documentation.TAG])

S6 = "/{tenant}/pdn/s6"
PROVIDER = S6 + "/contrataciones-abiertas"
HUB = S6 + "/search"

ReaderDep = Annotated[Actor, Depends(bearer(PDN_SCOPE))]


async def _body(request: Request) -> bytes:
    return await request.body()


BodyDep = Annotated[bytes, Depends(_body)]


@router.post(PROVIDER, **documentation.of("pdn_search"))
def pdn_search(view: TenantDep, database: DatabaseDep, actor: ReaderDep, body: BodyDep) -> Response:
    """Answer the provider's search."""
    asked = asking.read(asking.Provided, body)
    search = Search(view.tenant_id, actor.sujeto_obligado_id, **asked.asked())
    found = queries.search(database, search)
    told = {
        "pageSize": search.limit,
        "page": asked.page,
        "totalRows": found.total,
        "hasNextPage": search.offset + search.limit < found.total,
    }
    # Both beside and below: the description wants the four members where the Plataforma reads none of them.
    sent = _sent({"pagination": told, **told}, "results", _records(database, search, found))
    return StreamingResponse(sent, media_type="application/json", headers=PRIVATE)


@router.get(PROVIDER + "/dependencias", **documentation.of("pdn_bodies"))
def pdn_bodies(view: TenantDep, database: DatabaseDep, actor: ReaderDep) -> Response:
    """List the bodies that publish here."""
    with database.public_reading() as reading:
        told = queries.bodies(reading, view.tenant_id, actor.sujeto_obligado_id)
    return JSONResponse(told, headers=PRIVATE)


@router.post(HUB, **documentation.of("pdn_hub"))
def pdn_hub(
    view: TenantDep,
    database: DatabaseDep,
    body: BodyDep,
    supplier_id: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Answer as the public hub does."""
    if supplier_id is not None and supplier_id.lower() != view.slug:
        raise NotFoundError(f"Aquí solo publica «{view.slug}»: quita supplier_id o escribe ese.")
    asked = asking.read(asking.Hub, body)
    search = Search(view.tenant_id, **asked.asked())
    found = queries.search(database, search)
    told = {"total": found.total, "page": asked.page, "pageSize": search.limit}
    sent = _sent({"pagination": told}, "data", _records(database, search, found))
    return StreamingResponse(sent, media_type="application/json", headers=EVERYBODY)


def _records(database: Database, search: Search, found: Found) -> Iterator[list[bytes]]:
    return queries.compiled(database, search.tenant_id, found.ocids)


def _sent(told: dict[str, Any], name: str, records: Iterable[list[bytes]]) -> Iterator[bytes]:
    yield orjson.dumps(told)[:-1] + b',"' + name.encode() + b'":['
    between = b""
    for some in records:
        yield between + b",".join(some)
        between = b"," if some else between
    yield b"]}"


def _refused(error: AppError) -> Response:
    return JSONResponse(
        {"code": error.slug, "message": error.detail}, error.status, {**error.headers, **EVERYBODY}
    )
