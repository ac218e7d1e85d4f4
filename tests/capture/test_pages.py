"""Every page of capture, asked of the real application."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from app.capture.plan import BAR, SECTIONS
from tests.capture.conftest import Desk
from tests.capture.samples import full
from tests.factories import document
from tests.html import Page


def test_every_section_has_a_page_empty_and_full(opened: Callable[..., Desk]) -> None:
    empty, whole = opened(), opened(full())
    for one in SECTIONS.values():
        if "*" not in one.address:
            assert Page(empty.get(one.address).text).faults == [], one.address
        answer = whole.get(one.address.replace("*", "0"))
        assert answer.status_code == 200, (one.address, answer.text[:500])
        assert Page(answer.text).faults == [], one.address


@pytest.mark.parametrize("where", ["", "faltantes", "publicacion"])
@pytest.mark.parametrize("written", [{}, full()], ids=["empty", "full"])
def test_pages_of_the_whole_document(
    opened: Callable[..., Desk], where: str, written: dict[str, object]
) -> None:
    answer = opened(written).get(where)
    assert answer.status_code == 200, answer.text[:2000]
    assert Page(answer.text).faults == []


def test_the_bar_leads_everywhere(opened: Callable[..., Desk]) -> None:
    desk = opened()
    links = Page(desk.get("tender").text).links
    hidden = {"planning/budgetBreakdown"}
    assert {one.address for one in BAR if f"{desk.base}/{one.address}" not in links} == hidden


def test_the_plan_tells_how_much_of_each_section_is_there(opened: Callable[..., Desk]) -> None:
    desk = opened(
        {"tender": {"id": "1", "title": "Papel", "items": [{"id": "a", "description": "Hojas"}, {"id": "b"}]}}
    )
    text = Page(desk.get().text).text
    assert "Procedimiento Falta: Objeto, Situación, Tipo de procedimiento y" in text
    assert "Partidas 2 capturados; falta: Descripción, Cantidad, Unidad de medida" in text
    assert "Contratos Sin empezar" in text


def test_what_is_missing_names_the_place_and_leads_to_it(opened: Callable[..., Desk]) -> None:
    desk = opened({"tender": {"id": "1", "items": [{"id": "a"}, {"id": "b", "description": "Hojas"}]}})
    page = Page(desk.get("faltantes").text)
    assert f"{desk.base}/tender#campo/title" in page.links
    assert f"{desk.base}/tender/items/1#campo/quantity" in page.links
    assert "Licitación › «Hojas» › Cantidad" in page.text
    fragment = desk.get("faltantes", **{"X-Fragment": "faltantes"}).text
    assert fragment.lstrip("\n ").startswith("<aside")


def test_a_status_is_suggested_and_never_set(opened: Callable[..., Desk]) -> None:
    past = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    written = document(
        tender={"id": "1", "title": "Papel", "status": "planned", "tenderPeriod": {"startDate": past}}
    )
    desk = opened(written)
    assert "¿Cambió la situación?" in Page(desk.get("faltantes").text).text
    assert desk.document["tender"]["status"] == "planned"


def test_a_suggested_status_is_set_with_one_button(opened: Callable[..., Desk]) -> None:
    past = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    desk = opened(document(tender={"id": "1", "status": "planned", "tenderPeriod": {"startDate": past}}))
    page = Page(desk.get("faltantes", **{"X-Fragment": "faltantes"}).text)
    assert "Poner «Activa»" in page.text
    (form,) = page.forms
    assert desk.client.post(form["action"], data=form["fields"]).status_code == 303
    assert desk.document["tender"]["status"] == "active"
    assert "Poner «Activa»" not in Page(desk.get("faltantes").text).text


def test_what_will_be_published_is_told_with_its_tags_and_what_stays_inside(
    opened: Callable[..., Desk],
) -> None:
    ana = {"id": "7", "name": "Ana", "roles": ["supplier"], "contactPoint": {"telephone": "3312345678"}}
    desk = opened(document(parties=[*document()["parties"], ana]))
    text = Page(desk.get("publicacion").text).text
    assert "Esta entrega se llamará: Licitación ." in text or "Licitación." in text
    assert "«Ana» › Punto de contacto" in text
    assert "3312345678" not in text
    assert "Se agregó" not in text
    assert "datos obligatorios faltan" in text
    (form,) = [one for one in Page(desk.get("publicacion").text).forms if one["action"].endswith("/revision")]
    answer = desk.client.post(form["action"], data=form["fields"])
    assert answer.status_code == 303
    assert "nadie la edita hasta que se decida" in Page(desk.get("publicacion").text).text


def test_what_has_errors_is_not_sent(opened: Callable[..., Desk]) -> None:
    desk = opened(document(tender={"id": "1", "value": {"amount": "mucho"}}))
    page = Page(desk.get("publicacion").text)
    assert "Corrige primero los errores de arriba." in page.text
    assert f"{desk.base}/tender/montos#campo/value/amount" in page.links
    assert not any(one["action"].endswith("/revision") for one in page.forms)


def test_a_direct_award_has_fewer_sections(opened: Callable[..., Desk]) -> None:
    links = Page(opened(document(tender={"procurementMethod": "direct"})).get().text).links
    assert not any(link.endswith(("/clarificationMeetings", "/bids/details")) for link in links)


def test_an_address_that_was_saved_is_looked_at_and_what_was_seen_is_told(
    opened: Callable[..., Desk],
) -> None:
    desk = opened(document())
    line = {
        "/title": "Bases",
        "/documentType": "biddingDocuments",
        "/url": "https://192.0.2.1/bases.pdf",  # kept for documentation: nobody is asked
    }
    assert desk.post("tender/documents", {**line, "accion": "agregar"}).status_code == 303
    (place,) = [one for one in Page(desk.get("tender/documents").text).links if "/tender/documents/" in one]
    where = place.removeprefix(f"{desk.base}/")
    looked_at = re.compile(
        "Se está revisando si la dirección contesta|lleva a una red interna"
    )  # a worker may be quicker
    assert looked_at.search(Page(desk.get(where).text).text)
    assert desk.post(where, {"/url": "https://192.0.2.1/otras.pdf"}).status_code == 303
    assert looked_at.search(Page(desk.get(where).text).text)


def test_the_files_of_a_process_are_found(opened: Callable[..., Desk]) -> None:
    desk = opened(document())
    files = f"{desk.base.removesuffix('/captura')}/archivos"
    assert files in Page(desk.get("tender/documents").text).links
    assert files in Page(desk.client.get(desk.base.removesuffix("/captura")).text).links
