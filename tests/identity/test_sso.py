"""Entering through a tenant's provider, against providers that really answer: one honest process, and one that lies."""

import base64
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import text

from app.core import clock
from app.core.db import Actor, Database
from app.core.storage import Storage
from app.identity import invitations, people
from app.identity import service as identity
from app.identity.invitations import Offer
from app.identity.people import Loan
from app.identity.sso import mapping, queries, tokens
from app.identity.sso.tokens import Claims
from app.main import create_app
from app.settings import Settings
from tests.conftest import Place, serve_app
from tests.identity.providers import (
    OTHER_KEY,
    Liar,
    answer_of,
    consent,
    free_port,
    lying_provider,
    mock_provider,
    signed,
    unsigned,
)
from tests.identity.sso_house import CLIENT, House, link, path_of, refusals

EDITOR = {"email": "ana@sso.example.org", "name": "Ana Prueba", "groups": ["captura"], "organization": "so-1"}


@pytest.fixture(scope="module")
def liar() -> Iterator[Liar]:
    with lying_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with mock_provider(free_port(), ana=EDITOR, nadie={"groups": []}) as issuer:
        yield issuer


@pytest.fixture(scope="module")
def house(settings: Settings, database: Database, storage: Storage, liar: Liar, mock: str) -> Iterator[House]:
    allowed = ",".join(urlsplit(issuer).netloc for issuer in (liar.issuer, mock))
    ours = settings.model_copy(update={"outgoing_allow": allowed})
    for live in serve_app(create_app(ours, database, storage)):
        yield House(live, ours)


@pytest.fixture(autouse=True)
def _honest(liar: Liar) -> None:
    """The liar begins every test with nothing to say."""
    liar.claims, liar.answer, liar.metadata, liar.token = {}, {}, {}, {}
    liar.sign, liar.redirect = signed, ""
    liar.forms.clear()


MAPPING: dict[str, Any] = {
    "role_claim": "groups",
    "roles": {"so_editor": ["captura"], "garante_admin": ["administración"]},
    "sujeto_claim": "organization",
}


def enter(house: House, place: Place, issuer: str, subject: str, query: str = "") -> httpx2.Client:
    """A browser after its person went through the honest provider's page."""
    browser = house.live.client()
    back = consent(house.ask(browser, place, query), subject)
    browser.get(path_of(back))
    return browser


def hats(place: Place, email: str) -> list[tuple[str, str, str]]:
    with place.database.owner_work(place.system) as session:
        found = session.execute(
            text(
                "SELECT m.role, m.status, m.sso FROM membership m JOIN account a USING (account_id) "
                "WHERE a.email = :email ORDER BY 1"
            ),
            {"email": email},
        )
        return [tuple(row) for row in found]  # type: ignore[misc]


# Through the honest provider


