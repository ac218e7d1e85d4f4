"""Pages from Jinja templates: strict about missing names, escaped, Spanish first.

Shared templates live in `app/web/templates/`, a feature's in `app/<feature>/templates/<feature>/`.
A template sees the fields of its page's dataclass, plus `shell`, `here` (the path), `now`, and the
globals `ui` (every component macro), `asset` and `_`.
"""

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from gettext import NullTranslations
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from isal import igzip
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from app.core import clock
from app.web import formats
from app.web.components import STATES
from app.web.shell import shell_of
from app.web.static import APP, asset

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FILTERS = (
    formats.date_es,
    formats.long_date_es,
    formats.datetime_es,
    formats.relative,
    formats.duration,
    formats.number,
    formats.percent,
    formats.money,
    formats.file_size,
    formats.plural,
)
WORTH_PACKING = 1024


@cache
def environment() -> Environment:
    """Return the one Jinja environment, with every component macro under `ui`."""
    env = Environment(
        loader=FileSystemLoader([APP / "web" / "templates", *sorted(APP.glob("*/templates"))]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_translations(NullTranslations(), newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    env.filters |= {function.__name__: function for function in FILTERS}
    env.globals |= {"asset": asset, "states": STATES}
    env.globals["ui"] = ui = SimpleNamespace()
    for path in sorted((APP / "web" / "templates" / "components").glob("*.html")):
        macros = env.get_template(f"components/{path.name}").module
        vars(ui).update({name: value for name, value in vars(macros).items() if not name.startswith("_")})
    return env


def render(request: Request, name: str, context: "DataclassInstance") -> str:
    """Return the text of a template for this request."""
    values: dict[str, Any] = {field.name: getattr(context, field.name) for field in fields(context)}
    frame = {"shell": shell_of(request), "here": request.url.path, "now": clock.now()}
    return environment().get_template(name).render(frame | values)


def page(
    request: Request,
    name: str,
    context: "DataclassInstance",
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Answer a page, or a fragment: a fragment is the page's own partial (`portal/_list.html`).

    Args:
        request: decides shell and encoding.
        name: template, for example `portal/home.html`.
        context: frozen dataclass whose fields are all that the template may use.
        status: HTTP status.
        headers: win over the defaults (signed in: never stored; anonymous: revalidated).
    """
    body = render(request, name, context).encode()
    cached = "private, no-store" if shell_of(request).person else "no-cache"
    merged = {"Cache-Control": cached, "Vary": "Accept-Encoding, Cookie, X-Fragment", **(headers or {})}
    # No BREACH: pages carry no secret (CSRF is refused by origin, not by token).
    if len(body) > WORTH_PACKING and "gzip" in request.headers.get("accept-encoding", ""):
        body, merged["Content-Encoding"] = igzip.compress(body, 1), "gzip"
    return HTMLResponse(body, status_code=status, headers=merged)


def wants_fragment(request: Request) -> bool:
    """Tell whether the page's script asks for a part of the page (`X-Fragment`)."""
    return "x-fragment" in request.headers
