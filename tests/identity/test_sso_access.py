"""Configuring a provider, linking, leaving, and getting in when it fails: over real HTTP, with real providers."""

import re
import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import text

from app.core.db import Database
from app.core.errors import InvalidError
from app.core.storage import Storage
from app.identity.sso import rescue
from app.main import create_app
from app.settings import Settings
from tests.conftest import PASSWORD, Place, serve_app
from tests.identity.providers import KEY as KEY_BEFORE
from tests.identity.providers import (
    Liar,
    answer_of,
    consent,
    free_port,
    lying_provider,
    mock_provider,
    signed,
)
from tests.identity.sso_house import CLIENT, House, link, path_of, refusals


@pytest.fixture(scope="module")
def liar() -> Iterator[Liar]:
    with lying_provider() as provider:
        provider.sign = signed
        yield provider


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with mock_provider(free_port(), jefa={"email": "jefa@sso.example.org", "name": "Jefa Prueba"}) as issuer:
        yield issuer


@pytest.fixture(scope="module")
def house(settings: Settings, database: Database, storage: Storage, liar: Liar, mock: str) -> Iterator[House]:
    allowed = ",".join([*(urlsplit(issuer).netloc for issuer in (liar.issuer, mock)), "127.0.0.1:9"])
    ours = settings.model_copy(update={"outgoing_allow": allowed})
    for live in serve_app(create_app(ours, database, storage)):
        yield House(live, ours)


def form(issuer: str, **changes: str) -> dict[str, str]:
    return {
        "label": "Cuenta institucional",
        "issuer": issuer,
        "client_id": CLIENT,
        "client_secret": "secreto-compartido",
        "scopes": "profile email",
        "enabled": "true",
        "row_version": "0",
    } | changes


def admin_of(house: House, place: Place) -> httpx2.Client:
    place.actor("garante_admin")
    return house.live.client(place.email("garante_admin"))


def is_in(browser: httpx2.Client, place: Place) -> bool:
    return browser.get(f"/{place.slug}/panel").status_code == 200


def through(house: House, place: Place, issuer: str, subject: str = "jefa") -> httpx2.Client:
    browser = house.live.client()
    browser.get(path_of(consent(house.ask(browser, place), subject)))
    return browser


# Configuring


def test_the_whole_story_of_an_administrator(house: House, place: Place, mock: str) -> None:
    """Configure, try, link, enter, switch passwords off; they stay off, and the way back is the command line's."""
    browser = admin_of(house, place)
    page = f"/{place.slug}/ajustes/acceso"
    assert browser.post(page, data=form(mock)).status_code == 303
    shown = browser.get(page).text
    assert f'value="{mock}"' in shown
    assert "secreto-compartido" not in shown
    assert f"/{place.slug}/sso/respuesta" in shown
    tried = browser.post(f"{page}/prueba")
    assert "El proveedor contesta como debe" in tried.text

    # Without having entered by it, passwords cannot be switched off.
    closing = form(mock, client_secret="", only_provider="true", row_version="1")
    refused = browser.post(page, data=closing)
    assert refused.status_code == 422
    assert "entra con él" in refused.text

    asked = house.ask(browser, place, "?para=vincular")
    named = browser.get(path_of(consent(asked, "jefa")))
    assert "jefa@sso.example.org" in named.text
    sealed = re.search(r'name="identidad" value="([^"]+)"', named.text)
    assert sealed is not None
    assert browser.post(f"/{place.slug}/sso/vincular", data={"identidad": sealed[1]}).status_code == 303
    assert "Tu cuenta está vinculada" in browser.get(f"/{place.slug}/sso/vincular").text

    by_provider = through(house, place, mock)
    assert is_in(by_provider, place)
    assert by_provider.post(page, data=closing).status_code == 303

    # The open session by password opens nothing there any more, nor does a new one.
    assert not is_in(browser, place)
    again = house.live.client(place.email("garante_admin"))
    led = again.get(f"/{place.slug}/panel")
    assert (led.status_code, led.headers["location"].partition("?")[0]) == (303, f"/{place.slug}/sso/entrar")
    assert "se abre con su proveedor de identidad" in again.get("/cuenta").text
    assert is_in(by_provider, place)


