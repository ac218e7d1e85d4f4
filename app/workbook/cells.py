"""Values of a document as cells, and cells as values; and when a cell still says what was written into it."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from app.ocds import entry
from app.ocds.codelists import codelist
from app.ocds.entry import EntryError
from app.ocds.model import FIELDS, Codelist, Field, Kind
from app.sipot.rows import Cell
from app.workbook.layout import Column

LONGEST = 32_767
"""Characters that a cell holds."""
CUT = " […]"
"""How a text ends that a cell does not hold whole."""
YES_NO = ("Sí", "No")

_ESCAPED = re.compile(r"_x(?![dD][89a-fA-F])([0-9A-Fa-f]{4})_")
"""A sign spelled out; half a pair of UTF-16 is none."""
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
_ERRORS = frozenset(
    ("#REF!", "#N/A", "#N/D", "#VALUE!", "#¡VALOR!", "#¡REF!", "#NAME?", "#¿NOMBRE?", "#DIV/0!", "#¡DIV/0!", "#NUM!",
     "#¡NUM!", "#NULL!", "#¡NULO!")
)  # fmt: skip
_SHORT = 80
"""Characters of a value that a sentence quotes."""
_DIGITS = 15
"""Significant digits of a number that every spreadsheet keeps."""
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 80_000
"""Days that a number in a column of dates can be, counted as spreadsheets do."""
_FIRST_DAY = date(1900, 3, 1)
"""Before it, spreadsheets disagree which day a number is."""


def list_of(field: Field) -> Codelist | None:
    """Return the list whose entries a field's cells show by their labels."""
    name = field.codelist or field.choices
    return codelist(name) if name else None


def shown(column: Column, value: Any, *, zone: str) -> Cell:
    """Return a value as a person reads it in a cell; None where there is nothing.

    Args:
        column: of the sheet.
        value: JSON; of a reference, the object or the list of them.
        zone: IANA name, in which moments are told.
    """
    if value is None:
        return None
    if column.refers:
        return _fit("\n".join(_names(value)))
    field = column.field
    match field.kind, value:
        case (Kind.NUMBER | Kind.INTEGER, int() | float()) if not isinstance(value, bool):
            return _number(value)
        case (Kind.BOOLEAN, bool()):
            return YES_NO[not value]
        case (Kind.DATE, str()):
            return _moment(entry.written(field, value, zone=zone))
        case (Kind.CODES | Kind.TEXTS, list()) if all(isinstance(one, str) for one in value):
            return _fit("\n".join(_label(field, one) for one in value))
        case (_, str()):
            return _fit(_label(field, value))
    return _fit(entry.written(field, value, zone=zone))


def told(cell: Cell) -> str:
    """Return a cell as text that is the same whichever program kept it; "" for an empty one."""
    match cell:
        case None:
            return ""
        case bool():
            return YES_NO[not cell]
        case datetime():
            return f"{cell.replace(microsecond=0):%d/%m/%Y %H:%M:%S}".removesuffix(" 00:00:00")
        case date():
            return f"{cell:%d/%m/%Y}"
        case int() | float():
            # Without exponents, and no zero is less than another.
            return f"{Decimal(f'{cell + 0:.{_DIGITS}g}'):f}" if abs(cell) < 10**_DIGITS else str(int(cell))
    return _seen(str(cell))


def came(cell: Cell) -> str:
    """Return the text of a cell as a workbook has it, where some signs are spelled out (`_x000D_`)."""
    if isinstance(cell, str) and "_x" in cell:
        cell = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), cell)
    return told(cell)


