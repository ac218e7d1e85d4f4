"""A publisher, what its figures say, and contracts as the tests write them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from app.core.db import Actor
from app.figures import keeping
from app.figures.models import WHOLE, Figure, FigureSupplier
from app.ocds.shape import Document
from app.publication import following
from tests.conftest import Place
from tests.factories import document
from tests.publication.conftest import Press


@dataclass
class Counted:
    """A press whose figures are counted when the test says so."""

    press: Press

    @property
    def actor(self) -> Actor:
        """The service itself."""
        return self.press.place.system

    def count(self) -> None:
        """Count what was published since."""
        following.follow(self.press.place.database, keeping.FOLLOWER, self._only_mine)

    def _only_mine(self, session: Any, actor: Actor, ocids: Any) -> None:
        keeping.count(session, actor, ocids)

    def rebuild(self) -> None:
        """Forget everything and count it from nothing."""
        with self.press.place.database.unit_of_work(self.actor) as session:
            keeping.rebuild(session, self.actor)
        self.count()

    def everything(self) -> list[tuple[Any, ...]]:
        """Every row of the figures."""
        with self.press.place.database.unit_of_work(self.actor) as session:
            return list(keeping.everything(session, self.actor))

    def figure(self, year: int = 0, body: UUID = WHOLE) -> Figure | None:
        """The sums of a body and a year, as the world reads them."""
        with self.press.place.database.public_reading() as session:
            return session.get(Figure, (self.press.place.tenant_id, body, year))

    def cells(self, year: int = 0, body: UUID = WHOLE) -> dict[str, list[int]]:
        """The cells of a body and a year."""
        found = self.figure(year, body)
        return found.cells if found else {}

    def supplier(self, key: str, year: int = 0, body: UUID = WHOLE) -> FigureSupplier | None:
        """What a supplier has."""
        with self.press.place.database.public_reading() as session:
            return session.get(FigureSupplier, (self.press.place.tenant_id, body, year, key))


@pytest.fixture
def counted(make_place: Callable[..., Place]) -> Counted:
    """A publisher of this test alone."""
    return Counted(Press(make_place(policy="direct")))


def supplied(*contracts: Document, suppliers: tuple[str, ...] = ("AAA010101AAA",), **tender: Any) -> Document:
    """A process with an award to these suppliers (RFC) and these contracts of it."""
    named = [{"id": f"P-{one}", "name": f"Empresa {one}"} for one in suppliers]
    return document(
        parties=[
            *document()["parties"],
            *(
                {
                    **one,
                    "roles": ["supplier"],
                    "identifier": {"scheme": "MX-RFC", "id": one["id"].removeprefix("P-")},
                }
                for one in named
            ),
        ],
        tender=document()["tender"] | tender,
        awards=[{"id": "A-1", "status": "active", "date": "2025-02-20T00:00:00-06:00", "suppliers": named}],
        contracts=list(contracts),
    )


def contract(
    amount: float | None = 1000, signed: str = "2025-03-01", currency: str = "MXN", **more: Any
) -> Document:
    """A contract of the award, with an amount and a day of signature."""
    value = {"value": {"amount": amount, "currency": currency}} if amount is not None else {}
    when = {"dateSigned": f"{signed}T00:00:00-06:00"} if signed else {}
    return {"id": "C-1", "awardID": "A-1", "status": "active", **value, **when} | more


def period(start: str, end: str) -> Document:
    """A period of whole days."""
    return {"startDate": f"{start}T00:00:00-06:00", "endDate": f"{end}T00:00:00-06:00"}
