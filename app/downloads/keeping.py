"""Keeping the files true: which blocks an entry of a chain touches, making those again, and renewing the list of files.

One unit of work per block, and one for the list of files, which changes all at once. Who works on a tenant holds a lock
until the transaction ends; another worker passes on. A file is served only while the chains that it tells of have seen no
withdrawal since (`queries`), so between a withdrawal and the next list what was withdrawn is given to nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from sqlalchemy import delete, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from app.core import clock, locks
from app.core.db import Actor, Database, RwSession
from app.core.letting_go import let_go
from app.core.storage import Storage
from app.core.tables import table_of
from app.downloads import blocks, composing, pieces, tables
from app.downloads.blocks import RUN, Wanted
from app.downloads.composing import Placed, Planned
from app.downloads.models import DownloadBlock, DownloadFile, DownloadState
from app.downloads.shelving import KEPT, Chains, Shelf
from app.openapi.addresses import Roots
from app.settings import Settings
from app.tenancy.queries import TenantView

KIND = "downloads"
"""Of stored files."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Where the work is done, and where addresses in files start."""

    database: Database
    storage: Storage
    service: str

    @classmethod
    def of(cls, database: Database, storage: Storage, settings: Settings) -> "Keeper":
        """Return the keeper of an installation."""
        address = settings.public_url or f"http://{settings.host}:{settings.port}"
        return cls(database, storage, address.rstrip("/"))

    def wanted(self, view: TenantView, number: int) -> Wanted:
        """Return what is asked of a tenant's block."""
        return Wanted(view.tenant_id, number, view.time_zone, self.roots(view))

    def roots(self, view: TenantView) -> Roots:
        """Return where the tenant's addresses start."""
        return Roots(self.service, f"{self.service}/{view.slug}")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What chains looked like at one moment, before anything else was read of them; attributes as of the state."""

    position: int
    entry_hash: bytes
    withdrawals: int
    sources: list[UUID]


_SEEN: LiteralString = """
    SELECT h.position, h.entry_hash,
           (SELECT sum(s.withdrawals)::bigint FROM chain_head s WHERE s.tenant_id = ANY(k.sources)), k.sources
    FROM chain_head h,
         LATERAL (SELECT array_agg(u.id ORDER BY u.id) AS sources FROM (
             SELECT h.tenant_id AS id
             UNION SELECT t.source_id FROM taken_over t JOIN chain_head o ON o.tenant_id = t.source_id
             WHERE t.tenant_id = h.tenant_id) u) k
    WHERE h.tenant_id = :tenant AND h.position > 0"""

# A release touches its own block and the one where its record stands; a withdrawal those of what it withdraws, in
# whatever chain; a transfer the record's. `said_at` is where the own chain says so; another chain's word has no place.
_TOUCHED: LiteralString = """
    WITH told AS (
        SELECT position, kind, ocid, withdraws FROM release WHERE tenant_id = :tenant AND position > :after
    ), touched AS (
        SELECT CASE kind WHEN 'withdrawal' THEN withdraws ELSE position END AS place, position AS said_at FROM told
        UNION ALL
        SELECT (SELECT min(f.position) FROM release f WHERE f.tenant_id = :tenant AND f.ocid = t.ocid), t.said_at
        FROM (SELECT ocid, max(position) AS said_at FROM told GROUP BY ocid) t
        UNION ALL
        SELECT (SELECT min(f.position) FROM release f WHERE f.tenant_id = :tenant AND f.ocid = k.ocid), NULL
        FROM taken_over k
        JOIN release w ON w.tenant_id = k.source_id AND w.withdraws = k.source_position AND w.kind = 'withdrawal'
        WHERE k.tenant_id = :tenant AND :elsewhere)
    SELECT (place - 1) / :run, CASE WHEN bool_or(said_at IS NULL) THEN NULL ELSE max(said_at) END
    FROM touched GROUP BY 1 ORDER BY 1"""


def refresh(
    keeper: Keeper, view: TenantView, *, before: Callable[[str], object] = lambda _step: None
) -> bool:
    """Make a tenant's files tell everything that is published; returns whether that was this call's to do.

    Stopped anywhere, it has changed nothing that is served, and goes on with the blocks that are not made yet.

    Args:
        keeper: where.
        view: whose.
        before: told each step ("block", "files", "tables") inside its transaction, before it is committed.
    """
    actor = Actor(tenant_id=view.tenant_id, role="system")
    with keeper.database.engine("public").connect() as public:
        seen = public.execute(text(_SEEN), {"tenant": view.tenant_id}).one_or_none()
    if seen is None:
        return True
    for number, said_at in _touched(keeper, view, actor, _Seen(*seen)):
        with keeper.database.unit_of_work(actor) as session:
            if not locks.take(session, f"{KIND}:{view.tenant_id}"):
                return False
            _make(session, keeper, keeper.wanted(view, number), said_at)
            before("block")
    with keeper.database.unit_of_work(actor) as session:
        if not locks.take(session, f"{KIND}:{view.tenant_id}"):
            return False
        _renew(session, keeper, view, _Seen(*seen))
        before("files")
    with keeper.database.unit_of_work(actor) as session:
        if not locks.take(session, f"{KIND}:{view.tenant_id}"):
            return False
        _tabulate(session, keeper, view.tenant_id)
        before("tables")
    return True


def _touched(keeper: Keeper, view: TenantView, actor: Actor, seen: _Seen) -> list[tuple[int, int | None]]:
    """Return the blocks that the files still tell wrongly, and where in the own chain that is said."""
    with keeper.database.unit_of_work(actor) as session:
        state = session.exec(
            select(DownloadState).where(DownloadState.tenant_id == view.tenant_id)
        ).one_or_none()
        rows = session.exec(select(DownloadBlock).where(DownloadBlock.tenant_id == view.tenant_id)).all()
    stored = {file.key for file in keeper.storage.files(view.tenant_id, KIND)}
    with keeper.database.engine("public").connect() as public:
        found = public.execute(
            text(_TOUCHED),
            {
                "tenant": view.tenant_id,
                "after": state.position if state else 0,
                "elsewhere": state is None or state.withdrawals != seen.withdrawals,
                "run": RUN,
            },
        )
        touched: dict[int, int | None] = {row[0]: row[1] for row in found}
    for row in rows:
        if row.recipe != keeper.wanted(view, row.number).recipe or (
            row.storage_key and row.storage_key not in stored
        ):
            touched[row.number] = None
    return sorted(touched.items())


def _make(session: RwSession, keeper: Keeper, wanted: Wanted, said_at: int | None) -> None:
    """Make a block, unless it was made after what touched it."""
    row = session.exec(
        select(DownloadBlock).where(
            DownloadBlock.tenant_id == wanted.tenant_id, DownloadBlock.number == wanted.number
        )
    ).one_or_none()
    if row and said_at is not None and row.position >= said_at and row.recipe == wanted.recipe:
        return
    storage_key = Storage.new_key(wanted.tenant_id, KIND)
    with keeper.database.engine("public").connect() as public, keeper.storage.scratch_file() as target:
        seen = _Seen(*public.execute(text(_SEEN), {"tenant": wanted.tenant_id}).one())
        parts = blocks.make(public, keeper.storage, wanted, target)
        if parts:
            target.seek(0)
            keeper.storage.put(storage_key, target)
    if row and row.storage_key and row.withdrawals != seen.withdrawals:
        let_go(session, row.storage_key)
    made = {
        "position": seen.position,
        "withdrawals": seen.withdrawals,
        "recipe": wanted.recipe,
        "storage_key": storage_key if parts else "",
        "parts": parts,
    }
    session.execute(
        insert(table_of(DownloadBlock))
        .values(tenant_id=wanted.tenant_id, number=wanted.number, **made)
        .on_conflict_do_update(index_elements=["tenant_id", "number"], set_=made)
    )


def _renew(session: RwSession, keeper: Keeper, view: TenantView, seen: _Seen) -> None:
    """Renew the list of files, and let go of what nothing names any more."""
    state = session.exec(select(DownloadState).where(DownloadState.tenant_id == view.tenant_id)).one_or_none()
    if state and (state.position > seen.position or state.withdrawals > seen.withdrawals):
        return  # another worker saw more, and did it
    rows = session.exec(
        select(DownloadBlock)
        .where(DownloadBlock.tenant_id == view.tenant_id)
        .order_by(col(DownloadBlock.number))
    ).all()
    parts: list[Placed] = [
        part for row in rows for part in composing.placed(row.number, row.storage_key, row.parts)
    ]
    now = clock.now()
    shelf = Shelf(session, keeper.storage, {"tenant_id": view.tenant_id}, now)
    chains = Chains(seen.sources, seen.withdrawals)
    shelf.renew([(one, chains) for one in composing.plan(parts, view, keeper.roots(view))])
    withdrawn = state is not None and state.withdrawals != seen.withdrawals
    session.execute(
        delete(DownloadFile).where(
            col(DownloadFile.tenant_id) == view.tenant_id,
            col(DownloadFile.replaced_at) <= (now if withdrawn else now - KEPT),
        )
    )
    told = {
        "position": seen.position,
        "entry_hash": seen.entry_hash,
        "withdrawals": seen.withdrawals,
        "sources": seen.sources,
        "checked_at": now,
    }
    session.execute(
        insert(table_of(DownloadState))
        .values(tenant_id=view.tenant_id, **told)
        .on_conflict_do_update(index_elements=["tenant_id"], set_=told)
    )
    _tidy(session, keeper, view.tenant_id, {row.storage_key for row in rows})


def _tabulate(session: RwSession, keeper: Keeper, tenant_id: UUID) -> None:
    """Make the tables of each file of releases that is another by now, and let go of those of what is no more."""
    storage = keeper.storage
    current = session.exec(
        select(DownloadFile).where(
            DownloadFile.tenant_id == tenant_id, col(DownloadFile.replaced_at).is_(None)
        )
    ).all()
    sources = {row.year: row for row in current if row.kind == "releases"}
    stored = {file.key for file in storage.files(tenant_id, KIND)}
    standing: set[tuple[int | None, str]] = set()
    for row in current:
        if row.made_of is None:
            continue
        source = sources.get(row.year)
        if source and source.sha256 == row.made_of and stored.issuperset(row.storage_keys):
            # The same releases as before some withdrawal: it was of something else.
            row.withdrawals, row.sources = source.withdrawals, source.sources
            standing.add((row.year, row.kind))
        else:
            row.replaced_at = clock.now()
            if source is None or source.withdrawals != row.withdrawals:
                session.delete(row)
    session.flush()
    for source in sources.values():
        forms = [kind for kind in composing.TABLES if (source.year, kind) not in standing]
        if forms:
            _tabulate_one(session, storage, source, forms)
    session.execute(
        update(table_of(DownloadState))
        .where(table_of(DownloadState).c.tenant_id == tenant_id)
        .values(checked_at=clock.now())
    )
    blocks_named = session.exec(select(DownloadBlock.storage_key).where(DownloadBlock.tenant_id == tenant_id))
    _tidy(session, keeper, tenant_id, set(blocks_named))


def _tabulate_one(session: RwSession, storage: Storage, source: DownloadFile, forms: list[str]) -> None:
    read = tables.reading(storage, pieces.unpacked(source.pieces))
    told = tables.headers(read)
    shelf = Shelf(session, storage, {"tenant_id": source.tenant_id}, clock.now())
    for kind in forms:
        storage_key = Storage.new_key(source.tenant_id, KIND)
        with storage.scratch_file() as target:
            if kind == "xlsx":
                tables.write_xlsx(read, told, target)
            else:
                tables.write_csv(read, told, storage, target, bom=kind == "csv-bom")
            target.flush()
            size = target.seek(0, 2)
            target.seek(0)
            storage.put(storage_key, target)
        planned = Planned(
            name=source.name.removesuffix(".jsonl.gz") + composing.TABLES[kind],
            kind=kind,
            year=source.year,
            rows=source.rows,
            unpacked=size,
            pieces=[pieces.Stretch(storage_key, 0, size)],
        )
        shelf.put(planned, Chains(source.sources, source.withdrawals), made_of=source.sha256)


_NATIONAL: LiteralString = """
    SELECT DISTINCT k FROM national_file f, unnest(f.storage_keys) k
    WHERE starts_with(k, :mine) AND (f.withdrawals, cardinality(f.sources)) = (
        SELECT sum(h.withdrawals), count(*) FROM chain_head h WHERE h.tenant_id = ANY(f.sources))"""


def _tidy(session: RwSession, keeper: Keeper, tenant_id: UUID, named: set[str]) -> None:
    """Let go of objects that no block and no version names; under the lock, none of them is on its way to be named.

    A national file that may still be given names objects as well, which may be older than the tenant's own.
    """
    storage = keeper.storage
    with keeper.database.engine("public").connect() as public:
        named.update(public.execute(text(_NATIONAL), {"mine": f"{tenant_id}/"}).scalars())
    for keys in session.exec(select(DownloadFile.storage_keys).where(DownloadFile.tenant_id == tenant_id)):
        named.update(keys)
    for file in storage.files(tenant_id, KIND):
        if file.key not in named:
            let_go(session, file.key)
