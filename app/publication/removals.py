"""Withdrawals remembered outside of the database, so that a restored backup does not bring back what the law took away.

Each approved withdrawal leaves a small file among the stored ones, `removals/{tenant}/{request}.json`: who asked and
decided what, when, on which ground, and which places were redacted; never what stood there. After a restore every one
that the database does not know of is carried out again, as itself.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from io import BytesIO
from uuid import UUID

from app.core import json
from app.core.db import Actor, Database
from app.core.errors import NotFoundError
from app.core.storage import Storage
from app.publication import withdrawals
from app.publication.models import WithdrawalRequest

FOLDER = "removals"
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
    storage.put(f"{FOLDER}/{actor.tenant_id}/{request_id}.json", BytesIO(json.dumps(told)))


def carry_out_again(database: Database, storage: Storage) -> Again:
    """Carry out every remembered withdrawal that the database does not know of; a second time there is none."""
    counted = Again()
    for told in _remembered(storage):
        outcome = _again(database, told)
        counted = Again(**{**asdict(counted), outcome: getattr(counted, outcome) + 1})
    return counted


def _remembered(storage: Storage) -> Iterator[WithdrawalRequest]:
    """Yield the remembered requests in the order in which they were decided."""
    found = []
    for file in storage.below(FOLDER):
        raw = b"".join(storage.read(file.key, 0, file.size_bytes))
        found.append(WithdrawalRequest.model_validate({**json.loads(raw), "status": "requested"}))
    yield from sorted(found, key=lambda one: (one.decided_at is None, one.decided_at))


def _again(database: Database, told: WithdrawalRequest) -> str:
    actor = Actor(tenant_id=told.tenant_id, account_id=told.decided_by, role="system")
    try:
        with database.unit_of_work(actor) as session:
            return "done" if withdrawals.approve_again(session, actor, told) else "known"
    except NotFoundError:
        return "absent"
