"""The lists of the publication API, of one tenant or of all: releases, records, withdrawals, transfers.

A `Shelf` says whose list it is and how it is read; what follows from a question is the same for both.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.core import clock
from app.openapi import answers, packages, paging, parameters, queries
from app.openapi.addresses import Roots
from app.openapi.packages import Publisher
from app.openapi.paging import NATION, TENANT, Page, Placed, Shelf
from app.openapi.parameters import ListQuery
from app.openapi.queries import Counts, ReleaseRow, Withdrawal
from app.openapi.reader import PublicReader
from app.publication.chain import rfc3339
from app.tenancy.queries import SignedHead, TenantView

NATIONAL_ZONE = "America/Mexico_City"
"""In which a date without an offset is meant where no tenant is asked about."""


class Dated(Placed, Protocol):
    """What stands at a place of a list and has a date."""

    @property
    def date(self) -> datetime:
        """Of the release, or of the newest of a record."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What a package says of the whole list; `edge` is that of its page."""

    address: str
    counts: Counts
    total: int | None
    edge: int | None = None


def of_tenant(view: TenantView, roots: Roots) -> Shelf:
    """Return the lists of a tenant."""
    return Shelf(view.tenant_id, packages.publisher_of(view, roots), roots, view.time_zone, TENANT)


def of_nation(name: str, root: str, signed: SignedHead | None) -> Shelf:
    """Return the lists of all tenants together.

    Args:
        name: of the national body.
        root: scheme and host of the service.
        signed: the head that names those of all tenants.
    """
    return Shelf(None, Publisher(name, signed=signed), Roots(root, root), NATIONAL_ZONE, NATION)


async def releases(request: Request, reader: PublicReader, shelf: Shelf) -> Response:
    """Answer a page of all releases."""
    period = parameters.period(request.path_params, shelf.zone)
    asked = parameters.list_query(request.query_params, shelf.zone, filters=shelf.filters, period=period)
    async with reader.reading() as connection:
        counts = await shelf.source.counts(connection, shelf.tenant_id)
        page = await paging.page_of(connection, shelf, asked, shelf.source.releases)
    total = counts.releases if asked.filters is None and period is None else None
    address = shelf.roots.releases() + (period.path if period else "")
    return await _release_package(request, shelf, asked, page, _Told(address, counts, total, page.edge))


async def releases_of(
    request: Request, reader: PublicReader, view: TenantView, roots: Roots, ocid: str
) -> Response:
    """Answer a page of the releases of a tenant's process."""
    shelf, tenant_id = of_tenant(view, roots), view.tenant_id
    asked = parameters.list_query(request.query_params, shelf.zone, least=queries.BEFORE_ALL)
    async with reader.reading() as connection:
        counts = await queries.counts(connection, tenant_id)
        span = paging.span_of(asked, queries.BEFORE_ALL, queries.AFTER_ALL)
        rows = await queries.releases_of(
            connection, tenant_id, ocid, span, since=asked.since, until=asked.until
        )
        total = await queries.count_of(connection, tenant_id, ocid)
    told = _Told(shelf.roots.releases(ocid), counts, total)
    return await _release_package(request, shelf, asked, Page(paging.told_in_order(rows, asked)), told)


async def _release_package(
    request: Request, shelf: Shelf, asked: ListQuery, page: Page[ReleaseRow], told: _Told
) -> Response:
    opening = _opening(request, shelf, asked, page.rows, told)
    pieces = packages.release_pieces(opening, (row.body for row in page.rows))
    # The bytes at a place of a chain never change, so places stand for them.
    places = array("q", (row.position for row in page.rows)).tobytes()
    return await answers.respond(
        request, pieces, modified=told.counts.last_date, fingerprint=opening + b"\n" + places
    )


async def records(request: Request, reader: PublicReader, shelf: Shelf) -> Response:
    """Answer a page of all records."""
    period = parameters.period(request.path_params, shelf.zone)
    asked = parameters.list_query(request.query_params, shelf.zone, filters=shelf.filters, period=period)
    async with reader.reading() as connection:
        page = await paging.page_of(connection, shelf, asked, shelf.source.records)
        counts = await shelf.source.counts(connection, shelf.tenant_id)
    total = counts.records if asked.filters is None and period is None else None
    address = shelf.roots.records() + (period.path if period else "")
    opening = _opening(request, shelf, asked, page.rows, _Told(address, counts, total, page.edge))
    pieces = packages.record_pieces(opening, (packages.record(row, shelf.roots) for row in page.rows))
    return await answers.respond(request, pieces, modified=counts.last_date)


def _opening(request: Request, shelf: Shelf, asked: ListQuery, rows: Sequence[Dated], told: _Told) -> bytes:
    return packages.head(
        uri(request, told.address),
        shelf.publisher,
        shelf.roots,
        max((row.date for row in rows), default=told.counts.last_date or clock.now()),
        links=paging.links_of(told.address, rows, asked, told.edge),
        total=told.total,
    )


async def withdrawals(request: Request, reader: PublicReader, shelf: Shelf) -> Response:
    """Answer a page of what was taken back."""
    asked = parameters.list_query(request.query_params, shelf.zone)
    async with reader.reading() as connection:
        span = await paging.bounds(connection, shelf, asked)
        read = await shelf.source.withdrawals(connection, shelf.tenant_id, span)
        counts = await shelf.source.counts(connection, shelf.tenant_id)
    rows, address = paging.told_in_order(read, asked), shelf.roots.withdrawals()
    told: dict[str, Any] = {"uri": uri(request, address), "total": counts.withdrawals}
    if links := paging.links_of(address, rows, asked):
        told["links"] = links
    told["withdrawals"] = [told_of(row) for row in rows]
    return await answers.respond(request, orjson.dumps(told), modified=counts.last_date)


async def transfers(request: Request, reader: PublicReader, shelf: Shelf) -> Response:
    """Answer a page of what came and went."""
    asked = parameters.list_query(request.query_params, shelf.zone)
    async with reader.reading() as connection:
        span = await paging.bounds(connection, shelf, asked)
        read = await shelf.source.transfers(connection, shelf.tenant_id, span)
        counts = await shelf.source.counts(connection, shelf.tenant_id)
    rows, address, roots = paging.told_in_order(read, asked), shelf.roots.transfers(), shelf.roots
    told: dict[str, Any] = {"uri": uri(request, address)}
    if links := paging.links_of(address, rows, asked):
        told["links"] = links
    told["transfers"] = [
        {
            "ocid": row.ocid,
            "direction": row.direction,
            **({} if row.source is None else {"from": f"{roots.of(row.source).tenant}/"}),
            "publisher": f"{roots.of(row.slug).tenant}/",
            "record": (roots.of(row.slug) if row.direction == "out" else roots).records(row.ocid),
            "transferred_at": rfc3339(row.date),
            "ground": row.ground,
        }
        for row in rows
    ]
    return await answers.respond(request, orjson.dumps(told), modified=counts.last_date)


def told_of(gone: Withdrawal) -> dict[str, str]:
    """Return what is said of a withdrawal."""
    return {
        "ocid": gone.ocid,
        "release_id": gone.release_id,
        "withdrawn_at": rfc3339(gone.date),
        "ground": gone.ground,
    }


def uri(request: Request, address: str) -> str:
    """Return the address of this very page."""
    query = urlencode(request.query_params.multi_items())
    return f"{address}?{query}" if query else address
