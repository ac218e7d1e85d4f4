"""A contracting process that makes sense in every stage and lacks nothing that is asked for."""

import json
from typing import Any

Document = dict[str, Any]

BUYER = {"id": "MX-RFC-SSJ010203AB8", "name": "Secretaría de Salud"}
SELLER = {"id": "MX-RFC-MAB9307148T4", "name": "Materiales Abiertos, S.A. de C.V."}
OTHER = {"id": "MX-RFC-GODE561231GR8", "name": "Edgar Gómez Díaz"}


def _money(amount: float) -> Document:
    return {"netAmount": amount, "amount": amount * 1.16, "currency": "MXN"}


def _day(text: str) -> str:
    return f"2026-{text}T12:00:00-06:00"


def _period(start: str, end: str) -> Document:
    return {"startDate": _day(start), "endDate": _day(end)}


def _paper(name: str, kind: str, day: str) -> Document:
    return {
        "id": name,
        "documentType": kind,
        "title": f"Documento {name}",
        "description": "Versión pública.",
        "url": f"https://ejemplo.gob.mx/{name}.pdf",
        "datePublished": _day(day),
        "format": "application/pdf",
        "language": "es",
    }


def _items() -> list[Document]:
    return [
        {
            "id": name,
            "description": f"Partida {name}",
            "classification": {"scheme": "CUCOP", "id": "21100001", "description": "Abrecartas"},
            "quantity": 10,
            "unit": {"name": "Pieza", "value": _money(5)},
        }
        for name in ("1", "2")
    ]


def _party(reference: Document, *roles: str, personality: str = "legalPerson") -> Document:
    number = reference["id"].removeprefix("MX-RFC-")
    party: Document = {
        **reference,
        "identifier": {"legalPersonality": personality, "scheme": "MX-RFC", "id": number},
        "roles": list(roles),
    }
    if personality == "legalPerson":
        party["identifier"]["legalName"] = reference["name"]
        party["address"] = {
            "streetAddress": "Av. Juárez 100",
            "locality": "Guadalajara",
            "region": "Jalisco",
            "postalCode": "44100",
            "countryName": "México",
        }
        party["contactPoint"] = {
            "name": "Ventanilla",
            "email": "ventanilla@ejemplo.gob.mx",
            "telephone": "+52 33 1234 5678 ext. 12",
        }
    return party


