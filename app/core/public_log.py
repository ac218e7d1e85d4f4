"""The public log of a tenant ("bitácora pública"): the acts of authority that everyone may know of, with reasons.

Entries have numbers without gaps and are chained: each hash covers its facts and the hash before it, and the audit,
which another role seals, keeps every hash too. So an entry that is changed or taken away shows. No entry holds personal
data: persons are in the audit.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, LargeBinary, func, insert
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, SQLModel, col, select

from app.core import audit, json, locks
from app.core.audit import AuditEvent
from app.core.db import NOBODY, Actor
from app.core.sheets import clean
from app.core.tables import belongs_to, moment, one_of, prose, table_of, tenant_key

KINDS = {
    "withdrawal": "Retiro",
    "redaction": "Testado",
    "reservation": "Reserva",
    "reservation_ended": "Fin de reserva",
    "correction": "Corrección",
    "policy_change": "Cambio de política de publicación",
    "single_grant": "Permiso de persona única",
    "transfer": "Traspaso",
    "succession": "Sucesión",
    "suspension": "Suspensión",
    "policy_text": "Texto de la política",
}
"""Kind → Spanish name."""

GENESIS = hashlib.sha256(b"contrataciones-abiertas/bitacora/1").digest()
BATCH = 500
_VERB, _SUBJECT = "public_act.tell", "public_act"


class PublicAct(SQLModel, table=True):
    """One entry of a tenant's public log. No role of the service may change or delete it."""

    __tablename__ = "public_act"
    __table_args__ = (
        belongs_to("tenant"),
        Index("public_act_kind_idx", "tenant_id", "kind", "number"),
        Index("public_act_sujeto_idx", "tenant_id", "sujeto_obligado_id", "number"),
        Index("public_act_ocid_idx", "tenant_id", "ocid", "number"),
        one_of("kind", tuple(KINDS)),
    )

    tenant_id: UUID = tenant_key()
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    at: datetime = moment()
    kind: str = prose(None)
    sujeto_obligado_id: UUID | None = None
    ocid: str = prose()
    ground: str = prose()
    reason: str = prose()
    detail: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    previous_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    entry_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


def tell(
    session: Session,
    kind: str,
    *,
    sujeto_obligado_id: UUID | None = None,
    ocid: str = "",
    ground: str = "",
    reason: str = "",
    **detail: str | int,
) -> int:
    """Write an act in the public log, in the transaction that does it; returns the entry's number.

    Texts are kept without what nobody sees: an entry can never be mended, and a feed cannot hold control characters.

    The tenant's log stays locked until the transaction ends: tell after the locks of processes and of the chain.

    Args:
        session: bound to an actor of the tenant.
        kind: of `KINDS`.
        sujeto_obligado_id: the body concerned, if it is one.
        ocid: the process concerned, if it is one.
        ground: the ground in law, in Spanish.
        reason: why, in Spanish.
        **detail: further facts. Never a name of a person, nor what was withheld.
    """
    actor: Actor = session.info.get("actor", NOBODY)
    locks.wait_for(session, f"public_act:{actor.tenant_id}")
    last = session.exec(
        select(PublicAct.number, PublicAct.entry_hash)
        .where(PublicAct.tenant_id == actor.tenant_id)
        .order_by(col(PublicAct.number).desc())
        .limit(1)
    ).one_or_none()
    number, previous = (last[0] + 1, last[1]) if last else (1, GENESIS)
    facts: dict[str, Any] = {
        "tenant_id": actor.tenant_id,
        "number": number,
        "at": session.execute(select(func.now())).scalar_one(),
        "kind": kind,
        "sujeto_obligado_id": sujeto_obligado_id,
        "ocid": ocid,
        "ground": clean(ground),
        "reason": clean(reason),
        "detail": {name: clean(fact) if isinstance(fact, str) else fact for name, fact in detail.items()},
        "previous_hash": previous,
    }
    digest = _hash(PublicAct(**facts))
    # The row's own moment is the database's: no role of the service may state another.
    stated = {name: fact for name, fact in facts.items() if name != "at"}
    session.connection().execute(insert(table_of(PublicAct)), [{**stated, "entry_hash": digest}])
    audit.record(session, _VERB, _SUBJECT, number, kind=kind, ocid=ocid, sha256=digest.hex())
    return number


def verify(session: Session, tenant_id: UUID) -> Iterator[str]:
    """Read a tenant's log from its first entry and yield every fault in Spanish, against the audit too.

    Args:
        session: may read the tenant's log and audit.
        tenant_id: whose log.
    """
    noted = {
        int(subject): str(detail["sha256"])
        for subject, detail in session.exec(
            select(AuditEvent.subject_id, AuditEvent.detail)
            .where(AuditEvent.tenant_id == tenant_id, AuditEvent.subject_type == _SUBJECT)
            .order_by(col(AuditEvent.event_id).desc())  # what was noted first stays
        )
    }
    previous, number = GENESIS, 0
    for act in session.exec(
        select(PublicAct)
        .where(PublicAct.tenant_id == tenant_id)
        .order_by(col(PublicAct.number))
        .execution_options(yield_per=BATCH)
    ):
        number += 1
        if act.number != number:
            yield f"Falta el asiento {number} de la bitácora pública."
            number = act.number
        if act.previous_hash != previous or _hash(act) != act.entry_hash:
            yield f"El asiento {number} de la bitácora pública cambió: su huella no coincide."
        elif noted.get(number) != act.entry_hash.hex():
            yield f"El asiento {number} de la bitácora pública no es el que anotó la auditoría."
        previous = act.entry_hash
    for missing in sorted(one for one in noted if one > number):
        yield f"Falta el asiento {missing} de la bitácora pública."


def _hash(act: PublicAct) -> bytes:
    """Return SHA-256 of the facts as compact JSON in this order; anyone can compute it again from the download."""
    facts = [
        str(act.tenant_id),
        act.number,
        instant(act.at),
        act.kind,
        str(act.sujeto_obligado_id or ""),
        act.ocid,
        act.ground,
        act.reason,
        dict(sorted(act.detail.items())),
        act.previous_hash.hex(),
    ]
    return hashlib.sha256(json.dumps(facts)).digest()


def instant(at: datetime) -> str:
    """Return the moment as hashes hold it: UTC, six decimals, `Z`."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
