"""What may be asked of the list of changes and of feeds: read as strictly as the other lists' parameters."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from app.core.errors import BadRequestError
from app.core.pagination import encode_cursor
from app.openapi import parameters
from app.openapi.parameters import ListQuery

DEFAULT_LIMIT = 1000
MOST = 100_000


@dataclass(frozen=True, slots=True)
class ChangesQuery:
    """A page of the list of changes.

    Attributes:
        cursor: position after which it begins; zero is the start.
        since: only what is dated then or later.
        limit: most lines.
    """

    cursor: int
    since: datetime | None
    limit: int

    def link(self, address: str, position: int) -> str:
        """Return the address of what follows a position."""
        told: dict[str, str | int] = {"cursor": encode_cursor(position)}
        if self.limit != DEFAULT_LIMIT:
            told["limit"] = self.limit
        return f"{address}?{urlencode(told)}"


def changes_query(asked: QueryParams, zone: str) -> ChangesQuery:
    """Read `since`, `cursor` and `limit`.

    Args:
        asked: the query string.
        zone: IANA time zone in which a date without an offset is meant.

    Raises:
        BadRequestError: unknown, repeated or malformed; says which and how to mend it.
    """
    parameters.known(asked, ("since", "cursor", "limit"))
    limit = asked.get("limit", str(DEFAULT_LIMIT))
    if not (limit.isascii() and limit.isdigit() and len(limit) <= len(str(MOST)) and 1 <= int(limit) <= MOST):
        raise BadRequestError(f"«limit» es un número entero de 1 a {MOST}; sin él son {DEFAULT_LIMIT}.")
    # What both lists share is read in one place; `limit` is not: lines weigh less than releases.
    shared = QueryParams([(name, text) for name, text in asked.multi_items() if name != "limit"])
    page = parameters.list_query(shared, zone)
    if page.back:
        raise BadRequestError("Esta lista solo se lee hacia delante: usa el cursor de su última línea.")
    return ChangesQuery(page.cursor or 0, page.since, int(limit))


def feed_query(asked: QueryParams, zone: str) -> ListQuery:
    """Read `cursor` and what narrows a feed; raises as `changes_query`."""
    parameters.known(asked, ("cursor", *parameters.FILTERS))
    page = parameters.list_query(asked, zone, filters=parameters.FILTERS)
    if page.back:
        raise BadRequestError("Un canal solo se lee hacia atrás en el tiempo: usa la dirección de «next».")
    return page
