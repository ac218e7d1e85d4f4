"""A tenant's own host shows that tenant at its root: the path gains the slug, and addresses lose it."""

from dataclasses import replace
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from app.tenancy.declarations import RESERVED_SLUGS
from app.tenancy.queries import TenantDirectory, TenantView

_LOCAL = frozenset({"127.0.0.1", "localhost", "testserver", "[::1]"})


class TenantHosts:
    """ASGI middleware.

    Args:
        app: what comes after.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route by the host name; unknown hosts see the national service."""
        if scope["type"] == "http":
            host = HTTPConnection(scope).headers.get("host", "").rsplit(":", 1)[0].lower()
            if host not in _LOCAL:
                directory: TenantDirectory = scope["app"].state.directory
                view = (
                    directory.by_host(host)
                    if directory.is_fresh()
                    else await run_in_threadpool(directory.by_host, host)
                )
                first = scope["path"].lstrip("/").split("/", 1)[0]
                if view is not None and first not in RESERVED_SLUGS:
                    scope = dict(scope)
                    scope["path"] = f"/{view.slug}{scope['path']}"
                    scope["raw_path"] = quote(scope["path"]).encode()
                    scope.setdefault("state", {})["tenant_host"] = view.slug
        await self._app(scope, receive, send)


def seen_from(connection: HTTPConnection, view: TenantView) -> TenantView:
    """Return the view with the base of its addresses as this visitor writes them."""
    on_own_host = getattr(connection.state, "tenant_host", None) == view.slug
    return replace(view, base="") if on_own_host else view
