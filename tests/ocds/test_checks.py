"""Every rule stays quiet on a process that makes sense, and speaks when one thing in it does not."""

import gzip
import json
import time
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ocds.checks import RULES, check
from app.ocds.validation import Problem, validate_release
from tests.ocds.conftest import DATE
from tests.ocds.processes import OTHER, Document, coherent

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ENVELOPE = {"ocid": "ocds-abc123-1", "id": "1", "date": DATE, "tag": ["tender"], "initiationType": "tender"}


def judged(document: Document, released: Document | None = None) -> list[Problem]:
    return check(document, now=NOW, released=released)


def changed(document: Document, pointer: str, value: Any) -> Document:
    """Set the value at a pointer; None removes it."""
    way: list[Any]
    last: Any
    *way, last = [int(token) if token.isdecimal() else token for token in pointer.split("/")[1:]]
    holder: Any = document
    for token in way:
        holder = holder.setdefault(token, {}) if isinstance(holder, dict) else holder[token]
    if value is None:
        del holder[last]
    elif isinstance(holder, list) and last == len(holder):
        holder.append(value)
    else:
        holder[last] = value
    return document


def test_a_process_that_makes_sense_is_valid_and_raises_no_problem() -> None:
    assert validate_release({**ENVELOPE, **coherent()}) == []
    assert judged(coherent()) == []
    assert judged({**ENVELOPE, **coherent()}, released=coherent()) == []
    assert judged({}) == []


