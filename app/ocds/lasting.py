"""Places that last: pointers which name the elements of lists by their id, and so follow them wherever they move.

`/parties/3/address` becomes `/parties/id=SUP-1/address`. An element without an id of its own keeps its position.
"""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from app.ocds.shape import Document, escape

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
            alone = sum(isinstance(one, dict) and one.get("id") == given for one in value) == 1
            if isinstance(given, str | int) and given != "" and alone:
                name = escape(f"{_BY_ID}{given}")
        told.append(name)
        value = below
    return "".join(f"/{name}" for name in told)


def find(document: Document, place: str) -> str | None:
    """Return the JSON Pointer at which a lasting place stands now; None where there is nothing."""
    value: Any = document
    tokens: list[str] = []
    for token in place.split("/")[1:]:
        name = token
        if isinstance(value, list) and token.startswith(_BY_ID):
            wanted = _plain(token).removeprefix(_BY_ID)
            held = (
                at for at, one in enumerate(value) if isinstance(one, dict) and str(one.get("id")) == wanted
            )
            name = str(next(held, -1))
        value = _below(value, name)
        if value is None:
            return None
        tokens.append(name)
    return "".join(f"/{token}" for token in tokens)


def leave_out(document: Document, places: Iterable[str]) -> tuple[Document, list[str]]:
    """Return a document without what stands at some places, and the JSON Pointers of what is left out.

    What becomes empty goes too. The document is never changed; where nothing is left out, the answer is the same object.
    """
    named = {found for place in places if (found := find(document, place)) is not None}
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
    one = _pattern(place.split("/")[1:])
    other = _pattern([*(part.split("/") if part and part != "release" else ()), *pointer.split("/")[1:]])
    return all(a == b for a, b in zip(one, other, strict=False))


def _pattern(tokens: list[str]) -> list[str]:
    return ["*" if token.isdecimal() or token.startswith(_BY_ID) else token for token in tokens]


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
