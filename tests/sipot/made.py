"""Rows made up for the tests: whatever a format's columns can hold, as one consistent contract."""

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from app.sipot.formats import Column, Format, Kind
from app.sipot.rows import Row

ZONE = "America/Mexico_City"
_TEXT = st.from_regex(r"[A-ZÁÉÑa-záéíñ][a-záéíóúñ]{2,9}( [A-Z0-9][a-z0-9]{2,6}){0,3}", fullmatch=True)
_DAY = st.dates(dt.date(2015, 1, 1), dt.date(2030, 12, 31))
_MONEY = st.integers(1, 10**11).map(lambda cents: cents // 100 if cents % 100 == 0 else cents / 100)
_URL = st.from_regex(r"https://[a-z]{3,8}\.gob\.mx/[a-z0-9]{1,8}\.pdf", fullmatch=True)
_URLS = st.lists(_URL, min_size=1, max_size=3, unique=True).map(tuple)
_RATE = st.integers(100, 9_999_999).map(
    lambda ten_thousandths: f"{ten_thousandths / 10_000:.4f}".rstrip("0").rstrip(".")
)
_UNMAPPED = ("supplier.sex", "owners", "sex")


def cell(column: Column) -> st.SearchStrategy[Any]:
    """A value of a column's kind."""
    if column.catalogue:
        return st.sampled_from(
            [entry.label for entry in column.catalogue if not entry.label.startswith("Otr")]
        )
    if column.kind in (Kind.DATE, Kind.UPDATED):
        return _DAY
    return {Kind.MONEY: _MONEY, Kind.URL: _URLS, Kind.YEAR: st.integers(2015, 2030)}.get(column.kind, _TEXT)


@st.composite
def rows(draw: st.DrawFn, format_: Format) -> Row:
    """One row with any of the format's columns, as a row of one contract can be."""
    values: dict[str, Any] = {}
    tables: dict[str, Any] = {}
    for column in format_.columns:
        if column.key in _UNMAPPED:
            continue
        if column.table:
            if draw(st.booleans()):
                tables[column.key] = draw(_sub_rows(column))
        elif draw(st.integers(0, 3)):
            values[column.key] = draw(cell(column))
    values |= {"year": draw(st.integers(2015, 2030)), "contract.number": draw(_TEXT), "file": draw(_TEXT)}
    _make_consistent(draw, format_, values, tables)
    return Row("", 0, "", {key: value for key, value in values.items() if format_.column(key)}, tables)


@st.composite
def _sub_rows(draw: st.DrawFn, column: Column) -> list[dict[str, Any]]:
    assert column.table
    unique = {"amendments": "number", "spending": "code"}.get(column.key, "rfc")
    made = []
    for _ in range(1 if column.key == "works" else draw(st.integers(1, 3))):
        row = {inner.key: draw(cell(inner)) for inner in column.table.columns if inner.key not in _UNMAPPED}
        if unique == "rfc" and "legal" in row:
            row = {key: value for key, value in row.items() if key not in ("given", "first", "second")}
        made.append(row)
    return (
        made if unique == "rfc" else [*{row[unique]: row for row in made if unique in row}.values()] or made
    )


def _make_consistent(
    draw: st.DrawFn, format_: Format, values: dict[str, Any], tables: dict[str, Any]
) -> None:
    """Leave out what one contract cannot say together, and say what would otherwise be deduced."""
    for key in ("supplier.given", "supplier.first", "supplier.second"):
        values.pop(key, None)
    values |= {
        "supplier.legal": draw(_TEXT),
        "supplier.rfc": _rfc(0),
        "currency": draw(st.sampled_from(("MXN", "USD", "EUR"))),
    }
    values.pop("rate", None)
    if values["currency"] != "MXN":
        values["rate"] = draw(_RATE)
    abroad = [key for key in values if key.startswith("abroad.")]
    if any(key.startswith("address.") for key in values):
        for key in abroad:
            del values[key]
    elif abroad:
        values.setdefault("abroad.country", "Francia")
    for key in ("validity.start", "validity.end"):
        values.setdefault(key, dt.date(2020, 1, 1))
    for key, otherwise in (("motives", "reasons"), ("description", "object")):
        if otherwise in values:
            values.setdefault(key, "Por escrito")
    if any(key.startswith("works.") for key in values) or "works" in tables:
        values["category"] = "Obra pública"
    answers = {"amended": "amendments" in tables, "unsuccessful": draw(st.booleans())}
    for key, answer in answers.items():
        if column := format_.column(key):
            values[key] = column.catalogue[0 if answer else 1].label
    people = (row for table in tables.values() for row in table if "rfc" in row)
    for number, row in enumerate(people, start=1):
        row["rfc"] = _rfc(number)


def _rfc(number: int) -> str:
    """The number of a company of its own: two parties with one RFC would be one party."""
    letters = "BCDFGHJKLM"
    return "".join(letters[int(digit)] for digit in f"{number:03}") + "010203AB1"
