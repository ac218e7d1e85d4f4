"""Every route and method of the application, asked by everybody who has no business there."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text

from app.core.db import Actor, Database
from app.core.pagination import encode_cursor
from app.core.policy import SUJETO_ROLES, TENANT_ROLES
from app.core.storage import Storage
from app.tenancy.declarations import RESERVED_SLUGS
from tests.conftest import LiveServer, Place
from tests.walls.crowd import Crowd, filled, host_of, insiders, settle
from tests.walls.routes import (
    AWAY,
    ELSEWHERE,
    PUBLIC,
    PUBLIC_ACTS,
    ROUTES,
    ROWS,
    SAFE,
    Filled,
    Route,
    may,
    trusted_name,
)

GUARDED = [route for route in ROUTES if route.for_people]
OF_PROGRAMS = [route for route in ROUTES if route.scopes]
OF_TENANT = [route for route in GUARDED if "tenant" in route.names]
OPEN = [route for route in ROUTES if not route.is_guarded]

_REQUEST_ID = re.compile(r"[0-9a-f]{32}")


@pytest.fixture(scope="module")
def crowd(live: LiveServer) -> Iterator[Crowd]:
    people = Crowd(live)
    yield people
    for client in people.clients.values():
        client.close()


@pytest.fixture(scope="module")
def ours(make_place: Callable[..., Place], crowd: Crowd, database: Database, storage: Storage) -> Filled:
    """Tenant A, where nothing may change."""
    return filled(make_place, crowd, database, storage)


@pytest.fixture(scope="module")
def used(make_place: Callable[..., Place], crowd: Crowd, database: Database, storage: Storage) -> Filled:
    """A tenant like it, whose own people may do what they may do."""
    return filled(make_place, crowd, database, storage)


@pytest.fixture(scope="module")
def spoilt(make_place: Callable[..., Place], crowd: Crowd, database: Database, storage: Storage) -> Filled:
    """A tenant like it, whose own people send what no page of ours sends."""
    return filled(make_place, crowd, database, storage)


@pytest.fixture(scope="module")
def foreign(make_place: Callable[..., Place], crowd: Crowd, ours: Filled) -> Place:
    """Tenant B."""
    place = make_place()
    settle(crowd, place)
    return place


@pytest.fixture(scope="module")
def last_seen() -> dict[str, object]:
    """Tenant A's rows as the last test left them: nobody else touches them."""
    return {}


@pytest.fixture
def untouched(database: Database, ours: Filled, last_seen: dict[str, object]) -> Iterator[None]:
    """Fail the test when any row of tenant A differs at its end."""
    before = dict(last_seen) or rows_of(database, ours)
    yield
    last_seen.update(rows_of(database, ours))
    assert last_seen == before


def rows_of(database: Database, ours: Filled) -> dict[str, object]:
    """Return a digest of every table's rows of a tenant, its jobs, and the session that an address names."""
    with database.owner_work(ours.place.system) as session:
        tables = session.execute(
            text(
                "SELECT table_name FROM information_schema.columns WHERE column_name = 'tenant_id' "
                # Sealing and counting are chores that come round by themselves; what reports what is kept as it is read.
                "AND table_schema = 'public' AND table_name <> ALL('{audit_seal,compliance,compliance_count,compliance_fact,pnt_placed}') "
                "ORDER BY 1"
            )
        ).scalars()
        # The day on which somebody entered is written as they enter; how far a chore looked, as it looks; whoever takes
        # the log away is written into it.
        each = " UNION ALL ".join(
            f"SELECT '{table}', md5(string_agg(md5(said), '' ORDER BY md5(said))) FROM ("  # noqa: S608  # our own names
            f"SELECT (to_jsonb(row) - '{{last_entry_on,checked_at}}'::text[])::text AS said FROM {table} row "
            "WHERE tenant_id = :id AND coalesce(to_jsonb(row) ->> 'verb', '') <> 'audit.export') rows"
            for table in tables
        )
        digests: dict[str, object] = dict(session.execute(text(each), {"id": ours.place.tenant_id}).all())  # type: ignore[arg-type]
        digests["jobs"] = session.execute(
            text("SELECT count(*) FROM jobs.procrastinate_jobs WHERE args ->> 'tenant_id' = :id"),
            {"id": str(ours.place.tenant_id)},
        ).scalar_one()
    with database.auth_work() as session:
        digests["session"] = session.execute(
            text("SELECT revoked_at, membership_id FROM login_session WHERE session_id = :id"),
            {"id": ours.named["session_id"]},
        ).one()
    return digests


