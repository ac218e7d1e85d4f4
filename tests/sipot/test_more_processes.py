"""More processes made by hand, one for each corner of the formats, with the cells worked out by hand."""

from datetime import date
from typing import Any

from app.sipot.rows import Row
from tests.sipot.test_processes import COMPANY, COMPETITIVE, DIRECT, PERSON, QUARTER, dues

REPORTED = {"year", "period.start", "period.end", "area", "updated"}
OFFICIAL = {
    "id": "MX-RFC-RUTM700102XY3",
    "name": "Marta Ruiz Tapia",
    "roles": ["official"],
    "position": "Directora de Adquisiciones",
    "identifier": {
        "scheme": "MX-RFC",
        "id": "RUTM700102XY3",
        "givenName": "Marta",
        "patronymicName": "Ruiz",
        "matronymicName": "Tapia",
        "legalPersonality": "naturalPerson",
    },
}
FOREIGN = {
    "id": "org-acme",
    "name": "Acme Instruments Inc.",
    "roles": ["supplier"],
    "identifier": {"legalName": "Acme Instruments Inc.", "legalPersonality": "legalPerson"},
    "address": {
        "countryName": "Estados Unidos",
        "locality": "Austin",
        "streetAddress": "Congress Avenue",
        "outdoorNumber": "1100",
        "region": "Texas",
    },
}
COMPANY_CELLS = {"legal": "Papelera del Centro SA de CV", "rfc": "PCE010203AB1"}
PERSON_CELLS = {"given": "Luisa", "first": "Gómez", "second": "Hernández", "rfc": "GOHL800101AB1"}
OFFICIAL_CELLS = {
    "given": "Marta",
    "first": "Ruiz",
    "second": "Tapia",
    "position": "Directora de Adquisiciones",
}


def refer(*parties: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"id": party["id"], "name": party["name"]} for party in parties]


def paper(kind: str, name: str) -> dict[str, Any]:
    return {"id": name, "documentType": kind, "url": f"https://a.mx/{name}.pdf"}


def cells(row: Row) -> dict[str, Any]:
    """What the row says of the contracting, without what it says of the report."""
    return {key: value for key, value in row.values.items() if key not in REPORTED}


def tables(row: Row) -> dict[str, list[dict[str, Any]]]:
    return {key: [dict(one) for one in rows] for key, rows in row.tables.items()}


def test_a_tender_with_its_meetings_bidders_and_papers() -> None:
    """Tables of people: who was invited, who offered, who came; the date of the first meeting alone."""
    document = {
        "parties": [COMPANY | {"roles": ["supplier", "tenderer", "invitedSupplier"]}, PERSON | {"roles": ["tenderer"]}, OFFICIAL],
        "planning": {"requestingUnits": [{"id": "u1", "name": "Farmacia"}, {"id": "u2", "name": "Almacén"}]},
        "tender": {
            "id": "LP-07/2026",
            "procurementMethod": "open",
            "mainProcurementCategory": "services",
            "description": "Limpieza de oficinas",
            "tenderPeriod": {"startDate": "2026-01-20T00:00:00-06:00"},
            "tenderers": refer(COMPANY, PERSON),
            "clarificationMeetings": [
                {"id": "1", "date": "2026-01-27T10:00:00-06:00", "attendees": refer(COMPANY), "officials": refer(OFFICIAL)},
                {"id": "2", "date": "2026-01-29T10:00:00-06:00", "attendees": refer(PERSON, COMPANY)},
            ],
            "documents": [
                paper("tenderNotice", "convocatoria"),
                paper("clarifications", "junta-1"),
                paper("clarifications", "junta-2"),
                paper("openingOfProposals", "apertura"),
            ],
        },
        "awards": [
            {
                "id": "A1",
                "suppliers": refer(COMPANY),
                "rationale": "Ofreció el precio más bajo",
                "documents": [paper("evaluationReports", "dictamen"), paper("awardNotice", "fallo")],
            }
        ],
        "contracts": [{"id": "C-7", "awardID": "A1", "dateSigned": "2026-02-20T23:30:00-06:00"}],
    }  # fmt: skip
    (due,) = dues(document, COMPETITIVE)
    assert cells(due.row) == {
        "method": "Licitación pública",
        "category": "Servicios",
        "file": "LP-07/2026",
        "description": "Limpieza de oficinas",
        "call.date": date(2026, 1, 20),
        "call.url": ("https://a.mx/convocatoria.pdf",),
        "meeting.date": date(2026, 1, 27),
        "meeting.url": ("https://a.mx/junta-1.pdf", "https://a.mx/junta-2.pdf"),
        "opening.url": ("https://a.mx/apertura.pdf",),
        "reports.url": ("https://a.mx/dictamen.pdf",),
        "supplier.legal": "Papelera del Centro SA de CV",
        "supplier.rfc": "PCE010203AB1",
        "reasons": "Ofreció el precio más bajo",
        "requesting": "Farmacia; Almacén",
        "contract.number": "C-7",
        "contract.date": date(2026, 2, 20),
        "amended": "No",
    }
    told = tables(due.row)
    assert told["possible"] == [COMPANY_CELLS]
    assert told["bidders"] == [COMPANY_CELLS, PERSON_CELLS]
    assert told["attendees"] == [COMPANY_CELLS, PERSON_CELLS]
    (official,) = told["officials"]
    assert official | {"rfc": ""} == OFFICIAL_CELLS | {"rfc": ""}


