"""More than a password: codes of a telephone (TOTP, RFC 6238) and codes on paper for when it is lost."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pyotp
import segno
from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from app.core import clock
from app.core.db import AuthSession, Database
from app.core.errors import ConflictError, InvalidError, NotFoundError, UnauthenticatedError
from app.core.keys import Keyring
from app.identity import throttle
from app.identity.account import tell
from app.identity.log import note
from app.identity.models import Account, LoginSession, Passkey, RecoveryCode, TotpSecret
from app.identity.queries import SignedIn, token_hash
from app.identity.service import end_sessions
from app.identity.sessions import NewSession, Visit, revoke_others
from app.settings import Settings

ISSUER = "Contrataciones Abiertas"
STEP_SECONDS = 30
SKEW_STEPS = 1
"""A telephone's clock may be half a minute off, either way."""
WAITS = timedelta(minutes=10)
"""For how long a secret waits for its first code: somebody else may have asked for an older one, and read it."""
CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_CODE_LENGTH = 16
_WRONG = "Ese código no sirve. Escribe el que tu aplicación muestra ahora; cada uno se usa una sola vez."


@dataclass(frozen=True, slots=True)
class Waiting:
    """A session whose password was right and that waits for the second factor."""

    session_id: UUID
    account_id: UUID
    email: str
    full_name: str


def waiting(database: Database, token: str) -> Waiting:
    """Return the session that a browser's token names, if it still needs the second factor.

    Raises:
        UnauthenticatedError: it does not exist, needs none, or waited too long.
    """
    with database.auth_work() as session:
        found = session.exec(
            select(LoginSession, Account)
            .join(Account, col(Account.account_id) == col(LoginSession.account_id))
            .where(
                LoginSession.token_sha256 == token_hash(token),
                col(LoginSession.revoked_at).is_(None),
                LoginSession.expires_at > clock.now(),
                col(LoginSession.second_factor_at).is_(None),
                col(Account.second_factor_since).is_not(None),
                Account.status == "active",
            )
        ).one_or_none()
    if found is None:
        raise UnauthenticatedError("Pasó demasiado tiempo. Entra otra vez con tu contraseña.")
    login, account = found
    return Waiting(login.session_id, account.account_id, account.email, account.full_name)


def give_code(
    database: Database, settings: Settings, keyring: Keyring, who: Waiting, *, code: str, visit: Visit
) -> NewSession:
    """Take the second factor and open the session under a new token.

    Raises:
        TooManyRequestsError: too many wrong codes for this account.
        UnauthenticatedError: wrong, or used before.
    """
    count_attempt(database, settings, who.account_id)
    with database.auth_work(who.account_id) as session:
        right = _takes(session, keyring, who.account_id, code)
        if not right:
            note(session, who.account_id, "session.second_factor_refused", address=visit.address)
    if not right:
        raise UnauthenticatedError(_WRONG)
    return admit(database, settings, who, visit)


def count_attempt(database: Database, settings: Settings, account_id: UUID) -> None:
    """Count an attempt at an account's second factor before it is checked.

    Raises:
        TooManyRequestsError: too many failed.
    """
    with database.auth_work() as session:
        throttle.attempt(session, settings, throttle.bucket("second", account_id))


def admit(database: Database, settings: Settings, who: Waiting, visit: Visit) -> NewSession:
    """Open a session whose second factor was right; its token changes."""
    token, now = secrets.token_urlsafe(32), clock.now()
    ends = now + timedelta(hours=settings.session_hours)
    with database.auth_work(who.account_id) as session:
        throttle.forgive(session, throttle.bucket("second", who.account_id))
        opened = session.execute(
            update(LoginSession)
            .where(col(LoginSession.session_id) == who.session_id, col(LoginSession.revoked_at).is_(None))
            .values(
                token_sha256=token_hash(token),
                awaits_second_factor=False,
                second_factor_at=now,
                authenticated_at=now,
                last_seen_at=now,
                expires_at=ends,
            )
            .returning(col(LoginSession.session_id))
        ).first()
        if opened is None:
            raise UnauthenticatedError("Esa sesión terminó. Entra otra vez.")
        note(session, who.account_id, "session.open", address=visit.address)
    return NewSession(token, who.account_id, ends)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A secret that waits for its first code."""

    secret: str
    address: str

    @property
    def in_groups(self) -> str:
        """The secret as one types it."""
        return " ".join(self.secret[at : at + 4] for at in range(0, len(self.secret), 4))

    def svg(self) -> bytes:
        """The secret as a picture for a telephone's camera."""
        drawn = BytesIO()
        segno.make(self.address, error="m").save(drawn, kind="svg", scale=5, border=4, light="#fff")
        return drawn.getvalue()


