"""A tenant that publishes, what is derived of it for System 6, and programs that ask."""

import time
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlmodel import select

from app.identity.clients import service as clients
from app.identity.clients.service import Credentials
from app.pdn import deriving
from app.publication.following import follow
from app.publication.models import ChainFollower, ChainHead
from tests.conftest import LiveServer, Place
from tests.openapi.conftest import Publisher, publisher, site

__all__ = ["publisher", "site"]


def caught_up(place: Place) -> None:
    """Derive what was published; another server's chore may be at it."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        follow(place.database, deriving.FOLLOWER, deriving.keep)
        with place.database.public_reading() as session:
            head = session.get_one(ChainHead, place.tenant_id)
            mine = session.exec(
                select(ChainFollower.position).where(
                    ChainFollower.tenant_id == place.tenant_id, ChainFollower.name == deriving.FOLLOWER
                )
            ).one_or_none()
        if mine == head.position:
            return
        time.sleep(0.05)
    raise AssertionError("the chain was not followed")


def let_in(place: Place, *scopes: str, body: UUID | None = None) -> Credentials:
    """Let a program in; return what it proves itself with."""
    keeper = place.actor("garante_admin")
    with place.database.unit_of_work(keeper) as session:
        return clients.create(
            session,
            place.database,
            keeper,
            name="Plataforma Digital Nacional",
            scopes=scopes or ("pdn:read",),
            days=30,
            sujeto_obligado_id=body,
        )


class Platform:
    """Asks as the Plataforma does: a token for every question, with all that its registry holds."""

    def __init__(self, client: httpx2.Client, publisher: Publisher, credentials: Credentials) -> None:
        self.client, self.publisher, self.credentials = client, publisher, credentials
        self.base = f"/{publisher.place.slug}/pdn/s6"

    def ask_token(self, **changes: str | None) -> httpx2.Response:
        """Ask for a token; a change of None leaves a parameter out."""
        who, secret = self.credentials.client_id, self.credentials.secret
        form: dict[str, str | None] = {
            "grant_type": "password",
            "username": who,
            "password": secret,
            "client_id": who,
            "client_secret": secret,
            "scope": "read",
            **changes,
        }
        basic = b64encode(f"{who}:{secret}".encode()).decode()
        return self.client.post(
            f"{self.base}/oauth",
            data={name: value for name, value in form.items() if value is not None},
            headers={"Authorization": f"Basic {basic}"},
        )

    def token(self) -> str:
        answer = self.ask_token()
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def ask(self, body: Any = None, token: str = "") -> httpx2.Response:
        """Search as a provider is asked."""
        return self.client.post(
            f"{self.base}/contrataciones-abiertas",
            json={} if body is None else body,
            headers={"Authorization": f"Bearer {token or self.token()}"},
        )

    def found(self, **query: Any) -> list[str]:
        """Return the ocids that a query finds, in order; the total agrees."""
        answer = self.ask({"query": query, "pageSize": 200})
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["pagination"]["totalRows"] == len(told["results"])
        return [one["ocid"] for one in told["results"]]

    def hub(self, body: Any = None, **params: str) -> httpx2.Response:
        """Search as the public hub is asked, by default with no body at all."""
        sent = {} if body is None else {"json": body}
        return self.client.post(f"{self.base}/search", params=params, **sent)


@pytest.fixture
def platform(site: LiveServer, publisher: Publisher) -> Iterator[Platform]:
    """The Plataforma, let in at the tenant."""
    with httpx2.Client(base_url=site.url, timeout=30) as client:
        yield Platform(client, publisher, let_in(publisher.place))
