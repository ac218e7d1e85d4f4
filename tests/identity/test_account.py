"""One's own account over real HTTP: name, address, password, sessions, the second factor; and attacks on each."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from random import randrange
from uuid import UUID, uuid4

import httpx2
import pyotp
import pytest
from sqlalchemy import text

from app.core import clock, keys
from app.core.db import Database
from app.core.storage import Storage
from app.identity import account, second_factor, service
from app.main import create_app
from app.settings import Settings
from app.tenancy.models import TenantHost
from tests.conftest import PASSWORD, LiveServer, Place, serve_app
from tests.html import Page

NEW = "otra-frase-que-nadie-adivina"
_visitors = count(randrange(2**20))


def somewhere() -> dict[str, str]:
    """A network address of the test's own, so that others' failures do not count."""
    number = next(_visitors)
    return {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}


def ask(database: Database, sql: str, **values: object) -> list[tuple[object, ...]]:
    with database.auth_work() as session:
        return [tuple(row) for row in session.execute(text(sql), values)]


def do(database: Database, sql: str, **values: object) -> None:
    with database.auth_work() as session:
        session.execute(text(sql), values)


def letters(database: Database, kind: str, to: str, many: int = 1) -> list[str]:
    """The identifiers of the links in the letters of a kind to an address, the oldest first, once there are so many."""
    keys_of_letters: list[str] = []
    for _ in range(200):
        with database.engine("worker").connect() as connection:
            rows = connection.execute(
                text(
                    "SELECT key FROM mail_message WHERE kind = :kind AND recipient = :to ORDER BY posted_at, key"
                ),
                {"kind": kind, "to": to},
            )
            keys_of_letters = [key.removeprefix("account:") for key in rows.scalars()]
        if len(keys_of_letters) >= many:
            break
        time.sleep(0.05)  # a forgotten password's letter is written once the answer is out
    return keys_of_letters


def sign_in(live: LiveServer, email: str, password: str = PASSWORD) -> httpx2.Client:
    client = live.client()
    answer = client.post("/entrar", data={"email": email, "password": password}, headers=somewhere())
    assert answer.status_code == 303, answer.text
    return client


@pytest.fixture
def email(place: Place) -> str:
    place.actor("garante_admin")
    return place.email("garante_admin")


@pytest.fixture
def account_id(place: Place) -> UUID:
    return UUID(str(place.actor("garante_admin").account_id))


@pytest.fixture
def browser(live: LiveServer, email: str) -> httpx2.Client:
    return sign_in(live, email)


@dataclass
class Person:
    """Somebody signed in, and what tests ask about them."""

    live: LiveServer
    browser: httpx2.Client
    email: str
    database: Database
    settings: Settings
    account_id: UUID

    def enrol(self) -> tuple[str, list[str]]:
        """Activate codes; return the secret and the recovery codes."""
        assert self.browser.post("/cuenta/segundo-factor/inicio").status_code == 303
        picture = self.browser.get("/cuenta/segundo-factor/codigo.svg")
        assert picture.headers["content-type"].startswith("image/svg+xml")
        find = "SELECT sealed FROM totp_secret WHERE account_id = :id"
        ((sealed,),) = ask(self.database, find, id=self.account_id)
        secret = keys.of(self.settings).open(f"totp:{self.account_id}", str(sealed))
        assert secret not in str(sealed)
        confirm = "/cuenta/segundo-factor/confirmacion"
        assert self.browser.post(confirm, data={"code": "000000"}).status_code == 422
        # The step before, so that the test has two more at once.
        code = pyotp.TOTP(secret).at(clock.now() - timedelta(seconds=30))
        shown = self.browser.post(confirm, data={"code": code})
        assert shown.status_code == 200
        codes = [word for word in Page(shown.text).text.split() if word.count("-") == 3 and len(word) == 19]
        assert len(codes) == second_factor.CODES
        return secret, codes

    def at_the_door(self) -> httpx2.Client:
        """A browser whose password was right."""
        client = sign_in(self.live, self.email)
        assert client.get("/cuenta").status_code == 303, "the password alone opens nothing"
        return client

    def link(self, kind: str, to: str = "") -> str:
        """Identifier and token of the one link in a letter."""
        (link_id,) = letters(self.database, kind, to or self.email)
        return f"{link_id}/{keys.of(self.settings).token(account.PURPOSE, link_id)}"


@pytest.fixture
def person(
    live: LiveServer,
    browser: httpx2.Client,
    email: str,
    database: Database,
    settings: Settings,
    *,
    account_id: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> Person:
    """Their codes do not age under way: a step has just begun, for the server too."""
    now = clock.now
    begun = timedelta(seconds=second_factor.STEP_SECONDS - now().timestamp() % second_factor.STEP_SECONDS)
    monkeypatch.setattr(clock, "now", lambda: now() + begun)
    return Person(live, browser, email, database, settings, account_id)


@pytest.fixture
def stale(browser: httpx2.Client, database: Database, account_id: UUID) -> httpx2.Client:
    """A browser that signed in eleven minutes ago."""
    do(
        database,
        "UPDATE login_session SET authenticated_at = now() - interval '11 minutes' WHERE account_id = :id",
        id=account_id,
    )
    return browser


# A fresh sign-in


def test_an_act_that_wants_to_be_sure_asks_once_more_and_comes_back(stale: httpx2.Client) -> None:
    led = stale.get("/cuenta/correo")
    assert (led.status_code, led.headers["location"]) == (303, "/entrar/confirmar?siguiente=/cuenta/correo")
    assert stale.get(led.headers["location"]).status_code == 200

    wrong = stale.post("/entrar/confirmar", data={"password": "no-es-esta", "siguiente": "/cuenta/correo"})
    assert wrong.status_code == 422
    assert stale.get("/cuenta/correo").status_code == 303
    right = stale.post("/entrar/confirmar", data={"password": PASSWORD, "siguiente": "/cuenta/correo"})
    assert (right.status_code, right.headers["location"]) == (303, "/cuenta/correo")
    assert stale.get("/cuenta/correo").status_code == 200


def test_what_was_typed_survives_the_confirmation(stale: httpx2.Client) -> None:
    late = stale.post("/cuenta/correo", data={"email": "nueva@example.org"})
    assert late.status_code == 401
    door = Page(late.text).form("/entrar/confirmar")
    asked = stale.post("/entrar/confirmar", data=door)
    assert asked.status_code == 200
    sent = {**Page(asked.text).form("/entrar/confirmar"), "password": PASSWORD}
    resumed = stale.post("/entrar/confirmar", data=sent)
    assert resumed.status_code == 200
    assert 'action="/cuenta/correo"' in resumed.text
    assert "nueva@example.org" in resumed.text


def test_confirming_leads_to_no_other_site(stale: httpx2.Client, place: Place) -> None:
    sent = {"password": PASSWORD, "siguiente": "//evil.example"}
    assert stale.post("/entrar/confirmar", data=sent).headers["location"].startswith(f"/{place.slug}/")


# Name, password, sessions


def test_a_name_is_changed_by_its_person(
    browser: httpx2.Client, database: Database, account_id: UUID
) -> None:
    sent = {"full_name": "  María   Pérez ", "email": "x@example.org", "account_id": str(uuid4())}
    assert browser.post("/cuenta/nombre", data=sent).status_code == 303
    rows = ask(database, "SELECT full_name, email FROM account WHERE account_id = :id", id=account_id)
    assert rows[0][0] == "María Pérez"
    assert rows[0][1] != "x@example.org"
    assert browser.post("/cuenta/nombre", data={"full_name": " "}).status_code == 422


def test_a_new_password_asks_for_the_old_and_ends_other_sessions(
    live: LiveServer, browser: httpx2.Client, email: str
) -> None:
    other = sign_in(live, email)
    for current, new in (("no-es-esta", NEW), (PASSWORD, "corta")):
        sent = {"current": current, "password": new}
        assert browser.post("/cuenta/contrasena", data=sent, headers=somewhere()).status_code == 422
    assert other.get("/cuenta").status_code == 200

    assert browser.post("/cuenta/contrasena", data={"current": PASSWORD, "password": NEW}).status_code == 303

    assert browser.get("/cuenta").status_code == 200
    assert other.get("/cuenta").status_code == 303
    assert sign_in(live, email, NEW).get("/cuenta").status_code == 200


def test_all_other_sessions_are_closed_at_once(live: LiveServer, browser: httpx2.Client, email: str) -> None:
    others = [sign_in(live, email) for _ in range(2)]
    assert browser.post("/cuenta/sesiones/cierre").status_code == 303
    assert [other.get("/cuenta").status_code for other in others] == [303, 303]
    assert browser.get("/cuenta").status_code == 200


def test_a_person_reads_what_happened_to_their_account(
    live: LiveServer, browser: httpx2.Client, email: str
) -> None:
    live.client().post("/entrar", data={"email": email, "password": "no-es-esta"}, headers=somewhere())
    shown = Page(browser.get("/cuenta/actividad").text)
    assert "Alguien intentó entrar con otra contraseña" in shown.text
    assert "Entraste" in shown.text
    assert shown.faults == []


# A forgotten password


def test_a_forgotten_password_is_replaced_once(
    live: LiveServer, browser: httpx2.Client, email: str, database: Database, settings: Settings
) -> None:
    client = live.client()
    told = [
        client.post("/entrar/olvido", data={"email": one}, headers=somewhere())
        for one in (email.upper(), f"nadie-{uuid4().hex}@example.org")
    ]
    assert [answer.status_code for answer in told] == [200, 200]
    assert told[0].text.replace(told[0].headers["x-request-id"], "") == told[1].text.replace(
        told[1].headers["x-request-id"], ""
    ), "nobody is told whether there is an account"

    (link_id,) = letters(database, "identity.reset", email)
    token = keys.of(settings).token(account.PURPOSE, link_id)
    link = f"/entrar/nueva/{link_id}/{token}"
    assert client.get(f"{link}x").status_code == 404
    assert client.get(link).status_code == 200
    assert client.post(link, data={"password": "corta"}).status_code == 422
    assert client.post(link, data={"password": NEW}).status_code == 303

    assert browser.get("/cuenta").status_code == 303, "every session ends"
    assert client.get(link).status_code == 410
    assert client.post(link, data={"password": PASSWORD}).status_code == 410
    assert sign_in(live, email, NEW).get("/cuenta").status_code == 200


def test_only_the_last_reset_link_opens_and_not_for_ever(
    live: LiveServer, email: str, database: Database, settings: Settings
) -> None:
    client = live.client()
    for many in (1, 2):
        client.post("/entrar/olvido", data={"email": email}, headers=somewhere())
        letters(database, "identity.reset", email, many)
    first, last = (
        f"/entrar/nueva/{one}/{keys.of(settings).token(account.PURPOSE, one)}"
        for one in letters(database, "identity.reset", email)
    )
    assert client.get(first).status_code == 410
    assert client.get(last).status_code == 200
    do(
        database,
        "UPDATE account_link SET expires_at = now() WHERE link_id = :id",
        id=last.split("/")[3],
    )
    assert client.get(last).status_code == 410
    other_kind = last.replace("/entrar/nueva/", "/cuenta/correo/")
    assert client.get(other_kind).status_code == 404


def test_how_long_an_answer_takes_tells_nothing(
    live: LiveServer, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only a known address needs is done once the answer is out."""
    going, answered = threading.Event(), threading.Event()

    def wait(*_: object) -> None:
        going.set()
        assert answered.wait(20)

    monkeypatch.setattr(account, "send_reset", wait)
    for one in (email, f"nadie-{uuid4().hex}@example.org"):
        answered.clear()
        answer = live.client().post("/entrar/olvido", data={"email": one}, headers=somewhere())
        assert answer.status_code == 200
        assert going.wait(20)
        answered.set()


