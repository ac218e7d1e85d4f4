"""Feeds for people's readers: the processes of a tenant, or of a search, as Atom (RFC 4287) and JSON Feed 1.1.

An entry is a process, by its newest release; a further release brings it back to the top. Older entries follow by
`next` (RFC 5005, section 3) and not as archives, which may not change: what is withdrawn leaves every page.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, LiteralString, NamedTuple
from urllib.parse import quote, urlencode
from uuid import NAMESPACE_URL, UUID, uuid5
from xml.sax.saxutils import escape, quoteattr

import orjson

from app.ocds import codelists
from app.openapi import filtering, signed
from app.openapi.addresses import Roots
from app.openapi.filtering import Found
from app.openapi.parameters import ListQuery
from app.openapi.queries import AFTER_ALL, Connection, Span
from app.publication.chain import rfc3339
from app.tenancy.queries import TenantView
from app.web import formats

ENTRIES = 50
MOST_SUPPLIERS = 5
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed without entries was updated, which Atom demands to be said."""

CHAIN_NAMESPACE = "urn:contrataciones-abiertas:cadena:1"
"""Of the signed head in Atom; docs/verificar.md."""

STAGES = {
    "planning": "planeación",
    "tender": "licitación",
    "award": "adjudicación",
    "contract": "contrato",
    "implementation": "ejecución",
}


class Entry(NamedTuple):
    """A published process; `release_id` is None where its newest release stands in another tenant's chain."""

    ocid: str
    position: int
    date: datetime
    title: str
    stage: str
    method: str
    amount: Decimal | None
    currency: str
    suppliers: list[str]
    sujeto_name: str
    release_id: str | None

    @property
    def identity(self) -> str:
        """A name that stays, whatever host the process is read at and whoever publishes it."""
        return f"urn:uuid:{uuid5(NAMESPACE_URL, f'ocid:{self.ocid}')}"

    @property
    def headline(self) -> str:
        """Its title, or what stands for it."""
        return self.title or self.ocid

    @property
    def summary(self) -> str:
        """Who buys, how, how far it is, for how much and from whom, in Spanish."""
        said = [self.sujeto_name]
        if self.method:
            said.append(codelists.label("method", self.method))
        if self.stage:
            said.append(f"Etapa: {STAGES.get(self.stage, self.stage)}")
        if self.amount is not None:
            said.append(f"Monto: {formats.money(self.amount, self.currency or None)}")
        if self.suppliers:
            more = len(self.suppliers) - MOST_SUPPLIERS
            named = ", ".join(self.suppliers[:MOST_SUPPLIERS]) + (f" y {more} más" if more > 0 else "")
            said.append(f"Proveedores: {named}")
        return ". ".join(text.rstrip(".") for text in said) + "."


@dataclass(frozen=True, slots=True)
class Feed:
    """A page of a feed.

    Attributes:
        address: of the feed without a cursor, with its filters.
        here: of this page.
        following: of the page of older entries, if there is one.
    """

    view: TenantView
    roots: Roots
    title: str
    address: str
    here: str
    following: str | None
    entries: list[Entry]

    @property
    def updated(self) -> datetime:
        """When its newest entry was."""
        return max((entry.date for entry in self.entries), default=NEVER)

    def page_of(self, entry: Entry) -> str:
        """Return the address of the portal's page of a process."""
        return f"{self.roots.tenant}/procesos/{quote(entry.ocid, safe='')}"

    def data_of(self, entry: Entry) -> str:
        """Return the address of the newest release, or of the record where that is in another tenant's chain."""
        if entry.release_id is None:
            return self.roots.records(entry.ocid)
        return self.roots.releases(entry.ocid, entry.release_id)


_NEWEST: LiteralString = """
    SELECT position FROM record WHERE tenant_id = %(tenant)s AND position < %(high)s
    ORDER BY position DESC LIMIT %(limit)s"""

_ENTRIES: LiteralString = """
    SELECT c.ocid, c.position, c.date, f.title, f.stage, f.method, f.amount, f.currency, f.suppliers, s.name,
           CASE r.kind WHEN 'release' THEN r.release_id END
    FROM record c
    JOIN process_facet f ON f.tenant_id = c.tenant_id AND f.ocid = c.ocid
    JOIN sujeto_obligado s ON s.tenant_id = f.tenant_id AND s.sujeto_obligado_id = f.sujeto_obligado_id
    JOIN release r ON r.tenant_id = c.tenant_id AND r.position = c.position
    WHERE c.tenant_id = %s AND c.position = ANY(%s)
    ORDER BY c.position DESC"""


