"""Machine clients over real HTTP: let in, asking for tokens, sending data, shut out."""

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from app.core import clock
from app.core.db import Database
from tests.conftest import PASSWORD, LiveServer, Place

BOTH = ["imports:write", "imports:read"]


@dataclass
class Machine:
    """A program with its credentials, and the tenant's addresses."""

    live: LiveServer
    place: Place
    client_id: str
    secret: str

    def ask(self, **changes: Any) -> httpx2.Response:
        """Ask for a token with the secret in the form; a change of None leaves a parameter out."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.secret,
        } | changes
        form = {name: value for name, value in form.items() if value is not None}
        return self.live.client().post(f"/{self.place.slug}/oauth/token", data=form)

    def token(self, **changes: Any) -> str:
        answer = self.ask(**changes)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])


def let_in(live: LiveServer, place: Place, scopes: list[str] = BOTH, **stated: str) -> Machine:
    """Let a program in as the administrator does, at the page."""
    place.actor("garante_admin")
    browser = live.client(place.email("garante_admin"))
    form = {"name": "Sistema de compras", "scopes": scopes, "days": "90", **stated}
    answer = browser.post(f"/{place.slug}/ajustes/sistemas", data=form)
    assert answer.status_code == 200, answer.text
    found = re.search(r"(sistema-[0-9a-f]{24})", answer.text)
    secret = re.search(r"client_secret\)\s*</dt>\s*<dd[^>]*>\s*([\w-]{43})\s*<", answer.text)
    assert found is not None
    assert secret is not None, answer.text
    listed = browser.get(f"/{place.slug}/ajustes/sistemas").text
    assert found[1] in listed
    assert secret[1] not in listed
    return Machine(live, place, found[1], secret[1])


@pytest.fixture
def machine(live: LiveServer, place: Place) -> Machine:
    return let_in(live, place)


def act(machine: Machine, act: str, row_version: int = 1) -> httpx2.Response:
    browser = machine.live.client(machine.place.email("garante_admin"))
    return browser.post(
        f"/{machine.place.slug}/ajustes/sistemas/{machine.client_id}/{act}",
        data={"row_version": str(row_version)},
    )


def change(machine: Machine, assignment: str, **values: Any) -> None:
    """Change the client's row behind the service's back."""
    with machine.place.database.owner_work(machine.place.system) as session:
        session.execute(
            text(f"UPDATE machine_client SET {assignment} WHERE client_id = :id"),  # noqa: S608  # our own words
            {"id": machine.client_id, **values},
        )


def test_a_secret_in_form_or_header_gives_a_short_token(machine: Machine) -> None:
    basic = b64encode(f"{machine.client_id}:{machine.secret}".encode()).decode()
    by_header = machine.live.client().post(
        f"/{machine.place.slug}/oauth/token",
        data={"grant_type": "client_credentials", "scope": "imports:read"},
        headers={"Authorization": f"Basic {basic}"},
    )
    by_form = machine.ask()

    assert by_form.status_code == by_header.status_code == 200
    assert by_form.headers["cache-control"] == "no-store"
    assert by_form.json()["scope"] == "imports:write imports:read"
    assert by_header.json() | {"access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 900,
        "scope": "imports:read",
    }


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "otro"}, 401, "invalid_client"),
        ({"client_id": "sistema-de-nadie"}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unauthorized_client"),
        ({"grant_type": "refresh_token"}, 400, "unsupported_grant_type"),
        ({"grant_type": None}, 400, "unsupported_grant_type"),
        ({"scope": "imports:write todo"}, 400, "invalid_scope"),
        ({"scope": ["imports:write", "imports:read"]}, 400, "invalid_request"),
    ],
    ids=["secret", "nobody", "no-secret", "grant", "other-grant", "no-grant", "scope", "repeated"],
)
def test_refusals_are_in_the_words_of_the_standard(
    machine: Machine, changes: dict[str, Any], status: int, error: str
) -> None:
    answer = machine.ask(**changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    if status == 401:
        assert answer.headers["www-authenticate"].startswith("Basic")
    assert machine.ask().status_code == 200


@pytest.mark.parametrize("header", ["Basic é", "Basic w7E=", "Basic", "Basic Og=="])
def test_a_header_that_cannot_be_read_is_no_accident(machine: Machine, header: str) -> None:
    answer = machine.live.client().post(
        f"/{machine.place.slug}/oauth/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": header.encode("latin-1")},  # type: ignore[dict-item]
    )
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] in ("invalid_request", "invalid_client")


def test_trying_secrets_is_slowed_down_and_a_busy_client_is_not(machine: Machine) -> None:
    assert {machine.ask().status_code for _ in range(12)} == {200}
    answers = [machine.ask(client_secret=f"intento-{number}") for number in range(9)]
    assert [answer.status_code for answer in answers] == [401] * 8 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert machine.ask().status_code == 429  # not even the right one, for now


def test_a_new_secret_makes_the_old_one_and_its_tokens_void(machine: Machine) -> None:
    token = machine.token()
    assert asked(machine, token).status_code == 404

    answer = act(machine, "rotacion")
    renewed = re.search(r"client_secret\)\s*</dt>\s*<dd[^>]*>\s*([\w-]{43})\s*<", answer.text)

    assert renewed is not None
    assert renewed[1] != machine.secret
    assert machine.ask().status_code == 401
    assert asked(machine, token).status_code == 401
    assert Machine(machine.live, machine.place, machine.client_id, renewed[1]).ask().status_code == 200
    assert act(machine, "rotacion").status_code == 409  # the page was an old one


def test_shut_out_is_at_once_and_for_good(machine: Machine) -> None:
    token = machine.token()
    assert act(machine, "revocacion").status_code == 303
    assert machine.ask().status_code == 401
    assert asked(machine, token).status_code == 401
    assert act(machine, "rotacion", 2).status_code == 409
    assert act(machine, "revocacion", 2).status_code == 409


def test_it_ends_by_itself(machine: Machine) -> None:
    token = machine.token()
    change(machine, "expires_at = :now", now=clock.now() - timedelta(seconds=1))
    assert machine.ask().status_code == 401
    assert asked(machine, token).status_code == 401


def test_an_old_token_opens_nothing(machine: Machine) -> None:
    token = machine.token()
    with machine.place.database.owner_work(machine.place.system) as session:
        session.execute(text("UPDATE machine_token SET expires_at = now() - interval '1 second'"))
    answer = asked(machine, token)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def asked(machine: Machine, token: str, *, place: Place | None = None) -> httpx2.Response:
    """Ask for an import that is not there, with a token."""
    slug = (place or machine.place).slug
    return machine.live.client().get(
        f"/{slug}/api/v1/importaciones/00000000-0000-0000-0000-000000000000",
        headers={"Authorization": f"Bearer {token}"},
    )


def test_what_a_token_is_not_good_for(live: LiveServer, place: Place) -> None:
    reader = let_in(live, place, ["imports:read"])
    answer = live.client().post(
        f"/{place.slug}/api/v1/importaciones",
        content=b"[]",
        headers={"Authorization": f"Bearer {reader.token()}"},
    )
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
    assert reader.ask(scope="imports:write").json()["error"] == "invalid_scope"


def test_a_token_opens_its_own_tenant_only(live: LiveServer, make_place: Callable[..., Place]) -> None:
    ours, theirs = make_place(), make_place()
    machine = let_in(live, ours)
    assert asked(machine, machine.token()).status_code == 404
    assert asked(machine, machine.token(), place=theirs).status_code == 401
    assert (
        live.client()
        .post(
            f"/{theirs.slug}/oauth/token",
            data={
                "grant_type": "client_credentials",
                "client_id": machine.client_id,
                "client_secret": machine.secret,
            },
        )
        .json()
        == machine.ask(client_secret="otro").json()
    )


def test_a_person_with_a_session_is_no_program_and_a_program_is_no_person(
    machine: Machine, database: Database
) -> None:
    browser = machine.live.client(machine.place.email("garante_admin"))
    address = f"/{machine.place.slug}/api/v1/importaciones"
    assert browser.post(address, content=b"[]").status_code == 401
    assert "www-authenticate" in browser.post(address, content=b"[]").headers

    panel = machine.live.client().get(
        f"/{machine.place.slug}/panel", headers={"Authorization": f"Bearer {machine.token()}"}
    )
    door = machine.live.client().post(
        "/entrar", data={"email": f"{machine.client_id}@clients.invalid", "password": PASSWORD}
    )
    assert (panel.status_code, door.status_code) == (303, 422)


def test_who_may_not_let_programs_in(live: LiveServer, place: Place) -> None:
    for role in ("garante_reviewer", "so_admin", "so_publisher"):
        place.actor(role)
        sujeto = place.sujetos[0] if role.startswith("so_") else None
        browser = live.client(place.email(role, sujeto))
        for answer in (
            browser.get(f"/{place.slug}/ajustes/sistemas"),
            browser.post(f"/{place.slug}/ajustes/sistemas", data={"name": "x", "scopes": BOTH, "days": "90"}),
        ):
            assert answer.status_code == 403
