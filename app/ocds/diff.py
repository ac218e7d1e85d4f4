"""What changed between the published state of a process and its working document.

Two readers: a reviewer, who wants the changes (`changes`), and merging, which only learns of a removal through an
explicit null (`release_body`). Both match the elements of a list by `id` wherever merging does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.ocds import merge, shape
from app.ocds.shape import Document, Node

ENVELOPE = frozenset({"ocid", "id", "date", "tag"})
"""Keys of a release that speak of the release itself, not of the contracting process."""

_Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One value that appeared, changed or went away. What appeared or went whole is one change, not one per leaf."""

    pointer: str
    """JSON Pointer into the current document; of what went away, into the previous one."""
    before: Any
    """None: it was not there."""
    after: Any
    """None: it is no longer there."""


def changes(previous: Document | None, current: Document) -> list[Change]:
    """Every difference in content, in the order of the current document; removals last within their object.

    Null and absent are the same. What merging cannot remove (`release_body`) and is therefore still in the compiled
    release is not told again as a change. The order of a list merged by id is no difference.
    """
    before = {key: value for key, value in (previous or {}).items() if key not in ENVELOPE}
    after = {key: value for key, value in current.items() if key not in ENVELOPE}
    return list(_object_changes(before, after, shape.release(), (), ""))


def release_body(previous: Document | None, current: Document) -> Document:
    """The document to publish: all of `current`, and a null for each value of `previous` that it no longer has.

    `previous` is the compiled release. Merging the result gives `current`, except for what OCDS cannot say:
    an element of a list merged by id, and an object, never vanish; they stay with what may not be null (`id` and
    other required keys, or nothing), and an element without id stays whole. A list merged whole that may not be
    null becomes empty. A field the profile does not know that turns from object or list into something else keeps
    its old value.
    """
    return _with_nulls(previous, current, shape.release(), ()) if previous else current


def has_content(value: Any) -> bool:
    """Whether anything is in it but nulls and empty objects, lists and texts."""
    match value:
        case dict():
            return any(has_content(held) for held in value.values())
        case list():
            return any(has_content(item) for item in value)
        case _:
            return value not in (None, "")


def _object_changes(
    before: Document, after: Document, node: Node | None, path: _Path, at: str
) -> Iterator[Change]:
    for key in (*after, *(key for key in before if key not in after)):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        child = node.properties.get(key) if node else None
        here, place = (*path, key), f"{at}/{shape.escape(key)}"
        if new is None:
            if _erased(old, child, here) is not _NOTHING:
                yield Change(place, old, None)
        elif old is None:
            if has_content(new):
                yield Change(place, None, new)
        elif isinstance(old, dict) and isinstance(new, dict):
            yield from _object_changes(old, new, child, here, place)
        elif _by_id(old, here) and _by_id(new, here):
            yield from _list_changes(old, new, child, here, place)
        else:
            yield Change(place, old, new)


def _list_changes(
    before: list[Document], after: list[Document], node: Node | None, path: _Path, at: str
) -> Iterator[Change]:
    item = node.items if node else None
    pairs, gone = _matched(before, after)
    for new_index, (old_element, new_element) in enumerate(pairs):
        if old_element is None:
            yield Change(f"{at}/{new_index}", None, new_element)
        elif old_element != new_element:
            yield from _object_changes(old_element, new_element, item, path, f"{at}/{new_index}")
    for old_index in gone:
        if _erased_element(before[old_index], item, path) is not _NOTHING:
            yield Change(f"{at}/{old_index}", before[old_index], None)


def _with_nulls(before: Document, after: Document, node: Node | None, path: _Path) -> Document:
    body = dict(after)
    for key, old in before.items():
        here = (*path, key)
        if not path and key in ENVELOPE:
            continue
        child = node.properties.get(key) if node else None
        new = after.get(key)
        if new == old:
            continue
        if new is None:
            erased = _erased(old, child, here)
            if erased is not _NOTHING:
                body[key] = erased
        elif isinstance(old, dict) and isinstance(new, dict):
            body[key] = _with_nulls(old, new, child, here)
        elif _by_id(old, here) and _by_id(new, here):
            body[key] = _list_with_nulls(old, new, child, here)
    return body


def _list_with_nulls(
    before: list[Document], after: list[Document], node: Node | None, path: _Path
) -> list[Document]:
    item = node.items if node else None
    pairs, gone = _matched(before, after)
    kept = [new if old in (None, new) else _with_nulls(old, new, item, path) for old, new in pairs]
    erased = (_erased_element(before[index], item, path) for index in gone)
    return kept + [element for element in erased if element is not _NOTHING]


_NOTHING = object()
"""Answer of `_erased` when nulls can say nothing about a value."""


def _erased(old: Any, node: Node | None, path: _Path) -> Any:
    """What merging must read so that as much as possible of `old` goes away."""
    if isinstance(old, dict):
        return _erased_object(old, node, path, frozenset())
    if old is None or old == []:
        return _NOTHING
    if _by_id(old, path):
        elements = [_erased_element(element, node.items if node else None, path) for element in old]
        return [element for element in elements if element is not _NOTHING] or _NOTHING
    if node is None or node.nullable:
        return None
    return [] if isinstance(old, list) else _NOTHING


def _erased_element(element: Document, node: Node | None, path: _Path) -> Any:
    # An element without id is matched by nothing: repeating it would only add another.
    return (
        _NOTHING
        if merge.identity(element) is None
        else _erased_object(element, node, path, frozenset({"id"}))
    )


def _erased_object(old: Document, node: Node | None, path: _Path, keys: frozenset[str]) -> Any:
    """`keys` stay as they are, and so does whatever the schema demands and forbids to be null."""
    said: Document = {}
    speaks = False
    for key, value in old.items():
        child = node.properties.get(key) if node else None
        erased = _NOTHING if key in keys else _erased(value, child, (*path, key))
        if erased is not _NOTHING:
            said[key] = erased
            speaks = True
        elif key in keys or (node and key in node.required):
            said[key] = value
    return said if speaks else _NOTHING


def _by_id(value: Any, path: _Path) -> bool:
    """Whether merging matches the elements of this list by id."""
    return (
        isinstance(value, list)
        and path not in merge.rules()
        and all(isinstance(item, dict) for item in value)
    )


def _matched(
    before: list[Document], after: list[Document]
) -> tuple[list[tuple[Document | None, Document]], list[int]]:
    """Each element of `after` beside the one of `before` with its id, and the positions in `before` left over.

    Ids are compared as text, as merging does. Elements without id pair up when they are equal.
    """
    waiting: dict[Any, list[int]] = {}
    for index, element in enumerate(before):
        waiting.setdefault(_key(element), []).append(index)
    pairs: list[tuple[Document | None, Document]] = []
    for element in after:
        indexes = waiting.get(_key(element))
        pairs.append((before[indexes.pop(0)] if indexes else None, element))
    return pairs, sorted(index for indexes in waiting.values() for index in indexes)


def _key(element: Document) -> tuple[str, str]:
    identifier = merge.identity(element)
    return ("without", repr(element)) if identifier is None else ("id", identifier)
