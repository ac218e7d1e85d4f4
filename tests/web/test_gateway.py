"""What the gate lets in, what it adds on the way out, what it writes down."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
import pytest

from tests.web.conftest import Log

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'none'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize("path", ["/_components", "/error/no-encontrado", "/boom", "/nada", "/%00", "/api/x"])
def test_every_answer_carries_the_security_headers(web: httpx2.Client, path: str) -> None:
    headers = web.get(path).headers

    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


def test_https_alone_gets_strict_transport_security(web: httpx2.Client) -> None:
    plain = web.get("/_components")
    secure = web.get("/_components", headers={"X-Forwarded-Proto": "https"})

    assert "strict-transport-security" not in plain.headers
    assert secure.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


def test_a_route_may_state_its_own_policy(web: httpx2.Client) -> None:
    assert web.get("/prefijo/interior/hoja/a").headers.get_list("content-security-policy") == [
        "default-src *"
    ]


def test_a_good_request_id_is_echoed(web: httpx2.Client) -> None:
    assert (
        web.get("/nada", headers={"X-Request-ID": "abc-DEF_12.3"}).headers["x-request-id"] == "abc-DEF_12.3"
    )


@pytest.mark.parametrize(
    "bad", ["corto", "x" * 65, "con espacio dentro", "<script>alert(1)", "-empieza-mal", ""]
)
def test_a_bad_request_id_is_replaced(web: httpx2.Client, bad: str) -> None:
    given = web.get("/nada", headers={"X-Request-ID": bad}).headers["x-request-id"]

    assert UUID(given).hex == given


def test_the_access_line_names_the_route_and_never_the_query_or_the_cookies(
    web: httpx2.Client, log: Log
) -> None:
    reply = web.get(
        "/prefijo/interior/hoja/persona?token=SECRETO",
        headers={"X-Request-ID": "access-line-1", "Cookie": "sesion=SECRETO"},
    )

    (line,) = log("access-line-1")
    assert (line["event"], line["method"], line["status"]) == ("request", "GET", 200)
    assert line["route"] == "/prefijo/interior/hoja/{name}"
    assert line["bytes"] == len(reply.content)
    assert line["ms"] >= 0
    assert "SECRETO" not in json.dumps(line)
    assert "persona" not in json.dumps(line)


def test_the_unforeseen_is_500_and_logged_with_its_traceback(web: httpx2.Client, log: Log) -> None:
    reply = web.get("/boom", headers={"X-Request-ID": "unforeseen-1"})

    assert reply.status_code == 500
    assert "secreto-en-el-mensaje" not in reply.text
    assert "unforeseen-1" in reply.text
    unforeseen, access = log("unforeseen-1")
    assert access["status"] == 500
    assert unforeseen["level"] == "error"
    assert unforeseen["exception"][0]["exc_type"] == "ZeroDivisionError"
    assert any(frame["name"] == "boom" for frame in unforeseen["exception"][0]["frames"])


def test_the_unforeseen_in_the_middle_of_an_answer_cuts_the_connection(web: httpx2.Client, log: Log) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        web.get("/boom-a-medias", headers={"X-Request-ID": "unforeseen-2"})

    assert any(line["event"] == "unforeseen" for line in log("unforeseen-2"))


@pytest.mark.parametrize(
    "path",
    [
        "/%00",
        "/x%00y",
        "/%ff",
        "/%c3",
        "/nada?q=%00",
        "/nada?q=%E9",
        "/nada?q=a%C3%28",
        "/jalisco/api/v1/%ff",
    ],
)
def test_unreadable_addresses_are_400(web: httpx2.Client, path: str) -> None:
    assert web.get(path).status_code == 400


@pytest.mark.parametrize(
    "path", ["/ñandú", "/a%20b", "/nada?q=M%C3%A9xico+y+m%C3%A1s", "/nada?q=100%25", "/%"]
)
def test_readable_addresses_reach_the_routes(web: httpx2.Client, path: str) -> None:
    assert web.get(path).status_code == 404


def test_the_limit_counts_what_was_declared(web: httpx2.Client) -> None:
    assert web.post("/crudo", content=b"x" * 1000).text == "1000"
    refused = web.post("/crudo", content=b"x" * 1001)
    assert refused.status_code == 413
    assert "1.0\N{NO-BREAK SPACE}kB" in refused.text


@pytest.mark.parametrize("path", ["/crudo", "/json", "/formulario"])
def test_the_limit_counts_what_comes_in_chunks(web: httpx2.Client, path: str) -> None:
    def chunks(count: int) -> Iterator[bytes]:
        yield from [b"x" * 100] * count

    kind = {"/crudo": "text/plain", "/json": "application/json"}.get(
        path, "application/x-www-form-urlencoded"
    )
    within = web.post(path, content=chunks(10), headers={"Content-Type": kind})
    beyond = web.post(path, content=chunks(11), headers={"Content-Type": kind})

    assert within.status_code != 413
    assert beyond.status_code == 413


def test_uploads_have_their_own_limit(web: httpx2.Client) -> None:
    assert web.post("/jalisco/importar", content=b"x" * 50_000).text == "50000"
    assert web.post("/jalisco/importar", content=b"x" * 50_001).status_code == 413


def test_a_client_that_leaves_is_no_failure(address: str, log: Log) -> None:
    host, port = urlsplit(address).hostname, urlsplit(address).port
    with socket.create_connection((host, port)) as raw:
        raw.sendall(
            b"POST /crudo HTTP/1.1\r\nHost: x\r\nX-Request-ID: left-early-1\r\nContent-Length: 500\r\n\r\nabc"
        )

    (line,) = log("left-early-1")
    assert (line["event"], line["status"]) == ("request", 499)


def test_other_hosts_pages_cannot_act(web: httpx2.Client, address: str) -> None:
    own = urlsplit(address).netloc

    def status(**headers: str) -> int:
        return web.post(
            "/crudo", headers={name.replace("_", "-"): value for name, value in headers.items()}
        ).status_code

    assert status(Sec_Fetch_Site="same-origin") == 200
    assert status(Sec_Fetch_Site="none") == 200
    assert status(Sec_Fetch_Site="cross-site") == 403
    assert status(Sec_Fetch_Site="same-site") == 403
    assert status(Sec_Fetch_Site="cross-site", Origin=f"http://{own}") == 403
    assert status() == 200
    assert status(Origin=f"http://{own}") == 200
    assert status(Origin="http://evil.example") == 403
    assert status(Origin="http://127.0.0.1:1") == 403
    assert status(Origin="null") == 403
    assert status(Origin="http://[") == 403
    assert status(Sec_Fetch_Site="cross-site", Authorization="Bearer abc") == 200
    assert status(Sec_Fetch_Site="cross-site", Authorization="Bearer abc", Cookie="sesion=1") == 403
    assert status(Sec_Fetch_Site="cross-site", Authorization="Basic abc") == 403


def test_reading_is_free_for_all_pages(web: httpx2.Client) -> None:
    assert web.get("/_components", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
