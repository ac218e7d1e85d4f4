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
    """

    body: bytes
    etag: bytes
    headers: RawHeaders
    modified: datetime | None = None

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
    body: bytes,
    *,
    coding: bytes = b"",
    modified: datetime | None = None,
    fingerprint: bytes | None = None,
    cache_control: bytes = PUBLISHED,
    media_type: bytes = b"application/json",
) -> Answer:
    """Return the answer of these bytes.

    Args:
        body: the whole body.
        coding: in which it is packed, of those that the client takes (`coding`).
        modified: when what it tells last changed.
        fingerprint: fewer bytes that differ whenever the body does, to spare hashing it; only what never changes has it.
        cache_control: who may keep it, and for how long.
        media_type: of the body.
    """
    packed = bool(coding) and len(body) >= _PACKED_FROM
    etag = hashlib.sha256(fingerprint or body).hexdigest()[:32].encode()
    if packed:
        mark, pack = _PACKERS[coding]
        body = pack(body)
        etag += mark
    etag = b'"' + etag + b'"'
    headers: RawHeaders = [
        (b"content-type", media_type),
        (b"content-length", str(len(body)).encode()),
        (b"etag", etag),
        (b"cache-control", cache_control),
        _VARY,
        *OPEN_TO_ALL,
    ]
    if packed:
        headers.append((b"content-encoding", coding))
    if modified is not None and fingerprint is None and clock.now() - modified < _SETTLED_AFTER:
        modified = None
    if modified is not None:
        modified = modified.replace(microsecond=0)
        headers.append((b"last-modified", http_date(modified)))
    return Answer(body, etag, headers, modified)


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
    packing = coding(",".join(request.headers.getlist("accept-encoding")))

    def prepare() -> Answer:
        return make(
            body,
            coding=packing,
            modified=modified,
            fingerprint=fingerprint,
            cache_control=cache_control,
            media_type=media_type,
        )

    answer = prepare() if len(body) <= _INLINE else await run_in_threadpool(prepare)
    held = ",".join(request.headers.getlist("if-none-match"))
    if answer.is_held(held, request.headers.get("if-modified-since", "")):
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
