"""Rows of a simple sheet become processes: what each column is in OCDS, and what rows of one expediente make together."""

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.ocds import checks
from app.ocds.validation import validate_release
from app.simple import inward
from app.simple.columns import COLUMNS, Rule
from app.simple.reading import read
from app.sipot import outward
from app.sipot.builtin import BUILT_IN
from app.sipot.inward import Report
from tests.simple.sheets import DESERTED, EXAMPLE, INK, filled, listed

ZONE = "America/Mexico_City"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
ENVELOPE = {
    "ocid": "ocds-abc123-1",
    "id": "1",
    "date": "2026-01-01T00:00:00Z",
    "tag": ["contract"],
    "initiationType": "tender",
}
BODY = {"id": "MX-RFC-MSJ850101AB1", "name": "Municipio de San Juan", "roles": ["buyer", "procuringEntity"]}
PERSON = {
    "supplier.legal": "",
    "supplier.given": "Ana",
    "supplier.first": "Ruiz",
    "supplier.second": "Peña",
    "supplier.rfc": "",
}


def taken(*rows: dict[str, Any]) -> inward.Taken:
    with read(io.BytesIO(filled(*rows))) as reading:
        assert reading is not None
        return inward.take(reading.rows(), zone=ZONE)


def remarks(found: inward.Taken) -> list[str]:
    return [sentence for told in found.remarks.values() for sentence in told]


