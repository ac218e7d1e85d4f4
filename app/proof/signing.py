"""Signing each tenant's head once a day, with the heads of all others in it (docs/adr/0041).

What is signed names the last signed heads of every tenant by one hash, so that whoever keeps the head of one tenant keeps
all of them: who rewrites a chain, with every hash and signature, would have to rewrite what others kept.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from app.core import clock, json
from app.core.db import Actor, Database
from app.core.jobs import apart
from app.core.keys import Keyring
from app.core.tables import table_of
from app.proof import verifying
from app.proof.heads import last_heads
from app.proof.models import HeadList, SignedHead, SigningKey
from app.publication.chain import GENESIS, rfc3339
from app.publication.models import ChainHead
from app.tenancy.queries import SignedHead as LastHead
from app.tenancy.queries import TenantView

PURPOSE = "signed heads"
KIND = "contrataciones-abiertas/cabeza/1"


def sign_due(database: Database, keyring: Keyring, views: Collection[TenantView]) -> int:
    """Sign the heads of tenants that have none of today, where they are; returns how many."""
    now = clock.now()
    with database.public_reading() as session:
        last = last_heads(session)
    # A clock that went back signs no day twice, and none before the last.
    due = [
        view
        for view in views
        if view.tenant_id not in last or last[view.tenant_id].day.isoformat() < _day(view, now)
    ]
    if not due:
        return 0
    key = keyring.signer(PURPOSE)
    seal = _Seal(key, _publish_key(database, key), _list_heads(database, last), now)
    signed = 0
    for view in due:
        with apart(signing_head_of=view.slug):
            signed += _sign(database, view, seal)
    return signed


@dataclass(frozen=True, slots=True)
class _Seal:
    """What all heads signed together have in common: the key and its name, the list of all heads, the instant."""

    key: Ed25519PrivateKey
    name: str
    heads: str
    now: datetime


def _day(view: TenantView, now: datetime) -> str:
    return now.astimezone(ZoneInfo(view.time_zone)).date().isoformat()


def _list_heads(database: Database, last: Mapping[UUID, LastHead]) -> str:
    """Keep the last signed heads of all tenants, and return the hash of that list."""
    told = [
        {
            "tenant": str(tenant_id),
            "day": head.day.isoformat(),
            "position": json.loads(head.statement)["position"],
            "head": hashlib.sha256(head.statement.encode()).hexdigest(),
        }
        for tenant_id, head in sorted(last.items())
    ]
    body = json.dumps({"heads": told})
    digest = hashlib.sha256(body).hexdigest()
    with database.owner_work() as session:
        statement = insert(table_of(HeadList)).values(sha256=digest, body=body)
        session.execute(statement.on_conflict_do_nothing())
    return digest


def _publish_key(database: Database, key: Ed25519PrivateKey) -> str:
    """Keep the public half of a key, and return its name: keys of two installations never share one."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    name = hashlib.sha256(public).hexdigest()[: verifying.NAME]
    with database.owner_work() as session:
        statement = insert(table_of(SigningKey)).values(key_id=name, public_key=public)
        session.execute(statement.on_conflict_do_nothing())
    return name


def _sign(database: Database, view: TenantView, seal: _Seal) -> int:
    actor = Actor(tenant_id=view.tenant_id, role="system")
    with database.owner_work(actor) as session:
        head = session.get(ChainHead, view.tenant_id)
        previous = session.exec(
            select(SignedHead)
            .where(SignedHead.tenant_id == view.tenant_id)
            .order_by(col(SignedHead.day).desc())
            .limit(1)
        ).first()
        statement = json.text(
            {
                "kind": KIND,
                "tenant": str(view.tenant_id),
                "publisher": view.name,
                "day": _day(view, seal.now),
                "position": head.position if head else 0,
                "entryHash": (head.entry_hash if head else GENESIS).hex(),
                "previous": hashlib.sha256(previous.statement.encode()).hexdigest() if previous else None,
                "heads": seal.heads,
                "signedAt": rfc3339(seal.now),
                "key": seal.name,
            }
        )
        return _keep(session, view, statement, seal)


def _keep(session: Session, view: TenantView, statement: str, seal: _Seal) -> int:
    said = json.loads(statement)
    row = insert(table_of(SignedHead)).values(
        tenant_id=view.tenant_id,
        day=said["day"],
        position=said["position"],
        statement=statement,
        signature=seal.key.sign(statement.encode()),
        key_id=seal.name,
    )
    # Of two workers at once the first one's counts.
    done = session.execute(row.on_conflict_do_nothing().returning(table_of(SignedHead).c.day))
    return len(done.all())