def test_break_glass(house: House, place: Place, database: Database) -> None:
    """The provider is gone and passwords are off: the administrator still gets in, once by link, for a day by password."""
    admin = place.actor("garante_admin")
    gone = "http://127.0.0.1:9"
    house.use(place, gone)
    house.use(place, gone, local_login=False)
    browser = house.live.client(place.email("garante_admin"))
    assert not is_in(browser, place)
    trouble = house.live.client().get(f"/{place.slug}/sso/entrar")
    assert trouble.status_code == 503
    assert "enlace de rescate" in trouble.text

    with database.owner_work(place.system) as session:
        token = rescue.prepare(session, place.system, place.email("garante_admin"))
    saved = house.live.client()
    address = f"/{place.slug}/sso/rescate"
    assert "Entrar" in saved.get(f"{address}?token={token}").text
    assert saved.post(address, data={"token": token}).status_code == 303
    assert is_in(saved, place)
    assert house.live.client().post(address, data={"token": token}).status_code == 410
    assert is_in(house.live.client(place.email("garante_admin")), place)

    with database.owner_work(place.system) as session:
        verbs = session.execute(
            text("SELECT verb FROM audit_event WHERE tenant_id = :id AND subject_id = :account"),
            {"id": place.tenant_id, "account": str(admin.account_id)},
        ).scalars()
        assert "sso.break_glass" in list(verbs)
        session.execute(text("UPDATE break_glass SET local_until = now()"))
    assert not is_in(saved, place)


def test_a_rescue_is_for_administrators_and_for_half_an_hour(
    house: House, make_place: Callable[..., Place], database: Database
) -> None:
    ours, theirs = make_place(), make_place()
    for place in (ours, theirs):
        place.actor("garante_admin")
    ours.actor("garante_reviewer")
    for email in (ours.email("garante_reviewer"), theirs.email("garante_admin"), "nadie@example.org"):
        with database.owner_work(ours.system) as session, pytest.raises(InvalidError):
            rescue.prepare(session, ours.system, email)
    with database.owner_work(ours.system) as session:
        token = rescue.prepare(session, ours.system, ours.email("garante_admin"))
    other = house.live.client().post(f"/{theirs.slug}/sso/rescate", data={"token": token})
    with database.owner_work(ours.system) as session:
        session.execute(text("UPDATE break_glass SET expires_at = now()"))
    late = house.live.client().post(f"/{ours.slug}/sso/rescate", data={"token": token})
    assert (other.status_code, late.status_code) == (410, 410)


@pytest.mark.parametrize(
    ("issuer", "told"),
    [
        ("http://169.254.169.254/", "https://"),
        ("http://127.0.0.1:5432", "https://"),
        ("https://quien:clave@example.org", "mal escrita"),
        ("https://example.org/#x", "mal escrita"),
        ("file:///etc/passwd", "https://"),
    ],
    ids=["metadata-service", "ourselves", "user", "fragment", "file"],
)
def test_addresses_of_our_own_house_are_no_issuers(
    house: House, place: Place, issuer: str, told: str
) -> None:
    answer = admin_of(house, place).post(f"/{place.slug}/ajustes/acceso", data=form(issuer))
    assert answer.status_code == 422
    assert told in answer.text


def test_an_issuer_that_resolves_into_our_house_is_not_called(house: House, place: Place) -> None:
    browser = admin_of(house, place)
    page = f"/{place.slug}/ajustes/acceso"
    assert browser.post(page, data=form("https://localhost")).status_code == 303
    tried = browser.post(f"{page}/prueba")
    assert "no pasó la prueba" in tried.text
    assert "red interna" in tried.text


def test_a_provider_that_says_another_name_is_not_believed(house: House, place: Place, liar: Liar) -> None:
    browser = admin_of(house, place)
    page = f"/{place.slug}/ajustes/acceso"
    liar.metadata = {"issuer": "https://otro.example"}
    try:
        assert browser.post(page, data=form(liar.issuer)).status_code == 303
        assert "dice llamarse" in browser.post(f"{page}/prueba").text
    finally:
        liar.metadata = {}


