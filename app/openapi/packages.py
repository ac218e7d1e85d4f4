"""Packages around stored bytes: releases and compiled releases are joined into them as they are, never parsed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson

from app.ocds.schema import EXTENSIONS
from app.openapi.addresses import PROFILE, Roots
from app.openapi.queries import RecordRow
from app.publication.chain import rfc3339
from app.tenancy.queries import TenantView

VERSION = "1.1"
PAGINATION = "https://raw.githubusercontent.com/open-contracting-extensions/ocds_pagination_extension/master/extension.json"
"""Name of the extension that explains `links`; like every extension address here, never fetched."""
_DECLARED = [*(extension.url for extension in EXTENSIONS), PAGINATION]


def head(
    uri: str, view: TenantView, roots: Roots, published: datetime, *, next_page: str | None = None
) -> dict[str, Any]:
    """Return what every package says before its list.

    Args:
        uri: address of the package itself.
        view: the tenant that publishes.
        roots: where its addresses start.
        published: when the newest element of the list was published.
        next_page: absolute address of what follows.
    """
    told: dict[str, Any] = {
        "uri": uri,
        "version": VERSION,
        "extensions": [*_DECLARED, roots.service + PROFILE],
        "publishedDate": rfc3339(published),
        "publisher": {"name": view.name, "uri": f"{roots.tenant}/"},
    }
    if view.licence.startswith(
        ("http://", "https://")
    ):  # the field is an address; a bare name does not fit it
        told["license"] = view.licence
    if view.policy_url:
        told["publicationPolicy"] = view.policy_url
    if next_page is not None:
        told["links"] = {"next": next_page}
    return told


def release_package(told: dict[str, Any], bodies: Iterable[bytes]) -> bytes:
    """Return a release package of stored releases."""
    return b"".join((orjson.dumps(told)[:-1], b',"releases":[', b",".join(bodies), b"]}"))


def record_package(told: dict[str, Any], records: Iterable[bytes]) -> bytes:
    """Return a record package of records made by `record`."""
    return b"".join((orjson.dumps(told)[:-1], b',"records":[', b",".join(records), b"]}"))


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
            "url": roots.linked_release(row.ocid, link.release_id),
            "date": rfc3339(link.date),
            "tag": link.tag,
        }
        for link in row.releases
    ]
