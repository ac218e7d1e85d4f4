"""Everything that a compiled release says stands in its sections, whatever the model knows of it."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from app.core.errors import NotFoundError
from app.ocds import model
from app.ocds.model import Kind
from app.portal import process, telling
from app.portal.reading import BUDGET, PAGE, Cut, Section, Table
from app.portal.telling import Line, Told

LEAF_KINDS = (str, int, float, bool)


def leaves(value: Any) -> Iterator[Any]:
    """Every value that is neither object nor list."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


def raw(value: Any) -> str:
    """A leaf as a page can hold it: text as it is, anything else as JSON writes it."""
    return value if isinstance(value, str) else json.dumps(value)


def said(section: Section) -> Iterator[Told]:
    """Every value that a section tells."""
    for line in section.lines:
        yield from (told for entry in line.entries for told in entry)
    for table in section.tables:
        for row in table.rows:
            for cell in row.cells:
                yield from (told for entry in (*cell.main, *cell.small) for told in entry)
            yield from (told for line in row.rest for entry in line.entries for told in entry)
    for inner in section.sections:
        yield from said(inner)


def all_lines(section: Section) -> Iterator[Line]:
    yield from section.lines
    for table in section.tables:
        for row in table.rows:
            yield from row.rest
    for inner in section.sections:
        yield from all_lines(inner)


def titles(section: Section) -> Iterator[str]:
    yield section.title
    for inner in section.sections:
        yield from titles(inner)


def missing(document: dict[str, Any]) -> list[str]:
    """The leaves of a document that its sections do not tell."""
    sections = process.sections(document)
    told = {form for section in sections for one in said(section) for form in (one.text, one.raw, one.href)}
    # A title is told by its heading and a currency by its amount.
    around = " ".join([*(title for section in sections for title in titles(section)), *told])
    return [leaf for leaf in map(raw, leaves(document)) if leaf not in told and leaf not in around]


def whole_document(elements: int = 1) -> dict[str, Any]:
    """A document with a value of its own in every field of the model."""
    numbers = count(1)

    def value(field: model.Field) -> Any:
        number = next(numbers)
        match field.kind:
            case Kind.NUMBER | Kind.INTEGER:
                return 100_000 + number
            case Kind.BOOLEAN:
                return True
            case Kind.DATE:
                return f"{2000 + number // 60:04}-03-01T10:{number % 60:02}:00-06:00"
            case Kind.TEXTS | Kind.CODES:
                return [f"varios {number:05}", f"otros {number:05}"]
            case Kind.RAW:
                return {"clave libre": f"libre {number:05}", "lista": [{"x": f"y {number:05}"}]}
            case _:
                return f"dato {number:05}"

    def holder(path: str) -> dict[str, Any]:
        return {field.name: place(field) for field in model.children(path)}

    def place(field: model.Field) -> Any:
        if not model.children(field.path):
            return value(field)
        if field.is_list:
            return [holder(field.path) for _ in range(elements)]
        return holder(field.path)

    return {field.name: place(field) for field in model.children("")}


@pytest.mark.parametrize("elements", [1, 2])
def test_every_field_of_the_model_is_told(elements: int) -> None:
    document = whole_document(elements)

    assert len(list(leaves(document))) > 1500
    assert missing(document) == []


def test_nothing_is_told_twice() -> None:
    told = Counter(
        one.raw or one.text for section in process.sections(whole_document(2)) for one in said(section)
    )

    assert [leaf for leaf, times in told.items() if times > 1 and re.search(r"\d{5}", leaf)] == []


def test_reading_changes_nothing() -> None:
    document = whole_document()
    before = json.dumps(document)

    process.sections(document)

    assert json.dumps(document) == before


def test_what_nobody_declared_is_told_under_its_own_name() -> None:
    document = {
        "ocid": "ocds-abc123-1",
        "campo_nuevo": "primero",
        "tender": {
            "title": "T",
            "title_en": "second",
            "otro": {"más": {"hondo": "tercero"}},
            "value": {"amount": 5, "currency": "MXN", "iva": 16.5},
            "items": [{"id": "1", "marca": "cuarto", "unit": {"name": "Pieza", "peso": 12}}],
            "listado": [{"x": "quinto"}, {"x": "sexto"}],
        },
        "awards": "no es una lista",
        "contracts": [{"id": "c"}, "suelto"],
        "bids": [1, [2, {"z": 3}]],
    }

    assert missing(document) == []
    labels = {line.label for section in process.sections(document) for line in all_lines(section)}
    assert {"campo_nuevo", "Título (en)", "otro · más · hondo", "Monto estimado · iva", "marca"} <= labels


