"""Withdrawals remembered outside of the database, so that a restored backup does not bring back what the law took away.

Each approved withdrawal leaves a small file among the stored ones, `removals/{tenant}/{request}.json`: who asked and
decided what, when, on which ground, and which places were redacted; never what stood there. After a restore every one
that the database does not know of is carried out again, as itself, and in the tenant where the backup has the process:
it may have moved since.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from uuid import UUID

from sqlmodel import col, select

from app.core import json
from app.core.db import Actor, Database
from app.core.errors import NotFoundError
from app.core.storage import Storage
from app.publication import withdrawals
from app.publication.models import WithdrawalRequest
from app.publication.standing import Stood, stood_at
from app.tenancy.models import Tenant

FOLDER = "removals"
DELETED = "deleted.json"
"""Name of the file that remembers the deletion of a whole tenant, which `app.continuity` writes and reads."""
_KEPT = tuple(name for name in WithdrawalRequest.model_fields if name != "status")


@dataclass(frozen=True, slots=True)
class Again:
    """What carrying out the remembered withdrawals did: `absent` ones concern processes that the backup lacks."""

    done: int = 0
    known: int = 0
    absent: int = 0


def remember(database: Database, storage: Storage, actor: Actor, request_id: UUID) -> None:
    """Write the file of an approved request; writing it again changes nothing."""
    with database.unit_of_work(actor) as session:
        row = session.get_one(WithdrawalRequest, (actor.tenant_id, request_id))
        told = row.model_dump(mode="json", include=set(_KEPT))
        if row.position is not None:
            stood = stood_at(session, row.tenant_id, row.position)
            told["stood"] = [str(stood.tenant_id), stood.position]
    storage.put(f"{FOLDER}/{actor.tenant_id}/{request_id}.json", BytesIO(json.dumps(told)))


def carry_out_again(database: Database, storage: Storage) -> Again:
    """Carry out every remembered withdrawal that the database does not know of; a second time there is none."""
    counted = Again()
    with database.public_reading() as session:
        tenants = session.exec(select(Tenant.tenant_id).order_by(col(Tenant.tenant_id))).all()
    for told, stood in _remembered(storage):
        outcome = _again(database, tenants, told, stood)
        counted = Again(**{**asdict(counted), outcome: getattr(counted, outcome) + 1})
    return counted


def _remembered(storage: Storage) -> Iterator[tuple[WithdrawalRequest, Stood | None]]:
    """Yield the remembered requests in the order in which they were decided, each with where its release stood."""
    found = []
    for file in storage.below(FOLDER):
        if file.key.endswith(f"/{DELETED}"):
            continue
        told = json.loads(b"".join(storage.read(file.key, 0, file.size_bytes)))
        stood = told.pop("stood", None)
        request = WithdrawalRequest.model_validate({**told, "status": "requested"})
        found.append((request, Stood(UUID(stood[0]), stood[1]) if stood else None))
    yield from sorted(found, key=lambda one: (one[0].decided_at is None, one[0].decided_at))


def _again(database: Database, tenants: Sequence[UUID], told: WithdrawalRequest, stood: Stood | None) -> str:
    for tenant_id in sorted(tenants, key=lambda one: one != told.tenant_id):
        actor = Actor(tenant_id=tenant_id, account_id=told.decided_by, role="system")
        try:
            with database.unit_of_work(actor) as session:
                return "done" if withdrawals.approve_again(session, actor, told, stood) else "known"
        except NotFoundError:
            continue
    return "absent"
