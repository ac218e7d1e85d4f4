"""The public log over real HTTP: what was done with authority is there for everybody, and can be checked."""

import csv
import hashlib
import io
import json
from xml.etree import ElementTree as ET

import httpx2
import pytest

from app.core import clock, public_log
from tests.conftest import LiveServer, Place
from tests.portal.conftest import Newsroom, links_of, text_of

ATOM = "{http://www.w3.org/2005/Atom}"


def tell(
    place: Place, kind: str = "suspension", reason: str = "No atiende los requerimientos.", ocid: str = ""
) -> None:
    with place.database.unit_of_work(place.system) as session:
        public_log.tell(
            session,
            kind,
            sujeto_obligado_id=place.sujetos[0],
            ocid=ocid,
            ground="Artículo 1 de la Ley de Prueba",
            reason=reason,
        )


@pytest.fixture
def place(place: Place, live: LiveServer) -> Place:
    live.app.state.directory.forget()
    return place


def test_a_garante_without_acts_says_what_will_be_here(place: Place, web: httpx2.Client) -> None:
    answer = web.get(f"/{place.slug}/bitacora-publica")

    assert answer.status_code == 200
    assert "Todavía no hay asientos" in text_of(answer)
    assert f"/{place.slug}/bitacora-publica" in answer.text[answer.text.index("<footer") :]


def test_acts_are_told_with_ground_and_reason_and_narrowed_by_address(
    place: Place, other_place: Place, web: httpx2.Client
) -> None:
    tell(place)
    tell(place, "policy_change", "Pasa a revisión del garante.")
    tell(other_place, reason="Asunto ajeno.")
    home = f"/{place.slug}/bitacora-publica"

    answer = web.get(home)
    words = text_of(answer)
    narrowed = text_of(web.get(f"{home}?tipo=policy_change&anio={clock.now().year}&sujeto=so-1"))

    assert words.index("Cambio de política") < words.index("No atiende los requerimientos.")
    assert "Artículo 1 de la Ley de Prueba" in words
    assert "ajeno" not in words
    assert f"{home}?sujeto=so-1" in links_of(answer)
    assert "Pasa a revisión" in narrowed
    assert "No atiende" not in narrowed
    assert "Nada con estos filtros" in text_of(web.get(f"{home}?anio=1999"))
    assert web.get(f"{home}?sujeto=nadie").status_code == 404
    assert web.get(f"{home}?anio=9999").status_code in (400, 422)


def test_pages_go_on_by_cursor(place: Place, web: httpx2.Client) -> None:
    for turn in range(30):
        tell(place, reason=f"Motivo número {turn:02}.")
    home = f"/{place.slug}/bitacora-publica"

    first = web.get(home)
    (following,) = [link for link in links_of(first) if "cursor=" in link]
    second = web.get(following)

    assert ("Motivo número 05." in text_of(first), "Motivo número 04." in text_of(first)) == (True, False)
    assert ("Motivo número 04." in text_of(second), "Motivo número 00." in text_of(second)) == (True, True)


def test_whoever_downloads_the_log_can_compute_its_hashes_again(place: Place, web: httpx2.Client) -> None:
    tell(place, reason="=cmd()")
    tell(place, reason="Segundo")
    home = f"/{place.slug}/bitacora-publica"

    told = json.loads(web.get(f"{home}.json").text)
    rows = list(csv.reader(io.StringIO(web.get(f"{home}.csv").text)))
    narrowed = json.loads(web.get(f"{home}.json?tipo=policy_change").text)

    previous = public_log.GENESIS.hex()
    for entry in told["entries"]:
        assert entry["previous_hash"] == previous
        names = ("number", "at", "kind", "sujeto_obligado_id", "ocid", "ground", "reason", "detail")
        facts = [told["tenant_id"], *(entry[name] for name in names), previous]
        text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
        previous = entry["entry_hash"]
        assert hashlib.sha256(text.encode()).hexdigest() == previous
    assert [entry["reason"] for entry in told["entries"]] == ["=cmd()", "Segundo"]
    assert narrowed["entries"] == []
    assert [row[6] for row in rows] == ["Motivo", " =cmd()", "Segundo"]


def test_the_feed_is_one(place: Place, web: httpx2.Client) -> None:
    tell(place, reason="Con <marcas> & más")

    answer = web.get(f"/{place.slug}/bitacora-publica.atom")
    feed = ET.fromstring(answer.text)  # noqa: S314  # ours

    assert answer.headers["content-type"].startswith("application/atom+xml")
    (entry,) = feed.findall(f"{ATOM}entry")
    assert "Con <marcas> & más" in str(entry.findtext(f"{ATOM}summary"))


def test_the_page_of_a_process_tells_its_acts_also_when_it_is_gone(
    newsroom: Newsroom, web: httpx2.Client
) -> None:
    ocid = newsroom.publish(aliases=("PC/0009",))
    tell(newsroom.place, ocid=ocid)
    address = f"{newsroom.home}/procesos/{ocid}"

    standing = web.get(address)
    newsroom.withdraw(1, "Artículo 116 de la Ley de Prueba")
    gone = [web.get(address), web.get(f"{newsroom.home}/procesos/PC%2F0009")]

    assert "No atiende los requerimientos." in text_of(standing)
    assert f"{newsroom.home}/bitacora-publica?ocid={ocid}" in links_of(standing)
    for answer in gone:
        assert answer.status_code == 410
        assert "Artículo 116 de la Ley de Prueba" in text_of(answer)
        assert "No atiende los requerimientos." in text_of(answer)
