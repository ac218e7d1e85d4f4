"""The log tells every act to those who may know, flat and whole, and that it was taken away."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import httpx2
import pytest
from sqlmodel import select

from app.core import audit, clock, sealing
from app.core.audit import AuditEvent
from app.core.db import Database
from app.parties import service as parties
from app.processes.history import SUBJECT
from app.processes.queries import VersionRef
from app.publication.service import publish_batch
from app.review import service as review
from tests.conftest import LiveServer, Place
from tests.factories import draft
from tests.html import Page

ZONE = "America/Mexico_City"


@pytest.fixture
def worked(place: Place) -> VersionRef:
    """A draft of the first body, captured and sent, and another body with a draft of its own."""
    editor = place.actor("so_editor")
    ref = draft(place)
    with place.database.unit_of_work(editor) as session:
        review.submit(session, editor, ref, 1)
    draft(place, sujeto=place.add_sujeto())
    return ref


def show(live: LiveServer, place: Place, role: str, query: str = "") -> httpx2.Response:
    place.actor(role)
    sujeto = place.sujetos[0] if role.startswith("so_") else None
    answer = live.client(place.email(role, sujeto)).get(f"/{place.slug}/bitacora{query}")
    assert answer.status_code == 200, answer.text
    return answer


def test_an_act_tells_who_from_where_and_what(live: LiveServer, place: Place, worked: VersionRef) -> None:
    place.actor("so_editor")
    client = live.client(place.email("so_editor", place.sujetos[0]))
    path = f"/{place.slug}/procesos-internos/{worked.process_id}/versiones/{worked.number}/revision/retiro"
    answer = client.post(path, data={"row_version": "2"})
    assert answer.status_code == 303, answer.text

    page = Page(show(live, place, "garante_admin", "?acto=process.recall").text)
    (way,) = [link for link in page.links if link.rpartition("/")[2].isdigit()]
    told = Page(show(live, place, "garante_admin", f"/{way.rpartition('/')[2]}").text)

    assert "Retiró de revisión" in told.text
    assert "Persona so_editor" in told.text
    assert "127.0.0.1" in told.text
    assert "Secretaría de Pruebas 1 del Estado" in told.text
    assert "se sella cada diez minutos" in told.text


def test_a_body_sees_its_own_business_only(live: LiveServer, place: Place, worked: VersionRef) -> None:
    whole = show(live, place, "garante_admin").text
    own = show(live, place, "so_admin").text
    assert whole.split("<table", 1)[1].count("Agregó un sujeto obligado al padrón") == 2
    assert own.split("<table", 1)[1].count("Agregó un sujeto obligado al padrón") == 1
    assert whole.count("Empezó la contratación") == 2
    assert own.count("Empezó la contratación") == 1

    foreign = Page(show(live, place, "garante_admin", f"?sujeto={place.sujetos[1]}").text)
    number = next(link.rpartition("/")[2] for link in foreign.links if link.rpartition("/")[2].isdigit())
    client = live.client(place.email("so_admin", place.sujetos[0]))
    assert client.get(f"/{place.slug}/bitacora/{number}").status_code == 404


def test_a_body_learns_the_network_addresses_of_its_own_people_only(live: LiveServer, place: Place) -> None:
    ref = draft(place)
    editor, admin = place.actor("so_editor"), place.actor("garante_admin")
    for actor, address in ((editor, "198.51.100.7"), (admin, "203.0.113.9")):
        with place.database.unit_of_work(replace(actor, address=address)) as session:
            audit.record(session, "process.read", SUBJECT, ref.process_id)
    for role, seen in (("garante_admin", True), ("so_admin", False)):
        place.actor(role)
        client = live.client(place.email(role, place.sujetos[0] if role == "so_admin" else None))
        listed = client.get(f"/{place.slug}/bitacora.csv").text
        assert "198.51.100.7" in listed
        assert ("203.0.113.9" in listed) == seen


def test_filters_narrow_and_a_wrong_one_says_how(live: LiveServer, place: Place, worked: VersionRef) -> None:
    editor = place.actor("so_editor")
    today = clock.now().astimezone().date()
    for query, rows in (
        (f"?quien={editor.account_id}&acto=process.submit", 1),
        (f"?quien={uuid4()}", 0),
        (f"?proceso={worked.process_id}", 2),
        ("?acto=process.submit&desde=01/01/2020", 1),
        (f"?acto=process.submit&hasta={today:%d/%m}/{today.year - 1}", 0),
        (f"?sujeto={place.sujetos[1]}", 2),
    ):
        page = show(live, place, "garante_admin", query).text
        assert page.count('class="moment"') == rows, query
        assert ("Nada con estos filtros" in page) == (rows == 0), query

    client = live.client(place.email("garante_admin"))
    for query, words in (
        ("?desde=ayer+o+antier", "fecha"),
        ("?quien=nadie", "Elige una opción de la lista"),
        ("?desde=2026-05-02&hasta=2026-05-01", "anterior a la inicial"),
    ):
        answer = client.get(f"/{place.slug}/bitacora{query}")
        assert answer.status_code == 422
        assert words in answer.text
        taken = client.get(f"/{place.slug}/bitacora.csv{query}")
        assert (taken.status_code, taken.headers["content-type"]) == (422, "text/html; charset=utf-8")
        assert words in taken.text
    with place.database.unit_of_work(place.system) as session:
        exports = select(AuditEvent).where(
            AuditEvent.tenant_id == place.tenant_id, AuditEvent.verb == "audit.export"
        )
        assert session.exec(exports).all() == []
    assert client.get(f"/{place.slug}/bitacora?sujeto={uuid4()}").status_code == 404
    for cursor in ("x", "WyJtYWwiLDFd"):
        assert client.get(f"/{place.slug}/bitacora?cursor={cursor}").status_code == 400


def test_pages_go_on_and_the_file_holds_all(live: LiveServer, place: Place) -> None:
    editor = place.actor("so_editor")
    with place.database.unit_of_work(editor) as session:
        for number in range(60):
            identifier = {"legalPersonality": "legalPerson", "legalName": f"Proveedora {number}"}
            entry = parties.Entry("supplier", {"name": f"Proveedora {number}", "identifier": identifier})
            parties.create(session, editor, entry)

    first = Page(show(live, place, "so_admin", "?acto=party.create").text)
    (following,) = [link for link in first.links if "cursor=" in link]
    second = Page(show(live, place, "so_admin", following.partition("/bitacora")[2]).text)
    numbers = [link.rpartition("/")[2] for page in (first, second) for link in page.links]
    listed = [int(one) for one in numbers if one.isdigit()]
    assert len(listed) == 60
    assert listed == sorted(listed, reverse=True)

    place.actor("so_admin")
    client = live.client(place.email("so_admin", place.sujetos[0]))
    answer = client.get(f"/{place.slug}/bitacora.csv?acto=party.create")
    assert answer.headers["content-disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [int(row["numero"]) for row in rows] == listed
    assert {row["persona"] for row in rows} == {"Persona so_editor"}
    assert "Descargó la bitácora" in show(live, place, "garante_admin").text


def test_a_row_says_which_seal_covers_it(live: LiveServer, place: Place, worked: VersionRef) -> None:
    sealing.seal(place.database)
    page = Page(show(live, place, "garante_admin", "?acto=process.submit").text)
    number = next(link.rpartition("/")[2] for link in page.links if link.rpartition("/")[2].isdigit())
    told = show(live, place, "garante_admin", f"/{number}").text
    assert "Sello 1" in Page(told).text


def test_where_an_act_came_from_cannot_be_rewritten_unseen(
    lone_database: Database, make_lone: Callable[..., Place]
) -> None:
    place = make_lone()
    draft(place)
    sealing.seal(lone_database)
    with lone_database.auditor_work() as session:
        assert list(sealing.verify(session, place.tenant_id)) == []
    with lone_database.owner_work(place.system) as session:
        event = session.exec(select(AuditEvent).where(AuditEvent.verb == "process.save")).one()
        event.sujeto_obligado_id = None
        session.add(event)
    with lone_database.auditor_work() as session:
        assert len(list(sealing.verify(session, place.tenant_id))) == 1


def test_what_the_garante_does_to_a_bodys_process_is_its_business(
    live: LiveServer, make_place: Callable[..., Place]
) -> None:
    place = make_place()
    editor, reviewer = place.actor("so_editor"), place.actor("garante_reviewer")
    publisher = place.actor("so_publisher")
    ref = draft(place)
    for who, act, row_version in ((editor, review.submit, 1), (reviewer, review.approve, 2)):
        with place.database.unit_of_work(who) as session:
            act(session, who, ref, row_version)
    with place.database.unit_of_work(publisher) as session:
        assert publish_batch(session, publisher, [ref])[0].published
    own = show(live, place, "so_admin").text.split("<table", 1)[1]
    assert "Aprobó" in own
    assert "Publicó" in own
