"""Handing published processes over to another tenant: both chains say so, and their records change sides.

Releases stay where they were published. The chain of the tenant that they leave says where they went; the other's names
the head that it takes over from, and every position (docs/adr/0033).
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert
from sqlalchemy import select as rows_of
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import Session, col, select

from app.core import clock, json
from app.core.db import in_tenant
from app.core.tables import among, table_of
from app.processes.models import ContractingProcess
from app.publication.chain import Entry, rfc3339
from app.publication.models import (
    ChainHead,
    ChainTransfer,
    ProcessFacet,
    PublicationTotal,
    Record,
    Release,
    TakenOver,
)
from app.publication.service import lock_head

FORMAT = 1
"""Of the payloads."""


@dataclass(frozen=True, slots=True)
class Side:
    """A tenant in a transfer, as payloads name it."""

    tenant_id: UUID
    slug: str


@dataclass(frozen=True, slots=True)
class Move:
    """From where to where, and on what ground in law."""

    source: Side
    target: Side
    ground: str


@dataclass(slots=True)
class _Leaving:
    """A process on its way: every release of it ever published, and where its leaving stands in the chain."""

    process_id: UUID
    ocid: str
    sujeto_obligado_id: UUID
    releases: list[dict[str, Any]]
    left: Entry | None = None


def hand_over(session: Session, move: Move, process_ids: Collection[UUID]) -> int:
    """Hand the published side of processes over, in the transaction that moves the rest of them; returns of how many.

    The processes' rows stand on both sides already. Chains are locked in one order, last.

    Args:
        session: of the owner, bound to the source.
        move: from where to where.
        process_ids: locked by the caller; those that never published anything are passed over.
    """
    leaving = _leaving(session, move.source, process_ids)
    if not leaving:
        return 0
    heads: dict[UUID, ChainHead] = {}
    for tenant_id in sorted((move.source.tenant_id, move.target.tenant_id)):
        with in_tenant(session, tenant_id) as there:
            heads[tenant_id] = lock_head(session, there)
    records, facets = _take_records(session, move.source, leaving)
    chain = _Chain(session, heads[move.source.tenant_id], "out", move)
    to = {"tenant": str(move.target.tenant_id), "slug": move.target.slug}
    for one in leaving:
        one.left = chain.add(one, {"to": to})
    chain.head.live_records -= len(records)
    chain.write()
    _count(session, move.source, records, leaving, -1)
    with in_tenant(session, move.target.tenant_id):
        heads[move.target.tenant_id].live_records += len(records)
        arrived = _arrive(session, heads[move.target.tenant_id], move, leaving)
        for row in records:
            row |= {"tenant_id": move.target.tenant_id, "position": arrived[row["process_id"]]}
        for row in facets:
            row |= {"tenant_id": move.target.tenant_id}
        _insert(session, Record, records)
        _insert(session, ProcessFacet, facets)
        _count(session, move.target, records, leaving, 1)
    return len(leaving)


def _leaving(session: Session, source: Side, process_ids: Collection[UUID]) -> list[_Leaving]:
    found = {
        row.process_id: _Leaving(row.process_id, row.ocid, row.sujeto_obligado_id, [])
        for row in session.exec(
            select(ContractingProcess)
            .where(
                ContractingProcess.tenant_id == source.tenant_id,
                among(ContractingProcess.process_id, process_ids),
            )
            .order_by(col(ContractingProcess.process_id))
        )
    }
    # What came from elsewhere before goes on with it.
    for told in session.exec(
        select(ChainTransfer)
        .where(
            ChainTransfer.tenant_id == source.tenant_id,
            among(ChainTransfer.process_id, found),
            ChainTransfer.direction == "in",
        )
        .order_by(col(ChainTransfer.position))
    ):
        found[told.process_id].releases = json.loads(told.payload)["releases"]
    for row in session.exec(
        select(Release)
        .where(
            Release.tenant_id == source.tenant_id, among(Release.process_id, found), Release.kind == "release"
        )
        .order_by(col(Release.position))
    ):
        found[row.process_id].releases.append(
            {
                "tenant": str(row.tenant_id),
                "position": row.position,
                "id": row.release_id,
                "date": rfc3339(row.date),
                "sha256": row.body_sha256.hex(),
            }
        )
    return [one for one in found.values() if one.releases]


class _Chain:
    """Entries of one chain on their way, behind its locked head."""

    def __init__(self, session: Session, head: ChainHead, direction: str, move: Move) -> None:
        self.head = head
        self._session, self._direction, self._move = session, direction, move
        self._peer = move.target if direction == "out" else move.source
        self._rows: list[dict[str, Any]] = []
        self._told: list[dict[str, Any]] = []

    def add(self, one: _Leaving, says: dict[str, Any]) -> Entry:
        """Append the entry of one process."""
        payload = json.dumps({"format": FORMAT, "ocid": one.ocid, **says})
        head = self.head
        entry = Entry(
            tenant_id=head.tenant_id,
            position=head.position + 1,
            kind="transfer",
            ocid=one.ocid,
            release_id=f"traspaso-{head.position + 1}",
            date=_next_date(head),
            body_sha256=hashlib.sha256(payload).digest(),
            withdraws=None,
            ground=self._move.ground,
            previous_hash=head.entry_hash,
        )
        head.position, head.entry_hash, head.last_date = entry.position, entry.hash(), entry.date
        self._rows.append(
            {
                **asdict(entry),
                "process_id": one.process_id,
                "sujeto_obligado_id": one.sujeto_obligado_id,
                "version_number": 0,
                "tag": [],
                "entry_hash": head.entry_hash,
            }
        )
        self._told.append(
            {
                "tenant_id": head.tenant_id,
                "position": entry.position,
                "direction": self._direction,
                "process_id": one.process_id,
                "ocid": one.ocid,
                "peer_id": self._peer.tenant_id,
                "payload": payload,
            }
        )
        return entry

    def write(self) -> None:
        """Write the entries and the head."""
        _insert(self._session, Release, self._rows)
        _insert(self._session, ChainTransfer, self._told)
        self._session.add(self.head)
        self._session.flush()


def _next_date(head: ChainHead) -> datetime:
    now = clock.now()
    return now if head.last_date is None else max(now, head.last_date + timedelta(microseconds=1))


def _arrive(session: Session, head: ChainHead, move: Move, leaving: Sequence[_Leaving]) -> dict[UUID, int]:
    """Write the entries of those who come, and which releases elsewhere are theirs; returns where each stands."""
    chain = _Chain(session, head, "in", move)
    lowest = session.exec(
        select(func.min(TakenOver.place)).where(TakenOver.tenant_id == move.target.tenant_id)
    ).one()
    place = lowest or 0
    taken: list[dict[str, Any]] = []
    arrived: dict[UUID, int] = {}
    for one in leaving:
        if one.left is None:
            continue
        says = {
            "from": {
                "tenant": str(move.source.tenant_id),
                "slug": move.source.slug,
                "position": one.left.position,
                "hash": one.left.hash().hex(),
            },
            "releases": one.releases,
        }
        arrived[one.process_id] = chain.add(one, says).position
        place -= len(one.releases)
        taken += [
            {
                "tenant_id": move.target.tenant_id,
                "place": place + turn,
                "process_id": one.process_id,
                "ocid": one.ocid,
                "source_id": UUID(release["tenant"]),
                "source_position": release["position"],
            }
            for turn, release in enumerate(one.releases)
        ]
    chain.write()
    _insert(session, TakenOver, taken)
    return arrived


def _take_records(
    session: Session, source: Side, leaving: Iterable[_Leaving]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Take the records and the facets of processes away, and return them."""
    ocids = [one.ocid for one in leaving]
    taken: list[list[dict[str, Any]]] = []
    for model in (Record, ProcessFacet):
        table = table_of(model)
        which = (table.c.tenant_id == source.tenant_id, among(model.ocid, ocids))
        taken.append([dict(row) for row in session.execute(rows_of(table).where(*which)).mappings()])
    for model in (ProcessFacet, Record):
        table = table_of(model)
        session.execute(delete(table).where(table.c.tenant_id == source.tenant_id, among(model.ocid, ocids)))
    return taken[0], taken[1]


def _count(
    session: Session, side: Side, records: Iterable[dict[str, Any]], leaving: Iterable[_Leaving], sign: int
) -> None:
    """Count processes on the side where their records are; releases count where their chain is."""
    whose = {one.process_id: one.sujeto_obligado_id for one in leaving}
    moved: dict[UUID, list[datetime]] = {}
    for row in records:
        moved.setdefault(whose[row["process_id"]], []).append(row["date"])
    for sujeto, dates in sorted(moved.items()):
        statement = upsert(PublicationTotal).values(
            tenant_id=side.tenant_id,
            sujeto_obligado_id=sujeto,
            processes=sign * len(dates),
            releases=0,
            last_published_at=max(dates),
        )
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["tenant_id", "sujeto_obligado_id"],
                set_={
                    "processes": PublicationTotal.processes + statement.excluded.processes,
                    "last_published_at": func.greatest(
                        PublicationTotal.last_published_at, statement.excluded.last_published_at
                    ),
                },
            )
        )


def _insert(session: Session, model: type[Any], rows: list[dict[str, Any]]) -> None:
    if rows:
        session.connection().execute(insert(table_of(model)), rows)
