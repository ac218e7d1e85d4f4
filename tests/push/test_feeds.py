"""Feeds as readers take them: Atom and JSON Feed of a tenant, a body, a supplier, a search."""

import re
from html import unescape
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import httpx2
import pytest

from app.core import keys
from app.proof import signing, verifying
from app.push import feeds
from app.settings import Settings
from app.tenancy.queries import TenantDirectory
from tests.conftest import LiveServer
from tests.openapi.conftest import Publisher, World

ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = "]]> <script>alert('x')</script> & \"comillas\" </title></entry> Ñandú 💧"


def atom(answer: httpx2.Response) -> ET.Element:
    """The feed, which must be as RFC 4287 wants it (4.1.1 and 4.1.2)."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    root = ET.fromstring(answer.content)  # noqa: S314 - our own answer
    assert root.tag == f"{ATOM}feed"
    for holder in (root, *root.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            [one] = holder.findall(ATOM + name)
            assert one.text
    [_] = root.findall(f"{ATOM}author/{ATOM}name")
    rels = [link.get("rel") for link in root.findall(f"{ATOM}link")]
    assert rels.count("self") == 1
    assert all(entry.find(f"{ATOM}summary") is not None for entry in root.findall(f"{ATOM}entry"))
    return root


def links(holder: ET.Element) -> dict[str | None, str]:
    """The addresses that a feed or an entry names."""
    return {link.get("rel"): link.get("href") or "" for link in holder.findall(f"{ATOM}link")}


def titles(root: ET.Element) -> list[str | None]:
    """The titles of its entries, in order."""
    return [entry.findtext(f"{ATOM}title") for entry in root.findall(f"{ATOM}entry")]


def json_feed(answer: httpx2.Response) -> dict[str, Any]:
    """The feed, which must be as JSON Feed 1.1 wants it."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/feed+json; charset=utf-8"
    told: dict[str, Any] = answer.json()
    assert told["version"] == "https://jsonfeed.org/version/1.1"
    assert told["title"]
    for item in told["items"]:
        assert isinstance(item["id"], str)
        assert isinstance(item["content_text"], str)
    return told


def titled(publisher: Publisher, title: str) -> str:
    """Publish a process of this title; return its ocid."""
    [(ocid, _)] = publisher.publish(tender={"id": "T-1", "title": title, "procurementMethod": "direct"})
    return ocid


def test_both_feeds_tell_the_newest_first_and_lead_to_page_and_release(
    world: World, publisher: Publisher
) -> None:
    first = titled(publisher, "Primero")
    titled(publisher, "Segundo")

    root, told = atom(world.get("feed.atom")), json_feed(world.get("feed.json"))

    assert titles(root) == ["Segundo", "Primero"] == [item["title"] for item in told["items"]]
    last, item = root.findall(f"{ATOM}entry")[-1], told["items"][-1]
    assert links(last)["alternate"] == item["url"]
    assert links(last)["related"] == item["external_url"]
    assert "Primero" in world.get(item["url"]).text
    [release] = world.get(item["external_url"]).json()["releases"]
    assert (release["ocid"], release["date"]) == (first, item["date_modified"])
    assert last.findtext(f"{ATOM}summary") == item["content_text"]
    assert "Adjudicación directa" in item["content_text"]
    assert last.findtext(f"{ATOM}id") == item["id"]
    assert (
        item["tags"] == [one.get("term") for one in last.findall(f"{ATOM}category")] == ["tender", "direct"]
    )


def test_a_hostile_title_stays_text(world: World, publisher: Publisher) -> None:
    titled(publisher, HOSTILE)

    root, told = atom(world.get("feed.atom")), json_feed(world.get("feed.json"))

    assert titles(root) == [HOSTILE] == [item["title"] for item in told["items"]]
    assert len(list(root.iter())) == len(list(atom(world.get("feed.atom?method=direct")).iter()))


def test_an_entry_keeps_its_name_when_its_process_publishes_again(world: World, publisher: Publisher) -> None:
    ocid = titled(publisher, "Uno")
    titled(publisher, "Dos")
    before = {item["title"]: item for item in json_feed(world.get("feed.json"))["items"]}

    publisher.publish(
        ocid, tender={"id": "T-1", "title": "Uno", "procurementMethod": "direct"}, language="en"
    )
    items = json_feed(world.get("feed.json"))["items"]

    assert [item["title"] for item in items] == ["Uno", "Dos"]
    assert items[0]["id"] == before["Uno"]["id"]
    assert items[0]["date_modified"] > before["Uno"]["date_modified"]
    assert items[0]["external_url"] != before["Uno"]["external_url"]


