"""A tenant's own host shows that tenant at its root: the path gains the slug, and addresses lose it."""

import re
from dataclasses import replace

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.errors import AppError, BadRequestError, NotFoundError
from app.tenancy.queries import TenantDirectory, TenantView
from app.web.errors import answer

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
_ALWAYS = frozenset({"/health", "/ready"})
"""Asked by supervisors, which know the machine by its address only."""


class TenantHosts:
    """ASGI middleware.

    Args:
        app: what comes after.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._service: frozenset[str] = frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route by the host name; one that is nobody's answers 404, so that no address is made up from it."""
        if scope["type"] != "http" or scope["path"] in _ALWAYS:
            await self._app(scope, receive, send)
            return
        directory: TenantDirectory = scope["app"].state.directory
        host = _asked(scope)
        if directory.is_national(host):
            await self._app(scope, receive, send)
            return
        view = (
            directory.by_host(host)
            if directory.is_fresh()
            else await run_in_threadpool(directory.by_host, host)
        )
        if view is None:
            await answer(Request(scope), _unknown(host))(scope, receive, send)
            return
        self._service = self._service or service_segments(scope["app"])
        scope = dict(scope)
        scope.setdefault("state", {})["tenant_host"] = view.slug
        # With the slug the address is right as well: signing in leads to one.
        first = scope["path"].lstrip("/").split("/", 1)[0]
        if first not in self._service and first != view.slug:
            scope["path"] = f"/{view.slug}{scope['path']}"
            scope["raw_path"] = f"/{view.slug}".encode() + scope["raw_path"]
        await self._app(scope, receive, send)


def _asked(scope: Scope) -> str:
    """Return the host name asked for, without its port; the machine's own where an old client names none."""
    given = HTTPConnection(scope).headers.get("host")
    return "localhost" if given is None else given.rsplit(":", 1)[0].lower()


def _unknown(host: str) -> AppError:
    if not _HOST.fullmatch(host):
        return BadRequestError("El encabezado Host no es un nombre de servidor.")
    return NotFoundError(f"Aquí no se atiende a «{host[:100]}».")


def service_segments(app: FastAPI) -> frozenset[str]:
    """Return the first segments that lead to the service itself on every host: those that no tenant's address has.

    The publication API stands at the root of a tenant's own host by itself.
    """
    paths = [context.path or "" for context in iter_route_contexts(app.routes)]
    service = {path.split("/")[1] for path in paths if not path.startswith("/{")}
    tenants = {path.split("/")[2] for path in paths if path.startswith("/{tenant}/")}
    return frozenset(service - tenants | {"api"})


def seen_from(connection: HTTPConnection, view: TenantView) -> TenantView:
    """Return the view with the base of its addresses as this visitor writes them."""
    on_own_host = getattr(connection.state, "tenant_host", None) == view.slug
    return replace(view, base="") if on_own_host else view
