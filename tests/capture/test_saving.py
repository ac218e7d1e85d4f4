"""Saving: what is typed goes in, what cannot stays in its box with the reason, and nobody's work is lost."""

from collections.abc import Callable
from typing import Any

import pytest

from app.review import service as review
from tests.capture.conftest import Desk
from tests.capture.sending import Fields, form_of
from tests.factories import document
from tests.html import Page

VALUE = {"/value/amount": "$1,234.50", "/value/currency": "MXN"}


def hidden(desk: Desk, where: str) -> Fields:
    """What the page of a form says about itself."""
    fields = form_of(desk.get(where).text, where)
    return {name: fields[name] for name in ("desde", "mostrado")}


def test_amounts_and_dates_are_taken_as_people_write_them(opened: Callable[..., Desk]) -> None:
    desk = opened()
    assert desk.post("tender/montos", dict(VALUE)).status_code == 303
    assert (
        desk.post("tender/fechas", {"/tenderPeriod/startDate": "31 de diciembre de 2026"}).status_code == 303
    )
    tender = desk.document["tender"]
    assert tender["value"] == {"amount": 1234.5, "currency": "MXN"}
    assert tender["tenderPeriod"]["startDate"] == "2026-12-31T00:00:00-06:00"


def test_what_cannot_be_understood_stays_in_its_box_and_the_rest_is_saved(
    opened: Callable[..., Desk],
) -> None:
    desk = opened()
    answer = desk.post("tender/montos", {**VALUE, "/value/netAmount": "mucho"})
    assert answer.status_code == 422
    page = Page(answer.text)
    assert page.faults == []
    assert form_of(answer.text, "tender/montos")["/value/netAmount"] == "mucho"
    assert "No se entiende la cantidad. Va como 1,234.50" in page.text
    assert "#campo/value/netAmount" in page.links
    assert desk.document["tender"]["value"] == {"amount": 1234.5, "currency": "MXN"}


@pytest.mark.parametrize(
    ("where", "name", "text", "said"),
    [
        ("tender/fechas", "/tenderPeriod/startDate", "mañana", "La fecha va como 31/12/2026"),
        ("tender", "/status", "quizá", "no está en la lista"),
        ("tender/participantes", "/procuringEntity", "MX-NADIE", "Elige a uno de los participantes"),
        ("planning/budget", "/budget/uri", "mi página", "La dirección no lleva espacios"),
        ("planning", "/hasQuotes", "quién sabe", "Responde «sí» o «no»"),
    ],
)
def test_each_field_refuses_with_the_reason_and_how_to_write_it(
    opened: Callable[..., Desk], where: str, name: str, text: str, said: str
) -> None:
    desk = opened()
    answer = desk.post(where, {name: text})
    assert answer.status_code == 422
    assert said in Page(answer.text).text
    assert desk.document == {}


def test_keys_that_no_form_asks_for_survive(opened: Callable[..., Desk]) -> None:
    extra = {"title_en": "Paper", "x_propio": {"a": [1]}, "value": {"amount": 5, "currency": "MXN", "x": 1}}
    desk = opened({"tender": {"id": "1", "title": "Papel", **extra}})
    for where in ("tender", "tender/montos"):
        form = form_of(desk.get(where).text, where)
        typed = {"/title": "Papelería", "/value/amount": "6"}
        assert desk.post(where, {**form, **{k: v for k, v in typed.items() if k in form}}).status_code == 303
    tender = desk.document["tender"]
    assert tender == {
        "id": "1",
        "title": "Papelería",
        **extra,
        "value": {"amount": 6, "currency": "MXN", "x": 1},
    }


