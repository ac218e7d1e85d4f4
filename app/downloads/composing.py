"""Which files there are, and of which pieces each consists: a function of the blocks and of who publishes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.downloads.blocks import Part
from app.downloads.pieces import Piece, Stretch, joined, length, member
from app.openapi.addresses import Roots
from app.openapi.packages import head, publisher_of
from app.tenancy.queries import TenantView

FOLDER = "/descargas"
"""Where the files stand, below a tenant's root or the service's."""

KINDS = {
    "releases": "Entregas, una por renglón (JSON lines)",
    "records": "Registros, uno por renglón (JSON lines)",
    "release-packages": "Paquetes de entregas (JSON)",
    "record-packages": "Paquetes de registros (JSON)",
    "csv": "Entregas en tablas (ZIP de CSV en UTF-8)",
    "csv-bom": "Entregas en tablas (ZIP de CSV para Excel, con BOM)",
    "xlsx": "Entregas en tablas (libro de Excel)",
}
"""What files hold → in words."""
TABLES = {"csv": "-csv.zip", "csv-bom": "-csv-bom.zip", "xlsx": ".xlsx"}
"""Kinds made of a file of releases → how their names end."""
GZIP = "application/gzip"


@dataclass(frozen=True, slots=True)
class Planned:
    """A file before its sums are known; attributes as of `app.downloads.models.DownloadFile`."""

    name: str
    kind: str
    year: int | None
    rows: int
    unpacked: int
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Placed:
    """A part of a block, and in which object it lies."""

    block: int
    storage_key: str
    part: Part

    @property
    def stretch(self) -> Stretch:
        """Its bytes."""
        return Stretch(self.storage_key, self.part.start, self.part.end)


def placed(block: int, storage_key: str, parts: Iterable[dict[str, Any]]) -> list[Placed]:
    """Return the parts of a block as its row tells them."""
    return [Placed(block, storage_key, Part(**part)) for part in parts]


def plan(parts: Sequence[Placed], view: TenantView, roots: Roots) -> Iterator[Planned]:
    """Yield the files of a tenant.

    Args:
        parts: of all its blocks, in the order of the chain.
        view: who publishes.
        roots: where its addresses start.
    """
    for kind in ("releases", "records"):
        mine = [one for one in parts if one.part.kind == kind]
        years = sorted({one.part.year for one in mine})
        for year in (None, *years) if mine else ():
            yield _lines(kind, year, [one for one in mine if year in (None, one.part.year)])
        for one in parts:
            if one.part.kind == f"{kind[:-1]}-packages":
                yield _package(kind, one, view, roots)


def _lines(kind: str, year: int | None, parts: list[Placed]) -> Planned:
    return Planned(
        name=f"{kind}{'' if year is None else f'-{year}'}.jsonl.gz",
        kind=kind,
        year=year,
        rows=sum(one.part.rows for one in parts),
        unpacked=sum(one.part.unpacked for one in parts),
        pieces=joined(one.stretch for one in parts),
    )


def _package(kind: str, one: Placed, view: TenantView, roots: Roots) -> Planned:
    part = one.part
    suffix = f"-{part.number + 1}" if part.number else ""
    name = f"{kind[:-1]}-package-{part.year}-{one.block + 1:05}{suffix}.json.gz"
    told = head(
        f"{roots.tenant}{FOLDER}/{name}", publisher_of(view, roots), roots, datetime.fromisoformat(part.last)
    )
    opening, end = told + f',"{kind}":['.encode(), b"]}\n"
    return Planned(
        name=name,
        kind=part.kind,
        year=part.year,
        rows=part.rows,
        unpacked=len(opening) + part.unpacked + len(end),
        pieces=[member(opening), one.stretch, member(end)],
    )


def size(planned: Planned) -> int:
    """Return the bytes of a file."""
    return sum(map(length, planned.pieces))
