"""The short way to one release: an ASGI layer outside of everything else (docs/adr/0020).

It answers only what it can answer with 200 or 304 — one release that stands, at its permanent address, asked plainly —
and passes everything else on, to the same address in the route table, which also knows how to refuse. What the gateway
does for every other answer it does here itself: security headers, request id, one line of access log.
"""

from random import Random
from typing import NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send

from app.core import clock, logs
from app.core.errors import AppError, GoneError, NotFoundError
from app.openapi import addresses, answers, packages
from app.openapi.answers import Answer
from app.openapi.gathering import ReleaseReader
from app.openapi.hot import Entry, Key
from app.openapi.reader import PublicReader
from app.tenancy.queries import TenantView
from app.web import metrics
from app.web.limits import FairUse, RawHeaders
from app.web.middleware import HSTS, REQUEST_ID, SECURITY_HEADERS

ROUTE = "/{tenant}/api/v1/releases/{ocid}/{release_id}"
_MARK = addresses.RELEASES.encode() + b"/"

_bits = Random().getrandbits  # noqa: S311 - an id must be unlike all others, not secret
log = logs.Gathered("app.access")


class _Asked(NamedTuple):
    key: Key
    held: bytes
    since: bytes
    request_id: str
    fair: RawHeaders


class FastLane:
    """Wrap an application; add it last, so that it stands outermost.

    Args:
        app: what is inside.
        reader: where releases come from, and the answers held in memory.
        fair_use: counts requests here as everywhere else; the gateway says no to who asked too often.
    """

    def __init__(self, app: ASGIApp, *, reader: PublicReader, fair_use: FairUse) -> None:
        self._app = app
        self._reader = reader
        self._fair_use = fair_use
        self._releases = ReleaseReader(reader.reading)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] == "http" and _MARK in scope.get("raw_path", b"") and not scope["query_string"]:
            started = clock.monotonic()
            fair = self._fair_use.take(scope)
            asked = _asked(scope, fair.headers) if fair.error is None else None
            answer = await self._answer(scope, asked) if asked else None
            if asked is not None and answer is not None:
                await _send(scope, send, asked, answer, started)
                return
        await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, asked: _Asked) -> Answer | None:
        """Return the release's package from memory or from the database; None: not a case of this lane."""
        view = self._tenant(scope)
        if view is None:
            return None
        epoch = self._reader.lease.epoch(view.tenant_id)
        if epoch is not None and (answer := self._reader.hot.get(asked.key, view, epoch)) is not None:
            return answer
        try:
            answer = await self._read(scope, asked.key, view)
        except AppError:
            return None  # the route meets the same error and answers it in words
        if answer is not None and epoch is not None:
            # The epoch was known before the bytes were read: if a withdrawal came in between, it is old by now.
            self._reader.hot.put(asked.key, Entry(answer, view, epoch))
        return answer

    def _tenant(self, scope: Scope) -> TenantView | None:
        directory = self._reader.directory
        if not directory.is_fresh():
            return None
        host = addresses.host_name(addresses.host(scope))
        slug, mark, _ = scope["path"].partition(addresses.RELEASES)
        if not mark or not directory.serves(host):
            return None
        if not slug:
            return directory.by_host(host)
        try:
            return directory.by_slug(slug[1:])
        except (NotFoundError, GoneError):
            return None

    async def _read(self, scope: Scope, key: Key, view: TenantView) -> Answer | None:
        identifiers = addresses.identifiers(scope, addresses.RELEASES)
        if len(identifiers) != 2 or "\0" in scope["path"]:
            return None
        row = await self._releases.get((view.tenant_id, identifiers[0], identifiers[1]))
        if row is None:
            return None
        roots = addresses.roots(scope, view, self._reader.public_url)
        told = packages.head(
            roots.releases(*identifiers), packages.publisher_of(view, roots), roots, row.date
        )
        body = packages.release_package(told, (row.body,))
        return answers.make(body, coding=key[3], modified=row.date, fingerprint=told, lasting=True)


def _asked(scope: Scope, fair: RawHeaders) -> _Asked | None:
    """Return what the headers say, or None where the method or the path is another route's business."""
    if scope["method"] not in ("GET", "HEAD"):
        return None
    host = held = since = encoding = request_id = b""
    for name, value in scope["headers"]:
        if name == b"host":
            host = value
        elif name == b"if-none-match":
            held = held + b"," + value if held else value
        elif name == b"if-modified-since":
            since = value
        elif name == b"accept-encoding":
            encoding = encoding + b"," + value if encoding else value
        elif name == b"x-request-id":
            request_id = value
    given = request_id.decode("latin-1")
    return _Asked(
        (scope["scheme"], host, scope["raw_path"], answers.coding(encoding.decode("latin-1"))),
        held,
        since,
        given if given and REQUEST_ID.fullmatch(given) else f"{_bits(128):032x}",
        fair,
    )


async def _send(scope: Scope, send: Send, asked: _Asked, answer: Answer, started: float) -> None:
    unchanged = (asked.held or asked.since) and answer.is_held(
        asked.held.decode("latin-1"), asked.since.decode("latin-1")
    )
    status = 304 if unchanged else 200
    body = b"" if unchanged or scope["method"] == "HEAD" else answer.body
    headers = answer.unchanged() if unchanged else answer.headers
    headers = [*headers, *SECURITY_HEADERS, *asked.fair, (b"x-request-id", asked.request_id.encode())]
    if scope["scheme"] == "https":
        headers.append(HSTS)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
    seconds = clock.monotonic() - started
    metrics.observe(ROUTE, scope["method"], status, seconds)
    log.info(
        "request",
        request_id=asked.request_id,
        method=scope["method"],
        route=ROUTE,
        status=status,
        ms=round(seconds * 1000, 1),
        bytes=len(body),
    )