def test_a_direct_award_after_three_quotes_one_of_them_in_dollars() -> None:
    rate = {"exchangeRates": [{"rate": 18.5, "currency": "MXN"}]}
    document = {
        "parties": [COMPANY, PERSON, FOREIGN],
        "planning": {
            "requestsForQuotes": [
                {
                    "id": "1",
                    "quotes": [
                        {"id": "q1", "issuingSupplier": refer(COMPANY)[0], "value": {"amount": 1160}},
                        {"id": "q2", "issuingSupplier": refer(PERSON)[0], "value": {"amount": 1200.5, "currency": "MXN"}},
                    ],
                },
                {
                    "id": "2",
                    "quotes": [
                        {"id": "q3", "issuingSupplier": refer(FOREIGN)[0], "value": {"amount": 70.01, "currency": "USD", **rate}}
                    ],
                },
            ],
            "documents": [paper("exceptionAuthorization", "autorizacion")],
        },
        "tender": {
            "id": "AD-02/2026",
            "procurementMethod": "direct",
            "procurementMethodRationale": "Artículo 42, por su monto",
            "mainProcurementCategory": "goods",
            "additionalProcurementCategories": ["goodsLease"],
        },
        "awards": [{"id": "A1", "suppliers": refer(COMPANY)}],
        "contracts": [{"id": "C-2", "awardID": "A1", "value": {"amount": 1160, "netAmount": 1000, "currency": "MXN"}}],
    }  # fmt: skip
    (due,) = dues(document, DIRECT)
    assert tables(due.row)["quotes"] == [
        COMPANY_CELLS | {"amount": 1160},
        PERSON_CELLS | {"amount": 1200.5},
        {"legal": "Acme Instruments Inc.", "amount": 1295.19},  # 70.01 x 18.5 = 1,295.185
    ]
    assert cells(due.row) == {
        "method": "Adjudicación directa",
        "category": "Arrendamientos",
        "file": "AD-02/2026",
        "motives": "Artículo 42, por su monto",
        "authorization.url": ("https://a.mx/autorizacion.pdf",),
        "supplier.legal": "Papelera del Centro SA de CV",
        "supplier.rfc": "PCE010203AB1",
        "contract.number": "C-2",
        "currency": "MXN",
        "net": 1000,
        "gross": 1160,
        "amended": "No",
    }