def test_older_entries_follow_by_next_and_none_is_lost(
    world: World, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "ENTRIES", 2)
    for number in range(5):
        titled(publisher, f"Proceso {number}")
    expected = [f"Proceso {number}" for number in reversed(range(5))]

    for query in ("", "?method=direct"):
        seen: list[str | None] = []
        address: str | None = f"feed.atom{query}"
        while address:
            root = atom(world.get(address))
            seen += titles(root)
            assert links(root)["first"].endswith(f"/feed.atom{query}")
            address = links(root).get("next")
        assert seen == expected
    told = json_feed(world.get("feed.json"))
    assert [item["title"] for item in json_feed(world.get(told["next_url"]))["items"]] == expected[2:4]


def test_a_feed_can_be_of_a_body_a_supplier_or_a_search(world: World, publisher: Publisher) -> None:
    titled(publisher, "Compra de vacunas")
    titled(publisher, "Obra de drenaje")

    def found(query: str) -> list[str | None]:
        return titles(atom(world.get(f"feed.atom?{query}")))

    assert found("q=VACUNAS") == ["Compra de vacunas"]
    assert found("sujeto_obligado=so-1") == ["Obra de drenaje", "Compra de vacunas"]
    assert found("sujeto_obligado=so-2") == []
    assert found(f"supplier={quote('Nadie & Hijos')}") == []
    assert found("stage=contract") == []
    assert "vacunas" in (atom(world.get("feed.atom?q=vacunas")).findtext(f"{ATOM}title") or "")


def test_what_is_withdrawn_leaves_the_feed(world: World, publisher: Publisher) -> None:
    titled(publisher, "Se queda")
    [(ocid, release_id)] = publisher.publish(tender={"id": "T-1", "title": "Se retira"})
    before = world.get("feed.atom")
    assert "Se retira" in before.text

    publisher.withdraw(ocid, release_id)
    after = world.get("feed.atom", If_None_Match=before.headers["etag"])

    assert titles(atom(after)) == ["Se queda"]
    assert "Se retira" not in world.get("feed.json").text


def test_whoever_holds_the_feed_gets_304(world: World, publisher: Publisher) -> None:
    titled(publisher, "Uno")
    for name in ("feed.atom", "feed.json"):
        etag = world.get(name).headers["etag"]
        assert world.get(name, If_None_Match=etag).status_code == 304


def test_an_empty_feed_is_a_feed(world: World) -> None:
    assert titles(atom(world.get("feed.atom"))) == []
    assert json_feed(world.get("feed.json"))["items"] == []


@pytest.mark.parametrize("query", ["cursor=x", "limit=2", "order=asc", "method=nada", "q=a&q=b"])
def test_what_is_asked_wrongly_is_refused(world: World, query: str) -> None:
    assert world.get(f"feed.atom?{query}").status_code == 400
    assert world.get(f"feed.json?{query}").status_code == 400


@pytest.mark.parametrize("path", ["", "procesos", "procesos?metodo=direct"])
def test_pages_tell_readers_where_their_feed_is(world: World, publisher: Publisher, path: str) -> None:
    titled(publisher, "Uno")
    page = world.get(f"/{publisher.place.slug}/{path}").text

    [link] = re.findall(r'<link rel="alternate" type="application/atom\+xml" href="([^"]+)"', page)

    assert ("method=direct" in link) == ("metodo" in path)
    assert titles(atom(world.get(unescape(link)))) == ["Uno"]


def test_both_carry_the_signed_head_of_the_chain(
    world: World, publisher: Publisher, site: LiveServer, settings: Settings
) -> None:
    titled(publisher, "Uno")
    place = publisher.place
    signing.sign_due(place.database, keys.of(settings), [TenantDirectory(place.database).by_slug(place.slug)])
    site.app.state.directory.forget()
    kept = world.get("chain").json()["signedHead"]

    told = json_feed(world.get("feed.json"))
    [element] = atom(world.get("feed.atom")).findall(f"{{{feeds.CHAIN_NAMESPACE}}}signedHead")

    assert told["_signedHead"] == kept
    assert {"head": element.text, **element.attrib} == kept
    assert verifying.verify(f"{site.url}/{place.slug}", told).faults == []
