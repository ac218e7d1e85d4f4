"""What people do with their own account: enter it, name it, change its password and address, find it again."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from app.core import clock, mail
from app.core.db import AuthSession, Database
from app.core.errors import ConflictError, GoneError, InvalidError, NotFoundError, UnauthenticatedError
from app.core.keys import Keyring
from app.core.tables import new_id
from app.identity import throttle
from app.identity.invitations import address
from app.identity.log import note
from app.identity.models import Account, AccountLink, LoginSession, TotpSecret
from app.identity.queries import SignedIn
from app.identity.service import end_sessions, hash_password, verify_password
from app.identity.sessions import Visit, revoke_others
from app.settings import Settings

PURPOSE = "account-link"
RESET_MINUTES = 60
EMAIL_HOURS = 24
LONGEST_NAME = 200


def exists(database: Database, email: str) -> bool:
    """Tell whether an address has an account; only for whoever proved to read that address."""
    with database.auth_work() as session:
        return session.exec(select(Account.account_id).where(Account.email == email)).first() is not None


def register(database: Database, *, email: str, full_name: str, password: str) -> UUID:
    """Enter a new person who proved to read an address.

    Raises:
        InvalidError: the password is too short, or the name is missing.
        ConflictError: the address has an account already.
    """
    password_hash = hash_password(password)
    with database.auth_work() as session:
        account_id = session.execute(
            insert(Account)
            .values(account_id=new_id(), email=email, full_name=_name(full_name), password_hash=password_hash)
            .on_conflict_do_nothing(index_elements=["email"])
            .returning(col(Account.account_id))
        ).scalar_one_or_none()
        if account_id is None:
            raise ConflictError("Esa dirección ya tiene cuenta: entra con ella.")
        note(session, account_id, "account.create")
        return UUID(str(account_id))


def rename(database: Database, who: SignedIn, full_name: str) -> None:
    """Change the name that colleagues read.

    Raises:
        InvalidError: it is empty.
    """
    name = _name(full_name)
    with database.auth_work(who.account_id) as session:
        _change(session, who.account_id, full_name=name)
        note(session, who.account_id, "account.rename")


def change_password(database: Database, who: SignedIn, new: str, visit: Visit) -> None:
    """Set another password and end every other session.

    Raises:
        InvalidError: too short.
    """
    password_hash = hash_password(new)
    with database.auth_work(who.account_id) as session:
        _change(session, who.account_id, password_hash=password_hash)
        revoke_others(session, who)
        _void_plans(session, who.account_id)
        note(session, who.account_id, "account.password", address=visit.address)
        tell(session, who.account_id, who.email, "Cambió tu contraseña")


def close_others(database: Database, who: SignedIn) -> None:
    """End every session of the person but the one in use."""
    with database.auth_work(who.account_id) as session:
        revoke_others(session, who)
        note(session, who.account_id, "session.revoke_others")


def count_reset(database: Database, settings: Settings, email: str, visit: Visit) -> None:
    """Count a question for a new password, before it is looked at.

    Raises:
        TooManyRequestsError: asked too often for this address, or from this place.
    """
    email = email.strip().lower()
    with database.auth_work() as session:
        throttle.attempt(
            session, settings, throttle.bucket("reset", email), throttle.bucket("reset-from", visit.address)
        )


def send_reset(database: Database, email: str, visit: Visit) -> None:
    """Send a link that sets a new password, if the address has an account.

    It is done once the answer is out: how long it takes would tell whether there is one.
    """
    email = email.strip().lower()
    with database.auth_work() as session:
        account = session.exec(
            select(Account).where(Account.email == email, Account.status == "active")
        ).one_or_none()
        if account is None:
            return
        link_id = _link(session, account.account_id, "password", timedelta(minutes=RESET_MINUTES))
        note(session, account.account_id, "account.reset_asked", address=visit.address)
        mail.post(
            session,
            mail.Letter(
                key=f"account:{link_id}",
                to=account.email,
                kind="identity.reset",
                subject="Elige una contraseña nueva",
                paragraphs=("Alguien, quizá tú, pidió una contraseña nueva para tu cuenta.",),
                act=mail.Act(
                    "Elegir contraseña", f"/entrar/nueva/{link_id}/{{token}}", PURPOSE, (str(link_id),)
                ),
                closing=f"El enlace sirve una vez y dura {RESET_MINUTES} minutos. Si no fuiste tú, ignora este correo: tu contraseña no cambia.",
            ),
        )


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link that was sent to an account's person: whose, and the address that it is about."""

    link_id: UUID
    account_id: UUID
    email: str


