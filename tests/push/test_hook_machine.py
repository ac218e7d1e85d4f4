"""Webhooks for programs: registered, watched and sent again with a token, inside of where the program works."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from app.core.db import Database
from app.core.pagination import encode_cursor
from app.core.storage import Storage
from app.identity.clients import service as clients
from app.main import create_app
from app.settings import Settings
from tests.conftest import LiveServer, Place, place_maker, serve_app
from tests.openapi.conftest import Publisher
from tests.push.hearing import Ear, hearing
from tests.push.subscriber import Subscriber


@pytest.fixture(scope="module")
def ear() -> Iterator[Ear]:
    with hearing() as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(ear: Ear) -> None:
    ear.path = f"/{uuid4().hex}"
    ear.faults.clear()
    ear.mode, ear.secrets[:], ear.heard[:], ear.refuses = "ok", [], [], lambda _: False


@pytest.fixture(scope="module")
def lone_live(
    settings: Settings, lone_database: Database, storage: Storage, ear: Ear
) -> Iterator[LiveServer]:
    """The service, of an installation that may call the receiver."""
    here = settings.model_copy(update={"outgoing_allow": ear.place})
    yield from serve_app(create_app(here, lone_database, storage))


@pytest.fixture
def make(lone_database: Database) -> Callable[..., Place]:
    return place_maker(lone_database)


def program(
    live: LiveServer, place: Place, *scopes: str, body: UUID | None = None
) -> Callable[..., httpx2.Response]:
    """Let a program in; return what asks below its tenant's API with its token."""
    keeper = place.actor("garante_admin")
    with place.database.unit_of_work(keeper) as session:
        made = clients.create(
            session,
            place.database,
            keeper,
            name="Sistema",
            scopes=scopes or ("webhooks:write",),
            days=30,
            sujeto_obligado_id=body,
        )
    client = live.client()
    form = {
        "grant_type": "client_credentials",
        "client_id": made.client_id,
        "client_secret": made.secret,
    }
    token = client.post(f"/{place.slug}/oauth/token", data=form).json()["access_token"]

    def ask(method: str, rest: str = "", slug: str = "", **sent: Any) -> httpx2.Response:
        address = f"/{slug or place.slug}/api/v1/webhooks{rest}"
        return client.request(method, address, headers={"Authorization": f"Bearer {token}"}, **sent)

    return ask


def new(ear: Ear, **changes: Any) -> dict[str, Any]:
    return {"name": "Sistema de compras", "url": ear.url, "kinds": ["release", "withdrawal"], **changes}


def test_a_program_registers_hears_and_sends_again(
    lone_live: LiveServer, make: Callable[..., Place], ear: Ear, settings: Settings, storage: Storage
) -> None:
    place = make(policy="direct")
    publisher, ask = Publisher(place), program(lone_live, place)
    worker = Subscriber(place, ear, settings, storage)
    publisher.publish()

    made = ask("POST", json=new(ear, cursor=encode_cursor(0)))
    assert made.status_code == 201
    told = made.json()
    assert made.headers["cache-control"] == "no-store"
    assert (told["status"], told["cursor"]) == ("unproven", encode_cursor(0))
    ear.secrets[:] = [told["secret"]]
    worker.run()
    worker.run()
    assert ear.positions == [1]
    assert ear.faults == []

    one = f"/{told['id']}"
    assert "secret" not in ask("GET", one).json()
    assert ask("GET", one).json() | {"failures": []} == ask("GET", one).json()
    assert ask("GET").json()["webhooks"][0]["status"] == "active"
    assert ask("POST", f"{one}/challenge").status_code == 409
    assert ask("POST", f"{one}/pause").json()["status"] == "person"
    assert ask("POST", f"{one}/resume", json={"cursor": encode_cursor(0)}).json()["cursor"] == encode_cursor(
        0
    )
    worker.run()
    assert ear.positions == [1, 1]
    assert ask("POST", f"{one}/retry").status_code == 409
    assert ask("POST", f"{one}/secret").json()["secret"] != told["secret"]
    assert ask("DELETE", one).status_code == 204
    assert ask("GET", one).status_code == 404


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"url": "http://127.0.0.1/"}, 422),
        ({"url": "https://[::1]/"}, 422),
        ({"url": "https://u:p@1.1.1.1/"}, 422),
        ({"url": "x" * 10_000}, 422),
        ({"url": 7}, 422),
        ({"name": ""}, 422),
        ({"name": "a\x00b"}, 422),
        ({"kinds": []}, 422),
        ({"kinds": ["draft"]}, 422),
        ({"cursor": "<"}, 400),
        ({"cursor": encode_cursor(2**62)}, 422),
        ({"body": "nadie"}, 422),
        ({"body": "00000000-0000-0000-0000-000000000000"}, 404),
        ({"tenant_id": "otro"}, 422),
    ],
)
def test_bad_input_is_a_problem_and_registers_nothing(
    lone_live: LiveServer, make: Callable[..., Place], ear: Ear, changes: dict[str, Any], status: int
) -> None:
    ask = program(lone_live, make())
    answer = ask("POST", json=new(ear, **changes))
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert ask("GET").json() == {"webhooks": []}


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b"", b'{"name": "\\ud800", "url": "x", "kinds": ["release"]}']
)
def test_a_body_that_is_none_is_refused(
    lone_live: LiveServer, make: Callable[..., Place], body: bytes
) -> None:
    ask = program(lone_live, make())
    assert ask("POST", content=body).status_code in (400, 415, 422)


def test_nobody_reaches_beyond_where_the_program_works(
    lone_live: LiveServer, make: Callable[..., Place], ear: Ear
) -> None:
    place, other = make(), make()
    whole, foreign = program(lone_live, place), program(lone_live, other)
    inside = program(lone_live, place, body=place.sujetos[0])
    one = f"/{whole('POST', json=new(ear)).json()['id']}"

    assert whole("GET", slug=other.slug).status_code == 401
    for stranger in (foreign, inside):
        for method, rest in (
            ("GET", one),
            ("DELETE", one),
            *(("POST", f"{one}/{act}") for act in ("challenge", "secret", "pause", "resume", "retry")),
        ):
            assert stranger(method, rest).status_code == 404, (method, rest)
        assert stranger("GET").json() == {"webhooks": []}
    mine = inside("POST", json=new(ear)).json()
    assert mine["body"] == str(place.sujetos[0])
    assert inside("POST", json=new(ear, body=str(place.add_sujeto()))).status_code == 404
    assert program(lone_live, place, "imports:read")("GET").status_code == 403
    assert len(whole("GET").json()["webhooks"]) == 2
