"""Releases as the world reads them: bytes, pages, permanent addresses, withdrawal."""

import asyncio
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import httpx2
import orjson
import pytest

from app.openapi import queries
from app.processes.service import DocumentWrite, save_documents
from app.publication.chain import rfc3339
from tests.conftest import Place
from tests.factories import document
from tests.openapi.conftest import Publisher, World


def test_the_bytes_of_a_release_are_the_same_at_every_address(world: World, publisher: Publisher) -> None:
    [(ocid, release_id)] = publisher.publish(language="es")
    _, body = publisher.stored(ocid, release_id)

    addresses = ["releases", f"releases/{ocid}", f"releases/{ocid}/{release_id}"]
    answers = [world.get(address) for address in addresses]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [body in answer.content for answer in answers] == [True, True, True]
    assert [answer.json()["releases"] for answer in answers] == [[orjson.loads(body)]] * 3


def test_a_release_package_says_who_publishes_and_where(world: World, publisher: Publisher) -> None:
    [(ocid, release_id)] = publisher.publish()

    package = world.get(f"releases/{ocid}/{release_id}").json()

    assert package["uri"] == f"{world.url}{world.base}/releases/{ocid}/{release_id}"
    assert package["version"] == "1.1"
    assert package["publishedDate"] == package["releases"][0]["date"]
    assert package["publisher"]["name"].startswith("Organismo Garante de Prueba")
    assert f"{world.url}/ocds/perfil/extension.json" in package["extensions"]


def test_many_who_ask_at_once_get_each_their_own(world: World, publisher: Publisher) -> None:
    keys = publisher.publish(*(f"{publisher.place.prefix}-{number}" for number in range(40)))
    asked = [key for ocid, release_id in keys for key in ((ocid, release_id), (ocid, f"{release_id}-no"))]

    async def all_at_once() -> list[httpx2.Response]:
        async with httpx2.AsyncClient(base_url=world.url, timeout=30) as client:
            addresses = (f"{world.base}/releases/{ocid}/{release_id}" for ocid, release_id in asked)
            return await asyncio.gather(*(client.get(address) for address in addresses))

    answers = asyncio.run(all_at_once())

    assert [answer.status_code for answer in answers] == [200, 404] * len(keys)
    assert [answer.json()["releases"][0]["id"] for answer in answers[::2]] == [key[1] for key in keys]


def test_pages_hold_every_release_once_in_the_order_of_the_chain(world: World, publisher: Publisher) -> None:
    published = [publisher.publish()[0] for _ in range(5)]

    pages = list(world.all_pages("releases?limit=2"))

    assert [len(page["releases"]) for page in pages] == [2, 2, 1, 0]
    seen = [(release["ocid"], release["id"]) for page in pages for release in page["releases"]]
    assert seen == published
    assert {page["total"] for page in pages} == {5}


def test_every_page_with_releases_has_an_absolute_next_link_that_a_poller_can_keep(
    world: World, publisher: Publisher
) -> None:
    publisher.publish()
    link = world.get("releases").json()["links"]["next"]
    assert link.startswith(f"{world.url}{world.base}/releases?cursor=")
    assert world.get(link).json()["releases"] == []

    [(ocid, _)] = publisher.publish()

    assert [release["ocid"] for release in world.get(link).json()["releases"]] == [ocid]


def test_an_empty_page_says_so_without_a_next_link(world: World) -> None:
    package = world.get("releases").json()

    assert (package["releases"], package["total"], "links" in package) == ([], 0, False)