def test_works_say_where_what_and_how_far() -> None:
    document = {
        "parties": [COMPANY],
        "planning": {"documents": [paper("environmentalImpact", "impacto")]},
        "tender": {"id": "OP-1", "procurementMethod": "open", "mainProcurementCategory": "works"},
        "awards": [{"id": "A1", "suppliers": refer(COMPANY)}],
        "contracts": [
            {
                "id": "OP-C1",
                "awardID": "A1",
                "items": [
                    {
                        "id": "1",
                        "description": "Puente peatonal",
                        "deliveryAddresses": [
                            {"streetAddress": "Av. Juárez", "outdoorNumber": "10", "locality": "Tonalá", "region": "Jalisco"}
                        ],
                    },
                    {"id": "2", "description": "Alumbrado"},
                ],
                "implementation": {
                    "status": "ongoing",
                    "milestones": [
                        {"id": "m1", "type": "publicNotices", "description": "Cierre de la avenida en marzo"},
                        {"id": "m2", "type": "delivery", "description": "No es un aviso"},
                        {"id": "m3", "type": "publicNotices", "description": "Reapertura en abril"},
                    ],
                    "documents": [
                        paper("physicalProgressReport", "avance"),
                        paper("financialProgressReport", "gasto"),
                        paper("physicalReception", "recepcion"),
                        paper("settlement", "finiquito"),
                    ],
                },
            }
        ],
    }  # fmt: skip
    (due,) = dues(document, COMPETITIVE)
    assert {key: value for key, value in cells(due.row).items() if key.startswith("works.") or key.endswith(".url")} == {
        "works.place": "Av. Juárez, 10, Tonalá, Jalisco",
        "works.description": "Puente peatonal; Alumbrado",
        "works.impact": ("https://a.mx/impacto.pdf",),
        "works.notices": "Cierre de la avenida en marzo\nReapertura en abril",
        "works.stage": "En ejecución",
        "physical.url": ("https://a.mx/avance.pdf",),
        "financial.url": ("https://a.mx/gasto.pdf",),
        "reception.url": ("https://a.mx/recepcion.pdf",),
        "settlement.url": ("https://a.mx/finiquito.pdf",),
    }  # fmt: skip
    assert cells(due.row)["category"] == "Obra pública"


def test_goods_have_no_place_of_works() -> None:
    document = {
        "tender": {"id": "1", "procurementMethod": "open", "mainProcurementCategory": "goods"},
        "contracts": [{"id": "C", "items": [{"id": "1", "description": "Papel", "deliveryAddresses": [{"region": "Jalisco"}]}]}],
    }  # fmt: skip
    (due,) = dues(document, COMPETITIVE)
    assert [key for key in cells(due.row) if key.startswith("works.")] == []


def budget(name: str, code: str, source: str, **told: Any) -> dict[str, Any]:
    parts = [{"name": "spendingObject", "code": code}, {"name": "budgetSource", "description": source}]
    return {"id": name, "budgetLines": [{"id": f"{name}-1", "components": parts}], **told}


def test_each_contract_is_paid_by_its_own_part_of_the_budget() -> None:
    """The part that bears the award's id is its own; without one, all parts are."""
    parts = [
        budget("A1", "21101", "Recursos fiscales", origin="Estatales", fundType="FAIS"),
        budget("A2", "51501", "Recursos federales", origin="Federales"),
    ]
    document = {
        "parties": [COMPANY],
        "planning": {"budget": {"budgetBreakdown": parts}},
        "tender": {"id": "1", "procurementMethod": "open"},
        "awards": [{"id": name, "suppliers": refer(COMPANY)} for name in ("A1", "A2", "A3")],
        "contracts": [{"id": f"C-{name}", "awardID": name} for name in ("A1", "A2", "A3")],
    }
    first, second, third = dues(document, COMPETITIVE)
    told = [
        (tables(one.row)["spending"], cells(one.row).get("origin"), cells(one.row)["source"], cells(one.row).get("fund"))
        for one in (first, second, third)
    ]  # fmt: skip
    assert told == [
        ([{"code": "21101"}], "Estatales", "Recursos fiscales", "FAIS"),
        ([{"code": "51501"}], "Federales", "Recursos federales", None),
        (
            [{"code": "21101"}, {"code": "51501"}],
            "Estatales",
            "Recursos fiscales; Recursos federales",
            "FAIS",
        ),
    ]


def test_a_supplier_abroad_has_the_columns_of_abroad_and_one_at_home_those_of_home() -> None:
    at_home = COMPANY | {
        "address": {
            "streetType": "Avenida",
            "streetAddress": "Vallarta",
            "outdoorNumber": "1200",
            "settlementName": "Americana",
            "locality": "Guadalajara",
            "region": "Jalisco",
            "postalCode": "44160",
            "countryName": "México",
        }
    }
    document = {
        "parties": [FOREIGN, at_home],
        "tender": {"id": "1", "procurementMethod": "open"},
        "awards": [{"id": "A1", "suppliers": refer(FOREIGN, at_home)}],
        "contracts": [{"id": "C-1", "awardID": "A1"}],
    }
    abroad, home = dues(document)

    def places(row: Row) -> dict[str, Any]:
        return {key: value for key, value in row.values.items() if key.startswith(("address.", "abroad."))}

    assert places(abroad.row) == {
        "abroad.country": "Estados Unidos",
        "abroad.city": "Austin",
        "abroad.street": "Congress Avenue",
        "abroad.number": "1100",
    }
    assert places(home.row) == {
        "address.road_type": "Avenida",
        "address.street": "Vallarta",
        "address.outdoor": "1200",
        "address.settlement": "Americana",
        "address.municipality": "Guadalajara",
        "address.state": "Jalisco",
        "address.postal_code": "44160",
    }


