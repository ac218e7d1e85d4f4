"""Edits of a workbook meet the document of now: taken, told as collisions, or refused in words; never lost, never silent."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from app.ocds.shape import Document
from app.workbook.layout import LISTS
from tests.ocds.processes import SELLER, coherent
from tests.workbook.books import (
    OCID,
    Edit,
    adding,
    column,
    edited,
    merged,
    removing,
    row,
    rows_of,
    setting,
    told,
    written,
)

TITLE = setting("Procedimientos", OCID, "tender/title", "Papel y tinta", "contrataciones/Process")
AMOUNT = setting("Contratos", "C-1", "value/netAmount", 950)


def changed(change: Callable[[Document], object]) -> Document:
    """The coherent process after somebody changed it meanwhile."""
    document = coherent()
    change(document)
    return document


def test_an_edited_cell_changes_its_value_and_nothing_else() -> None:
    found = merged(edited(written(coherent()), TITLE, AMOUNT))
    expected = coherent()
    expected["tender"]["title"] = "Papel y tinta"
    expected["contracts"][0]["value"]["netAmount"] = 950
    assert found.document == expected
    assert (found.changes, found.collisions, found.missing) == (2, 0, 0)
    assert "«Papel» → «Papel y tinta»" in told(found)[0]
    assert "«900» → «950»" in told(found)[1]


def test_what_others_changed_elsewhere_stays() -> None:
    current = changed(lambda one: one["tender"].update(description="Otra descripción"))
    found = merged(edited(written(coherent()), TITLE), current)
    assert found.document["tender"]["description"] == "Otra descripción"
    assert found.document["tender"]["title"] == "Papel y tinta"
    assert found.collisions == 0


def test_the_same_value_changed_on_both_sides_is_a_collision() -> None:
    current = changed(lambda one: one["tender"].update(title="Papel bond"))
    content = edited(written(coherent()), TITLE)
    found = merged(content, current)
    assert found.document == current
    assert (found.changes, found.collisions) == (0, 1)
    (said,) = told(found, "collision")
    assert "en el libro «Papel y tinta»" in said
    assert "de «Papel» a «Papel bond»; queda «Papel bond»" in said

    decided = merged(content, current, "overrule")
    assert decided.document["tender"]["title"] == "Papel y tinta"
    assert (decided.changes, decided.collisions) == (1, 1)


def test_both_changed_it_to_the_same_is_no_collision() -> None:
    current = changed(lambda one: one["tender"].update(title="Papel y tinta"))
    found = merged(edited(written(coherent()), TITLE), current)
    assert (found.document, found.changes, found.collisions) == (current, 0, 0)


def test_a_cell_emptied_takes_its_value_away() -> None:
    found = merged(edited(written(coherent()), setting("Contratos", "C-1", "description", None)))
    assert "description" not in found.document["contracts"][0]
    assert "→ vacío" in told(found)[0]


def test_a_deleted_row_goes_only_when_that_is_decided() -> None:
    content = edited(written(coherent()), removing("Documentos", "t1"))
    found = merged(content)
    assert found.document == coherent()
    assert found.missing == 1
    assert "a menos que confirmes" in told(found, "missing")[0]
    decided = merged(content, None, "remove")
    assert "documents" not in decided.document["tender"]


def test_a_deleted_row_that_somebody_changed_stays_unless_the_workbook_rules() -> None:
    current = changed(lambda one: one["tender"]["documents"][0].update(title="Corregido"))
    content = edited(written(coherent()), removing("Documentos", "t1"))
    assert merged(content, current, "remove").document == current
    assert "documents" not in merged(content, current, "remove", "overrule").document["tender"]


def test_who_is_still_chosen_somewhere_is_not_taken_out() -> None:
    found = merged(edited(written(coherent()), removing("Participantes", SELLER["id"])), None, "remove")
    assert found.document == coherent()
    assert "no se quita: está elegido en" in told(found, "fault")[0]


def test_a_row_of_what_somebody_took_out_tells_its_edits() -> None:
    current = changed(lambda one: one["tender"].pop("documents"))
    content = edited(written(coherent()), setting("Documentos", "t1", "title", "Convocatoria corregida"))
    found = merged(content, current)
    assert found.document == current
    assert "Alguien lo quitó" in told(found, "collision")[0]
    decided = merged(content, current, "overrule")
    assert decided.document["tender"]["documents"][0]["title"] == "Convocatoria corregida"


def test_what_comes_back_comes_whole() -> None:
    current = changed(lambda one: one.pop("contracts"))
    content = edited(written(coherent()), AMOUNT, setting("Garantías", "g1", "value/netAmount", 95))
    assert merged(content, current).document == current
    expected = coherent()
    expected["contracts"][0]["value"]["netAmount"] = 950
    expected["contracts"][0]["guarantees"][0]["value"]["netAmount"] = 95
    assert merged(content, current, "overrule").document == expected


def test_a_new_row_is_a_new_element_and_the_same_one_whenever_it_is_imported() -> None:
    new = {
        "@list": LISTS["tender/documents"].label,
        "title": "Acta",
        "url": "https://ejemplo.gob.mx/acta.pdf",
    }
    content = edited(written(coherent()), adding("Documentos", new))
    found = merged(content)
    (added,) = [one for one in found.document["tender"]["documents"] if one["title"] == "Acta"]
    assert added["id"]
    again = merged(content, found.document)
    assert (again.document, again.changes) == (found.document, 0)


def test_a_new_party_is_known_by_its_rfc_and_takes_the_role_where_it_is_chosen() -> None:
    party = {"name": "Papelera Nueva, S.A.", "identifier/scheme": "MX-RFC", "identifier/id": "PNU010203AB1"}
    content = edited(
        written(coherent()),
        adding("Participantes", party),
        setting("Adjudicaciones", "A-1", "suppliers", "MX-RFC-PNU010203AB1"),
    )
    found = merged(content)
    assert told(found, "fault") == []
    assert found.document["awards"][0]["suppliers"] == [
        {"id": "MX-RFC-PNU010203AB1", "name": "Papelera Nueva, S.A."}
    ]
    (new,) = [one for one in found.document["parties"] if one["id"] == "MX-RFC-PNU010203AB1"]
    assert new["roles"] == ["supplier"]


def test_a_party_renamed_is_renamed_where_it_is_chosen() -> None:
    found = merged(
        edited(written(coherent()), setting("Participantes", SELLER["id"], "name", "Materiales, S.A."))
    )
    assert found.document["awards"][0]["suppliers"][0]["name"] == "Materiales, S.A."


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ([setting("Contratos", "C-1", "value/netAmount", "mil pesos")], "dice «mil pesos» y no se tomó"),
        ([setting("Contratos", "C-1", "dateSigned", "el martes")], "dice «el martes» y no se tomó"),
        ([setting("Contratos", "C-1", "status", "vigentisimo")], "no está en la lista"),
        ([setting("Documentos", "t1", "documentType", "Cosa rara")], "no está en la lista"),
        ([setting("Contratos", "C-1", "title", "=A1")], "la fórmula no guardó su resultado"),
        ([setting("Adjudicaciones", "A-1", "suppliers", "nadie")], "no es el identificador de ningún renglón"),
        ([adding("Contratos", {"title": "Sin número"})], "Escribe el número del contrato"),
        ([adding("Documentos", {"title": "Sin lugar"})], "Falta saber en qué parte va"),
        ([adding("Garantías", {"@id": "g9", "@parent1": "C-9", "type": "Fianza"})], "No existe «C-9»"),
        ([adding("Garantías", {"@id": "g9", "type": "Fianza"})], "Falta decir dentro de qué elemento va"),
        ([adding("Contratos", {"@id": "C-1", "title": "Otra vez"})], "Repite el identificador «C-1» del renglón 3"),
        ([adding("Documentos", {"@list": "donde sea", "@id": "d9"})], "no es una de las partes de la lista"),
        ([lambda book: book["Contratos"].merge_cells("A3:B3")], "celdas combinadas"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_and_changes_nothing(edits: list[Edit], words: str) -> None:
    found = merged(edited(written(coherent()), *edits), None, "overrule", "remove")
    assert words in " ".join(told(found, "fault"))
    assert found.document == coherent()


def test_a_row_of_nothing_known_keeps_its_sheet_whole() -> None:
    """A row that lost its place might be any: nothing of its sheet is taken out because of it."""

    def lose(book: Any) -> None:
        sheet = book["Garantías"]
        sheet.cell(row(sheet, "g1"), column(sheet, "@parent1")).value = None

    found = merged(edited(written(coherent()), lose), None, "remove")
    assert found.document == coherent()
    assert told(found, "fault")


def test_columns_may_be_moved_removed_and_added() -> None:
    def move(book: Any) -> None:
        sheet = book["Contratos"]
        sheet.insert_cols(1)
        sheet.cell(2, 1).value = "Mis notas"
        sheet.cell(3, 1).value = "pendiente"
        sheet.delete_cols(column(sheet, "description"))

    content = edited(written(coherent()), AMOUNT, move)
    _, _, warnings, _ = rows_of(content)
    assert any("«Mis notas»" in one for one in warnings)
    assert any("faltan columnas" in one for one in warnings)
    found = merged(content)
    assert found.document["contracts"][0]["value"]["netAmount"] == 950
    assert found.document["contracts"][0]["description"] == "Papel"


def test_a_sheet_that_is_gone_changes_nothing() -> None:
    def drop(book: Any) -> None:
        del book["Garantías"]

    content = edited(written(coherent()), drop)
    assert any("Faltan hojas: «Garantías»" in one for one in rows_of(content)[2])
    assert merged(content, None, "remove").document == coherent()


def test_a_sheet_of_ones_own_is_named() -> None:
    content = edited(written(coherent()), lambda book: book.create_sheet("Cuentas").append(["suma", 1]))
    assert any("«Cuentas»" in one for one in rows_of(content)[2])


def test_dates_amounts_and_rfcs_are_read_as_people_write_them() -> None:
    found = merged(
        edited(
            written(coherent()),
            setting("Contratos", "C-1", "dateSigned", date(2026, 3, 7)),
            setting("Contratos", "C-1", "value/netAmount", "$1,234.50"),
            setting("Contratos", "C-1", "period/endDate", "30/07/2026"),
        )
    )
    contract = found.document["contracts"][0]
    assert contract["dateSigned"].startswith("2026-03-07")
    assert contract["value"]["netAmount"] == 1234.5
    assert contract["period"]["endDate"].startswith("2026-07-3")
