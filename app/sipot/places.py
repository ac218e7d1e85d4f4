"""Where the values of one row live in a document: its roots, and reading and setting a path below them."""

from collections.abc import Iterable
from functools import cache
from typing import Any

Document = dict[str, Any]
_LISTS = frozenset(("exchangeRates", "transactions", "requestsForQuotes"))
"""Lists of which a path means the first element."""


class Roots:
    """The blocks of a document that one row is about; those that do not exist yet are made when something is set.

    Args:
        document: the whole, whose blocks these are.
        award, contract, supplier, budget, meeting: found or made by the caller; None where the row has none.
    """

    def __init__(
        self,
        document: Document,
        *,
        award: Document | None = None,
        contract: Document | None = None,
        supplier: Document | None = None,
        budget: Document | None = None,
        meeting: Document | None = None,
    ) -> None:
        self.document = document
        self._given = {
            "award": award,
            "contract": contract,
            "supplier": supplier,
            "budget": budget,
            "meeting": meeting,
        }

    def get(self, path: str) -> Any:
        """Return what stands at a path, None where nothing does."""
        root, *steps = _parts(path)
        value: Any = self._root(root)
        for step in steps:
            if isinstance(value, list):
                value = value[0] if value else None
            if not isinstance(value, dict):
                return None
            value = value.get(step)
        return value

    def set(self, path: str, value: Any) -> None:
        """Put a value at a path; a list on the way means its first element."""
        root, *steps, last = _parts(path)
        block = self._made(root)
        for step in steps:
            if step in _LISTS:
                elements = block.setdefault(step, [])
                if not elements:
                    elements.append({} if step == "exchangeRates" else {"id": "1"})
                block = elements[0]
            else:
                block = block.setdefault(step, {})
        block[last] = value

    def block(self, path: str) -> Document:
        """Return the object at a path, made if it is not there."""
        root, *steps = path.split(".")
        block = self._made(root)
        for step in steps:
            block = block.setdefault(step, {})
        return block

    def _root(self, root: str) -> Document | None:
        if root in self._given:
            return self._given[root]
        found = self.document.get(root)
        return found if isinstance(found, dict) else None

    def _made(self, root: str) -> Document:
        if root not in self._given:
            made: Document = self.document.setdefault(root, {})
            return made
        given = self._given[root]
        if given is None:
            raise LookupError(root)
        return given


@cache  # paths are those of the table
def _parts(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def has_id(elements: Iterable[Document], wanted: Any) -> Document | None:
    """Return the element with an id."""
    return next((element for element in elements if str(element.get("id")) == str(wanted)), None)
