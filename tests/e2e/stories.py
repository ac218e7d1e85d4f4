"""Four procedures as the world shall read them: what the keyboard test types, and what the API must answer.

Everything here is made up. Ids that the system gives are written `*name`: the same mark is the same id.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from app.ocds.shape import Document

ZONE = "-06:00"


def day(text: str) -> str:
    """The start of a day where the tenant is."""
    return f"{text}T00:00:00{ZONE}"


def end(text: str) -> str:
    """The end of a day where the tenant is."""
    return f"{text}T23:59:59{ZONE}"


def period(start: str, last: str) -> Document:
    """From the start of one day to the end of another."""
    return {"startDate": day(start), "endDate": end(last)}


def money(amount: float, net: float | None = None) -> Document:
    """An amount in pesos, with what it is before taxes."""
    return {**({"netAmount": net} if net is not None else {}), "amount": amount, "currency": "MXN"}


def company(name: str, rfc: str, *roles: str) -> Document:
    """A legal person with the roles that it ends up with."""
    return {
        "id": f"MX-RFC-{rfc}",
        "name": name,
        "identifier": {
            "legalPersonality": "legalPerson",
            "scheme": "MX-RFC",
            "id": rfc,
            "legalName": name,
        },
        "roles": sorted(roles),
    }


NORTH = company("Muebles del Norte, S.A. de C.V.", "MNO100315QL7", "payee", "supplier", "tenderer")
SOUTH = company("Carpintería Sureña, S. de R.L.", "CSU0902027AA", "attendee", "tenderer")
BOND = company("Afianzadora Ejemplar, S.A.", "AEJ8503119J6", "guarantor")
BODY = {"id": "*body", "name": "Secretaría de Pruebas 1 del Estado"}
KNOWN = {"identifier": {"legalPersonality": "legalPerson", "legalName": BODY["name"]}}
"""What the registry of bodies knows of it, which nobody types."""
OFFICIAL = {
    "id": "*official",
    "name": "Laura Campos Rivera",
    "position": "Directora de Adquisiciones",
    "roles": ["official"],
}


def refer(party: Document) -> Document:
    """A reference to a party."""
    return {"id": party["id"], "name": party["name"]}


def paper(kind: str, title: str, published: str, name: str) -> Document:
    """A document behind a link."""
    return {
        "id": f"*{name}",
        "documentType": kind,
        "title": title,
        "url": f"https://transparencia.ejemplo.example/{name}.pdf",
        "datePublished": day(published),
        "format": "application/pdf",
        "language": "es",
    }


def items(count: int, price: float) -> list[Document]:
    """So many pieces of furniture."""
    return [
        {
            "id": f"*item{number}",
            "description": f"Escritorio secretarial modelo {number}",
            "classification": {"scheme": "CUCOP", "id": f"5110{number:04}", "description": "Escritorio"},
            "quantity": number + 0.5,
            "unit": {"name": "Pieza", "value": money(price * number)},
        }
        for number in range(1, count + 1)
    ]


def bid(party: Document, amount: float, name: str) -> Document:
    """What a tenderer offered."""
    return {
        "id": f"*{name}",
        "date": day("2026-02-20"),
        "status": "valid",
        "tenderers": [refer(party)],
        "value": money(amount),
    }


def open_tender() -> Document:
    """A licitación pública with everything: five parties, two bids, twenty items, papers in every stage."""
    return {
        "language": "es",
        "parties": [
            {
                **BODY,
                **KNOWN,
                "roles": ["buyer", "payer", "procuringEntity", "requestingUnit", "sourceParty"],
            },
            NORTH,
            SOUTH,
            BOND,
            OFFICIAL,
        ],
        "buyer": BODY,
        "planning": {
            "rationale": "Las escuelas no tienen dónde sentar a su personal.",
            "hasQuotes": False,
            "requestingUnits": [BODY],
            "budget": {
                "description": "Recursos estatales del ejercicio",
                "amount": money(900000.0),
                "budgetBreakdown": [
                    {
                        "id": "*breakdown",
                        "amount": money(900000.0),
                        "period": period("2026-01-01", "2026-12-31"),
                        "sourceParty": BODY,
                        "origin": "Estatales",
                        "budgetLines": [
                            {
                                "id": "2026110011010010E001001001000015110111401",
                                "measures": [
                                    {"id": "approved", "value": money(900000.0), "update": "Primer Trimestre"}
                                ],
                            }
                        ],
                    }
                ],
            },
            "documents": [paper("marketStudies", "Investigación de mercado", "2026-01-20", "mercado")],
        },
        "tender": {
            "id": "LPN-014-2026",
            "title": "Mobiliario para escuelas",
            "description": "Compra de escritorios para escuelas secundarias",
            "status": "complete",
            "procuringEntity": BODY,
            "value": money(880000.0),
            "procurementMethod": "open",
            "procurementMethodDetails": "Licitación pública",
            "procurementMethodRationale": "Artículo 26, fracción I: es la regla general.",
            "mainProcurementCategory": "goods",
            "additionalProcurementCategories": ["goodsAcquisition"],
            "awardCriteria": "priceOnly",
            "submissionMethod": ["inPerson"],
            "tenderPeriod": period("2026-02-02", "2026-02-20"),
            "enquiryPeriod": period("2026-02-02", "2026-02-10"),
            "hasEnquiries": True,
            "awardPeriod": period("2026-02-20", "2026-03-02"),
            "numberOfTenderers": 2,
            "tenderers": [refer(NORTH), refer(SOUTH)],
            "items": items(20, 1000.0),
            "documents": [
                paper("tenderNotice", "Convocatoria", "2026-02-02", "convocatoria"),
                paper("clarifications", "Acta de la junta de aclaraciones", "2026-02-11", "junta"),
            ],
            "clarificationMeetings": [
                {
                    "id": "*meeting",
                    "date": "2026-02-10T11:30:00-06:00",
                    "attendees": [refer(SOUTH)],
                    "officials": [{"id": "*official", "name": OFFICIAL["name"]}],
                }
            ],
        },
        "bids": {"details": [bid(NORTH, 840000.0, "bid1"), bid(SOUTH, 866000.5, "bid2")]},
        "awards": [
            {
                "id": "ADJ-1",
                "title": "Adjudicación a la propuesta más baja",
                "status": "active",
                "date": day("2026-03-02"),
                "value": money(840000.0, 724137.93),
                "suppliers": [refer(NORTH)],
                "contractPeriod": period("2026-03-09", "2026-06-30"),
                "items": items(20, 1000.0),
                "documents": [paper("awardNotice", "Fallo", "2026-03-02", "fallo")],
            }
        ],
        "contracts": [
            {
                "id": "CTO-014-2026",
                "awardID": "ADJ-1",
                "title": "Compraventa de escritorios",
                "status": "active",
                "period": period("2026-03-09", "2026-06-30"),
                "value": money(840000.0, 724137.93),
                "dateSigned": day("2026-03-06"),
                "items": items(20, 1000.0),
                "guarantees": [
                    {
                        "id": "*guarantee",
                        "type": "bail",
                        "obligations": "fulfillment",
                        "date": day("2026-03-06"),
                        "value": money(84000.0),
                        "guarantor": refer(BOND),
                        "period": period("2026-03-06", "2026-12-31"),
                    }
                ],
                "documents": [paper("contractSigned", "Contrato firmado", "2026-03-07", "contrato")],
                "amendments": [
                    {
                        "id": "*amendment",
                        "date": day("2026-05-04"),
                        "rationale": "El proveedor pidió más plazo por falta de madera.",
                        "description": "Se amplía el plazo de entrega un mes.",
                    }
                ],
                "implementation": {
                    "status": "ongoing",
                    "transactions": [
                        {
                            "id": "*payment",
                            "date": day("2026-05-15"),
                            "value": money(420000.0, 362068.97),
                            "paymentMethod": "wireTransfer",
                            "payer": BODY,
                            "payee": refer(NORTH),
                        }
                    ],
                    "documents": [
                        paper("physicalProgressReport", "Avance físico de mayo", "2026-05-29", "avance")
                    ],
                },
            }
        ],
    }


def direct_award() -> Document:
    """An adjudicación directa: no call, no bids, straight to award and contract."""
    whole = open_tender()
    award, contract = whole["awards"][0], whole["contracts"][0]
    return {
        "language": "es",
        "parties": [
            {**BODY, **KNOWN, "roles": ["buyer", "procuringEntity"]},
            {**NORTH, "roles": ["supplier"]},
        ],
        "buyer": BODY,
        "tender": {
            "id": "AD-003-2026",
            "title": "Reparación urgente de una caldera",
            "description": "Reparación de la caldera del hospital",
            "status": "complete",
            "procuringEntity": BODY,
            "procurementMethod": "direct",
            "procurementMethodDetails": "Adjudicación directa",
            "procurementMethodRationale": "Artículo 41, fracción V: caso fortuito.",
            "mainProcurementCategory": "services",
            "additionalProcurementCategories": ["services"],
            "value": money(95000.0),
            "items": items(1, 95000.0),
            "documents": [paper("exceptionAuthorization", "Dictamen de excepción", "2026-02-02", "dictamen")],
        },
        "awards": [
            {
                **{key: award[key] for key in ("id", "title", "status", "date", "suppliers")},
                "value": money(95000.0, 81896.55),
                "documents": award["documents"],
            }
        ],
        "contracts": [
            {
                **{
                    key: contract[key] for key in ("id", "awardID", "title", "status", "period", "dateSigned")
                },
                "value": money(95000.0, 81896.55),
                "items": items(1, 95000.0),
                "documents": contract["documents"],
            }
        ],
    }


def invitation() -> Document:
    """An invitación a cuando menos tres personas, with who was invited to bid."""
    whole = open_tender()
    tender = whole["tender"]
    kept = (
        "description",
        "status",
        "procuringEntity",
        "mainProcurementCategory",
        "value",
        "tenderPeriod",
        "awardPeriod",
    )
    return {
        "language": "es",
        "parties": [
            {**BODY, **KNOWN, "roles": ["buyer", "procuringEntity"]},
            {**NORTH, "roles": ["supplier", "tenderer"]},
            {**SOUTH, "roles": ["tenderer"]},
        ],
        "buyer": BODY,
        "tender": {
            **{key: tender[key] for key in kept},
            "id": "ITP-007-2026",
            "title": "Escritorios por invitación",
            "procurementMethod": "selective",
            "procurementMethodDetails": "Invitación a cuando menos tres personas",
            "procurementMethodRationale": "Artículo 42: el monto lo permite.",
            "numberOfTenderers": 2,
            "tenderers": tender["tenderers"],
            "items": items(2, 300.0),
            "documents": tender["documents"][:1],
        },
        "bids": whole["bids"],
        "awards": [
            {
                key: whole["awards"][0][key]
                for key in ("id", "title", "status", "date", "value", "suppliers", "documents")
            }
            | {"items": items(2, 300.0)}
        ],
    }


def deserted() -> Document:
    """A licitación pública that nobody won."""
    whole = open_tender()
    kept = (
        "description",
        "procuringEntity",
        "procurementMethod",
        "procurementMethodDetails",
        "procurementMethodRationale",
        "mainProcurementCategory",
        "value",
        "tenderPeriod",
    )
    return {
        "language": "es",
        "parties": [{**BODY, **KNOWN, "roles": ["buyer", "procuringEntity"]}],
        "buyer": BODY,
        "tender": {
            **{key: whole["tender"][key] for key in kept},
            "id": "LPN-015-2026",
            "title": "Mobiliario que nadie ofreció",
            "status": "unsuccessful",
            "numberOfTenderers": 0,
            "items": items(3, 500.0),
            "documents": whole["tender"]["documents"][:1],
        },
        "awards": [
            {
                "id": "ADJ-DESIERTA",
                "title": "Procedimiento desierto",
                "status": "unsuccessful",
                "date": day("2026-03-02"),
                "documents": [
                    paper("unsuccessfulProcedureNotice", "Acta de desierta", "2026-03-02", "desierta")
                ],
            }
        ],
    }


def alike(document: Document, expected: Document) -> tuple[list[str], list[str]]:
    """Return the leaves of both, ids that the system gives replaced by the marks of the story.

    Roles are compared as sets: their order says nothing.
    """
    marks: dict[str, str] = {}
    _pair(document, expected, marks)
    return sorted(_leaves(document, marks)), sorted(_leaves(expected, {}))


def _pair(held: Any, wanted: Any, marks: dict[str, str]) -> None:
    """Learn which id stands for which mark: by position, the first time that a mark is met."""
    if isinstance(held, dict) and isinstance(wanted, dict):
        mark = wanted.get("id")
        if isinstance(mark, str) and mark.startswith("*") and mark not in marks.values():
            marks[str(held.get("id"))] = mark
        for key in wanted.keys() & held.keys():
            _pair(held[key], wanted[key], marks)
    elif isinstance(held, list) and isinstance(wanted, list):
        for one, other in zip(held, wanted, strict=False):
            _pair(one, other, marks)


def _leaves(value: Any, marks: dict[str, str], at: str = "") -> Iterator[str]:
    match value:
        case dict():
            for key, held in value.items():
                yield from _leaves(held, marks, f"{at}/{key}")
        case list():
            plain = at.endswith("/roles")
            for position, held in enumerate(sorted(value) if plain else value):
                yield from _leaves(held, marks, f"{at}/{position}")
        case _:
            known = marks.get(value, value) if isinstance(value, str) else value
            is_number = isinstance(known, int | float) and not isinstance(known, bool)
            yield f"{at} = {float(known) if is_number else known!r}"


STORIES: dict[str, Any] = {
    "licitación": open_tender,
    "invitación": invitation,
    "directa": direct_award,
    "desierta": deserted,
}


def story(name: str) -> Document:
    """A procedure by its name."""
    made: Document = deepcopy(STORIES[name]())
    return made


NAMES: Sequence[str] = tuple(STORIES)
