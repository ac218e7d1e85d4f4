"""What a process says about compliance, read from its working document and its public releases."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, delete, func, select
from sqlmodel import col

from app.adoption.models import ProcessFact
from app.core import bulk, json
from app.core.db import Actor, RwSession
from app.core.tables import among, table_of
from app.ocds.checks import completeness
from app.ocds.shape import Document
from app.processes.models import ContractingProcess, ProcessPart
from app.publication.models import Record, Release, ReleaseBody, TakenOver
from app.publication.standing import standing

UNIT = 200
"""Processes that are read at once."""

_TABLE = table_of(ProcessFact)
_WRITE = bulk.insertion(_TABLE, *(column.name for column in _TABLE.columns))
_WRITE = _WRITE.on_conflict_do_update(
    index_elements=["tenant_id", "process_id"],
    set_={column.name: _WRITE.excluded[column.name] for column in _TABLE.columns if not column.primary_key},
)


@dataclass(slots=True)
class _Published:
    """What the public can read of a process: its days, and when each contract's signature was first told."""

    days: dict[date, None] = field(default_factory=dict)
    signatures: dict[str, date] = field(default_factory=dict)


def refresh(
    session: RwSession, actor: Actor, zone: str, after: UUID, bodies: Collection[UUID] | None = None
) -> UUID | None:
    """Read again up to `UNIT` processes that moved on since they were read, in the order of their identifiers.

    Args:
        session: bound to the actor.
        actor: of the tenant.
        zone: the tenant's, which says what day a release came out.
        after: the last process of the unit before.
        bodies: whose processes; None for everybody's.

    Returns:
        The last process that was read, None where no other is left.
    """
    stale = _stale(session, actor, after, bodies)
    if not stale:
        return None
    ids = [row["process_id"] for row in stale]
    signed = _signed(session, actor, ids)
    published = _published(session, actor, ids, ZoneInfo(zone))
    compiled = {
        process_id: json.loads(body)
        for process_id, body in session.execute(
            select(col(Record.process_id), col(Record.compiled)).where(
                col(Record.tenant_id) == actor.tenant_id, among(Record.process_id, ids)
            )
        )
    }
    rows = [
        _fact(
            row, signed.get(row["process_id"], {}), published.get(row["process_id"], _Published()), compiled
        )
        for row in stale
    ]
    bulk.execute(session, _WRITE, rows)
    return ids[-1] if len(ids) == UNIT else None


def forget_gone(session: RwSession, actor: Actor) -> None:
    """Drop what was read of processes that are not here any more."""
    gone = (
        ~select(col(ContractingProcess.process_id))
        .where(
            col(ContractingProcess.tenant_id) == _TABLE.c.tenant_id,
            col(ContractingProcess.process_id) == _TABLE.c.process_id,
        )
        .exists()
    )
    session.execute(delete(_TABLE).where(_TABLE.c.tenant_id == actor.tenant_id, gone))


def _stale(
    session: RwSession, actor: Actor, after: UUID, bodies: Collection[UUID] | None
) -> list[RowMapping]:
    process, record = table_of(ContractingProcess).c, table_of(Record).c
    position, count = func.coalesce(record.position, 0), func.coalesce(record.release_count, 0)
    query = (
        select(
            process.tenant_id,
            process.process_id,
            process.document_version,
            position.label("position"),
            count.label("release_count"),
        )
        .outerjoin(
            table_of(Record),
            (record.tenant_id == process.tenant_id) & (record.process_id == process.process_id),
        )
        .outerjoin(
            _TABLE,
            (_TABLE.c.tenant_id == process.tenant_id) & (_TABLE.c.process_id == process.process_id),
        )
        .where(
            process.tenant_id == actor.tenant_id,
            process.process_id > after,
            _TABLE.c.process_id.is_(None)
            | (_TABLE.c.document_version != process.document_version)
            | (_TABLE.c.position != position)
            | (_TABLE.c.release_count != count),
        )
        .order_by(process.process_id)
        .limit(UNIT)
    )
    if bodies is not None:
        query = query.where(among(ContractingProcess.sujeto_obligado_id, bodies))
    return list(session.execute(query).mappings())