# Another address


def test_a_new_address_is_confirmed_by_its_reader(
    live: LiveServer, browser: httpx2.Client, email: str, database: Database, settings: Settings
) -> None:
    new = f"nueva-{uuid4().hex[:8]}@example.org"
    live.client().post("/entrar/olvido", data={"email": email}, headers=somewhere())
    letters(database, "identity.reset", email)
    assert browser.post("/cuenta/correo", data={"email": new}).status_code == 200
    assert email in browser.get("/cuenta").text, "until then the old one stays"
    (link_id,) = letters(database, "identity.email", new)
    link = f"/cuenta/correo/{link_id}/{keys.of(settings).token(account.PURPOSE, link_id)}"
    reader = live.client()
    assert reader.get(link).status_code == 200
    assert reader.post(link).status_code == 200
    assert reader.post(link).status_code == 410
    assert new in browser.get("/cuenta").text
    assert len(letters(database, "identity.notice", email)) == 1, "the old address is told"
    (reset,) = letters(database, "identity.reset", email)
    stolen = f"/entrar/nueva/{reset}/{keys.of(settings).token(account.PURPOSE, reset)}"
    assert live.client().get(stolen).status_code == 410, "the old mailbox opens nothing any more"


def test_a_new_password_stops_an_address_asked_for_before(
    live: LiveServer, browser: httpx2.Client, email: str, database: Database, settings: Settings
) -> None:
    new = f"ajena-{uuid4().hex[:8]}@example.org"
    assert browser.post("/cuenta/correo", data={"email": new}).status_code == 200
    (link_id,) = letters(database, "identity.email", new)
    assert browser.post("/cuenta/contrasena", data={"current": PASSWORD, "password": NEW}).status_code == 303
    link = f"/cuenta/correo/{link_id}/{keys.of(settings).token(account.PURPOSE, link_id)}"
    assert live.client().post(link).status_code == 410
    assert email in browser.get("/cuenta").text


