"""A body that publishes contracts of a quarter that is over, and somebody who looks at what it owes the PNT."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx2
import pytest

from app.core import clock
from app.core.db import Actor
from app.core.quarters import Quarter
from app.ocds.shape import Document
from app.pnt import declaring
from app.pnt.due import Whose
from app.processes.queries import VersionRef, working_process
from app.publication.service import publish_batch
from tests.conftest import LiveServer, Place
from tests.factories import document, draft
from tests.html import Page

ZONE = "America/Mexico_City"
SUPPLIER = {
    "id": "MX-RFC-PSI100304AB1",
    "name": "Papelera del Sur, S.A.",
    "roles": ["supplier"],
    "identifier": {
        "scheme": "MX-RFC",
        "id": "PSI100304AB1",
        "legalName": "Papelera del Sur, S.A.",
        "legalPersonality": "legalPerson",
    },
}
PERSON = {
    "id": "P-1",
    "name": "Ana Ruiz Paz",
    "roles": ["supplier"],
    "identifier": {
        "scheme": "MX-RFC",
        "id": "RUPA800101AB1",
        "givenName": "Ana",
        "patronymicName": "Ruiz",
        "matronymicName": "Paz",
        "legalPersonality": "naturalPerson",
    },
}


def at(day: date) -> str:
    """Midnight of a day there."""
    return f"{day.isoformat()}T00:00:00-06:00"


def contract(number: str, signed: date | None, award: str = "A-1", **changes: Any) -> Document:
    """A contract with all that every format asks for."""
    days = {"dateSigned": at(signed)} if signed else {}
    start = signed or date(2026, 1, 1)
    return {
        "id": number,
        "awardID": award,
        "title": f"Contrato {number}",
        "description": "Papelería para las oficinas",
        "status": "active" if signed else "pending",
        "value": {"amount": 1160.5, "netAmount": 1000.43, "currency": "MXN"},
        "period": {"startDate": at(start), "endDate": f"{start.isoformat()}T23:59:59-06:00"},
        "documents": [
            {"id": "d-1", "documentType": "contractSigned", "url": "https://datos.example/contrato.pdf"}
        ],
        **days,
        **changes,
    }


def process(*contracts: Document, suppliers: tuple[Document, ...] = (SUPPLIER,), **changes: Any) -> Document:
    """A whole process with an award and contracts of it."""
    base = document()
    tender = {
        **base["tender"],
        "description": "Compra de papelería",
        "procurementMethod": "direct",
        "procurementMethodDetails": "Adjudicación directa",
        "mainProcurementCategory": "goods",
    }
    said: Document = {
        "tender": tender,
        "planning": {
            "requestingUnits": [{"id": "u-1", "name": "Recursos Materiales"}],
            "responsibleUnits": [{"id": "u-2", "name": "Almacén"}],
        },
        "parties": [*base["parties"], *suppliers],
        "awards": [
            {
                "id": "A-1",
                "title": "Papelería",
                "status": "active",
                "suppliers": [{"id": one["id"], "name": one["name"]} for one in suppliers],
            }
        ],
        "contracts": list(contracts),
    }
    return document(**{**said, **changes})


@dataclass
class Office:
    """What happens in one tenant, and who looks."""

    place: Place
    live: LiveServer
    pages: dict[str, httpx2.Client] = field(default_factory=dict)

    @property
    def body(self) -> UUID:
        """The first body."""
        return self.place.sujetos[0]

    @property
    def today(self) -> date:
        """The tenant's day."""
        return clock.now().astimezone(ZoneInfo(ZONE)).date()

    @property
    def quarter(self) -> Quarter:
        """The last one that is over."""
        return Quarter.of(self.today).previous

    @property
    def whose(self) -> Whose:
        """That quarter of the first body."""
        return Whose(self.body, self.quarter, ZONE, natural_rfc_public=False)

    @property
    def publisher(self) -> Actor:
        """Who publishes for the first body."""
        return self.place.actor("so_publisher")

    def draft(self, written: Document, sujeto: UUID | None = None, ocid: str = "") -> VersionRef:
        """An open version of a trusted system."""
        return draft(self.place, written, sujeto=sujeto, ocid=ocid, source="import:prueba")

    def publish(self, written: Document, sujeto: UUID | None = None, ocid: str = "") -> VersionRef:
        """Publish a process."""
        ref = self.draft(written, sujeto, ocid)
        publisher = self.place.actor("so_publisher", sujeto)
        with self.place.database.unit_of_work(publisher) as session:
            (outcome,) = publish_batch(session, publisher, [ref])
        assert outcome.published, outcome.problems
        return ref

    def ocid(self, ref: VersionRef) -> str:
        """Of a version."""
        with self.place.database.unit_of_work(self.publisher) as session:
            return working_process(session, self.publisher, ref.process_id).ocid

    def keep(self) -> None:
        """Look once, as the worker's chore does."""
        declaring.keep_tenant(self.place.database, self.place.tenant_id, ZONE)

    def client(self, role: str = "so_publisher", sujeto: UUID | None = None) -> httpx2.Client:
        """A browser in which somebody of the tenant is signed in."""
        actor = self.place.actor(role, sujeto)
        address = self.place.email(role, actor.sujeto_obligado_id)
        if address not in self.pages:
            self.pages[address] = self.live.client(address)
        return self.pages[address]

    def path(self, rest: str = "", body: UUID | None = None) -> str:
        """Address of the quarter of a body."""
        return f"/{self.place.slug}/pnt/{body or self.body}/{self.quarter.written}{rest}"

    def show(self, path: str, role: str = "so_publisher", status: int = 200) -> Page:
        """A page as somebody sees it."""
        answer = self.client(role).get(path)
        assert answer.status_code == status, answer.text
        page = Page(answer.text)
        assert page.faults == []
        return page


@pytest.fixture
def office(make_place: Callable[..., Place], live: LiveServer) -> Office:
    """A tenant of one body that publishes what a trusted system sends."""
    return Office(make_place(policy="direct"), live)