def test_a_secret_is_not_kept_for_another_issuer(
    house: House, place: Place, liar: Liar, mock: str, database: Database
) -> None:
    browser = admin_of(house, place)
    page = f"/{place.slug}/ajustes/acceso"
    browser.post(page, data=form(mock))
    browser.post(page, data=form(liar.issuer, client_secret="", row_version="1"))
    with database.owner_work(place.system) as session:
        kept = session.execute(
            text("SELECT client_secret FROM identity_provider WHERE tenant_id = :id"), {"id": place.tenant_id}
        ).scalar_one()
    assert kept == ""
    assert browser.post(page, data=form(mock, row_version="1")).status_code == 409


def test_who_may_not_configure(house: House, place: Place, mock: str) -> None:
    for role in ("garante_reviewer", "so_admin", "so_editor"):
        place.actor(role)
        browser = house.live.client(place.email(role, place.sujetos[0] if role.startswith("so_") else None))
        page = f"/{place.slug}/ajustes/acceso"
        answers = [browser.get(page), browser.post(page, data=form(mock)), browser.post(f"{page}/prueba")]
        assert [answer.status_code for answer in answers] == [403, 403, 403]


# Linking


def test_linking_is_the_accounts_own_act(house: House, place: Place, other_place: Place, liar: Liar) -> None:
    """Not a stranger's answer, not another's, not a provider's session's."""
    house.use(place, liar.issuer)
    house.use(other_place, liar.issuer)
    browser = admin_of(house, place)
    liar.claims = {"sub": "alguien"}
    try:
        named = browser.get(path_of(answer_of(liar, house.ask(browser, place, "?para=vincular"))))
    finally:
        liar.claims = {}
    sealed = re.search(r'name="identidad" value="([^"]+)"', named.text)
    assert sealed is not None
    place.actor("garante_reviewer")
    another = house.live.client(place.email("garante_reviewer"))
    data = {"identidad": sealed[1]}
    assert another.post(f"/{place.slug}/sso/vincular", data=data).status_code == 400
    assert browser.post(f"/{place.slug}/sso/vincular", data={"identidad": "1.xx"}).status_code == 422

    link(place, place.actor("garante_reviewer"), liar.issuer, "alguien")
    taken = browser.post(f"/{place.slug}/sso/vincular", data=data)
    assert taken.status_code == 422
    assert "otra cuenta" in taken.text
    assert house.live.client().get(f"/{place.slug}/sso/entrar?para=vincular").status_code == 303

    by_provider = house.live.client()
    liar.claims = {"sub": "alguien"}
    try:
        by_provider.get(path_of(answer_of(liar, house.ask(by_provider, place))))
    finally:
        liar.claims = {}
    assert is_in(by_provider, place)
    assert by_provider.get(f"/{place.slug}/sso/entrar?para=vincular").status_code == 403
    assert by_provider.post(f"/{place.slug}/sso/desvincular").status_code == 403


def test_unlinking_closes_what_it_opened(house: House, place: Place, mock: str) -> None:
    house.use(place, mock)
    browser = admin_of(house, place)
    link(place, place.actor("garante_admin"), mock, "jefa")
    by_provider = through(house, place, mock)
    assert is_in(by_provider, place)
    assert browser.post(f"/{place.slug}/sso/desvincular").status_code == 303
    assert not is_in(by_provider, place)
    assert is_in(browser, place)
    assert not is_in(through(house, place, mock), place)


# Leaving