def test_a_page_ends_before_it_grows_too_heavy(
    world: World, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = [publisher.publish()[0] for _ in range(3)]
    _, body = publisher.stored(*published[0])
    monkeypatch.setattr(queries, "PAGE_BYTES", len(body) + 1)

    pages = list(world.all_pages("releases"))

    # The page takes what begins within the budget: two, then the last one.
    assert [len(page["releases"]) for page in pages] == [2, 1, 0]


def test_since_starts_at_a_moment(world: World, publisher: Publisher) -> None:
    publisher.publish()
    [second] = publisher.publish()
    [third] = publisher.publish()
    date = world.get("releases/{}/{}".format(*second)).json()["releases"][0]["date"]

    package = world.get(f"releases?since={date}").json()

    assert [(release["ocid"], release["id"]) for release in package["releases"]] == [second, third]
    assert "since" not in parse_qs(urlsplit(package["links"]["next"]).query)


@pytest.mark.parametrize(
    ("since", "found"),
    [
        ("2020-01-01", 1),
        ("2020-01-01T00:00:00", 1),
        ("2020-01-01T00:00:00Z", 1),
        ("2020-01-01t00:00:00.5-06:00", 1),
        ("2020-01-01T00:00:00+02:00", 1),  # the plus sign arrives as a space
        ("2020-01-01T00:00:00%2B02:00", 1),
        ("2999-12-31", 0),
    ],
)
def test_since_reads_dates_and_moments(world: World, publisher: Publisher, since: str, found: int) -> None:
    publisher.publish()

    assert len(world.get(f"releases?since={since}").json()["releases"]) == found


def test_since_without_an_offset_is_the_tenants_own_time(world: World, publisher: Publisher) -> None:
    [key] = publisher.publish()
    utc = world.get("releases/{}/{}".format(*key)).json()["releases"][0]["date"]

    # In Mexico City it is six hours earlier: the same digits, read there, are six hours later.
    assert world.get(f"releases?since={utc}").json()["releases"]
    assert not world.get(f"releases?since={utc.removesuffix('Z')}").json()["releases"]


def test_until_ends_at_a_moment_or_with_its_day(world: World, publisher: Publisher) -> None:
    published = [publisher.publish()[0] for _ in range(3)]
    dates = [world.get("releases/{}/{}".format(*key)).json()["releases"][0]["date"] for key in published]

    def between(query: str) -> list[tuple[str, str]]:
        pages = world.all_pages(f"releases?limit=1&{query}")
        return [(release["ocid"], release["id"]) for page in pages for release in page["releases"]]

    assert between(f"until={dates[1]}") == published[:2]
    assert between(f"since={dates[1]}&until={dates[1]}") == published[1:2]
    assert between(f"since={dates[1]}&order=desc") == published[:0:-1]
    assert between(f"until={dates[1]}&order=desc") == published[1::-1]
    assert between("until=2020-01-01") == []
    assert between("until=2999-12-31") == published
    of_one = world.get(f"releases/{published[0][0]}?until={dates[0]}").json()["releases"]
    assert [release["id"] for release in of_one] == [published[0][1]]
    assert world.get(f"releases/{published[2][0]}?until={dates[0]}").json()["releases"] == []


def test_a_date_alone_means_its_whole_day_where_the_tenant_is(world: World, publisher: Publisher) -> None:
    [key] = publisher.publish()
    utc = world.get("releases/{}/{}".format(*key)).json()["releases"][0]["date"]
    day = datetime.fromisoformat(utc).astimezone(ZoneInfo("America/Mexico_City")).date()

    found = [
        len(world.get(f"releases?until={day + timedelta(days=ahead)}").json()["releases"])
        for ahead in (-1, 0)
    ]

    assert found == [0, 1]


@pytest.mark.parametrize("kind", ["releases", "records", "releases/{}"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_back_from_any_page_leads_through_the_pages_before_it(
    world: World, publisher: Publisher, kind: str, order: str
) -> None:
    ocids = [publisher.publish()[0][0] for _ in range(5)]
    if kind == "releases/{}":
        kind = kind.format(ocids[0])
        for language in ("en", "fr", "de", "it"):
            publisher.publish(ocids[0], language=language)
    elements = kind.partition("/")[0]

    def told(page: dict[str, Any]) -> list[Any]:
        return [one.get("compiledRelease", one)["date"] for one in page[elements]]

    pages = list(world.all_pages(f"{kind}?limit=2&order={order}"))[:-1]
    back = [pages[-1]]
    while "prev" in (links := back[0].get("links", {})):
        back.insert(0, world.get(links["prev"]).json())

    assert [len(page[elements]) for page in pages] == [2, 2, 1]
    dates = [date for page in pages for date in told(page)]
    assert dates == sorted(dates, reverse=order == "desc")
    # Before the first page stands an empty one, since nobody counts what is left.
    assert [told(page) for page in back] == [[], *map(told, pages)]
    assert "prev" not in pages[0]["links"]
    # And forward again from a page that was reached backwards.
    assert told(world.get(back[1]["links"]["next"]).json()) == told(pages[1])


def test_withdrawals_and_transfers_are_told_newest_first_too(world: World, publisher: Publisher) -> None:
    keys = [publisher.publish()[0] for _ in range(3)]
    for key in keys:
        publisher.withdraw(*key)

    pages = list(world.all_pages("withdrawals?limit=2&order=desc"))

    assert [gone["ocid"] for page in pages for gone in page["withdrawals"]] == [key[0] for key in keys[::-1]]
    assert world.get(pages[1]["links"]["prev"]).json()["withdrawals"] == pages[0]["withdrawals"]
    assert world.get("transfers?order=desc").json()["transfers"] == []


def test_a_process_lists_its_own_releases(world: World, publisher: Publisher) -> None:
    [(ocid, first)] = publisher.publish()
    [(_, second)] = publisher.publish(ocid, language="en")
    publisher.publish()

    pages = list(world.all_pages(f"releases/{ocid}?limit=1"))

    assert [[release["id"] for release in page["releases"]] for page in pages] == [[first], [second], []]
    assert {page["total"] for page in pages} == {2}


@pytest.mark.parametrize(
    "tail", ["A/B-2026", "á ñ/ü", "x?y&z=1", "100%", "a#b", "..", "a;b,c", "😀", "a/../b"]
)
def test_odd_identifiers_have_addresses_that_work(world: World, publisher: Publisher, tail: str) -> None:
    ocid = f"{publisher.place.prefix}-{tail}"
    [(_, release_id)] = publisher.publish(ocid)
    record = world.get("records").json()["records"][0]

    linked = world.get(record["releases"][0]["url"].partition("#")[0])
    of_process = world.get(linked.json()["uri"].rpartition("/")[0])

    assert [release["id"] for release in linked.json()["releases"]] == [release_id]
    assert [release["ocid"] for release in of_process.json()["releases"]] == [ocid]
    alone = world.get(linked.json()["uri"].rpartition("/")[0].replace("/releases/", "/records/"))
    assert alone.json()["records"][0]["ocid"] == ocid


def test_an_address_whose_slashes_a_proxy_decoded_still_works(world: World, publisher: Publisher) -> None:
    ocid = f"{publisher.place.prefix}-A/B"
    [(_, release_id)] = publisher.publish(ocid)

    one, listed = world.get(f"releases/{ocid}/{release_id}"), world.get(f"releases/{ocid}")

    assert one.json()["releases"][0]["id"] == release_id
    assert listed.json()["releases"][0]["ocid"] == ocid


def test_another_case_of_the_prefix_leads_to_the_permanent_address(
    world: World, publisher: Publisher
) -> None:
    [(ocid, release_id)] = publisher.publish()
    shouted = publisher.place.prefix.upper() + ocid.removeprefix(publisher.place.prefix)

    answer = world.get(f"releases/{shouted}/{release_id}")

    assert answer.status_code == 308
    assert answer.headers["location"] == f"{world.url}{world.base}/releases/{ocid}/{release_id}"
    assert answer.headers["access-control-allow-origin"] == "*"


def test_an_alias_leads_to_the_permanent_address_with_its_query(world: World, publisher: Publisher) -> None:
    ocid = f"{publisher.place.prefix}-con-alias"
    publisher.write((ocid,), aliases=("PC/0001",))

    answers = [world.get("releases/PC%2F0001?limit=5"), world.get("records/PC%2F0001?versioned=true")]

    assert [answer.status_code for answer in answers] == [308, 308]
    assert [answer.headers["location"] for answer in answers] == [
        f"{world.url}{world.base}/releases/{ocid}?limit=5",
        f"{world.url}{world.base}/records/{ocid}?versioned=true",
    ]


def test_the_alias_of_a_draft_is_not_public(world: World, publisher: Publisher) -> None:
    ocid = f"{publisher.place.prefix}-borrador"
    write = DocumentWrite(
        ocid, publisher.place.sujetos[0], document(), aliases=("SECRETO-1",), source="capture"
    )
    with publisher.place.database.unit_of_work(publisher.editor) as session:
        save_documents(session, publisher.editor, [write])

    assert world.get("records/SECRETO-1").status_code == 404
    assert world.get(f"records/{ocid}").status_code == 404
    assert world.get(f"records/{ocid.upper()}").status_code == 404


def test_what_was_never_published_is_absent(world: World, publisher: Publisher) -> None:
    [(ocid, release_id)] = publisher.publish()

    for address in (
        "releases/x",
        f"releases/{ocid}/x",
        f"releases/x/{release_id}",
        "records/x",
        "otra",
    ):
        answer = world.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert answer.json()["type"] == "urn:problem:no-encontrado"


def test_another_tenants_release_is_absent_here(
    world: World, publisher: Publisher, other_place: Place
) -> None:
    [(ocid, release_id)] = publisher.publish()
    elsewhere = f"/{other_place.slug}/api/v1/releases/{ocid}/{release_id}"

    assert world.get(elsewhere).status_code == 404
    assert world.get(f"releases/{ocid}/{release_id}").status_code == 200


def test_a_withdrawn_release_answers_410_with_ground_and_date(world: World, publisher: Publisher) -> None:
    [(ocid, first)] = publisher.publish()
    [(_, second)] = publisher.publish(ocid, language="en")

    publisher.withdraw(ocid, first, "Artículo 116 de la Ley General")

    answer = world.get(f"releases/{ocid}/{first}")
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (410, "application/problem+json")
    assert (problem["ground"], problem["ocid"], problem["release_id"]) == (
        "Artículo 116 de la Ley General",
        ocid,
        first,
    )
    assert problem["withdrawn_at"] > world.get(f"releases/{ocid}/{second}").json()["publishedDate"]
    assert answer.headers["cache-control"] == "no-store"
    remaining = world.get("releases").json()
    assert ([release["id"] for release in remaining["releases"]], remaining["total"]) == ([second], 1)


def test_withdrawals_are_listed_for_whoever_keeps_copies(world: World, publisher: Publisher) -> None:
    keys = [publisher.publish()[0] for _ in range(3)]
    for number, (ocid, release_id) in enumerate(keys):
        publisher.withdraw(ocid, release_id, f"Artículo {number}")

    first = world.get("withdrawals?limit=2").json()
    second = world.get(first["links"]["next"]).json()

    listed = first["withdrawals"] + second["withdrawals"]
    assert [(one["ocid"], one["release_id"], one["ground"]) for one in listed] == [
        (*key, f"Artículo {number}") for number, key in enumerate(keys)
    ]
    assert listed[0]["withdrawn_at"] == world.get("releases/{}/{}".format(*keys[0])).json()["withdrawn_at"]
    assert (first["total"], "links" in world.get(second["links"]["next"]).json()) == (3, False)


def test_a_process_without_releases_left_answers_410(world: World, publisher: Publisher) -> None:
    [(ocid, release_id)] = publisher.publish()
    publisher.withdraw(ocid, release_id)

    answers = [world.get(address) for address in (f"releases/{ocid}", f"records/{ocid}")]

    assert [answer.status_code for answer in answers] == [410, 410]
    assert "Artículo 100" in answers[0].json()["detail"]


def test_a_release_package_takes_compression_and_says_so(world: World, publisher: Publisher) -> None:
    [(ocid, release_id)] = publisher.publish()
    plain = world.get(f"releases/{ocid}/{release_id}")

    packed = world.get(f"releases/{ocid}/{release_id}", Accept_Encoding="br, gzip;q=0.5")

    assert packed.content == plain.content
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content)
    assert packed.headers["etag"] != plain.headers["etag"]
    assert [answer.headers["vary"] for answer in (plain, packed)] == ["Accept-Encoding"] * 2
    assert "content-encoding" not in plain.headers


def test_the_last_modification_is_the_releases_own_date(world: World, publisher: Publisher) -> None:
    [(ocid, release_id)] = publisher.publish()

    answer = world.get(f"releases/{ocid}/{release_id}")

    stamp = rfc3339(parsedate_to_datetime(answer.headers["last-modified"]))
    assert stamp[:19] == answer.json()["publishedDate"][:19]


def test_what_was_withdrawn_is_gone_under_every_name(world: World, publisher: Publisher) -> None:
    ocid = f"{publisher.place.prefix}-retirada"
    [(_, release_id)] = publisher.write((ocid,), aliases=("PC/0002",))
    publisher.withdraw(ocid, release_id, "Artículo 116 de la Ley de Prueba")

    for address in (
        f"releases/{ocid}/{release_id}",
        f"releases/{ocid}",
        f"records/{ocid}",
        f"records/{publisher.place.prefix.upper()}-retirada",
        f"releases/PC%2F0002/{release_id}",
        "releases/PC%2F0002",
        "records/PC%2F0002?versioned=true",
    ):
        answer = world.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (410, "application/problem+json"), (
            address
        )
        assert answer.json()["ground"] == "Artículo 116 de la Ley de Prueba"


def test_a_withdrawn_release_is_gone_under_every_name_while_others_stand(
    world: World, publisher: Publisher
) -> None:
    ocid = f"{publisher.place.prefix}-en-parte"
    [(_, first)] = publisher.write((ocid,), aliases=("PC/0003",))
    publisher.publish(ocid, language="en")
    publisher.withdraw(ocid, first)

    assert world.get(f"releases/{ocid}/{first}").status_code == 410
    assert world.get(f"releases/PC%2F0003/{first}").status_code == 410
    assert world.get(f"records/{ocid}").status_code == 200
    assert world.get("records/PC%2F0003").status_code == 308
