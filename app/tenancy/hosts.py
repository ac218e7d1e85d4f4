"""A tenant's own host shows that tenant at its root: the path gains the slug, and addresses lose it."""

from dataclasses import replace

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from app.tenancy.queries import TenantDirectory, TenantView

_LOCAL = frozenset({"127.0.0.1", "localhost", "testserver", "[::1]"})


class TenantHosts:
    """ASGI middleware.

    Args:
        app: what comes after.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._service: frozenset[str] = frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route by the host name; unknown hosts see the national service."""
        if scope["type"] == "http":
            host = HTTPConnection(scope).headers.get("host", "").rsplit(":", 1)[0].lower()
            if host not in _LOCAL:
                self._service = self._service or service_segments(scope["app"])
                directory: TenantDirectory = scope["app"].state.directory
                view = (
                    directory.by_host(host)
                    if directory.is_fresh()
                    else await run_in_threadpool(directory.by_host, host)
                )
                first = scope["path"].lstrip("/").split("/", 1)[0]
                if view is not None:
                    scope = dict(scope)
                    scope.setdefault("state", {})["tenant_host"] = view.slug
                    # With the slug the address is right as well: signing in leads to one.
                    if first not in self._service and first != view.slug:
                        scope["path"] = f"/{view.slug}{scope['path']}"
                        scope["raw_path"] = f"/{view.slug}".encode() + scope["raw_path"]
        await self._app(scope, receive, send)


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