def test_an_address_of_somebody_else_is_not_taken(
    browser: httpx2.Client, place: Place, database: Database, settings: Settings
) -> None:
    place.actor("garante_reviewer")
    theirs = place.email("garante_reviewer")
    assert browser.post("/cuenta/correo", data={"email": theirs}).status_code == 200
    (link_id,) = letters(database, "identity.email", theirs)
    token = keys.of(settings).token(account.PURPOSE, link_id)
    assert browser.post(f"/cuenta/correo/{link_id}/{token}").status_code == 409


# The second factor


def give(client: httpx2.Client, code: str) -> int:
    return client.post("/entrar/segundo", data={"code": code}).status_code


def test_with_a_second_factor_the_password_alone_opens_nothing(person: Person) -> None:
    before = sign_in(person.live, person.email)
    secret, codes = person.enrol()
    assert person.browser.get("/cuenta").status_code == 200
    assert before.get("/cuenta").status_code == 303, "older sessions end"

    code = pyotp.TOTP(secret).at(clock.now())
    client = person.at_the_door()
    waiting = client.cookies["ca_session"]
    assert give(client, code) == 303
    assert client.cookies["ca_session"] != waiting, "the token changes"
    assert client.get("/cuenta").status_code == 200

    replayed = person.at_the_door()
    assert give(replayed, code) == 422, "each code is taken once"
    assert give(replayed, codes[0].upper().replace("-", " ")) == 303
    assert give(person.at_the_door(), codes[0]) == 422, "and each recovery code too"


