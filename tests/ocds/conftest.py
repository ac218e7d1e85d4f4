"""A small release that is valid under the profile, and says something in every section."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# The machine is shared: how long an example takes says nothing about the code.
settings.register_profile("ocds", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ocds")

DATE = "2026-03-15T10:00:00-06:00"


def sample() -> dict[str, Any]:
    supplier = {"id": "MX-RFC-ABC010203AB1", "name": "Papelería del Centro, S.A. de C.V."}
    return {
        "ocid": "ocds-abc123-LA-1",
        "id": "1",
        "date": DATE,
        "tag": ["planning", "tender", "award", "contract", "implementation"],
        "initiationType": "tender",
        "language": "es",
        "parties": [
            {
                "id": "MX-RFC-SEC010203AB1",
                "name": "Secretaría",
                "roles": ["buyer", "payer"],
                "address": {"streetAddress": "Palacio de Gobierno 1"},
                "contactPoint": {"name": "Ventanilla", "email": "contacto@example.org"},
            },
            {
                **supplier,
                "identifier": {"scheme": "MX-RFC", "id": "ABC010203AB1", "legalName": "Papelería del Centro"},
                "roles": ["supplier", "tenderer", "payee"],
                "address": {"streetAddress": "Calle 5 de Mayo 10"},
            },
        ],
        "buyer": {"id": "MX-RFC-SEC010203AB1", "name": "Secretaría"},
        "planning": {
            "rationale": "Falta papel",
            "budget": {"id": "B-1", "amount": {"amount": 1000, "currency": "MXN"}},
            "documents": [{"id": "P-1", "title": "Estudio de mercado", "documentType": "marketStudies"}],
        },
        "tender": {
            "id": "T-1",
            "title": "Papel",
            "status": "complete",
            "procurementMethod": "open",
            "value": {"amount": 1000, "currency": "MXN"},
            "tenderPeriod": {"startDate": DATE, "endDate": "2026-03-30T10:00:00-06:00"},
            "items": [
                {"id": "I-1", "description": "Papel carta", "quantity": 10},
                {"id": "I-2", "description": "Papel oficio", "quantity": 5},
            ],
            "tenderers": [supplier],
            "numberOfTenderers": 1,
        },
        "awards": [
            {
                "id": "A-1",
                "status": "active",
                "suppliers": [supplier],
                "value": {"amount": 900, "currency": "MXN"},
            }
        ],
        "contracts": [
            {
                "id": "C-1",
                "awardID": "A-1",
                "status": "active",
                "value": {"amount": 900, "currency": "MXN"},
                "dateSigned": "2026-04-01T10:00:00-06:00",
                "implementation": {
                    "transactions": [
                        {
                            "id": "X-1",
                            "date": "2026-05-01T10:00:00-06:00",
                            "value": {"amount": 450, "currency": "MXN"},
                        }
                    ]
                },
            }
        ],
    }


@pytest.fixture
def release() -> dict[str, Any]:
    return sample()
