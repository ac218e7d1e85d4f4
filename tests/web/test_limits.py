"""How often one client may ask: who counts as one, who may ask more, and what the answers say."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.responses import PlainTextResponse

from app.core import clock
from app.settings import Settings
from app.web import errors, health, limits
from app.web.limits import FairUse
from app.web.middleware import Gateway

ASKED = "198.51.100.7"


def fair(**changes: Any) -> FairUse:
    return FairUse(
        Settings(
            **{"fair_requests": 5, "fair_known_requests": 20, "fair_uncounted": "127.0.0.0/8", **changes}
        )
    )


def scope(client: str | None = ASKED, path: str = "/x", **headers: str) -> dict[str, Any]:
    return {
        "type": "http",
        "path": path,
        "client": None if client is None else (client, 1),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }


def allowed(use: FairUse, *asked: dict[str, Any], times: int = 40) -> int:
    """Ask so many times, in turns, all within one minute; return how many went on."""
    return sum(use.take(dict(asked[number % len(asked)])).error is None for number in range(times))


@pytest.fixture(autouse=True)
def one_minute(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """A clock that stands still until a test moves it."""
    at = [clock.now()]
    monkeypatch.setattr(clock, "now", lambda: at[0])
    return at  # type: ignore[return-value]


def test_a_client_may_ask_so_often_and_no_more() -> None:
    use = fair()

    assert allowed(use, scope()) == 5
    assert allowed(use, scope("198.51.100.8")) == 5


def test_nobody_is_counted_where_no_limit_is_set() -> None:
    assert allowed(fair(fair_requests=0), scope()) == 40


def test_a_request_counts_once_however_many_layers_ask() -> None:
    use, one = fair(), scope()

    assert len({id(use.take(one)) for _ in range(40)}) == 1
    assert allowed(use, scope()) == 4


@pytest.mark.parametrize(
    ("others", "same"),
    [
        ("2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::", True),
        ("2001:db8:1:3::1", False),
        ("198.51.100.7", False),
    ],
)
def test_a_network_of_64_bits_is_one_client(others: str, same: bool) -> None:
    assert allowed(fair(), scope("2001:db8:1:2::1"), scope(others)) == (5 if same else 10)


def test_an_address_written_in_both_ways_is_one_client() -> None:
    assert allowed(fair(), scope("::ffff:198.51.100.7"), scope("198.51.100.7")) == 5


@pytest.mark.parametrize(
    ("listed", "asked", "expected"),
    [
        ("198.51.100.0/24", scope(), 20),
        ("203.0.113.0/24", scope(), 5),
        ("2001:db8::/32", scope("2001:db8:1:2::1"), 20),
        ("2001:db8:1:2::1", scope("2001:db8:1:2::9"), 20),
        ("cosechadora", scope(user_agent="Cosechadora/2.1 (+https://ejemplo.org)"), 20),
        ("cosechadora", scope(user_agent="Mozilla/5.0 cosechadora"), 5),
        ("", scope(user_agent="cosechadora"), 5),
        ("", scope(cookie="a=b; ca_session=x"), 20),
        ("", scope(authorization="Bearer x"), 20),
        ("", scope("no es una dirección"), 5),
    ],
)
def test_known_harvesters_and_who_works_here_may_ask_more(
    listed: str, asked: dict[str, Any], expected: int
) -> None:
    assert allowed(fair(fair_known=listed), asked) == expected


@pytest.mark.parametrize(
    "asked",
    [
        scope("127.0.0.1"),
        scope("127.9.9.9"),
        scope(None),
        scope(path="/health"),
        scope(path="/ready"),
        scope(path="/metrics"),
        scope(path="/static/app.css"),
    ],
)
def test_this_machine_and_what_supervisors_and_pages_need_is_not_limited(asked: dict[str, Any]) -> None:
    assert allowed(fair(), asked) == 40


def test_what_is_not_limited_leaves_the_rest_its_share() -> None:
    use = fair()
    allowed(use, scope(path="/static/app.css"), scope(path="/health"))

    assert allowed(use, scope()) == 5


def test_the_next_minute_begins_anew(one_minute: list[Any]) -> None:
    use = fair()
    assert allowed(use, scope()) == 5
    wait = dict(use.take(scope()).error.headers)["Retry-After"]  # type: ignore[union-attr]

    one_minute[0] = one_minute[0].fromtimestamp(one_minute[0].timestamp() + int(wait), one_minute[0].tzinfo)

    assert allowed(use, scope()) == 5


def test_a_client_is_told_before_it_is_refused() -> None:
    use = fair(fair_requests=10)
    told = [dict(use.take(scope()).headers) for _ in range(11)]

    assert told[:5] == [{}] * 5
    assert told[5][b"ratelimit-policy"] == b'"minuto";q=10;w=60'
    assert [headers[b"ratelimit"].split(b";")[1] for headers in told[5:]] == [
        b"r=4",
        b"r=3",
        b"r=2",
        b"r=1",
        b"r=0",
        b"r=0",
    ]


def test_a_million_addresses_fill_no_memory_and_hide_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_CLIENTS", 1000)
    use = fair()
    assert allowed(use, scope()) == 5

    for number in range(50_000):
        use.take(scope(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"))
        assert len(use) <= 1001

    assert allowed(use, scope()) == 0


@contextmanager
def served(use: FairUse, proxies: str) -> Iterator[httpx2.Client]:
    """A small service behind a gateway that counts."""
    app = FastAPI()
    app.add_middleware(Gateway, fair_use=use)
    errors.install(app)
    app.include_router(health.router)

    @app.get("/jalisco/api/v1/x")
    @app.get("/pagina")
    async def answer() -> PlainTextResponse:
        return PlainTextResponse("aquí")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_config=None, access_log=False, forwarded_allow_ips=proxies)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            with httpx2.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
                yield client
        finally:
            server.should_exit = True
            thread.join(10)


Forge = Callable[[int], str]


@pytest.mark.parametrize(
    ("proxies", "forge", "expected"),
    [
        # The proxy appends who asked it: what the client wrote before that is worth nothing.
        ("127.0.0.1", lambda number: f"203.0.113.{number}, {ASKED}", 5),
        ("127.0.0.1", lambda number: f"127.0.0.1, {ASKED}", 5),
        ("127.0.0.1", lambda number: f"203.0.113.{number}", 9),
        # Whoever is no trusted proxy says what they like.
        ("192.0.2.1", lambda number: f"203.0.113.{number}", 5),
    ],
)
def test_only_a_trusted_proxy_says_who_asks(proxies: str, forge: Forge, expected: int) -> None:
    with served(fair(fair_uncounted=""), proxies) as client:
        given = [
            client.get("/pagina", headers={"X-Forwarded-For": forge(number)}).status_code
            for number in range(9)
        ]

    assert given.count(200) == expected
    assert given.count(429) == 9 - expected


def test_a_refusal_says_when_to_come_back_to_programs_and_to_people() -> None:
    with served(fair(), "127.0.0.1") as client:
        client.headers["X-Forwarded-For"] = ASKED
        for _ in range(5):
            assert client.get("/jalisco/api/v1/x").status_code == 200
        machine = client.get("/jalisco/api/v1/x")
        person = client.get("/pagina", headers={"Accept": "text/html"})
        health = client.get("/health")

    assert machine.status_code == person.status_code == 429
    assert 1 <= int(machine.headers["retry-after"]) <= 61
    assert machine.headers["ratelimit-policy"] == '"minuto";q=5;w=60'
    assert machine.headers["ratelimit"].startswith('"minuto";r=0;t=')
    assert machine.headers["cache-control"] == "no-store"
    assert machine.headers["access-control-allow-origin"] == "*"
    assert "Retry-After" in machine.headers["access-control-expose-headers"]
    assert machine.headers["content-type"] == "application/problem+json"
    assert machine.json()["type"] == "urn:problem:demasiadas-solicitudes"
    assert "más de 5 solicitudes" in machine.json()["detail"]
    assert person.headers["content-type"].startswith("text/html")
    assert "Demasiadas solicitudes en un minuto" in person.text
    assert health.status_code == 200
