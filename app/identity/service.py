"""Signing in and out, switching hats, and entering people from the command line."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from pwdlib import PasswordHash
from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from app.core import clock
from app.core.db import Actor, AuthSession, Database
from app.core.errors import InvalidError, NotFoundError, TooManyRequestsError, UnauthenticatedError
from app.core.policy import PLATFORM_ROLES, SUJETO_ROLES, TENANT_ROLES
from app.core.tables import new_id
from app.identity.models import Account, AuthEvent, LoginFailure, LoginSession, Membership, PlatformRole
from app.identity.queries import SignedIn, token_hash
from app.settings import Settings

SHORTEST_PASSWORD = 12
_WRONG = "El correo o la contraseña no son correctos."


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just opened: the token goes into the cookie and is never seen again."""

    token: str
    account_id: UUID
    expires_at: datetime


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobody_hash() -> str:
    """A hash that no password matches, so that an unknown account takes as long as a wrong password."""
    return _hasher().hash(secrets.token_urlsafe(32))


def sign_in(
    database: Database,
    settings: Settings,
    *,
    email: str,
    password: str,
    address: str,
    user_agent: str,
    old_token: str | None = None,
) -> NewSession:
    """Open a session; the one whose token the browser still had is revoked (a new token at every sign-in).

    Args:
        database: as `app_auth`.
        settings: limits of attempts and of sessions.
        email: as typed.
        password: as typed; never logged.
        address: the visitor's network address, for throttling.
        user_agent: for the person's list of sessions.
        old_token: of the session in the browser, if any.

    Raises:
        TooManyRequestsError: too many failures for this account or from this address.
        UnauthenticatedError: wrong; it does not say which part.
    """
    email = email.strip().lower()
    buckets = [_bucket("account", email), _bucket("address", address)]
    window = _window(settings)
    with database.auth_work() as session:
        _refuse_when_throttled(session, settings, buckets, window)
        account = session.exec(select(Account).where(Account.email == email)).one_or_none()
        stored = account.password_hash if account and account.status == "active" else ""
    right, rehashed = _verify(password, stored)
    if account is None or not right:
        with database.auth_work() as session:
            _count_failure(session, buckets, window)
            _event(session, account.account_id if account else None, "session.refused")
        raise UnauthenticatedError(_WRONG)
    token = secrets.token_urlsafe(32)
    now = clock.now()
    with database.auth_work(account.account_id) as session:
        if old_token:
            _revoke(session, LoginSession.token_sha256 == token_hash(old_token))
        if rehashed:
            session.execute(
                update(Account)
                .where(col(Account.account_id) == account.account_id)
                .values(password_hash=rehashed)
            )
        session.execute(delete(LoginFailure).where(col(LoginFailure.bucket) == buckets[0]))
        login = LoginSession(
            token_sha256=token_hash(token),
            account_id=account.account_id,
            user_agent=user_agent[:300],
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(hours=settings.session_hours),
        )
        session.add(login)
        _event(session, account.account_id, "session.open")
    return NewSession(token, account.account_id, login.expires_at)


def sign_out(database: Database, who: SignedIn) -> None:
    """Revoke the session in use."""
    with database.auth_work(who.account_id) as session:
        _revoke(session, LoginSession.session_id == who.session_id)
        _event(session, who.account_id, "session.close")


def revoke_session(database: Database, who: SignedIn, session_id: UUID) -> None:
    """Revoke one of the person's own sessions; anybody else's is simply not found."""
    with database.auth_work(who.account_id) as session:
        _revoke(
            session, (LoginSession.session_id == session_id) & (LoginSession.account_id == who.account_id)
        )
        _event(session, who.account_id, "session.revoke")


def switch(database: Database, who: SignedIn, membership_id: UUID) -> str:
    """Wear another of one's own hats and return the slug of its tenant.

    Raises:
        NotFoundError: not a membership of this person.
    """
    for hat in who.memberships:
        if hat.membership_id == membership_id:
            with database.auth_work(who.account_id) as session:
                session.execute(
                    update(LoginSession)
                    .where(col(LoginSession.session_id) == who.session_id)
                    .values(membership_id=membership_id)
                )
                _event(session, who.account_id, "session.switch")
            return hat.tenant_slug
    raise NotFoundError("Esa función no es tuya.")


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
    _revoke(session, LoginSession.account_id == account_id)
    return account_id


def grant_platform_role(session: Session, account_id: UUID, role: str) -> None:
    """Give a person a role over the platform (command line only)."""
    if role not in PLATFORM_ROLES:
        raise InvalidError(f"«{role}» no es una función de la plataforma.")
    session.execute(insert(PlatformRole).values(account_id=account_id, role=role).on_conflict_do_nothing())


def add_membership(
    session: Session, actor: Actor, account_id: UUID, role: str, sujeto_obligado_id: UUID | None = None
) -> UUID:
    """Give a person a role in the actor's tenant and return the membership, the old one if there is one.

    For the command line; invitations come with onboarding.

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
    statement = (
        insert(Membership)
        .values(membership_id=new_id(), **values)
        .on_conflict_do_update(index_elements=list(values), set_={"status": "active"})
        .returning(col(Membership.membership_id))
    )
    return UUID(str(session.execute(statement).scalar_one()))


def _verify(password: str, stored: str) -> tuple[bool, str | None]:
    right, rehashed = _hasher().verify_and_update(password, stored or _nobody_hash())
    return right and bool(stored), rehashed


def _bucket(kind: str, value: str) -> str:
    return f"{kind}:{hashlib.sha256(value.encode()).hexdigest()}"


def _window(settings: Settings) -> datetime:
    length = timedelta(minutes=settings.login_window_minutes)
    now = clock.now()
    return now - (now - datetime.min.replace(tzinfo=now.tzinfo)) % length


def _refuse_when_throttled(
    session: AuthSession, settings: Settings, buckets: list[str], window: datetime
) -> None:
    worst = session.execute(
        select(func.max(LoginFailure.failures)).where(
            col(LoginFailure.bucket).in_(buckets), LoginFailure.window_start == window
        )
    ).scalar_one()
    if (worst or 0) >= settings.login_attempts:
        ends = window + timedelta(minutes=settings.login_window_minutes)
        wait = max(1, int((ends - clock.now()).total_seconds()) + 1)
        raise TooManyRequestsError(
            f"Hubo demasiados intentos fallidos. Espera {-(-wait // 60)} min y vuelve a intentarlo.",
            retry_after=wait,
        )


def _count_failure(session: AuthSession, buckets: list[str], window: datetime) -> None:
    session.execute(delete(LoginFailure).where(col(LoginFailure.window_start) < window))
    # In a fixed order: two failures at once must not wait for each other.
    for bucket in sorted(buckets):
        session.execute(
            insert(LoginFailure)
            .values(bucket=bucket, window_start=window, failures=1)
            .on_conflict_do_update(
                index_elements=["bucket", "window_start"], set_={"failures": LoginFailure.failures + 1}
            )
        )


def _revoke(session: Session, which: object) -> None:
    session.execute(
        update(LoginSession)
        .where(which, col(LoginSession.revoked_at).is_(None))  # type: ignore[arg-type]
        .values(revoked_at=clock.now())
    )


def _event(session: AuthSession, account_id: UUID | None, verb: str) -> None:
    session.add(AuthEvent(account_id=account_id, verb=verb, detail={}))
