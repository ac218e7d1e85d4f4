"""Break-glass: a link for one administrator when the tenant's provider fails, made by whoever runs the service.

Used once, within half an hour; for a day that person's password opens the tenant again as well, although local sign-in
is off. Both are written into the tenant's audit log and the account's own.
"""

import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from app.core import audit, clock
from app.core.db import Actor, AuthSession, Database
from app.core.errors import InvalidError
from app.identity.log import note
from app.identity.models import Account, Membership
from app.identity.queries import in_force, token_hash
from app.identity.sessions import NewSession, Visit, open_session
from app.identity.sso.models import BreakGlass
from app.settings import Settings

LINK_MINUTES = 30
LOCAL_HOURS = 24


def prepare(session: Session, actor: Actor, email: str) -> str:
    """Return the token of a new link for an administrator of the actor's tenant; an older link of theirs is void.

    Args:
        session: as the owner of the database, bound to the tenant: only the command line can.
        actor: the system, in the tenant.
        email: of the person.

    Raises:
        InvalidError: no such person administers the tenant.
    """
    account_id = session.exec(
        select(Account.account_id)
        .join(Membership, col(Membership.account_id) == col(Account.account_id))
        .where(
            Account.email == email.strip().lower(),
            Account.status == "active",
            Membership.tenant_id == actor.tenant_id,
            Membership.role == "garante_admin",
            in_force(),
        )
    ).first()
    if account_id is None:
        raise InvalidError(
            f"«{email}» no administra este organismo garante: el rescate es solo para quien lo hace."
        )
    token, now = secrets.token_urlsafe(32), clock.now()
    values = {
        "token_sha256": token_hash(token),
        "expires_at": now + timedelta(minutes=LINK_MINUTES),
        "used_at": None,
        "local_until": now + timedelta(hours=LOCAL_HOURS),
    }
    session.execute(
        insert(BreakGlass)
        .values(tenant_id=actor.tenant_id, account_id=account_id, **values)
        .on_conflict_do_update(index_elements=["tenant_id", "account_id"], set_=values)
    )
    audit.record(session, "sso.break_glass", "account", account_id, local_hours=LOCAL_HOURS)
    return token


def holds(session: AuthSession, tenant_id: UUID, token: str) -> bool:
    """Tell whether a link would open something now; asking does not use it."""
    return session.exec(select(BreakGlass.account_id).where(_open(tenant_id, token))).first() is not None


def use(
    database: Database, settings: Settings, tenant_id: UUID, token: str, visit: Visit
) -> NewSession | None:
    """Open a session with a link, once; None when it was used, is too old, or never was one.

    The link stands for the password: whoever has a second factor still gives it.
    """
    with database.auth_work() as session:
        account_id = session.execute(
            update(BreakGlass)
            .where(_open(tenant_id, token))
            .values(used_at=clock.now())
            .returning(col(BreakGlass.account_id))
        ).scalar_one_or_none()
        if account_id is None:
            note(
                session, None, "sso.refused", why="break-glass", tenant=str(tenant_id), address=visit.address
            )
            return None
        account = session.get_one(Account, account_id)
        note(session, account_id, "sso.break_glass", tenant=str(tenant_id), address=visit.address)
        return open_session(
            session,
            settings,
            account_id,
            visit,
            awaits_second_factor=account.second_factor_since is not None,
        )


def _open(tenant_id: UUID, token: str) -> ColumnElement[bool]:
    return and_(
        col(BreakGlass.tenant_id) == tenant_id,
        col(BreakGlass.token_sha256) == token_hash(token),
        col(BreakGlass.used_at).is_(None),
        col(BreakGlass.expires_at) > clock.now(),
    )
