"""Processes made by hand, with the values that the official formats ask for worked out by hand."""

from datetime import date
from typing import Any

import pytest

from app.sipot import inward, outward
from app.sipot.builtin import BUILT_IN
from app.sipot.inward import Report
from app.sipot.outward import Due
from app.sipot.rows import Row

ZONE = "America/Mexico_City"
DIRECT, COMPETITIVE, UNIFIED = BUILT_IN["43335", "2021"], BUILT_IN["43336", "2021"], BUILT_IN["28", "unified"]
QUARTER = Report(
    2026, date(2026, 1, 1), date(2026, 3, 31), "Recursos Materiales", date(2026, 4, 10), None, "", "", 0
)
COMPANY = {
    "id": "MX-RFC-PCE010203AB1",
    "name": "Papelera del Centro SA de CV",
    "roles": ["supplier"],
    "identifier": {
        "scheme": "MX-RFC",
        "id": "PCE010203AB1",
        "legalName": "Papelera del Centro SA de CV",
        "legalPersonality": "legalPerson",
    },
}
PERSON = {
    "id": "MX-RFC-GOHL800101AB1",
    "name": "Luisa Gómez Hernández",
    "roles": ["supplier"],
    "identifier": {
        "scheme": "MX-RFC",
        "id": "GOHL800101AB1",
        "givenName": "Luisa",
        "patronymicName": "Gómez",
        "matronymicName": "Hernández",
        "legalPersonality": "naturalPerson",
    },
    "address": {"streetType": "Calle", "streetAddress": "Hidalgo", "outdoorNumber": "5"},
}


def dues(document: dict[str, Any], format_: Any = UNIFIED, *, natural_rfc_public: bool = True) -> list[Due]:
    return outward.rows(document, format_, QUARTER, zone=ZONE, natural_rfc_public=natural_rfc_public)


def direct(**contract: Any) -> dict[str, Any]:
    """A direct award of paper to a company."""
    return {
        "parties": [COMPANY],
        "tender": {"id": "AD-01/2026", "procurementMethod": "direct", "mainProcurementCategory": "goods"},
        "awards": [{"id": "A1", "suppliers": [{"id": COMPANY["id"], "name": COMPANY["name"]}]}],
        "contracts": [
            {"id": "C-01", "awardID": "A1", "value": {"amount": 1160, "netAmount": 1000}, **contract}
        ],
    }


def test_a_direct_award_of_goods_to_a_company() -> None:
    (due,) = dues(direct(dateSigned="2026-02-03T00:00:00-06:00", description="Papel"), DIRECT)
    assert dict(due.row.values) == {
        "year": 2026,
        "period.start": date(2026, 1, 1),
        "period.end": date(2026, 3, 31),
        "method": "Adjudicación directa",
        "category": "Adquisiciones",
        "file": "AD-01/2026",
        "description": "Papel",
        "supplier.legal": "Papelera del Centro SA de CV",
        "supplier.rfc": "PCE010203AB1",
        "contract.number": "C-01",
        "contract.date": date(2026, 2, 3),
        "net": 1000,
        "gross": 1160,
        "object": "Papel",
        "amended": "No",
        "area": "Recursos Materiales",
        "updated": date(2026, 4, 10),
    }
    assert due.gaps == ()


def test_dollars_go_out_in_pesos_and_come_back_as_dollars() -> None:
    value = {"amount": 1000.1, "currency": "USD", "exchangeRates": [{"rate": 17.05, "currency": "MXN"}]}
    (due,) = dues(direct(value=value))
    assert due.row.values["gross"] == 17051.71  # 1000.10 x 17.05 = 17,051.705
    assert (due.row.values["currency"], due.row.values["rate"]) == ("USD", "17.05")
    back = inward.take([due.row], zone=ZONE).document["contracts"][0]["value"]
    assert back == value


def test_dollars_without_a_rate_are_a_gap_and_no_amount() -> None:
    (due,) = dues(direct(value={"amount": 1000, "currency": "USD"}))
    assert "gross" not in due.row.values
    assert [gap.key for gap in due.gaps] == ["gross"]
    assert "falta el tipo de cambio" in due.gaps[0].message


def test_a_tender_that_nobody_won_is_one_row() -> None:
    document = {"tender": {"id": "LP-9", "procurementMethod": "open", "status": "unsuccessful"}}
    (due,) = dues(document)
    assert due.row.values["unsuccessful"] == "Sí"
    assert "contract.number" not in due.row.values
    assert "amended" not in due.row.values