def _signed(session: RwSession, actor: Actor, ids: Collection[UUID]) -> dict[UUID, dict[str, date]]:
    """Return when each contract of the working documents was signed, by its id."""
    found: dict[UUID, dict[str, date]] = {}
    rows = session.execute(
        select(col(ProcessPart.process_id), col(ProcessPart.body))
        .where(
            col(ProcessPart.tenant_id) == actor.tenant_id,
            among(ProcessPart.process_id, ids),
            col(ProcessPart.list_path) == "contracts",
        )
        .order_by(col(ProcessPart.process_id), col(ProcessPart.ordinal), col(ProcessPart.path))
    )
    for process_id, body in rows:
        found.setdefault(process_id, {}).update(_signatures([body]))
    return found


def _published(
    session: RwSession, actor: Actor, ids: Collection[UUID], zone: ZoneInfo
) -> dict[UUID, _Published]:
    release, body = table_of(Release).c, table_of(ReleaseBody).c
    # By their ocids, of which the chain has an index.
    ocids = select(col(ContractingProcess.ocid)).where(
        col(ContractingProcess.tenant_id) == actor.tenant_id, among(ContractingProcess.process_id, ids)
    )
    rows = session.execute(
        select(release.process_id, release.date, body.body)
        .join(
            table_of(ReleaseBody),
            (body.tenant_id == release.tenant_id) & (body.position == release.position),
        )
        .where(release.tenant_id == actor.tenant_id, release.ocid.in_(ocids), among(Release.process_id, ids))
        .order_by(release.position)
    )
    found: dict[UUID, _Published] = {}
    told_before = _before_a_transfer(session, actor, ids)
    for process_id, moment, text in [*told_before, *rows]:
        told, day = found.setdefault(process_id, _Published()), moment.astimezone(zone).date()
        told.days[day] = None
        for contract in _signatures(_list(json.loads(text), "contracts")):
            told.signatures.setdefault(contract, day)
    return found


def _before_a_transfer(
    session: RwSession, actor: Actor, ids: Collection[UUID]
) -> list[tuple[UUID, datetime, bytes]]:
    """Return the releases of processes that stand in the chain of the tenant that they came from."""
    if actor.tenant_id is None:
        return []
    came = session.execute(
        select(col(TakenOver.process_id))
        .where(col(TakenOver.tenant_id) == actor.tenant_id, among(TakenOver.process_id, ids))
        .distinct()
    ).scalars()
    return [
        (process_id, one.date, one.body)
        for process_id in came.all()
        for one in standing(session, actor.tenant_id, process_id)
        if one.position < 0
    ]


def _fact(
    row: RowMapping, signed: dict[str, date], told: _Published, compiled: dict[UUID, Document]
) -> dict[str, Any]:
    held = completeness(compiled[row["process_id"]]).values() if row["process_id"] in compiled else ()
    return {
        **row,
        "signed_on": list(signed.values()),
        "seen_on": [told.signatures.get(contract) for contract in signed],
        "published_on": sorted(told.days),
        "present": sum(present for present, _ in held),
        "asked": sum(asked for _, asked in held),
    }


def _signatures(contracts: Iterable[Any]) -> dict[str, date]:
    """Return the day of signature of each contract that states one, as it is written there."""
    found = {}
    for contract in contracts:
        if not isinstance(contract, dict) or contract.get("status") == "cancelled":
            continue
        try:
            found[str(contract.get("id"))] = datetime.fromisoformat(str(contract.get("dateSigned"))).date()
        except ValueError:
            continue
    return found


def _list(document: Document, key: str) -> list[Any]:
    held = document.get(key)
    return held if isinstance(held, list) else []