def test_a_page_sent_untouched_changes_nothing(opened: Callable[..., Desk]) -> None:
    odd = {"amount": "1500 pesos", "currency": "MXN"}
    desk = opened(
        document(
            tender={"id": 7, "title": " Con blancos ", "value": odd, "tenderPeriod": {"startDate": "2024"}}
        )
    )
    before = desk.document
    for where in ("tender", "tender/montos", "tender/fechas", "general", "parties/0"):
        assert desk.post(where, form_of(desk.get(where).text, where)).status_code == 303
    assert desk.document == before


def test_a_double_click_is_one_change(opened: Callable[..., Desk]) -> None:
    desk = opened()
    sent = {**hidden(desk, "tender"), "/title": "Papel"}
    assert [desk.post("tender", dict(sent)).status_code for _ in range(2)] == [303, 303]
    assert hidden(desk, "tender")["desde"] == str(int(str(sent["desde"])) + 1)


def test_two_people_change_different_fields_and_both_stay(opened: Callable[..., Desk]) -> None:
    desk = opened({"tender": {"id": "1", "title": "A", "description": "B"}})
    mine, theirs = (form_of(desk.get("tender").text, "tender") for _ in range(2))
    assert desk.post("tender", {**theirs, "/title": "A2"}).status_code == 303
    assert desk.post("tender", {**mine, "/description": "B2"}).status_code == 303
    assert desk.document["tender"] == {"id": "1", "title": "A2", "description": "B2"}


def test_two_people_change_the_same_field_and_the_second_chooses(opened: Callable[..., Desk]) -> None:
    desk = opened({"tender": {"id": "1", "title": "A"}})
    mine, theirs = (form_of(desk.get("tender").text, "tender") for _ in range(2))
    assert desk.post("tender", {**theirs, "/title": "Suyo"}).status_code == 303
    answer = desk.post("tender", {**mine, "/title": "Mío", "/id": "2"})
    assert answer.status_code == 409
    page = Page(answer.text)
    assert page.faults == []
    assert "«Suyo». Tú escribiste «Mío»." in page.text
    assert "Persona so_editor cambió este dato a las" in page.text
    assert desk.document["tender"] == {"id": "2", "title": "Suyo"}, "the rest was saved"
    again = form_of(answer.text, "tender")
    assert again["/title"] == "Mío"
    kept = desk.post("tender", {**again, "accion": "dejar:/title"})
    assert form_of(kept.text, "tender")["/title"] == "Suyo"
    assert desk.post("tender", dict(again)).status_code == 303
    assert desk.document["tender"]["title"] == "Mío"


def test_a_stale_form_changes_only_what_was_touched(opened: Callable[..., Desk]) -> None:
    """One that lay open while the others worked, and is sent whole."""
    desk = opened({"tender": {"id": "1", "title": "A", "description": "B"}})
    old = form_of(desk.get("tender").text, "tender")
    desk.post("tender", {"/title": "Nuevo"})
    assert desk.post("tender", {**old, "/id": "9"}).status_code == 303
    assert desk.document["tender"]["title"] == "Nuevo"


def test_nobody_edits_what_is_under_review(opened: Callable[..., Desk]) -> None:
    desk = opened(document())
    editor = desk.place.actor("so_editor")
    with desk.place.database.unit_of_work(editor) as session:
        review.submit(session, editor, desk.ref, 1)
    page = desk.get("tender")
    assert "Esta versión no se puede editar" in page.text
    assert desk.post("tender", {"/title": "Otro"}).status_code == 409
    assert desk.post("tender/items", {"accion": "agregar", "/description": "Papel"}).status_code == 409
    assert desk.document["tender"]["title"] == "Papelería para oficinas"


@pytest.mark.parametrize(
    "text",
    ["N" * 300, "Papelería 😀 «Ñandú» & <hijos>", "شركة التجارة العامة", "a\u202eb", "línea\nlínea"],
)
def test_any_text_comes_back_as_it_went_in(opened: Callable[..., Desk], text: str) -> None:
    desk = opened()
    assert desk.post("tender", {"/description": text}).status_code == 303
    assert desk.document["tender"]["description"] == text
    answer = desk.get("tender")
    assert Page(answer.text).faults == []
    assert desk.post("tender", {"/description": text.replace("\n", "\r\n")}).status_code == 303
    assert desk.document["tender"]["description"] == text


