"""What may be asked of a list: read strictly, so that a misspelt parameter never passes for "everything"."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams

from app.core.errors import BadRequestError
from app.core.pagination import decode_cursor, encode_cursor
from app.ocds import codelists
from app.openapi.filtering import Filters
from app.publication.facets import supplier_term, words

DEFAULT_LIMIT = 100
MOST = 1000

_LIMIT = re.compile(r"[0-9]{1,6}")
_MOMENT = re.compile(
    r"(?P<date>[12][0-9]{3}-[0-9]{2}-[0-9]{2})"
    r"([Tt](?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?)(?P<offset>[Zz]|[ +-][0-9]{2}:[0-9]{2})?)?"
)
_YEAR, _MONTH = re.compile(r"[12][0-9]{3}"), re.compile(r"0[1-9]|1[0-2]")
_DAY = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}")
AMOUNT = r"[0-9]{1,15}(\.[0-9]{1,6})?"
LONGEST_TEXT = 200
_OF_ALL = ("since", "until", "order", "cursor", "limit")
FILTERS = (
    "publisher",
    "sujeto_obligado",
    "method",
    "category",
    "stage",
    "status",
    "amount_min",
    "amount_max",
    "signed_since",
    "signed_until",
    "supplier",
    "q",
)
"""Parameters that narrow a list by what its processes say."""
STAGES = ("planning", "tender", "award", "contract", "implementation")
STATUSES = tuple(
    dict.fromkeys(
        code
        for stage in ("tenderStatus", "awardStatus", "contractStatus", "implementationStatus")
        for code in codelists.codelist(stage).codes
    )
)
_LARGEST_POSITION = 2**63 - 1
_BACK = "<"
"""Follows the position in the cursor of a page that ends before it."""


@dataclass(frozen=True, slots=True)
class Period:
    """A year or a month that stands in an address: its first and its last instant, and how it is written there."""

    first: datetime
    last: datetime
    path: str


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A page of a list.

    Attributes:
        cursor: position beside which the page begins; None is the start of the list.
        back: the page ends before the cursor instead of following it.
        newest_first: the list is told from its end.
        limit: elements of a page.
        since: only what is dated then or later.
        until: only what is dated then or earlier.
        filters: what a process must say; None asks nothing.
        written: how dates and filters were written.
    """

    cursor: int | None
    back: bool
    newest_first: bool
    limit: int
    since: datetime | None
    until: datetime | None
    filters: Filters | None
    written: Mapping[str, str]

    @property
    def down(self) -> bool:
        """Whether positions fall while the page is read."""
        return self.newest_first != self.back

    def link(self, address: str, position: int, *, back: bool) -> str:
        """Return the address of the page that follows a position in the order of the list, or ends before it.

        A page that goes on by rising positions is past `since` already.
        """
        told: dict[str, str | int] = {"cursor": encode_cursor(position, *((_BACK,) if back else ()))}
        if self.limit != DEFAULT_LIMIT:
            told["limit"] = self.limit
        if self.newest_first:
            told["order"] = "desc"
        past_since = self.newest_first == back
        told |= {name: text for name, text in self.written.items() if name != "since" or not past_since}
        return f"{address}?{urlencode(told)}"


def list_query(
    asked: QueryParams,
    zone: str,
    *,
    least: int = 0,
    filters: Collection[str] = (),
    period: Period | None = None,
) -> ListQuery:
    """Read `since`, `until`, `order`, `cursor`, `limit` and, of a list that has them, the filters.

    Args:
        asked: the query string.
        zone: IANA time zone in which a date without an offset is meant.
        least: the lowest position that a cursor may name.
        filters: those of `FILTERS` that the list has.
        period: of the address; `since` and `until` can only narrow it.

    Raises:
        BadRequestError: unknown, repeated or malformed; says which and how to mend it.
    """
    known(asked, (*_OF_ALL, *filters))
    cursor, back = _cursor(asked["cursor"], least) if "cursor" in asked else (None, False)
    since = [_moment("since", asked["since"], zone)] if "since" in asked else []
    until = [_moment("until", asked["until"], zone, whole_day=True)] if "until" in asked else []
    if period is not None:
        since, until = [*since, period.first], [*until, period.last]
    return ListQuery(
        cursor=cursor,
        back=back,
        newest_first=_is_descending(asked.get("order", "asc")),
        limit=_limit(asked.get("limit", str(DEFAULT_LIMIT))),
        since=max(since, default=None),
        until=min(until, default=None),
        filters=_filters(asked) if any(name in asked for name in filters) else None,
        written={name: asked[name] for name in ("since", "until", *filters) if name in asked},
    )


