"""Packages around stored bytes: releases and compiled releases are joined into them as they are, never parsed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from app.ocds.schema import EXTENSIONS
from app.openapi.addresses import PROFILE, Roots
from app.openapi.queries import RecordRow
from app.openapi.signed import told as told_head
from app.publication.chain import rfc3339
from app.tenancy.queries import SignedHead, TenantView

VERSION = "1.1"
PAGINATION = "https://raw.githubusercontent.com/open-contracting-extensions/ocds_pagination_extension/master/extension.json"
"""Name of the extension that explains `links`; like every extension address here, never fetched."""
_DECLARED = [*(extension.url for extension in EXTENSIONS), PAGINATION]


class Publisher(NamedTuple):
    """Who publishes, under which terms, and the last signed head of its chain; what is empty is not said."""

    name: str
    licence: str = ""
    policy_url: str = ""
    signed: SignedHead | None = None


def head(
    uri: str,
    publisher: Publisher,
    roots: Roots,
    published: datetime,
    *,
    links: Mapping[str, str] | None = None,
    total: int | None = None,
) -> bytes:
    """Return what a package says before its list: an object still open.

    Args:
        uri: address of the package itself.
        publisher: who publishes.
        roots: where its addresses start.
        published: when the newest element of the list was published.
        links: absolute addresses of the pages beside this one, `next` and `prev`.
        total: how many elements there are on all pages.
    """
    told: dict[str, Any] = {"uri": uri, "publishedDate": rfc3339(published)}
    if links:
        told["links"] = links
    if total is not None:
        told["total"] = total
    return orjson.dumps(told)[:-1] + _publisher(publisher, roots)


@lru_cache(maxsize=256)
def _publisher(publisher: Publisher, roots: Roots) -> bytes:
    """Return what all packages of a tenant say alike, as members that follow others."""
    told: dict[str, Any] = {
        "version": VERSION,
        "extensions": [*_DECLARED, roots.service + PROFILE],
        "publisher": {"name": publisher.name, "uri": f"{roots.tenant}/"},
    }
    if publisher.licence.startswith(
        ("http://", "https://")
    ):  # the field is an address; a bare name does not fit it
        told["license"] = publisher.licence
    if publisher.policy_url:
        told["publicationPolicy"] = publisher.policy_url
    if publisher.signed:
        told["signedHead"] = told_head(publisher.signed, roots)
    return b"," + orjson.dumps(told)[1:-1]


def publisher_of(view: TenantView, roots: Roots) -> Publisher:
    """Return the publisher of a tenant's packages."""
    return Publisher(view.name, view.licence, view.policy_url or f"{roots.tenant}/politica", view.head)


def release_package(told: bytes, bodies: Iterable[bytes]) -> bytes:
    """Return a release package of stored releases, behind what `head` told."""
    return b"".join(release_pieces(told, bodies))


def release_pieces(told: bytes, bodies: Iterable[bytes]) -> list[bytes]:
    """Return what `release_package` would, in pieces: megabytes need not be copied into one."""
    return _pieces(told, b',"releases":[', bodies)


def record_package(told: bytes, records: Iterable[bytes]) -> bytes:
    """Return a record package of records made by `record`, behind what `head` told."""
    return b"".join(record_pieces(told, records))


def record_pieces(told: bytes, records: Iterable[bytes]) -> list[bytes]:
    """Return what `record_package` would, as `release_pieces`."""
    return _pieces(told, b',"records":[', records)


def _pieces(told: bytes, opening: bytes, bodies: Iterable[bytes]) -> list[bytes]:
    pieces = [told, opening]
    for body in bodies:
        pieces += (body, b",")
    if pieces[-1] == b",":
        pieces.pop()
    pieces.append(b"]}")
    return pieces


def record(row: RecordRow, roots: Roots, versioned: bytes | None = None) -> bytes:
    """Return one record: links to its releases, the compiled release, the versioned one where it was asked."""
    opening = orjson.dumps({"ocid": row.ocid, "releases": _linked(row, roots)})[:-1]
    pieces: Sequence[bytes] = (opening, b',"compiledRelease":', row.compiled)
    if versioned is not None:
        pieces = (*pieces, b',"versionedRelease":', versioned)
    return b"".join((*pieces, b"}"))


def _linked(row: RecordRow, roots: Roots) -> list[dict[str, Any]]:
    return [
        {
            "url": roots.of(link.slug).linked_release(row.ocid, link.release_id),
            "date": rfc3339(link.date),
            "tag": link.tag,
        }
        for link in row.releases
    ]