def test_a_person_enters_with_the_role_that_the_claims_name(house: House, place: Place, mock: str) -> None:
    house.use(place, mock, **MAPPING)
    browser = house.live.client()

    asked = house.ask(browser, place, f"?siguiente=/{place.slug}/procesos-internos")
    question = parse_qs(urlsplit(asked).query)
    assert question["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= question.keys()
    answer = browser.get(path_of(consent(asked, "ana")))

    assert (answer.status_code, answer.headers["location"]) == (303, f"/{place.slug}/procesos-internos")
    assert browser.get(f"/{place.slug}/procesos-internos").status_code == 200
    with place.database.owner_work(place.system) as session:  # sees this tenant only
        found = session.execute(text("SELECT role, status FROM membership WHERE sso = 'granted'"))
        assert [tuple(row) for row in found] == [("so_editor", "active")]
    assert "Ana Prueba" in browser.get("/cuenta").text


def test_an_answer_is_taken_once_and_only_in_its_own_browser(house: House, place: Place, mock: str) -> None:
    house.use(place, mock, **MAPPING)
    browser = house.live.client()
    back = path_of(consent(house.ask(browser, place), "ana"))
    cookie = browser.cookies["ca_sso"]

    stolen = house.live.client().get(back)
    assert browser.get(back).status_code == 303
    browser.cookies.set("ca_sso", cookie, domain="127.0.0.1", path="/")
    again = browser.get(back)

    for answer in (stolen, again):
        assert answer.status_code == 400
        assert "No pudimos comprobar la respuesta" in answer.text
    assert refusals(place) == ["no-question", "replayed"]


def test_whom_the_claims_give_nothing_enters_nowhere(house: House, place: Place, mock: str) -> None:
    house.use(place, mock, **MAPPING)
    browser = house.live.client()
    answer = browser.get(path_of(consent(house.ask(browser, place), "nadie")))
    assert answer.status_code == 403
    assert "aquí no tienes una función" in answer.text
    assert browser.get("/cuenta").status_code == 303


# What claims give and take


def through(house: House, place: Place, liar: Liar, **claims: Any) -> httpx2.Client:
    """A browser after the liar answered with these claims."""
    liar.claims = claims
    browser = house.live.client()
    browser.get(path_of(answer_of(liar, house.ask(browser, place))))
    return browser


def is_in(browser: httpx2.Client, place: Place) -> bool:
    return browser.get(f"/{place.slug}/panel").status_code == 200


def test_claims_give_and_take_only_what_claims_gave(house: House, place: Place, liar: Liar) -> None:
    house.use(place, liar.issuer, **MAPPING)
    reader = place.actor("so_reader")
    link(place, reader, liar.issuer, "lee")
    email = place.email("so_reader", place.sujetos[0])

    assert is_in(through(house, place, liar, sub="lee", groups="captura", organization="so-1"), place)
    assert hats(place, email) == [("so_editor", "active", "granted"), ("so_reader", "active", "")]

    assert is_in(through(house, place, liar, sub="lee", groups=["otra"]), place)
    assert hats(place, email) == [("so_editor", "ended", "withdrawn"), ("so_reader", "active", "")]

    through(house, place, liar, sub="lee", groups="captura", organization="so-1")
    assert hats(place, email)[0] == ("so_editor", "active", "granted")


def test_what_a_person_took_no_claim_gives_back(house: House, place: Place, liar: Liar) -> None:
    house.use(place, liar.issuer, **MAPPING)
    said = {
        "sub": "ida",
        "email": f"ida@{place.slug}.example.org",
        "groups": "captura",
        "organization": "so-1",
    }
    assert is_in(through(house, place, liar, **said), place)
    with place.database.owner_work(place.system) as session:
        session.execute(text("UPDATE membership SET status = 'ended' WHERE sso = 'granted'"))
    browser = through(house, place, liar, **said)
    assert browser.get("/cuenta").status_code == 303
    assert hats(place, said["email"]) == [("so_editor", "ended", "granted")]


def test_a_role_of_a_body_needs_a_body_of_this_tenant(house: House, place: Place, liar: Liar) -> None:
    house.use(place, liar.issuer, **MAPPING)
    for organization in ("so-99", "", None, {"so-1": True}):
        browser = through(house, place, liar, sub="sin-casa", groups="captura", organization=organization)
        assert browser.get("/cuenta").status_code == 303


# Lies


def forged(claims: dict[str, Any]) -> str:
    return signed(claims, OTHER_KEY)


def by_secret(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256", "kid": "a"}, claims, OctKey.import_key("secreto-compartido"))


def half_hash(token: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).rstrip(b"=").decode()


NOW = int(time.time())
LIES: dict[str, tuple[str, dict[str, Any]]] = {
    "another issuer": ("issuer", {"claims": {"iss": "https://otro.example"}}),
    "for another client": ("audience", {"claims": {"aud": "otro"}}),
    "for several clients without saying which": ("authorized-party", {"claims": {"aud": [CLIENT, "otro"]}}),
    "authorized to another": ("authorized-party", {"claims": {"azp": "otro"}}),
    "of another question": ("nonce", {"claims": {"nonce": "otro"}}),
    "of no question": ("nonce", {"claims": {"nonce": None}}),
    "expired": ("expired", {"claims": {"exp": NOW - 300}}),
    "never expiring": ("no-exp", {"claims": {"exp": None}}),
    "from the future": ("issued-at", {"claims": {"iat": NOW + 3600, "exp": NOW + 7200}}),
    "from long ago": ("issued-at", {"claims": {"iat": NOW - 7200}}),
    "not valid yet": ("not-yet", {"claims": {"nbf": NOW + 3600}}),
    "without a subject": ("subject", {"claims": {"sub": None}}),
    "with a number for a subject": ("subject", {"claims": {"sub": 7}}),
    "with another access token": ("at-hash", {"claims": {"at_hash": half_hash("otro")}}),
    "signed by somebody else": ("signature", {"sign": forged}),
    "signed by nobody": ("algorithm", {"sign": unsigned}),
    "signed with the shared secret": ("algorithm", {"sign": by_secret}),
    "no token at all": ("signature", {"sign": lambda _: "nada"}),
    "without an ID token": ("no-id-token", {"token": {"id_token": None}}),
    "with an error": ("code-invalid_grant", {"token": {"error": "invalid_grant"}}),
    "with an error in no words": ("code-unreadable", {"token": {"error": "é\n", "error_description": "ñ"}}),
    "another state": ("state", {"answer": {"state": "otro"}}),
    "from another issuer, said at once": ("issuer", {"answer": {"iss": "https://otro.example"}}),
    "with a refusal": ("provider-access_denied", {"answer": {"error": "access_denied"}}),
    "without a code": ("no-code", {"answer": {"code": ""}}),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_opens_nothing_and_is_told_calmly(house: House, place: Place, liar: Liar, lie: str) -> None:
    why, said = LIES[lie]
    house.use(place, liar.issuer, **MAPPING)
    link(place, place.actor("garante_admin"), liar.issuer, "persona-1")
    for name, value in said.items():
        setattr(liar, name, value)
    browser = house.live.client()

    answer = browser.get(path_of(answer_of(liar, house.ask(browser, place))))

    assert answer.status_code == 400
    assert "No se abrió ninguna sesión" in answer.text
    assert browser.get("/cuenta").status_code == 303
    assert refusals(place) == [why]


def test_the_same_without_a_lie_opens(house: House, place: Place, liar: Liar) -> None:
    house.use(place, liar.issuer, **MAPPING)
    link(place, place.actor("garante_admin"), liar.issuer, "persona-1")
    at_hash = half_hash("acceso")
    skewed = {"iat": int(time.time()) + 45, "exp": int(time.time()) - 45, "at_hash": at_hash, "azp": CLIENT}
    assert is_in(through(house, place, liar, **skewed), place)
    (form,) = liar.forms
    assert form["authorization"].startswith("Basic ")
    assert len(form["code_verifier"]) >= 43


def test_a_redirecting_token_endpoint_gets_no_secret_carried_on(
    house: House, place: Place, liar: Liar
) -> None:
    house.use(place, liar.issuer)
    liar.redirect = f"{liar.issuer}/otra"
    liar.calls.clear()
    browser = house.live.client()
    answer = browser.get(path_of(answer_of(liar, house.ask(browser, place))))
    assert answer.status_code == 503
    assert "no está disponible" in answer.text
    assert "/otra" not in liar.calls


# One tenant's provider and everybody else


def test_a_providers_word_about_an_address_opens_nothing_of_its_owner(
    house: House, make_place: Callable[..., Place], database: Database, liar: Liar
) -> None:
    """Tenant B's provider asserts the address of A's administrator, and of an operator."""
    ours, theirs = make_place(), make_place()
    ours.actor("garante_admin")
    operator = theirs.actor("garante_reviewer")  # who is an operator besides
    with database.owner_work() as session:
        session.execute(
            text("INSERT INTO platform_role (account_id, role) VALUES (:id, 'platform_operator')"),
            {"id": operator.account_id},
        )
    house.use(theirs, liar.issuer, **MAPPING)
    for email in (ours.email("garante_admin"), theirs.email("garante_reviewer")):
        said = {"sub": email, "email": email, "email_verified": True, "groups": "administración"}
        browser = through(house, theirs, liar, **said)
        assert browser.get(f"/{theirs.slug}/panel").status_code == 200  # what B's own claims give, in B
        assert browser.get(f"/{ours.slug}/panel").status_code == 404
        assert browser.get("/plataforma").status_code in (403, 404)
        assert email not in browser.get("/cuenta").text


def test_a_linked_operators_session_from_a_provider_is_no_operators(
    house: House, make_place: Callable[..., Place], database: Database, liar: Liar
) -> None:
    ours, theirs = make_place(), make_place()
    person = theirs.actor("garante_admin")
    with database.owner_work(ours.system) as session:
        session.execute(
            text("INSERT INTO platform_role (account_id, role) VALUES (:id, 'platform_operator')"),
            {"id": person.account_id},
        )
        session.execute(
            text(
                "INSERT INTO membership (tenant_id, membership_id, account_id, role) "
                "VALUES (:tenant, gen_random_uuid(), :id, 'garante_admin')"
            ),
            {"tenant": ours.tenant_id, "id": person.account_id},
        )
    house.use(theirs, liar.issuer)
    link(theirs, person, liar.issuer, "operadora")

    browser = through(house, theirs, liar, sub="operadora")
    by_password = house.live.client(theirs.email("garante_admin"))

    seen = {
        (who, address): client.get(address).status_code
        for who, client in (("provider", browser), ("password", by_password))
        for address in (f"/{theirs.slug}/panel", f"/{ours.slug}/panel")
    }
    assert seen == {
        ("provider", f"/{theirs.slug}/panel"): 200,
        ("provider", f"/{ours.slug}/panel"): 404,
        ("password", f"/{theirs.slug}/panel"): 200,
        ("password", f"/{ours.slug}/panel"): 200,
    }
    assert "Operación de la plataforma" not in browser.get("/cuenta").text
    assert "Operación de la plataforma" in by_password.get("/cuenta").text


def test_the_same_issuer_in_two_tenants_is_two_identities(
    house: House, make_place: Callable[..., Place], liar: Liar
) -> None:
    ours, theirs = make_place(), make_place()
    for place in (ours, theirs):
        house.use(place, liar.issuer)
    link(ours, ours.actor("garante_admin"), liar.issuer, "ella")
    assert is_in(through(house, ours, liar, sub="ella"), ours)
    assert not is_in(through(house, theirs, liar, sub="ella"), theirs)


def test_an_answer_for_one_tenant_is_none_for_another(
    house: House, make_place: Callable[..., Place], liar: Liar
) -> None:
    ours, theirs = make_place(), make_place()
    for place in (ours, theirs):
        house.use(place, liar.issuer)
        link(place, place.actor("garante_admin"), liar.issuer, "ella")
    liar.claims = {"sub": "ella"}
    browser = house.live.client()
    back = path_of(answer_of(liar, house.ask(browser, ours)))
    answer = browser.get(back.replace(ours.slug, theirs.slug))
    assert answer.status_code == 400
    assert refusals(theirs) == ["other-tenant"]


def test_a_role_that_claims_end_ends_its_loans_and_its_invitations(
    house: House, place: Place, liar: Liar
) -> None:
    house.use(place, liar.issuer, **MAPPING)
    said = {"sub": "jefa", "email": f"jefa@{place.slug}.example.org", "groups": "administración"}
    assert is_in(through(house, place, liar, **said), place)
    colleague = place.actor("garante_reviewer")
    with place.database.owner_work(place.system) as session:
        account_id, membership_id = session.execute(
            text(
                "SELECT account_id, membership_id FROM membership WHERE tenant_id = :id AND sso = 'granted'"
            ),
            {"id": place.tenant_id},
        ).one()
    chief = Actor(place.tenant_id, account_id, membership_id, "garante_admin")
    today = clock.now().date()
    assert colleague.membership_id is not None
    with place.database.unit_of_work(chief) as session:
        loan = Loan(
            membership_id, colleague.membership_id, today - timedelta(days=1), today + timedelta(days=9)
        )
        lent = people.lend(session, chief, loan)
        invitations.invite(session, chief, Offer("segunda@example.org", "Segunda", "garante_admin"))

    assert not is_in(through(house, place, liar, **{**said, "groups": "ninguna"}), place)

    with place.database.owner_work(place.system) as session:
        rows = session.execute(
            text(
                "SELECT (SELECT status FROM membership WHERE membership_id = :lent), "
                "(SELECT sso FROM membership WHERE membership_id = :own), "
                "(SELECT count(*) FROM invitation WHERE tenant_id = :id AND revoked_at IS NULL)"
            ),
            {"lent": lent, "own": membership_id, "id": place.tenant_id},
        ).one()
    assert tuple(rows) == ("ended", "withdrawn", 0)


def test_what_a_person_ended_or_gave_is_no_longer_the_claims(house: House, place: Place, liar: Liar) -> None:
    house.use(place, liar.issuer, **MAPPING)
    said = {
        "sub": "ida",
        "email": f"ida@{place.slug}.example.org",
        "groups": "captura",
        "organization": "so-1",
    }
    assert is_in(through(house, place, liar, **said), place)
    chief = place.actor("garante_admin")
    with place.database.unit_of_work(chief) as session:
        row = session.execute(
            text(
                "SELECT account_id, membership_id FROM membership WHERE tenant_id = :id AND sso = 'granted'"
            ),
            {"id": place.tenant_id},
        ).one()
        people.end(session, chief, row.membership_id)
    assert hats(place, said["email"]) == [("so_editor", "ended", "")]
    assert not is_in(through(house, place, liar, **said), place)

    with place.database.unit_of_work(chief) as session:
        identity.add_membership(session, chief, row.account_id, "so_editor", place.sujetos[0])
    assert is_in(through(house, place, liar, **{**said, "groups": "ninguna"}), place)
    assert hats(place, said["email"]) == [("so_editor", "active", "")]


@pytest.mark.parametrize(
    ("algorithm", "name"),
    [("RS256", "sha256"), ("ES384", "sha384"), ("EdDSA", "sha512"), ("Ed25519", "sha512")],
)
def test_an_access_tokens_hash_is_half_of_one_that_the_signature_names(algorithm: str, name: str) -> None:
    digest = hashlib.new(name, b"acceso").digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    assert tokens._half_hash(algorithm, "acceso") == half


def test_two_windows_that_enter_at_once_give_one_role(house: House, place: Place, liar: Liar) -> None:
    """The second comes while the first has looked and not given yet: it waits, and finds it given."""
    house.use(place, liar.issuer, **MAPPING)
    reader = place.actor("so_reader")
    assert reader.account_id is not None
    with place.database.unit_of_work(place.system) as session:
        held = queries.provider(session, place.system)
    assert held is not None
    claims = Claims(liar.issuer, "lee", "", {"groups": "captura", "organization": "so-1"})
    barrier = threading.Barrier(4)

    def enter_once() -> None:
        barrier.wait()
        mapping.settle(place.database, reader.account_id, held, claims)  # type: ignore[arg-type]

    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(enter_once) for _ in range(4)]:
            one.result()
    email = place.email("so_reader", place.sujetos[0])
    assert hats(place, email) == [("so_editor", "active", "granted"), ("so_reader", "active", "")]
