"""Dates as people in Mexico write them, day first, and the moments (RFC 3339) that a document holds."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.ocds.entry.errors import EntryError

EXAMPLE = "La fecha va como 31/12/2026; con hora, 31/12/2026 14:30."

_LASTING = frozenset({"endDate", "maxExtentDate"})
"""Fields whose day lasts until its last second."""
_FIRST_YEAR, _LAST_YEAR = 1930, 2199
"""Before, Mexican zones had offsets with seconds, which RFC 3339 cannot say."""
_PIVOT = 80
"""Two-digit years from here on belong to the twentieth century."""

_MONTHS = {
    prefix: number
    for number, prefixes in enumerate(
        (
            "ene jan",
            "feb",
            "mar",
            "abr apr",
            "may",
            "jun",
            "jul",
            "ago aug",
            "sep set",
            "oct",
            "nov",
            "dic dec",
        ),
        start=1,
    )
    for prefix in prefixes.split()
}
_NAME = re.compile(
    "enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre|diciembre|"
    "january|february|march|april|june|july|august|september|october|november|december|sept|[a-z]{3}"
)

_WEEKDAY = re.compile(r"^(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo)\s*,?\s+")
_NUMERIC = re.compile(r"^(\d{1,2})\s*([/.\-\s])\s*(\d{1,2})\s*\2\s*(\d{4}|\d{2})(?!\d)")
_WORDED = re.compile(
    r"^(\d{1,2}|primero)(?:ero|ro|er|o|\.o|°)?[\s/.\-]*(?:de\s+)?([a-z]{3,10})\.?[\s/.\-,]*(?:(?:de|del)\s+)?(?:ano\s+)?"
    r"(\d{4}|\d{2})(?!\d)"
)
_ISO = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_TIME = re.compile(
    r"^(?:t|,|\s|a las|a la|de las)*(\d{1,2})(?::(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?)?"
    r"\s*(am|pm|horas|hrs|hr|hs|h)?\.?\s*(z|[+-]\d{2}:?\d{2})?$"
)


def written(stored: str, *, name: str, zone: str) -> str:
    """Return what the box of a date shows: the local day, and the time when the day alone would lose it."""
    try:
        moment = datetime.fromisoformat(stored)
        local = moment.astimezone(ZoneInfo(zone)) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return stored
    day = f"{local:%d/%m}/{local.year:04}"
    plain = len(stored) <= len("2026-12-31")
    if plain or local.time().replace(microsecond=0) == _default_time(name):
        return day
    return f"{day} {local:%H:%M:%S}" if local.second else f"{day} {local:%H:%M}"


def read(text: str, *, name: str, zone: str) -> str:
    """Return the moment that a text says, with the offset of the zone at that moment.

    Raises:
        EntryError: it says none, or one that no calendar has.
    """
    plain = _folded(text)
    day, rest = _day(plain)
    clock, offset = _time(rest, name)
    moment = datetime.combine(day, clock)
    if offset is None:
        return moment.replace(tzinfo=ZoneInfo(zone)).isoformat()
    try:
        return datetime.fromisoformat(f"{moment.isoformat()}{offset}").isoformat()
    except ValueError:
        raise EntryError(f"La diferencia horaria {offset} no existe. {EXAMPLE}") from None


def _default_time(name: str) -> time:
    return time(23, 59, 59) if name in _LASTING else time()


def _folded(text: str) -> str:
    """Return the text in plain lower-case letters, without accents or doubled blanks."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("º", "o"))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    bare = re.sub(r"\b([ap])\.?\s?m\b\.?", r"\1m", " ".join(bare.split()))
    return _WEEKDAY.sub("", bare)


def _day(text: str) -> tuple[date, str]:
    """Return the day at the beginning of a text, and what follows it."""
    if found := _ISO.match(text):
        year, month, day = found.groups()
    elif found := _NUMERIC.match(text):
        day, _, month, year = found.groups()
    elif (found := _WORDED.match(text)) and _NAME.fullmatch(found[2]) and found[2][:3] in _MONTHS:
        day, month, year = found[1].replace("primero", "1"), str(_MONTHS[found[2][:3]]), found[3]
    else:
        raise EntryError(f"No se entiende la fecha. {EXAMPLE}")
    return _calendar(_century(year), int(month), int(day)), text[found.end() :]


def _century(year: str) -> int:
    if len(year) == len("2026"):
        return int(year)
    return int(year) + (1900 if int(year) >= _PIVOT else 2000)


def _calendar(year: int, month: int, day: int) -> date:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise EntryError(f"El año {year} no es creíble. {EXAMPLE}")
    if not 1 <= month <= 12:
        raise EntryError(f"El mes {month} no existe; primero va el día y luego el mes. {EXAMPLE}")
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    if not 1 <= day <= last:
        raise EntryError(f"El día {day} no existe: ese mes tiene {last} días. {EXAMPLE}")
    return date(year, month, day)


def _time(text: str, name: str) -> tuple[time, str | None]:
    """Return the time and, where it is said, its offset."""
    if not text.strip(" ,."):
        return _default_time(name), None
    found = _TIME.match(text)
    if found is None or (found[2] is None and found[4] is None):
        raise EntryError(f"No se entiende lo que sigue al día: «{text.strip()[:30]}». {EXAMPLE}")
    hour, minute, second = (int(part or 0) for part in found.group(1, 2, 3))
    if found[4] in ("am", "pm"):
        if not 1 <= hour <= 12:
            raise EntryError("Con «am» o «pm» la hora va de 1 a 12; por ejemplo, 2:30 pm.")
        hour = hour % 12 + (12 if found[4] == "pm" else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise EntryError("La hora va de 00:00 a 23:59; por ejemplo, 31/12/2026 14:30.")
    offset = found[5] and found[5].upper().replace("Z", "+00:00")
    return time(hour, minute, second), offset
