"""What happens to an account, kept for its person: signing in and out, new secrets, changed addresses."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from app.core.db import AuthSession
from app.core.pagination import Page, cut, decode_cursor
from app.identity.models import AuthEvent

PAGE = 50

VERBS = {
    "session.open": "Entraste",
    "session.close": "Cerraste la sesión",
    "session.refused": "Alguien intentó entrar con otra contraseña",
    "session.second_factor_refused": "Alguien supo tu contraseña, pero no el segundo paso",
    "session.confirm": "Confirmaste que eres tú",
    "session.revoke": "Cerraste una sesión desde otra",
    "session.revoke_others": "Cerraste las demás sesiones",
    "session.switch": "Cambiaste de función",
    "sso.link": "Vinculaste tu cuenta con el proveedor de identidad de tu institución",
    "sso.unlink": "Desvinculaste tu cuenta del proveedor de identidad",
    "sso.refused": "Tu proveedor de identidad te reconoció, pero no tenías una función",
    "sso.break_glass": "Entraste con un enlace de rescate",
    "account.create": "Se creó tu cuenta",
    "account.rename": "Cambiaste tu nombre",
    "account.password": "Cambiaste tu contraseña",
    "account.reset_asked": "Alguien pidió una contraseña nueva para tu cuenta",
    "account.reset": "Elegiste una contraseña nueva con el enlace de tu correo",
    "account.email_asked": "Pediste cambiar tu correo",
    "account.email": "Cambió tu correo",
    "second_factor.add": "Activaste el segundo paso",
    "second_factor.remove": "Quitaste el segundo paso",
    "second_factor.taken_off": "Quien opera la plataforma quitó tu segundo paso",
    "second_factor.codes": "Se hicieron códigos de respaldo nuevos",
    "second_factor.code_used": "Entraste con un código de respaldo",
    "passkey.add": "Agregaste una llave de acceso",
    "passkey.remove": "Quitaste una llave de acceso",
}
"""What a person reads of each event of their account."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of an account, in words."""

    event_id: int
    at: datetime
    said: str
    where: str


def note(session: AuthSession, account_id: UUID | None, verb: str, **detail: str) -> None:
    """Write one event of an account in the session's transaction; `detail` holds no secret.

    Args:
        session: as `app_auth`.
        account_id: whose, None where nobody's.
        verb: one of `VERBS`, or of a feature beside this one.
        **detail: `address`: the network address it came from; anything else short.
    """
    session.add(AuthEvent(account_id=account_id, verb=verb, detail={**detail}))


def entries(session: AuthSession, account_id: UUID, cursor: str | None = None) -> Page[Entry]:
    """Return what happened to an account, the newest first."""
    query = select(AuthEvent).where(AuthEvent.account_id == account_id)
    if cursor:
        (last,) = decode_cursor(cursor, int)
        query = query.where(col(AuthEvent.event_id) < last)
    rows = session.exec(query.order_by(col(AuthEvent.event_id).desc()).limit(PAGE + 1)).all()
    told = [
        Entry(row.event_id or 0, row.at, VERBS.get(row.verb, row.verb), str(row.detail.get("address", "")))
        for row in rows
    ]
    return cut(told, PAGE, lambda entry: (entry.event_id,))
