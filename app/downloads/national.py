"""The files of all tenants together: put together of the pieces of theirs, of which not one byte is made again.

A national file is given while the chains it tells of have seen no withdrawal since, as every other. What a tenant lets go of
stays stored while a national file that may be given names it (`keeping`).
"""

import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from app.core import clock, json, locks
from app.core.tables import table_of
from app.downloads import pieces, tables, zips
from app.downloads.composing import FOLDER, Planned
from app.downloads.keeping import Keeper
from app.downloads.models import NationalFile, NationalState
from app.downloads.pieces import Piece, joined, length, member
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
    FROM download_file f WHERE f.replaced_at IS NULL AND f.tenant_id = ANY(:tenants)
    ORDER BY f.name"""
_STATES: LiteralString = """
    SELECT h.tenant_id, h.withdrawals, s.position, s.entry_hash, s.checked_at
    FROM chain_head h LEFT JOIN download_state s ON s.tenant_id = h.tenant_id"""

LINES = ("releases", "records")
PACKAGES = ("release-packages", "record-packages")
ZIPS = ("csv", "csv-bom")


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
        now = clock.now()
        waiting = {view.tenant_id for view in views if _recent(states.get(view.tenant_id), now)}
        plan = _Plan(keeper, views)
        for file in files:
            whole = _whole(counts, file.sources, file.withdrawals)
            plan.add(file, whole=whole, waits=not whole and file.tenant_id in waiting)
        Shelf(session, keeper.storage, {}, now).renew(
            [
                (planned, Chains(chains, _sum(counts, chains)))
                for planned, sources in plan.files()
                if (chains := sorted(sources))
            ],
            plan.left,
        )
        for row in session.scalars(select(NationalFile).where(col(NationalFile.replaced_at).is_not(None))):
            whole = _whole(counts, row.sources, row.withdrawals)
            if not whole or (row.replaced_at and row.replaced_at <= now - KEPT):
                session.delete(row)
        told = {
            "publishers": [
                _told(view, states[view.tenant_id], included=view.tenant_id not in plan.without)
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
    wanted = {"tenants": [view.tenant_id for view in views]}
    return [_File._make(row) for row in public.execute(text(_FILES), wanted)]


def _sum(counts: Mapping[UUID, int], sources: Iterable[UUID]) -> int:
    return sum(counts[one] for one in sources)


def _whole(counts: Mapping[UUID, int], sources: Iterable[UUID], withdrawals: int) -> bool:
    return counts.keys() >= set(sources) and withdrawals == _sum(counts, sources)


def _told(view: TenantView, state: Row[Any], *, included: bool) -> dict[str, Any]:
    """Return what the index says of a tenant: how far its files had come, and whether these files hold them."""
    return {
        "slug": view.slug,
        "name": view.name,
        "position": state.position,
        "hash": state.entry_hash.hex(),
        "checkedAt": rfc3339(state.checked_at),
        "included": included,
    }


def _recent(state: Row[Any] | None, now: datetime) -> bool:
    return bool(state and state.checked_at and state.checked_at > now - PATIENCE)


class _Plan:
    """The national files on their way.

    Attributes:
        left: names of files that wait for a tenant's to be made again, and stay as they are.
        without: tenants that were waited for long enough.
    """

    def __init__(self, keeper: Keeper, views: Sequence[TenantView]) -> None:
        self._keeper = keeper
        self._slugs = {view.tenant_id: view.slug for view in views}
        self._held: dict[str, list[_File]] = defaultdict(list)
        self.left: set[str] = set()
        self.without: set[UUID] = set()

    def add(self, file: _File, *, whole: bool, waits: bool) -> None:
        """Add a tenant's file, or what waits for it."""
        name = _named(file, self._slugs[file.tenant_id])
        if whole:
            self._held[name].append(file)
        elif waits:
            self.left.add(name)
        else:
            self.without.add(file.tenant_id)

    def files(self) -> Iterator[tuple[Planned, set[UUID]]]:
        """Yield the national files, each with the chains it tells of."""
        for name, held in self._held.items():
            if name in self.left:
                continue
            held.sort(key=lambda file: self._slugs[file.tenant_id])
            if held[0].kind in PACKAGES:
                told = _package(held[0], name, self._keeper.service)
            else:
                told = self._joined(name, held)
            yield told, {source for file in held for source in file.sources}

    def _joined(self, name: str, held: list[_File]) -> Planned:
        if held[0].kind in ZIPS:
            made = self._zip(held)
        else:
            made = joined(piece for file in held for piece in pieces.unpacked(file.pieces))
        lines = held[0].kind in LINES
        return Planned(
            name=name,
            kind=held[0].kind,
            year=held[0].year,
            rows=sum(file.rows for file in held),
            unpacked=sum(file.unpacked for file in held) if lines else sum(map(length, made)),
            pieces=made,
        )

    def _zip(self, held: list[_File]) -> list[Piece]:
        """Return a ZIP with a folder for each tenant, and one description of all tables."""
        found: list[zips.Entry] = []
        resources: list[dict[str, Any]] = []
        for file in held:
            slug = self._slugs[file.tenant_id]
            inside, reading = zips.entries(self._keeper.storage, pieces.unpacked(file.pieces))
            del inside[tables.DESCRIPTION]
            found += [replace(entry, name=f"{slug}/{name}") for name, entry in inside.items()]
            resources += [
                one | {"name": f"{slug}-{one['name']}", "path": f"{slug}/{one['path']}"}
                for one in json.loads(reading.read(tables.DESCRIPTION))["resources"]
            ]
        description = json.dumps(tables.described(resources))
        return zips.archive([zips.packed(tables.DESCRIPTION, description), *found])


def _named(file: _File, slug: str) -> str:
    """Return the national name: of what stays one tenant's, with its slug."""
    if file.kind in PACKAGES:
        what, _, place = file.name.partition("-package-")
        year, _, number = place.partition("-")
        return f"{what}-package-{year}-{slug}-{number}"
    return f"{file.name.removesuffix('.xlsx')}-{slug}.xlsx" if file.kind == "xlsx" else file.name


def _package(file: _File, name: str, service: str) -> Planned:
    """Return a tenant's package under its national name, which is the only thing in it that differs."""
    before, *rest = pieces.unpacked(file.pieces)
    if not isinstance(before, bytes):
        raise TypeError
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