def opened(database: Database, keyring: Keyring, kind: str, link_id: UUID, token: str) -> LinkView:
    """Return what a link is about, without using it up.

    Raises:
        NotFoundError: it is not one of ours.
        GoneError: used, or too old.
    """
    with database.auth_work() as session:
        return _held(session, keyring, kind, link_id, token)


def reset(database: Database, keyring: Keyring, link_id: UUID, token: str, new: str) -> None:
    """Set a new password by a link, once; every session ends, a second factor stays.

    Raises:
        NotFoundError: it is not one of ours.
        GoneError: used, or too old.
        InvalidError: the password is too short.
    """
    password_hash = hash_password(new)
    with database.auth_work() as session:
        link = _held(session, keyring, "password", link_id, token, use=True)
        _change(session, link.account_id, password_hash=password_hash)
        end_sessions(session, LoginSession.account_id == link.account_id)
        _void_plans(session, link.account_id)
        throttle.forgive(session, throttle.bucket("account", link.email))
        note(session, link.account_id, "account.reset")
        tell(session, link.account_id, link.email, "Cambió tu contraseña")


def _void_plans(session: AuthSession, account_id: UUID) -> None:
    """Let nothing stand that was begun before a new password: whoever had the account may have begun it.

    A link may go to an address of theirs, and they may have read a second factor's secret that waits for its code.
    """
    session.execute(
        delete(TotpSecret).where(
            col(TotpSecret.account_id) == account_id, col(TotpSecret.confirmed_at).is_(None)
        )
    )
    session.execute(
        update(AccountLink)
        .where(col(AccountLink.account_id) == account_id, col(AccountLink.used_at).is_(None))
        .values(used_at=clock.now())
    )


def ask_email(database: Database, settings: Settings, who: SignedIn, email: str) -> None:
    """Send a link to a new address, which confirms that its reader wants it for this account.

    Whether the address has an account already is not told here, but to its reader.

    Raises:
        InvalidError: it cannot be an address, or is the one already.
        TooManyRequestsError: asked too often.
    """
    email = address(email)
    if email == who.email:
        raise InvalidError("Ese ya es tu correo.")
    with database.auth_work() as session:
        throttle.attempt(session, settings, throttle.bucket("email", who.account_id))
    with database.auth_work(who.account_id) as session:
        link_id = _link(session, who.account_id, "email", timedelta(hours=EMAIL_HOURS), email)
        note(session, who.account_id, "account.email_asked")
        mail.post(
            session,
            mail.Letter(
                key=f"account:{link_id}",
                to=email,
                kind="identity.email",
                subject="Confirma tu correo nuevo",
                paragraphs=(f"{who.full_name} quiere entrar a Contrataciones Abiertas con esta dirección.",),
                act=mail.Act(
                    "Confirmar correo", f"/cuenta/correo/{link_id}/{{token}}", PURPOSE, (str(link_id),)
                ),
                closing=f"El enlace sirve una vez y dura {EMAIL_HOURS} horas. Si no fuiste tú, ignora este correo.",
            ),
        )


