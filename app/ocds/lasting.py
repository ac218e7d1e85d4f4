"""Places that last: pointers which name the elements of lists by their id, and so follow them wherever they move.

`/parties/3/address` becomes `/parties/id=9f2c41d07a3be815/address`: a place is kept and told where the id itself may not
be, since it may be a person's, so a part of its hash stands for it. An element without an id of its own cannot be
followed: the place is its whole list.
"""

import hashlib
from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any

from app.ocds.shape import Document

LOST = (
    "Una reserva vigente ya no encuentra el dato que protege: se borró, o su elemento tiene otro id. "
    "Pide la reserva otra vez sobre el dato de ahora, o que se termine la anterior."
)
"""Why nothing is published while a reserved place is lost."""
_BY_ID = "id="


def lasting(document: Document, pointer: str) -> str:
    """Return the lasting place of a JSON Pointer into a document; what it does not lead to stays as it is."""
    tokens = pointer.split("/")[1:]
    value: Any = document
    told: list[str] = []
    for token in tokens:
        below = _below(value, token)
        name = token
        if isinstance(value, list) and isinstance(below, dict):
            given = below.get("id")
            alone = sum(isinstance(one, dict) and str(one.get("id")) == str(given) for one in value) == 1
            if not (isinstance(given, str | int) and given != "" and alone):
                break
            name = f"{_BY_ID}{_digest(given)}"
        elif isinstance(value, list) and below is not None:
            break
        told.append(name)
        value = below
    return "".join(f"/{name}" for name in told)


def find(document: Document, place: str) -> str | None:
    """Return the JSON Pointer at which a lasting place stands now; None where there is nothing.

    What is no pointer, "" among it, stands nowhere: it never means the whole document.
    """
    if not place.startswith("/"):
        return None
    value: Any = document
    tokens: list[str] = []
    for token in place.split("/")[1:]:
        name = token
        if isinstance(value, list) and token.startswith(_BY_ID):
            wanted = _plain(token).removeprefix(_BY_ID)
            held = (
                at
                for at, one in enumerate(value)
                if isinstance(one, dict) and wanted in (_digest(one.get("id")), str(one.get("id")))
            )
            name = str(next(held, -1))
        value = _below(value, name)
        if value is None:
            return None
        tokens.append(name)
    return "".join(f"/{token}" for token in tokens)


def lost(document: Document, places: Iterable[str]) -> bool:
    """Tell whether one of some places leads to nothing."""
    return any(find(document, place) is None for place in places)


def leave_out(document: Document, places: Iterable[str]) -> tuple[Document, list[str]]:
    """Return a document without what stands at some places, and the JSON Pointers of what is left out.

    What becomes empty goes too. The document is never changed; where nothing is left out, the answer is the same object.
    """
    return _without(document, {found for place in places if (found := find(document, place)) is not None})


def leave_out_alike(document: Document, places: Iterable[str]) -> Document:
    """Return a document without what stands at some places of any element of the lists on the way.

    For older documents, in which the element that is meant may have stood elsewhere and have had another id.
    """
    return _without(document, {one for place in places for one in _stood(document, place)})[0]


def holds_alike(document: Document, place: str) -> bool:
    """Tell whether `leave_out_alike` would take anything out of a document for a place."""
    return any(True for _ in _stood(document, place))


def _stood(document: Document, place: str) -> Iterator[str]:
    return _alike(document, place.split("/")[1:]) if place.startswith("/") else iter(())


def _without(document: Document, named: set[str]) -> tuple[Document, list[str]]:
    # What goes whole takes what stands in it along; looked for again, its neighbour would stand there.
    pointers = sorted(
        (one for one in named if not any(one.startswith(f"{other}/") for other in named)),
        key=_order,
        reverse=True,
    )
    if not pointers:
        return document, []
    left = deepcopy(document)
    for pointer in pointers:  # from the end, so that positions before it stay
        _remove(left, [_plain(token) for token in pointer.split("/")[1:]])
    return left, pointers[::-1]


def covers(place: str, part: str, pointer: str) -> bool:
    """Tell whether a line of history may hold what stands, or stood, at a lasting place.

    Positions and ids are not compared: elements may have been elsewhere then.

    Args:
        place: a lasting place.
        part: stored part of the line (`tender/items/3`), "" for the whole document.
        pointer: JSON Pointer inside the part.
    """
    if not place.startswith("/"):
        return False
    one = _pattern(place.split("/")[1:])
    other = _pattern([*(part.split("/") if part and part != "release" else ()), *pointer.split("/")[1:]])
    return all(a == b for a, b in zip(one, other, strict=False))


def _alike(value: Any, tokens: list[str]) -> Iterator[str]:
    """Yield the JSON Pointers that a place would have if its elements were any others of their lists."""
    if not tokens:
        yield ""
        return
    token, *rest = tokens
    anywhere = isinstance(value, list) and (token.isdecimal() or token.startswith(_BY_ID))
    for name in (str(index) for index in range(len(value))) if anywhere else (token,):
        below = _below(value, name)
        if below is not None:
            for deeper in _alike(below, rest):
                yield f"/{name}{deeper}"


def _pattern(tokens: list[str]) -> list[str]:
    return ["*" if token.isdecimal() or token.startswith(_BY_ID) else token for token in tokens]


def _digest(given: object) -> str:
    return hashlib.sha256(str(given).encode()).hexdigest()[:16]


def _below(value: Any, token: str) -> Any:
    if isinstance(value, dict):
        return value.get(_plain(token))
    if isinstance(value, list) and token.isdecimal() and len(token) < 10 and int(token) < len(value):
        return value[int(token)]
    return None


def _remove(value: Any, tokens: list[str]) -> None:
    token, *rest = tokens
    key: Any = int(token) if isinstance(value, list) else token
    if rest:
        _remove(value[key], rest)
    if not rest or value[key] in ({}, []):
        del value[key]


def _plain(token: str) -> str:
    return token.replace("~1", "/").replace("~0", "~")


def _order(pointer: str) -> list[tuple[int, str]]:
    return [(int(token), "") if token.isdecimal() else (0, token) for token in pointer.split("/")]
