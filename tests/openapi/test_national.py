"""The lists of all tenants together: one order, given after commits, from which nothing that commits late is missing."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import func, select

from app.core.pagination import encode_cursor
from app.core.storage import Storage
from app.openapi import filtering
from app.processes.service import DocumentWrite, save_documents
from app.publication import sequencing
from app.publication.models import NationalOrder
from app.publication.service import publish_batch
from tests.conftest import LiveServer, Place
from tests.continuity.test_transfer import move
from tests.factories import document, new_ocid
from tests.openapi.conftest import Publisher, World


@pytest.fixture
def other(make_place: Callable[..., Place], site: LiveServer) -> Publisher:
    """Another tenant that publishes directly."""
    place = make_place(policy="direct")
    site.app.state.directory.forget()
    return Publisher(place)


class Nation:
    """The national lists from where they stood before the test."""

    def __init__(self, world: World, publisher: Publisher) -> None:
        self.world, self.publisher, self.database = world, publisher, publisher.place.database
        self.give()
        with self.database.public_reading() as session:
            self.start = session.exec(select(func.coalesce(func.max(NationalOrder.number), 0))).one()

    def give(self) -> None:
        """Give numbers until all have one: the server of another test may be at it."""
        for _ in range(500):
            sequencing.give_numbers(self.database)
            with self.database.public_reading() as session:
                if not sequencing.behind(session):
                    return
        raise AssertionError("the sequencer does not end")

    def address(self, kind: str, query: str = "") -> str:
        return f"/api/v1/{kind}?cursor={encode_cursor(self.start)}{query}"

    def told(self, kind: str, query: str = "") -> list[Any]:
        return [one for page in self.world.all_pages(self.address(kind, query)) for one in page[kind]]

    def ocids(self, kind: str, query: str = "") -> list[str]:
        return [one["ocid"] for one in self.told(kind, query)]


@pytest.fixture
def nation(world: World, publisher: Publisher) -> Nation:
    return Nation(world, publisher)


def test_releases_of_all_tenants_come_in_the_order_in_which_they_were_numbered(
    nation: Nation, publisher: Publisher, other: Publisher
) -> None:
    published = []
    for one in (publisher, other, publisher):
        published += one.publish()
        nation.give()

    told = nation.told("releases", "&limit=2")

    assert [(one["ocid"], one["id"]) for one in told] == published
    package = nation.world.get(nation.address("releases", "&limit=1")).json()
    assert package["publisher"]["name"] == nation.world.get("/api/v1/releases").json()["publisher"]["name"]
    assert package["links"]["next"].startswith(f"{nation.world.url}/api/v1/releases?cursor=")
    assert package["total"] >= 3


def test_what_commits_late_is_neither_lost_nor_told_twice(
    nation: Nation, publisher: Publisher, other: Publisher
) -> None:
    editor, place = publisher.editor, publisher.place
    late = new_ocid(place)
    with place.database.unit_of_work(editor) as session:
        saved = save_documents(
            session, editor, [DocumentWrite(late, place.sujetos[0], document(), source="import:prueba")]
        )
        publish_batch(session, editor, [saved[0].ref])
        session.flush()  # its position and its date are given, and nobody sees them yet
        [(early, _)] = other.publish()
        nation.give()
        first = nation.world.get(nation.address("releases")).json()
    nation.give()
    second = nation.world.get(first["links"]["next"]).json()

    assert [[one["ocid"] for one in page["releases"]] for page in (first, second)] == [[early], [late]]
    assert first["releases"][0]["date"] > second["releases"][0]["date"]
    assert nation.ocids("releases") == [early, late]


def test_two_sequencers_give_each_entry_one_number(nation: Nation, publisher: Publisher) -> None:
    for _ in range(3):
        publisher.publish()
    with publisher.place.database.owner_work() as session:
        assert sequencing.begin(session)
        assert sequencing.give_numbers(publisher.place.database) == 0

    nation.give()
    nation.give()

    assert len(nation.ocids("releases")) == 3


def test_units_follow_each_other(
    nation: Nation, publisher: Publisher, other: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencing, "UNIT", 2)
    expected = {one.publish()[0][0] for one in (publisher, other, publisher, other, other)}

    nation.give()

    assert sorted(nation.ocids("releases")) == sorted(expected)


def test_records_link_releases_where_they_stand(
    nation: Nation, publisher: Publisher, other: Publisher
) -> None:
    [(ocid, _)] = publisher.publish()
    [(second, _)] = other.publish()
    publisher.publish(ocid, language="en")
    nation.give()

    told = nation.told("records", "&limit=1")

    assert sorted(one["ocid"] for one in told) == sorted([ocid, second])
    record = next(one for one in told if one["ocid"] == ocid)
    assert len(record["releases"]) == 2
    for link in record["releases"]:
        address, _, release_id = link["url"].partition("#")
        assert f"/{publisher.place.slug}/api/v1/" in address
        assert nation.world.get(address).json()["releases"][0]["id"] == release_id


def test_what_was_withdrawn_is_told_as_such_and_no_more(
    nation: Nation, publisher: Publisher, other: Publisher
) -> None:
    [gone] = publisher.publish()
    [stays] = other.publish()
    nation.give()
    publisher.withdraw(*gone)
    nation.give()

    assert nation.ocids("releases") == nation.ocids("records") == [stays[0]]
    [told] = nation.told("withdrawals")
    assert (told["ocid"], told["release_id"]) == gone
    assert nation.told("transfers") == []


@pytest.mark.parametrize("kind", ["releases", "records"])
@pytest.mark.parametrize("few", [1, 2000])
def test_filters_look_into_all_tenants(
    nation: Nation, other: Publisher, kind: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = nation.publisher
    monkeypatch.setattr(filtering, "FEW", few)
    tender = document()["tender"] | {"title": f"Caracterización {publisher.place.prefix}"}
    expected = []
    for one in (publisher, other, publisher):
        [(ocid, _)] = one.publish(tender=tender | {"procurementMethod": "limited"})
        expected.append(ocid)
        one.publish()
        nation.give()
    word = publisher.place.prefix.split("-")[-1]

    assert nation.ocids(kind, f"&q=caracterizacion {word}") == expected
    assert nation.ocids(kind, f"&method=limited&q={word}&order=asc") == expected
    assert nation.ocids(kind, f"&method=selective&q=caracterizacion {word}") == []
    for one in (publisher, other):
        own = [ocid for ocid in expected if ocid.startswith(one.place.prefix)]
        assert own
        assert nation.ocids(kind, f"&publisher={one.place.slug}&q=caracterizacion {word}") == own
        assert nation.ocids(kind, f"&publisher={one.place.slug}&method=limited") == own
    assert nation.ocids(kind, "&publisher=nadie") == []
    below = nation.world.get(f"{kind}?publisher={other.place.slug}")
    assert (below.status_code, "publisher" in below.json()["detail"]) == (400, True)
    refused = nation.world.get(f"/api/v1/{kind}?sujeto_obligado=x")
    assert (refused.status_code, "sujeto_obligado" in refused.json()["detail"]) == (400, True)


def test_dates_are_those_of_the_list(nation: Nation, publisher: Publisher) -> None:
    publisher.publish()
    nation.give()
    with nation.database.public_reading() as session:
        [at] = session.exec(select(NationalOrder.at).where(NationalOrder.number > nation.start)).all()
    moment = at.isoformat().replace("+00:00", "Z")

    assert [
        len(nation.told("releases", f"&since={moment}")),
        len(nation.told("releases", f"&until={moment}")),
    ] == [1, 1]
    assert nation.told("releases", "&since=2999-01-01") == nation.told("releases", "&until=2020-01-01") == []


def test_a_process_that_moved_is_told_once_by_the_tenant_that_it_left(
    nation: Nation, make_place: Callable[..., Place], storage: Storage, publisher: Publisher
) -> None:
    target = make_place(policy="direct")
    [(ocid, _)] = publisher.publish()
    nation.give()
    move(publisher.place, target, storage)
    nation.give()

    [told] = nation.told("transfers")

    assert (told["ocid"], told["direction"]) == (ocid, "out")
    assert told["from"].endswith(f"/{publisher.place.slug}/")
    assert told["publisher"].endswith(f"/{target.slug}/")
    assert told["record"].endswith(f"/{target.slug}/api/v1/records/{ocid}")
    # The record stands where it arrived, the release where it was published.
    assert nation.ocids("releases") == [ocid]
    [record] = nation.told("records")
    assert f"/{publisher.place.slug}/api/v1/releases/" in record["releases"][0]["url"]
