"""The working document in parts: one per section and one per element of the long lists.

Rewriting a whole document of a thousand items to change one field costs tens of milliseconds; a part is small. The
part around keeps an empty object or list where another was taken out, so that the order of keys and what is empty
survive, and putting the parts together again gives the very same JSON, whatever shape it has.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from app.ocds import model
from app.ocds.shape import Document

ROOT = "release"
"""Path of the part that holds what stands at the top of the document."""

_SECTIONS = ("planning", "tender")


@dataclass(frozen=True, slots=True)
class Part:
    """One stored piece of a document."""

    path: str
    """`release`, `planning`, `tender/items/3`, `contracts/1/implementation/transactions/2`. The number names the
    element among its siblings and need not be its position."""
    ordinal: int
    """Place among its siblings of one list; gaps are fine."""
    body: Any
    """JSON; whatever became a part of its own is an empty object or list here."""


def split(document: Document) -> list[Part]:
    """The parts of a document, each before those inside it. Bodies share what was not taken apart with it."""
    parts: list[Part] = []
    root = Part(ROOT, 0, _taken(document, _layout(), "", parts))
    return [root, *sorted(parts, key=lambda part: part.path.count("/"))]


def assemble(parts: Iterable[Part]) -> Document:
    """The document that the parts were split from, in whatever order they come. No body is changed.

    A part may stand where the one around it left no place (a section just begun): it goes to the end.

    Raises:
        ValueError: no root, a part without the one around it, a path that no document has, or a list or section
            stored twice, inside the part around it and on its own.
    """
    ordered = sorted(parts, key=lambda part: (part.path != ROOT, part.path.count("/"), part.ordinal))
    if not ordered or ordered[0].path != ROOT or not isinstance(ordered[0].body, dict):
        raise ValueError(f"A document needs a part {ROOT!r} that is an object.")
    layout = _layout()
    document: Document = _copied(ordered[0].body, layout)
    built: dict[str, Any] = {"": document}
    filled: set[int] = set()
    for part in ordered[1:]:
        holder, key, spot = _home(part.path, layout, built)
        body = _copied(part.body, spot)
        built[part.path] = body
        kept = holder.setdefault(key, [] if spot.kind == "list" else {})
        if not isinstance(kept, list if spot.kind == "list" else dict) or (kept and id(kept) not in filled):
            raise ValueError(f"{part.path} is stored twice: on its own and in the part around it.")
        if isinstance(kept, list):
            filled.add(id(kept))
            kept.append(body)
        else:
            holder[key] = body
    return document


@dataclass(slots=True)
class _Spot:
    """A key of the document on the way to a part, or a part itself; for a list, `below` is inside each element."""

    kind: Literal["plain", "section", "list"] = "plain"
    below: dict[str, "_Spot"] = field(default_factory=dict)


@cache
def _layout() -> _Spot:
    root = _Spot()

    def mark(path: str, kind: Literal["section", "list"]) -> None:
        spot = root
        for key in path.split("/"):
            spot = spot.below.setdefault(key, _Spot())
        spot.kind = kind

    for section in _SECTIONS:
        mark(section, "section")
    for path in model.LONG_LISTS:
        mark(path, "list")
    return root


def _taken(value: Any, spot: _Spot, at: str, parts: list[Part]) -> Any:
    """`value` without what becomes a part of its own, which is added to `parts`."""
    if not isinstance(value, dict) or not spot.below:
        return value
    kept: Document = {}
    for key, held in value.items():
        child = spot.below.get(key)
        if child is None:
            kept[key] = held
        elif child.kind == "list" and isinstance(held, list):
            kept[key] = []
            for index, element in enumerate(held):
                path = f"{at}{key}/{index}"
                parts.append(Part(path, index, _taken(element, child, f"{path}/", parts)))
        elif child.kind == "section" and isinstance(held, dict):
            kept[key] = {}
            parts.append(Part(f"{at}{key}", 0, _taken(held, child, f"{at}{key}/", parts)))
        elif child.kind == "plain":
            kept[key] = _taken(held, child, f"{at}{key}/", parts)
        else:
            kept[key] = held
    return kept


def _copied(body: Any, spot: _Spot) -> Any:
    """A body whose places for other parts can be filled without changing the original."""
    if not isinstance(body, dict) or not spot.below:
        return body
    copy = dict(body)
    for key, child in spot.below.items():
        held = copy.get(key)
        if child.kind == "list" and isinstance(held, list):
            copy[key] = list(held)
        elif child.kind == "plain" and isinstance(held, dict):
            copy[key] = _copied(held, child)
    return copy


def _home(path: str, layout: _Spot, built: dict[str, Any]) -> tuple[Document, str, _Spot]:
    """The object and key at which a part belongs, and what stands there."""
    pieces = path.split("/")
    spot: _Spot | None = layout
    holder = built[""]
    position = 0
    while position < len(pieces):
        key = pieces[position]
        spot = spot.below.get(key) if spot else None
        if spot is None:
            break
        position += 2 if spot.kind == "list" else 1
        if position == len(pieces) and spot.kind != "plain":
            return holder, key, spot
        holder = (
            holder.setdefault(key, {}) if spot.kind == "plain" else built.get("/".join(pieces[:position]))
        )
        if not isinstance(holder, dict):
            break
    raise ValueError(
        f"{path} has no place here: no document has such a part, or the one around it is missing."
    )