def signed_up(place: Place, actor: Actor) -> str:
    return next(
        place.email(role, sujeto) for (role, sujeto), person in place.people.items() if person == actor
    )


def plain(answer: httpx2.Response, values: dict[str, str]) -> str:
    """Return what an answer says, without what it repeats of the address and without the request's number."""
    said = answer.text
    for name in set(ROWS) & set(values):
        said = said.replace(values[name], f"<{name}>")
    return _REQUEST_ID.sub("<id>", said)


@dataclass
class Stranger:
    """Somebody who has no business with tenant A's rows."""

    crowd: Crowd
    ours: Filled
    email: str
    told: set[str]
    """What was answered about rows that do not exist: whoever is told the same learns nothing."""

    def finds_nothing(self, route: Route, slug: str, status: int = 404) -> None:
        """Check that tenant A's row and a row that does not exist answer the same."""
        own, absent = (
            {**values, "tenant": slug} for values in (self.ours.own(route), self.ours.absent(route))
        )
        sent = self.ours.sent(route)
        first = self.crowd.ask(route, own, self.email, sent=sent)
        assert self.ours.secret not in first.text
        assert first.status_code == status, f"{self.email}: {first.status_code} {first.text[:400]}"
        said = plain(first, own)
        if said not in self.told:
            second = self.crowd.ask(route, absent, self.email, sent=sent)
            self.told.add(plain(second, absent))
            assert said == plain(second, absent)


# The table itself


def test_every_route_is_guarded_or_stands_on_the_list() -> None:
    assert len(ROUTES) > 80
    assert [str(route) for route in ROUTES if not route.is_guarded and not route.is_listed] == []


def test_the_list_names_only_routes_that_exist() -> None:
    templates = {route.template for route in ROUTES}
    assert {*PUBLIC, *PUBLIC_ACTS} <= templates


def test_every_guarded_address_of_a_tenant_asks_for_a_membership_and_a_permission_there() -> None:
    assert [str(route) for route in OF_TENANT if not route.member or not route.permissions] == []


def test_a_row_is_known_for_every_parameter(ours: Filled) -> None:
    unknown = {name: str(route) for route in ROUTES for name in route.names if name not in ours.own(route)}
    assert unknown == {}, "add a row to tests/walls/routes.py: fill()"


def test_no_tenant_can_take_the_first_segment_of_an_address() -> None:
    """Of the service, or of a tenant's own host, where the slug is left out."""
    first = {route.template.removeprefix("/{tenant}").split("/")[1] for route in ROUTES}
    assert first - RESERVED_SLUGS == {""}


# Who has no business here


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("route", GUARDED, ids=str)
def test_nobody_is_led_to_the_door(crowd: Crowd, ours: Filled, route: Route) -> None:
    for values in (ours.own(route), ours.absent(route)):
        answer = crowd.ask(route, values, sent=ours.sent(route))
        if route.method == "GET":
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/entrar?siguiente=/")
        else:
            assert answer.status_code == 401, answer.text[:400]
        assert ours.secret not in answer.text


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("route", OF_TENANT, ids=str)
def test_members_of_another_tenant_find_nothing(
    crowd: Crowd, ours: Filled, foreign: Place, route: Route
) -> None:
    told: set[str] = set()
    for actor in map(foreign.actor, TENANT_ROLES):
        stranger = Stranger(crowd, ours, signed_up(foreign, actor), told)
        stranger.finds_nothing(route, ours.place.slug)
        if route.names_rows:
            # Below their own tenant whoever lacks the permission is refused before anything is looked for.
            stranger.finds_nothing(route, foreign.slug, 404 if may(route, actor) else 403)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("route", OF_TENANT, ids=str)
def test_own_people_find_nothing_below_another_tenant(
    crowd: Crowd, ours: Filled, foreign: Place, route: Route
) -> None:
    told: set[str] = set()
    for actor in map(ours.place.actor, TENANT_ROLES):
        Stranger(crowd, ours, signed_up(ours.place, actor), told).finds_nothing(route, foreign.slug)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("route", OF_TENANT, ids=str)