def test_two_contracts_and_a_joint_award_are_a_row_each() -> None:
    document = direct()
    document["parties"] = [COMPANY, PERSON]
    document["awards"][0]["suppliers"].append({"id": PERSON["id"], "name": PERSON["name"]})
    document["awards"].append({"id": "A2", "suppliers": [{"id": PERSON["id"], "name": PERSON["name"]}]})
    document["contracts"].append({"id": "C-02", "awardID": "A2"})
    told = [(due.row.values["contract.number"], due.row.values["supplier.rfc"]) for due in dues(document)]
    assert told == [("C-01", "PCE010203AB1"), ("C-01", "GOHL800101AB1"), ("C-02", "GOHL800101AB1")]


def test_what_privacy_withholds_of_a_person_does_not_leave() -> None:
    document = direct()
    document["parties"] = [PERSON]
    document["awards"][0]["suppliers"] = [{"id": PERSON["id"], "name": PERSON["name"]}]
    (shown,) = dues(document)
    assert (shown.row.values["supplier.given"], shown.row.values["supplier.first"]) == ("Luisa", "Gómez")
    assert shown.row.values["supplier.rfc"] == "GOHL800101AB1"
    (kept,) = dues(document, natural_rfc_public=False)
    assert "GOHL800101AB1" not in str(kept.row)
    assert not [key for key in shown.row.values if key.startswith("address.")]


def test_guarantees_are_added_up_and_documents_joined() -> None:
    (due,) = dues(
        direct(
            guarantees=[{"id": "1", "value": {"amount": 100.1}}, {"id": "2", "value": {"amount": 50.2}}],
            documents=[
                {"id": "1", "documentType": "contractAnnexe", "url": "https://a.mx/2"},
                {"id": "2", "documentType": "contractSigned", "url": "https://a.mx/1"},
            ],
        )
    )
    assert due.row.values["guarantees"] == 150.3
    assert due.row.values["contract.url"] == ("https://a.mx/1", "https://a.mx/2")


def test_amendments_are_sub_rows_with_their_document() -> None:
    (due,) = dues(
        direct(
            amendments=[
                {"id": "CM-1", "description": "Más plazo", "date": "2026-03-01T00:00:00-06:00"},
                {"id": "CM-2"},
            ],
            documents=[
                {"id": "9", "documentType": "contractAmendment", "title": "CM-1", "url": "https://a.mx/cm"}
            ],
        ),
        DIRECT,
    )
    assert due.row.values["amended"] == "Si"
    assert [*due.row.tables["amendments"]] == [
        {"number": "CM-1", "object": "Más plazo", "date": date(2026, 3, 1), "url": ("https://a.mx/cm",)},
        {"number": "CM-2"},
    ]


@pytest.mark.parametrize(
    ("code", "format_", "belongs"),
    [("direct", DIRECT, True), ("direct", COMPETITIVE, False), ("open", COMPETITIVE, True), ("selective", UNIFIED, True)],
    ids=["direct", "direct-not-tender", "open", "unified"],
)  # fmt: skip
def test_each_process_belongs_to_the_format_of_its_method(code: str, format_: Any, belongs: bool) -> None:
    assert outward.belongs({"tender": {"procurementMethod": code}}, format_) is belongs


def reported(quarter: int, **values: Any) -> Row:
    first = date(2026, 3 * quarter - 2, 1)
    told = {
        "period.start": first,
        "period.end": date(2026, 3 * quarter, 28),
        "file": "LP-1",
        "contract.number": "C-1",
    }
    return Row("Reporte de Formatos", 8, "", {**told, "supplier.rfc": "PCE010203AB1", **values})


def test_several_quarters_are_one_process_with_its_history() -> None:
    late = reported(2, **{"gross": 900, "works.stage": "En finiquito"})
    early = reported(1, **{"gross": 800, "object": "Puente", "works.stage": "En ejecución"})
    assert inward.natural_key(late) == inward.natural_key(early)
    taken = inward.take([late, early], zone=ZONE)
    amounts = [snapshot.document["contracts"][0]["value"]["amount"] for snapshot in taken.history]
    assert amounts == [800, 900]
    (contract,) = taken.document["contracts"]
    assert contract["description"] == "Puente"
    assert contract["implementation"]["status"] == "concluded"
    assert len(taken.document["awards"]) == 1


def test_a_contract_that_gets_its_number_later_stays_the_same_contract() -> None:
    unnumbered = reported(1, gross=800)
    values = {key: value for key, value in unnumbered.values.items() if key != "contract.number"}
    taken = inward.take([Row("", 8, "", values), reported(2, gross=900)], zone=ZONE)
    assert [contract["id"] for contract in taken.document["contracts"]] == ["C-1"]


def test_a_quarter_without_contracts_says_so_and_nothing_else() -> None:
    row = outward.nothing_to_report(Report(**{**_fields(QUARTER), "note": "No hubo contrataciones."}))
    assert inward.reports_nothing(row)
    assert not inward.reports_nothing(reported(1, note="No hubo."))


def _fields(report: Report) -> dict[str, Any]:
    return {name: getattr(report, name) for name in Report._fields}
