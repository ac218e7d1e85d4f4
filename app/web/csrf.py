"""Cross-site request forgery refused by what the browser itself says, without tokens in the forms.

The algorithm is that of Go 1.25's CrossOriginProtection: `Sec-Fetch-Site` decides; where a browser does
not send it (plain http, old), `Origin` must name the host that was asked; a request with neither does not
come from a browser's page, so no foreign page made it.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_cross_site(method: str, headers: Headers) -> bool:
    """Tell whether a request that may change something was made by a page of another site."""
    if method in SAFE_METHODS:
        return False
    # A bearer token is put there by a program: no page can make a browser add one by itself.
    if headers.get("authorization", "").lower().startswith("bearer ") and "cookie" not in headers:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return False
    try:
        host = urlsplit(origin).netloc
    except ValueError:
        return True
    return host.lower() != headers.get("host", "").lower()
