"""A document as rules look at it: its blocks by kind, found in one walk, and values read without trust.

A working document may hold anything anywhere; whatever is not of the expected shape is passed over here, since
validation tells it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from app.ocds import applicability, shape
from app.ocds.entry import numbers
from app.ocds.shape import Document, Node


class Block(NamedTuple):
    """One object of the document."""

    at: str
    """JSON Pointer."""
    path: str
    """In the model."""
    body: Document


class Money(NamedTuple):
    """An amount with its currency."""

    amount: float
    currency: str

    def __str__(self) -> str:
        """As sentences say it: `1,234.50 MXN`."""
        return f"{numbers.written(round(self.amount, 2), name='amount')} {self.currency}".rstrip()


@dataclass(slots=True)
class View:
    """What rules ask of a document."""

    document: Document
    now: datetime
    released: Document | None = None
    kinds: dict[str, list[Block]] = field(default_factory=dict)
    """Definition of the standard (`Value`, `Period`) -> its objects, in document order."""
    method: str | None = None
    parties: dict[str, Block] = field(default_factory=dict)
    """Id as text (7 and "7" name the same) -> the party; of two with one id, the first."""
    _awards: dict[str, Block] = field(default_factory=dict)
    _contracts: dict[str, list[Block]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Walk the document."""
        _gather(self.document, shape.release(), "", "", self.kinds)
        self.method = applicability.method_of(self.document)
        for party in self.all("Organization"):
            if party.body.get("id") is not None:
                self.parties.setdefault(str(party.body["id"]), party)
        for award in self.all("Award"):
            if award.body.get("id") is not None:
                self._awards.setdefault(str(award.body["id"]), award)
        for contract in self.all("Contract"):
            if contract.body.get("awardID") is not None:
                self._contracts.setdefault(str(contract.body["awardID"]), []).append(contract)

    def all(self, kind: str) -> list[Block]:
        """Return the objects of a kind."""
        return self.kinds.get(kind, [])

    def section(self, name: str) -> Document:
        """Return `planning` or `tender`; empty when there is none."""
        return inside(self.document, name)

    def contracts_of(self, award: Block) -> list[Block]:
        """Return the contracts that name an award."""
        return self._contracts.get(str(award.body.get("id")), [])

    def award_of(self, contract: Block) -> Block | None:
        """Return the award that a contract names."""
        return self._awards.get(str(contract.body.get("awardID")))


def _gather(value: Document, node: Node, at: str, path: str, kinds: dict[str, list[Block]]) -> None:
    for key, held in value.items():
        child = node.properties.get(key)
        if child is None:
            continue
        if type(held) is dict:
            below = f"{path}/{key}" if path else key
            if child.definition:
                kinds.setdefault(child.definition, []).append(Block(f"{at}/{key}", below, held))
            if child.properties:
                _gather(held, child, f"{at}/{key}", below, kinds)
        elif type(held) is list and child.items is not None and child.items.properties:
            element = child.items
            below = f"{path}/{key}" if path else key
            found = kinds.setdefault(element.definition, [])
            for index, one in enumerate(held):
                if type(one) is dict:
                    found.append(Block(f"{at}/{key}/{index}", below, one))
                    _gather(one, element, f"{at}/{key}/{index}", below, kinds)


def inside(body: Document, key: str) -> Document:
    """Return the object under a key; empty when there is none."""
    held = body.get(key)
    return held if type(held) is dict else {}


def elements(body: Document, key: str) -> Iterator[tuple[int, Document]]:
    """Yield the objects of a list with their positions."""
    held = body.get(key)
    for index, one in enumerate(held if type(held) is list else ()):
        if type(one) is dict:
            yield index, one


def count(body: Document, key: str) -> int:
    """Return how many different objects a list names; those without id are each another."""
    ids = [one.get("id") for _, one in elements(body, key)]
    return len({str(one) for one in ids if one is not None}) + ids.count(None)


def text(body: Document, key: str) -> str:
    """Return a text, trimmed; empty when there is none."""
    held = body.get(key)
    return held.strip() if type(held) is str else ""


def texts(body: Document, key: str) -> list[str]:
    """Return the texts of a list."""
    held = body.get(key)
    return [one for one in held if type(one) is str] if type(held) is list else []


def number(body: Document, key: str) -> float | None:
    """Return a number; None when there is none."""
    held = body.get(key)
    return held if type(held) in (int, float) else None


def money(body: Document, key: str = "value") -> Money | None:
    """Return an amount that says its currency; None otherwise."""
    value = inside(body, key)
    amount, currency = number(value, "amount"), text(value, "currency")
    return Money(amount, currency) if amount is not None and currency else None


def moment(body: Document, key: str) -> datetime | None:
    """Return a moment; None when there is none that can be read."""
    held = body.get(key)
    if type(held) is not str:
        return None
    try:
        read = datetime.fromisoformat(held.strip())
        return read if read.tzinfo else read.replace(tzinfo=UTC)
    except ValueError:
        return None


def later(one: datetime | None, other: datetime | None) -> bool:
    """Whether both are known and the first is on a later day; within a day, clocks are not trusted."""
    return one is not None and other is not None and one > other and one.date() != other.date()


def day(when: datetime | None) -> str:
    """Return a date as sentences say it."""
    return f"{when:%d/%m}/{when.year:04}" if when else ""
