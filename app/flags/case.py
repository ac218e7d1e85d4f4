"""One process as the flags read it: bids, awards and dates, with what Cardinal understands by submitted and final."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

from app.ocds.checks.view import Block, View, elements, inside, moment, number, text
from app.ocds.shape import Document

_LATEST = datetime(9999, 12, 31, tzinfo=UTC)
_FINAL = frozenset({"active", "cancelled", "unsuccessful"})
_NOT_SUBMITTED = frozenset({"", "invited", "withdrawn"})


@dataclass(frozen=True)
class Case:
    """A compiled release."""

    release: Document
    currency: str
    holidays: frozenset[date] = frozenset()

    @cached_property
    def view(self) -> View:
        """Its blocks by kind."""
        return View(self.release, _LATEST)

    @cached_property
    def tender(self) -> Document:
        """The tender; empty when there is none."""
        return inside(self.release, "tender")

    @property
    def method(self) -> str:
        """Code of the procurement method; empty when none is said."""
        return text(self.tender, "procurementMethod")

    @property
    def details(self) -> str:
        """Name of the procedure."""
        return text(self.tender, "procurementMethodDetails")

    @cached_property
    def awards(self) -> list[Document]:
        """The awards."""
        return [award for _, award in elements(self.release, "awards")]

    @property
    def active_awards(self) -> list[Document]:
        """The awards in force."""
        return [award for award in self.awards if text(award, "status") == "active"]

    @property
    def contracts(self) -> list[Block]:
        """The contracts that were not cancelled."""
        return [one for one in self.view.all("Contract") if text(one.body, "status") != "cancelled"]

    @cached_property
    def bids(self) -> list[Document]:
        """All bids."""
        return [bid for _, bid in elements(inside(self.release, "bids"), "details")]

    @property
    def submitted(self) -> list[Document]:
        """Bids that were submitted: neither invited nor withdrawn."""
        return [bid for bid in self.bids if text(bid, "status") not in _NOT_SUBMITTED]

    def bids_that_are(self, status: str) -> list[Document]:
        """Return the bids of one status."""
        return [bid for bid in self.bids if text(bid, "status") == status]

    @property
    def is_final(self) -> bool:
        """Whether every award that says its status is decided."""
        return all(text(award, "status") in _FINAL for award in self.awards if text(award, "status"))

    @property
    def winner(self) -> str | None:
        """The only supplier of the only award in force, when all awards are decided."""
        active = self.active_awards
        suppliers = ids(active[0], "suppliers") if self.is_final and len(active) == 1 else []
        return suppliers[0] if len(suppliers) == 1 else None

    @property
    def suppliers(self) -> set[str]:
        """The suppliers of the awards in force."""
        return {one for award in self.active_awards for one in ids(award, "suppliers")}

    def amount(self, body: Document) -> float | None:
        """Return the amount of a value in the main currency; None without one, or in another."""
        value = inside(body, "value")
        return number(value, "amount") if text(value, "currency") == self.currency else None

    @property
    def buyer(self) -> str:
        """Id of the buyer; empty when there is none."""
        return identity(inside(self.release, "buyer"))

    def documents(self, *kinds: str) -> bool:
        """Whether some document of one of those types is anywhere in it."""
        return any(text(one.body, "documentType") in kinds for one in self.view.all("Document"))

    def days(self, body: Document) -> Iterator[tuple[int, datetime, datetime]]:
        """Yield the whole days of a period with its ends, when both can be read."""
        start, end = moment(body, "startDate"), moment(body, "endDate")
        if start and end:
            yield whole_days(start, end), start, end


def whole_days(start: datetime, end: datetime) -> int:
    """Return the whole days between two moments, cut towards zero."""
    return int((end - start).total_seconds() / 86400)


def identity(body: Document) -> str:
    """Return an id as text; empty when there is none."""
    held = body.get("id")
    return "" if held is None else str(held)


def ids(body: Document, key: str) -> list[str]:
    """Return the ids of the organizations of a list, those without one left out."""
    return [identity(one) for _, one in elements(body, key) if identity(one)]


def has_priced(bid: Document) -> bool:
    """Whether a bid says its amount and currency."""
    value = inside(bid, "value")
    return number(value, "amount") is not None and bool(text(value, "currency"))
