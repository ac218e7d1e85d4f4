"""Reading machine clients: the list of a tenant, and who a token belongs to."""

import hashlib
from dataclasses import dataclass

from sqlmodel import col, select

from app.core import clock
from app.core.db import Actor, RwSession
from app.core.errors import NotFoundError
from app.core.policy import MACHINE_ROLE
from app.identity.clients.models import MachineClient, MachineToken
from app.identity.models import Membership
from app.identity.queries import in_force


@dataclass(frozen=True, slots=True)
class Bearer:
    """A client that came with a token: the actor that it is, and what the token is good for."""

    client: MachineClient
    actor: Actor
    scopes: frozenset[str]


def digest(secret: str) -> bytes:
    """Return what the database keeps of a secret or a token: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def clients(session: RwSession, actor: Actor) -> list[MachineClient]:
    """Return the clients of the actor's tenant, those in use first, then by name."""
    return list(
        session.exec(
            select(MachineClient)
            .where(MachineClient.tenant_id == actor.tenant_id)
            .order_by(
                col(MachineClient.revoked_at).is_not(None),
                col(MachineClient.name),
                col(MachineClient.client_id),
            )
        )
    )


def client(session: RwSession, actor: Actor, client_id: str, *, for_update: bool = False) -> MachineClient:
    """Return a client of the actor's tenant.

    Raises:
        NotFoundError: absent, or another tenant's.
    """
    found = find(session, actor, client_id, for_update=for_update)
    if found is None:
        raise NotFoundError("No encontramos ese sistema.")
    return found


def find(
    session: RwSession, actor: Actor, client_id: str, *, for_update: bool = False
) -> MachineClient | None:
    """Return a client of the actor's tenant, if there is one."""
    query = select(MachineClient).where(
        MachineClient.tenant_id == actor.tenant_id, MachineClient.client_id == client_id
    )
    return session.exec(query.with_for_update() if for_update else query).one_or_none()


def is_open(client: MachineClient) -> bool:
    """Tell whether a client may ask for tokens now."""
    return client.revoked_at is None and client.expires_at > clock.now()


def bearer(session: RwSession, actor: Actor, token: str, address: str = "") -> Bearer | None:
    """Return the client that an access token of the actor's tenant belongs to; None when it opens nothing any more.

    Args:
        session: bound to the actor.
        actor: the system, in the tenant.
        token: as it came.
        address: the network address that it came from, for the audit log.
    """
    found = session.exec(
        select(MachineToken, MachineClient)
        .join(
            MachineClient,
            (col(MachineClient.tenant_id) == col(MachineToken.tenant_id))
            & (col(MachineClient.client_id) == col(MachineToken.client_id)),
        )
        .join(
            Membership,
            (col(Membership.tenant_id) == col(MachineClient.tenant_id))
            & (col(Membership.membership_id) == col(MachineClient.membership_id)),
        )
        .where(
            MachineToken.tenant_id == actor.tenant_id,
            MachineToken.token_sha256 == digest(token),
            col(MachineToken.expires_at) > clock.now(),
            in_force(),
        )
    ).one_or_none()
    if found is None or not is_open(found[1]):
        return None
    held, client = found
    return Bearer(
        client,
        Actor(
            tenant_id=client.tenant_id,
            account_id=client.account_id,
            membership_id=client.membership_id,
            role=MACHINE_ROLE,
            sujeto_obligado_id=client.sujeto_obligado_id,
            address=address,
        ),
        frozenset(held.scopes),
    )
