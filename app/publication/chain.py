"""The chain of entries: how one is hashed, and how a whole chain is verified.

An entry's hash covers its own facts, the hash of the bytes it published and the hash of the entry before it, so that
no entry can change, vanish or be put between others without every later hash telling.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.core import json
from app.publication.models import ChainHead, ChainTransfer, Release, ReleaseBody, TakenOver

GENESIS = hashlib.sha256(b"contrataciones-abiertas/1").digest()
"""What stands before the first entry."""

BATCH = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """The facts that a hash covers."""

    tenant_id: UUID
    position: int
    kind: str
    ocid: str
    release_id: str
    date: datetime
    body_sha256: bytes
    withdraws: int | None
    ground: str
    previous_hash: bytes

    def hash(self) -> bytes:
        """Return SHA-256 of the facts as compact JSON in this order; anyone can compute it again."""
        facts = [
            str(self.tenant_id),
            self.position,
            self.kind,
            self.ocid,
            self.release_id,
            rfc3339(self.date),
            self.body_sha256.hex(),
            self.withdraws,
            self.ground,
            self.previous_hash.hex(),
        ]
        return hashlib.sha256(json.dumps(facts)).digest()


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a chain that is not as it must be; `message` is Spanish."""

    position: int
    message: str


def rfc3339(moment: datetime) -> str:
    """Return the instant in UTC with six decimals, 27 characters: text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def verify(session: Session, tenant_id: UUID) -> Iterator[Fault]:
    """Read a tenant's chain from its first entry and yield every fault.

    A missing body is right only where a withdrawal names it; what was taken over is what a transfer says.

    Args:
        session: may read the tenant's releases and bodies.
        tenant_id: whose chain.
    """
    withdrawn = set(
        session.exec(
            select(Release.withdraws).where(Release.tenant_id == tenant_id, Release.kind == "withdrawal")
        ).all()
    )
    told = {
        row.position: row
        for row in session.exec(select(ChainTransfer).where(ChainTransfer.tenant_id == tenant_id))
    }
    yield from _not_as_told(session, tenant_id, told.values())
    previous, position = GENESIS, 0
    while True:
        rows = session.exec(
            select(Release, ReleaseBody.body)
            .outerjoin(
                ReleaseBody,
                (col(ReleaseBody.tenant_id) == col(Release.tenant_id))
                & (col(ReleaseBody.position) == col(Release.position)),
            )
            .where(Release.tenant_id == tenant_id, Release.position > position)
            .order_by(col(Release.position))
            .limit(BATCH)
        ).all()
        for release, body in rows:
            position += 1
            yield from _faults(release, body, position, previous, withdrawn)
            if release.kind == "transfer":
                yield from _untold(release, told.get(release.position))
            position, previous = release.position, release.entry_hash
        if len(rows) < BATCH:
            break
    head = session.exec(select(ChainHead).where(ChainHead.tenant_id == tenant_id)).one_or_none()
    if (head.position if head else 0) != position or (head is not None and head.entry_hash != previous):
        yield Fault(position, "La cabeza de la cadena no coincide con su última entrada.")


def _faults(
    release: Release, body: bytes | None, expected: int, previous: bytes, withdrawn: set[int | None]
) -> Iterator[Fault]:
    if release.position != expected:
        yield Fault(expected, f"Falta la entrada {expected} de la cadena.")
    if release.previous_hash != previous:
        yield Fault(release.position, "No enlaza con la entrada anterior.")
    entry = Entry(
        release.tenant_id,
        release.position,
        release.kind,
        release.ocid,
        release.release_id,
        release.date,
        release.body_sha256,
        release.withdraws,
        release.ground,
        release.previous_hash,
    )
    if entry.hash() != release.entry_hash:
        yield Fault(release.position, "Su huella no corresponde a su contenido.")
    if release.kind != "release":
        return
    if body is None:
        if release.position not in withdrawn:
            yield Fault(release.position, "Falta el texto publicado y ningún retiro lo explica.")
    elif hashlib.sha256(body).digest() != release.body_sha256:
        yield Fault(release.position, "El texto publicado cambió: su huella no es la registrada.")
    elif release.position in withdrawn:
        yield Fault(release.position, "Fue retirada, pero su texto sigue guardado.")


def _untold(release: Release, told: ChainTransfer | None) -> Iterator[Fault]:
    if told is None:
        yield Fault(release.position, "Falta lo que dice el traspaso.")
    elif hashlib.sha256(told.payload).digest() != release.body_sha256:
        yield Fault(release.position, "Lo que dice el traspaso cambió: su huella no es la registrada.")
    elif (told.ocid, told.process_id) != (release.ocid, release.process_id):
        yield Fault(release.position, "El traspaso no es el de su entrada en la cadena.")


def _not_as_told(session: Session, tenant_id: UUID, told: Iterable[ChainTransfer]) -> Iterator[Fault]:
    """Compare the releases that are said to be in other chains with what the transfers say."""
    known = {
        (str(row.source_id), row.source_position, row.ocid): row.place
        for row in session.exec(select(TakenOver).where(TakenOver.tenant_id == tenant_id))
    }
    for row in told:
        if row.direction != "in":
            continue
        for release in json.loads(row.payload)["releases"]:
            if known.pop((release["tenant"], release["position"], row.ocid), None) is None:
                yield Fault(row.position, "Falta una entrega que el traspaso dice haber recibido.")
    for place in known.values():
        yield Fault(place, "Ningún traspaso dice haber recibido esa entrega.")
