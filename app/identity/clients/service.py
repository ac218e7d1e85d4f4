"""Acts on machine clients: let a program in, give it another secret, shut it out.

A client acts as a service account with the role `machine`, made for it: so whatever it does is audited under its name,
its jobs stop when its membership ends, and nobody can sign in as it (no password, an address that nobody has).
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col

from app.core import audit, clock
from app.core.db import Actor, Database, RwSession
from app.core.errors import ConflictError, ForbiddenError, InvalidError, StaleError
from app.core.policy import MACHINE_ROLE, Permission, require
from app.core.tables import new_id
from app.identity.clients import queries
from app.identity.clients.models import SCOPES, MachineClient, MachineToken
from app.identity.log import note
from app.identity.models import Account, Membership
from app.tenancy import queries as tenancy

LONGEST_DAYS = 366
NOWHERE = "clients.invalid"
"""The domain of addresses that nobody has (RFC 2606)."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client proves itself with; the secret is seen here once and never again."""

    name: str
    client_id: str
    secret: str = field(repr=False)


def create(
    session: RwSession,
    database: Database,
    actor: Actor,
    *,
    name: str,
    scopes: Collection[str],
    days: int,
    sujeto_obligado_id: UUID | None = None,
) -> Credentials:
    """Let a program in.

    Args:
        session: bound to the actor.
        database: where its service account is made; that is committed at once, and does nothing by itself.
        actor: who administers the tenant.
        name: what people call it.
        scopes: what it may ask for, of `SCOPES`.
        days: after which it ends, at most a year and a day.
        sujeto_obligado_id: the body that it works for; None for the whole tenant.

    Raises:
        NotFoundError: no such sujeto obligado.
        InvalidError: no scope, or one that does not exist; no time, or too long a time.
    """
    require(actor, Permission.CLIENT_MANAGE, sujeto_obligado_id)
    if actor.tenant_id is None:
        raise ForbiddenError
    if not scopes or not set(scopes) <= set(SCOPES):
        raise InvalidError("Elige al menos una de las cosas que el sistema puede hacer.")
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidError(f"El acceso dura de 1 a {LONGEST_DAYS} días.")
    if sujeto_obligado_id is not None:
        tenancy.sujeto(session, actor, sujeto_obligado_id)
    made = Credentials(name, f"sistema-{secrets.token_hex(12)}", secrets.token_urlsafe(32))
    account_id, membership_id = new_id(), new_id()
    with database.auth_work(actor.account_id) as auth:
        auth.add(
            Account(account_id=account_id, email=f"{made.client_id}@{NOWHERE}", full_name=f"{name} (sistema)")
        )
        auth.flush()
        note(auth, account_id, "account.create")
    session.add(
        Membership(
            tenant_id=actor.tenant_id,
            membership_id=membership_id,
            account_id=account_id,
            role=MACHINE_ROLE,
            sujeto_obligado_id=sujeto_obligado_id,
            granted_by=actor.account_id,
        )
    )
    session.flush()
    session.add(
        MachineClient(
            tenant_id=actor.tenant_id,
            client_id=made.client_id,
            name=name,
            secret_sha256=queries.digest(made.secret),
            scopes=[scope for scope in SCOPES if scope in scopes],
            account_id=account_id,
            membership_id=membership_id,
            sujeto_obligado_id=sujeto_obligado_id,
            created_by=actor.account_id,
            expires_at=clock.now() + timedelta(days=days),
        )
    )
    session.flush()
    audit.record(session, "client.create", "machine_client", made.client_id, scopes=sorted(scopes), days=days)
    return made


def rotate(session: RwSession, actor: Actor, client_id: str, row_version: int) -> Credentials:
    """Give a client another secret; the old one and its tokens are void at once.

    Raises:
        NotFoundError: no such client.
        StaleError: somebody changed it meanwhile.
        ConflictError: it was revoked, or has ended.
    """
    row = _loaded(session, actor, client_id, row_version)
    if not queries.is_open(row):
        raise ConflictError("Este sistema ya no tiene acceso: da de alta uno nuevo.")
    made = Credentials(row.name, client_id, secrets.token_urlsafe(32))
    row.secret_sha256, row.rotated_at = queries.digest(made.secret), clock.now()
    _forget_tokens(session, row)
    session.flush()
    audit.record(session, "client.rotate", "machine_client", client_id)
    return made


def revoke(session: RwSession, actor: Actor, client_id: str, row_version: int) -> None:
    """Shut a client out: its secret and tokens are void, and its jobs stop at their next unit.

    Raises:
        NotFoundError: no such client.
        StaleError: somebody changed it meanwhile.
        ConflictError: it was revoked before.
    """
    row = _loaded(session, actor, client_id, row_version)
    if row.revoked_at is not None:
        raise ConflictError("Este sistema ya no tenía acceso.")
    row.revoked_at = clock.now()
    _forget_tokens(session, row)
    ended = {"status": "ended", "ended_at": row.revoked_at, "ended_by": actor.account_id}
    session.execute(
        update(Membership)
        .where(
            col(Membership.tenant_id) == actor.tenant_id, col(Membership.membership_id) == row.membership_id
        )
        .values(ended)
    )
    session.flush()
    audit.record(session, "client.revoke", "machine_client", client_id)


def _loaded(session: RwSession, actor: Actor, client_id: str, row_version: int) -> MachineClient:
    require(actor, Permission.CLIENT_MANAGE)
    row = queries.client(session, actor, client_id, for_update=True)
    if row.row_version != row_version:
        raise StaleError("Alguien más cambió este sistema mientras tanto. Revisa cómo quedó.")
    row.row_version += 1
    return row


def _forget_tokens(session: RwSession, row: MachineClient) -> None:
    session.execute(
        delete(MachineToken).where(
            col(MachineToken.tenant_id) == row.tenant_id, col(MachineToken.client_id) == row.client_id
        )
    )
