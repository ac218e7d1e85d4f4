"""The public log over real HTTP: what was done with authority is there for everybody, and can be checked."""

import csv
import hashlib
import io
import json
from xml.etree import ElementTree as ET

import httpx2
import pytest
from sqlalchemy import insert

from app.core import clock, public_log
from app.core.tables import table_of
from tests.conftest import LiveServer, Place
from tests.portal.conftest import Newsroom, links_of, text_of

ATOM = "{http://www.w3.org/2005/Atom}"


def tell(
    place: Place,
    kind: str = "suspension",
    reason: str = "No atiende los requerimientos.",
    ocid: str = "",
    *,
    of_body: bool = True,
    **detail: str | int,
) -> None:
    with place.database.unit_of_work(place.system) as session:
        public_log.tell(
            session,
            kind,
            sujeto_obligado_id=place.sujetos[0] if of_body else None,
            ocid=ocid,
            ground="Artículo 1 de la Ley de Prueba",
            reason=reason,
            **detail,
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
    tell(place, "policy_change", "Pasa a revisión del garante.", before="self", after="garante")
    tell(other_place, reason="Asunto ajeno.")
    home = f"/{place.slug}/bitacora-publica"

    answer = web.get(home)
    words = text_of(answer)
    narrowed = text_of(web.get(f"{home}?tipo=policy_change&anio={clock.now().year}&sujeto=so-1"))

    assert words.index("Cambió quién aprueba") < words.index("No atiende los requerimientos.")
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
    assert [row[6] for row in rows] == ["Motivo", "'=cmd()", "Segundo"]


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


SINCE = {"since": "2026-10-01"}
TOLD: list[tuple[str, bool, dict[str, str | int], str]] = [
    ("withdrawal", True, {"scope": "process", "releases": 2}, "Se retiró toda la contratación: 2 entregas"),
    ("withdrawal", True, {"scope": "release"}, "Se retiró una entrega"),
    ("redaction", True, {"scope": "places"}, "También se testaron"),
    ("reservation", True, {"places": 1, "until": "2028-01-31"}, "1 dato sin publicar hasta el 31 ene 2028"),
    ("reservation_ended", True, {"places": 1}, "Terminó la reserva de 1 dato"),
    ("correction", True, {"position": 3}, "Se corrigió lo publicado"),
    (
        "policy_change",
        True,
        {"before": "self", "after": "garante"},
        "antes, «Aprueba el sujeto obligado»; ahora, «Aprueba el organismo garante»",
    ),
    (
        "policy_change",
        False,
        {"before": "self", "after": "garante"},
        "en los sujetos obligados que se agreguen",
    ),
    (
        "single_grant",
        True,
        {"before": "garante", "after": "single", "until": "2027-03-01"},
        "persona única hasta el 1 mar 2027: antes, «Aprueba el organismo garante»",
    ),
    (
        "transfer",
        True,
        {"tenant": "otro", "processes": 4},
        "Se traspasó un sujeto obligado con 4 contrataciones",
    ),
    (
        "succession",
        True,
        {"act": "merge", "before": "Secretaría A", "after": "Secretaría B", **SINCE},
        "Fusión: de Secretaría A a Secretaría B, desde el 1 oct 2026",
    ),
    ("succession", True, {"act": "split", "before": "A", "after": "B", **SINCE}, "Escisión: de A a B"),
    ("succession", False, SINCE, "Otra autoridad sucede a la anterior, desde el 1 oct 2026: Motivo del caso"),
    ("suspension", True, {"act": "suspend"}, "Se suspendió al sujeto obligado"),
    ("suspension", True, {"act": "reactivate"}, "El sujeto obligado volvió a la actividad"),
    ("suspension", False, {"act": "suspend"}, "Se suspendió al organismo garante"),
    ("suspension", False, {"act": "resume"}, "El organismo garante volvió a la actividad"),
    ("suspension", False, {"act": "delete"}, "Se borró lo que el organismo garante tenía"),
    (
        "policy_text",
        False,
        {"changed": "policy_text, licence"},
        "Cambió el texto de la política y la licencia de los datos",
    ),
    ("policy_text", False, {"changed": "policy_url"}, "Cambió su enlace"),
]


def test_every_kind_is_in_the_table() -> None:
    assert {kind for kind, *_ in TOLD} == set(public_log.KINDS)


def test_each_act_says_what_happened(place: Place, web: httpx2.Client) -> None:
    for kind, of_body, detail, _ in TOLD:
        tell(place, kind, "Motivo del caso", of_body=of_body, **detail)

    words = text_of(web.get(f"/{place.slug}/bitacora-publica"))
    feed = ET.fromstring(web.get(f"/{place.slug}/bitacora-publica.atom").text)  # noqa: S314  # ours
    titles = [str(title.text).replace("\xa0", " ") for title in feed.iterfind(f"{ATOM}entry/{ATOM}title")]

    for (kind, _, _, said), title in zip(reversed(TOLD), titles, strict=True):
        assert said in words
        assert said in title
        assert title != public_log.KINDS[kind]


def test_what_nobody_sees_breaks_no_feed(place: Place, web: httpx2.Client) -> None:
    tell(place, reason="Pegado\x08 de\x0bun\x02 documento", after="A\x0cB")
    with place.database.unit_of_work(place.system) as session:  # as one could be told before
        row = {"kind": "correction", "ground": "", "reason": "Antes\x08 así", "ocid": "", "detail": {}}
        hashes = {"previous_hash": public_log.GENESIS, "entry_hash": public_log.GENESIS}
        session.connection().execute(
            insert(table_of(public_log.PublicAct)),
            [{"tenant_id": place.tenant_id, "number": 2, **row, **hashes}],
        )

    feed = ET.fromstring(web.get(f"/{place.slug}/bitacora-publica.atom").text)  # noqa: S314  # ours
    (first,) = json.loads(web.get(f"/{place.slug}/bitacora-publica.json?tipo=suspension").text)["entries"]

    told = [str(summary.text) for summary in feed.iterfind(f"{ATOM}entry/{ATOM}summary")]
    assert "Antes así" in told[0]
    assert "Pegado de un documento" in told[1]
    assert (first["reason"], first["detail"]) == ("Pegado de un documento", {"after": "A B"})
