"""Laid out for reading: nothing is left out, everything has the words of the model, and notes stand in their place."""

from typing import Any

import pytest

from app.ocds import model
from app.ocds.shape import Document
from app.processes.drafting import examine
from app.processes.outline import (
    PAGE,
    SHOWN,
    Group,
    Notes,
    Row,
    anchor,
    find,
    in_words,
    listing,
    outline,
    places,
)
from tests.factories import document, invalid_document

ZONE = "America/Mexico_City"


def rows(written: Document, notes: Notes | None = None) -> dict[str, Row]:
    def of(group: Group) -> list[Row]:
        return [*group.rows, *(row for one in group.lists for element in one.elements for row in of(element))]

    stages = outline(written, notes or Notes(), zone=ZONE)
    return {row.pointer: row for stage in stages for group in stage.groups for row in of(group)}


def test_labels_codes_and_order_come_from_the_model() -> None:
    shown = rows(document())

    assert shown["/tender/title"] == Row(
        "/tender/title", model.field("tender/title").label, "Papelería para oficinas"
    )
    assert shown["/tender/procurementMethod"].value == "Licitación pública"
    assert list(shown).index("/tender/title") < list(shown).index("/tender/status")
    stages = outline(document(), Notes(), zone=ZONE)
    assert [one.label for one in stages] == ["Datos generales", "Licitación"]


@pytest.mark.parametrize(
    ("key", "held", "value"),
    [
        ("value", {"amount": 1234567.5, "currency": "MXN"}, "$1,234,567.50\N{NO-BREAK SPACE}MXN"),
        ("value", {"amount": 0.125, "currency": "MXN"}, "$0.125\N{NO-BREAK SPACE}MXN"),
        ("value", {"amount": 5}, "5.00\N{NO-BREAK SPACE}sin moneda"),
        ("hasEnquiries", False, "No"),
        ("numberOfTenderers", 2024, "2024"),
        ("submissionMethod", ["electronicSubmission", "otra"], "Electrónica, otra"),
        ("desconocido", [{"a": 1}, 2], '[{"a":1},2]'),
        ("tenderPeriod/startDate", "2026-03-01T00:00:00Z", "1 mar 2026"),
        ("tenderPeriod/startDate", "2026-03-01", "1 mar 2026"),
        ("tenderPeriod/startDate", "2026-03-01T12:30:00Z", "1 mar 2026, 06:30"),
        ("tenderPeriod/startDate", "ayer", "ayer"),
    ],
)
def test_values_are_told_as_people_read_them(key: str, held: Any, value: str) -> None:
    name, _, inside = key.partition("/")

    shown = rows(document(tender={"id": "T", name: {inside: held} if inside else held}))

    assert shown[f"/tender/{key}"].value == value


def test_no_leaf_is_left_out() -> None:
    odd = document(extraño={"a/b": {"~": 1}}, contracts=[{"id": "C", "items": [{"id": 1, "x": [[1], []]}]}])

    shown = rows(odd)

    assert {"/extraño/a~1b/~0", "/contracts/0/items/0/x", "/contracts/0/items/0/id"} <= shown.keys()
    assert all(find(odd, pointer) is not None for pointer in shown)


def test_notes_stand_beside_their_value_even_where_it_is_missing() -> None:
    written = invalid_document() | {"contracts": [{"id": "C"}]}
    problems = examine("ocds-abc123-1", written, natural_rfc_public=False).problems

    shown = rows(written, Notes.gather(problems, [("/tender/title", "¿Cuál?")]))

    assert [note.kind for note in shown["/tender/value/amount"].notes] == ["error"]
    assert shown["/tender/value/amount"].notes[0].text.startswith("Debe ser un número")
    assert shown["/contracts/0/awardID"].value is None
    assert shown["/contracts/0/awardID"].notes[0].text.startswith("Falta este dato")
    assert [note.text for note in shown["/tender/title"].notes] == ["¿Cuál?"]


def test_a_long_list_shows_its_first_elements_and_the_rest_on_pages() -> None:
    items = [{"id": str(number), "description": f"Bien {number}"} for number in range(120)]
    written = document(tender={"id": "T", "items": items})

    whole = outline(written, Notes(), zone=ZONE)[-1].groups[0].lists[0]
    page = listing(written, "/tender/items", 100, Notes(), zone=ZONE)

    assert (len(whole.elements), whole.total, whole.end) == (SHOWN, 120, SHOWN)
    assert page is not None
    assert (len(page.elements), page.start, page.end) == (20, 100, 120)
    assert page.elements[0].label == "101. Bien 100"
    assert page.elements[0].pointer == "/tender/items/100"
    first = listing(written, "/tender/items", 0, Notes(), zone=ZONE)
    assert first is not None
    assert len(first.elements) == PAGE
    assert listing(written, "/tender/title", 0, Notes(), zone=ZONE) is None
    assert listing(written, "/nada/0", 0, Notes(), zone=ZONE) is None


def test_every_place_of_a_page_is_known() -> None:
    stages = outline(document(), Notes(), zone=ZONE)

    known = {pointer for stage in stages for pointer in places(stage.groups)}

    assert {"/tender", "/tender/title", "/parties", "/parties/0", "/parties/0/name"} <= known


def test_an_anchor_is_safe_in_an_address() -> None:
    assert anchor('/a b/"<ñ>') == "en:/a%20b/%22%3C%C3%B1%3E"


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (
            {"startDate": "2026-02-02T00:00:00-06:00", "endDate": "2026-02-20T23:59:59-06:00"},
            "del 2 feb 2026 al 20 feb 2026",
        ),
        ({"durationInDays": 30}, "(30 días)"),
        ({"netAmount": 10.5, "amount": 12, "currency": "MXN"}, "$12.00 MXN, $10.50 MXN sin impuestos"),
        ({"amount": 12, "currency": "MXN"}, "$12.00 MXN"),
    ],
)
def test_amounts_and_periods_are_told_on_one_line(held: dict[str, Any], words: str) -> None:
    told = in_words(held, "/tender/value", zone="America/Mexico_City")
    assert told.replace("\N{NO-BREAK SPACE}", " ") == words
