"""A release as rows of tables: one table for what it has once, one for each list of objects, headers as JSON pointers.

A row names what it belongs to: the release by `ocid` and `id`, and every element around it by its own id, so that
programs that know the standard put the release together again. A list of texts is one cell, joined by `;`.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from app.ocds.model import FIELDS
from app.ocds.shape import Document

MAIN = "releases"
"""The table of what a release has once."""

Row = dict[str, Any]
"""Header → value: a text, a number, a boolean."""


def rows(release: Document) -> Iterator[tuple[str, Row]]:
    """Yield the rows of a release, each with the name of its table; the main one first."""
    around = {"ocid": release.get("ocid"), "id": release.get("id")}
    main: Row = dict(around)
    lists: list[_List] = []
    _object(release, _Place("", "", {}), main, lists)
    yield MAIN, main
    while lists:
        one = lists.pop(0)
        pointer = f"{one.place.pointer}/0/"
        for element in one.elements:
            row: Row = {**around, **one.place.ids}
            ids = {**one.place.ids, **({f"{pointer}id": element["id"]} if "id" in element else {})}
            _object(element, _Place(pointer, f"{one.place.table}_", ids), row, lists)
            yield one.place.table, row


class _Place(NamedTuple):
    """Where in a release: as a pointer, as the name of a table, and in which elements."""

    pointer: str
    table: str
    ids: Row


class _List(NamedTuple):
    place: _Place
    elements: list[Document]


def _object(told: Document, place: _Place, row: Row, lists: list[_List]) -> None:
    """Write the values of an object into a row, and set its lists of objects aside."""
    for name, value in told.items():
        pointer, table = f"{place.pointer}{name}", f"{place.table}{name}"
        if isinstance(value, dict):
            _object(value, _Place(f"{pointer}/", f"{table}_", place.ids), row, lists)
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            lists.append(_List(_Place(pointer, table, place.ids), value))
        elif isinstance(value, list) and any(not isinstance(one, str) for one in value):
            row[pointer] = orjson.dumps(value).decode()
        elif isinstance(value, list):
            row[pointer] = ";".join(value)
        elif value is not None:
            row[pointer] = value


_ORDER = {path: field.order for path, field in FIELDS.items()}
_KEYS = ("ocid", "id")


def plain(header: str) -> str:
    """Return a header as a path of the model: `awards/0/items/0/id` is `awards/items/id`."""
    return "/".join(step for step in header.split("/") if step != "0")


def ordered(headers: set[str]) -> list[str]:
    """Return headers in the order of the model, whatever it does not know behind, by name."""
    rest = headers.difference(_KEYS)
    return [*_KEYS, *sorted(rest, key=lambda header: (_ORDER.get(plain(header), len(_ORDER)), header))]


def ordered_tables(names: set[str]) -> list[str]:
    """Return names of tables, the main one first."""
    return sorted(names, key=lambda name: (name != MAIN, name))
