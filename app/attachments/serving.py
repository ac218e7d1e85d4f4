"""A stored file as an HTTP answer: whole, a part of it, its head only, or the word that it has not changed."""

import re
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.responses import Response

from app.attachments.content import INLINE
from app.attachments.queries import Stored
from app.core.storage import Storage

SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""Nothing in a file runs or acts as ours; Chromium's viewer of PDF lives with it (tried)."""
PUBLISHED = "public, max-age=0, must-revalidate"
PRIVATE = "private, no-store"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def answer(request: Request, storage: Storage, file: Stored, *, cache_control: str) -> Response:
    """Answer a GET or HEAD with a file (RFC 9110, 13 and 14; one range at a time).

    Args:
        request: with its conditions.
        storage: where the bytes are.
        file: what is served; its bytes never change.
        cache_control: who may keep it.

    Raises:
        NotFoundError: the store has lost it.
    """
    etag = f'"{file.sha256.hex()}"'
    headers = {
        "ETag": etag,
        "Cache-Control": cache_control,
        "Accept-Ranges": "bytes",
        "Content-Disposition": _disposition(file),
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
    }
    if cache_control == PUBLISHED:
        headers["Access-Control-Allow-Origin"] = "*"
    if _holds(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    start, end = 0, file.size_bytes
    asked = _RANGE.fullmatch(request.headers.get("range", "").strip())
    partial = asked is not None and request.headers.get("if-range", etag) == etag and asked[0] != "bytes=-"
    if asked is not None and partial:
        start, end = _bounds(asked[1], asked[2], file.size_bytes)
        if start >= end:
            headers["Content-Range"] = f"bytes */{file.size_bytes}"
            return Response(status_code=416, headers=headers)
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size_bytes}"
    status = 206 if partial else 200
    headers["Content-Type"] = file.media_type
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    return StreamingResponse(storage.read(file.storage_key, start, end), status_code=status, headers=headers)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """Return start and end (exclusive) of a range; equal, or the wrong way round, where it cannot be had."""
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(int(last) + 1, size) if last else size


def _holds(if_none_match: str, etag: str) -> bool:
    held = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    return any(tag in ("*", etag) for tag in held)


def _disposition(file: Stored) -> str:
    """Say how to show it and how it is called, also to who reads ASCII only (RFC 6266)."""
    how = "inline" if file.media_type.partition(";")[0] in INLINE else "attachment"
    plain = re.sub(r"[^ !#-\[\]-~]", "_", file.file_name)
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(file.file_name, safe='')}"
