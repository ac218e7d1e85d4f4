"""Every route and method of the application, asked by everybody who has no business there."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text

from app.core.db import Actor, Database
from app.core.policy import SUJETO_ROLES, TENANT_ROLES
from app.core.storage import Storage
from app.tenancy.declarations import RESERVED_SLUGS
from app.tenancy.models import TenantHost
from tests.conftest import PASSWORD, LiveServer, Place
from tests.walls.routes import PUBLIC, PUBLIC_ACTS, ROUTES, SAFE, Filled, Route, fill, may

GUARDED = [route for route in ROUTES if route.is_guarded]
OF_TENANT = [route for route in GUARDED if "tenant" in route.names]
OPEN = [route for route in ROUTES if not route.is_guarded]
SENT = {
    "row_version": "1",
    "pointer": "",
    "remark": "Falta el monto.",
    "text": "Falta el monto.",
    "policy": "garante",
}
"""What every act is sent: whatever a form of ours asks for, so that no refusal comes from an empty one."""

_ANSWER_OWN = re.compile(r"[0-9a-f]{32}|[0-9a-f-]{36}")


@dataclass
class Crowd:
    """People of several tenants, each with a browser where they are signed in."""

    live: LiveServer
    clients: dict[str, httpx2.Client] = field(default_factory=dict)

    def client(self, email: str = "") -> httpx2.Client:
        """The browser of somebody, or of nobody."""
        if email not in self.clients:
            client = httpx2.Client(base_url=self.live.url, timeout=30, headers={"Accept": "text/html"})
            if email:
                answer = client.post("/entrar", data={"email": email, "password": PASSWORD})
                assert answer.status_code == 303, answer.text
            self.clients[email] = client
        return self.clients[email]

    def ask(self, route: Route, values: dict[str, str], email: str = "", **headers: str) -> httpx2.Response:
        """Ask for the route's address with these values, as somebody."""
        body = None if route.method in SAFE else SENT
        return self.client(email).request(
            route.method, route.address(values), data=body, headers=headers or None
        )


@pytest.fixture(scope="module")
def crowd(live: LiveServer) -> Iterator[Crowd]:
    people = Crowd(live)
    yield people
    for client in people.clients.values():
        client.close()


def filled(make_place: Callable[..., Place], crowd: Crowd, database: Database, storage: Storage) -> Filled:
    place = make_place()
    place.add_sujeto()
    for role in TENANT_ROLES:
        crowd.client(signed_up(place, place.actor(role)))
    session_id = _session(database, place.actor("so_editor"))
    settle(crowd, place)
    return fill(place, storage, session_id)


def settle(crowd: Crowd, place: Place) -> None:
    """Give the tenant a host of its own, and let the server know of both."""
    with place.database.owner_work(place.system) as session:
        session.add(TenantHost(tenant_id=place.tenant_id, host=host_of(place)))
    crowd.live.app.state.directory.forget()


def host_of(place: Place) -> str:
    return f"{place.slug}.example.org"


@pytest.fixture(scope="module")
def ours(make_place: Callable[..., Place], crowd: Crowd, database: Database, storage: Storage) -> Filled:
    """Tenant A, where nothing may change."""
    return filled(make_place, crowd, database, storage)


@pytest.fixture(scope="module")
def used(make_place: Callable[..., Place], crowd: Crowd, database: Database, storage: Storage) -> Filled:
    """A tenant like it, whose own people may do what they may do."""
    return filled(make_place, crowd, database, storage)


@pytest.fixture(scope="module")
def foreign(make_place: Callable[..., Place], crowd: Crowd, ours: Filled) -> Place:
    """Tenant B."""
    place = make_place()
    settle(crowd, place)
    return place


@pytest.fixture
def untouched(database: Database, ours: Filled) -> Iterator[None]:
    """Fail the test when any row of tenant A differs at its end."""
    before = rows_of(database, ours)
    yield
    assert rows_of(database, ours) == before


def signed_up(place: Place, actor: Actor) -> str:
    return next(
        place.email(role, sujeto) for (role, sujeto), person in place.people.items() if person == actor
    )


def _session(database: Database, actor: Actor) -> UUID:
    with database.auth_work() as session:
        return session.execute(
            text("SELECT session_id FROM login_session WHERE account_id = :id"), {"id": actor.account_id}
        ).scalar_one()