def test_an_open_order_says_its_least_and_its_most_and_how_it_is_paid_and_watched() -> None:
    document = {
        "parties": [COMPANY],
        "tender": {
            "id": "1",
            "procurementMethod": "selective",
            "minValue": {"amount": 400, "currency": "MXN"},
            "value": {"amount": 1000, "currency": "MXN"},
        },
        "awards": [
            {
                "id": "A1",
                "suppliers": refer(COMPANY),
                "contractPeriod": {"startDate": "2026-02-01T00:00:00-06:00", "endDate": "2026-12-31T23:59:59-06:00"},
            }
        ],
        "contracts": [
            {
                "id": "C-1",
                "awardID": "A1",
                "period": {"startDate": "2026-02-15T00:00:00-06:00", "endDate": "2026-11-30T23:59:59-06:00"},
                "surveillanceMechanisms": ["socialWitness", "citizenComptroller", "Comité vecinal"],
                "implementation": {"transactions": [{"id": "1", "paymentMethod": "wireTransfer"}, {"id": "2", "paymentMethod": "cash"}]},
            }
        ],
    }  # fmt: skip
    (due,) = dues(document)
    wanted = {
        "method": "Invitación a cuando menos tres personas",
        "minimum": 400,
        "maximum": 1000,
        "payment": "Transferencia bancaria",
        "surveillance": "Testigo social; Contraloría social; Comité vecinal",
        "term.start": date(2026, 2, 15),
        "term.end": date(2026, 11, 30),
        "validity.start": date(2026, 2, 1),
        "validity.end": date(2026, 12, 31),
    }
    told = cells(due.row)
    assert {key: told.get(key) for key in wanted} == wanted


def test_a_contract_that_was_suspended_and_amended_once() -> None:
    """One amendment has all papers of amendments; a term without its own period is the contract's."""
    document = {
        "parties": [PERSON],
        "tender": {"id": "AD-3", "procurementMethod": "direct", "status": "cancelled"},
        "awards": [{"id": "A1", "suppliers": refer(PERSON)}],
        "contracts": [
            {
                "id": "C-1",
                "awardID": "A1",
                "status": "terminated",
                "period": {"startDate": "2026-01-15T00:00:00-06:00"},
                "amendments": [{"id": "CM-1", "description": "Menos entregas", "date": "2026-03-03T01:00:00Z"}],
                "documents": [
                    paper("suspensionNotice", "suspension"),
                    paper("contractAmendment", "convenio"),
                    paper("contractAmendment", "anexo"),
                ],
            }
        ],
    }  # fmt: skip
    (due,) = dues(document)
    told = cells(due.row)
    assert told["suspension.url"] == ("https://a.mx/suspension.pdf",)
    assert (told["unsuccessful"], told["amended"], told["validity.start"]) == ("No", "Sí", date(2026, 1, 15))
    assert tables(due.row)["amendments"] == [
        {
            "number": "CM-1",
            "object": "Menos entregas",
            "date": date(2026, 3, 2),  # 01:00 in Greenwich is the evening before in Mexico
            "url": ("https://a.mx/convenio.pdf", "https://a.mx/anexo.pdf"),
        }
    ]


def test_every_cell_of_the_report_is_the_reporters() -> None:
    (due,) = dues({"tender": {"id": "1", "procurementMethod": "open"}}, COMPETITIVE)
    assert {key: due.row.values[key] for key in REPORTED} == {
        "year": 2026,
        "period.start": date(2026, 1, 1),
        "period.end": date(2026, 3, 31),
        "area": "Recursos Materiales",
        "updated": QUARTER.updated,
    }