async def read(connection: Connection, tenant_id: UUID, asked: ListQuery) -> tuple[list[Entry], int | None]:
    """Return a page of entries, the newest first, and the position that the next page stays below, if there is one."""
    span = Span(0, AFTER_ALL if asked.cursor is None else asked.cursor, ENTRIES, down=True)
    if asked.filters is None:
        cursor = await connection.execute(_NEWEST, span.told(tenant_id))
        found = Found([row[0] for row in await cursor.fetchall()], None)
    else:
        found = await filtering.records(connection, tenant_id, span, asked.filters)
    if not found.positions:
        return [], found.edge
    rows = await (await connection.execute(_ENTRIES, (tenant_id, found.positions))).fetchall()
    full = len(found.positions) == ENTRIES
    return [Entry._make(row) for row in rows], found.positions[-1] if full else found.edge


def address_of(path: str, asked: ListQuery, cursor: str | None = None) -> str:
    """Return the address of a feed with its filters, at a cursor if one is given."""
    told = dict(asked.written) | ({"cursor": cursor} if cursor else {})
    return f"{path}?{urlencode(told)}" if told else path


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 forbids (section 2.2)."""


def atom(feed: Feed) -> bytes:
    """Return the page as Atom."""
    links = [("self", feed.here), ("first", feed.address), ("alternate", f"{feed.roots.tenant}/procesos")]
    if feed.following is not None:
        links.append(("next", feed.following))
    head = (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="es-MX">'
        f"<id>{escape(feed.address)}</id><title>{escape(feed.title)}</title>"
        f"<updated>{rfc3339(feed.updated)}</updated><author><name>{escape(feed.view.name)}</name></author>"
    )
    told = "".join(f"<link rel={quoteattr(rel)} href={quoteattr(href)}/>" for rel, href in links)
    entries = "".join(_atom_entry(feed, entry) for entry in feed.entries)
    return _NOT_XML.sub("", f"{head}{told}{_atom_head(feed)}{entries}</feed>").encode()


def _atom_head(feed: Feed) -> str:
    """Return the last signed head as an extension element (RFC 4287, section 6.4)."""
    if feed.view.head is None:
        return ""
    said = signed.told(feed.view.head, feed.roots)
    given = " ".join(f"{name}={quoteattr(said[name])}" for name in ("signature", "key", "others"))
    return f'<ca:signedHead xmlns:ca="{CHAIN_NAMESPACE}" {given}>{escape(said["head"])}</ca:signedHead>'


def _atom_entry(feed: Feed, entry: Entry) -> str:
    terms = "".join(f"<category term={quoteattr(term)}/>" for term in (entry.stage, entry.method) if term)
    return (
        f"<entry><id>{entry.identity}</id><title>{escape(entry.headline)}</title>"
        f"<updated>{rfc3339(entry.date)}</updated>"
        f'<link rel="alternate" type="text/html" href={quoteattr(feed.page_of(entry))}/>'
        f'<link rel="related" type="application/json" href={quoteattr(feed.data_of(entry))}/>'
        f"{terms}<summary>{escape(entry.summary)}</summary></entry>"
    )


def json_feed(feed: Feed) -> bytes:
    """Return the page as JSON Feed."""
    told: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": f"{feed.roots.tenant}/procesos",
        "feed_url": feed.address,
        "language": "es-MX",
        "authors": [{"name": feed.view.name, "url": f"{feed.roots.tenant}/"}],
    }
    if feed.following is not None:
        told["next_url"] = feed.following
    if feed.view.head is not None:
        told["_signedHead"] = signed.told(feed.view.head, feed.roots)
    told["items"] = [_item(feed, entry) for entry in feed.entries]
    return orjson.dumps(told)


def _item(feed: Feed, entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.identity,
        "url": feed.page_of(entry),
        "external_url": feed.data_of(entry),
        "title": entry.headline,
        "content_text": entry.summary,
        "date_modified": rfc3339(entry.date),
        "tags": [term for term in (entry.stage, entry.method) if term],
    }


Writer = Callable[[Feed], bytes]
WRITERS: Sequence[tuple[str, bytes, Writer]] = (
    ("/feed.atom", b"application/atom+xml; charset=utf-8", atom),
    ("/feed.json", b"application/feed+json; charset=utf-8", json_feed),
)
"""How a feed may be asked for: what ends its address, its media type, and what writes it."""