def change_email(database: Database, keyring: Keyring, link_id: UUID, token: str) -> str:
    """Take up a new address by the link that was sent to it, once; return it. The old one is told.

    Raises:
        NotFoundError: it is not one of ours.
        GoneError: used, or too old.
        ConflictError: the address has an account of its own.
    """
    with database.auth_work() as session:
        link = _held(session, keyring, "email", link_id, token, use=True)
        account = session.exec(
            select(Account).where(Account.account_id == link.account_id).with_for_update()
        ).one()
        tell(session, link.account_id, account.email, f"Tu cuenta usa ahora otro correo: {link.email}")
        try:
            with session.begin_nested():
                _change(session, link.account_id, email=link.email)
        except IntegrityError as error:
            raise ConflictError("Esa dirección ya tiene su propia cuenta: no puede ser de dos.") from error
        # A forgotten-password link sent to the old address must not open the account any more.
        session.execute(
            update(AccountLink)
            .where(col(AccountLink.account_id) == link.account_id, col(AccountLink.used_at).is_(None))
            .values(used_at=clock.now())
        )
        note(session, link.account_id, "account.email")
        return link.email


def require_password(database: Database, who: SignedIn, password: str) -> None:
    """Check the password that somebody changes for another.

    Raises:
        UnauthenticatedError: it is not theirs.
    """
    with database.auth_work(who.account_id) as session:
        stored = session.exec(select(Account.password_hash).where(Account.account_id == who.account_id)).one()
    if not verify_password(password, stored)[0]:
        raise UnauthenticatedError("La contraseña no es correcta.")


def _name(full_name: str) -> str:
    name = " ".join(full_name.split())[:LONGEST_NAME]
    if not name:
        raise InvalidError("Escribe tu nombre.")
    return name


def _change(session: AuthSession, account_id: UUID, **values: str) -> None:
    session.execute(update(Account).where(col(Account.account_id) == account_id).values(**values))


def _link(session: AuthSession, account_id: UUID, kind: str, lasts: timedelta, email: str = "") -> UUID:
    """Make a link; earlier ones of its kind are worthless from now on."""
    session.execute(
        update(AccountLink)
        .where(
            col(AccountLink.account_id) == account_id,
            col(AccountLink.kind) == kind,
            col(AccountLink.used_at).is_(None),
        )
        .values(used_at=clock.now())
    )
    link = AccountLink(account_id=account_id, kind=kind, email=email, expires_at=clock.now() + lasts)
    session.add(link)
    session.flush()
    return link.link_id


def _held(
    session: AuthSession, keyring: Keyring, kind: str, link_id: UUID, token: str, *, use: bool = False
) -> LinkView:
    row = session.exec(
        select(AccountLink, Account)
        .join(Account, col(Account.account_id) == col(AccountLink.account_id))
        .where(AccountLink.link_id == link_id, AccountLink.kind == kind, Account.status == "active")
        .with_for_update()
    ).one_or_none()
    if row is None or not keyring.holds(PURPOSE, token, str(link_id)):
        raise NotFoundError("Este enlace no es válido. Cópialo entero del correo, o pide uno nuevo.")
    link, account = row
    if link.used_at is not None or link.expires_at <= clock.now():
        raise GoneError("Este enlace ya se usó, se cambió por otro o venció. Pide uno nuevo.")
    if use:
        link.used_at = clock.now()
        session.add(link)
        session.flush()
    return LinkView(link_id, account.account_id, link.email or account.email)


def tell(session: AuthSession, account_id: UUID, email: str, what: str) -> None:
    """Tell the person by letter what became of their account, in case it was not them."""
    mail.post(
        session,
        mail.Letter(
            key=f"account:{account_id}:{clock.now().isoformat()}",
            to=email,
            kind="identity.notice",
            subject="Hubo un cambio en tu cuenta",
            paragraphs=(f"{what}.",),
            act=mail.Act("Ver mi cuenta", "/cuenta"),
            closing="Si no fuiste tú, elige una contraseña nueva con «¿Olvidaste tu contraseña?» y avisa a quien administra tu institución.",
        ),
    )
