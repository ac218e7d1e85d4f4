"""Sessions over real HTTP: how they begin, move and end, and what cannot be done with them."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from random import randrange
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import text

from app.core.db import Actor, Database
from app.core.storage import Storage
from app.identity import service as identity
from app.main import create_app
from app.settings import Settings
from tests.conftest import PASSWORD, RECOMMENDED, LiveServer, Place, serve_app

WRONG = "El correo o la contraseña no son correctos."
THROTTLED = "Hubo demasiados intentos fallidos."
_visitors = count(randrange(2**20))


@pytest.fixture
def person(place: Place) -> Actor:
    """Somebody with one role in one tenant."""
    return place.actor("garante_admin")


@pytest.fixture
def email(place: Place, person: Actor) -> str:
    return place.email("garante_admin")


@pytest.fixture
def browser(live: LiveServer, email: str) -> httpx2.Client:
    """That person's browser, signed in."""
    return live.client(email)


def somewhere() -> dict[str, str]:
    """A network address of the test's own: the proxy on loopback is believed, so others' failures do not count."""
    number = next(_visitors)
    return {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}


def sign_in(
    client: httpx2.Client, email: str, password: str = PASSWORD, siguiente: str = "", **headers: str
) -> httpx2.Response:
    return client.post(
        "/entrar",
        data={"email": email, "password": password, "siguiente": siguiente},
        headers={**somewhere(), **headers},
    )


def is_open(client: httpx2.Client) -> bool:
    """Whether the browser's session lets its person in."""
    answer = client.get("/cuenta")
    assert answer.status_code in (200, 303)
    return answer.status_code == 200


def with_token(live: LiveServer, token: str) -> httpx2.Client:
    """A browser that holds a session token."""
    client = live.client()
    client.cookies.set("ca_session", token, domain="127.0.0.1", path="/")
    return client


def change(database: Database, person: Actor, sql: str) -> None:
    """Change the person's sessions or account behind the service's back."""
    with database.auth_work() as session:
        changed = session.execute(text(f"{sql} WHERE account_id = :id"), {"id": person.account_id})  # type: ignore[arg-type]
        assert changed.rowcount > 0  # type: ignore[attr-defined]


def end_membership(database: Database, person: Actor) -> None:
    with database.owner_work(person) as session:
        ended = session.execute(
            text("UPDATE membership SET status = 'ended' WHERE membership_id = :id"),
            {"id": person.membership_id},
        )
        assert ended.rowcount == 1  # type: ignore[attr-defined]


# How a session begins


def test_every_sign_in_gives_a_new_token_and_ends_the_one_before(
    live: LiveServer, browser: httpx2.Client, email: str
) -> None:
    before = browser.cookies["ca_session"]

    assert sign_in(browser, email).status_code == 303

    assert browser.cookies["ca_session"] != before
    assert is_open(browser)
    assert not is_open(with_token(live, before))


def test_a_token_that_a_visitor_brings_is_never_taken_over(live: LiveServer, email: str) -> None:
    client = with_token(live, "elegida-por-otro")

    assert sign_in(client, email).status_code == 303

    assert client.cookies["ca_session"] != "elegida-por-otro"
    assert not is_open(with_token(live, "elegida-por-otro"))


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites(
    live: LiveServer, email: str, settings: Settings
) -> None:
    said = sign_in(live.client(), email).headers["set-cookie"]
    name, *attributes = said.split("; ")
    assert name.startswith("ca_session=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", f"Max-Age={settings.session_hours * 3600}"} == set(
        attributes
    )


