"""Sealing the audit log: blocks of rows are hashed into a chain under a role that can do nothing else.

A row belongs to the first seal made after its transaction ended: transactions still running may write rows with lower
numbers, so only those older than every running one are sealed.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from app.core import json
from app.core.audit import AuditEvent, AuditSeal
from app.core.db import Database
from app.core.jobs import Workplace, chore

EVERY_SECONDS = 600.0
_TENANTS = text("SELECT tenant_id FROM tenant ORDER BY tenant_id")
_ONE_SEALER = text("SELECT pg_advisory_xact_lock(hashtext(:tenant))")
_OLDEST_RUNNING = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")


@chore(every_seconds=EVERY_SECONDS)
def seal_audit(place: Workplace) -> None:
    """Seal what is new."""
    seal(place.database)


def seal(database: Database) -> int:
    """Seal every tenant's new rows and return how many were sealed."""
    with database.auditor_work() as session:
        tenants = [UUID(str(tenant_id)) for (tenant_id,) in session.execute(_TENANTS)]
    return sum(_seal_tenant(database, tenant_id) for tenant_id in tenants)


def _seal_tenant(database: Database, tenant_id: UUID) -> int:
    with database.auditor_work() as session:
        session.execute(_ONE_SEALER, {"tenant": str(tenant_id)})
        last = session.exec(
            select(AuditSeal).where(AuditSeal.tenant_id == tenant_id).order_by(col(AuditSeal.number).desc())
        ).first()
        limit = int(session.execute(_OLDEST_RUNNING).scalar_one()) - 1
        # Seals that came from another installation count its transactions, not ours.
        after = last.upto_transaction if last and last.generation == 0 else 0
        events, digest = _digest(session, tenant_id, _Block(0, after, limit), last.sha256 if last else b"")
        if events:
            session.add(
                AuditSeal(
                    tenant_id=tenant_id,
                    number=last.number + 1 if last else 1,
                    upto_transaction=limit,
                    events=events,
                    sha256=digest,
                )
            )
        return events


def close_generation(session: Session, tenant_id: UUID) -> None:
    """Seal what is left of the audit that came from another installation: nothing will be added to it.

    Args:
        session: the owner's, bound to the tenant, in the transaction that brought the rows.
        tenant_id: whose.
    """
    last = session.exec(
        select(AuditSeal).where(AuditSeal.tenant_id == tenant_id).order_by(col(AuditSeal.number).desc())
    ).first()
    newest = session.exec(
        select(func.max(AuditEvent.transaction_id)).where(
            AuditEvent.tenant_id == tenant_id, AuditEvent.generation == -1
        )
    ).one()
    after = last.upto_transaction if last and last.generation == -1 else 0
    if newest is None or newest <= after:
        return
    events, digest = _digest(session, tenant_id, _Block(-1, after, newest), last.sha256 if last else b"")
    session.add(
        AuditSeal(
            tenant_id=tenant_id,
            number=last.number + 1 if last else 1,
            upto_transaction=newest,
            events=events,
            sha256=digest,
            generation=-1,
        )
    )


def verify(session: Session, tenant_id: UUID) -> Iterator[str]:
    """Compute every seal of a tenant again and yield, in Spanish, each that no longer holds."""
    generation, after, previous, sealed = 0, 0, b"", 0
    for held in session.exec(
        select(AuditSeal).where(AuditSeal.tenant_id == tenant_id).order_by(col(AuditSeal.number))
    ).all():
        sealed += 1
        if held.generation != generation:
            generation, after = held.generation, 0
        events, digest = _digest(
            session, tenant_id, _Block(generation, after, held.upto_transaction), previous
        )
        if held.number != sealed:
            yield f"Falta el sello {sealed} de la bitácora."
        if (events, digest) != (held.events, held.sha256):
            yield f"La bitácora cambió después del sello {held.number}: su huella no coincide."
        after, previous, sealed = held.upto_transaction, held.sha256, held.number


@dataclass(frozen=True, slots=True)
class _Block:
    """Transactions of one installation, after the first number up to the second."""

    generation: int
    after: int
    upto: int


def _digest(session: Session, tenant_id: UUID, block: _Block, previous: bytes) -> tuple[int, bytes]:
    """Hash the rows of a block, in order, after the previous seal."""
    digest, events = hashlib.sha256(previous), 0
    for event in session.exec(
        select(AuditEvent)
        .where(
            AuditEvent.tenant_id == tenant_id,
            AuditEvent.generation == block.generation,
            AuditEvent.transaction_id > block.after,
            AuditEvent.transaction_id <= block.upto,
        )
        .order_by(col(AuditEvent.transaction_id), col(AuditEvent.event_id))
        .execution_options(yield_per=1000)
    ):
        digest.update(json.dumps(_facts(event)))
        events += 1
    return events, digest.digest()


def _facts(event: AuditEvent) -> list[Any]:
    return [
        event.event_id,
        event.at.astimezone(UTC).isoformat(),
        event.transaction_id,
        str(event.account_id or ""),
        event.verb,
        event.subject_type,
        event.subject_id,
        event.detail,
        *(
            [event.address, str(event.sujeto_obligado_id or "")]
            if event.address or event.sujeto_obligado_id
            else ()
        ),
    ]