def test_the_example_is_a_whole_process() -> None:
    found = taken(EXAMPLE)
    assert remarks(found) == []
    assert found.rest == {}
    supplier = {"id": "MX-RFC-PVA150312AB9", "name": "Papelera del Valle, S.A. de C.V."}
    area = {"id": "sipot-area-oficialia-mayor", "name": "Oficialía Mayor"}
    value = {"netAmount": 50_000, "currency": "MXN", "amount": 58_000}
    title = "Papel y material de oficina para 2026"
    assert found.document == {
        "tender": {
            "id": "MSJ-AD-004-2026",
            "status": "complete",
            "title": title,
            "description": title,
            "procurementMethodDetails": "Adjudicación directa",
            "procurementMethod": "direct",
            "mainProcurementCategory": "goods",
            "additionalProcurementCategories": ["goodsAcquisition"],
            "procurementMethodRationale": EXAMPLE["motives"],
            "tenderPeriod": {
                "startDate": "2026-01-12T00:00:00-06:00",
                "endDate": "2026-01-19T23:59:59-06:00",
            },
            "numberOfTenderers": 1,
            "documents": [
                {
                    "id": "tenderNotice-1",
                    "documentType": "tenderNotice",
                    "title": "Convocatoria o invitación",
                    "url": EXAMPLE["call.url"],
                }
            ],
        },
        "planning": {
            "requestingUnits": [area],
            "responsibleUnits": [area],
            "budget": {"budgetBreakdown": [{"id": "hoja-sencilla", "origin": "Municipales"}]},
        },
        "parties": [
            supplier
            | {
                "identifier": {
                    "legalName": supplier["name"],
                    "scheme": "MX-RFC",
                    "id": "PVA150312AB9",
                    "legalPersonality": "legalPerson",
                },
                "roles": ["supplier"],
            },
            area | {"roles": ["requestingUnit", "responsibleUnit"]},
        ],
        "awards": [
            {
                "id": "C-004-2026",
                "status": "active",
                "suppliers": [supplier],
                "title": title,
                "description": title,
                "date": "2026-01-20T00:00:00-06:00",
                "documents": [
                    {
                        "id": "awardNotice-1",
                        "documentType": "awardNotice",
                        "title": "Fallo o notificación de adjudicación",
                        "url": EXAMPLE["award.url"],
                    }
                ],
                "value": value,
            }
        ],
        "contracts": [
            {
                "id": "C-004-2026",
                "awardID": "C-004-2026",
                "title": title,
                "description": title,
                "dateSigned": "2026-01-21T00:00:00-06:00",
                "period": {"startDate": "2026-01-22T00:00:00-06:00", "endDate": "2026-06-30T23:59:59-06:00"},
                "value": value,
                "status": "active",
                "implementation": {
                    "transactions": [{"id": "hoja-sencilla", "value": {"amount": 29_000, "currency": "MXN"}}],
                    "status": "ongoing",
                },
                "documents": [
                    {
                        "id": "contractSigned-1",
                        "documentType": "contractSigned",
                        "title": "Contrato firmado",
                        "url": EXAMPLE["contract.url"],
                    }
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    "rows",
    [(EXAMPLE,), (EXAMPLE, INK), (DESERTED,), (EXAMPLE | PERSON,)],
    ids=["one", "two", "deserted", "person"],
)
def test_a_release_of_it_is_valid_and_makes_sense(rows: tuple[dict[str, Any], ...]) -> None:
    document = taken(*rows).document
    document.setdefault("parties", []).append(BODY)
    reference = {"id": BODY["id"], "name": BODY["name"]}
    document |= {"buyer": reference, "tender": document["tender"] | {"procuringEntity": reference}}
    problems = [*validate_release({**ENVELOPE, **document}), *checks.check({**ENVELOPE, **document}, now=NOW)]
    assert [problem for problem in problems if problem.severity == "error"] == []
    # What is contracted item by item, and by whom, a row of a sheet does not say.
    assert {problem.code for problem in problems} <= {"document-expected", "identifier-doubt"}


@pytest.mark.parametrize("form", ["43335", "43336"])
def test_what_the_pnt_asks_for_is_there(form: str) -> None:
    """The example, imported, gives the row that is due in the PNT without typing anything again."""
    method = {"43335": "Adjudicación directa", "43336": "Licitación pública"}[form]
    format_ = BUILT_IN[form, "2021"]
    document = taken(EXAMPLE | {"method": method}).document
    report = Report(2026, None, None, "Oficialía Mayor", None, None, "", "", 0)
    (due,) = outward.rows(document, format_, report, zone=ZONE, natural_rfc_public=False)
    said = due.row.values
    assert due.gaps == ()
    title = EXAMPLE["title"]
    asked = {
        "method": method,
        "category": "Adquisiciones",
        "file": "MSJ-AD-004-2026",
        "motives": EXAMPLE["motives"],
        "call.date": date(2026, 1, 12),
        "call.url": (EXAMPLE["call.url"],),
        "description": title,
        "supplier.legal": EXAMPLE["supplier.legal"],
        "supplier.rfc": EXAMPLE["supplier.rfc"],
        "requesting": "Oficialía Mayor",
        "responsible": "Oficialía Mayor",
        "contract.number": "C-004-2026",
        "contract.date": date(2026, 1, 21),
        "net": 50_000,
        "gross": 58_000,
        "currency": "MXN",
        "object": title,
        "term.start": date(2026, 1, 22),
        "term.end": date(2026, 6, 30),
        "contract.url": (EXAMPLE["contract.url"],),
        "origin": "Municipales",
    }
    assert {key: said.get(key) for key in asked if format_.column(key)} == {
        key: value for key, value in asked.items() if format_.column(key)
    }


def test_rows_of_one_expediente_are_one_process_with_a_contract_each() -> None:
    found = taken(
        EXAMPLE, {"file": EXAMPLE["file"], **{key: INK[key] for key in INK if "." in key or key == "title"}}
    )
    assert remarks(found) == []
    document = found.document
    assert document["tender"]["title"] == EXAMPLE["title"]
    assert [(one["id"], one["awardID"], one["title"]) for one in document["contracts"]] == [
        ("C-004-2026", "C-004-2026", EXAMPLE["title"]),
        ("C-005-2026", "C-005-2026", "Tinta"),
    ]
    assert [one["suppliers"][0]["id"] for one in document["awards"]] == ["MX-RFC-PVA150312AB9"] * 2
    assert len(document["parties"]) == 2
    assert len(document["tender"]["documents"]) == 1


def test_one_contract_in_two_rows_has_two_suppliers() -> None:
    found = taken(EXAMPLE, EXAMPLE | PERSON)
    (award,) = found.document["awards"]
    assert [one["name"] for one in award["suppliers"]] == [
        "Papelera del Valle, S.A. de C.V.",
        "Ana Ruiz Peña",
    ]
    party = next(one for one in found.document["parties"] if one["name"] == "Ana Ruiz Peña")
    assert party["identifier"]["legalPersonality"] == "naturalPerson"
    assert len(found.document["contracts"][0]["documents"]) == 1


def test_one_contract_in_two_rows_of_the_same_supplier_or_of_none_has_one() -> None:
    nobody = EXAMPLE | {"supplier.legal": "", "supplier.rfc": ""}
    found = taken(EXAMPLE, EXAMPLE | {"notes": "otra vez"}, nobody)
    assert remarks(found) == []
    assert len(found.document["awards"][0]["suppliers"]) == 1


def test_what_a_later_row_says_otherwise_is_told_and_the_first_stands() -> None:
    found = taken(EXAMPLE, INK | {"method": "Licitación pública"}, EXAMPLE | {"gross": 1})
    assert found.document["tender"]["procurementMethod"] == "direct"
    assert found.document["contracts"][0]["value"]["amount"] == 58_000
    (said,) = found.remarks["Contratos", 5]
    assert said == (
        "Tipo de procedimiento: dice «Licitación pública», y el renglón 4, del mismo expediente, «Adjudicación directa»; "
        "quedó lo de ese renglón."
    )
    assert found.remarks["Contratos", 6] == [
        "Monto con impuestos: dice «1», y el renglón 4, del mismo contrato, «58,000»; quedó lo de ese renglón."
    ]


@pytest.mark.parametrize(
    ("state", "number", "tender", "contract"),
    [
        ("En proceso", "", "active", None),
        ("cancelado", "", "cancelled", None),
        ("DESIERTA", "", "unsuccessful", None),
        ("Declarada desierta", "", "unsuccessful", None),
        ("Por firmar", "C-1", "complete", "pending"),
        ("vigente", "C-1", "complete", "active"),
        ("Terminado.", "C-1", "complete", "terminated"),
        ("Cancelada", "C-1", "complete", "cancelled"),
        ("", "C-1", "complete", None),
        ("", "", None, None),
    ],
)
def test_the_state_is_the_contracts_or_without_one_the_tenders(
    state: str, number: str, tender: str | None, contract: str | None
) -> None:
    found = taken(
        DESERTED | {"state": state, "contract.number": number, "supplier.legal": "X" if number else ""}
    )
    assert remarks(found) == []
    assert found.document["tender"].get("status") == tender
    assert [one.get("status") for one in found.document.get("contracts", ())] == (
        [contract] if number else []
    )


def test_a_part_without_an_award_leaves_the_process_concluded() -> None:
    for rows in ((EXAMPLE, DESERTED), (DESERTED, EXAMPLE)):
        found = taken(*(row | {"file": "E-1", "method": "Licitación pública"} for row in rows))
        assert found.document["tender"]["status"] == "complete"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": "Desierta"}, "Estado: dice «Desierta» y no se tomó. El renglón trae número de contrato"),
        (
            {"state": "Quién sabe"},
            "Estado: dice «Quién sabe» y no se tomó. Elige de la lista: En proceso, Vigente",
        ),
        ({"category": "Varios"}, "Materia: dice «Varios» y no se tomó. Elige de la lista: Bienes"),
        (
            {"tenderers": 2.5},
            "Número de participantes: dice «2.5» y no se tomó. Va un número entero, como 3.",
        ),
        ({"supplier.rfc": "PVA150312"}, "RFC del proveedor: dice «PVA150312». Al RFC le falta la homoclave"),
        ({"supplier.legal": "", "supplier.rfc": ""}, "El contrato no dice quién es el proveedor."),
        (
            {"contract.number": ""},
            "Sin «Número de contrato» no se tomó «Razón social del proveedor (empresa)»",
        ),
        ({"method": ""}, "Falta «Tipo de procedimiento»."),
        ({"title": "", "category": "N/A"}, "Falta «Objeto de la contratación», «Materia»."),
    ],
    ids=["deserted", "state", "category", "count", "rfc", "supplier", "contract", "method", "two"],
)
def test_what_is_not_usable_is_told(change: dict[str, Any], words: str) -> None:
    assert any(words in sentence for sentence in remarks(taken(EXAMPLE | change)))


def test_an_amount_of_an_unknown_currency_is_kept_and_not_published() -> None:
    found = taken(EXAMPLE | {"currency": "Bitcoin"})
    assert "value" not in found.document["contracts"][0]
    assert found.rest == {
        "Monto sin impuestos": "50,000",
        "Monto con impuestos": "58,000",
        "Monto pagado": "29,000",
    }
    assert "No se sabe qué moneda es «Bitcoin»" in remarks(found)[0]
    dollars = taken(EXAMPLE | {"currency": "dólares"})
    assert dollars.document["contracts"][0]["value"]["currency"] == "USD"


def test_a_method_that_is_not_in_the_law_stays_in_words() -> None:
    found = taken(EXAMPLE | {"method": "Trueque"})
    assert found.document["tender"]["procurementMethodDetails"] == "Trueque"
    assert "procurementMethod" not in found.document["tender"]


@pytest.mark.parametrize(
    ("key", "written", "label"),
    [
        ("method", "Invitación a cuando menos 3 personas", "Invitación a cuando menos tres personas"),
        ("method", "Licitación Pública Nacional", "Licitación pública"),
        ("method", "AD", "Adjudicación directa"),
        ("category", "adquisiciones", "Bienes"),
        ("category", "Servicios profesionales", "Servicios"),
        ("category", "SERVICIOS RELACIONADOS CON LA OBRA PUBLICA", "Servicios relacionados con obra pública"),
        ("category", "Arrend", "Arrendamientos"),
        (
            "category",
            "Servicios relacionados con obras de drenaje",
            "Servicios relacionados con obra pública",
        ),
        ("category", "Obr", None),
        ("category", "servi", None),
        ("method", "", None),
    ],
)
def test_an_option_is_known_however_it_is_written(key: str, written: str, label: str | None) -> None:
    column = next(column for column in COLUMNS if column.key == key)
    option = column.option(written)
    assert (option.label if option else None) == label


def test_after_an_amendment_the_award_keeps_its_amount() -> None:
    found = taken(EXAMPLE | {"amendment.number": "CM-1", "amendment.date": "01/05/2026", "gross": 70_000})
    assert "value" not in found.document["awards"][0]
    (contract,) = found.document["contracts"]
    assert contract["value"]["amount"] == 70_000
    assert contract["amendments"] == [{"id": "CM-1", "date": "2026-05-01T00:00:00-06:00"}]
    assert (
        taken(EXAMPLE | {"amendment.date": "01/05/2026"}).document["contracts"][0]["amendments"][0]["id"]
        == "1"
    )


def test_notes_and_unknown_columns_are_kept_and_not_published() -> None:
    titles = {column.key: column.title for column in COLUMNS} | {"mine": "Capturó"}
    content = listed(
        EXAMPLE | {"notes": "pagar en mayo", "mine": "Eva"}, INK | {"mine": "Luz"}, titles=titles
    )
    with read(io.BytesIO(content)) as reading:
        assert reading is not None
        found = inward.take(reading.rows(), zone=ZONE)
    assert found.rest == {"Notas internas": "pagar en mayo", "Capturó": "Eva", "Capturó (renglón 3)": "Luz"}
    assert "pagar" not in str(found.document)


def test_without_an_expediente_the_contract_tells_the_process() -> None:
    found = taken(EXAMPLE | {"file": ""})
    assert found.document["tender"]["id"] == "C-004-2026"
    assert remarks(found) == ["Falta «Expediente o número de procedimiento»."]


def test_a_text_that_begins_like_a_formula_stays_a_text() -> None:
    content = listed(EXAMPLE | {"title": '=HYPERLINK("https://malo.example")'})
    with read(io.BytesIO(content)) as reading:
        assert reading is not None
        found = inward.take(reading.rows(), zone=ZONE)
    assert found.document["tender"]["title"].startswith("=HYPERLINK")


def test_every_rule_of_the_table_is_of_some_column() -> None:
    assert {column.rule for column in COLUMNS} == set(Rule)