def mark_of(process: str, where: Iterable[str], texts: Mapping[str, str]) -> str:
    """Return what tells whether a row still says what the workbook was written with.

    Args:
        process: what its first column says.
        where: the texts of the columns that say which object it is.
        texts: path of a column -> text, as `told` gives it, in the order of the columns; without empty ones.
    """
    said = "\x1f".join((process, *where, *(f"{path}\x1e{text}" for path, text in texts.items())))
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def value_of(column: Column, text: str, before: Any, *, zone: str) -> Any:
    """Return the JSON value that a person means by a cell that was edited; None when it is empty.

    Args:
        column: of the sheet; of references, the answer is the list of what is written, one a line.
        text: as `came` gives it.
        before: the value that the cell showed: what is in it may stay, whether a list knows it or not.
        zone: as in `shown`.

    Raises:
        EntryError: it means nothing there.
    """
    if not text:
        return None
    if text in _ERRORS:
        raise EntryError(f"La fórmula dio un error ({text}). Escribe el valor.")
    if text.endswith(CUT):
        raise EntryError(
            "El texto es más largo de lo que cabe en una celda. Corrígelo en la pantalla de captura."
        )
    if column.refers:
        return list(dict.fromkeys(line.strip() for line in text.split("\n") if line.strip()))
    field = column.field
    if field.kind is Kind.DATE and text.isdecimal() and _FIRST_SERIAL <= int(text) <= _LAST_SERIAL:
        text = f"{date(1899, 12, 30) + timedelta(days=int(text)):%d/%m/%Y}"
    value = entry.read(field, text, zone=zone)
    if field.codelist:
        _require_known(field, value, before)
    return value


def _require_known(field: Field, value: Any, before: Any) -> None:
    """Refuse a code that its list does not have, also where the standard leaves the list open: it is a slip."""
    listed = codelist(field.codelist or "")
    held = before if isinstance(before, list) else [before]
    for code in value if isinstance(value, list) else [value]:
        if code not in listed.codes and code not in held:
            known = ", ".join(one.label for one in list(listed.codes.values())[:3])
            raise EntryError(
                f"«{code[:60]}» no está en la lista «{listed.label}». Elige una de sus opciones, por ejemplo: {known}."
            )


def _seen(text: str) -> str:
    """Return a text with one kind of line end, and without what nobody sees around and in it."""
    if text.isprintable():
        return text.strip()
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _label(field: Field, code: str) -> str:
    """Return the label of a code where it leads back to it, otherwise the code itself."""
    listed = list_of(field)
    if listed is None or code not in listed.codes:
        return code
    label = listed.codes[code].label
    return label if _leads_back(field.path, label, code) else code


@cache
def _leads_back(path: str, label: str, code: str) -> bool:
    """Tell whether a form of ours takes a label for its code: two codes of a list may share one."""
    return entry.read(FIELDS[path], label, zone="UTC") in (code, [code])


def _names(value: Any) -> list[str]:
    """Return the ids of the parties that a value refers to."""
    references = value if isinstance(value, list) else [value]
    return [str(one.get("id", "")) if isinstance(one, dict) else str(one) for one in references]


def _number(value: int | float) -> Cell:
    """Return a number, as text where a spreadsheet would lose digits of it."""
    exact = f"{value:.{_DIGITS}g}"
    return value if abs(value) < 10**_DIGITS and float(exact) == value else repr(value)


def _moment(written: str) -> Cell:
    """Return the day or the moment that a form would show, as a date of the spreadsheet where it knows it."""
    for form in ("%d/%m/%Y", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S"):
        try:
            moment = datetime.strptime(written, form)  # noqa: DTZ007  # a spreadsheet's dates have no zone
        except ValueError:
            continue
        if moment.date() >= _FIRST_DAY:
            return moment.date() if len(form) == len("%d/%m/%Y") else moment
    return _fit(written)


def _fit(text: str) -> str | None:
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - len(CUT)]}{CUT}"
    return text or None


def quoted(text: str) -> str:
    """Return a text as a sentence quotes it: on one line, and not too long."""
    plain = " ".join(text.split())
    return plain if len(plain) <= _SHORT else f"{plain[: _SHORT - 1]}…"
