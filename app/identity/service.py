"""Accounts, their passwords and their roles, as the command line and every other way in enters them."""

import secrets
from functools import cache
from uuid import UUID

from pwdlib import PasswordHash
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from app.core import clock
from app.core.db import Actor
from app.core.errors import InvalidError
from app.core.policy import PLATFORM_ROLES, SUJETO_ROLES, TENANT_ROLES
from app.core.tables import new_id
from app.identity.models import Account, LoginSession, Membership, PlatformRole

SHORTEST_PASSWORD = 12
RENEWED = {
    "status": "active",
    "sso": "",
    **dict.fromkeys(("valid_from", "valid_until", "lent_by", "ended_at", "ended_by")),
}
"""What a membership says that holds from now on, whatever became of it before."""


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobody_hash() -> str:
    """A hash that no password matches, so that an unknown account takes as long as a wrong password."""
    return _hasher().hash(secrets.token_urlsafe(32))


def hash_password(password: str) -> str:
    """Return what is stored of a password (argon2id).

    Raises:
        InvalidError: it is too short.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidError(f"La contraseña necesita al menos {SHORTEST_PASSWORD} caracteres.")
    return _hasher().hash(password)


def create_account(session: Session, *, email: str, full_name: str, password_hash: str) -> UUID:
    """Enter a person, or set the password and name of one who is there; returns the account.

    With a new password every open session ends: whoever knew the old one is out.

    Raises:
        InvalidError: the address is not acceptable.
    """
    email = email.strip().lower()
    if "@" not in email or any(char.isspace() for char in email):
        raise InvalidError(f"«{email}» no es una dirección de correo.")
    values = {"full_name": full_name.strip() or email, "password_hash": password_hash}
    statement = (
        insert(Account)
        .values(account_id=new_id(), email=email, **values)
        .on_conflict_do_update(index_elements=["email"], set_=values)
        .returning(col(Account.account_id))
    )
    account_id = UUID(str(session.execute(statement).scalar_one()))
    end_sessions(session, LoginSession.account_id == account_id)
    return account_id


def grant_platform_role(session: Session, account_id: UUID, role: str) -> None:
    """Give a person a role over the platform (command line only)."""
    if role not in PLATFORM_ROLES:
        raise InvalidError(f"«{role}» no es una función de la plataforma.")
    session.execute(insert(PlatformRole).values(account_id=account_id, role=role).on_conflict_do_nothing())


def add_membership(
    session: Session,
    actor: Actor,
    account_id: UUID,
    role: str,
    sujeto_obligado_id: UUID | None = None,
    *,
    granted_by: UUID | None = None,
) -> UUID:
    """Give a person a role in the actor's tenant for good and return the membership, the old one if there is one.

    Who may do so is the caller's to check: an accepted invitation, the command line, a trusted provider's claims.

    Raises:
        InvalidError: the role does not exist, or does not fit the place.
    """
    if role not in TENANT_ROLES:
        raise InvalidError(f"«{role}» no es una función de un organismo garante.")
    if (role in SUJETO_ROLES) != (sujeto_obligado_id is not None):
        raise InvalidError("Las funciones «so_…» necesitan un sujeto obligado; las demás no lo llevan.")
    values = {
        "tenant_id": actor.tenant_id,
        "account_id": account_id,
        "role": role,
        "sujeto_obligado_id": sujeto_obligado_id,
    }
    renewed = RENEWED | {"granted_by": granted_by or actor.account_id}
    statement = (
        insert(Membership)
        .values(membership_id=new_id(), granted_by=granted_by or actor.account_id, **values)
        .on_conflict_do_update(index_elements=list(values), set_=renewed)
        .returning(col(Membership.membership_id))
    )
    return UUID(str(session.execute(statement).scalar_one()))


def verify_password(password: str, stored: str) -> tuple[bool, str | None]:
    """Tell whether a password is the stored one, and return a newer hash of it where it deserves one.

    Args:
        password: as typed.
        stored: its hash; with "" the answer is no, after as long a time.
    """
    right, rehashed = _hasher().verify_and_update(password, stored or _nobody_hash())
    return right and bool(stored), rehashed


def end_sessions(session: Session, which: object) -> None:
    """Revoke the open sessions that a condition names."""
    session.execute(
        update(LoginSession)
        .where(which, col(LoginSession.revoked_at).is_(None))  # type: ignore[arg-type]
        .values(revoked_at=clock.now())
    )