CASES: dict[str, list[tuple[dict[str, Any], str, str]]] = {
    # code: changes, place, words
    "party-id": [({"/parties/1/id": "P-2"}, "/parties/1/id", "se esperaba «MX-RFC-MAB9307148T4»")],
    "identifier-scheme": [({"/parties/1/identifier/scheme": "Padrón"}, "/parties/1/identifier/scheme", "MX-RFC")],
    "identifier-form": [({"/parties/1/identifier/id": "MAB93O7148T4"}, "/parties/1/identifier/id", "letra O")],
    "identifier-doubt": [({"/parties/1/identifier/id": "MAB9307148T5"}, "/parties/1/identifier/id", "debería terminar en 4")],
    "personality": [
        ({"/parties/1/identifier/legalPersonality": "naturalPerson"}, "/parties/1/identifier/legalPersonality", "persona moral")
    ],
    "same-party": [({"/parties/2/identifier/id": "mab-930714-8T4"}, "/parties/2/identifier/id", "Materiales Abiertos")],
    "postal-code": [
        ({"/parties/0/address/postalCode": "4410"}, "/parties/0/address/postalCode", "cinco dígitos"),
        ({"/parties/0/address/countryName": None, "/parties/0/address/postalCode": "C.P. 44100"}, "/parties/0/address/postalCode", "cinco"),
    ],
    "email": [({"/parties/0/contactPoint/email": "ventanilla"}, "/parties/0/contactPoint/email", "nombre@ejemplo")],
    "telephone": [({"/parties/0/contactPoint/telephone": "ext. 1234567"}, "/parties/0/contactPoint/telephone", "7 a 15")],
    "role-missing": [({"/parties/1/roles": ["supplier", "tenderer", "guarantor"]}, "/parties/1/roles", "Quien recibe el pago")],
    "role-unused": [({"/parties/2/roles": ["tenderer", "attendee", "supplier"]}, "/parties/2/roles", "Proveedor")],
    "reference-name": [({"/buyer/name": "Salud"}, "/buyer/name", "se llama «Secretaría de Salud»")],
    "supplier-tenderer": [
        ({"/tender/tenderers": [OTHER], "/tender/numberOfTenderers": 1}, "/awards/0/suppliers/0/id", "licitantes")
    ],
    "period-order": [
        ({"/contracts/0/period/endDate": "2026-03-01T00:00:00-06:00"}, "/contracts/0/period/endDate", "antes de empezar (10/03/2026)"),
        ({"/contracts/0/period/maxExtentDate": "2026-05-01T00:00:00-06:00"}, "/contracts/0/period/maxExtentDate", "anterior"),
    ],
    "period-duration": [({"/contracts/0/period/durationInDays": 30}, "/contracts/0/period/durationInDays", "hay 112")],
    "date-realistic": [({"/contracts/0/implementation/milestones/0/dueDate": "0226-04-10T00:00:00Z"}, "/contracts/0/implementation/milestones/0/dueDate", "10/04/0226")],
    "date-future": [
        ({"/contracts/0/implementation/transactions/0/date": "2027-01-01T00:00:00Z"}, "/contracts/0/implementation/transactions/0/date", "todavía no llega"),
    ],
    "order-questions": [
        ({"/tender/enquiryPeriod/endDate": "2026-02-25T00:00:00Z"}, "/tender/enquiryPeriod/endDate", "(20/02/2026)"),
        ({"/tender/clarificationMeetings/0/date": "2026-02-25T00:00:00Z"}, "/tender/clarificationMeetings/0/date", "25/02/2026"),
    ],
    "order-tender": [
        ({"/awards/0/date": "2026-02-10T00:00:00Z"}, "/awards/0/date", "cierre el plazo"),
        ({"/tender/contractPeriod": {"startDate": "2026-02-10T00:00:00Z"}}, "/tender/contractPeriod/startDate", "cierre el plazo"),
    ],
    "order-award": [({"/contracts/0/dateSigned": "2026-02-27T00:00:00Z"}, "/contracts/0/dateSigned", "antes del fallo")],
    "order-contract": [
        ({"/contracts/0/implementation/transactions/0/date": "2026-03-02T00:00:00Z"}, "/contracts/0/implementation/transactions/0/date", "(05/03/2026)")
    ],
    "order-amendment": [({"/contracts/0/amendments/0/date": "2026-03-02T00:00:00Z"}, "/contracts/0/amendments/0/date", "05/03/2026")],
    "order-document": [({"/tender/documents/0/dateModified": "2026-01-02T00:00:00Z"}, "/tender/documents/0/dateModified", "(01/02/2026)")],
    "net-amount": [({"/tender/items/0/unit/value/netAmount": 6}, "/tender/items/0/unit/value/netAmount", "al revés")],
    "zero-amount": [
        ({"/contracts/0/value/netAmount": 0}, "/contracts/0/value/netAmount", "dice 0"),
        ({"/awards/0/value/netAmount": -1}, "/awards/0/value/netAmount", "dice -1"),
    ],
    "negative": [({"/tender/items/0/quantity": -1}, "/tender/items/0/quantity", "no puede ser negativo")],
    "amount-limit": [({"/contracts/0/guarantees/0/value/amount": 2e11}, "/contracts/0/guarantees/0/value/amount", "200,000,000,000.00 MXN")],
    "exchange-rate": [
        ({"/awards/0/value/currency": "USD", "/contracts/0/value/currency": "USD"}, "/contracts/0/value/exchangeRates", "en USD")
    ],
    "currency-mixed": [({"/awards/0/value/currency": "USD"}, "/contracts/0/value/currency", "en MXN y la adjudicación en USD")],
    "min-value": [({"/tender/minValue": {"amount": 5000, "currency": "MXN"}}, "/tender/minValue/amount", "5,000.00 MXN")],
    "budget-tender": [({"/tender/value": {"amount": 100, "currency": "MXN"}}, "/tender/value/amount", "difiere más de 50 %")],
    "budget-awards": [({"/awards/0/value": {"amount": 1200, "currency": "MXN"}}, "/planning/budget/amount/amount", "menor que lo adjudicado (1,200.00 MXN)")],
    "budget-parts": [
        ({"/planning/budget/budgetBreakdown/0/amount": {"amount": 999, "currency": "MXN"}}, "/planning/budget/amount/amount", "suman 999.00 MXN")
    ],
    "budget-key": [
        ({"/planning/budget/budgetBreakdown/0/budgetLines/0/components/0/code": "07"}, "/planning/budget/budgetBreakdown/0/budgetLines/0/components", "no son los de la clave"),
        ({"/planning/budget/budgetBreakdown/0/budgetLines/0/id": "A" * 40}, "/planning/budget/budgetBreakdown/0/budgetLines/0/id", "Año: lleva 4 dígitos"),
    ],
    "award-contracts": [({"/contracts/0/value": {"amount": 500, "currency": "MXN"}, "/contracts/0/implementation/transactions": []}, "/awards/0/value/amount", "suman 500.00 MXN")],
    "contract-award": [({"/contracts/0/value": {"amount": 1100, "currency": "MXN"}, "/contracts/0/amendments": None}, "/contracts/0/value/amount", "convenio modificatorio")],
    "contract-payments": [
        ({"/contracts/0/implementation/transactions/0/value": {"amount": 5000, "currency": "MXN"}}, "/contracts/0/implementation/transactions", "suman 5,000.00 MXN")
    ],
    "classification-form": [({"/tender/items/0/classification/id": "2110"}, "/tender/items/0/classification/id", "ocho dígitos")],
    "item-unknown": [({"/contracts/0/items/1/id": "9"}, "/contracts/0/items/1/id", "esta partida (9)")],
    "document-format": [({"/tender/documents/0/format": ".docx"}, "/tender/documents/0/format", "usa application/vnd.openxml")],
    "document-stage": [({"/planning/documents/0/documentType": "contractSigned"}, "/planning/documents/0/documentType", "es de contrato")],
    "document-description": [({"/tender/documents/0/description": "x" * 251}, "/tender/documents/0/description", "251")],
    "language": [({"/language": "Español"}, "/language", "como es")],
    "document-expected": [
        ({"/tender/documents": []}, "/tender/documents", "Convocatoria"),
        ({"/contracts/0/status": "terminated"}, "/contracts/0/documents", "Acta de entrega"),
        ({"/contracts/0/documents/0/documentType": "contractNotice"}, "/contracts/0/documents", "Contrato firmado"),
    ],
    "tenderer-count": [({"/tender/numberOfTenderers": 3}, "/tender/numberOfTenderers", "dice 3 y se nombran 2")],
    "related-bids": [({"/awards/0/relatedBids/0": "b7"}, "/awards/0/relatedBids/0", "b7")],
    "related-process": [
        ({"/relatedProcesses/0/identifier": "LPN-1"}, "/relatedProcesses/0/identifier", "forma de un OCID"),
        ({"/ocid": "ocds-abc123-LPN-013-2025"}, "/relatedProcesses/0/identifier", "esta misma"),
    ],
    "title-changed": [({"/tender/title": "Cartón"}, "/tender/title", "se publicó como «Papel»")],
    "published-gone": [({"/tender/items/2": {"id": "3"}, "/tender/items/1": None, "/awards/0/items/1/id": "1", "/contracts/0/items/1/id": "1"}, "/tender/items", "la partida «2»")],
    "method-details": [({"/tender/procurementMethodDetails": "INVITACIÓN a cuando menos tres"}, "/tender/procurementMethodDetails", "Invitación")],
    "category": [({"/tender/mainProcurementCategory": "works"}, "/tender/additionalProcurementCategories", "Obra pública")],
    "direct-tenderers": [
        ({"/tender/procurementMethod": "direct", "/tender/procurementMethodDetails": "Adjudicación directa"}, "/tender/tenderers", "2 licitantes")
    ],
    "tender-status": [({"/tender/status": "active"}, "/tender/status", "dice «Activa»")],
    "award-status": [({"/awards/0/status": "pending"}, "/awards/0/status", "ya tiene contrato")],
    "contract-status": [({"/contracts/0/status": "cancelled", "/awards/0/value": {}}, "/contracts/0/status", "ya tiene pagos")],
    "implementation-status": [
        ({"/contracts/0/status": "pending", "/contracts/0/implementation/transactions": []}, "/contracts/0/implementation/status", "Pendiente")
    ],
    "milestone-status": [
        ({"/contracts/0/implementation/milestones/0/status": "notMet"}, "/contracts/0/implementation/milestones/0/status", "No cumplido"),
        ({"/contracts/0/implementation/milestones/0/dateMet": None}, "/contracts/0/implementation/milestones/0/dateMet", "indica cuándo"),
    ],
}  # fmt: skip


