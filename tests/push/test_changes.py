"""The list of changes as a program follows it: nothing lost, nothing twice, nothing of what was withdrawn."""

import gzip
import hashlib
from collections.abc import Callable
from typing import Any

import httpx2
import orjson
import pytest

from app.core.pagination import encode_cursor
from app.core.storage import Storage
from app.push import changes
from tests.conftest import Place
from tests.continuity.test_transfer import move
from tests.openapi.conftest import Publisher, World


def told(answer: httpx2.Response) -> list[dict[str, Any]]:
    """The lines of an answer."""
    assert answer.status_code == 200, answer.text
    return [orjson.loads(line) for line in answer.content.splitlines()]


def following(answer: httpx2.Response) -> str:
    """The address of what follows."""
    return str(answer.links["next"]["url"])


def test_a_publication_is_a_line_that_leads_to_the_release(world: World, publisher: Publisher) -> None:
    [(ocid, release_id)] = publisher.publish()
    _, body = publisher.stored(ocid, release_id)

    answer = world.get("changes")

    assert answer.headers["content-type"] == "application/x-ndjson"
    [line] = told(answer)
    assert (line["kind"], line["ocid"], line["release_id"]) == ("release", ocid, release_id)
    assert (line["available"], line["sha256"]) == (True, hashlib.sha256(body).hexdigest())
    [release] = world.get(line["release"]).json()["releases"]
    assert (release["date"], release["tag"]) == (line["date"], line["tag"])
    assert world.get(line["record"]).json()["records"][0]["ocid"] == ocid


def test_a_loop_that_keeps_the_cursor_of_its_last_line_hears_everything_once(
    world: World, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "BATCH", 2)
    published = [publisher.publish()[0] for _ in range(7)]
    heard: list[tuple[str, str]] = []

    address = "changes?limit=5"
    while lines := told(world.get(address)):
        heard += [(line["ocid"], line["release_id"]) for line in lines]
        address = f"changes?limit=5&cursor={lines[-1]['cursor']}"
    published += publisher.publish()
    heard += [(line["ocid"], line["release_id"]) for line in told(world.get(address))]

    assert heard == published


def test_the_link_leads_on_from_any_page_also_from_an_empty_one(world: World, publisher: Publisher) -> None:
    empty = world.get("changes")
    assert (empty.status_code, empty.content) == (200, b"")

    first = [publisher.publish()[0] for _ in range(3)]
    page = world.get(following(empty) + "&limit=2")
    rest = world.get(following(page))

    heard = [(line["ocid"], line["release_id"]) for line in told(page) + told(rest)]
    assert heard == first
    assert told(world.get(following(rest))) == []


def test_a_withdrawal_tells_its_ground_and_no_text(world: World, publisher: Publisher) -> None:
    [(ocid, release_id)] = publisher.publish(title="Esto se va a retirar")
    before = world.get("changes")
    publisher.withdraw(ocid, release_id, ground="Artículo 116")

    answer = world.get("changes", If_None_Match=before.headers["etag"])

    release, withdrawal = told(answer)
    assert (release["kind"], release["available"]) == ("release", False)
    assert world.get(release["release"]).status_code == 410
    assert withdrawal["kind"] == "withdrawal"
    assert (withdrawal["ocid"], withdrawal["release_id"]) == (ocid, release_id)
    assert withdrawal["ground"] == "Artículo 116"
    assert withdrawal["sha256"] == release["sha256"]
    assert "Esto se va a retirar" not in answer.text


def test_a_process_that_goes_to_another_tenant_is_told_by_both(
    world: World, publisher: Publisher, make_place: Callable[..., Place], storage: Storage
) -> None:
    [(ocid, _)] = publisher.publish()
    there = make_place(policy="direct")
    move(publisher.place, there, storage)
    world_knows = world.get(f"/{there.slug}/api/v1/changes")

    gone, come = told(world.get("changes"))[-1], told(world_knows)[-1]

    assert (gone["kind"], come["kind"]) == ("transfer_out", "transfer_in")
    assert gone["publisher"] == f"{world.url}/{there.slug}/"
    assert come["publisher"] == f"{world.url}/{publisher.place.slug}/"
    assert gone["record"] == come["record"] == f"{world.url}/{there.slug}/api/v1/records/{ocid}"
    assert gone["ground"] == come["ground"]


def test_whoever_holds_the_page_gets_304(world: World, publisher: Publisher) -> None:
    publisher.publish()
    first = world.get("changes")

    again = world.get("changes", If_None_Match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["link"] == first.headers["link"]

    publisher.publish()
    assert len(told(world.get("changes", If_None_Match=first.headers["etag"]))) == 2


def test_head_tells_the_headers_and_gzip_the_same_lines(world: World, publisher: Publisher) -> None:
    publisher.publish()
    plain = world.get("changes")

    with (
        httpx2.Client() as client,
        client.stream(
            "GET", f"{world.url}{world.base}/changes", headers={"Accept-Encoding": "gzip"}
        ) as packed,
    ):
        body = gzip.decompress(b"".join(packed.iter_raw()))
        assert packed.headers["etag"] != plain.headers["etag"]
    head = world.get("changes", method="HEAD")

    assert body == plain.content
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == plain.headers["etag"]
    assert plain.headers["access-control-allow-origin"] == "*"
    assert "Link" in plain.headers["access-control-expose-headers"]


def test_since_starts_at_a_moment(world: World, publisher: Publisher) -> None:
    publisher.publish()
    [second] = publisher.publish()
    date = told(world.get("changes"))[1]["date"]

    lines = told(world.get(f"changes?since={date}"))

    assert [(line["ocid"], line["release_id"]) for line in lines] == [second]
    later = world.get("changes?since=2999-01-01")
    assert told(later) == []
    publisher.publish()
    assert len(told(world.get(following(later)))) == 1


@pytest.mark.parametrize(
    "query",
    [
        "cursor=x",
        f"cursor={encode_cursor(5)}",
        f"cursor={encode_cursor(-1)}",
        f"cursor={encode_cursor(1, '<')}",
        "limit=0",
        "limit=100001",
        "limit=%C2%B2",
        "order=desc",
        "since=ayer",
        "limit=1&limit=2",
    ],
)
def test_what_is_asked_wrongly_is_refused(world: World, publisher: Publisher, query: str) -> None:
    publisher.publish()
    answer = world.get(f"changes?{query}")

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "*"


def test_nobody_hears_of_another_tenant(
    world: World, publisher: Publisher, make_place: Callable[..., Place]
) -> None:
    other = Publisher(make_place(policy="direct"))
    other.publish()
    [(ocid, _)] = publisher.publish()

    assert [line["ocid"] for line in told(world.get("changes"))] == [ocid]
    assert world.get("/nadie/api/v1/changes").status_code == 404