def test_people_of_another_sujeto_obligado_find_nothing(crowd: Crowd, ours: Filled, route: Route) -> None:
    told: set[str] = set()
    for role in SUJETO_ROLES:
        actor = ours.place.actor(role, ours.place.sujetos[1])
        stranger = Stranger(crowd, ours, signed_up(ours.place, actor), told)
        if not may(route, actor):
            stranger.finds_nothing(route, ours.place.slug, 403)
        elif route.names_rows:
            stranger.finds_nothing(route, ours.place.slug)
        elif route.method in SAFE:  # a page of the whole tenant, or of this person's own body
            answer = crowd.ask(route, ours.own(route), stranger.email)
            assert answer.status_code in (200, 404)
            assert ours.secret not in answer.text


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("route", [r for r in GUARDED if "tenant" not in r.names and r.names_rows], ids=str)
def test_other_accounts_rows_answer_like_absent_ones(
    crowd: Crowd, ours: Filled, foreign: Place, route: Route
) -> None:
    email = signed_up(foreign, foreign.actor("garante_admin"))
    own, absent = (crowd.ask(route, values, email) for values in (ours.own(route), ours.absent(route)))
    assert own.status_code == absent.status_code
    assert own.text == absent.text


@pytest.mark.usefixtures("untouched")
def test_a_form_cannot_name_somebody_elses_body(crowd: Crowd, ours: Filled, foreign: Place) -> None:
    people = [
        (ours.place, ours.place.actor("so_editor", ours.place.sujetos[1]), "so-1"),
        (foreign, foreign.actor("garante_admin"), trusted_name(ours.place)),
        (foreign, foreign.actor("garante_admin"), "Nadie"),
    ]
    answers = [
        crowd.client(signed_up(place, actor)).post(
            f"/{place.slug}/importaciones/nueva",
            data={"sujeto": named},
            files={"archivo": ("a.json", b"[]", "application/json")},
        )
        for place, actor, named in people
    ]
    assert [answer.status_code for answer in answers] == [422, 422, 422]
    told = [
        plain(answer, {}).replace(named, "<named>")
        for answer, (_, _, named) in zip(answers, people, strict=True)
    ]
    assert told[1] == told[2]


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("route", OF_PROGRAMS, ids=str)
def test_what_is_for_programs_is_closed_to_people(crowd: Crowd, ours: Filled, route: Route) -> None:
    for email in ("", ours.place.email("garante_admin")):
        for values in (ours.own(route), ours.absent(route)):
            answer = crowd.ask(route, values, email, sent=ours.sent(route))
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert ours.secret not in answer.text


# What everybody may read


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("route", [r for r in OPEN if "ocid" in r.names and r.method != "OPTIONS"], ids=str)
def test_published_data_stands_below_its_own_tenant_only(
    crowd: Crowd, ours: Filled, foreign: Place, route: Route
) -> None:
    by_host = "tenant" not in route.names
    values = ours.own(route)
    here = crowd.ask(route, values, host=host_of(ours.place) if by_host else "")
    there = crowd.ask(route, {**values, "tenant": foreign.slug}, host=host_of(foreign) if by_host else "")
    assert (here.status_code, there.status_code) == (200, 404)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("route", [r for r in OPEN if r.method in SAFE], ids=str)
def test_what_is_not_published_is_told_to_nobody(crowd: Crowd, ours: Filled, route: Route) -> None:
    values = {**ours.own(route), "ocid": ours.draft_ocid, "release_id": f"{ours.draft_ocid}-0001"}
    answer = crowd.ask(route, values)
    assert ours.secret not in answer.text
    if "ocid" in route.names and route.method != "OPTIONS":
        assert answer.status_code == 404
    assert answer.status_code < 500


# Whose business it is: the same rows, so that a 404 above means a wall and not a wrong address


OF_COUNTS = (
    *("lista", "informe.csv", "informe.xlsx", "informe.pdf", "{familia}.xlsx"),
    *("datos", "nombre", "politica", "sucesion", "{request_id}", "{reservation_id}"),
)
"""Last segments of what tells of a row by other rows, in counts alone, by the name of its body, or in a workbook."""


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "route", [r for r in OF_TENANT if r.method == "GET" and r.last not in ELSEWHERE], ids=str
)
def test_the_right_people_see_it(crowd: Crowd, ours: Filled, route: Route) -> None:
    answers = [crowd.ask(route, ours.own(route), email) for email in insiders(ours, route)]
    assert 200 in [answer.status_code for answer in answers], [answer.text[:300] for answer in answers]
    # A page that anyone else's browser or a shared cache keeps would be a way around the wall.
    assert all("no-store" in answer.headers["cache-control"] for answer in answers)
    if route.names_rows:
        shown = any(ours.secret in answer.text for answer in answers)
        assert shown or route.last in OF_COUNTS, "it shows nothing of the row it names"


