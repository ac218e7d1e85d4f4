"""Ready answers: bytes with their validators, whole or compressed, and the 304 that spares them.

`Cache-Control` lets a browser keep an answer but ask before it shows it again, and a shared cache answer by itself
for one second: under load it asks us once a second per address, and a withdrawn release outlives its withdrawal there
by no more than that.

A tag tells bytes apart, a date only seconds. Two publications of one second would share a `Last-Modified`, and who came
between them would never hear of the second; so an answer that can still change has a date only when that is a while ago.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache, partial

import zstandard
from isal import igzip
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.core import clock

RawHeaders = list[tuple[bytes, bytes]]

PUBLISHED = b"public, max-age=0, s-maxage=1, must-revalidate"
SETTLED = b"public, max-age=3600"
"""For what changes only when the program does."""

OPEN_TO_ALL = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Location, Retry-After, X-Request-Id"),
)
_VARY = (b"vary", b"Accept-Encoding")
_PACKED_FROM = 1000
"""Bytes below which packing costs more than it saves."""
_SETTLED_AFTER = timedelta(minutes=1)
"""How long ago a change must be for its second to be over for every publisher."""
_INLINE = 256 * 1024
"""Bytes above which hashing and compressing leave the event loop."""
_AT_ONCE = 256 * 1024
"""Bytes sent at once of a body in pieces."""
_PACKERS: Mapping[bytes, tuple[bytes, Callable[[bytes], bytes]]] = {
    b"zstd": (b"-zst", partial(zstandard.compress, level=1)),
    b"gzip": (b"-gz", partial(igzip.compress, compresslevel=1, mtime=0)),
}
"""What ends the tag of what is packed so, and what packs it; of two that are as welcome the first is taken."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent: the body of a 200 and all of its headers.

    Attributes:
        etag: strong; it differs between the whole and the packed body.
        modified: what `Last-Modified` says; None where it is not said.
        pieces: the body, where it is long and was made in pieces: `body` is empty then.
    """

    body: bytes
    etag: bytes
    headers: RawHeaders
    modified: datetime | None = None
    pieces: list[bytes] | None = None

    def is_held(self, if_none_match: str, if_modified_since: str) -> bool:
        """Tell whether the client holds it by what it sent; a tag, where there is one, decides alone."""
        if if_none_match:
            return matches(if_none_match, self.etag)
        if not if_modified_since or self.modified is None:
            return False
        try:
            held = parsedate_to_datetime(if_modified_since)
        except ValueError:
            return False  # RFC 9110, 13.1.3: what is no date was not said
        return self.modified <= (held if held.tzinfo else held.replace(tzinfo=UTC))

    def unchanged(self) -> RawHeaders:
        """Return the headers of a 304."""
        return [header for header in self.headers if header[0] not in _OF_THE_BODY]


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_OF_THE_BODY = frozenset({b"content-type", b"content-length", b"content-encoding"})


def make(
    body: bytes | list[bytes],
    *,
    coding: bytes = b"",
    modified: datetime | None = None,
    fingerprint: bytes | None = None,
    lasting: bool = False,
    cache_control: bytes = PUBLISHED,
    media_type: bytes = b"application/json",
) -> Answer:
    """Return the answer of these bytes.

    Args:
        body: the whole body, or the pieces that make it.
        coding: in which it is packed, of those that the client takes (`coding`).
        modified: when what it tells last changed.
        fingerprint: fewer bytes that differ whenever the body does, to spare hashing it.
        lasting: whether what is at this address never changes.
        cache_control: who may keep it, and for how long.
        media_type: of the body.
    """
    pieces, size = ([body], len(body)) if isinstance(body, bytes) else (body, sum(map(len, body)))
    packed = bool(coding) and size >= _PACKED_FROM
    digest = hashlib.sha256(fingerprint or b"")
    if fingerprint is None:
        for piece in pieces:
            digest.update(piece)
    etag = digest.hexdigest()[:32].encode()
    if packed:
        mark, pack = _PACKERS[coding]
        body = pack(b"".join(pieces))
        etag, size = etag + mark, len(body)
    etag = b'"' + etag + b'"'
    headers: RawHeaders = [
        (b"content-type", media_type),
        (b"content-length", str(size).encode()),
        (b"etag", etag),
        (b"cache-control", cache_control),
        _VARY,
        *OPEN_TO_ALL,
    ]
    if packed:
        headers.append((b"content-encoding", coding))
    if modified is not None and not lasting and clock.now() - modified < _SETTLED_AFTER:
        modified = None
    if modified is not None:
        modified = modified.replace(microsecond=0)
        headers.append((b"last-modified", http_date(modified)))
    if isinstance(body, bytes):
        return Answer(body, etag, headers, modified)
    return Answer(b"", etag, headers, modified, body)


def http_date(at: datetime) -> bytes:
    """Return an instant as HTTP writes it (RFC 9110, 5.6.7); the locale has no say in it."""
    utc = at.astimezone(UTC)
    return (
        f"{_DAYS[utc.weekday()]}, {utc.day:02} {_MONTHS[utc.month - 1]} {utc.year:04} "
        f"{utc.hour:02}:{utc.minute:02}:{utc.second:02} GMT"
    ).encode()


async def respond(
    request: Request,
    body: bytes | list[bytes],
    *,
    modified: datetime | None = None,
    fingerprint: bytes | None = None,
    lasting: bool = False,
    cache_control: bytes = PUBLISHED,
    media_type: bytes = b"application/json",
) -> Response:
    """Answer a GET or HEAD with these bytes, whole or in pieces, or with 304 where the client holds them already.

    The arguments are those of `make`.
    """
    packing = coding(",".join(request.headers.getlist("accept-encoding")))
    size = len(body) if isinstance(body, bytes) else sum(map(len, body))

    def prepare() -> Answer:
        return make(
            body,
            coding=packing,
            modified=modified,
            fingerprint=fingerprint,
            lasting=lasting,
            cache_control=cache_control,
            media_type=media_type,
        )

    is_quick = size <= _INLINE or (fingerprint is not None and not packing)
    answer = prepare() if is_quick else await run_in_threadpool(prepare)
    held = ",".join(request.headers.getlist("if-none-match"))
    if answer.is_held(held, request.headers.get("if-modified-since", "")):
        return raw_response(304, answer.unchanged())
    if answer.pieces is None:
        return raw_response(200, answer.headers, answer.body)
    return _Pieced(answer)


class _Pieced(Response):
    """An answer sent in pieces: a copy of all of a long body would cost more than reading it did."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.raw_headers = list(answer.headers)
        self._pieces = answer.pieces or []

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if scope["method"] != "HEAD":
            start = size = 0
            for end, piece in enumerate(self._pieces, 1):
                size += len(piece)
                if size >= _AT_ONCE:
                    joined = b"".join(self._pieces[start:end])
                    await send({"type": "http.response.body", "body": joined, "more_body": True})
                    start, size = end, 0
            last = b"".join(self._pieces[start:])
        else:
            last = b""
        await send({"type": "http.response.body", "body": last})


