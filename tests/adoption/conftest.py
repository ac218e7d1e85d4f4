"""A garante whose bodies sign, publish, withdraw and are counted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select, update

from app.adoption import counting
from app.adoption.models import Compliance, ComplianceCount, ProcessFact
from app.core import clock
from app.core.quarters import Quarter
from app.core.tables import table_of
from app.ocds.shape import Document
from app.processes.queries import VersionRef
from app.publication.service import publish_batch
from app.publication.withdrawal import withdraw
from tests.conftest import Place
from tests.factories import document, draft

ZONE = "America/Mexico_City"


def contract(number: int, signed: date | None, **changes: Any) -> Document:
    """A contract of an award; without a day it is not signed."""
    signing = {"dateSigned": f"{signed.isoformat()}T00:00:00-06:00"} if signed else {}
    return {
        "id": f"C-{number}",
        "awardID": "A-1",
        "title": "Contrato de papelería",
        "status": "active" if signed else "pending",
        **signing,
        **changes,
    }


def signed_document(*days: date | None) -> Document:
    """A working document with a contract for each day."""
    return document(
        awards=[{"id": "A-1", "title": "Papelería", "status": "active"}],
        contracts=[contract(number, day) for number, day in enumerate(days, 1)],
    )


@dataclass
class Desk:
    """What happens in one tenant, and what is counted of it."""

    place: Place

    @property
    def today(self) -> date:
        """The tenant's day."""
        return clock.now().astimezone(ZoneInfo(ZONE)).date()

    @property
    def quarter(self) -> Quarter:
        """The running quarter."""
        return Quarter.of(self.today)

    def days_ago(self, days: int) -> date:
        """A day before today."""
        return self.today - timedelta(days=days)

    def draft(self, *days: date | None, sujeto: UUID | None = None, ocid: str = "") -> VersionRef:
        """An open version of a trusted system, with a contract signed on each of the days."""
        return draft(self.place, signed_document(*days), sujeto=sujeto, ocid=ocid, source="import:prueba")

    def publish(self, *days: date | None, sujeto: UUID | None = None, ocid: str = "") -> VersionRef:
        """Publish a process with a contract signed on each of the days."""
        ref = self.draft(*days, sujeto=sujeto, ocid=ocid)
        publisher = self.place.actor("so_publisher", sujeto)
        with self.place.database.unit_of_work(publisher) as session:
            (outcome,) = publish_batch(session, publisher, [ref])
        assert outcome.published, outcome.problems
        return ref

    def withdraw(self, position: int) -> None:
        """Withdraw the release at a position of the chain."""
        with self.place.database.unit_of_work(self.place.system) as session:
            withdraw(session, self.place.system, position, "Artículo 113 de la Ley de Prueba")

    def count(self) -> None:
        """Look once, as the worker's chore does."""
        counting.keep_tenant(self.place.database, self.place.tenant_id, ZONE)

    def recount(self) -> None:
        """Count everything from nothing."""
        with self.place.database.unit_of_work(self.place.system) as session:
            for model in (ProcessFact, Compliance):
                table = table_of(model)
                session.execute(delete(table).where(table.c.tenant_id == self.place.tenant_id))
        counting.recount_all(self.place.database, self.place.system, ZONE)

    def rewind(self) -> None:
        """Let the count believe that it was made today already, so that it follows the news alone."""
        table = table_of(ComplianceCount)
        with self.place.database.unit_of_work(self.place.system) as session:
            session.execute(
                update(table).where(table.c.tenant_id == self.place.tenant_id).values(counted_on=self.today)
            )

    def rows(self) -> list[dict[str, Any]]:
        """All that is counted, in order."""
        table = table_of(Compliance)
        with self.place.database.unit_of_work(self.place.system) as session:
            found = session.execute(
                select(table)
                .where(table.c.tenant_id == self.place.tenant_id)
                .order_by(table.c.sujeto_obligado_id, table.c.quarter)
            ).mappings()
            return [dict(row) for row in found]

    def now(self, sujeto: UUID | None = None) -> dict[str, Any]:
        """What is counted of a body in the running quarter; nothing is an empty mapping."""
        body = sujeto or self.place.sujetos[0]
        found = [
            row
            for row in self.rows()
            if row["sujeto_obligado_id"] == body and row["quarter"] == self.quarter.start
        ]
        return found[0] if found else {}


@pytest.fixture
def desk(make_place: Callable[..., Place]) -> Desk:
    """A tenant of one body that publishes what a trusted system sends."""
    return Desk(make_place(policy="direct"))