def rows_of(database: Database, ours: Filled) -> dict[str, object]:
    """Return a digest of every table's rows of a tenant, its jobs, and the session that an address names."""
    with database.owner_work(ours.place.system) as session:
        tables = session.execute(
            text(
                "SELECT table_name FROM information_schema.columns WHERE column_name = 'tenant_id' "
                "AND table_schema = 'public' ORDER BY 1"
            )
        ).scalars()
        digests: dict[str, object] = {
            table: session.execute(
                text(
                    "SELECT md5(string_agg(md5(row::text), '' ORDER BY md5(row::text))) "  # noqa: S608  # names of our own tables
                    f"FROM {table} row WHERE tenant_id = :id"
                ),
                {"id": ours.place.tenant_id},
            ).scalar_one()
            for table in list(tables)
        }
        digests["jobs"] = session.execute(
            text("SELECT count(*) FROM jobs.procrastinate_jobs WHERE args ->> 'tenant_id' = :id"),
            {"id": str(ours.place.tenant_id)},
        ).scalar_one()
    with database.auth_work() as session:
        digests["session"] = session.execute(
            text("SELECT revoked_at, membership_id FROM login_session WHERE session_id = :id"),
            {"id": ours.own["session_id"]},
        ).one()
    return digests


def plain(answer: httpx2.Response, values: dict[str, str]) -> str:
    """Return what an answer says, without what it repeats of the address and without the request's number."""
    said = answer.text
    for name, value in values.items():
        if name != "tenant":
            said = said.replace(value, f"<{name}>")
    return _ANSWER_OWN.sub("<id>", said)


def assert_nothing_told(crowd: Crowd, ours: Filled, route: Route, email: str, slug: str) -> None:
    """Check that tenant A's row and a row that does not exist answer the same."""
    told = {**ours.own, "tenant": slug}
    absent = {**ours.absent, "tenant": slug}
    answer = crowd.ask(route, told, email)
    assert ours.secret not in answer.text
    assert answer.status_code == 404, f"{email}: {answer.status_code} {answer.text[:400]}"
    assert plain(answer, told) == plain(crowd.ask(route, absent, email), absent)


# The table itself


def test_every_route_is_guarded_or_stands_on_the_list() -> None:
    assert len(ROUTES) > 40
    assert [str(route) for route in ROUTES if not route.is_guarded and not route.is_listed] == []


def test_the_list_names_only_routes_that_exist() -> None:
    templates = {route.template for route in ROUTES}
    assert {*PUBLIC, *PUBLIC_ACTS} <= templates


def test_every_guarded_address_of_a_tenant_asks_for_a_membership_there() -> None:
    assert [str(route) for route in OF_TENANT if not route.member] == []


def test_a_row_is_known_for_every_parameter(ours: Filled) -> None:
    unknown = {name: str(route) for route in ROUTES for name in route.names if name not in ours.own}
    assert unknown == {}, "add a row to tests/walls/routes.py: fill()"


def test_no_tenant_can_take_the_first_segment_of_an_address() -> None:
    first = {route.template.split("/")[1] for route in ROUTES}
    assert {segment for segment in first if segment and "{" not in segment} <= RESERVED_SLUGS


# Who has no business here


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("route", GUARDED, ids=str)
def test_nobody_is_led_to_the_door(crowd: Crowd, ours: Filled, route: Route) -> None:
    for values in (ours.own, ours.absent):
        answer = crowd.ask(route, values)
        if route.method == "GET" and "/api/" not in route.template:
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/entrar?siguiente=/")
        else:
            assert answer.status_code == 401, answer.text[:400]
        assert ours.secret not in answer.text


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("route", OF_TENANT, ids=str)
@pytest.mark.parametrize("role", TENANT_ROLES)
def test_a_member_of_another_tenant_finds_nothing(
    crowd: Crowd, ours: Filled, foreign: Place, route: Route, role: str
) -> None:
    email = signed_up(foreign, foreign.actor(role))
    assert_nothing_told(crowd, ours, route, email, ours.place.slug)

    # The same rows below their own tenant: whoever lacks the permission is refused before anything is looked for.
    rows = set(route.names) - {"tenant", "number", "row_number"}
    if rows and may(route, foreign.actor(role)):
        assert_nothing_told(crowd, ours, route, email, foreign.slug)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("route", OF_TENANT, ids=str)
