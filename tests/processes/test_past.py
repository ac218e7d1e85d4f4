"""What has been: edits in words and undone, versions compared and brought back, deadlines; over real HTTP."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from app.core import clock
from app.core.db import Actor
from app.core.errors import ConflictError, StaleError
from app.processes import correction, editing, versions
from app.processes.editing import Change
from app.processes.queries import VersionRef, version, working_process
from app.publication.service import publish_batch
from app.review import service as review
from tests.conftest import LiveServer, Place
from tests.factories import document, draft
from tests.html import Page

ITEMS = [{"id": f"item-{n}", "description": f"Cosa {n}", "quantity": n} for n in range(1, 4)]


@pytest.fixture
def editor(place: Place) -> Actor:
    return place.actor("so_editor")


@pytest.fixture
def process(place: Place) -> UUID:
    return draft(place, document(tender={**document()["tender"], "items": ITEMS})).process_id


@pytest.fixture
def act(place: Place, editor: Actor, process: UUID) -> Callable[..., Any]:
    def run(verb: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with place.database.unit_of_work(editor) as session:
            return verb(session, editor, process, *args, **kwargs)

    return run


@pytest.fixture
def browser(place: Place, live: LiveServer, editor: Actor) -> httpx2.Client:
    return live.client(place.email("so_editor", editor.sujeto_obligado_id))


def at(place: Place, process: UUID, rest: str = "") -> str:
    return f"/{place.slug}/procesos-internos/{process}{rest}"


def show(client: httpx2.Client, path: str) -> Page:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    page = Page(answer.text)
    assert page.faults == []
    return page


def whole(place: Place, process: UUID) -> dict[str, Any]:
    with place.database.unit_of_work(place.system) as session:
        return working_process(session, place.system, process).document


def published(place: Place, editor: Actor, process: UUID) -> None:
    ref = VersionRef(process, 1)
    reviewer, publisher = place.actor("garante_reviewer"), place.actor("so_publisher")
    with place.database.unit_of_work(editor) as session:
        review.submit(session, editor, ref, 1)
    with place.database.unit_of_work(reviewer) as session:
        review.approve(session, reviewer, ref, 2)
    with place.database.unit_of_work(publisher) as session:
        (outcome,) = publish_batch(session, publisher, [ref])
    assert outcome.published, outcome.problems


class TestEdits:
    """The history, edit by edit."""

    def test_told_by_who_where_from_and_to(
        self, place: Place, act: Callable[..., Any], process: UUID, browser: httpx2.Client
    ) -> None:
        act(editing.change, "tender", [Change("/value/amount", 99.5)], base=1)
        act(editing.change, "tender/items/1", [Change("/quantity", 20), Change("/unit/name", "Caja")], base=2)
        act(editing.add, "tender/items", {"description": "Papel bond"})
        act(editing.remove, "tender/items/0")
        act(editing.move, "tender/items/2", by=-1)
        told = show(browser, at(place, process, "/cambios")).text
        for words in (
            "Monto con impuestos Licitación › Monto estimado Antes: 125,000.5 Ahora: 99.5",
            "Cantidad Licitación › Partida «Cosa 2» Antes: 2 Ahora: 20",
            "Nombre de la unidad Licitación › Partida «Cosa 2» › Unidad de medida Ahora: Caja Se agregó",
            "Partida «Papel bond» Licitación Se agregó",
            "Partida «Cosa 1» Licitación Se quitó",
            "Partida «Cosa 3» Licitación Cambió de lugar",
            "Persona so_editor",
        ):
            assert words in told, (words, told)
        assert told.index("Cambió de lugar") < told.index("Monto estimado")

    def test_undone_with_the_way_back(
        self, place: Place, act: Callable[..., Any], process: UUID, browser: httpx2.Client
    ) -> None:
        before = whole(place, process)
        act(editing.remove, "tender/items/0")
        act(editing.change, "tender", [Change("/title", "Uno")], base=2)
        act(editing.change, "tender", [Change("/title", "Dos")], base=3)
        here = at(place, process, "/cambios")
        back = at(place, process, "/captura/tender")
        page = show(browser, f"{here}?volver={back}")
        # What was changed again since offers no undoing.
        assert [form["action"] for form in page.forms if "/cambios/" in form["action"]] == [
            f"{here}/4/deshacer",
            f"{here}/2/deshacer",
        ]
        for seq in (4, 3, 2):
            answer = browser.post(f"{here}/{seq}/deshacer", data={"volver": back})
            assert answer.status_code == 303, answer.text
        told = show(browser, answer.headers["location"])
        assert "Se deshizo el cambio 2" in told.text
        assert back in told.links
        assert whole(place, process) == before
        assert browser.post(f"{here}/4/deshacer").status_code == 409
        assert browser.post(f"{here}/99/deshacer").status_code == 404
        assert "evil" not in browser.get(f"{here}?volver=//evil.example/").text

    def test_goes_on_where_it_stopped_and_readers_only_read(
        self, place: Place, live: LiveServer, act: Callable[..., Any], process: UUID
    ) -> None:
        for number in range(31):
            act(editing.change, "tender", [Change("/title", f"Título {number}")], base=number + 1)
        actor = place.actor("so_reader")
        reader = live.client(place.email("so_reader", actor.sujeto_obligado_id))
        first = show(reader, at(place, process, "/cambios"))
        (following,) = [one for one in first.links if "cursor=" in one]
        assert "Ahora: Título 0" not in first.text
        assert "Ahora: Título 0" in show(reader, following).text
        assert [form for form in first.forms if "deshacer" in form["action"]] == []
        assert reader.post(at(place, process, "/cambios/2/deshacer")).status_code == 403

    def test_a_replaced_document_is_told_and_not_undone(
        self, place: Place, act: Callable[..., Any], process: UUID, browser: httpx2.Client
    ) -> None:
        with place.database.unit_of_work(place.system) as session:
            ocid = working_process(session, place.system, process).ocid
        draft(place, document(language="en"), ocid=ocid)
        page = show(browser, at(place, process, "/cambios"))
        assert "Se reemplazó el documento entero Idioma Antes: es Ahora: en" in page.text
        assert not [form for form in page.forms if "deshacer" in form["action"]]


class TestVersions:
    """Two versions beside each other, and going back."""

    def test_compared_in_words(
        self, place: Place, editor: Actor, act: Callable[..., Any], process: UUID, browser: httpx2.Client
    ) -> None:
        published(place, editor, process)
        act(editing.change, "tender", [Change("/title", "Papel reciclado")], base=1)
        act(editing.remove, "tender/items/0")
        page = show(browser, at(place, process, "/comparar"))
        assert "2 diferencias de la versión 1 a la 2" in page.text
        assert "Antes: Papelería para oficinas Ahora: Papel reciclado" in page.text
        back = show(browser, at(place, process, "/comparar?de=2&a=1"))
        assert "Antes: Papel reciclado Ahora: Papelería para oficinas" in back.text
        assert "Elige dos versiones distintas" in show(browser, at(place, process, "/comparar?de=1&a=1")).text
        assert browser.get(at(place, process, "/comparar?de=1&a=9")).status_code == 404
        assert browser.get(at(place, process, "/comparar?de=0")).status_code in (400, 404)
        assert at(place, process, "/comparar") in show(browser, at(place, process)).links

    def test_many_differences_come_in_pages(
        self, place: Place, editor: Actor, act: Callable[..., Any], process: UUID, browser: httpx2.Client
    ) -> None:
        published(place, editor, process)
        for number in range(60):
            act(editing.add, "tender/items", {"description": f"Nueva {number}"})
        page = show(browser, at(place, process, "/comparar"))
        (following,) = [one for one in page.links if "desde=50" in one]
        assert ("Nueva 0" in page.text, "Nueva 59" in page.text) == (True, False)
        assert "Nueva 59" in show(browser, following).text

    def test_brought_back_as_a_draft_beside_the_published_one(
        self, place: Place, editor: Actor, act: Callable[..., Any], process: UUID, browser: httpx2.Client
    ) -> None:
        before = whole(place, process)
        published(place, editor, process)
        act(editing.change, "tender", [Change("/title", "Otro"), Change("/value/amount", None)], base=1)
        address = at(place, process, "/versiones/1/restauracion")
        page = show(browser, address)
        assert "1 dato cambia, 1 vuelve" in page.text
        stale = {"seq": "1"}
        assert browser.post(address, data=stale).status_code == 409
        assert browser.post(address, data={"seq": "x"}).status_code == 400
        answer = browser.post(address, data=page.form("/restauracion"))
        assert (answer.status_code, answer.headers["location"]) == (303, at(place, process))
        assert whole(place, process) == before
        told = show(browser, at(place, process, "/cambios"))
        assert "Antes: Otro Ahora: Papelería para oficinas" in told.text
        assert "Restauró la versión 1" in show(browser, at(place, process)).text
        with place.database.unit_of_work(editor) as session:
            assert version(session, editor, VersionRef(process, 2)).status == "draft"

    def test_not_where_nobody_edits_nor_by_who_only_reads(
        self, place: Place, live: LiveServer, editor: Actor, process: UUID, browser: httpx2.Client
    ) -> None:
        published(place, editor, process)
        draft_two = editing.change
        with place.database.unit_of_work(editor) as session:
            draft_two(session, editor, process, "tender", [Change("/title", "Dos")], base=1)
        with place.database.unit_of_work(editor) as session:
            two = VersionRef(process, 2)
            turn = correction.explain(
                session, editor, two, version(session, editor, two).row_version, "Decía otra cosa."
            )
            review.submit(session, editor, two, turn.row_version)
        address = at(place, process, "/versiones/1/restauracion")
        page = show(browser, address)
        assert "En revisión".lower() in page.text.lower()
        assert not [form for form in page.forms if form["action"] == address]
        assert browser.post(address, data={"seq": "2"}).status_code == 409
        publisher = place.actor("so_publisher")
        other = live.client(place.email("so_publisher", publisher.sujeto_obligado_id))
        assert other.get(address).status_code == 403
        assert "Dos" in show(other, at(place, process, "/comparar")).text

    def test_what_it_says_already_is_not_restored(self, place: Place, editor: Actor, process: UUID) -> None:
        with place.database.unit_of_work(editor) as session:
            with pytest.raises(ConflictError):
                versions.restore(session, editor, VersionRef(process, 1), 1)
            with pytest.raises(StaleError):
                versions.restore(session, editor, VersionRef(process, 1), 7)

    def test_what_was_discarded_is_its_own_bodys_affair(
        self, place: Place, live: LiveServer, editor: Actor, process: UUID, browser: httpx2.Client
    ) -> None:
        with place.database.unit_of_work(editor) as session:
            review.discard(session, editor, VersionRef(process, 1), 1)
        place.actor("garante_admin")
        garante = live.client(place.email("garante_admin"))
        for page in ("/cambios", "/comparar"):
            assert garante.get(at(place, process, page)).status_code == 404
            assert browser.get(at(place, process, page)).status_code == 200


class TestDeadline:
    """By when a version must be done."""

    @pytest.mark.parametrize("typed", ["31/12/2099", "31 de diciembre de 2099", "2099-12-31"])
    def test_set_as_people_write_dates(
        self, place: Place, editor: Actor, process: UUID, browser: httpx2.Client, typed: str
    ) -> None:
        address = at(place, process, "/versiones/1/fecha-limite")
        assert browser.post(address, data={"fecha": typed}).status_code == 303
        assert show(browser, address).form("/fecha-limite") == {"fecha": "31/12/2099"}
        assert "31 dic 2099" in show(browser, at(place, process)).text
        browser.post(address, data={"fecha": ""})
        with place.database.unit_of_work(editor) as session:
            assert version(session, editor, VersionRef(process, 1)).due_on is None

    @pytest.mark.parametrize(
        ("typed", "why"), [("mañana", "No se entiende la fecha"), ("1/1/2001", "ya pasó")]
    )
    def test_a_mistake_is_told_beside_it(
        self, place: Place, process: UUID, browser: httpx2.Client, typed: str, why: str
    ) -> None:
        answer = browser.post(at(place, process, "/versiones/1/fecha-limite"), data={"fecha": typed})
        page = Page(answer.text)
        assert (answer.status_code, page.faults, why in page.text) == (422, [], True)
        assert page.form("/fecha-limite")["fecha"] == typed

    def test_only_while_it_is_open(
        self, place: Place, editor: Actor, process: UUID, browser: httpx2.Client
    ) -> None:
        published(place, editor, process)
        answer = browser.post(at(place, process, "/versiones/1/fecha-limite"), data={"fecha": "31/12/2099"})
        assert answer.status_code == 409

    def test_lists_tell_how_long_is_left_and_order_by_it(
        self, place: Place, editor: Actor, process: UUID, browser: httpx2.Client
    ) -> None:
        late = draft(place, document(tender={**document()["tender"], "title": "Lo tardío"}))
        today = clock.now().date()
        with place.database.unit_of_work(editor) as session:
            for ref, days in ((late, 12), (VersionRef(process, 1), 400)):
                versions.set_due(session, editor, ref, today + timedelta(days=days), today=today)
        listed = show(browser, f"/{place.slug}/procesos-internos?orden=plazo")
        assert listed.text.index("Lo tardío") < listed.text.index("Papelería para oficinas")
        assert "Vence en 1" in listed.text
        soon = show(browser, f"/{place.slug}/procesos-internos?plazo=30")
        assert ("Lo tardío" in soon.text, "Papelería para oficinas" in soon.text) == (True, False)
        assert "Lo tardío" not in show(browser, f"/{place.slug}/procesos-internos?plazo=sin").text
        assert "Lo tardío" not in show(browser, f"/{place.slug}/procesos-internos?plazo=vencido").text
