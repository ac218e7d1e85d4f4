"""Signing out of the provider too, where the tenant wants it (OpenID Connect RP-Initiated Logout 1.0)."""

from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from app.core import keys
from app.core.db import Actor, Database
from app.core.keys import MissingKeyError
from app.core.outgoing import OutgoingRefusedError
from app.identity.queries import SignedIn
from app.identity.sso import flow as flows
from app.identity.sso import queries, service
from app.identity.sso.deps import start_of
from app.identity.sso.discovery import ProviderError, Providers
from app.settings import Settings
from app.tenancy.hosts import seen_from
from app.tenancy.queries import TenantDirectory
from app.web import shell
from app.web.templating import page


@dataclass(frozen=True)
class GoodbyePage:
    """Context of `identity/sso_goodbye.html`.

    It carries the browser on by itself: a form may not lead to another host (Content-Security-Policy), a page may.
    """

    label: str
    onward: str


def goodbye(
    request: Request, who: SignedIn, database: Database, settings: Settings, providers: Providers
) -> Response | None:
    """Return the page that ends the provider's own session; None where there is none to end, or it is not there."""
    if who.sso_tenant_id is None:
        return None
    actor = Actor(tenant_id=who.sso_tenant_id, role="system")
    with database.unit_of_work(actor) as session:
        provider = queries.provider(session, actor)
    if provider is None or not provider.single_logout:
        return None
    directory: TenantDirectory = request.app.state.directory
    view = next((one for one in directory.all() if one.tenant_id == who.sso_tenant_id), None)
    if view is None:
        return None
    keyring = keys.of(settings)
    try:
        address = flows.end_session_address(
            providers.metadata(provider.issuer),
            service.party(provider, keyring),
            id_token=service.id_token_of(database, keyring, who),
            back=f"{start_of(request, seen_from(request, view))}/",
        )
    except (ProviderError, OutgoingRefusedError, MissingKeyError):
        return None  # leaving here must not depend on whether the provider is up
    if not address:
        return None
    shell.dress(request, person=None)
    return page(request, "identity/sso_goodbye.html", GoodbyePage(provider.label, address))
