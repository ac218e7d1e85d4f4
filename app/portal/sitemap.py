"""What crawlers read: robots.txt and maps of the published processes, in stretches of the chain of bounded length."""

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import quote
from xml.sax.saxutils import escape

STRETCH = 10_000
"""Places of the chain that one map covers, and so at most its addresses (the protocol allows 50,000)."""

_NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_INNER = ("entrar", "cuenta")


def robots(root: str) -> str:
    """Return robots.txt: everything is public but the door."""
    refused = "".join(f"Disallow: /{segment}\n" for segment in _INNER)
    return f"User-agent: *\n{refused}Sitemap: {root}/sitemap.xml\n"


def index(tenants: Iterable[tuple[str, int]]) -> str:
    """Return the index of maps.

    Args:
        tenants: where the addresses of each start, and where its chain ends.
    """
    maps = "".join(
        f"<sitemap><loc>{escape(root)}/sitemap.xml?despues={after}</loc></sitemap>"
        for root, end in tenants
        for after in range(0, end, STRETCH)
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><sitemapindex {_NAMESPACE}>{maps}</sitemapindex>'


def urls(root: str, rows: Iterable[tuple[str, datetime]]) -> str:
    """Return one map: the address of each process and when it last changed."""
    told = "".join(
        f"<url><loc>{escape(root)}/procesos/{quote(ocid, safe='')}</loc>"
        f"<lastmod>{date.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</lastmod></url>"
        for ocid, date in rows
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset {_NAMESPACE}>{told}</urlset>'
