"""The objects of a document that are rows of the workbook, each with the address by which it is known again."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.ocds.shape import Document
from app.workbook.layout import LISTS, List

Address = tuple[tuple[str, str], ...]
"""Of an element: for it and each one around it, the path of its list and its key; `()` is the release."""

NUMBERED = "#"
"""How the key of an element begins that has no id, or shares it: its place in the list follows, from 1."""
LONGEST_KEY = 200


@dataclass(slots=True)
class Element:
    """One object of a document."""

    address: Address
    listed: List | None
    """None for the release."""
    body: Document
    holder: list[Any]
    """The list that it stands in; empty for the release."""

    @property
    def key(self) -> str:
        """What stands in the column of ids."""
        return self.address[-1][1] if self.address else ""

    @property
    def parents(self) -> tuple[str, ...]:
        """Keys of the elements around it, the outermost first."""
        return tuple(key for _, key in self.address[:-1])


def elements(document: Document) -> Iterator[Element]:
    """Yield the release and every object in its lists, each after the one around it, lists in the model's order.

    What stands in a list and is no object is left out; it counts in the places of the others.
    """
    yield Element((), None, document, [])
    for listed in LISTS.values():
        if not listed.around:
            yield from _in_list(document, listed, ())


def inside(body: Document, address: Address) -> Iterator[Element]:
    """Yield the objects in the lists of an element, as `elements` does."""
    for inner in _INSIDE.get(address[-1][0], ()):
        yield from _in_list(body, inner, address)


def _in_list(around: Document, listed: List, address: Address) -> Iterator[Element]:
    holder = at(around, listed.inside)
    if not isinstance(holder, list):
        return
    for key, body in zip(keys_of(listed, holder), holder, strict=True):
        if not isinstance(body, dict):
            continue
        own = (*address, (listed.path, key))
        yield Element(own, listed, body, holder)
        yield from inside(body, own)


def keys_of(listed: List, holder: Sequence[Any]) -> list[str]:
    """Return the key of each element of a list: its id where that is its own, otherwise its place."""
    ids = [_id(body) if listed.has_id else "" for body in holder]
    count = Counter(ids)
    return [
        own if own and count[own] == 1 else f"{NUMBERED}{place}" for place, own in enumerate(ids, start=1)
    ]


def at(body: Any, path: Sequence[str]) -> Any:
    """Return the value at keys below an object; None where nothing, or something else than an object, is on the way."""
    for key in path:
        body = body.get(key) if isinstance(body, dict) else None
    return body


def put(body: Document, path: Sequence[str], value: Any) -> bool:
    """Set the value at keys below an object, or with None take it away, and objects that it leaves empty.

    Returns:
        False, with nothing changed, where something else than an object is on the way.
    """
    held = [body]
    for key in path[:-1]:
        inner = held[-1].get(key)
        if inner is None:
            if value is None:
                return True
            inner = held[-1][key] = {}
        if not isinstance(inner, dict):
            return False
        held.append(inner)
    if value is not None:
        held[-1][path[-1]] = value
        return True
    held[-1].pop(path[-1], None)
    for holder, key in zip(reversed(held[:-1]), reversed(path[:-1]), strict=True):
        if holder[key]:
            break
        del holder[key]
    return True


def _id(body: Any) -> str:
    """Return an element's id as a cell can hold it and give it back; empty when it is none that can be told from others."""
    own = body.get("id") if isinstance(body, dict) else None
    text = str(own) if isinstance(own, str) or type(own) is int else ""
    is_plain = text.isprintable() and text == " ".join(text.split()) and len(text) <= LONGEST_KEY
    return text if is_plain and not text.startswith(NUMBERED) else ""


_INSIDE: dict[str, list[List]] = {}
for _listed in LISTS.values():
    if _listed.around:
        _INSIDE.setdefault(_listed.around[-1], []).append(_listed)
