"""Signing in and out, proving once more who one is, and switching hats."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from app.core import clock
from app.core.db import AuthSession, Database
from app.core.errors import NotFoundError, UnauthenticatedError
from app.identity import throttle
from app.identity.log import note
from app.identity.models import Account, LoginSession
from app.identity.queries import MembershipView, SignedIn, token_hash
from app.identity.service import end_sessions, verify_password
from app.settings import Settings

SECOND_FACTOR_MINUTES = 10
"""How long a right password waits for the second factor."""
_WRONG = "El correo o la contraseña no son correctos."


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just opened: the token goes into the cookie and is never seen again.

    While it `awaits_second_factor` it opens nothing but the page that asks for it.
    """

    token: str
    account_id: UUID
    expires_at: datetime
    awaits_second_factor: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """Where somebody comes from: network address and browser, as told; and the token that it still held."""

    address: str = ""
    user_agent: str = ""
    old_token: str | None = None


def sign_in(database: Database, settings: Settings, *, email: str, password: str, visit: Visit) -> NewSession:
    """Open a session; the one whose token the browser still had is revoked (a new token at every sign-in).

    Args:
        database: as `app_auth`.
        settings: limits of attempts and of sessions.
        email: as typed.
        password: as typed; never logged.
        visit: the address throttles, the browser is shown in the person's list of sessions.

    Raises:
        TooManyRequestsError: too many failures for this account or from this address.
        UnauthenticatedError: wrong; it does not say which part.
    """
    email = email.strip().lower()
    account = _verified(database, settings, email, password, visit)
    with database.auth_work(account.account_id) as session:
        return open_session(
            session,
            settings,
            account.account_id,
            visit,
            awaits_second_factor=account.second_factor_since is not None,
        )


def open_session(
    session: AuthSession,
    settings: Settings,
    account_id: UUID,
    visit: Visit,
    *,
    awaits_second_factor: bool = False,
    by_second_factor: bool = False,
) -> NewSession:
    """Open a session for somebody whose identity is proven, ending the one that the browser still had.

    Args:
        session: bound to the account.
        settings: how long sessions last.
        account_id: whose.
        visit: where from.
        awaits_second_factor: it opens nothing until the second factor is given.
        by_second_factor: more than a password was proven already.
    """
    if visit.old_token:
        end_sessions(session, LoginSession.token_sha256 == token_hash(visit.old_token))
    token = secrets.token_urlsafe(32)
    now = clock.now()
    lasts = (
        timedelta(minutes=SECOND_FACTOR_MINUTES)
        if awaits_second_factor
        else timedelta(hours=settings.session_hours)
    )
    login = LoginSession(
        token_sha256=token_hash(token),
        account_id=account_id,
        user_agent=visit.user_agent[:300],
        created_at=now,
        last_seen_at=now,
        expires_at=now + lasts,
        authenticated_at=now,
        second_factor_at=now if by_second_factor else None,
        awaits_second_factor=awaits_second_factor,
    )
    session.add(login)
    if not awaits_second_factor:
        note(session, account_id, "session.open", address=visit.address)
    return NewSession(token, account_id, login.expires_at, awaits_second_factor)


def confirm(database: Database, settings: Settings, who: SignedIn, password: str, visit: Visit) -> None:
    """Take the password once more: acts that ask for a fresh sign-in are open for a while.

    Raises:
        TooManyRequestsError: too many failures.
        UnauthenticatedError: wrong.
    """
    try:
        _verified(database, settings, who.email, password, visit)
    except UnauthenticatedError as error:
        raise UnauthenticatedError("La contraseña no es correcta.") from error
    with database.auth_work(who.account_id) as session:
        session.execute(
            update(LoginSession)
            .where(col(LoginSession.session_id) == who.session_id)
            .values(authenticated_at=clock.now())
        )
        note(session, who.account_id, "session.confirm", address=visit.address)


def sign_out(database: Database, who: SignedIn) -> None:
    """Revoke the session in use."""
    with database.auth_work(who.account_id) as session:
        end_sessions(session, LoginSession.session_id == who.session_id)
        note(session, who.account_id, "session.close")


def revoke_session(database: Database, who: SignedIn, session_id: UUID) -> None:
    """Revoke one of the person's own sessions; anybody else's is simply not found."""
    with database.auth_work(who.account_id) as session:
        end_sessions(
            session, (LoginSession.session_id == session_id) & (LoginSession.account_id == who.account_id)
        )
        note(session, who.account_id, "session.revoke")


def revoke_others(session: AuthSession, who: SignedIn) -> None:
    """Revoke every session of the person but the one in use."""
    end_sessions(
        session, (LoginSession.account_id == who.account_id) & (LoginSession.session_id != who.session_id)
    )


def switch(database: Database, who: SignedIn, membership_id: UUID) -> MembershipView:
    """Wear another of one's own hats and return it.

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
                note(session, who.account_id, "session.switch")
            return hat
    raise NotFoundError("Esa función no es tuya.")


def _verified(database: Database, settings: Settings, email: str, password: str, visit: Visit) -> Account:
    """Return the account whose password this is; the attempt is counted first, and forgiven when it was right."""
    of_account, of_address = throttle.bucket("account", email), throttle.bucket("address", visit.address)
    with database.auth_work() as session:
        throttle.attempt(session, settings, of_account, of_address)
    with database.auth_work() as session:
        account = session.exec(select(Account).where(Account.email == email)).one_or_none()
    # Outside of any transaction: it is slow on purpose.
    right, rehashed = verify_password(
        password, account.password_hash if account and account.status == "active" else ""
    )
    with database.auth_work() as session:
        if account is None or not right:
            note(
                session,
                account.account_id if account else None,
                "session.refused",
                address=visit.address,
            )
        else:
            throttle.forgive(session, of_account)
            throttle.give_back(session, settings, of_address)
            if rehashed:
                session.execute(
                    update(Account)
                    .where(col(Account.account_id) == account.account_id)
                    .values(password_hash=rehashed)
                )
    if account is None or not right:
        raise UnauthenticatedError(_WRONG)
    return account