@pytest.mark.parametrize("route", [r for r in OF_TENANT if r.method == "POST"], ids=str)
def test_the_right_people_can_do_it(crowd: Crowd, used: Filled, route: Route) -> None:
    answers = [
        crowd.ask(route, used.own(route), email, sent=used.sent(route), fresh=True)
        for email in insiders(used, route)
    ]
    said = [(answer.status_code, answer.text[:300]) for answer in answers]
    # 409: another of these tests took the version elsewhere first.  422: a file is missing.
    assert {303, 409, 422} & {status for status, _ in said}, said
    assert all(status not in (400, 404) and status < 500 for status, _ in said), said


# What no page of ours ever sends: it is refused, and breaks nothing


MOMENT, HUGE = "2026-01-01T00:00:00+00:00", (2**31, 2**63 - 1, 2**63)
KEYS: list[tuple[str | int, ...]] = [
    *(("a\x00",) * many for many in (1, 2)),
    *(
        key
        for number in HUGE
        for key in (
            (number,),
            (MOMENT, number),
            (number, "a"),
            (MOMENT, str(UUID(int=1)), number),
            (MOMENT, MOMENT, str(UUID(int=1)), number),
            (number, number, "a", str(UUID(int=1))),
        )
    ),
]
"""Keys of every shape that a cursor of ours has, with what the database cannot hold."""
NUMBERS = ("0", "-1", str(2**31), str(2**63), "9" * 5000)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "route", [r for r in ROUTES if r.method == "GET" and "cursor" in r.queries and not r.scopes], ids=str
)
def test_no_cursor_breaks_a_page(crowd: Crowd, ours: Filled, route: Route) -> None:
    emails = insiders(ours, route)[:1] if route.for_people else [""]
    address = route.address(ours.own(route))
    for key in KEYS:
        for email in emails:
            asked = httpx2.URL(address).copy_merge_params({"cursor": encode_cursor(*key)})
            answer = crowd.client(email).get(asked)
            assert answer.status_code < 500, key


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("route", [r for r in ROUTES if r.method == "GET" and not r.scopes], ids=str)
def test_no_number_in_an_address_breaks_a_page(crowd: Crowd, ours: Filled, route: Route) -> None:
    own = ours.own(route)
    for name in (name for name in route.names if own[name].isdecimal()):
        for email in insiders(ours, route)[:1] if route.for_people else [""]:
            for number in NUMBERS:
                answer = crowd.ask(route, own | {name: number}, email)
                assert answer.status_code in (400, 404, 414, 422), (name, number[:30])


@pytest.mark.parametrize("route", [r for r in OF_TENANT if r.method == "POST"], ids=str)
def test_no_number_in_a_form_breaks_it(crowd: Crowd, spoilt: Filled, route: Route) -> None:
    for email in insiders(spoilt, route)[:1]:
        for number in ("9" * 5000, str(2**31), "²"):
            sent = spoilt.sent(route) | {"row_version": number, "seq": number}
            answer = crowd.ask(route, spoilt.own(route), email, sent=sent, fresh=True)
            assert answer.status_code < 500, (number[:30], answer.text[:300])
            assert answer.status_code != 401


# On a host of its own


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "route",
    [
        r
        for r in ROUTES
        if r.method == "GET"
        and r.template.startswith("/{tenant}/")
        and r.template not in AWAY
        and r.last not in ELSEWHERE
        and not r.scopes
    ],
    ids=str,
)
def test_a_host_of_its_own_shows_the_same_pages(crowd: Crowd, ours: Filled, route: Route) -> None:
    host, slug = {"Host": host_of(ours.place)}, ours.place.slug
    short = route.address(ours.own(route)).removeprefix(f"/{slug}")
    pairs = [
        [crowd.client(email).get(address, headers=host) for address in (f"/{slug}{short}", short)]
        for email in insiders(ours, route)
    ]
    assert any(here.status_code == 200 for _, here in pairs)
    for below, here in pairs:
        assert below.status_code == here.status_code, "an address with the slug must stay right"
        assert f'"/{slug}/' not in here.text, "addresses must be written as this host writes them"
