"""What may be asked of a list: read strictly, so that a misspelt parameter never passes for "everything"."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams

from app.core.errors import BadRequestError
from app.core.pagination import decode_cursor

DEFAULT_LIMIT = 100
MOST = 1000

_LIMIT = re.compile(r"[0-9]{1,6}")
_MOMENT = re.compile(
    r"(?P<date>[12][0-9]{3}-[0-9]{2}-[0-9]{2})"
    r"([Tt](?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?)(?P<offset>[Zz]|[ +-][0-9]{2}:[0-9]{2})?)?"
)
_LARGEST_POSITION = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A page of a list.

    Attributes:
        after: position that the page follows; 0 is the start.
        limit: elements of a page.
        since: only what is dated then or later.
    """

    after: int
    limit: int
    since: datetime | None


def list_query(asked: QueryParams, zone: str, *, least: int = 0) -> ListQuery:
    """Read `since`, `cursor` and `limit`.

    Args:
        asked: the query string.
        zone: IANA time zone in which a date without an offset is meant.
        least: the lowest position that a cursor may name.

    Raises:
        BadRequestError: unknown, repeated or malformed; says which and how to mend it.
    """
    known(asked, ("since", "cursor", "limit"))
    since = asked.get("since")
    return ListQuery(
        after=_position(asked["cursor"], least) if "cursor" in asked else 0,
        limit=_limit(asked.get("limit", str(DEFAULT_LIMIT))),
        since=None if since is None else _moment(since, zone),
    )


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


def _position(cursor: str, least: int) -> int:
    (position,) = decode_cursor(cursor, int)
    if not least <= int(position) <= _LARGEST_POSITION:
        raise BadRequestError("El cursor no es válido: usa el que viene en «links.next», sin cambiarlo.")
    return int(position)


def _limit(text: str) -> int:
    if not _LIMIT.fullmatch(text) or not 1 <= int(text) <= MOST:
        raise BadRequestError(f"«limit» es un número entero de 1 a {MOST}; sin él son {DEFAULT_LIMIT}.")
    return int(text)


def _moment(text: str, zone: str) -> datetime:
    match = _MOMENT.fullmatch(text)
    if match is not None:
        # A plus sign that nobody percent-encoded arrives as a space.
        offset = (match["offset"] or "").upper().replace("Z", "+00:00").replace(" ", "+")
        try:
            moment = datetime.fromisoformat(f"{match['date']}T{match['time'] or '00:00:00'}{offset}")
            return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
        except ValueError:
            pass
    raise BadRequestError(
        "«since» es una fecha (2026-11-22) o un instante de RFC 3339 (2026-11-22T10:00:00-06:00); "
        "sin huso se entiende la hora local del organismo garante."
    )
