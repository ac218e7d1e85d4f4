"""Dates, money and numbers as people in Mexico read them; all are pure and also Jinja filters.

Sources: CLDR's `es_MX` through Babel; the date shape `31 dic 2026` is ours.
"""

import math
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal, get_currency_symbol

LOCALE = "es_MX"
ABSENT = "Sin dato"
NBSP = "\N{NO-BREAK SPACE}"
MINUTE = timedelta(minutes=1)
UNITS: tuple[tuple[Literal["year", "month", "day", "hour", "minute"], timedelta], ...] = (
    ("year", timedelta(days=365)),
    ("month", timedelta(days=60)),
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", MINUTE),
)


def _local(moment: datetime, zone: str) -> datetime:
    """Move an instant to a zone; a naive one is taken as UTC, since that is how everything is stored."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(ZoneInfo(zone))


def date_es(value: date | datetime | None, zone: str = "America/Mexico_City") -> str:
    """Return `31 dic 2026`; an instant is told as the day it was in `zone`."""
    if value is None:
        return ABSENT
    day = _local(value, zone).date() if isinstance(value, datetime) else value
    return format_date(day, "d MMM y", locale=LOCALE).replace(".", "")


def long_date_es(value: date | datetime | None, zone: str = "America/Mexico_City") -> str:
    """Return `31 de diciembre de 2026`, for running text and legal acts."""
    if value is None:
        return ABSENT
    day = _local(value, zone).date() if isinstance(value, datetime) else value
    return format_date(day, "d 'de' MMMM 'de' y", locale=LOCALE)


def datetime_es(value: datetime | None, zone: str = "America/Mexico_City") -> str:
    """Return `31 dic 2026, 14:05`, 24-hour, in `zone`."""
    if value is None:
        return ABSENT
    return f"{date_es(value, zone)}, {_local(value, zone):%H:%M}"


def relative(value: datetime | None, now: datetime) -> str:
    """Return `hace 3 días`, `dentro de 2 horas` or `hace un momento`, from `now`."""
    if value is None:
        return ABSENT
    delta = value - now
    if abs(delta) < MINUTE:
        return "hace un momento" if delta <= timedelta(0) else "en un momento"
    unit = next(unit for unit, length in UNITS if abs(delta) >= length)
    # Babel would pass from days to weeks; a deadline is counted in days. The threshold leaves us the choice.
    return format_timedelta(delta, unit, threshold=math.inf, add_direction=True, locale=LOCALE)


def duration(seconds: float) -> str:
    """Return `menos de 5 s`, `unos 40 s`, `unos 12 min` or `unas 3 h`: an estimate, told as one."""
    if seconds < 5:
        return "menos de 5 s"
    if seconds < 90:
        return f"unos {round(seconds / 5) * 5} s"
    if seconds < 5400:
        return f"unos {round(seconds / 60)} min"
    return f"unas {round(seconds / 3600)} h"


def number(value: Decimal | float | None, decimals: int = 0) -> str:
    """Return `12,345` with a fixed count of decimals."""
    if value is None:
        return ABSENT
    return format_decimal(_rounded(value, decimals), _pattern(decimals), locale=LOCALE)


def percent(value: float | None, decimals: int = 0) -> str:
    """Return `38 %` from the share 0.38."""
    return ABSENT if value is None else f"{number(value * 100, decimals)}{NBSP}%"


def money(value: Decimal | float | None, currency: str | None = "MXN", decimals: int = 2) -> str:
    """Return `$1,234,567.50 MXN`; the code always stands, the sign only where Mexico uses one."""
    if value is None:
        return ABSENT
    code = currency or "sin moneda"
    symbol = get_currency_symbol(code, locale=LOCALE) if currency else ""
    sign = "-" if value < 0 else ""
    amount = format_decimal(abs(_rounded(value, decimals)), _pattern(decimals), locale=LOCALE)
    return f"{sign}{'' if symbol == code else symbol}{amount}{NBSP}{code}"


def file_size(count: int) -> str:
    """Return `512 bytes`, `1.4 MB`: decimal units, one decimal."""
    if count < 1000:
        return f"{count}{NBSP}bytes"
    size, unit = Decimal(count) / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{number(size, 1)}{NBSP}{unit}"


def plural(count: int, one: str, many: str) -> str:
    """Return `1 entrega` or `12 entregas`: the count with its noun."""
    return f"{number(count)}{NBSP}{one if count == 1 else many}"


def _rounded(value: Decimal | float, decimals: int) -> Decimal:
    # str() first: Decimal(0.1) would carry the float's binary tail into the text.
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)


def _pattern(decimals: int) -> str:
    return "#,##0" + ("." + "0" * decimals if decimals else "")