def test_amounts_dates_and_codes_are_words() -> None:
    [section] = process.sections(
        {
            "tender": {
                "status": "active",
                "procurementMethod": "open",
                "value": {"amount": 1250000.5, "netAmount": 1000000, "currency": "MXN"},
                "tenderPeriod": {
                    "startDate": "2026-03-01T00:00:00Z",
                    "endDate": "2026-03-31T14:30:00-06:00",
                    "durationInDays": 31,
                },
                "hasEnquiries": False,
                "numberOfTenderers": 1234,
            }
        }
    )
    words = {
        line.label: " ".join(told.before + told.text for entry in line.entries for told in entry)
        for line in section.lines
    }

    assert words["Situación"] == "Activa"
    assert (
        words["Monto estimado"]
        == "$1,250,000.50\N{NO-BREAK SPACE}MXN sin impuestos $1,000,000.00\N{NO-BREAK SPACE}MXN"
    )
    # The day that the publisher wrote, not the one it was elsewhere at that instant.
    assert words["Plazo para presentar proposiciones"] == "del 1 mar 2026 al 31 mar 2026, 14:30 31 días"
    assert words["¿Hubo preguntas?"] == "No"
    assert words["Número de licitantes"] == "1,234"


def test_only_web_addresses_become_links() -> None:
    document = {
        "planning": {
            "documents": [
                {"id": "1", "title": "a", "url": "https://datos.example/a"},
                {"id": "2", "title": "b", "url": "javascript:alert(1)"},
            ]
        }
    }
    [section] = process.sections(document)

    assert [(told.text, told.href) for told in said(section) if told.kind == "link" or told.href] == [
        ("a", "https://datos.example/a")
    ]
    assert "javascript:alert(1)" in [told.text for told in said(section)]


@pytest.mark.parametrize("amount", [1e300, -1e300, 1e-300, 10**18, 0.1 + 0.2, "mucho", True, [1], {"a": 1}])
def test_odd_amounts_break_nothing(amount: Any) -> None:
    document = {
        "tender": {"value": {"amount": amount, "currency": "MXN"}, "numberOfTenderers": amount},
        "contracts": [{"id": "1", "value": {"amount": amount, "currency": ["MXN"]}, "period": [amount]}],
    }

    assert missing(document) == []
    process.timeline(document)
    process.summary(document)


def test_free_json_may_be_as_deep_as_it_likes() -> None:
    deep: Any = "el fondo"
    for _ in range(300):
        deep = [{"más": deep}]
    document = {"parties": [{"id": "1", "details": {"hondo": deep}}], "raro": {"hondo": deep}}

    text = " ".join(told.text for section in process.sections(document) for told in said(section))

    assert text.count("el fondo") == 2


def test_long_lists_show_their_beginning_and_lead_to_the_rest() -> None:
    items = [{"id": str(n), "description": f"cosa {n}"} for n in range(1000)]
    other = [{"id": str(n), "description": f"hito {n}"} for n in range(1000)]
    document = {
        "tender": {"id": "1", "items": items, "milestones": other},
        "contracts": [{"id": str(n), "awardID": "1", "items": items, "milestones": other} for n in range(30)],
    }

    tables = [table for section in process.sections(document) for table in all_tables(section)]

    assert sum(len(table.rows) for table in tables) <= BUDGET
    assert tables[0].cut == Cut("/tender/items", 0, PAGE, 1000)
    assert [table.same_as for table in tables if table.caption.startswith("Partidas contratadas")] == [
        tables[0]
    ] * 30

    whole: list[str] = []
    for start in range(0, 1000, PAGE):
        section, total = process.list_page(document, "/tender/items", start)
        assert total == 1000
        whole += [
            row.rest[0].label if row.rest else row.cells[0].main[0][0].text for row in section.tables[0].rows
        ]
    assert whole == [f"cosa {n}" for n in range(1000)]


def all_tables(section: Section) -> Iterator[Table]:
    yield from section.tables
    for inner in section.sections:
        yield from all_tables(inner)


