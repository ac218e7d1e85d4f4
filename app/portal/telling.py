"""Values of a published document in words, with the labels of the model and nothing left out.

A date is told in the offset it was written with: the day that the publisher meant. Every value keeps its raw form, so
that the page can mark it up for programs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal

from app.core import json
from app.ocds import codelists, model
from app.ocds.model import Field, Kind
from app.ocds.shape import Document
from app.web import formats

DEEPEST = 12
"""Levels below a section that are told one by one; what lies deeper (only free JSON can) is told as JSON."""

LONGEST = 100
"""Elements of a list inside a row that are told; the rest is counted."""

_CALCULABLE = Decimal(10) ** 15
_WHOLE_DAY = (time(0, 0), time(23, 59), time(23, 59, 59))


@dataclass(frozen=True, slots=True)
class Told:
    """One value in words.

    Attributes:
        text: the words.
        kind: how it is marked up; `link` leads to `href`, `code` is an identifier.
        raw: the value as the data has it, for programs; empty where the words are the value.
        before: words that lead to it ("del ", "sin impuestos ").
        href: where a link leads.
        aside: less than what stands before it: in a table it goes below, in small.
    """

    text: str
    kind: Literal["text", "date", "data", "link", "code"] = "text"
    raw: str = ""
    before: str = ""
    href: str = ""
    aside: bool = False


Entry = tuple[Told, ...]
"""What stands together: an amount with its amount before taxes, a name with its identifier."""


@dataclass(frozen=True, slots=True)
class Line:
    """A label and what the document says there: one entry, or one for each element of a list."""

    label: str
    entries: tuple[Entry, ...]


def label(path: str) -> str:
    """Return the model's label of a path; `title_en` is that of `title` with its language, an unknown key itself."""
    known = model.FIELDS.get(path)
    if known is not None:
        return known.label
    key = path.rpartition("/")[2]
    base, _, language = path.rpartition("_")
    translated = model.FIELDS.get(base)
    return f"{translated.label} ({language})" if translated and translated.translatable else key