def test_where_there_is_https_the_cookie_is_bound_to_it_and_to_the_host(
    settings: Settings, database: Database, storage: Storage, email: str
) -> None:
    secure = settings.model_copy(update={"secure_cookies": True})
    with closing(serve_app(create_app(secure, database, storage))) as serving:
        said = sign_in(next(serving).client(), email).headers["set-cookie"]
    name, *attributes = said.split("; ")
    assert name.startswith("__Host-ca_session=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(attributes)
    assert not any(attribute.startswith("Domain") for attribute in attributes)


def test_a_stored_password_costs_what_the_library_recommends() -> None:
    assert RECOMMENDED.hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    # What the tests put in the place of the recommended shows that the service asks for it.
    assert identity.hash_password(PASSWORD).startswith("$argon2id$v=19$m=8,t=1,p=1$")


def test_the_database_never_holds_the_token(browser: httpx2.Client, database: Database) -> None:
    token = browser.cookies["ca_session"]
    with database.auth_work() as session:
        stored = session.execute(text("SELECT login_session::text FROM login_session")).scalars().all()
    assert not [row for row in stored if token in row or token.encode().hex() in row]


# How it ends


def test_signing_out_ends_the_session_and_takes_the_cookie(live: LiveServer, browser: httpx2.Client) -> None:
    token = browser.cookies["ca_session"]

    answer = browser.post("/salir")

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "ca_session" not in browser.cookies
    assert not is_open(with_token(live, token))


@pytest.mark.parametrize(
    ("sql", "ends"),
    [
        ("UPDATE login_session SET last_seen_at = now() - interval '59 minutes'", False),
        ("UPDATE login_session SET last_seen_at = now() - interval '61 minutes'", True),
        ("UPDATE login_session SET expires_at = now() + interval '1 minute'", False),
        ("UPDATE login_session SET expires_at = now() - interval '1 second'", True),
        ("UPDATE login_session SET revoked_at = now()", True),
        ("UPDATE account SET status = 'disabled'", True),
    ],
)
def test_a_session_ends_when_it_should_and_no_sooner(
    database: Database, person: Actor, browser: httpx2.Client, sql: str, ends: bool
) -> None:
    change(database, person, sql)
    assert is_open(browser) is not ends


def test_use_keeps_a_session_open_but_not_beyond_its_end(
    database: Database, person: Actor, browser: httpx2.Client, settings: Settings
) -> None:
    change(database, person, "UPDATE login_session SET last_seen_at = now() - interval '50 minutes'")
    assert is_open(browser)
    with database.auth_work() as session:
        idle, left = session.execute(
            text(
                "SELECT now() - last_seen_at, expires_at - created_at FROM login_session WHERE account_id = :id"
            ),
            {"id": person.account_id},
        ).one()
    assert idle < timedelta(minutes=1)
    assert left == timedelta(hours=settings.session_hours)


def test_one_of_my_sessions_can_be_ended_from_another(
    live: LiveServer, email: str, browser: httpx2.Client, database: Database, person: Actor
) -> None:
    left_open = live.client(email)
    with database.auth_work() as session:
        newest = session.execute(
            text(
                "SELECT session_id FROM login_session WHERE account_id = :id ORDER BY created_at DESC LIMIT 1"
            ),
            {"id": person.account_id},
        ).scalar_one()

    assert browser.post(f"/cuenta/sesiones/{newest}/cierre").status_code == 303

    assert not is_open(left_open)
    assert is_open(browser)


def test_nobody_ends_the_session_of_somebody_else(
    live: LiveServer, place: Place, browser: httpx2.Client, database: Database, person: Actor
) -> None:
    place.actor("garante_reviewer")
    attacker = live.client(place.email("garante_reviewer"))
    with database.auth_work() as session:
        theirs = session.execute(
            text("SELECT session_id FROM login_session WHERE account_id = :id"), {"id": person.account_id}
        ).scalar_one()

    answers = [attacker.post(f"/cuenta/sesiones/{one}/cierre") for one in (theirs, uuid4())]

    assert answers[0].status_code == answers[1].status_code
    assert is_open(browser)


def test_a_disabled_account_cannot_sign_in_and_is_not_told_why(
    live: LiveServer, database: Database, person: Actor, email: str
) -> None:
    change(database, person, "UPDATE account SET status = 'disabled'")
    answer = sign_in(live.client(), email)
    assert answer.status_code == 422
    assert WRONG in answer.text


def test_a_new_password_ends_every_session_and_the_old_one_opens_none(
    live: LiveServer, place: Place, person: Actor, email: str, browser: httpx2.Client
) -> None:
    with place.database.owner_work(place.system) as session:
        secret = identity.hash_password("otra-contraseña-larga")
        identity.create_account(session, email=email, full_name="La misma", password_hash=secret)

    assert not is_open(browser)
    assert sign_in(live.client(), email).status_code == 422
    assert sign_in(live.client(), email, "otra-contraseña-larga").status_code == 303


def test_an_ended_membership_loses_the_tenant_at_once(
    live: LiveServer, place: Place, database: Database, person: Actor, browser: httpx2.Client
) -> None:
    live.app.state.directory.forget()
    assert browser.post("/cambiar", data={"membership": str(person.membership_id)}).status_code == 303

    end_membership(database, person)

    assert browser.post("/cambiar", data={"membership": str(person.membership_id)}).status_code == 404
    shown = browser.get("/cuenta").text.replace(place.email("garante_admin"), "")
    assert place.slug not in shown


# Hats


def test_a_hat_of_somebody_else_cannot_be_worn(
    live: LiveServer, place: Place, other_place: Place, browser: httpx2.Client, person: Actor
) -> None:
    colleague, stranger = place.actor("so_admin"), other_place.actor("garante_admin")

    refused = [
        browser.post("/cambiar", data={"membership": str(one)})
        for one in (colleague.membership_id, stranger.membership_id, uuid4())
    ]

    assert [answer.status_code for answer in refused] == [404, 404, 404]
    assert browser.post("/cambiar", data={"membership": "no-es-una"}).status_code == 400
    mine = browser.post("/cambiar", data={"membership": str(person.membership_id)})
    assert (mine.status_code, mine.headers["location"]) == (303, f"/{place.slug}/panel")


def test_a_person_of_two_tenants_wears_one_hat_at_a_time(
    other_place: Place, person: Actor, database: Database, browser: httpx2.Client
) -> None:
    assert person.account_id is not None
    with database.owner_work(other_place.system) as session:
        there = identity.add_membership(session, other_place.system, person.account_id, "garante_reviewer")

    answer = browser.post("/cambiar", data={"membership": str(there)})

    assert answer.headers["location"] == f"/{other_place.slug}/panel"


# Guessing


ATTEMPTS = 3
WINDOW_MINUTES = 1_000_000  # so long that none ends in the middle of a test


@pytest.fixture(scope="module")
def strict(settings: Settings, database: Database, storage: Storage) -> Iterator[LiveServer]:
    """The service where few mistakes are allowed: checking a password is slow on purpose."""
    few = settings.model_copy(update={"login_attempts": ATTEMPTS, "login_window_minutes": WINDOW_MINUTES})
    yield from serve_app(create_app(few, database, storage))


def test_guessing_at_one_account_is_slowed_from_everywhere(strict: LiveServer, email: str) -> None:
    for _ in range(ATTEMPTS):
        answer = sign_in(strict.client(), email, "no-es-esta-tampoco")
        assert answer.status_code == 422
        assert WRONG in answer.text

    for password in ("no-es-esta-tampoco", PASSWORD):
        answer = sign_in(strict.client(), email, password)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= WINDOW_MINUTES * 60 + 1
        assert THROTTLED in answer.text


def test_guessing_at_many_accounts_is_slowed_at_the_address(strict: LiveServer, email: str) -> None:
    here = somewhere()
    for number in range(ATTEMPTS):
        assert (
            sign_in(strict.client(), f"alguien-{number}@example.org", "no-es-esta", **here).status_code == 422
        )

    assert sign_in(strict.client(), email, **here).status_code == 429
    assert sign_in(strict.client(), email).status_code == 303, "from elsewhere the account is free"


def test_an_unknown_account_is_slowed_in_the_same_words(strict: LiveServer, place: Place, email: str) -> None:
    unknown = f"nadie@{place.slug}.example.org"
    told = []
    for address in (email, unknown):
        answers = [sign_in(strict.client(), address, "no-es-esta-tampoco") for _ in range(ATTEMPTS + 1)]
        told.append([(one.status_code, WRONG in one.text, THROTTLED in one.text) for one in answers])
    assert told[0] == told[1]
    assert told[0][-1] == (429, False, True)


def test_signing_in_forgives_earlier_mistakes(strict: LiveServer, email: str) -> None:
    for password in (*["no-es-esta-tampoco"] * (ATTEMPTS - 1), PASSWORD, "no-es-esta-tampoco"):
        answer = sign_in(strict.client(), email, password)
    assert answer.status_code == 422
    assert sign_in(strict.client(), email).status_code == 303


def test_a_pause_ends_with_its_window(
    strict: LiveServer, email: str, database: Database, settings: Settings
) -> None:
    for _ in range(ATTEMPTS):
        sign_in(strict.client(), email, "no-es-esta-tampoco")
    assert sign_in(strict.client(), email).status_code == 429

    with database.auth_work() as session:
        session.execute(text("UPDATE login_failure SET window_start = window_start - interval '3 years'"))

    assert sign_in(strict.client(), email).status_code == 303


# Being sent elsewhere


ELSEWHERE = (
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    " //evil.example",
    "/ok\r\nSet-Cookie: a=b",
)


def test_nobody_is_sent_to_another_site(place: Place, email: str, browser: httpx2.Client) -> None:
    for elsewhere in ELSEWHERE:
        already = browser.get("/entrar", params={"siguiente": elsewhere})
        assert (already.status_code, already.headers["location"]) == (303, f"/{place.slug}/panel"), elsewhere
        assert "a=b" not in already.headers.get("set-cookie", "")
    for elsewhere in ELSEWHERE[:2]:
        arriving = sign_in(browser, email, siguiente=elsewhere)
        assert (arriving.status_code, arriving.headers["location"]) == (303, f"/{place.slug}/panel")


def test_a_path_of_the_service_is_where_one_goes_next(live: LiveServer, email: str) -> None:
    answer = sign_in(live.client(), email, siguiente="/cuenta?vista=1")
    assert answer.headers["location"] == "/cuenta?vista=1"


# Acts that another site would have the browser do


SITES = (
    ({"Sec-Fetch-Site": "cross-site"}, True),
    ({"Sec-Fetch-Site": "same-site"}, True),
    ({"Origin": "https://evil.example"}, True),
    ({"Origin": "null"}, True),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "{here}"}, True),
    ({"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer x"}, True),
    ({"Sec-Fetch-Site": "same-origin"}, False),
    ({"Origin": "{here}"}, False),
    ({}, False),
)


def test_acts_from_other_sites_are_refused(live: LiveServer, browser: httpx2.Client, person: Actor) -> None:
    for site, refused in SITES:
        headers = {name: value.format(here=live.url) for name, value in site.items()}
        answer = browser.post("/cambiar", data={"membership": str(person.membership_id)}, headers=headers)
        assert answer.status_code == (403 if refused else 303), site


def test_another_site_can_sign_nobody_out_or_in(live: LiveServer, browser: httpx2.Client, email: str) -> None:
    assert browser.post("/salir", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert is_open(browser)
    assert sign_in(live.client(), email, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
