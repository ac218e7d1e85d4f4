"""Pages of lists: which places they are taken from, in which order they are told, which pages lie beside them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from app.openapi import filtering, national, queries
from app.openapi.addresses import Roots
from app.openapi.packages import Publisher
from app.openapi.parameters import FILTERS, ListQuery
from app.openapi.queries import Connection, Counts, RecordRow, ReleaseRow, Span, Transfer, Withdrawal

Row = TypeVar("Row")


class Placed(Protocol):
    """What stands at a place of a list."""

    @property
    def position(self) -> int:
        """The place."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[Row]):
    """How a list is read: along a span, at places, and which of its places a filter leaves."""

    read: Callable[[Connection, Any, Span], Awaitable[list[Row]]]
    at: Callable[[Connection, Any, Span, list[int]], Awaitable[list[Row]]]
    find: filtering.Finder


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows in the order of their list; `edge` is where to go on if the page ended before it was full."""

    rows: list[Row]
    edge: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where the lists of a tenant, or of the nation, are read; each function takes the tenant's id, or None."""

    releases: Kind[ReleaseRow]
    records: Kind[RecordRow]
    withdrawals: Callable[[Connection, Any, Span], Awaitable[list[Withdrawal]]]
    transfers: Callable[[Connection, Any, Span], Awaitable[list[Transfer]]]
    counts: Callable[[Connection, Any], Awaitable[Counts]]
    position_before: Callable[[Connection, Any, datetime], Awaitable[int | None]]
    position_after: Callable[[Connection, Any, datetime], Awaitable[int | None]]


TENANT = Source(
    Kind(queries.releases, queries.releases_at, filtering.releases),
    Kind(queries.records, queries.records_at, filtering.records),
    queries.withdrawals,
    queries.transfers,
    queries.counts,
    queries.position_before,
    queries.position_after,
)
NATION = Source(
    Kind(national.releases, national.releases_at, filtering.national_releases),
    Kind(national.records, national.records_at, filtering.national_records),
    national.withdrawals,
    national.transfers,
    national.counts,
    national.position_before,
    national.position_after,
)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Whose lists are told.

    Attributes:
        tenant_id: None for all tenants together.
        publisher: as packages name it.
        roots: where addresses start.
        zone: IANA time zone of dates without an offset.
        source: how the lists are read.
    """

    tenant_id: UUID | None
    publisher: Publisher
    roots: Roots
    zone: str
    source: Source

    @property
    def filters(self) -> tuple[str, ...]:
        """The parameters that narrow these lists: bodies have keys only within a tenant, which is one publisher."""
        other = "publisher" if self.tenant_id else "sujeto_obligado"
        return tuple(name for name in FILTERS if name != other)


async def bounds(connection: Connection, shelf: Shelf, asked: ListQuery) -> Span:
    """Return the places from which a page is taken."""
    low, high = 0, queries.AFTER_ALL
    if asked.since is not None:
        first = await shelf.source.position_before(connection, shelf.tenant_id, asked.since)
        low = queries.AFTER_ALL if first is None else first
    if asked.until is not None:
        high = await shelf.source.position_after(connection, shelf.tenant_id, asked.until) or high
    return span_of(asked, low, high)


async def page_of(connection: Connection, shelf: Shelf, asked: ListQuery, kind: Kind[Row]) -> Page[Row]:
    """Return a page of a list that may be narrowed."""
    span = await bounds(connection, shelf, asked)
    if asked.filters is None:
        return Page(told_in_order(await kind.read(connection, shelf.tenant_id, span), asked))
    found = await kind.find(connection, shelf.tenant_id, span, asked.filters)
    rows = await kind.at(connection, shelf.tenant_id, span, found.positions) if found.positions else []
    # A page that grew too heavy goes on from its last row, not from where the walk ended.
    edge = found.edge if len(rows) == len(found.positions) else None
    return Page(told_in_order(rows, asked), edge)


def span_of(asked: ListQuery, low: int, high: int) -> Span:
    """Return what is left of a list between two places once the cursor is known."""
    if asked.cursor is not None:
        low, high = (low, min(high, asked.cursor)) if asked.down else (max(low, asked.cursor), high)
    return Span(low, high, asked.limit, asked.down)


def told_in_order(rows: list[Row], asked: ListQuery) -> list[Row]:
    """Return rows in the order of the list: a page that ends before its cursor was read from there."""
    return rows[::-1] if asked.back else rows


def links_of(
    address: str, rows: Sequence[Placed], asked: ListQuery, edge: int | None = None
) -> dict[str, str]:
    """Return the addresses of the pages beside one: none at a list's end, none before its start.

    Args:
        address: of the list.
        rows: of the page.
        asked: of the page.
        edge: where to go on, of a page that ended before it was full.
    """
    links = {}
    if rows:
        links["next"] = asked.link(address, rows[-1].position, back=False)
        if asked.cursor is not None:
            links["prev"] = asked.link(address, rows[0].position, back=True)
    if edge is not None:
        links["prev" if asked.back else "next"] = asked.link(address, edge, back=asked.back)
    return links