def test_a_field_saved_alone_answers_its_own_row(opened: Callable[..., Desk]) -> None:
    desk = opened()
    sent = {
        **hidden(desk, "tender/montos"),
        "unidad": "/value",
        "/value/amount": "90",
        "/value/currency": "MXN",
    }
    answer = desk.post("tender/montos", sent, **{"X-Fragment": "/value"})
    assert answer.status_code == 200
    assert "<!doctype" not in answer.text
    assert "Guardado" in answer.text
    assert 'value="90.00"' in answer.text
    wrong = desk.post("tender/montos", {**sent, "/value/amount": "nada"}, **{"X-Fragment": "/value"})
    assert "Sin guardar" in wrong.text
    assert 'aria-invalid="true"' in wrong.text
    assert 'value="nada"' in wrong.text


def test_a_currency_alone_says_nothing(opened: Callable[..., Desk]) -> None:
    desk = opened()
    assert desk.post("tender/montos", {"/value/amount": "", "/value/currency": "MXN"}).status_code == 303
    assert desk.document == {}
    desk.post("tender/montos", {"/value/amount": "5", "/value/currency": "USD"})
    assert desk.document["tender"]["value"] == {"amount": 5, "currency": "USD"}


def test_a_party_is_chosen_by_id_and_its_name_follows(opened: Callable[..., Desk]) -> None:
    parties = [{"id": f"MX-{one}", "name": f"Área {one}"} for one in "AB"]
    desk = opened({"parties": parties, "planning": {"requestingUnits": [{"id": "MX-A", "name": "Área A"}]}})
    desk.post("general", {"/buyer": "MX-B"})
    desk.post("planning", {"/requestingUnits": ["", "MX-B", "MX-A"]})
    written = desk.document
    assert written["buyer"] == {"id": "MX-B", "name": "Área B"}
    assert written["planning"]["requestingUnits"] == [
        {"id": "MX-A", "name": "Área A"},
        {"id": "MX-B", "name": "Área B"},
    ]
    desk.post("planning", {"/requestingUnits": [""]})
    desk.post("general", {"/buyer": ""})
    assert "requestingUnits" not in desk.document.get("planning", {})
    assert "buyer" not in desk.document


def test_data_of_a_person_is_marked_before_and_after_it_is_typed(opened: Callable[..., Desk]) -> None:
    desk = opened(
        {"parties": [{"id": "1", "name": "Ana", "identifier": {"legalPersonality": "naturalPerson"}}]}
    )
    page = Page(desk.get("parties/0").text)
    assert page.text.count("No se publica. El domicilio, el teléfono y el correo") == 2
    desk.post("parties/0", {"/identifier/legalPersonality": "legalPerson"})
    assert "No se publica." not in Page(desk.get("parties/0").text).text


def test_a_confidential_number_in_a_text_is_told_beside_it(opened: Callable[..., Desk]) -> None:
    desk = opened()
    desk.post("tender", {"/description": "Contratar a GOMC800101HDFLRS09 por un mes"})
    assert "La CURP de una persona nunca se publica." in Page(desk.get("tender").text).text


def test_a_direct_award_is_not_asked_for_what_has_no_place_in_it(opened: Callable[..., Desk]) -> None:
    desk = opened({"tender": {"procurementMethod": "direct"}})
    page = Page(desk.get("tender/fechas").text)
    assert "Plazo para preguntas" not in page.text
    assert not any(link.endswith("/clarificationMeetings") for link in page.links)
    held = opened(
        {"tender": {"procurementMethod": "direct", "enquiryPeriod": {"endDate": "2024-01-01T00:00:00Z"}}}
    )
    assert "Plazo para preguntas" in Page(held.get("tender/fechas").text).text


