"""The tokens of the Plataforma: asked for with every question, and good for nothing else and nowhere else."""

from base64 import urlsafe_b64encode
from collections.abc import Callable

import httpx2
import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import text

from tests.conftest import LiveServer, Place
from tests.openapi.conftest import Publisher
from tests.pdn.conftest import Platform, let_in


def test_a_token_for_each_question_as_the_hub_asks(platform: Platform) -> None:
    tokens = {platform.token() for _ in range(30)}

    assert len(tokens) == 30
    assert all(platform.ask(token=token).status_code == 200 for token in list(tokens)[:3])


def test_ended_tokens_are_forgotten(platform: Platform) -> None:
    first = platform.token()
    place = platform.publisher.place
    with place.database.owner_work(place.system) as session:
        session.execute(text("UPDATE machine_token SET expires_at = now() - interval '1 second'"))
    assert platform.ask(token=first).status_code == 401
    platform.token()
    with place.database.owner_work(place.system) as session:
        kept = session.execute(
            text("SELECT count(*) FROM machine_token WHERE tenant_id = :tenant"), {"tenant": place.tenant_id}
        ).scalar_one()
    assert kept == 1


@pytest.mark.parametrize("ways", ["basic", "body"])
def test_the_client_is_proven_by_header_or_body(platform: Platform, ways: str) -> None:
    who, secret = platform.credentials.client_id, platform.credentials.secret
    form = {"grant_type": "client_credentials", "scope": "pdn:read"}
    if ways == "body":
        answer = platform.client.post(
            f"{platform.base}/oauth", data=form | {"client_id": who, "client_secret": secret}
        )
    else:
        answer = platform.client.post(f"{platform.base}/oauth", data=form, auth=(who, secret))

    assert answer.status_code == 200
    assert platform.ask(token=answer.json()["access_token"]).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, 400, "unsupported_grant_type"),
        ({"grant_type": None}, 400, "unsupported_grant_type"),
        ({"password": "otra"}, 400, "invalid_grant"),
        ({"username": "nadie"}, 400, "invalid_grant"),
        ({"username": None}, 400, "invalid_request"),
        ({"password": None}, 400, "invalid_request"),
        ({"grant_type": "client_credentials", "scope": "read"}, 400, "invalid_scope"),
    ],
)
def test_wrong_grants_are_refused(
    platform: Platform, changes: dict[str, str | None], status: int, error: str
) -> None:
    answer = platform.ask_token(**changes)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["cache-control"] == "no-store"


def test_another_programs_password_does_not_do(platform: Platform) -> None:
    other = let_in(platform.publisher.place)
    answer = platform.ask_token(username=other.client_id, password=other.secret)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_password_gives_no_more_than_this_scope(platform: Platform) -> None:
    platform.credentials = let_in(platform.publisher.place, "pdn:read", "imports:write")
    answer = platform.ask_token(scope="imports:write")
    assert answer.json()["scope"] == "pdn:read"

    platform.credentials = let_in(platform.publisher.place, "imports:write")
    refused = platform.ask_token(scope="pdn:read")
    assert (refused.status_code, refused.json()["error"]) == (400, "unauthorized_client")


def test_a_token_for_something_else_is_not_enough(platform: Platform) -> None:
    platform.credentials = let_in(platform.publisher.place, "imports:read")
    token = platform.ask_token(grant_type="client_credentials", scope=None).json()["access_token"]

    answer = platform.ask(token=token)

    assert (answer.status_code, answer.json()["code"]) == (403, "sin-permiso")


def test_a_token_of_another_tenant_opens_nothing(
    platform: Platform, make_place: Callable[..., Place], site: LiveServer
) -> None:
    other = make_place(policy="direct")
    site.app.state.directory.forget()
    there = Platform(platform.client, Publisher(other), let_in(other))

    assert there.ask(token=platform.token()).status_code == 401
    assert platform.ask(token=there.token()).status_code == 401
    # Nor do its credentials.
    there.credentials = platform.credentials
    assert there.ask_token().status_code == 401


def unsigned(claims: dict[str, str]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(urlsafe_b64encode(orjson.dumps(part)).decode().rstrip("=") for part in parts) + "."


def test_no_token_is_believed_for_what_it_says_of_itself(platform: Platform) -> None:
    who, secret = platform.credentials.client_id, platform.credentials.secret
    claims = {"sub": who, "client_id": who, "scope": "pdn:read", "iss": "pdn", "aud": "s6"}
    signed = jwt.encode({"alg": "HS256"}, dict(claims), OctKey.import_key(secret))

    for token in (unsigned(claims), signed, secret, who, platform.token() + "x", "a" * 5000):
        answer = platform.ask(token=token)
        assert (answer.status_code, answer.json()["code"]) == (401, "sin-sesion"), token


def test_a_program_shut_out_has_no_token_left(platform: Platform, site: LiveServer) -> None:
    token = platform.token()
    place = platform.publisher.place
    with httpx2.Client(base_url=site.url) as client:
        assert client.get("/health").status_code == 200
    with place.database.owner_work(place.system) as session:
        session.execute(
            text("UPDATE machine_client SET revoked_at = now() WHERE client_id = :who"),
            {"who": platform.credentials.client_id},
        )
    assert platform.ask(token=token).status_code == 401
    assert platform.ask_token().status_code == 401