def raw_response(status: int, headers: RawHeaders, body: bytes = b"") -> Response:
    """Return a response with exactly these headers; the server leaves the body of a HEAD away."""
    response = Response(body, status)
    response.raw_headers = list(headers)
    return response


def matches(if_none_match: str, etag: bytes) -> bool:
    """Tell whether the list of an `If-None-Match` holds the tag (weak comparison, RFC 9110, 13.1.2)."""
    held = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    return any(tag in ("*", etag.decode()) for tag in held)


@lru_cache(maxsize=256)
def coding(accept_encoding: str) -> bytes:
    """Return the coding that an `Accept-Encoding` likes best among ours (RFC 9110, 12.5.3); empty for none."""
    weights = _weights(accept_encoding)
    best = max(_PACKERS, key=lambda one: _weight(weights, one.decode()))  # the first of equals
    return best if _weight(weights, best.decode()) > 0 else b""


@lru_cache(maxsize=256)
def accepts_gzip(accept_encoding: str) -> bool:
    """Tell whether an `Accept-Encoding` takes gzip."""
    return _weight(_weights(accept_encoding), "gzip") > 0


def _weight(weights: Mapping[str, float], coding: str) -> float:
    return weights.get(coding, weights.get(f"x-{coding}", weights.get("*", 0.0)))


def _weights(accept_encoding: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        name, _, parameter = part.partition(";")
        quality, _, value = parameter.strip().partition("=")
        try:
            weights[name.strip()] = float(value) if quality.strip() == "q" else 1.0
        except ValueError:
            weights[name.strip()] = 0.0
    return weights