def test_signing_out_leads_on_to_the_provider(house: House, place: Place, mock: str) -> None:
    house.use(place, mock, single_logout=True)
    link(place, place.actor("garante_admin"), mock, "jefa")
    browser = through(house, place, mock)

    answer = browser.post("/salir")

    assert answer.status_code == 200
    onward = re.search(r'content="0; url=([^"]+)"', answer.text)
    assert onward is not None
    asked = parse_qs(urlsplit(onward[1].replace("&amp;", "&")).query)
    assert onward[1].startswith(f"{mock}/oauth2/end_session?")
    assert asked["post_logout_redirect_uri"] == [f"{house.live.url}/{place.slug}/"]
    assert asked["id_token_hint"][0].count(".") == 2
    assert not is_in(browser, place)
    with httpx2.Client() as there:
        assert there.get(onward[1].replace("&amp;", "&")).status_code == 200


def test_signing_out_does_not_wait_for_a_provider_that_is_gone(
    house: House, place: Place, liar: Liar
) -> None:
    house.use(place, liar.issuer, single_logout=True)
    link(place, place.actor("garante_admin"), liar.issuer, "persona-1")
    browser = house.live.client()
    browser.get(path_of(answer_of(liar, house.ask(browser, place))))
    assert is_in(browser, place)
    answer = browser.post("/salir")  # it names no address for that
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert not is_in(browser, place)


def test_the_provider_closes_sessions_behind_the_browsers_back(
    house: House, place: Place, liar: Liar
) -> None:
    house.use(place, liar.issuer)
    link(place, place.actor("garante_admin"), liar.issuer, "persona-1")
    liar.claims = {"sid": "sesion-1"}
    browser, other = house.live.client(), house.live.client()
    try:
        browser.get(path_of(answer_of(liar, house.ask(browser, place))))
        liar.claims = {"sid": "sesion-2"}
        other.get(path_of(answer_of(liar, house.ask(other, place))))
    finally:
        liar.claims = {}
    address = f"/{place.slug}/sso/salida"
    program = house.live.client()

    wrong = {
        "otro": liar.logout_token("otro", sid="sesion-1"),
        "evento": liar.logout_token(CLIENT, sid="sesion-1", events={}),
        "nonce": liar.logout_token(CLIENT, sid="sesion-1", nonce="x"),
        "nadie": liar.logout_token(CLIENT),
        "viejo": liar.logout_token(CLIENT, sid="sesion-1", iat=int(time.time()) - 7200),
        "acceso": liar.id_token(aud=CLIENT, sid="sesion-1"),
        "nada": "",
    }
    answers = {
        why: program.post(address, data={"logout_token": raw}).status_code for why, raw in wrong.items()
    }
    assert answers == dict.fromkeys(wrong, 400)
    assert is_in(browser, place)

    right = liar.logout_token(CLIENT, sid="sesion-1")
    assert program.post(address, data={"logout_token": right}).status_code == 200
    assert (is_in(browser, place), is_in(other, place)) == (False, True)
    assert program.post(address, data={"logout_token": right}).status_code == 400  # replayed
    everywhere = liar.logout_token(CLIENT, sub="persona-1")
    assert program.post(address, data={"logout_token": everywhere}).status_code == 200
    assert not is_in(other, place)


