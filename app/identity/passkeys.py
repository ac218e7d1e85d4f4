"""Passkeys (WebAuthn): a device signs what we ask, for the host that it was registered on and no other.

They stand beside the codes of a telephone, which work on every host and without script. Each question (`challenge`) is
kept with the session that it was put to and answered once.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import webauthn
from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from webauthn.helpers import base64url_to_bytes, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.core import clock
from app.core.db import Database
from app.core.errors import ConflictError, InvalidError, UnauthenticatedError
from app.core.tables import new_id
from app.identity.account import tell
from app.identity.log import note
from app.identity.models import LoginSession, Passkey
from app.identity.queries import SignedIn
from app.identity.second_factor import ISSUER, Waiting, admit, count_attempt
from app.identity.sessions import NewSession, Visit
from app.settings import Settings

MOST = 10
_REFUSED = "No se pudo comprobar la llave de acceso. Inténtalo otra vez, o usa un código."


@dataclass(frozen=True, slots=True)
class Host:
    """Where the browser is: passkeys belong to a host."""

    rp_id: str
    origin: str


@dataclass(frozen=True, slots=True)
class PasskeyView:
    """One of a person's passkeys, for the list."""

    passkey_id: UUID
    label: str
    rp_id: str
    created_at: datetime
    last_used_at: datetime | None


def mine(database: Database, who: SignedIn) -> tuple[PasskeyView, ...]:
    """Return the person's passkeys, the oldest first."""
    with database.auth_work(who.account_id) as session:
        rows = session.exec(
            select(Passkey)
            .where(Passkey.account_id == who.account_id)
            .order_by(col(Passkey.created_at), col(Passkey.passkey_id))
        ).all()
    return tuple(
        PasskeyView(row.passkey_id, row.label, row.rp_id, row.created_at, row.last_used_at) for row in rows
    )


def ask_to_register(database: Database, who: SignedIn, host: Host) -> str:
    """Return what the browser's device is asked to make, as JSON for its own function."""
    options = webauthn.generate_registration_options(
        rp_id=host.rp_id,
        rp_name=ISSUER,
        user_id=who.account_id.bytes,
        user_name=who.email,
        user_display_name=who.full_name,
        exclude_credentials=_known(database, who.account_id, host),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    _put(database, who.session_id, options.challenge)
    return webauthn.options_to_json(options)


def register(database: Database, who: SignedIn, host: Host, credential: str, label: str) -> None:
    """Keep a device's new key.

    Raises:
        ConflictError: no second factor yet, or ten passkeys already.
        InvalidError: the answer is not to our question, or from elsewhere.
    """
    if not who.second_factor:
        raise ConflictError("Activa antes los códigos del teléfono: son tu respaldo si pierdes la llave.")
    if len(mine(database, who)) >= MOST:
        raise ConflictError(f"Ya tienes {MOST} llaves de acceso. Quita una antes.")
    challenge = _take(database, who.session_id)
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=host.rp_id,
            expected_origin=host.origin,
        )
    except WebAuthnException as error:
        raise InvalidError(_REFUSED) from error
    with database.auth_work(who.account_id) as session:
        fresh = session.execute(
            insert(Passkey)
            .values(
                passkey_id=new_id(),
                account_id=who.account_id,
                credential_id=made.credential_id,
                public_key=made.credential_public_key,
                sign_count=made.sign_count,
                rp_id=host.rp_id,
                label=" ".join(label.split())[:100] or "Llave de acceso",
            )
            .on_conflict_do_nothing(index_elements=["credential_id"])
            .returning(col(Passkey.passkey_id))
        ).first()
        if fresh is None:
            raise ConflictError("Esa llave ya está registrada.")
        note(session, who.account_id, "passkey.add")
        tell(session, who.account_id, who.email, "Se agregó una llave de acceso")


def remove(database: Database, who: SignedIn, passkey_id: UUID) -> None:
    """Forget one of the person's own passkeys; anybody else's is simply not found."""
    with database.auth_work(who.account_id) as session:
        session.execute(
            delete(Passkey).where(
                col(Passkey.passkey_id) == passkey_id, col(Passkey.account_id) == who.account_id
            )
        )
        note(session, who.account_id, "passkey.remove")


def ask_to_sign(database: Database, who: Waiting, host: Host) -> str:
    """Return what the browser's device is asked to sign, as JSON; "" when the account has no passkey for this host."""
    known = _known(database, who.account_id, host)
    if not known:
        return ""
    options = webauthn.generate_authentication_options(
        rp_id=host.rp_id, allow_credentials=known, user_verification=UserVerificationRequirement.PREFERRED
    )
    _put(database, who.session_id, options.challenge)
    return webauthn.options_to_json(options)


def sign(
    database: Database, settings: Settings, who: Waiting, host: Host, *, credential: str, visit: Visit
) -> NewSession:
    """Take a device's signature as the second factor and open the session.

    Raises:
        TooManyRequestsError: too many failed.
        UnauthenticatedError: not a signature of one of the person's keys, to our question, on this host.
    """
    count_attempt(database, settings, who.account_id)
    challenge = _take(database, who.session_id)
    try:
        used = base64url_to_bytes(parse_authentication_credential_json(credential).id)
        with database.auth_work(who.account_id) as session:
            row = session.exec(
                select(Passkey)
                .where(
                    Passkey.account_id == who.account_id,
                    Passkey.credential_id == used,
                    Passkey.rp_id == host.rp_id,
                )
                .with_for_update()
            ).one_or_none()
            if row is None:
                raise UnauthenticatedError(_REFUSED)
            proof = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=host.rp_id,
                expected_origin=host.origin,
                credential_public_key=row.public_key,
                credential_current_sign_count=row.sign_count,
            )
            row.sign_count, row.last_used_at = proof.new_sign_count, clock.now()
            session.add(row)
    except (WebAuthnException, ValueError) as error:
        raise UnauthenticatedError(_REFUSED) from error
    return admit(database, settings, who, visit)


def _known(database: Database, account_id: UUID, host: Host) -> list[PublicKeyCredentialDescriptor]:
    with database.auth_work(account_id) as session:
        held = session.exec(
            select(Passkey.credential_id).where(Passkey.account_id == account_id, Passkey.rp_id == host.rp_id)
        ).all()
    return [PublicKeyCredentialDescriptor(id=one) for one in held]


def _put(database: Database, session_id: UUID, challenge: bytes) -> None:
    with database.auth_work() as session:
        session.execute(
            update(LoginSession).where(col(LoginSession.session_id) == session_id).values(challenge=challenge)
        )


def _take(database: Database, session_id: UUID) -> bytes:
    """Return the question put to a session, and forget it: an answer counts once."""
    with database.auth_work() as session:
        row = session.exec(
            select(LoginSession).where(LoginSession.session_id == session_id).with_for_update()
        ).one()
        challenge, row.challenge = row.challenge, None
        session.add(row)
    return challenge or b"no question was put"
