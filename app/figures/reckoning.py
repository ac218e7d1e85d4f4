"""Money, days and years as the figures reckon with them: whole centavos, calendar days, and no value that is not stated."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from app.ocds.checks.view import elements, inside, moment, number, text
from app.ocds.shape import Document

PESOS = "MXN"
YEARS = range(1990, 2101)
"""A date out of these is a slip of the pen, and is taken for none."""
MOST = 10**12
"""Pesos: a contract beyond them is a slip of the pen, which would drown all others."""
LONGEST = 30
"""Years beyond which the term of a contract is taken for a slip too: it is not spread over them."""


def cents(value: Document) -> int | None:
    """Return an amount in whole centavos of the currency that it states; None without one that can be counted."""
    amount = number(value, "amount")
    if amount is None or not 0 <= amount <= MOST:
        return None
    return int((Decimal(str(amount)) * 100).to_integral_value(ROUND_HALF_EVEN))


def pesos(value: Document) -> int | None:
    """Return an amount in centavos of peso: as stated, or by the rate that stands beside it; else None.

    No rate is looked for elsewhere: a sum must be able to be made again from what was published.
    """
    held = cents(value)
    if held is None or text(value, "currency") == PESOS:
        return held
    for _, one in elements(value, "exchangeRates"):
        rate = number(one, "rate")
        if text(one, "currency") == PESOS and rate is not None and 0 < rate * held <= MOST * 100:
            return int((held * Decimal(str(rate))).to_integral_value(ROUND_HALF_EVEN))
    return None


def day(body: Document, key: str) -> date | None:
    """Return a day as it is written, whatever the zone; None where there is none, or one that cannot be."""
    when = moment(body, key)
    return when.date() if when is not None and when.year in YEARS else None


def term(contract: Document) -> tuple[date, date] | None:
    """Return first and last day of a contract, when both are stated and can be."""
    period = inside(contract, "period")
    start, end = day(period, "startDate"), day(period, "endDate")
    if start is None or end is None or end < start or end.year - start.year > LONGEST:
        return None
    return start, end


def spread(amount: int, first: date, last: date) -> Iterator[tuple[int, int]]:
    """Yield what of an amount falls to each year by the days of a term, both ends included; together they are all of it.

    Each year gets what falls to the days up to its end less what fell before: no centavo is lost or made.
    """
    days, told = (last - first).days + 1, 0
    for year in range(first.year, last.year + 1):
        upto = (min(last, date(year, 12, 31)) - first).days + 1
        share = amount * upto // days
        yield year, share - told
        told = share


def split(amount: int, among: int) -> list[int]:
    """Return equal parts of an amount; the centavos that are left over go to the first."""
    each, over = divmod(amount, among)
    return [each + (turn < over) for turn in range(among)]


def median(histogram: Sequence[tuple[int, int]]) -> float | None:
    """Return the middle of values with how often each is there; between two middles, half way."""
    rows = sorted(histogram)
    count = sum(often for _, often in rows)
    if not count:
        return None

    def at(place: int) -> int:
        for value, often in rows:
            place -= often
            if place < 0:
                return value
        return rows[-1][0]

    return (at((count - 1) // 2) + at(count // 2)) / 2
