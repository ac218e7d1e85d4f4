"""A file over HTTP: whole, in parts, resumed, unchanged; and what is no file."""

import gzip
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime

import orjson
import pytest
from sqlalchemy import text

from app.core import keys
from app.proof import signing
from app.settings import Settings
from app.tenancy.queries import TenantDirectory
from tests.conftest import LiveServer, Place
from tests.downloads.conftest import Shelf

NAME = "releases.jsonl.gz"


@pytest.fixture
def served(shelf: Shelf) -> Shelf:
    """A shelf with five releases in its files."""
    for _ in range(5):
        shelf.press.release()
    shelf.refresh()
    return shelf


def test_whole_with_its_validators(served: Shelf) -> None:
    answer = served.get(NAME)

    (told,) = [file for file in served.index()["files"] if file["name"] == NAME]
    assert answer.status_code == 200
    assert answer.headers["etag"] == f'"{told["sha256"]}"'
    assert answer.headers["content-length"] == str(told["bytes"]) == str(len(answer.content))
    assert answer.headers["content-type"] == "application/gzip"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert parsedate_to_datetime(answer.headers["last-modified"]).isoformat()[:19] == told["modified"][:19]
    head = served.get(NAME, "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == answer.headers["content-length"]


def test_unchanged(served: Shelf) -> None:
    first = served.get(NAME)
    before = parsedate_to_datetime(first.headers["last-modified"]) - timedelta(seconds=1)

    assert served.get(NAME, If_None_Match=first.headers["etag"]).status_code == 304
    assert served.get(NAME, If_None_Match='"other"').status_code == 200
    assert served.get(NAME, If_Modified_Since=first.headers["last-modified"]).status_code == 304
    assert served.get(NAME, If_Modified_Since=format_datetime(before, usegmt=True)).status_code == 200
    assert served.get(NAME, If_Modified_Since="ayer").status_code == 200


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=5-", 5, None), ("bytes=-7", -7, None), ("bytes=3-999999999", 3, None)],
)
def test_a_part(served: Shelf, asked: str, start: int, end: int | None) -> None:
    whole = served.get(NAME).content

    part = served.get(NAME, Range=asked)

    assert part.status_code == 206
    assert part.content == whole[start:end]
    first = start % len(whole)
    assert part.headers["content-range"] == f"bytes {first}-{first + len(part.content) - 1}/{len(whole)}"


def test_a_part_over_the_seams_of_pieces(served: Shelf) -> None:
    name = next(one for one in served.names() if one.startswith("release-package"))
    whole = served.get(name).content
    for cut in range(0, len(whole), 17):
        ends = [served.get(name, Range=f"bytes={a}-{b}") for a, b in ((0, cut), (cut + 1, len(whole)))]
        assert b"".join(one.content for one in ends if one.status_code == 206) == whole


@pytest.mark.parametrize("asked", ["bytes=999999999-", "bytes=9-3"])
def test_a_part_that_is_not_there(served: Shelf, asked: str) -> None:
    answer = served.get(NAME, Range=asked)

    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(served.get(NAME).content)}"


@pytest.mark.parametrize("asked", ["bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,3-4"])
def test_a_range_that_is_none_gives_the_whole(served: Shelf, asked: str) -> None:
    assert served.get(NAME, Range=asked).status_code == 200


def test_a_download_is_resumed_although_the_file_grew(served: Shelf) -> None:
    before = served.get(NAME)
    served.press.release()
    served.refresh()
    after = served.get(NAME)
    assert after.content != before.content

    rest = served.get(NAME, Range="bytes=100-", If_Range=before.headers["etag"])

    assert (rest.status_code, rest.headers["etag"]) == (206, before.headers["etag"])
    assert before.content[:100] + rest.content == before.content
    assert len(gzip.decompress(after.content).splitlines()) == 6
    unknown = served.get(NAME, Range="bytes=100-", If_Range=f'"{"0" * 64}"')
    assert (unknown.status_code, unknown.content) == (200, after.content)


def test_a_replaced_version_goes_after_a_day(served: Shelf) -> None:
    before = served.get(NAME)
    served.press.release()
    served.refresh()
    with served.place.database.unit_of_work(served.place.system) as session:
        session.execute(text("UPDATE download_file SET replaced_at = replaced_at - interval '25 hours'"))
    served.press.release()
    served.refresh()

    rest = served.get(NAME, Range="bytes=100-", If_Range=before.headers["etag"])

    assert (rest.status_code, rest.headers["etag"]) == (200, served.get(NAME).headers["etag"])


@pytest.mark.parametrize("name", ["otro.jsonl.gz", "releases-1999.jsonl.gz", "a%00b", "..%2Fx", "x" * 300])
def test_what_is_no_file(served: Shelf, name: str) -> None:
    answer = served.get(name)
    assert answer.status_code in (400, 404)
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_parameters_are_refused(served: Shelf) -> None:
    assert served.get(f"{NAME}?limit=3").status_code == 400
    assert served.get("indice.json?a=1").status_code == 400


def test_another_tenant_has_none_of_them(served: Shelf, other_place: Place) -> None:
    answer = served.client.get(f"/{other_place.slug}/descargas/{NAME}")
    assert answer.status_code == 404
    assert served.client.get(f"/{other_place.slug}/descargas/indice.json").json()["files"] == []


def test_before_anything_is_made_the_index_is_empty(shelf: Shelf) -> None:
    shelf.press.release()
    told = shelf.index()
    assert (told["files"], told["chain"]) == ([], None)


def test_the_index_carries_the_signed_head_of_the_chain(
    served: Shelf, site: LiveServer, settings: Settings
) -> None:
    views = [TenantDirectory(served.place.database).by_slug(served.place.slug)]

    signing.sign_due(served.place.database, keys.of(settings), views)
    site.app.state.directory.forget()

    told = served.index()["signedHead"]
    chain = served.client.get(f"/{served.place.slug}/api/v1/chain").json()
    assert told == chain["signedHead"]
    assert orjson.loads(told["head"])["entryHash"] == chain["entryHash"]
