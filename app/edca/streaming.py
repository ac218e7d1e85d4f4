"""The processes of years as one answer that is never whole in memory.

Each step reads some processes and gives the connection back before it sends them: whoever reads slowly holds nothing but
those bytes. Compressing happens in a thread, where it stops nobody.
"""

from collections.abc import AsyncIterator, Iterable
from functools import partial
from urllib.parse import quote

from isal import isal_zlib
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.edca import queries
from app.edca.queries import Asked, Dated
from app.openapi import answers, packages
from app.openapi.addresses import Roots
from app.openapi.reader import PublicReader
from app.tenancy.queries import TenantView

_LEVEL = 0
"""Of `isal`: the fastest, which still packs releases to a sixth."""
_GZIP = 31
_OPENING, _CLOSING = b'{"arrayReleasePackage":[', b"]}"

Found = dict[str, list[Dated]]


def address(roots: Roots, form: str, ocid: str) -> str:
    """Return the old address of a process in a form, `release-package` for one."""
    return f"{roots.tenant}/{form}/{quote(ocid, safe='')}"


def package(view: TenantView, roots: Roots, uri: str, releases: list[Dated]) -> bytes:
    """Return a release package of releases of one process, the newest first."""
    told = packages.head(uri, packages.publisher_of(view, roots), roots, releases[0].date)
    return packages.release_package(told, (one.body for one in releases))


async def respond(
    request: Request, reader: PublicReader, view: TenantView, roots: Roots, asked: Asked
) -> Response:
    """Answer with a package of every process that was asked for; the first are read before it begins."""
    gzip = answers.accepts_gzip(",".join(request.headers.getlist("accept-encoding")))
    steps = _steps(reader, view, asked)
    first: Found = await anext(steps, {})  # what fails here is refused in words
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", answers.PUBLISHED),
        (b"vary", b"Accept-Encoding"),
        *answers.OPEN_TO_ALL,
    ]
    if gzip:
        headers.append((b"content-encoding", b"gzip"))
    if request.method == "HEAD":
        return answers.raw_response(200, headers)
    told = _told(first, steps, partial(_packages, view, roots))
    response = StreamingResponse(_packed(told) if gzip else told)
    response.raw_headers = headers
    return response


async def _steps(reader: PublicReader, view: TenantView, asked: Asked) -> AsyncIterator[Found]:
    for year in asked.years or (None,):
        after = ""
        while True:
            async with reader.reading() as connection:
                found = await queries.some(connection, view.tenant_id, asked, year, after)
            if not found:
                break
            yield found
            after = next(reversed(found))


def _packages(view: TenantView, roots: Roots, found: Found) -> bytes:
    made: Iterable[bytes] = (
        package(view, roots, address(roots, "release-package-all", ocid), releases)
        for ocid, releases in found.items()
    )
    return b",".join(made)


async def _told(first: Found, steps: AsyncIterator[Found], made: "partial[bytes]") -> AsyncIterator[bytes]:
    yield _OPENING + made(first)
    async for found in steps:
        yield b"," + made(found)
    yield _CLOSING


async def _packed(told: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _GZIP)
    async for piece in told:
        if packed := await run_in_threadpool(packer.compress, piece):
            yield packed
    yield packer.flush()
