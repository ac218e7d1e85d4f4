"""A file of pieces as an HTTP answer: whole, a part of it, its head, or the word that it has not changed.

No connection to the database is held while bytes flow, and one chunk of memory for each reader, however slow. Who comes
back for the rest of a version that was replaced meanwhile (`If-Range`) gets the rest of that version while it is kept.
"""

import re
from collections.abc import AsyncIterator
from datetime import UTC
from email.utils import parsedate_to_datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.core.errors import NotFoundError, UnavailableError
from app.core.storage import Storage
from app.downloads import zips
from app.downloads.pieces import Piece, cut, fetched, unpacked
from app.downloads.queries import Kept
from app.openapi import answers

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_TAG = re.compile(r'"([0-9a-f]{64})"')
PAUSE = 15
"""Seconds after which a file that is being made again is worth another look."""


def version_asked(request: Request) -> bytes:
    """Return the hash of the version that a client has a part of; empty where it names none."""
    found = _TAG.fullmatch(request.headers.get("if-range", "").strip())
    return bytes.fromhex(found[1]) if found and "range" in request.headers else b""


async def answer(request: Request, storage: Storage, file: Kept, name: str) -> Response:
    """Answer a GET or HEAD with a file (RFC 9110, 13 and 14; one range at a time).

    Raises:
        UnavailableError: something of it was withdrawn, and it is being made again.
    """
    if not file.whole:
        raise remaking()
    etag = f'"{file.sha256.hex()}"'
    headers = {
        "ETag": etag,
        "Last-Modified": answers.http_date(file.modified_at).decode(),
        "Cache-Control": answers.PUBLISHED.decode(),
        "Accept-Ranges": "bytes",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "ETag, Content-Range, Content-Disposition",
    }
    if _unchanged(request, file, etag):
        return Response(status_code=304, headers=headers)
    start, end = 0, file.size
    asked = _RANGE.fullmatch(request.headers.get("range", "").strip())
    status = 200
    if (
        asked
        and asked[0] != "bytes=-"
        and request.headers.get("if-range", etag).strip() in _validators(file, etag)
    ):
        start, end = _bounds(asked[1], asked[2], file.size)
        if start >= end:
            return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{file.size}"})
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
        status = 206
    headers |= {
        "Content-Type": _media_type(name),
        "Content-Length": str(end - start),
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    pieces = cut(unpacked(file.pieces), start, end)
    try:
        first = await run_in_threadpool(fetched, storage, next(pieces))
    except NotFoundError as error:  # let go of between our question and now
        raise remaking() from error

    async def flow() -> AsyncIterator[bytes]:
        yield first
        for piece in pieces:
            yield await run_in_threadpool(_rest, storage, piece)

    return StreamingResponse(flow(), status_code=status, headers=headers)


def _rest(storage: Storage, piece: Piece) -> bytes:
    """Return the bytes of a piece; where they were withdrawn meanwhile the answer breaks off, short of its length."""
    return fetched(storage, piece)


def inside(storage: Storage, file: Kept, name: str) -> bytes:
    """Return what an entry of a ZIP unpacks to.

    Raises:
        UnavailableError: as `answer`.
    """
    if not file.whole:
        raise remaking()
    try:
        return zips.entries(storage, unpacked(file.pieces))[1].read(name)
    except NotFoundError as error:
        raise remaking() from error


def remaking() -> UnavailableError:
    """Return the refusal of a file of which something was withdrawn."""
    return UnavailableError(
        "Algo de este archivo se retiró de la publicación y se está haciendo de nuevo sin ello. Pídelo otra vez en unos "
        "segundos.",
        headers={"Retry-After": str(PAUSE)},
    )


def _media_type(name: str) -> str:
    return {"gz": "application/gzip", "zip": "application/zip"}.get(
        name.rpartition(".")[2], "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )


def _unchanged(request: Request, file: Kept, etag: str) -> bool:
    held = ",".join(request.headers.getlist("if-none-match"))
    if held:
        return answers.matches(held, etag.encode())
    since = request.headers.get("if-modified-since")
    if not since:
        return False
    try:
        return file.modified_at.replace(microsecond=0) <= parsedate_to_datetime(since).astimezone(UTC)
    except (ValueError, OverflowError):
        return False


def _validators(file: Kept, etag: str) -> tuple[str, str]:
    return etag, answers.http_date(file.modified_at).decode()


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """Return start and end (exclusive) of a range; equal, or the wrong way round, where it cannot be had."""
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(int(last) + 1, size) if last else size
