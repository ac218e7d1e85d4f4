"""What HTTP carries for the publication API: codings, dates, refusals to browsers, and what proxies may say."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import httpx2
import pytest
import zstandard

from app.core.db import Database
from app.core.storage import Storage
from app.main import create_app
from app.openapi import answers
from app.settings import Settings
from tests.conftest import LiveServer, serve_app
from tests.openapi.conftest import Publisher, World

AT_ONCE = timedelta(0)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("zstd", "zstd"),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("ZSTD;q=1", "zstd"),
        ("*", "zstd"),
        ("*;q=0, gzip;q=0.1", "gzip"),
        ("zstd;q=0, br", None),
        ("gzip;q=nada", None),
        ("identity", None),
        ("", None),
    ],
)
def test_the_coding_is_the_one_that_the_client_likes_best(
    world: World, publisher: Publisher, asked: str, given: str | None
) -> None:
    [(ocid, release_id)] = publisher.publish()

    for address in ("releases", "records", f"releases/{ocid}/{release_id}"):
        plain = world.get(address)
        packed = world.get(address, Accept_Encoding=asked)

        assert packed.headers.get("content-encoding") == given
        body = packed.content  # the client opens gzip by itself
        assert (zstandard.decompress(body) if given == "zstd" else body) == plain.content
        assert (packed.headers["etag"] == plain.headers["etag"]) is (given is None)
        assert packed.headers["vary"] == "Accept-Encoding"


def test_what_is_packed_needs_little_memory_to_be_opened(world: World, publisher: Publisher) -> None:
    body = answers.make(b"".join(b"%d" % number for number in range(2_000_000)), coding=b"zstd").body

    # RFC 9659: what travels over HTTP is opened in a window of 8 MiB.
    assert zstandard.get_frame_parameters(body).window_size <= 8 * 2**20


def test_a_date_spares_the_bytes_of_what_has_not_changed_since(world: World, publisher: Publisher) -> None:
    [(ocid, release_id)] = publisher.publish()
    for coding in ("identity", "zstd"):
        address = f"releases/{ocid}/{release_id}"
        first = world.get(address, Accept_Encoding=coding)
        stamp = first.headers["last-modified"]

        again = world.get(address, Accept_Encoding=coding, If_Modified_Since=stamp)
        before = format_datetime(parsedate_to_datetime(stamp) - timedelta(seconds=1), usegmt=True)

        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert world.get(address, "HEAD", If_Modified_Since=stamp).status_code == 304
        for changed in (before, "ayer", "", "Mon, 99 Nov 2026 00:00:00 GMT"):
            assert world.get(address, If_Modified_Since=changed).status_code == 200, changed
        # A tag knows better.
        assert world.get(address, If_Modified_Since=stamp, If_None_Match='"otra"').status_code == 200


def test_a_list_has_a_date_only_when_its_second_is_over(
    world: World, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    [(ocid, release_id)] = publisher.publish()
    lists = ("releases", "records", f"releases/{ocid}", f"records/{ocid}", "withdrawals", "transfers")
    now = format_datetime(datetime.now(UTC), usegmt=True)
    for address in lists:
        fresh = world.get(address, If_Modified_Since=now)
        assert (fresh.status_code, "last-modified" in fresh.headers) == (200, False), address

    monkeypatch.setattr(answers, "_SETTLED_AFTER", AT_ONCE)
    stamps = {address: world.get(address).headers["last-modified"] for address in lists}

    for address, stamp in stamps.items():
        assert world.get(address, If_Modified_Since=stamp).status_code == 304, address
        past = format_datetime(parsedate_to_datetime(stamp) - timedelta(seconds=1), usegmt=True)
        assert world.get(address, If_Modified_Since=past).status_code == 200, address
    publisher.withdraw(ocid, release_id)
    assert parsedate_to_datetime(world.get("releases").headers["last-modified"]) >= parsedate_to_datetime(
        stamps["releases"]
    )


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("releases/x", 404),
        ("records/x", 404),
        ("releases?limit=0", 400),
        ("nada", 404),
        ("nada/de/nada", 404),
        ("/nadie/api/v1/releases", 404),
        ("/api/v1/nada", 404),
        ("/ocds/perfil/nada", 404),
        ("releases/%00", 400),
        ("records?q=%ff", 400),
    ],
)
def test_a_browser_is_refused_in_the_words_of_a_program_and_any_page_may_read_them(
    world: World, address: str, status: int
) -> None:
    answer = world.get(
        address, Accept="text/html,application/xhtml+xml,*/*;q=0.8", Origin="https://x.example"
    )

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert (problem["status"], problem["request_id"]) == (status, answer.headers["x-request-id"])
    assert problem["title"]
    assert problem["detail"]


@pytest.fixture(scope="module")
def far_from_the_proxy(settings: Settings, database: Database, storage: Storage) -> Iterator[LiveServer]:
    """The service, which believes a proxy that is not this machine."""
    yield from serve_app(create_app(settings, database, storage), forwarded_allow_ips="192.0.2.1")


FORGED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "malo.example",
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Port": "444",
    "Forwarded": "host=malo.example;proto=https",
    "X-Original-URL": "/entrar",
    "X-Rewrite-URL": "/entrar",
}


def test_only_a_trusted_proxy_says_how_the_world_asks(
    world: World, publisher: Publisher, far_from_the_proxy: LiveServer
) -> None:
    [(ocid, release_id)] = publisher.publish()
    far_from_the_proxy.app.state.directory.forget()
    for address in ("releases", "records", f"releases/{ocid}/{release_id}", ""):
        path = f"{world.base}/{address}"
        with httpx2.Client(base_url=far_from_the_proxy.url, headers=FORGED) as stranger:
            told = stranger.get(path).text
        assert "malo.example" not in told
        assert f"{far_from_the_proxy.url}{world.base}/" in told

        believed = world.get(
            address, **{name.replace("-", "_"): value for name, value in FORGED.items()}
        ).text
        assert "malo.example" not in believed  # no proxy gives a host but by the host's own header
        assert f"{world.url.replace('http:', 'https:')}{world.base}/" in believed
