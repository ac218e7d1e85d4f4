"""What a route for programs asks for: a token of the tenant that is good for this (RFC 6750)."""

from collections.abc import Callable

from fastapi import Request

from app.core import clock
from app.core.db import Actor
from app.core.errors import ForbiddenError, UnauthenticatedError
from app.identity.clients import queries
from app.identity.device import address_of
from app.tenancy.deps import DatabaseDep, TenantDep

TOUCH_SECONDS = 60


def bearer(scope: str) -> Callable[..., Actor]:
    """Return a dependency that gives the client's actor, or refuses; the test of routes looks for it."""

    def held(request: Request, view: TenantDep, database: DatabaseDep) -> Actor:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise UnauthenticatedError("Falta el token de acceso del sistema.", headers=_challenge())
        address = address_of(request)
        system = Actor(tenant_id=view.tenant_id, role="system")
        with database.unit_of_work(system) as session:
            found = (
                queries.bearer(session, system, token.strip(), address) if view.status == "active" else None
            )
            if found is not None:
                last = found.client.last_used_at
                if last is None or (clock.now() - last).total_seconds() > TOUCH_SECONDS:
                    found.client.last_used_at = clock.now()
        if found is None:
            raise UnauthenticatedError(
                "El token de acceso venció o no es de aquí. Pide otro.", headers=_challenge("invalid_token")
            )
        if scope not in found.scopes:
            raise ForbiddenError(
                f"Este acceso no alcanza: hace falta «{scope}».",
                headers=_challenge("insufficient_scope", scope),
            )
        return found.actor

    held.scope = scope  # type: ignore[attr-defined]
    return held


def _challenge(error: str = "", scope: str = "") -> dict[str, str]:
    said = ['realm="contrataciones"']
    if error:
        said.append(f'error="{error}"')
    if scope:
        said.append(f'scope="{scope}"')
    return {"WWW-Authenticate": f"Bearer {', '.join(said)}"}