def start(database: Database, keyring: Keyring, who: SignedIn) -> None:
    """Make a secret for the person's application; one that has not waited long for its first code stays.

    Raises:
        ConflictError: there is a second factor already.
    """
    if who.second_factor:
        raise ConflictError("Ya tienes un segundo paso. Para cambiar de aplicación, quítalo primero.")
    sealed = keyring.seal(_purpose(who.account_id), pyotp.random_base32())
    with database.auth_work(who.account_id) as session:
        waiting = insert(TotpSecret).values(account_id=who.account_id, sealed=sealed, created_at=clock.now())
        session.execute(
            waiting.on_conflict_do_update(
                index_elements=["account_id"],
                set_={name: waiting.excluded[name] for name in ("sealed", "created_at")},
                where=col(TotpSecret.confirmed_at).is_(None)
                & (col(TotpSecret.created_at) <= clock.now() - WAITS),
            )
        )


def enrolment(database: Database, keyring: Keyring, who: SignedIn) -> Enrolment | None:
    """Return the secret that waits for its first code, if one does; a confirmed one is never shown again."""
    with database.auth_work(who.account_id) as session:
        row = session.get(TotpSecret, who.account_id)
    if row is None or row.confirmed_at is not None or row.created_at <= clock.now() - WAITS:
        return None
    secret = keyring.open(_purpose(who.account_id), row.sealed)
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=who.email, issuer_name=ISSUER))


def confirm(
    database: Database, settings: Settings, keyring: Keyring, who: SignedIn, code: str
) -> tuple[str, ...]:
    """Take the first code: from now on signing in asks for one. Every other session ends; return the recovery codes.

    Raises:
        TooManyRequestsError: too many wrong codes.
        InvalidError: wrong.
        NotFoundError: no secret waits.
    """
    count_attempt(database, settings, who.account_id)
    if enrolment(database, keyring, who) is None:
        raise NotFoundError("Empieza otra vez: no hay un segundo paso por confirmar.")
    with database.auth_work(who.account_id) as session:
        if not _takes_totp(session, keyring, who.account_id, code):
            raise InvalidError(_WRONG)
        now = clock.now()
        session.execute(
            update(TotpSecret).where(col(TotpSecret.account_id) == who.account_id).values(confirmed_at=now)
        )
        session.execute(
            update(Account).where(col(Account.account_id) == who.account_id).values(second_factor_since=now)
        )
        session.execute(
            update(LoginSession)
            .where(col(LoginSession.session_id) == who.session_id)
            .values(second_factor_at=now)
        )
        revoke_others(session, who)
        throttle.forgive(session, throttle.bucket("second", who.account_id))
        note(session, who.account_id, "second_factor.add")
        tell(session, who.account_id, who.email, "Se activó el segundo paso para entrar")
        return _new_codes(session, who.account_id)


def remove(database: Database, who: SignedIn) -> None:
    """Go back to the password alone, where no institution demands more.

    Raises:
        ConflictError: one does.
    """
    if any(hat.demands_second_factor for hat in who.memberships):
        raise ConflictError("Tu institución pide el segundo paso: no puedes quitarlo.")
    with database.auth_work(who.account_id) as session:
        _forget(session, who.account_id)
        note(session, who.account_id, "second_factor.remove")
        tell(session, who.account_id, who.email, "Se quitó el segundo paso para entrar")