def ordered(holder: Document, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the members of an object: first in the model's order, then what the model does not know."""
    known = [field.name for field in model.children(path) if field.name in holder]
    for key in known:
        yield key, holder[key]
    for key, value in holder.items():
        if key not in known:
            yield key, value


def below(path: str, key: str) -> str:
    """Return the path of a member."""
    return f"{path}/{key}" if path else key


def told(value: Any, field: Field | None = None) -> Told:
    """Return a value that is neither object nor list, in words."""
    match value:
        case None:
            return Told(formats.ABSENT, "data", "null")
        case bool():
            return Told("Sí" if value else "No", "data", "true" if value else "false")
        case int() | float():
            if field is not None and field.kind is Kind.ID:
                return Told(str(value), "code")
            return Told(number(value), "data", str(value))
        case str():
            return _text(value, field)
    return Told(json.text(value), "code")


def _text(value: str, field: Field | None) -> Told:
    kind = field.kind if field else Kind.TEXT
    listed = field and (field.codelist or field.choices)
    if listed and kind is not Kind.ID:
        words = codelists.label(listed, value)
        return Told(words) if words == value else Told(words, "data", value)
    if kind is Kind.DATE:
        return day(value)
    if value.startswith(("https://", "http://")) and not value.split("://", 1)[1].isspace():
        return Told(value, "link", href=value)
    return Told(value, "code" if kind is Kind.ID else "text")


def day(value: Any) -> Told:
    """Return a date-time as `31 dic 2026`, with its hour where it states one; any other text as it is."""
    moment = moment_of(value)
    if moment is None:
        return Told(value if isinstance(value, str) else json.text(value))
    shown = formats.date_es(moment.date())
    if moment.time().replace(microsecond=0) not in _WHOLE_DAY:
        shown = f"{shown}, {moment:%H:%M}{' UTC' if moment.utcoffset() == timedelta(0) else ''}"
    return Told(shown, "date", value)


def moment_of(value: Any) -> datetime | None:
    """Return a date-time of a document, or None where it is none."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def date_of(value: Any) -> date | None:
    """Return the day of a date-time of a document, in its own offset."""
    moment = moment_of(value)
    return moment.date() if moment else None


def decimal_of(value: Any) -> Decimal | None:
    """Return an amount of a document that can be added and told; None where it is none, or beyond all money."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    exact = Decimal(str(value))
    return exact if abs(exact) < _CALCULABLE else None


def number(value: float) -> str:
    """Return `1,234.5`: every decimal that the data has, thousands separated."""
    exact = decimal_of(value)
    if exact is None:
        return str(value)
    decimals = max(0, -int(exact.normalize().as_tuple().exponent))
    return formats.number(exact, decimals) if decimals <= 12 else str(value)


def money(amount: Any, currency: Any) -> Told:
    """Return `$1,234.50 MXN`; an amount that is no number as it is."""
    exact = decimal_of(amount)
    if exact is None:
        return told(amount)
    return Told(
        formats.money(exact, currency if isinstance(currency, str) and currency else None),
        "data",
        str(amount),
    )


def compact(value: Document, path: str) -> tuple[Entry, Document]:
    """Tell an object of a well-known block in a few words.

    Returns:
        The words, none for a block that needs lines of its own; and what they do not tell.
    """
    field = model.FIELDS.get(path)
    block = field and (field.of or (field.inline.name if field.inline else None))
    rest = dict(value)
    if block == "Value":
        return _value(rest), rest
    if block == "Period":
        return _period(rest), rest
    words = tuple(
        replace(said, before=before, aside=key == "id" and block == "OrganizationReference")
        for key, before in _WORDS.get(block or "", ())
        if _is_plain(rest.get(key))
        for said in (told(rest.pop(key), model.FIELDS.get(below(path, key))),)
    )
    if block == "Address":
        parts = [str(rest.pop(key)) for key in _ADDRESS if isinstance(rest.get(key), str)]
        return ((Told(", ".join(parts)),) if parts else ()), rest
    if block == "Measure" and isinstance(rest.get("value"), dict):
        held = dict(rest.pop("value"))
        words += _value(held)
        rest |= {"value": held} if held else {}
    return words, rest


_ADDRESS = ("streetAddress", "locality", "postalCode", "region", "countryName", "description")

_WORDS: dict[str, tuple[tuple[str, str], ...]] = {
    "OrganizationReference": (("name", ""), ("id", "")),
    "Identifier": (("scheme", ""), ("id", ""), ("legalName", "")),
    "SimpleIdentifier": (("scheme", ""), ("id", "")),
    "Classification": (("description", ""), ("scheme", ""), ("id", "")),
    "Unit": (("name", ""), ("scheme", ""), ("id", "")),
    "ContactPoint": (("name", ""), ("email", ""), ("telephone", "teléfono ")),
    "ExchangeRate": (("rate", ""), ("currency", "a "), ("date", "el "), ("source", "según ")),
    "Component": (("name", ""), ("level", "nivel "), ("code", ""), ("description", "")),
    "BudgetLine": (("id", ""),),
    "Measure": (("id", ""), ("update", "")),
}
"""Block -> what tells it in one line: keys, and the words before their values."""


def _value(rest: Document) -> Entry:
    currency = rest.get("currency")
    words: list[Told] = []
    for key, before in (("amount", ""), ("netAmount", "sin impuestos ")):
        if _is_plain(rest.get(key)):
            words.append(replace(money(rest.pop(key), currency), before=before, aside=bool(words)))
    if any(said.kind == "data" and said.text.endswith(str(currency)) for said in words):
        del rest["currency"]
    return tuple(words)


def _period(rest: Document) -> Entry:
    both = "startDate" in rest and "endDate" in rest
    words: list[Told] = []
    for key, before in (
        ("startDate", "del " if both else "desde el "),
        ("endDate", "al " if both else "hasta el "),
        ("maxExtentDate", "a más tardar el "),
    ):
        if isinstance(rest.get(key), str):
            words.append(replace(day(rest.pop(key)), before=before))
    if isinstance(rest.get("durationInDays"), int):
        days = rest.pop("durationInDays")
        words.append(
            Told(f"{number(days)} {'día' if days == 1 else 'días'}", "data", str(days), aside=bool(words))
        )
    return tuple(words)


def lines(name: str, value: Any, path: str, depth: int = 0) -> Iterator[Line]:
    """Tell a value and everything inside it as labelled lines.

    Args:
        name: label of the value.
        value: any JSON.
        path: where it stands in the model (`tender/items/unit`).
        depth: how far below the section.
    """
    if depth > DEEPEST:
        yield Line(name, ((Told(json.text(value), "code"),),))
    elif isinstance(value, dict):
        words, rest = compact(value, path)
        if words:
            yield Line(name, (words,))
        yield from _inside(name, rest, path, depth)
    elif isinstance(value, list):
        yield from _list(name, value, path, depth)
    else:
        yield Line(name, ((told(value, model.FIELDS.get(path)),),))


def _inside(name: str, holder: Document, path: str, depth: int) -> Iterator[Line]:
    for key, value in ordered(holder, path):
        inner = below(path, key)
        yield from lines(f"{name} · {label(inner)}", value, inner, depth + 1)


def _list(name: str, values: list[Any], path: str, depth: int) -> Iterator[Line]:
    field = model.FIELDS.get(path)
    entries: list[Entry] = []
    rests: list[tuple[int, Document]] = []
    for position, value in enumerate(values[:LONGEST], 1):
        if isinstance(value, dict):
            words, rest = compact(value, path)
            if words:
                entries.append(words)
            if rest:
                rests.append((position, rest))
        else:
            entries.append((told(value, field),))
    if len(values) > LONGEST:
        entries.append((Told(f"y {number(len(values) - LONGEST)} más, en los datos"),))
    if entries:
        yield Line(name, tuple(entries))
    for position, rest in rests:
        yield from _inside(f"{name} {position}" if len(values) > 1 else name, rest, path, depth)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)