def test_every_rule_has_a_case() -> None:
    assert set(CASES) == {rule.code for rule in RULES}
    assert len({rule.code for rule in RULES}) == len(RULES)


@pytest.mark.parametrize(("code", "case"), [(code, case) for code, cases in CASES.items() for case in cases])
def test_one_thing_that_makes_no_sense_is_told_at_its_place(
    code: str, case: tuple[dict[str, Any], str, str]
) -> None:
    changes, place, words = case
    document = coherent()
    for pointer, value in changes.items():
        changed(document, pointer, value)
    found = judged(document, released=coherent())
    told = [problem for problem in found if problem.code == code]
    assert [problem.pointer for problem in told] == [place], found
    assert words in told[0].message
    assert told[0].severity == "advice"
    others = {problem.code for problem in found} - {code}
    assert others <= BESIDE.get(code, set()), found


BESIDE = {
    "party-id": {"role-unused"},
    "identifier-scheme": {"party-id"},
    "identifier-form": {"party-id"},
    "identifier-doubt": {"party-id"},
    "same-party": {"party-id", "personality"},
    "award-contracts": {"role-unused"},
    "implementation-status": {"role-unused"},
}
"""Code -> codes that the same change cannot but raise too."""


@pytest.mark.parametrize(
    "changes",
    [
        {"/awards/0/value": {"amount": 1e9, "currency": "USD"}, "/contracts/0/value": {"amount": 1, "currency": "EUR", "exchangeRates": [{"rate": 20}]}},
        {"/tender/value/currency": "USD"},
        {"/contracts/0/implementation/transactions/0/value": {"amount": 1e6, "currency": "USD"}},
    ],
)  # fmt: skip
def test_currencies_are_never_added_or_compared(changes: dict[str, Any]) -> None:
    document = coherent()
    for pointer, value in changes.items():
        changed(document, pointer, value)
    sums = {"budget-tender", "budget-awards", "award-contracts", "contract-award", "contract-payments"}
    assert sums.isdisjoint(problem.code for problem in judged(document))


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/parties/1/identifier/id", "MAB 930714 8T4"),
        ("/parties/0/address", {"postalCode": "SW1A 1AA", "countryName": "Reino Unido"}),
        ("/parties/0/contactPoint/telephone", "33 1234 5678, 33 8765 4321"),
        ("/awards/0/suppliers/0/id", 7),
        ("/tender/additionalProcurementCategories", ["goodsAcquisition", "otra"]),
        ("/tender/procurementMethodDetails", "Concurso abreviado"),
        ("/tender/procurementMethod", "limited"),
        ("/contracts/0/period/durationInDays", 113),
        ("/contracts/0/dateSigned", "2026-03-01T08:00:00-06:00"),
        ("/planning/budget/budgetBreakdown/0/budgetLines/0/id", "33604"),
        ("/tender/items/0/classification", {"scheme": "UNSPSC", "id": "44"}),
        ("/tender/status", ""),
    ],
)
def test_what_is_allowed_raises_no_problem(pointer: str, value: Any) -> None:
    document = changed(coherent(), pointer, value)
    if value == "limited":
        document["tender"]["procurementMethodDetails"] = "Invitación restringida"
    assert [
        problem for problem in judged(document) if problem.code not in {"role-unused", "supplier-tenderer"}
    ] == []


