"""A body that sends its quarter to a service of the test's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.db import Actor, RwSession
from app.core.jobs import Workplace
from app.core.storage import Storage
from app.ocds.shape import Document
from app.pnt import due, formats, loading
from app.pnt.delivery import queries, running, service
from app.pnt.delivery.models import PntDelivered, PntDelivery, PntRemote
from app.pnt.delivery.protocol import Account
from app.pnt.delivery.records import fields
from app.pnt.delivery.remembering import Spot
from app.pnt.delivery.service import Said
from app.pnt.due import Line
from app.pnt.formats import Chosen
from app.settings import Settings
from tests.pnt.conftest import Office, process
from tests.pnt.strict import PASSWORD, SLOW, USER, Pnt

EMAIL = "unidad@example.org"


@dataclass
class Sending:
    """An office with an account at a PNT."""

    office: Office
    pnt: Pnt
    settings: Settings
    storage: Storage
    ocid: str = ""

    @property
    def chosen(self) -> Chosen:
        """The format of direct awards."""
        with self.work() as session:
            return next(
                one
                for one in formats.in_force(session, self.office.publisher, self.office.quarter)
                if one.family == "direct"
            )

    @contextmanager
    def work(self, actor: Actor | None = None) -> Iterator[RwSession]:
        """A transaction of who publishes."""
        with self.office.place.database.unit_of_work(actor or self.office.publisher) as session:
            yield session

    def publish(self, *contracts: Document) -> None:
        """Publish the one process anew."""
        ref = self.office.publish(process(*contracts), ocid=self.ocid)
        self.ocid = self.ocid or self.office.ocid(ref)

    def keep_account(self, password: str = PASSWORD) -> None:
        """Keep the account."""
        with self.work() as session:
            account = Account(USER, password, EMAIL)
            service.keep_account(session, self.office.publisher, self.settings, self.office.body, account)

    @property
    def said(self) -> Said:
        """What every record says."""
        return Said("Adquisiciones", self.office.today, self.office.today, "Sin nota")

    def start(self) -> UUID:
        """Begin to send."""
        office = self.office
        chosen = self.chosen
        with self.work() as session:
            known = due.loaded(session, office.publisher, office.body, office.quarter, "direct")
            lines = due.lines(session, office.publisher, office.whose, chosen.format)
            seen = loading.tally(lines, known).print
            row = service.start(
                session, office.publisher, self.settings, office.whose, chosen, said=self.said, seen=seen
            )
            return row.delivery_id

    def run(self, delivery_id: UUID, database: Any = None) -> None:
        """Do what the worker does, with little patience."""
        place = Workplace(database or self.office.place.database, self.storage, self.settings)
        running.run(place, self.office.place.system, delivery_id, seconds=SLOW / 2, pauses=(0.0,))

    def send(self, *failures: str | None) -> list[PntDelivered]:
        """Send what is due, with failures in turn; return what became of each row."""
        self.pnt.failures[:] = failures
        delivery_id = self.start()
        self.run(delivery_id)
        self.pnt.failures.clear()
        return self.results(delivery_id)

    def results(self, delivery_id: UUID) -> list[PntDelivered]:
        """What became of each row, by their keys."""
        with self.work() as session:
            rows = queries.results(session, self.office.publisher, delivery_id)
            session.expunge_all()
            return sorted(rows, key=lambda row: row.row_key)

    def delivery(self, delivery_id: UUID) -> PntDelivery:
        """A sending."""
        with self.work() as session:
            row = queries.delivery(session, self.office.publisher, delivery_id)
            session.expunge_all()
            return row

    @property
    def doubts(self) -> list[PntRemote]:
        """What nobody knows."""
        office = self.office
        with self.work() as session:
            rows = queries.doubts(session, office.publisher, office.body, office.quarter, "direct")
            session.expunge_all()
            return rows

    def settle(self) -> None:
        """Look at the PNT for each doubt, and say what is there."""
        for one in self.doubts:
            found = self.pnt.number_of(one.row_key.split("|")[1])
            spot = Spot(self.office.publisher, self.office.whose, "direct", one.row_key)
            with self.work() as session:
                service.settle(session, spot, there=found is not None, number=str(found or ""))

    @property
    def left(self) -> int:
        """Rows that the PNT does not have as they are now."""
        office, format_ = self.office, self.chosen.format
        with self.work() as session:
            known = due.loaded(session, office.publisher, office.body, office.quarter, "direct")
            tally = loading.tally(due.lines(session, office.publisher, office.whose, format_), known)
        return tally.states["new"] + tally.states["changed"] + len(tally.gone)

    def ours(self) -> list[dict[int, Any]]:
        """What the PNT should have, as it would keep it."""
        there = Pnt(self.pnt.format)
        for line in self.lines():
            said, _ = there.fields(there.format.columns, fields(there.format, line.row), {})
            there.records[len(there.records)] = said
        return there.texts()

    def lines(self) -> list[Line]:
        """The rows of the quarter."""
        report = Said.report(self.said.kept(), self.office.quarter)
        with self.work() as session:
            return list(
                due.lines(session, self.office.publisher, self.office.whose, self.chosen.format, report)
            )