def period(steps: Mapping[str, str], zone: str) -> Period | None:
    """Return the year or the month of an address in a time zone, where it names one.

    Args:
        steps: what the address says of `year` and `month`.
        zone: IANA time zone in which the period begins and ends.

    Raises:
        BadRequestError: it is none.
    """
    if "year" not in steps:
        return None
    year, month = steps["year"], steps.get("month")
    if not _YEAR.fullmatch(year) or (month is not None and not _MONTH.fullmatch(month)):
        raise BadRequestError(
            "El periodo se escribe con cuatro cifras de año y dos de mes: «year/2026/month/03»."
        )
    number = int(year) * 12 + (0 if month is None else int(month) - 1)
    after = number + (12 if month is None else 1)
    first, next_first = (
        datetime(one // 12, one % 12 + 1, 1, tzinfo=ZoneInfo(zone)) for one in (number, after)
    )
    path = f"/year/{year}" + ("" if month is None else f"/month/{month}")
    return Period(first, next_first - timedelta(microseconds=1), path)


@dataclass(frozen=True, slots=True)
class PageQuery:
    """A page of a list that has nothing else to ask."""

    cursor: str | None
    limit: int


def page(asked: QueryParams) -> PageQuery:
    """Read `cursor` and `limit`; raises as `list_query`."""
    known(asked, ("cursor", "limit"))
    return PageQuery(asked.get("cursor"), _limit(asked.get("limit", str(DEFAULT_LIMIT))))


def flag(asked: QueryParams, name: str) -> bool:
    """Read a yes or no; raises as `list_query`."""
    known(asked, (name,))
    value = asked.get(name, "false")
    if value not in ("true", "false"):
        raise BadRequestError(f"«{name}» admite «true» o «false».")
    return value == "true"


def known(asked: QueryParams, names: Collection[str]) -> None:
    """Refuse parameters that the address does not have, and those that come twice; raises as `list_query`."""
    given = [name for name, _ in asked.multi_items()]
    for name in given:
        if name not in names:
            right = f"Admite: {', '.join(names)}." if names else "No admite ninguno."
            raise BadRequestError(f"Esta dirección no tiene el parámetro «{name[:60]}». {right}")
        if given.count(name) > 1:
            raise BadRequestError(f"El parámetro «{name}» viene más de una vez; indícalo una sola.")


def _cursor(cursor: str, least: int) -> tuple[int, bool]:
    """Return the position inside a cursor, and whether the page ends before it."""
    try:
        (position,), back = decode_cursor(cursor, int), False
    except BadRequestError:
        position, way = decode_cursor(cursor, int, str)
        back = way == _BACK
        if not back:
            raise
    if not least <= int(position) <= _LARGEST_POSITION:
        raise BadRequestError("El cursor no es válido: usa el que viene en «links.next», sin cambiarlo.")
    return int(position), back


def _filters(asked: QueryParams) -> Filters:
    terms = words(_text(asked, "q") or "")
    if "q" in asked and not terms:
        raise BadRequestError("«q» son las palabras que se buscan, con letras o números.")
    if supplier := _text(asked, "supplier"):
        terms.append(supplier_term(supplier))
    return Filters(
        publisher=_text(asked, "publisher"),
        sujeto_obligado=_text(asked, "sujeto_obligado"),
        method=_code(asked, "method", "method"),
        category=_code(asked, "category", "procurementCategory"),
        stage=_one_of(asked, "stage", STAGES),
        status=_one_of(asked, "status", STATUSES),
        amount_min=_amount(asked, "amount_min"),
        amount_max=_amount(asked, "amount_max"),
        signed_since=_day(asked, "signed_since"),
        signed_until=_day(asked, "signed_until"),
        terms=tuple(terms) or None,
    )


def _text(asked: QueryParams, name: str) -> str | None:
    text = asked.get(name)
    if text is not None and not 0 < len(text.strip()) <= LONGEST_TEXT:
        raise BadRequestError(f"«{name}» es un texto de 1 a {LONGEST_TEXT} caracteres.")
    return text


def _code(asked: QueryParams, name: str, codelist: str) -> str | None:
    return _one_of(asked, name, tuple(codelists.codelist(codelist).codes))


def _one_of(asked: QueryParams, name: str, codes: Collection[str]) -> str | None:
    code = asked.get(name)
    if code is not None and code not in codes:
        raise BadRequestError(f"«{name}» admite: {', '.join(codes)}.")
    return code


def _amount(asked: QueryParams, name: str) -> Decimal | None:
    text = asked.get(name)
    if text is None:
        return None
    if not re.fullmatch(AMOUNT, text):
        raise BadRequestError(f"«{name}» es una cantidad sin comas ni signo de pesos: 1500000 o 1500000.50.")
    return Decimal(text)


def _day(asked: QueryParams, name: str) -> date | None:
    text = asked.get(name)
    try:
        if text is None or (_DAY.fullmatch(text) and (day := date.fromisoformat(text))):
            return None if text is None else day
    except ValueError:
        pass
    raise BadRequestError(f"«{name}» es una fecha: 2026-11-22.")


def _is_descending(text: str) -> bool:
    if text not in ("asc", "desc"):
        raise BadRequestError("«order» admite «asc», del más antiguo al más nuevo, o «desc», al revés.")
    return text == "desc"


def _limit(text: str) -> int:
    if not _LIMIT.fullmatch(text) or not 1 <= int(text) <= MOST:
        raise BadRequestError(f"«limit» es un número entero de 1 a {MOST}; sin él son {DEFAULT_LIMIT}.")
    return int(text)


def _moment(name: str, text: str, zone: str, *, whole_day: bool = False) -> datetime:
    """Return the instant that a parameter means: of a date alone its first, or its last with `whole_day`."""
    match = _MOMENT.fullmatch(text)
    if match is not None:
        # A plus sign that nobody percent-encoded arrives as a space.
        offset = (match["offset"] or "").upper().replace("Z", "+00:00").replace(" ", "+")
        time = match["time"] or ("23:59:59.999999" if whole_day else "00:00:00")
        try:
            moment = datetime.fromisoformat(f"{match['date']}T{time}{offset}")
            return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
        except ValueError:
            pass
    raise BadRequestError(
        f"«{name}» es una fecha (2026-11-22) o un instante de RFC 3339 (2026-11-22T10:00:00-06:00); "
        "sin huso se entiende la hora local del organismo garante."
    )