def take_off(database: Database, email: str) -> None:
    """Take the second factor off somebody who lost telephone and codes (command line only); their sessions end.

    Raises:
        NotFoundError: no account has this address.
    """
    with database.auth_work() as session:
        account_id = session.exec(
            select(Account.account_id).where(Account.email == email.strip().lower())
        ).one_or_none()
        if account_id is None:
            raise NotFoundError(f"No hay una cuenta con el correo «{email}».")
        _forget(session, account_id)
        end_sessions(session, LoginSession.account_id == account_id)
        note(session, account_id, "second_factor.taken_off")
        tell(session, account_id, email, "Quien opera la plataforma quitó el segundo paso para entrar")


def renew_codes(database: Database, who: SignedIn) -> tuple[str, ...]:
    """Make ten new recovery codes; the ones before open nothing more.

    Raises:
        ConflictError: there is no second factor.
    """
    if not who.second_factor:
        raise ConflictError("Los códigos de respaldo acompañan a un segundo paso: actívalo primero.")
    with database.auth_work(who.account_id) as session:
        note(session, who.account_id, "second_factor.codes")
        return _new_codes(session, who.account_id)


def codes_left(session: AuthSession, account_id: UUID) -> int:
    """Return how many recovery codes were not used yet."""
    rows = session.exec(
        select(RecoveryCode.code_sha256).where(
            RecoveryCode.account_id == account_id, col(RecoveryCode.used_at).is_(None)
        )
    ).all()
    return len(rows)


def _takes(session: AuthSession, keyring: Keyring, account_id: UUID, code: str) -> bool:
    plain = "".join(char for char in code.lower() if char.isalnum())
    if len(plain) == _CODE_LENGTH:
        used = session.execute(
            update(RecoveryCode)
            .where(
                col(RecoveryCode.account_id) == account_id,
                col(RecoveryCode.code_sha256) == _sha256(plain),
                col(RecoveryCode.used_at).is_(None),
            )
            .values(used_at=clock.now())
            .returning(col(RecoveryCode.account_id))
        ).first()
        if used is not None:
            note(session, account_id, "second_factor.code_used")
        return used is not None
    return _takes_totp(session, keyring, account_id, plain)


def _takes_totp(session: AuthSession, keyring: Keyring, account_id: UUID, code: str) -> bool:
    """Tell whether a code is right now, a step before or after; each step is taken once, also by two at once."""
    row = session.get(TotpSecret, account_id)
    if row is None:
        return False
    totp = pyotp.TOTP(keyring.open(_purpose(account_id), row.sealed), interval=STEP_SECONDS)
    typed = "".join(code.split()).encode()
    current = int(clock.now().timestamp()) // STEP_SECONDS
    for step in range(current - SKEW_STEPS, current + SKEW_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), typed):
            taken = session.execute(
                update(TotpSecret)
                .where(col(TotpSecret.account_id) == account_id, col(TotpSecret.last_step) < step)
                .values(last_step=step)
                .returning(col(TotpSecret.account_id))
            ).first()
            return taken is not None
    return False


def _new_codes(session: AuthSession, account_id: UUID) -> tuple[str, ...]:
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.account_id) == account_id))
    plain = ["".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH)) for _ in range(CODES)]
    session.add_all(RecoveryCode(account_id=account_id, code_sha256=_sha256(code)) for code in plain)
    return tuple("-".join(code[at : at + 4] for at in range(0, _CODE_LENGTH, 4)) for code in plain)


def _forget(session: AuthSession, account_id: UUID) -> None:
    for table in (TotpSecret, RecoveryCode, Passkey):
        session.execute(delete(table).where(col(table.account_id) == account_id))
    session.execute(
        update(Account).where(col(Account.account_id) == account_id).values(second_factor_since=None)
    )


def _sha256(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def _purpose(account_id: UUID) -> str:
    """The secret of one account opens as no other's."""
    return f"totp:{account_id}"
