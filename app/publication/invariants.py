"""What must hold between the published rows of a tenant besides the chain, checked from the bytes upward.

`chain.verify` tells whether what was published is what still stands; here is told whether everything derived from it
(records, facets, counts) is what those bytes say.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, Self
from uuid import UUID

from sqlmodel import Session, col, select

from app.core import json
from app.ocds import merge, validation
from app.ocds.shape import Document
from app.publication.chain import Fault, rfc3339
from app.publication.facets import facets
from app.publication.models import (
    ChainHead,
    ChainTransfer,
    ProcessFacet,
    PublicationTotal,
    Record,
    Release,
    ReleaseBody,
)
from app.publication.standing import all_here, standing

BATCH = 200


def check_tenant(session: Session, tenant_id: UUID) -> list[Fault]:
    """Return every fault in what a tenant has published; one process is held in memory at a time.

    Args:
        session: may read the tenant's published rows.
        tenant_id: whose.
    """
    faults: list[Fault] = []
    seen: set[str] = set()
    totals: Counter[tuple[UUID, str]] = Counter()
    rows = session.exec(
        select(Release, ReleaseBody.body)
        .join(
            ReleaseBody,
            (col(ReleaseBody.tenant_id) == col(Release.tenant_id))
            & (col(ReleaseBody.position) == col(Release.position)),
        )
        .where(Release.tenant_id == tenant_id)
        .order_by(col(Release.process_id), col(Release.position))
        .execution_options(yield_per=BATCH)
    )
    last = _last_transfers(session, tenant_id)
    arrived = {process_id for process_id, told in last.items() if told.direction == "in"}
    for process_id, group in groupby(rows, key=lambda row: row[0].process_id):
        told = [(release, json.loads(body)) for release, body in group]
        totals.update((release.sujeto_obligado_id, "releases") for release, _ in told)
        for release, document in told:
            faults += _release_faults(release, document)
        if process_id in last:
            continue  # it left, or has releases elsewhere too
        newest = told[-1][0]
        seen.add(newest.ocid)
        totals[newest.sujeto_obligado_id, "processes"] += 1
        faults += _record_faults(
            session, _Newest.of(newest, newest.position), [document for _, document in told]
        )
    for process_id in sorted(arrived):
        held = standing(session, tenant_id, process_id)
        if not held:
            continue
        seen.add(last[process_id].ocid)
        totals[held[-1].release.sujeto_obligado_id, "processes"] += 1
        if all_here(session, tenant_id, process_id):
            newest_of = _Newest.of(held[-1].release, max(held[-1].position, last[process_id].position))
            faults += _record_faults(
                session, replace(newest_of, tenant_id=tenant_id), [json.loads(one.body) for one in held]
            )
    faults += _orphans(session, tenant_id, seen)
    faults += _counts(session, tenant_id, totals)
    return faults


@dataclass(frozen=True, slots=True)
class _Newest:
    """What a record says of the newest release, and where the chain has it."""

    tenant_id: UUID
    process_id: UUID
    sujeto_obligado_id: UUID
    ocid: str
    date: datetime
    position: int

    @classmethod
    def of(cls, release: Release, position: int) -> Self:
        """Return it of a release that stands."""
        told = (release.tenant_id, release.process_id, release.sujeto_obligado_id, release.ocid, release.date)
        return cls(*told, position)


def _last_transfers(session: Session, tenant_id: UUID) -> dict[UUID, ChainTransfer]:
    """Return the last transfer of every process that came or went."""
    rows = session.exec(
        select(ChainTransfer)
        .where(ChainTransfer.tenant_id == tenant_id)
        .order_by(col(ChainTransfer.position))
    )
    return {row.process_id: row for row in rows}


def _release_faults(release: Release, document: Document) -> Iterator[Fault]:
    entry = (release.ocid, release.release_id, rfc3339(release.date), release.tag)
    if entry != tuple(document.get(key) for key in ("ocid", "id", "date", "tag")):
        yield Fault(release.position, "El texto publicado no dice lo mismo que su entrada en la cadena.")
    problems = validation.validate_release(document)
    if not validation.is_publishable(problems):
        told = next(problem for problem in problems if problem.severity == "error")
        yield Fault(release.position, f"La entrega publicada no es válida: {told.message}")


def _record_faults(session: Session, newest: _Newest, documents: Sequence[Document]) -> Iterator[Fault]:
    found = session.exec(
        select(Record, ProcessFacet)
        .outerjoin(
            ProcessFacet,
            (col(ProcessFacet.tenant_id) == col(Record.tenant_id))
            & (col(ProcessFacet.ocid) == col(Record.ocid)),
        )
        .where(Record.tenant_id == newest.tenant_id, Record.ocid == newest.ocid)
    ).one_or_none()
    if found is None:
        yield Fault(newest.position, f"Falta el registro de «{newest.ocid}».")
        return
    record, facet = found
    compiled = merge.compiled(list(documents))
    stated = (record.process_id, record.position, record.date, record.release_count)
    if stated != (newest.process_id, newest.position, newest.date, len(documents)):
        yield Fault(newest.position, f"El registro de «{newest.ocid}» no nombra su última entrega.")
    if json.loads(record.compiled) != compiled:
        yield Fault(newest.position, f"El registro de «{newest.ocid}» no es la unión de sus entregas.")
    derived = {
        "sujeto_obligado_id": newest.sujeto_obligado_id,
        "published_at": newest.date,
        **facets(compiled),
    }
    if facet is None or {name: getattr(facet, name) for name in derived} != derived:
        yield Fault(newest.position, f"La ficha de «{newest.ocid}» no corresponde a su registro.")


def _orphans(session: Session, tenant_id: UUID, seen: set[str]) -> Iterator[Fault]:
    for ocid, position in session.exec(
        select(Record.ocid, Record.position).where(Record.tenant_id == tenant_id)
    ):
        if ocid not in seen:
            yield Fault(position, f"El registro de «{ocid}» no tiene ninguna entrega publicada.")


def _counts(session: Session, tenant_id: UUID, counted: Counter[tuple[UUID, str]]) -> Iterator[Fault]:
    stated: dict[tuple[UUID, str], int] = {}
    for total in session.exec(select(PublicationTotal).where(PublicationTotal.tenant_id == tenant_id)):
        stated[total.sujeto_obligado_id, "processes"] = total.processes
        stated[total.sujeto_obligado_id, "releases"] = total.releases
    if any(stated.get(key, 0) != counted[key] for key in {*stated, *counted}):
        yield Fault(0, "Los totales por sujeto obligado no son la cuenta de lo publicado.")
    head = session.exec(select(ChainHead).where(ChainHead.tenant_id == tenant_id)).one_or_none()
    withdrawals = len(
        session.exec(
            select(Release.position).where(Release.tenant_id == tenant_id, Release.kind == "withdrawal")
        ).all()
    )
    expected: dict[str, Any] = {
        "live_releases": sum(number for (_, kind), number in counted.items() if kind == "releases"),
        "live_records": sum(number for (_, kind), number in counted.items() if kind == "processes"),
        "withdrawals": withdrawals,
    }
    if {name: getattr(head, name, 0) for name in expected} != expected:
        yield Fault(0, "Las cuentas de la cabeza de la cadena no son las de lo publicado.")