def test_who_has_no_id_is_nobody_else() -> None:
    document = coherent()
    document["parties"].append({"name": "Sin clave", "roles": []})
    document["tender"]["tenderers"] += [{"name": "Uno"}, {"name": "Otro"}]
    document["tender"]["numberOfTenderers"] = 4
    assert judged(document) == []


def test_a_consortium_wins_for_its_member_and_a_member_for_its_consortium() -> None:
    document = coherent()
    group = {"id": "G-1", "name": "Consorcio"}
    document["parties"].append({**group, "roles": ["tenderer"]})
    document["parties"][1]["memberOf"] = [group]
    document["parties"][1]["roles"].remove("tenderer")
    document["tender"]["tenderers"] = [group, OTHER]
    document["bids"]["details"][0]["tenderers"] = [group]
    assert judged(document) == []


junk = st.sampled_from(
    [
        "null",
        '""',
        '"x"',
        "0",
        "-1.5",
        "true",
        "[]",
        "[null]",
        "[[]]",
        "{}",
        '{"id": []}',
        '["x"]',
        '"2026-02-30"',
    ]
).map(json.loads)


@given(st.data())
def test_a_document_of_any_shape_gets_an_answer(data: st.DataObject) -> None:
    document = coherent()
    for _ in range(data.draw(st.integers(1, 4))):
        holder: Any = document
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            key = data.draw(st.sampled_from(keys)) if keys else None
            below = holder[key] if key is not None else None
            if not isinstance(below, dict | list) or not below or data.draw(st.integers(0, 3)) == 0:
                break
            holder = below
        if key is not None:
            holder[key] = data.draw(junk)
    judged(document, released=data.draw(st.sampled_from([None, document, {"parties": 3, "tender": []}])))


def test_a_thousand_items_take_little_time() -> None:
    document = coherent()
    for block in (document["tender"], document["awards"][0], document["contracts"][0]):
        block["items"] = [{**deepcopy(block["items"][0]), "id": str(number)} for number in range(1000)]
    times = []
    for _ in range(5):
        began = time.process_time()
        assert judged(document) == []
        times.append(time.process_time() - began)
    assert min(times) < 0.15  # three thousand items; 0.05 for each thousand


def real_releases(shared: Path) -> Iterator[Document]:
    for path in sorted((shared / "ocds-mx").rglob("*.json")) + sorted(
        (shared / "ocds-examples").rglob("*.json")
    ):
        held = json.loads(path.read_text("utf-8"))
        if "records" in held:
            yield from (
                record["compiledRelease"] for record in held["records"] if "compiledRelease" in record
            )
        else:
            yield from held.get("releases", [held])
    with gzip.open(shared / "load" / "releases-1000.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from (json.loads(next(lines)) for _ in range(100))


def test_real_releases_are_judged_and_never_blocked(shared_data: Path) -> None:
    found = [problem for release in real_releases(shared_data) for problem in judged(release)]
    assert found
    assert {problem.severity for problem in found} == {"advice"}
