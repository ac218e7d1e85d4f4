"""People of several tenants, each with a browser, who walk the routes."""

from collections.abc import Callable
from dataclasses import dataclass, field

import httpx2
from sqlalchemy import text

from app.core import clock
from app.core.db import Database
from app.core.policy import SUJETO_ROLES, TENANT_ROLES
from app.core.storage import Storage
from app.tenancy.models import TenantHost
from tests.conftest import PASSWORD, LiveServer, Place
from tests.walls.routes import SAFE, Filled, Route, fill, may

FRESH_SECONDS = 300.0


@dataclass
class Crowd:
    """People of several tenants, each with a browser where they are signed in."""

    live: LiveServer
    clients: dict[str, httpx2.Client] = field(default_factory=dict)
    entered: dict[str, float] = field(default_factory=dict)

    def client(self, email: str = "", *, fresh: bool = False) -> httpx2.Client:
        """The browser of somebody, or of nobody; who must have entered a moment ago does it again."""
        if fresh and clock.monotonic() - self.entered.get(email, 0) > FRESH_SECONDS and email in self.clients:
            self.clients.pop(email).close()
        if email not in self.clients:
            self.entered[email] = clock.monotonic()
            client = httpx2.Client(base_url=self.live.url, timeout=30, headers={"Accept": "text/html"})
            if email:
                answer = client.post("/entrar", data={"email": email, "password": PASSWORD})
                assert answer.status_code == 303, answer.text
            self.clients[email] = client
        return self.clients[email]

    def ask(
        self,
        route: Route,
        values: dict[str, str],
        email: str = "",
        *,
        sent: dict[str, str] | None = None,
        host: str = "",
        fresh: bool = False,
    ) -> httpx2.Response:
        """Ask for the route's address with these values, as somebody."""
        return self.client(email, fresh=fresh).request(
            route.method,
            route.address(values),
            data=None if route.method in SAFE else sent,
            headers={"Host": host} if host else None,
        )


def filled(make_place: Callable[..., Place], crowd: Crowd, database: Database, storage: Storage) -> Filled:
    place = make_place()
    place.add_sujeto()
    for role in TENANT_ROLES:
        place.actor(role)
        crowd.client(place.email(role, place.sujetos[0] if role in SUJETO_ROLES else None))
    for role in SUJETO_ROLES:
        place.actor(role, place.sujetos[1])
    with database.auth_work() as session:
        session_id = session.execute(
            text("SELECT session_id FROM login_session WHERE account_id = :id"),
            {"id": place.actor("so_editor").account_id},
        ).scalar_one()
    settle(crowd, place)
    return fill(place, storage, session_id)


def settle(crowd: Crowd, place: Place) -> None:
    """Give the tenant a host of its own, and let the server know of both."""
    with place.database.owner_work(place.system) as session:
        session.add(TenantHost(tenant_id=place.tenant_id, host=host_of(place)))
    crowd.live.app.state.directory.forget()


def host_of(place: Place) -> str:
    return f"{place.slug}.example.org"


def insiders(there: Filled, route: Route) -> list[str]:
    """Addresses of people of the tenant, or of its first body, who hold what the route asks for."""
    return [
        there.place.email(role, sujeto)
        for (role, sujeto), actor in there.place.people.items()
        if sujeto in (None, there.place.sujetos[0]) and may(route, actor)
    ]