def budget(**line: Any) -> dict[str, Any]:
    return {"planning": {"budget": {"budgetBreakdown": [{"id": "1", "budgetLines": [{"id": "A", **line}]}]}}}


WHERE = "planning/budget/budgetBreakdown/0"


def test_rows_are_added_moved_copied_and_removed_without_script(opened: Callable[..., Desk]) -> None:
    desk = opened(budget(x=1))
    form = form_of(desk.get(WHERE).text, WHERE)
    added = desk.post(WHERE, {**form, "accion": "agregar:/budgetLines"}).text
    assert Page(added).faults == []
    two = form_of(added, WHERE) | {"/budgetLines/1/id": "B"}
    assert desk.post(WHERE, two).status_code == 303

    def lines() -> list[Any]:
        listed: list[Any] = desk.document["planning"]["budget"]["budgetBreakdown"][0]["budgetLines"]
        return listed

    assert lines() == [{"id": "A", "x": 1}, {"id": "B"}]
    form = form_of(desk.get(WHERE).text, WHERE)
    assert desk.post(WHERE, {**form, "accion": "subir:/budgetLines/1"}).status_code == 200
    assert lines() == [{"id": "B"}, {"id": "A", "x": 1}]
    form = form_of(desk.get(WHERE).text, WHERE)
    desk.post(WHERE, {**form, "accion": "copiar:/budgetLines/1"})
    assert [line["id"] for line in lines()] == ["B", "A", "A"]
    form = form_of(desk.get(WHERE).text, WHERE)
    desk.post(WHERE, {**form, "accion": "quitar:/budgetLines/0"})
    assert lines()[0] == {"id": "A", "x": 1}


def test_a_list_that_somebody_else_changed_is_left_as_it_is(opened: Callable[..., Desk]) -> None:
    desk = opened(budget())
    mine, theirs = (form_of(desk.get(WHERE).text, WHERE) for _ in range(2))
    desk.post(WHERE, {**theirs, "/budgetLines/0/id": "Suya"})
    answer = desk.post(WHERE, {**mine, "/budgetLines/0/id": "Mía"})
    assert answer.status_code == 422
    assert "Esta lista cambió mientras la editabas" in Page(answer.text).text
    assert desk.document["planning"]["budget"]["budgetBreakdown"][0]["budgetLines"] == [{"id": "Suya"}]
    again = form_of(answer.text, WHERE)
    assert again["/budgetLines/0/id"] == "Mía"
    assert desk.post(WHERE, dict(again)).status_code == 303
    assert desk.document["planning"]["budget"]["budgetBreakdown"][0]["budgetLines"] == [{"id": "Mía"}]


def test_a_whole_budget_key_is_taken_apart(opened: Callable[..., Desk]) -> None:
    desk = opened(budget())
    form = form_of(desk.get(WHERE).text, WHERE)
    key = "2026062001340" + "01E00100221000012" + "2110111140"
    desk.post(WHERE, {**form, "/budgetLines/0/id": key})
    (line,) = desk.document["planning"]["budget"]["budgetBreakdown"][0]["budgetLines"]
    assert line["id"] == key
    assert len(line.get("components", [])) == 14, line


@pytest.mark.parametrize(
    "where", ["tender/nada", "nada", "tender/items/9", "contracts/9", "tender/items/x", "contracts/*"]
)
def test_what_no_document_has_is_not_found(opened: Callable[..., Desk], where: str) -> None:
    desk = opened(document())
    assert desk.get(where).status_code == 404
    assert desk.post(where, {"/title": "x"}).status_code == 404


@pytest.mark.parametrize("sent", [{"accion": "volar:/title"}, {"accion": "agregar"}, {"desde": "hoy"}])
def test_what_no_form_of_ours_says_is_refused(opened: Callable[..., Desk], sent: Fields) -> None:
    assert opened(document()).post("tender", sent).status_code == 400