@pytest.mark.parametrize("role", TENANT_ROLES)
def test_own_people_find_nothing_below_another_tenant(
    crowd: Crowd, ours: Filled, foreign: Place, route: Route, role: str
) -> None:
    email = signed_up(ours.place, ours.place.actor(role))
    assert_nothing_told(crowd, ours, route, email, foreign.slug)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("route", OF_TENANT, ids=str)
@pytest.mark.parametrize("role", SUJETO_ROLES)
def test_people_of_another_sujeto_obligado_find_nothing(
    crowd: Crowd, ours: Filled, route: Route, role: str
) -> None:
    actor = ours.place.actor(role, ours.place.sujetos[1])
    email = signed_up(ours.place, actor)
    if not may(route, actor):
        own, absent = crowd.ask(route, ours.own, email), crowd.ask(route, ours.absent, email)
        assert own.status_code == absent.status_code == 403
        assert plain(own, ours.own) == plain(absent, ours.absent)
    elif set(route.names) & {"process_id", "import_id", "session_id", "sujeto_obligado_id"}:
        assert_nothing_told(crowd, ours, route, email, ours.place.slug)
    elif route.method in SAFE:  # a page of the whole tenant, or of this person's own body
        answer = crowd.ask(route, ours.own, email)
        assert answer.status_code < 400
        assert ours.secret not in answer.text


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("route", [r for r in GUARDED if "tenant" not in r.names and r.names], ids=str)
def test_other_accounts_rows_answer_like_absent_ones(
    crowd: Crowd, ours: Filled, foreign: Place, route: Route
) -> None:
    for role in TENANT_ROLES:
        email = signed_up(foreign, foreign.actor(role))
        own, absent = crowd.ask(route, ours.own, email), crowd.ask(route, ours.absent, email)
        assert own.status_code == absent.status_code
        assert plain(own, ours.own) == plain(absent, ours.absent)


# What everybody may read


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("route", [r for r in OPEN if "ocid" in r.names], ids=str)
def test_published_data_stands_below_its_own_tenant_only(
    crowd: Crowd, ours: Filled, foreign: Place, route: Route
) -> None:
    own_host = {} if "tenant" in route.names else {"Host": host_of(ours.place)}
    assert crowd.ask(route, ours.own, **own_host).status_code in (200, 204)

    elsewhere = {} if "tenant" in route.names else {"Host": host_of(foreign)}
    assert crowd.ask(route, {**ours.own, "tenant": foreign.slug}, **elsewhere).status_code == 404


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("route", OPEN, ids=str)
def test_what_is_not_published_is_told_to_nobody(crowd: Crowd, ours: Filled, route: Route) -> None:
    draft = {**ours.own, "ocid": ours.draft, "release_id": f"{ours.draft}-0001"}
    answer = crowd.ask(route, draft)
    assert ours.secret not in answer.text
    assert answer.status_code < 500
    if "ocid" in route.names:
        assert answer.status_code == 404


# Whose business it is: the same rows, so that a 404 above means a wall and not a wrong address


@pytest.mark.parametrize("route", OF_TENANT, ids=str)
def test_the_right_people_come_in(crowd: Crowd, used: Filled, route: Route) -> None:
    people = [
        actor
        for (role, sujeto), actor in used.place.people.items()
        if sujeto in (None, used.place.sujetos[0]) and may(route, actor)
    ]
    assert people, "no role holds what this route asks for"
    answers = [crowd.ask(route, used.own, signed_up(used.place, actor)) for actor in people]
    for answer in answers:
        assert answer.status_code < 500
        assert answer.status_code not in (401, 404), answer.text[:400]
        if route.method == "GET":
            assert answer.status_code in (200, 303)


# On a host of its own


@pytest.mark.parametrize(
    "route", [r for r in ROUTES if r.method == "GET" and r.template.startswith("/{tenant}/")], ids=str
)
def test_a_host_of_its_own_shows_the_same_pages(crowd: Crowd, used: Filled, route: Route) -> None:
    place = used.place
    host = host_of(place)
    actor = next(
        actor
        for (role, sujeto), actor in place.people.items()
        if sujeto in (None, place.sujetos[0]) and may(route, actor)
    )
    email = signed_up(place, actor)
    short = route.address(used.own).removeprefix(f"/{place.slug}")

    below, here = (
        crowd.client(email).get(address, headers={"Host": host})
        for address in (f"/{place.slug}{short}", short)
    )

    assert here.status_code in (200, 303)
    assert below.status_code == here.status_code, "an address with the slug must stay right"
