"""Ready answers: bytes with their validators, whole or compressed, and the 304 that spares them.

`Cache-Control` lets a browser keep an answer but ask before it shows it again, and a shared cache answer by itself
for one second: under load it asks us once a second per address, and a withdrawn release outlives its withdrawal there
by no more than that.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from isal import igzip
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

RawHeaders = list[tuple[bytes, bytes]]

PUBLISHED = b"public, max-age=0, s-maxage=1, must-revalidate"
SETTLED = b"public, max-age=3600"
"""For what changes only when the program does."""

OPEN_TO_ALL = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Location"),
)
_VARY = (b"vary", b"Accept-Encoding")
_GZIP_FROM = 1000
"""Bytes below which a gzip header costs more than it saves."""
_INLINE = 256 * 1024
"""Bytes above which hashing and compressing leave the event loop."""
_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent: the body of a 200 and all of its headers.

    Attributes:
        etag: strong; it differs between the whole and the compressed body.
    """

    body: bytes
    etag: bytes
    headers: RawHeaders

    def unchanged(self) -> RawHeaders:
        """Return the headers of a 304."""
        return [header for header in self.headers if header[0] not in _OF_THE_BODY]


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_OF_THE_BODY = frozenset({b"content-type", b"content-length", b"content-encoding"})


def make(
    body: bytes,
    *,
    gzip: bool,
    modified: datetime | None = None,
    fingerprint: bytes | None = None,
    cache_control: bytes = PUBLISHED,
    media_type: bytes = b"application/json",
) -> Answer:
    """Return the answer of these bytes.

    Args:
        body: the whole body.
        gzip: the client takes it compressed.
        modified: when what it tells last changed.
        fingerprint: fewer bytes that differ whenever the body does, to spare hashing it; by default the body.
        cache_control: who may keep it, and for how long.
        media_type: of the body.
    """
    compress = gzip and len(body) >= _GZIP_FROM
    etag = hashlib.sha256(fingerprint or body).hexdigest()[:32].encode()
    if compress:
        body = igzip.compress(body, compresslevel=_LEVEL, mtime=0)
        etag += b"-gz"
    etag = b'"' + etag + b'"'
    headers: RawHeaders = [
        (b"content-type", media_type),
        (b"content-length", str(len(body)).encode()),
        (b"etag", etag),
        (b"cache-control", cache_control),
        _VARY,
        *OPEN_TO_ALL,
    ]
    if compress:
        headers.append((b"content-encoding", b"gzip"))
    if modified is not None:
        headers.append((b"last-modified", http_date(modified)))
    return Answer(body, etag, headers)


def http_date(at: datetime) -> bytes:
    """Return an instant as HTTP writes it (RFC 9110, 5.6.7); the locale has no say in it."""
    utc = at.astimezone(UTC)
    return (
        f"{_DAYS[utc.weekday()]}, {utc.day:02} {_MONTHS[utc.month - 1]} {utc.year:04} "
        f"{utc.hour:02}:{utc.minute:02}:{utc.second:02} GMT"
    ).encode()


async def respond(
    request: Request,
    body: bytes,
    *,
    modified: datetime | None = None,
    fingerprint: bytes | None = None,
    cache_control: bytes = PUBLISHED,
    media_type: bytes = b"application/json",
) -> Response:
    """Answer a GET or HEAD with these bytes, or with 304 where the client holds them already."""
    gzip = accepts_gzip(request.headers.get("accept-encoding", ""))

    def prepare() -> Answer:
        return make(
            body,
            gzip=gzip,
            modified=modified,
            fingerprint=fingerprint,
            cache_control=cache_control,
            media_type=media_type,
        )

    answer = prepare() if len(body) <= _INLINE else await run_in_threadpool(prepare)
    held = ",".join(request.headers.getlist("if-none-match"))
    if held and matches(held, answer.etag):
        return raw_response(304, answer.unchanged())
    return raw_response(200, answer.headers, answer.body)


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
def accepts_gzip(accept_encoding: str) -> bool:
    """Tell whether an `Accept-Encoding` takes gzip (RFC 9110, 12.5.3)."""
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        coding, _, parameter = part.partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            weights[coding.strip()] = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            weights[coding.strip()] = 0.0
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0