def coherent() -> Document:
    """A licitación pública from its planning to its last payment, as a working document."""
    buyer, seller = BUYER, SELLER
    document: Document = {
        "language": "es",
        "parties": [
            _party(
                BUYER,
                "buyer",
                "procuringEntity",
                "payer",
                "sourceParty",
                "requestingUnit",
                "contractingUnit",
                "responsibleUnit",
                "official",
            ),
            _party(SELLER, "supplier", "tenderer", "payee", "guarantor"),
            _party(OTHER, "tenderer", "attendee", personality="naturalPerson"),
        ],
        "buyer": buyer,
        "planning": {
            "rationale": "Hace falta papel.",
            "budget": {
                "description": "Presupuesto estatal",
                "amount": _money(1000),
                "budgetBreakdown": [
                    {
                        "id": "1",
                        "amount": _money(1000),
                        "period": _period("01-01", "12-31"),
                        "sourceParty": buyer,
                        "origin": "Estatales",
                        "budgetLines": [
                            {
                                "id": "2026-06-200-1-3-4-001-E001-002-210-00012-21101-1-1-14-0",
                                "components": [
                                    {"name": "branch", "level": 1, "code": "06", "description": "Hacienda"}
                                ],
                                "measures": [{"id": "approved", "value": _money(1000)}],
                            }
                        ],
                    }
                ],
            },
            "hasQuotes": False,
            "documents": [_paper("p1", "marketStudies", "01-10")],
            "requestingUnits": [buyer],
            "contractingUnits": [buyer],
            "responsibleUnits": [buyer],
        },
        "tender": {
            "id": "LPN-014-2026",
            "title": "Papel",
            "description": "Compra de papel",
            "status": "complete",
            "procuringEntity": buyer,
            "value": _money(1000),
            "procurementMethod": "open",
            "procurementMethodDetails": "Licitación pública",
            "procurementMethodRationale": "Artículo 1",
            "mainProcurementCategory": "goods",
            "additionalProcurementCategories": ["goodsAcquisition"],
            "awardCriteria": "priceOnly",
            "awardCriteriaDetails": "Precio más bajo",
            "submissionMethod": ["electronicSubmission"],
            "submissionMethodDetails": "En la plataforma",
            "tenderPeriod": _period("02-01", "02-20"),
            "enquiryPeriod": _period("02-01", "02-10"),
            "hasEnquiries": True,
            "clarificationMeetings": [
                {"id": "j1", "date": _day("02-11"), "attendees": [OTHER], "officials": [buyer]}
            ],
            "eligibilityCriteria": "Estar al corriente",
            "awardPeriod": _period("02-21", "03-01"),
            "numberOfTenderers": 2,
            "tenderers": [seller, OTHER],
            "items": _items(),
            "documents": [_paper("t1", "tenderNotice", "02-01")],
        },
        "bids": {
            "details": [
                {
                    "id": "b1",
                    "date": _day("02-20"),
                    "status": "valid",
                    "tenderers": [seller],
                    "value": _money(900),
                }
            ]
        },
        "awards": [
            {
                "id": "A-1",
                "title": "Fallo",
                "description": "Papel",
                "rationale": "El precio más bajo",
                "status": "active",
                "date": _day("03-01"),
                "value": _money(900),
                "suppliers": [seller],
                "items": _items(),
                "contractPeriod": _period("03-10", "06-30"),
                "relatedBids": ["b1"],
                "documents": [_paper("a1", "awardNotice", "03-01")],
            }
        ],
        "contracts": [
            {
                "id": "C-1",
                "awardID": "A-1",
                "title": "Contrato",
                "description": "Papel",
                "status": "active",
                "period": _period("03-10", "06-30"),
                "value": _money(900),
                "dateSigned": _day("03-05"),
                "items": _items(),
                "guarantees": [
                    {
                        "id": "g1",
                        "type": "bail",
                        "obligations": "fulfillment",
                        "date": _day("03-06"),
                        "value": _money(90),
                        "guarantor": seller,
                        "period": _period("03-06", "12-31"),
                    }
                ],
                "surveillanceMechanisms": ["internalControlUnit"],
                "relatedBids": ["b1"],
                "documents": [_paper("c1", "contractSigned", "03-06")],
                "amendments": [
                    {
                        "id": "CM-1",
                        "date": _day("04-01"),
                        "rationale": "Plazo",
                        "description": "Diez días más",
                    }
                ],
                "implementation": {
                    "status": "ongoing",
                    "transactions": [
                        {
                            "id": "x1",
                            "date": _day("04-15"),
                            "value": _money(450),
                            "paymentMethod": "wireTransfer",
                            "payer": buyer,
                            "payee": seller,
                        }
                    ],
                    "milestones": [
                        {
                            "id": "h1",
                            "title": "Entrega",
                            "type": "delivery",
                            "description": "La mitad",
                            "dueDate": _day("04-10"),
                            "dateMet": _day("04-09"),
                            "status": "met",
                        }
                    ],
                    "documents": [_paper("i1", "physicalProgressReport", "04-10")],
                },
            }
        ],
        "relatedProcesses": [
            {
                "id": "r1",
                "relationship": ["prior"],
                "title": "La anterior",
                "scheme": "ocid",
                "identifier": "ocds-abc123-LPN-013-2025",
                "uri": "https://ejemplo.gob.mx/otra",
            }
        ],
    }
    # No two places share an object.
    copy: Document = json.loads(json.dumps(document))
    return copy
