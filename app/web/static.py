"""Styles and scripts, served from the package under names that carry the hash of their content.

`app.css` is put together once, in layer order, from `app/web/static/*.css` and then from every feature's
`app/<feature>/static/*.css` (all in the layer `pages`). Scripts stay one file each: `app.js` from here,
`<feature>/<name>.js` from a feature.
"""

import hashlib
import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from isal import igzip
from starlette.requests import Request
from starlette.responses import Response

from app.core.errors import NotFoundError

APP = Path(__file__).parent.parent
HERE = Path(__file__).parent / "static"
LAYERS = ("reset", "tokens", "base", "components", "pages")
SERVED = {".js", ".svg", ".png", ".ico", ".webp"}
FOREVER = "public, max-age=31536000, immutable"
HASHED = re.compile(r"^(?P<stem>.+)\.(?P<hash>[0-9a-f]{10})(?P<suffix>\.\w+)$")

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Asset:
    """One file as served: its bytes, the same gzipped, its media type and its address."""

    body: bytes
    packed: bytes
    media_type: str
    url: str


def stylesheet() -> str:
    """Return the whole `app.css`: the layers in order, each file inside its own."""
    parts = [f"@layer {', '.join(LAYERS)};\n"]
    parts += [f"@layer {layer} {{\n{(HERE / f'{layer}.css').read_text('utf-8')}}}\n" for layer in LAYERS]
    parts += [
        f"@layer pages {{\n{path.read_text('utf-8')}}}\n"
        for path in sorted(APP.glob("*/static/*.css"))
        if path.parent != HERE
    ]
    return "".join(parts)


def _sources() -> Iterator[tuple[str, bytes]]:
    yield "app.css", stylesheet().encode()
    for path in sorted(APP.glob("*/static/*")):
        if path.suffix in SERVED:
            name = path.name if path.parent == HERE else f"{path.parent.parent.name}/{path.name}"
            yield name, path.read_bytes()


@cache
def assets() -> dict[str, Asset]:
    """Return every asset by its plain name, for example `app.css` or `portal/map.js`."""
    found = {}
    for name, body in _sources():
        stem, dot, suffix = name.rpartition(".")
        digest = hashlib.sha256(body).hexdigest()[:10]
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        packed = igzip.compress(body, 3)
        found[name] = Asset(body, packed, media_type, f"/static/{stem}.{digest}{dot}{suffix}")
    return found


def asset(name: str) -> str:
    """Return the address of an asset (a filter-like global in templates); KeyError when it does not exist."""
    return assets()[name].url


@router.api_route("/static/{path:path}", methods=["GET", "HEAD"])
async def serve(request: Request, path: str) -> Response:
    """Answer an asset; a name with an older hash gets today's bytes, uncached, so no page loses its style."""
    match = HASHED.match(path)
    found = assets().get(f"{match['stem']}{match['suffix']}") if match else None
    if found is None:
        raise NotFoundError
    headers = {
        "Cache-Control": FOREVER if request.url.path == found.url else "no-cache",
        "Vary": "Accept-Encoding",
    }
    body = found.body
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = found.packed, "gzip"
    return Response(body, media_type=found.media_type, headers=headers)