def test_many_contracts_are_cut_too() -> None:
    document = {"contracts": [{"id": f"C-{n}", "title": f"Contrato {n}"} for n in range(120)]}

    [section] = process.sections(document)

    assert [inner.title for inner in section.sections[:2]] == ["Contrato: Contrato 0", "Contrato: Contrato 1"]
    assert section.sections[-1].cut == Cut("/contracts", 0, PAGE, 120)
    last, total = process.list_page(document, "/contracts", 100)
    assert (len(last.sections) - 1, total) == (20, 120)


@pytest.mark.parametrize(
    "pointer",
    ["", "/", "x", "/tender", "/tender/title", "/tender/items/5", "/tender/items/0/id", "/tender/items/-1"],
)
def test_what_is_no_list_is_not_found(pointer: str) -> None:
    document = {"tender": {"title": "t", "items": [{"id": "1"}]}}

    with pytest.raises(NotFoundError):
        process.list_page(document, pointer, 0)
    with pytest.raises(NotFoundError):
        process.list_page(document, "/tender/items", 1)
    assert process.list_page(document, "/tender/items", 0)[1] == 1


def test_the_stages_say_when_and_how_much() -> None:
    document = {
        "tender": {"value": {"amount": 100, "currency": "MXN"}},
        "awards": [
            {"id": "1", "date": "2026-05-02T00:00:00Z", "value": {"amount": 40, "currency": "MXN"}},
            {"id": "2", "date": "2026-05-09T00:00:00Z", "value": {"amount": 50, "currency": "MXN"}},
            {"id": "3", "status": "cancelled", "value": {"amount": 900, "currency": "MXN"}},
        ],
        "contracts": [
            {
                "id": "1",
                "dateSigned": "2026-06-01T00:00:00Z",
                "value": {"amount": 40, "currency": "MXN"},
            },
            {"id": "2", "value": {"amount": 7, "currency": "USD"}},
        ],
    }

    stages = process.timeline(document)

    assert [stage.state for stage in stages] == ["missing", "done", "done", "current", "upcoming"]
    assert [stage.when for stage in stages] == ["", "", "2 may 2026 – 9 may 2026", "1 jun 2026", ""]
    assert [stage.amount.replace("\N{NO-BREAK SPACE}", " ") for stage in stages] == [
        "",
        "$100.00 MXN",
        "$90.00 MXN",
        "$40.00 MXN + 7.00 USD",
        "",
    ]


def test_the_summary_answers_five_questions() -> None:
    document = {
        "buyer": {"name": "Secretaría A"},
        "tender": {
            "title": "Papelería",
            "description": "Compra de papel para oficinas",
            "procurementMethod": "direct",
            "mainProcurementCategory": "goods",
            "procuringEntity": {"name": "Secretaría B"},
            "tenderers": [{"name": "Gana"}, {"name": "Pierde"}],
            "items": [{"id": "1"}, {"id": "2"}],
        },
        "awards": [{"suppliers": [{"name": "Gana"}]}],
        "contracts": [
            {
                "value": {"amount": 10, "currency": "MXN"},
                "dateSigned": "2026-06-01T00:00:00Z",
                "implementation": {"transactions": [{"value": {"amount": 4, "currency": "MXN"}}]},
            }
        ],
    }

    answers = {
        line.label: [" ".join(told.before + told.text for told in entry) for entry in line.entries]
        for line in process.summary(document)
    }

    assert answers["Qué"][0] == "Compra de papel para oficinas"
    assert answers["Quién"] == [
        "Compra: Secretaría A",
        "Convoca: Secretaría B",
        "Vende: Gana",
        "También participó: Pierde",
    ]
    assert [one.replace("\N{NO-BREAK SPACE}", " ") for one in answers["Cuánto"]] == [
        "Pagado: $4.00 MXN",
        "Contratado: $10.00 MXN",
    ]
    assert answers["Cuándo"] == ["Firma: 1 jun 2026"]
    assert answers["Cómo"] == ["Adjudicación directa"]
    assert [line.entries for line in process.summary({})] == [()] * 5


def test_numbers_keep_every_decimal() -> None:
    assert [telling.number(value) for value in (1234567, 0.1 + 0.2, 2.5, 1e20)] == [
        "1,234,567",
        "0.30000000000000004",
        "2.5",
        "1e+20",
    ]
