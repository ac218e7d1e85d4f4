"""What the world reads to stay in sync: the list of changes, and feeds."""

import hashlib
from collections.abc import AsyncIterator

from fastapi import APIRouter
from isal import isal_zlib
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.core.errors import BadRequestError
from app.core.pagination import encode_cursor
from app.openapi import addresses, answers, queries
from app.openapi.routes import PublicRoute, opening, place_of
from app.push import changes, documentation, feeds, parameters
from app.push.feeds import Feed

router = APIRouter(route_class=PublicRoute, tags=[documentation.TAG])
public = opening(router, documentation.of)

NDJSON = b"application/x-ndjson"
_GZIP_WINDOW = 31
"""Of zlib: the largest window, inside a gzip frame."""


@public(addresses.CHANGES)
async def list_changes(request: Request) -> Response:
    """Everything that changed since a cursor, one line each."""
    reader, view, roots = await place_of(request)
    asked = parameters.changes_query(request.query_params, view.time_zone)
    async with reader.reading() as connection:
        head = await changes.head_of(connection, view.tenant_id)
        low = asked.cursor
        if asked.since is not None:
            first = await queries.position_before(connection, view.tenant_id, asked.since)
            low = max(low, head.position if first is None else first)
    if low > head.position:
        raise BadRequestError("Ese cursor no es de esta lista, que termina antes; usa el de su última línea.")
    high = min(low + asked.limit, head.position)
    gzip = answers.accepts_gzip(request.headers.get("accept-encoding", ""))
    # A line says whether its release still stands, so a withdrawal anywhere may change any page.
    told = f"{roots.tenant} {low} {high} {head.withdrawals} {gzip}"
    etag = b'"' + hashlib.sha256(told.encode()).hexdigest()[:32].encode() + b'"'
    following = asked.link(roots.tenant + addresses.CHANGES, high)
    headers: answers.RawHeaders = [
        (b"etag", etag),
        (b"cache-control", answers.PUBLISHED),
        (b"vary", b"Accept-Encoding"),
        (b"link", f'<{following}>; rel="next"'.encode()),
        (b"access-control-allow-origin", b"*"),
        (b"access-control-expose-headers", b"ETag, Link"),
    ]
    if head.last_date is not None:
        headers.append((b"last-modified", answers.http_date(head.last_date)))
    held = ",".join(request.headers.getlist("if-none-match"))
    if held and answers.matches(held, etag):
        return answers.raw_response(304, headers)
    headers.append((b"content-type", NDJSON))
    if gzip:
        headers.append((b"content-encoding", b"gzip"))
    if request.method == "HEAD":
        return answers.raw_response(200, headers)
    lines = changes.lines(reader, view.tenant_id, roots, low, high)
    response = StreamingResponse(_compressed(lines) if gzip else lines)
    response.raw_headers = headers
    return response


@public(addresses.API + "/feed.atom")
async def read_atom_feed(request: Request) -> Response:
    """What was published last, as Atom."""
    return await _feed(request, 0)


@public(addresses.API + "/feed.json")
async def read_json_feed(request: Request) -> Response:
    """What was published last, as JSON Feed."""
    return await _feed(request, 1)


async def _feed(request: Request, which: int) -> Response:
    ending, media_type, write = feeds.WRITERS[which]
    reader, view, roots = await place_of(request)
    asked = parameters.feed_query(request.query_params, view.time_zone)
    async with reader.reading() as connection:
        head = await changes.head_of(connection, view.tenant_id)
        entries, edge = await feeds.read(connection, view.tenant_id, asked)
    path = roots.tenant + addresses.API + ending
    narrowed = ", ".join(asked.written.values())
    feed = Feed(
        view=view,
        roots=roots,
        title=f"Contrataciones de {view.known_as}" + (f": {narrowed}" if narrowed else ""),
        address=feeds.address_of(path, asked),
        here=feeds.address_of(path, asked, request.query_params.get("cursor")),
        following=None if edge is None else feeds.address_of(path, asked, encode_cursor(edge)),
        entries=entries,
    )
    return await answers.respond(request, write(feed), modified=head.last_date, media_type=media_type)


async def _compressed(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = isal_zlib.compressobj(1, wbits=_GZIP_WINDOW)
    async for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()
