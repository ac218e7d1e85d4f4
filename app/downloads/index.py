"""The list of a tenant's files, and of the nation's, as JSON, and their sums as the usual programs check them."""

from collections.abc import Iterable
from typing import Any

from app.downloads import composing
from app.downloads.composing import FOLDER
from app.downloads.queries import Listed, Nation, Standing
from app.openapi import signed
from app.openapi.addresses import Roots
from app.publication.chain import rfc3339
from app.tenancy.queries import SignedHead, TenantView

INDEX = "indice.json"
SUMS = {"SHA256SUMS": "sha256", "MD5SUMS": "md5"}
"""File of sums → which of them it holds; its lines are what `sha256sum -c` and `md5sum -c` read."""


def index(
    view: TenantView, roots: Roots, standing: Standing | None, files: Iterable[Listed]
) -> dict[str, Any]:
    """Return what the index says: who publishes, up to where of the chain the files go, and every file."""
    return {
        "uri": f"{roots.tenant}{FOLDER}/{INDEX}",
        "title": f"Descargas de {view.known_as}",
        "publisher": {"name": view.name, "uri": f"{roots.tenant}/"},
        "license": view.licence or None,
        "publicationPolicy": view.policy_url or f"{roots.tenant}/politica",
        "chain": {"position": standing.position, "hash": standing.entry_hash.hex()} if standing else None,
        "signedHead": signed.told(view.head, roots) if view.head else None,
        "checkedAt": rfc3339(standing.checked_at) if standing else None,
        "files": _told(files, roots.tenant),
    }


def national(
    name: str, service: str, signed_head: SignedHead | None, nation: Nation | None, files: Iterable[Listed]
) -> dict[str, Any]:
    """Return what the index of all tenants together says: how far each one's files go, and every file.

    Args:
        name: of the national body.
        service: where its addresses start.
        signed_head: the one that names those of all tenants.
        nation: how far the files have come.
        files: all of them.
    """
    roots = Roots(service, service)
    return {
        "uri": f"{service}{FOLDER}/{INDEX}",
        "title": "Descargas de todos los organismos",
        "publisher": {"name": name, "uri": f"{service}/"},
        "publishers": [
            {**one, "downloads": f"{service}/{one['slug']}{FOLDER}/{INDEX}"}
            for one in (nation.publishers if nation else ())
        ],
        "signedHead": signed.told(signed_head, roots) if signed_head else None,
        "checkedAt": rfc3339(nation.checked_at) if nation else None,
        "files": _told(files, service),
    }


def _told(files: Iterable[Listed], root: str) -> list[dict[str, Any]]:
    return [
        {
            "name": file.name,
            "url": f"{root}{FOLDER}/{file.name}",
            "kind": file.kind,
            "title": composing.KINDS[file.kind],
            "year": file.year,
            "rows": file.rows,
            "bytes": file.size,
            "unpackedBytes": file.unpacked,
            "sha256": file.sha256.hex(),
            "md5": file.md5.hex(),
            "modified": rfc3339(file.modified_at),
            "available": file.whole,
        }
        for file in files
    ]


def sums(files: Iterable[Listed], which: str) -> bytes:
    """Return the sums of files, a line each."""
    return "".join(f"{getattr(file, which).hex()}  {file.name}\n" for file in files).encode()
