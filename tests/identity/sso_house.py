"""A served application that may call providers on this machine, and tenants that use them."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
from sqlalchemy import text

from app.core import keys
from app.core.db import Actor
from app.identity.sso import service
from app.identity.sso.discovery import Providers
from app.identity.sso.service import ProviderSettings
from app.settings import Settings
from tests.conftest import LiveServer, Place

CLIENT = "contrataciones"


@dataclass
class House:
    """The service under test and its settings."""

    live: LiveServer
    settings: Settings

    def use(self, place: Place, issuer: str, **stated: Any) -> None:
        """Let a tenant's people enter with a provider; `stated` changes its settings."""
        admin = place.actor("garante_admin")
        self.live.app.state.directory.forget()  # it may have been read before the test's tenant was made
        whole = {
            "label": "Cuenta institucional",
            "issuer": issuer,
            "client_id": CLIENT,
            "client_secret": "secreto-compartido",
            "scopes": "openid profile email",
            "role_claim": "",
            "roles": {},
            "sujeto_claim": "",
            "single_logout": False,
            "local_login": True,
            "enabled": True,
        } | stated
        with place.database.unit_of_work(admin) as session:
            held = service.queries.provider(session, admin)
            service.save(
                session,
                admin,
                keys.of(self.settings),
                Providers(self.settings),
                ProviderSettings(**whole),
                row_version=held.row_version if held else 0,
                by_provider=True,
            )

    def ask(self, browser: httpx2.Client, place: Place, query: str = "") -> str:
        """Begin to enter; return where the provider is asked."""
        answer = browser.get(f"/{place.slug}/sso/entrar{query}")
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]


def path_of(address: str) -> str:
    """An address without scheme and host."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def refusals(place: Place) -> list[str]:
    """Why answers for a tenant were refused, as the log has it."""
    with place.database.auth_work() as session:
        found = session.execute(
            text(
                "SELECT detail ->> 'why' FROM auth_event WHERE verb = 'sso.refused' AND detail ->> 'tenant' = :id "
                "ORDER BY event_id"
            ),
            {"id": str(place.tenant_id)},
        )
        return list(found.scalars())


def link(place: Place, who: Actor, issuer: str, subject: str) -> None:
    """Link an account with an identity behind the pages."""
    with place.database.auth_work() as session:
        session.execute(
            text(
                "INSERT INTO oidc_identity (tenant_id, issuer, subject, account_id, made_account) "
                "VALUES (:tenant, :issuer, :subject, :account, false)"
            ),
            {"tenant": place.tenant_id, "issuer": issuer, "subject": subject, "account": who.account_id},
        )
