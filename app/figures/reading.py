"""What is public of processes, read as it is now: the record, and what was first told of each contract."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from app.core import json
from app.core.db import Actor, RwSession
from app.core.tables import among
from app.figures.contribution import Public, Told
from app.figures.reckoning import day
from app.ocds.checks.view import elements
from app.publication.models import ProcessFacet, Record, Release, ReleaseBody, TakenOver
from app.publication.standing import standing

ZONE = ZoneInfo("America/Mexico_City")
"""Whose days are counted, as in lists by year."""


@dataclass(frozen=True, slots=True)
class Found:
    """A process that stands: whose it is, and what is public of it."""

    sujeto_obligado_id: UUID
    public: Public


def read(session: RwSession, actor: Actor, ocids: Sequence[str]) -> dict[str, Found]:
    """Return those of the processes that have a record in the actor's tenant.

    Args:
        session: bound to the actor.
        actor: of the tenant.
        ocids: of which processes; what is gone is not in the answer.
    """
    rows = session.execute(
        select(
            col(Record.ocid),
            col(Record.process_id),
            col(Record.compiled),
            col(Record.date),
            col(Record.release_count),
            col(ProcessFacet.sujeto_obligado_id),
        )
        .join(
            ProcessFacet,
            (col(ProcessFacet.tenant_id) == col(Record.tenant_id))
            & (col(ProcessFacet.ocid) == col(Record.ocid)),
        )
        .where(col(Record.tenant_id) == actor.tenant_id, among(Record.ocid, ocids))
    ).all()
    several = {row.ocid: row.process_id for row in rows if row.release_count > 1}
    first = _first(session, actor, several) if several else {}
    return {
        row.ocid: Found(
            row.sujeto_obligado_id,
            Public(json.loads(row.compiled), row.date.astimezone(ZONE).date(), first.get(row.ocid, {})),
        )
        for row in rows
    }


def _first(session: RwSession, actor: Actor, processes: dict[str, UUID]) -> dict[str, dict[str, Told]]:
    """Return by ocid what was first told of each contract, in the tenant's chain and in those it came from."""
    if actor.tenant_id is None:
        return {}
    came = set(
        session.execute(
            select(col(TakenOver.ocid)).where(
                col(TakenOver.tenant_id) == actor.tenant_id, among(TakenOver.ocid, processes)
            )
        ).scalars()
    )
    own = session.execute(
        select(col(Release.ocid), col(Release.date), col(ReleaseBody.body))
        .join(
            ReleaseBody,
            (col(ReleaseBody.tenant_id) == col(Release.tenant_id))
            & (col(ReleaseBody.position) == col(Release.position)),
        )
        .where(col(Release.tenant_id) == actor.tenant_id, among(Release.ocid, processes.keys() - came))
        .order_by(col(Release.position))
    ).all()
    elsewhere = [
        (ocid, one.date, one.body)
        for ocid in sorted(came)
        for one in standing(session, actor.tenant_id, processes[ocid])
    ]
    return first_told([*((row.ocid, row.date, row.body) for row in own), *elsewhere])


def first_told(releases: Iterable[tuple[str, datetime, bytes]]) -> dict[str, dict[str, Told]]:
    """Return by ocid what was first told of each contract, and the first day on which its signature was.

    Args:
        releases: ocid, date and bytes of each, in their order.
    """
    found: dict[str, dict[str, Told]] = {}
    for ocid, when, body in releases:
        known = found.setdefault(ocid, {})
        for _, contract in elements(json.loads(body), "contracts"):
            key = str(contract.get("id"))
            on = when.astimezone(ZONE).date() if day(contract, "dateSigned") else None
            if key not in known:
                known[key] = Told(contract, on)
            elif known[key].signed_on is None and on is not None:
                known[key] = Told(known[key].contract, on)
    return found
