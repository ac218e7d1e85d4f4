"""The list of a tenant's files as JSON, and their sums as the usual programs check them."""

from collections.abc import Iterable
from typing import Any

from app.downloads import composing
from app.downloads.composing import FOLDER
from app.downloads.queries import Listed, Standing
from app.openapi import signed
from app.openapi.addresses import Roots
from app.publication.chain import rfc3339
from app.tenancy.queries import TenantView

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
        "files": [
            {
                "name": file.name,
                "url": f"{roots.tenant}{FOLDER}/{file.name}",
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
        ],
    }


def sums(files: Iterable[Listed], which: str) -> bytes:
    """Return the sums of files, a line each."""
    return "".join(f"{getattr(file, which).hex()}  {file.name}\n" for file in files).encode()