def test_new_keys_of_the_provider_are_found(
    house: House, place: Place, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.use(place, liar.issuer)
    link(place, place.actor("garante_admin"), liar.issuer, "persona-1")
    first = house.live.client()
    first.get(path_of(answer_of(liar, house.ask(first, place))))
    assert is_in(first, place)

    fresh = RSAKey.generate_key(2048, {"kid": "b", "use": "sig"})
    liar.keys, liar.sign = (fresh,), lambda claims: signed(claims, fresh)
    providers = house.live.app.state.providers
    try:
        calls = len(liar.calls)
        early = house.live.client()
        early.get(path_of(answer_of(liar, house.ask(early, place))))
        assert (
            "/jwks" not in liar.calls[calls:]
        )  # asked for a moment ago: a forged token must not make us call
        providers._held[liar.issuer].keys_at -= 60
        later = house.live.client()
        later.get(path_of(answer_of(liar, house.ask(later, place))))
        assert is_in(later, place)
    finally:
        liar.keys, liar.sign = (KEY_BEFORE,), signed
        providers._held.pop(liar.issuer, None)
    assert refusals(place) == ["signature"]


def test_confirming_goes_to_the_provider_and_back(
    house: House, place: Place, mock: str, database: Database
) -> None:
    house.use(place, mock)
    link(place, place.actor("garante_admin"), mock, "jefa")
    browser = through(house, place, mock)
    with database.auth_work() as session:
        session.execute(text("UPDATE login_session SET authenticated_at = now() - interval '1 hour'"))
    page = f"/{place.slug}/ajustes/acceso"
    assert browser.post(page, data=form(mock, row_version="1")).status_code == 401

    led = browser.get(f"/entrar/confirmar?siguiente={page}").headers["location"]
    asked = browser.get(led).headers["location"]
    assert parse_qs(urlsplit(asked).query)["prompt"] == ["login"]
    back = browser.get(path_of(consent(asked, "jefa")))
    assert (back.status_code, back.headers["location"]) == (303, page)
    assert browser.post(page, data=form(mock, row_version="1")).status_code == 303


def test_the_account_itself_is_closed_to_a_providers_session(house: House, place: Place, mock: str) -> None:
    house.use(place, mock)
    link(place, place.actor("garante_admin"), mock, "jefa")
    browser = through(house, place, mock)
    for address in ("/cuenta/correo", "/cuenta/contrasena", "/cuenta/segundo-factor"):
        assert browser.get(address).status_code == 403
    sent = {"full_name": "Otra", "current": PASSWORD, "password": "otra-contraseña-larga"}
    assert browser.post("/cuenta/contrasena", data=sent).status_code == 403


@pytest.mark.parametrize(
    "change", [{"enabled": ""}, {"role_claim": "grupos"}, {"garante_reviewer": "revisa"}]
)
def test_what_a_session_stands_on_is_changed_and_it_ends(
    house: House, place: Place, mock: str, change: dict[str, str]
) -> None:
    house.use(place, mock, label="Otra", role_claim="groups", roles={"garante_admin": ["nadie"]})
    link(place, place.actor("garante_admin"), mock, "jefa")
    page = f"/{place.slug}/ajustes/acceso"
    browser, by_provider = admin_of(house, place), through(house, place, mock)
    mapped = {"role_claim": "groups", "garante_admin": "nadie"}
    same = form(mock, client_secret="", scopes="openid profile email", row_version="1", **mapped)
    assert browser.post(page, data=same).status_code == 303
    assert is_in(by_provider, place), "another label changes nothing of it"
    assert browser.post(page, data=same | {"row_version": "2"} | change).status_code == 303
    assert not is_in(by_provider, place)


def test_confirming_without_saying_when_is_no_confirmation(house: House, place: Place, liar: Liar) -> None:
    """The browser carries the question: what it asks for may be taken out on the way."""
    house.use(place, liar.issuer)
    browser = admin_of(house, place)
    for said in ({"auth_time": None}, {"auth_time": True}, {"auth_time": int(time.time()) - 3600}):
        liar.claims = {"sub": "alguien", **said}
        answer = browser.get(path_of(answer_of(liar, house.ask(browser, place, "?para=vincular"))))
        assert answer.status_code == 400
    liar.claims = {}
    assert refusals(place) == ["not-recent"] * 3


def test_a_providers_session_reaches_no_other_of_the_account(house: House, place: Place, mock: str) -> None:
    house.use(place, mock)
    link(place, place.actor("garante_admin"), mock, "jefa")
    by_password, by_provider = admin_of(house, place), through(house, place, mock)
    own = by_password.get("/cuenta").text
    found = re.search(r"/cuenta/sesiones/([0-9a-f-]{36})/cierre", own)
    assert found is not None
    assert own.count("desde ") > 1

    shown = by_provider.get("/cuenta").text
    assert shown.count('<li class="row">') == 1
    assert "/cierre" not in shown
    for act in ("/cuenta/sesiones/cierre", f"/cuenta/sesiones/{found[1]}/cierre", "/cuenta/avisos"):
        assert by_provider.post(act).status_code == 403
    assert by_provider.get("/cuenta/avisos").status_code == 403
    assert by_password.get("/cuenta").status_code == 200