@pytest.mark.parametrize(
    ("seconds", "taken"), [(-90, False), (-30, False), (0, True), (30, True), (90, False)]
)
def test_a_clock_may_be_half_a_minute_off(person: Person, *, seconds: int, taken: bool) -> None:
    """-30 is the step that enrolling used."""
    secret, _ = person.enrol()
    code = pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=seconds))
    assert give(person.at_the_door(), code) == (303 if taken else 422)


def test_recovery_codes_made_anew_replace_the_old(person: Person) -> None:
    _, old = person.enrol()
    assert person.browser.post("/cuenta/segundo-factor/respaldo").status_code == 200
    assert give(person.at_the_door(), old[3]) == 422
    stored = ask(
        person.database,
        "SELECT encode(code_sha256, 'escape') FROM recovery_code WHERE account_id = :id",
        id=person.account_id,
    )
    assert len(stored) == second_factor.CODES


def test_a_reset_password_leaves_the_second_factor(person: Person) -> None:
    person.enrol()
    person.live.client().post("/entrar/olvido", data={"email": person.email}, headers=somewhere())
    link = f"/entrar/nueva/{person.link('identity.reset')}"
    assert person.live.client().post(link, data={"password": NEW}).status_code == 303
    assert sign_in(person.live, person.email, NEW).get("/cuenta").status_code == 303


