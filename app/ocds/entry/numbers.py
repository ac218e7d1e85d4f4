"""Amounts as people write them, and the numbers that a document holds."""

import re
from decimal import Decimal

from app.ocds.entry.errors import EntryError

EXAMPLE = "Va como 1,234.50, sin letras."
_MONEY = frozenset({"amount", "netAmount", "valueGross"})
"""Fields shown with cents."""
_DIGITS = 15
"""Significant digits that a JSON number keeps in every program that reads it."""

_PLAIN = {wide: wide - 0xFF01 + 0x21 for wide in range(0xFF01, 0xFF5F)} | {ord("\N{MINUS SIGN}"): "-"}
"""Full-width forms as ASCII. Not all that Unicode calls compatible: 5² is no 52."""
_OWN = re.compile(r"^(?:mxn|mx\$|\$)\s*|\s*(?:mxn|m\.?\s?n\.?|pesos)$", re.IGNORECASE)
_FOREIGN = re.compile(r"[€£¥]|\b(?:usd|eur|dls|dolares|dólares|euros)\b|\bus\$", re.IGNORECASE)
_GROUPED = (
    # Thousands separator, decimal separator: the last kind of sign is the decimal one.
    (re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d*)?"), ",", "."),
    (re.compile(r"\d{1,3}(?: \d{3})+(?:\.\d*)?"), " ", "."),
    (re.compile(r"\d{1,3}(?:\.\d{3})+,\d+"), ".", ","),
    (re.compile(r"\d{1,3}(?:\.\d{3}){2,}"), ".", ","),
    (re.compile(r"\d{1,3}(?: \d{3})+,\d{1,2}"), " ", ","),
    (re.compile(r"\d*\.?\d+|\d+\."), ",", "."),
    (re.compile(r"\d+,\d{2}"), ".", ","),
)


def written(number: int | float, *, name: str) -> str:
    """Return what the box of a number shows: thousands with commas, money with its cents."""
    exact = Decimal(repr(number))
    text = f"{exact:,f}"
    whole, _, cents = text.partition(".")
    if name in _MONEY:
        return f"{whole}.{cents:0<2}"
    return f"{whole}.{cents}" if cents.strip("0") else whole


def read(text: str) -> int | float:
    """Return the number that a text says; whole ones as `int`.

    A point is decimal and a comma parts thousands, as in Mexico; the other way round is understood where it can mean
    nothing else (`1.234,50`, `1234,50`).

    Raises:
        EntryError: it says none, or one with more digits than JSON programs keep.
    """
    plain = " ".join(text.translate(_PLAIN).split())
    if _FOREIGN.search(plain):
        raise EntryError(f"La moneda se elige en su propio campo. {EXAMPLE}")
    plain = _OWN.sub("", _OWN.sub("", plain)).strip()
    sign = "-" if plain.startswith("-") else ""
    digits = _OWN.sub("", plain.removeprefix("-").strip())
    # Millions are often marked so: 1'234,567.00
    digits = re.sub(r"(?<=\d)['\u2019\u00b4](?=\d{3}(?!\d))", ",", digits)
    for form, thousands, decimal in _GROUPED:
        if digits.isascii() and form.fullmatch(digits):
            return _number(Decimal(sign + digits.replace(thousands, "").replace(decimal, ".")))
    raise EntryError(f"No se entiende la cantidad. {EXAMPLE}")


def read_whole(text: str) -> int:
    """Return the whole number that a text says.

    Raises:
        EntryError: it says none.
    """
    try:
        number = read(text)
    except EntryError as error:
        raise EntryError(str(error).replace(EXAMPLE, "Va un número entero, como 12.")) from None
    if isinstance(number, float):
        raise EntryError("Va un número entero, como 12, sin decimales.")
    return number


def _number(exact: Decimal) -> int | float:
    if len(exact.normalize().as_tuple().digits) > _DIGITS or exact.adjusted() >= _DIGITS:
        raise EntryError(f"Tiene demasiadas cifras: caben {_DIGITS} en total. Revisa que no sobre ninguna.")
    return int(exact) if exact == exact.to_integral_value() else float(exact)
