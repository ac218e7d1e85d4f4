"""How an address of the publication API is registered, and what every one of them needs first.

Every address stands twice in the table: below the tenant's slug, and at the root of a host of its own. FastAPI's part is
the table and the OpenAPI document; its parsing of parameters and its serialising are left out of the way (docs/adr/0020).
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from app.core.errors import AppError, NotFoundError
from app.openapi import addresses
from app.openapi.addresses import Roots
from app.openapi.reader import PublicReader
from app.tenancy.queries import TenantView

Endpoint = Callable[[Request], Awaitable[Response]]

PLACES = ("/{tenant}", "")
"""Where the addresses of a tenant start: below its slug, and on its own host."""


class PublicRoute(APIRoute):
    """A route that answers requests itself and lets pages of any site read it, refusals included."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Return what answers a request: the endpoint, without FastAPI's parsing around it."""
        endpoint: Endpoint = self.endpoint

        async def handle(request: Request) -> Response:
            try:
                return await endpoint(request)
            except AppError as error:
                error.headers.setdefault("Access-Control-Allow-Origin", "*")
                raise

        return handle


async def allow_reading(_request: Request) -> Response:
    """Answer a browser that asks whether a page of another site may send validators."""
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": "GET, HEAD",
            "Access-Control-Allow-Headers": "If-Modified-Since, If-None-Match",
            "Access-Control-Max-Age": "86400",
        },
    )


def opening(
    router: APIRouter, documented_as: Callable[[str, str], Mapping[str, Any]]
) -> Callable[..., Callable[[Endpoint], Endpoint]]:
    """Return the decorator that opens addresses of a router to the world.

    Args:
        router: of routes of the class `PublicRoute`.
        documented_as: the arguments of `add_api_route` that document an endpoint (its name) at a path.
    """

    def public(
        path: str, *, places: tuple[str, ...] = PLACES, name: str = ""
    ) -> Callable[[Endpoint], Endpoint]:
        """Register an endpoint for GET (documented at the first place, as `name`), HEAD and a browser's OPTIONS."""

        def register(endpoint: Endpoint) -> Endpoint:
            for place in places:
                add = partial(router.add_api_route, place + path, response_class=Response)
                documented = place == places[0]
                docs = documented_as(name or endpoint.__name__, place + path) if documented else {}
                add(endpoint, methods=["GET"], include_in_schema=documented, **docs)
                add(endpoint, methods=["HEAD"], include_in_schema=False)
                add(allow_reading, methods=["OPTIONS"], include_in_schema=False)
            return endpoint

        return register

    return public


async def place_of(request: Request) -> tuple[PublicReader, TenantView, Roots]:
    """Return what every address of a tenant needs: the reader, the tenant it names, and where addresses start.

    Raises:
        NotFoundError: it names none.
    """
    reader: PublicReader = request.app.state.public_reader
    slug = request.path_params.get("tenant")
    if slug is not None:
        view = await reader.tenant(slug)
    else:
        found = await reader.tenant_of_host(addresses.host_name(addresses.host(request.scope)))
        if found is None:
            raise NotFoundError("Falta el organismo garante: la dirección es /{organismo}/api/v1/…")
        view = found
    return reader, view, addresses.roots(request.scope, view, reader.public_url)
