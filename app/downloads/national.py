"""The files of all tenants together: put together of the pieces of theirs, of which not one byte is made again.

A national file is given while the chains it tells of have seen no withdrawal since, as every other. What a tenant lets go of
stays stored while a national file that may be given names it (`keeping`).
"""

import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from app.core import clock, json, locks
from app.core.tables import table_of
from app.downloads import pieces
from app.downloads.composing import FOLDER, Planned
from app.downloads.keeping import Keeper
from app.downloads.models import NationalFile, NationalState
from app.downloads.pieces import Piece, joined, member
from app.downloads.shelving import KEPT, Chains, Shelf
from app.publication.chain import rfc3339
from app.tenancy.queries import TenantView

PATIENCE = timedelta(hours=1)
"""How long the nation waits for a tenant whose files are to be made again; then its own are made without."""


class _File(NamedTuple):
    """A tenant's file; attributes as of `DownloadFile`."""

    tenant_id: UUID
    name: str
    kind: str
    year: int | None
    rows: int
    unpacked: int
    pieces: bytes
    sources: list[UUID]
    withdrawals: int


_FILES: LiteralString = """
    SELECT f.tenant_id, f.name, f.kind, f.year, f.rows, f.unpacked, f.pieces, f.sources, f.withdrawals
    FROM download_file f WHERE f.replaced_at IS NULL AND f.tenant_id = ANY(:tenants) AND f.kind = ANY(:kinds)
    ORDER BY f.name"""
_STATES: LiteralString = """
    SELECT h.tenant_id, h.withdrawals, s.position, s.entry_hash, s.checked_at
    FROM chain_head h LEFT JOIN download_state s ON s.tenant_id = h.tenant_id"""

LINES = ("releases", "records")
PACKAGES = ("release-packages", "record-packages")


def refresh(keeper: Keeper, views: Sequence[TenantView]) -> bool:
    """Make the national files tell what those of the tenants tell; returns whether that was this call's to do.

    Args:
        keeper: where.
        views: the tenants whose files they are of.
    """
    with keeper.database.owner_work() as session:
        if not locks.take(session, "national downloads"):
            return False
        # Chains first: a file that saw more withdrawals than these counts say is taken for one that saw fewer, and waits.
        with keeper.database.engine("public").connect() as public:
            states = {row.tenant_id: row for row in public.execute(text(_STATES))}
            files = _files(public, views)
        counts = {one: row.withdrawals for one, row in states.items()}
        stale = {file.tenant_id for file in files if not _whole(counts, file.sources, file.withdrawals)}
        now = clock.now()
        if any(states[one].checked_at > now - PATIENCE for one in stale):
            return False
        made = [view for view in views if view.tenant_id not in stale]
        Shelf(session, keeper.storage, {}, now).renew(
            [
                (planned, Chains(sources, _sum(counts, sources)))
                for planned, told in plan(files, sorted(made, key=lambda view: view.slug), keeper.service)
                if (sources := sorted(told & counts.keys()))
            ]
        )
        for row in session.scalars(select(NationalFile).where(col(NationalFile.replaced_at).is_not(None))):
            whole = _whole(counts, row.sources, row.withdrawals)
            if not whole or (row.replaced_at and row.replaced_at <= now - KEPT):
                session.delete(row)
        told = {
            "publishers": [
                _told(view, states[view.tenant_id], whole=view in made)
                for view in views
                if view.tenant_id in states and states[view.tenant_id].checked_at
            ],
            "checked_at": now,
        }
        session.execute(
            insert(table_of(NationalState))
            .values(number=1, **told)
            .on_conflict_do_update(index_elements=["number"], set_=told)
        )
    return True


def _files(public: Connection, views: Sequence[TenantView]) -> list[_File]:
    kinds = [*LINES, *PACKAGES]
    wanted = {"tenants": [view.tenant_id for view in views], "kinds": kinds}
    return [_File._make(row) for row in public.execute(text(_FILES), wanted)]


def _sum(counts: Mapping[UUID, int], sources: Iterable[UUID]) -> int:
    return sum(counts[one] for one in sources)


def _whole(counts: Mapping[UUID, int], sources: Iterable[UUID], withdrawals: int) -> bool:
    return counts.keys() >= set(sources) and withdrawals == _sum(counts, sources)


def _told(view: TenantView, state: Row[Any], *, whole: bool) -> dict[str, Any]:
    """Return what the index says of a tenant: how far its files had come, and whether these files hold them."""
    return {
        "slug": view.slug,
        "name": view.name,
        "position": state.position,
        "hash": state.entry_hash.hex(),
        "checkedAt": rfc3339(state.checked_at),
        "included": whole,
    }


def plan(
    files: Sequence[_File], views: Sequence[TenantView], service: str
) -> Iterator[tuple[Planned, set[UUID]]]:
    """Yield the national files, each with the chains it tells of.

    Args:
        files: of the tenants, in the order of their names.
        views: whose files go into it, in this order.
        service: where its addresses start.
    """
    lines: dict[str, list[_File]] = defaultdict(list)
    of_tenant: dict[UUID, list[_File]] = defaultdict(list)
    for file in files:
        of_tenant[file.tenant_id].append(file)
    for view in views:
        for file in of_tenant[view.tenant_id]:
            if file.kind in LINES:
                lines[file.name].append(file)
            else:
                yield _package(file, view.slug, service), set(file.sources)
    for name, held in lines.items():
        parts: Iterator[Piece] = (piece for file in held for piece in pieces.unpacked(file.pieces))
        yield (
            Planned(
                name=name,
                kind=held[0].kind,
                year=held[0].year,
                rows=sum(file.rows for file in held),
                unpacked=sum(file.unpacked for file in held),
                pieces=joined(parts),
            ),
            {source for file in held for source in file.sources},
        )


def _package(file: _File, slug: str, service: str) -> Planned:
    """Return a tenant's package under its national name, which is the only thing in it that differs."""
    before, *rest = pieces.unpacked(file.pieces)
    if not isinstance(before, bytes):
        raise TypeError
    what, _, place = file.name.partition("-package-")
    year, _, number = place.partition("-")
    name = f"{what}-package-{year}-{slug}-{number}"
    opened = gzip.decompress(before)
    told = json.loads(opened + b"]}") | {"uri": f"{service}{FOLDER}/{name}"}
    opening = json.dumps(told)[: -len(b"]}")]
    return Planned(
        name=name,
        kind=file.kind,
        year=file.year,
        rows=file.rows,
        unpacked=file.unpacked + len(opening) - len(opened),
        pieces=[member(opening), *rest],
    )
