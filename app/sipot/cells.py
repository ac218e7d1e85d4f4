"""What one cell says, by the kind of its column: people leave it in many ways, and each is understood or told in words."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial
from typing import NamedTuple

from app.ocds.entry import addresses, dates, numbers
from app.ocds.entry.errors import EntryError
from app.sipot.formats import DAYS, Column, Kind
from app.sipot.rows import Cell, Value

_UNKNOWN = frozenset(
    ("", "na", "n/a", "n.a.", "n.a", "nd", "n/d", "n.d.", "n.d", "no aplica", "no disponible", "sin dato", "sin datos",
     "s/d", "no especificado", "null", "none", "-", "--", "---", ".", "0", "0.0", "0.00", "$0.00", "$ 0.00", "$0")
)  # fmt: skip
_LONGEST_UNKNOWN = max(map(len, _UNKNOWN))
_ERRORS = frozenset(
    ("#REF!", "#N/A", "#VALUE!", "#¡VALOR!", "#¡REF!", "#NAME?", "#¿NOMBRE?", "#DIV/0!", "#NUM!", "#NULL!")
)
_PARTED = re.compile(r"[\s,;|]+(?=(?:https?://|www\.))", re.IGNORECASE)
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 80_000
_ZONE = "UTC"


class Understood(NamedTuple):
    """A cell that was read."""

    value: Value | None
    """None: unknown, or not understood."""
    remark: str = ""
    """Spanish: how it was changed, or why it was left out; empty when it was taken as it stands."""


NOTHING = Understood(None)


def understand(cell: Cell, column: Column) -> Understood:
    """Read one cell by the kind of its column. `N/A`, `ND`, `0` and the like are an unknown value."""
    if cell is None or cell == "":
        return NOTHING
    if isinstance(cell, str):
        cell = tidy(cell, lines=column.kind in (Kind.LONG, Kind.NOTE))
        if len(cell) <= _LONGEST_UNKNOWN and cell.casefold() in _UNKNOWN:
            return NOTHING
        if cell.startswith("#") and cell in _ERRORS:
            return Understood(None, f"la fórmula dio un error ({cell}); escribe el valor")
    try:
        return _reader(column)(cell)
    except EntryError as error:
        return Understood(None, f"dice «{_shown(cell)}» y no se tomó. {error}")


def tidy(text: str, *, lines: bool = False) -> str:
    """Return a text with single blanks and without what nobody sees; with `lines`, its lines stay apart."""
    if text.isprintable() and "  " not in text and unicodedata.is_normalized("NFC", text):
        return text.strip()
    pieces = text.splitlines() if lines else [text]
    cleaned = (
        "".join(
            char for char in " ".join(unicodedata.normalize("NFC", piece).split()) if char.isprintable()
        ).strip()
        for piece in pieces
    )
    return "\n".join(piece for piece in cleaned if piece)


@lru_cache(maxsize=1024)
def _reader(column: Column) -> Callable[[Cell], Understood]:
    """Return what reads the cells of a column."""
    kind = column.kind
    if kind in DAYS:
        return _day
    if kind in (Kind.MONEY, Kind.NUMBER):
        return _amount
    if kind is Kind.YEAR or column.key == "year":
        return _year
    if kind in (Kind.URL, Kind.FILE):
        return _addresses
    if kind is Kind.CATALOGUE and column.catalogue:
        return partial(_entry, column)
    return _text


def _text(cell: Cell) -> Understood:
    return NOTHING if isinstance(cell, int | float) and not cell else Understood(written(cell))


def _entry(column: Column, cell: Cell) -> Understood:
    """Return the entry of a catalogue; a label that is not in it stays as it was written."""
    text = written(cell)
    entry = column.choice(text)
    return Understood(entry.label if entry else text)


def written(cell: Cell) -> str:
    """Return a cell as a text: a code that Excel made a number has no decimals, a day is written day first."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "Si" if cell else "No"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return f"{cell:%d/%m/%Y}"
    return "" if cell is None else str(cell)


def _day(cell: Cell) -> Understood:
    if isinstance(cell, datetime):
        return Understood(cell.date())
    if isinstance(cell, date):
        return Understood(cell)
    if isinstance(cell, time | bool):
        raise EntryError(dates.EXAMPLE)
    if isinstance(cell, int | float) or (isinstance(cell, str) and cell.isdigit()):
        serial = float(cell)
        if not serial:
            return NOTHING
        if not _FIRST_SERIAL <= serial <= _LAST_SERIAL:
            raise EntryError(dates.EXAMPLE)
        return Understood(date(1899, 12, 30) + timedelta(days=int(serial)))
    moment = dates.read(str(cell), name="startDate", zone=_ZONE)
    return Understood(date.fromisoformat(moment[:10]))


def _amount(cell: Cell) -> Understood:
    if cell.__class__ is int and cell > 0:
        return Understood(cell)
    if isinstance(cell, bool | date | time):
        raise EntryError(numbers.EXAMPLE)
    number = cell if isinstance(cell, int | float) else numbers.read(str(cell))
    if not number:
        return NOTHING
    if number < 0:
        return Understood(None, f"el monto es negativo ({_shown(cell)}) y no se tomó; revisa el signo")
    rounded = round(number, 6)
    return Understood(int(rounded) if rounded == int(rounded) else rounded)


def _year(cell: Cell) -> Understood:
    if isinstance(cell, date):
        return Understood(cell.year)
    text = written(cell)
    if not re.fullmatch(r"(?:19|20)\d\d", text):
        raise EntryError("El ejercicio va con cuatro cifras, como 2026.")
    return Understood(int(text))


def _addresses(cell: Cell) -> Understood:
    """Return every address that a cell holds; several are parted by commas, blanks or lines."""
    good, bad = [], []
    for piece in _PARTED.split(written(cell)):
        address = piece.strip(" ,;")
        try:
            good.append(addresses.read_uri(address))
        except EntryError as error:
            bad.append(f"«{_shown(address)}» no es una dirección. {error}")
    return Understood(tuple(dict.fromkeys(good)) or None, " ".join(bad))


def _shown(cell: Cell) -> str:
    text = written(cell)
    return text if len(text) <= 60 else f"{text[:59]}…"