def test_a_tenant_that_demands_it_opens_only_with_it(person: Person, place: Place) -> None:
    person.live.app.state.directory.forget()
    desk = f"/{place.slug}/panel"
    reviewer = (
        person.live.client(place.email("garante_reviewer"))
        if place.actor("garante_reviewer")
        else person.live.client()
    )
    assert (
        reviewer.post(f"/{place.slug}/personas/segundo-factor", data={"a_quien": "nobody"}).status_code == 403
    )
    demanded = person.browser.post(
        f"/{place.slug}/personas/segundo-factor", data={"a_quien": "administrators"}
    )
    assert demanded.status_code == 303

    led = person.browser.get(desk)
    assert (led.status_code, led.headers["location"].partition("?")[0]) == (303, "/cuenta/segundo-factor")
    assert (
        person.browser.post(f"/{place.slug}/personas/invitar", data={"email": "a@b.example"}).status_code
        == 401
    )
    assert reviewer.get(desk).status_code == 200, "it is asked of administrators only"

    person.enrol()
    assert person.browser.get(desk).status_code == 200
    assert person.browser.post("/cuenta/segundo-factor/retiro").status_code == 409, (
        "it cannot be taken off again"
    )


def test_a_secret_that_waits_is_forgotten(person: Person) -> None:
    """Whoever once had the session may have read it: it dies in ten minutes, and with a new password."""
    find = "SELECT sealed FROM totp_secret WHERE account_id = :id"

    def begin() -> object:
        assert person.browser.post("/cuenta/segundo-factor/inicio").status_code == 303
        return ask(person.database, find, id=person.account_id)

    planted = begin()
    assert begin() == planted, "a page that is loaded again shows the same"
    late = "UPDATE totp_secret SET created_at = now() - interval '11 minutes' WHERE account_id = :id"
    do(person.database, late, id=person.account_id)
    assert person.browser.get("/cuenta/segundo-factor/codigo.svg").status_code == 404
    assert begin() != planted
    sent = {"current": PASSWORD, "password": NEW}
    assert person.browser.post("/cuenta/contrasena", data=sent).status_code == 303
    assert ask(person.database, find, id=person.account_id) == []


def test_it_can_be_taken_off_where_nobody_demands_it(person: Person) -> None:
    person.enrol()
    assert person.browser.post("/cuenta/segundo-factor/retiro").status_code == 303
    assert sign_in(person.live, person.email).get("/cuenta").status_code == 200
    assert (
        ask(person.database, "SELECT 1 FROM totp_secret WHERE account_id = :id", id=person.account_id) == []
    )


def test_whoever_operates_helps_out_who_lost_everything(person: Person) -> None:
    person.enrol()
    second_factor.take_off(person.database, person.email)
    assert person.browser.get("/cuenta").status_code == 303, "sessions end"
    entered = sign_in(person.live, person.email)
    assert "quitó tu segundo paso" in entered.get("/cuenta/actividad").text


def test_a_right_password_waits_ten_minutes(person: Person) -> None:
    secret, _ = person.enrol()
    client = person.at_the_door()
    do(
        person.database,
        "UPDATE login_session SET expires_at = now() WHERE account_id = :id AND awaits_second_factor",
        id=person.account_id,
    )
    assert give(client, pyotp.TOTP(secret).at(clock.now())) == 401


