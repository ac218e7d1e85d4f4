"""Lists of elements: added in a line, moved, copied, removed with a way back, carried, fifty a page."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from app.parties import service as registry
from app.parties.service import Entry
from tests.capture.conftest import Desk
from tests.factories import document
from tests.html import Page

LINE = {
    "/description": "Papel bond",
    "/quantity": "1,250",
    "/unit/name": "Caja",
    "/unit/value/amount": "$90.5",
}
MXN = {"/unit/value/currency": "MXN"}


def items(desk: Desk, where: str = "tender") -> list[Any]:
    listed: list[Any] = desk.document[where]["items"]
    return listed


def names(desk: Desk) -> list[str]:
    return [str(item["description"]) for item in items(desk)]


def with_items(count: int) -> dict[str, Any]:
    listed = [{"id": f"i{place}", "description": f"Partida {place}"} for place in range(count)]
    return {"tender": {"id": "1", "title": "Compra", "items": listed}}


def test_a_line_is_added_and_the_next_is_at_hand(opened: Callable[..., Desk]) -> None:
    desk = opened()
    answer = desk.post("tender/items", {**LINE, **MXN, "accion": "agregar"})
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("#agregar")
    (item,) = items(desk)
    assert item.pop("id").startswith("item-")
    assert item == {
        "description": "Papel bond",
        "quantity": 1250,
        "unit": {"name": "Caja", "value": {"amount": 90.5, "currency": "MXN"}},
    }
    page = Page(desk.get("tender/items").text)
    assert "Papel bond 1,250 Caja $90.50" in page.text


def test_a_line_with_an_error_is_not_added_and_stays_as_typed(opened: Callable[..., Desk]) -> None:
    desk = opened()
    answer = desk.post("tender/items", {**LINE, "/quantity": "muchas"})
    assert answer.status_code == 422
    page = Page(answer.text)
    assert page.faults == []
    assert "No se entiende la cantidad" in page.text
    assert 'value="muchas"' in answer.text
    assert 'value="Papel bond"' in answer.text
    assert desk.document == {}


def test_an_empty_line_is_not_added(opened: Callable[..., Desk]) -> None:
    answer = opened().post("tender/items", {"/description": " ", **MXN})
    assert answer.status_code == 422
    assert "Escribe algo en la línea" in answer.text


def test_rows_of_a_spreadsheet_are_added_all_or_none(opened: Callable[..., Desk]) -> None:
    desk = opened()
    wrong = desk.post(
        "tender/items", {"accion": "pegar", "renglones": "Papel\t10\tCaja\t$5.00\nLápiz\tdos\tPieza\t1"}
    )
    assert wrong.status_code == 422
    assert "Renglón 2: No se entiende la cantidad." in Page(wrong.text).text
    assert "Lápiz\tdos" in wrong.text, "what was pasted stays"
    assert desk.document == {}
    good = {"accion": "pegar", "renglones": "Papel\t10\tCaja\t$5.00\r\n\r\nLápiz\t1,200\tPieza"}
    assert desk.post("tender/items", good).status_code == 303
    first, second = items(desk)
    assert first["unit"] == {"name": "Caja", "value": {"amount": 5, "currency": "MXN"}}
    assert (second["description"], second["quantity"], second["unit"]) == ("Lápiz", 1200, {"name": "Pieza"})
    assert desk.post("tender/items", {"accion": "pegar", "renglones": " "}).status_code == 422


def test_adding_what_has_pages_of_its_own_opens_it(opened: Callable[..., Desk]) -> None:
    desk = opened()
    answer = desk.post("awards", {"/title": "Fallo", "accion": "completar"})
    assert re.search(r"/captura/awards/\d+\?guardado=\d\d%3A\d\d$", answer.headers["location"])
    assert "Fallo" in desk.client.get(answer.headers["location"]).text


def test_elements_are_moved_copied_and_removed_with_a_way_back(opened: Callable[..., Desk]) -> None:
    desk = opened(with_items(3))
    desk.post("tender/items", {"accion": "subir:tender/items/2"})
    assert names(desk) == ["Partida 0", "Partida 2", "Partida 1"]
    desk.post("tender/items", {"accion": "copiar:tender/items/0"})
    assert names(desk)[-1] == "Partida 0"
    assert items(desk)[-1]["id"] != "i0"
    answer = desk.post("tender/items", {"accion": "quitar:tender/items/1"})
    assert "Partida 1" not in names(desk)
    page = desk.client.get(answer.headers["location"]).text
    assert "Se quitó." in page
    (seq,) = set(re.findall(r"deshacer:(\d+)", page))
    desk.post("tender/items", {"accion": f"deshacer:{seq}"})
    assert names(desk) == ["Partida 0", "Partida 2", "Partida 1", "Partida 0"]


def test_what_others_refer_to_is_not_removed(opened: Callable[..., Desk]) -> None:
    desk = opened(document())
    answer = desk.post("parties", {"accion": "quitar:parties/0"})
    assert answer.status_code == 409
    assert "No se hizo" in Page(answer.text).text
    assert len(desk.document["parties"]) == 1


@pytest.mark.parametrize(
    ("act", "status"),
    [
        ("quitar:parties/0", 404),
        ("quitar:tender/items/99", 404),
        ("subir:tender/items", 404),
        ("volar:tender/items/0", 400),
        ("deshacer:99999", 404),
        ("deshacer:x", 400),
        ("traer:parties", 422),
    ],
)
def test_buttons_work_on_this_list_alone(opened: Callable[..., Desk], act: str, status: int) -> None:
    desk = opened({**with_items(1), "parties": [{"id": "1", "name": "A"}]})
    assert desk.post("tender/items", {"accion": act}).status_code == status


def test_items_are_carried_and_not_typed_again(opened: Callable[..., Desk]) -> None:
    desk = opened({**with_items(2), "awards": [{"id": "A"}]})
    assert "Traer las partidas de la licitación" in desk.get("awards/0/items").text
    assert desk.post("awards/0/items", {"accion": "traer:tender/items"}).status_code == 303
    assert [item["id"] for item in desk.document["awards"][0]["items"]] == ["i0", "i1"]


def test_a_thousand_items_come_fifty_at_a_time(opened: Callable[..., Desk]) -> None:
    desk = opened(with_items(1000))
    first = Page(desk.get("tender/items").text)
    assert first.faults == []
    assert "Partidas (1,000)" in first.text
    assert "Partida 49" in first.text
    assert "Partida 50" not in first.text
    (more,) = [link for link in first.links if "cursor=" in link]
    second = Page(desk.client.get(more).text)
    assert "Partida 50" in second.text
    assert "Partida 100" not in second.text


def test_somebody_from_the_registry_becomes_a_party_whole(opened: Callable[..., Desk]) -> None:
    desk = opened()
    editor = desk.place.actor("so_editor")
    body = {
        "name": "Papelera del Norte",
        "identifier": {
            "scheme": "MX-RFC",
            "id": "PNO010203AB5",
            "legalPersonality": "legalPerson",
            "legalName": "Papelera del Norte, S.A.",
        },
        "address": {"locality": "Monterrey"},
    }
    with desk.place.database.unit_of_work(editor) as session:
        entry = registry.create(session, editor, Entry("supplier", body))
    chosen = desk.get(f"parties?elegir={entry.party_id}").text
    assert 'value="Papelera del Norte"' in chosen
    sent = {"accion": "elegir", "party_id": str(entry.party_id), "papel": ["supplier", "inventado"]}
    assert desk.post("parties", sent).status_code == 303
    (party,) = desk.document["parties"]
    assert party["id"] == "MX-RFC-PNO010203AB5"
    assert party["roles"] == ["supplier"]
    assert party["address"] == {"locality": "Monterrey"}
    again = desk.post("parties", sent)
    assert again.status_code == 409
    for unknown in ("", "nadie"):
        assert desk.post("parties", {"accion": "elegir", "party_id": unknown}).status_code == 422


def test_adding_a_party_from_a_form_leads_back_to_it(opened: Callable[..., Desk]) -> None:
    desk = opened()
    back = f"{desk.base}/general"
    assert any(
        link.startswith(f"{desk.base}/parties?volver=") for link in Page(desk.get("general").text).links
    )
    assert f'value="{back}"' in desk.get(f"parties?volver={back}").text
    added = {"/name": "Área nueva", "accion": "completar"}
    assert desk.post("parties", {**added, "volver": back}).headers["location"] == back
    elsewhere = desk.post("parties", {**added, "/name": "Otra", "volver": "https://otro.example/"})
    assert elsewhere.headers["location"].startswith(f"{desk.base}/parties/")
    assert "otro.example" not in desk.get("parties?volver=https://otro.example/").text.replace(
        "volver=https", ""
    )


def test_a_party_is_kept_in_the_registry(opened: Callable[..., Desk]) -> None:
    identifier = {"scheme": "MX-RFC", "id": "PNO010203AB5", "legalPersonality": "legalPerson"}
    desk = opened(
        {
            "parties": [
                {"id": "1", "name": "Papelera del Norte", "roles": ["supplier"], "identifier": identifier}
            ]
        }
    )
    answer = desk.post("parties/0", {"accion": "adoptar"})
    assert answer.status_code == 303
    assert "Ya está en el registro" in Page(desk.client.get(answer.headers["location"]).text).text
    found = desk.client.get(
        f"/{desk.place.slug}/registro/opciones?q=papelera", headers={"Accept": "application/json"}
    )
    assert [one["label"] for one in found.json()] == ["Papelera del Norte"]


PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF\n"


def test_files_become_documents_of_the_list(opened: Callable[..., Desk]) -> None:
    desk = opened()
    address = f"{desk.base}/awards/0/documents/archivos"
    desk.post("awards", {"/title": "Fallo"})
    path = re.findall(r"/captura/(awards/\d+)\"", desk.get("awards").text)[0]
    address = f"{desk.base}/{path}/documents/archivos"
    sent = [
        ("archivos", ("acta de fallo.pdf", PDF, "application/pdf")),
        ("archivos", ("malo.exe", b"MZ\0", "x/y")),
    ]
    answer = desk.client.post(address, files=sent, headers={"Accept": "application/json"})
    told = answer.json()["archivos"]
    assert [one["recibido"] for one in told] == [True, False]
    (award,) = desk.document["awards"]
    (paper,) = award["documents"]
    assert paper["documentType"] == "awardNotice"
    assert paper["format"] == "application/pdf"
    page = desk.client.post(address, files=sent[1:])
    assert page.status_code == 422
    assert "malo.exe" in Page(page.text).text
    assert desk.client.post(f"{desk.base}/tender/items/archivos", files=sent).status_code == 404


def test_nobody_makes_up_the_number_of_a_contract(opened: Callable[..., Desk]) -> None:
    desk = opened(document())
    answer = desk.post("contracts", {"/title": "Suministro", "accion": "completar"})
    assert answer.status_code == 303
    (contract,) = desk.document["contracts"]
    assert contract == {"title": "Suministro"}
    assert "Suministro» › Número de contrato" in Page(desk.get("faltantes").text).text


def test_only_adding_leads_to_the_line_for_the_next(opened: Callable[..., Desk]) -> None:
    desk = opened(with_items(2))
    answer = desk.post("tender/items", {"accion": "quitar:tender/items/0"})
    assert "#agregar" not in answer.headers["location"]
    page = Page(desk.client.get(answer.headers["location"]).text)
    assert "Se quitó." in page.text
    assert f"{desk.base}/tender/documents" in page.links


def test_who_came_to_add_somebody_goes_back_after_a_refusal_too(opened: Callable[..., Desk]) -> None:
    desk = opened(document())
    back = f"{desk.base}/tender/participantes"
    refused = desk.post("parties", {"accion": "elegir", "party_id": "", "volver": back})
    assert refused.status_code == 422
    assert {form["fields"].get("volver") for form in Page(refused.text).forms if form["fields"]} >= {back}
    assert "Agregar y volver" in refused.text
