"""What a copy keeps of a document, and what of every field of the model it leaves behind."""

from typing import Any

import pytest

from app.ocds import model
from app.ocds.shape import Document
from app.processes.copying import KEPT, kept

WHOLE: Document = {
    "language": "es",
    "parties": [
        {
            "id": "B",
            "name": "Secretaría",
            "roles": ["buyer", "payer", "procuringEntity"],
            "address": {"region": "Jalisco"},
        },
        {"id": "U", "name": "Almacén", "roles": ["requestingUnit"], "memberOf": [{"id": "B"}, {"id": "S"}]},
        {"id": "F", "name": "Federación", "roles": ["funder"]},
        {"id": "S", "name": "Papelera", "roles": ["supplier", "tenderer"]},
    ],
    "buyer": {"id": "B", "name": "Secretaría"},
    "planning": {
        "rationale": "Hace falta papel",
        "hasQuotes": True,
        "requestingUnits": [{"id": "U", "name": "Almacén"}],
        "budget": {
            "project": "Oficinas",
            "amount": {"amount": 5},
            "budgetBreakdown": [
                {
                    "id": "1",
                    "sourceParty": {"id": "F"},
                    "amount": {"amount": 5},
                    "period": {"startDate": "2025-01-01T00:00:00Z"},
                    "budgetLines": [
                        {"id": "21101", "components": [{"name": "ramo"}], "measures": [{"id": "approved"}]}
                    ],
                }
            ],
        },
        "documents": [{"id": "d"}],
    },
    "tender": {
        "id": "LPN-1",
        "title": "Papel",
        "title_en": "Paper",
        "status": "complete",
        "procuringEntity": {"id": "B", "name": "Secretaría"},
        "value": {"amount": 9, "currency": "MXN"},
        "procurementMethod": "open",
        "tenderPeriod": {"startDate": "2025-01-01T00:00:00Z"},
        "tenderers": [{"id": "S", "name": "Papelera"}],
        "items": [
            {
                "id": "7",
                "description": "Papel bond",
                "quantity": 3,
                "unit": {"name": "Caja", "value": {"amount": 3}},
                "classification": {"scheme": "CUCOP", "id": "21100001"},
            }
        ],
        "documents": [{"id": "x", "url": "https://x.example"}],
        "desconocido": "nada",
    },
    "bids": {"details": [{"id": "b", "tenderers": [{"id": "S"}]}]},
    "awards": [{"id": "A", "suppliers": [{"id": "S"}], "items": [{"id": "7"}]}],
    "contracts": [
        {"id": "C", "awardID": "A", "implementation": {"transactions": [{"id": "t", "payer": {"id": "B"}}]}}
    ],
    "relatedProcesses": [{"id": "r"}],
}


def test_a_copy_keeps_what_is_bought_and_how() -> None:
    assert kept(WHOLE) == {
        "language": "es",
        "parties": [
            {
                "id": "B",
                "name": "Secretaría",
                "roles": ["buyer", "procuringEntity"],
                "address": {"region": "Jalisco"},
            },
            {"id": "U", "name": "Almacén", "roles": ["requestingUnit"], "memberOf": [{"id": "B"}]},
            {"id": "F", "name": "Federación", "roles": ["sourceParty", "funder"]},
        ],
        "buyer": {"id": "B", "name": "Secretaría"},
        "planning": {
            "rationale": "Hace falta papel",
            "requestingUnits": [{"id": "U", "name": "Almacén"}],
            "budget": {
                "project": "Oficinas",
                "budgetBreakdown": [
                    {
                        "id": "1",
                        "sourceParty": {"id": "F"},
                        "budgetLines": [{"id": "21101", "components": [{"name": "ramo"}]}],
                    }
                ],
            },
        },
        "tender": {
            "title": "Papel",
            "title_en": "Paper",
            "procuringEntity": {"id": "B", "name": "Secretaría"},
            "procurementMethod": "open",
            "items": [
                {
                    "id": "7",
                    "description": "Papel bond",
                    "quantity": 3,
                    "unit": {"name": "Caja"},
                    "classification": {"scheme": "CUCOP", "id": "21100001"},
                }
            ],
        },
    }


def test_a_copy_of_a_copy_is_the_same() -> None:
    assert kept(kept(WHOLE)) == kept(WHOLE)


@pytest.mark.parametrize(
    "odd", [{}, {"parties": "x", "tender": []}, {"tender": {"items": ["x", 1]}, "planning": None}]
)
def test_an_odd_document_gives_what_it_has(odd: dict[str, Any]) -> None:
    assert kept(odd) == {}


def test_the_list_names_fields_of_the_model_and_nothing_of_the_old_life() -> None:
    below = [path for path in model.FIELDS if any(path == one or path.startswith(f"{one}/") for one in KEPT)]
    assert set(KEPT) <= set(model.FIELDS)
    for path in below:
        if path.startswith("parties/"):
            continue
        assert model.FIELDS[path].kind != model.Kind.DATE, path
        assert path.rpartition("/")[2] not in ("status", "amount", "netAmount", "documents", "milestones"), (
            path
        )
    assert not {"awards", "contracts", "bids", "relatedProcesses"} & {path.partition("/")[0] for path in KEPT}
    assert "tender/id" not in KEPT