def test_the_pages_are_well_formed(person: Person) -> None:
    addresses = [
        "/cuenta",
        "/cuenta/correo",
        "/cuenta/contrasena",
        "/cuenta/segundo-factor",
        "/entrar/confirmar",
    ]
    for address in addresses:
        assert Page(person.browser.get(address).text).faults == [], address
    person.browser.post("/cuenta/segundo-factor/inicio")
    assert Page(person.browser.get("/cuenta/segundo-factor").text).faults == []
    person.enrol()
    assert Page(person.browser.get("/cuenta/segundo-factor").text).faults == []
    assert Page(person.at_the_door().get("/entrar/segundo").text).faults == []
    assert Page(person.live.client().get("/entrar/olvido").text).faults == []


# Guessing in parallel

ATTEMPTS = 3


@pytest.fixture(scope="module")
def strict(settings: Settings, database: Database, storage: Storage) -> Iterator[LiveServer]:
    few = settings.model_copy(update={"login_attempts": ATTEMPTS, "login_window_minutes": 1_000_000})
    yield from serve_app(create_app(few, database, storage))


def at_once(what: list[httpx2.Client], data: dict[str, str], address: str) -> list[int]:
    """Send the same from all of them at the same moment."""
    answers: list[int] = []
    start = threading.Barrier(len(what))

    def send(client: httpx2.Client) -> None:
        headers = somewhere()
        start.wait()
        answers.append(client.post(address, data=data, headers=headers).status_code)

    threads = [threading.Thread(target=send, args=(client,)) for client in what]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_guessing_in_parallel_gains_nothing(strict: LiveServer, email: str) -> None:
    clients = [strict.client() for _ in range(8)]
    answers = at_once(clients, {"email": email, "password": "no-es-esta-tampoco"}, "/entrar")
    assert sorted(answers) == [422] * ATTEMPTS + [429] * (8 - ATTEMPTS)


def test_guessing_codes_in_parallel_gains_nothing(strict: LiveServer, person: Person) -> None:
    person.enrol()
    client = sign_in(strict, person.email)
    clients = [strict.client() for _ in range(6)]
    for other in clients:
        other.cookies.set("ca_session", client.cookies["ca_session"], domain="127.0.0.1", path="/")
    answers = at_once(clients, {"code": "123123"}, "/entrar/segundo")
    assert sorted(answers) == [422] * ATTEMPTS + [429] * (6 - ATTEMPTS)


def test_the_same_code_from_two_at_once_opens_one(person: Person) -> None:
    secret, _ = person.enrol()
    doors = [person.at_the_door() for _ in range(3)]
    answers = at_once(doors, {"code": pyotp.TOTP(secret).at(clock.now())}, "/entrar/segundo")
    assert sorted(answers) == [303, 422, 422]


# Hosts


def test_on_a_tenants_own_host_another_tenants_desk_is_a_link_away(
    live: LiveServer, browser: httpx2.Client, place: Place, other_place: Place, account_id: UUID
) -> None:
    host = {"Host": f"{place.slug}.example.org"}
    with place.database.owner_work(place.system) as session:
        session.add(TenantHost(tenant_id=place.tenant_id, host=host["Host"]))
    with place.database.owner_work(other_place.system) as session:
        there = service.add_membership(session, other_place.system, account_id, "garante_reviewer")
    live.app.state.directory.forget()
    own = place.actor("garante_admin").membership_id
    here = browser.post("/cambiar", data={"membership": str(own)}, headers=host)
    assert here.status_code == 303
    assert browser.get(here.headers["location"], headers=host).status_code == 200

    away = browser.post("/cambiar", data={"membership": str(there)}, headers=host)

    assert away.status_code == 200
    links = [link for link in Page(away.text).links if f"/{other_place.slug}/" in link]
    assert links, "the link names a host that knows the other tenant"
    assert links[0].startswith("http://datos.example")
