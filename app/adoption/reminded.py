"""The history of reminders: who sent them, of what, and what became of each letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, tuple_
from sqlmodel import col

from app.adoption.models import RemindedBody, Reminder
from app.adoption.reminders import key_of
from app.core import mail
from app.core.db import Actor, RwSession
from app.core.mail import Fate
from app.core.pagination import Page, cut, decode_cursor, reached
from app.identity.queries import full_names
from app.processes.queries import identifier
from app.tenancy.models import SujetoObligado

PAGE = 50
GONE = "Una cuenta que ya no existe"


@dataclass(frozen=True, slots=True)
class Sent:
    """A reminder in the history, with the name of who sent it."""

    row: Reminder
    who: str


def sent(session: RwSession, actor: Actor, *, cursor: str | None = None) -> Page[Sent]:
    """Return the reminders of the tenant, the newest first."""
    key = (Reminder.at, Reminder.reminder_id)
    query = select(Reminder).where(col(Reminder.tenant_id) == actor.tenant_id)
    if cursor:
        query = query.where(tuple_(*key) < tuple_(*reached(cursor)))
    found = session.scalars(query.order_by(*(col(part).desc() for part in key)).limit(PAGE + 1)).all()
    page = cut(found, PAGE, lambda row: (row.at.isoformat(), str(row.reminder_id)))
    names = full_names(session, {row.account_id for row in page.rows if row.account_id})
    return Page(
        [Sent(row, names.get(row.account_id, GONE) if row.account_id else GONE) for row in page.rows],
        page.next_cursor,
    )


@dataclass(frozen=True, slots=True)
class Delivery:
    """A body in a reminder, or a reminder of a body: of what, and what became of its letters.

    Attributes:
        name: of the body.
        who: sent it.
        note: that was added to every letter.
        letters: to whom, and what became of it; None where it has not been posted.
    """

    row: RemindedBody
    name: str
    who: str
    note: str
    letters: tuple[tuple[str, Fate | None], ...]


def deliveries(
    session: RwSession, actor: Actor, reminder_id: UUID, *, cursor: str | None = None
) -> Page[Delivery]:
    """Return the bodies of a reminder by name."""
    key = (col(SujetoObligado.sort_key), col(SujetoObligado.sujeto_obligado_id))
    query = _deliveries(actor).where(col(RemindedBody.reminder_id) == reminder_id)
    if cursor:
        name, last = decode_cursor(cursor, str, str)
        query = query.where(tuple_(*key) > tuple_(name, identifier(str(last))))
    found = session.execute(query.order_by(*key).limit(PAGE + 1)).all()
    page = cut(found, PAGE, lambda row: (row.sort_key, str(row.RemindedBody.sujeto_obligado_id)))
    return Page(_told(session, page.rows), page.next_cursor)


def of_body(session: RwSession, actor: Actor, body: UUID) -> list[Delivery]:
    """Return the last reminders of a body, the newest first."""
    query = _deliveries(actor).where(col(RemindedBody.sujeto_obligado_id) == body)
    return _told(session, session.execute(query.order_by(col(RemindedBody.at).desc()).limit(PAGE)).all())


def _deliveries(actor: Actor) -> Any:
    return (
        select(
            RemindedBody,
            col(SujetoObligado.name),
            col(SujetoObligado.sort_key),
            col(Reminder.account_id),
            col(Reminder.note),
        )
        .join(
            Reminder,
            (col(Reminder.tenant_id) == col(RemindedBody.tenant_id))
            & (col(Reminder.reminder_id) == col(RemindedBody.reminder_id)),
        )
        .join(
            SujetoObligado,
            (col(SujetoObligado.tenant_id) == col(RemindedBody.tenant_id))
            & (col(SujetoObligado.sujeto_obligado_id) == col(RemindedBody.sujeto_obligado_id)),
        )
        .where(col(RemindedBody.tenant_id) == actor.tenant_id)
    )


def _told(session: RwSession, rows: Sequence[Row[Any]]) -> list[Delivery]:
    bodies = [row.RemindedBody for row in rows]
    accounts = {account for body in bodies for account in body.accounts}
    names = full_names(session, accounts | {row.account_id for row in rows if row.account_id})
    fates = mail.fates(session, [key for body in bodies for key in _keys(body).values()])
    return [
        Delivery(
            row.RemindedBody,
            row.name,
            names.get(row.account_id, GONE),
            row.note,
            tuple(
                (
                    "El correo de contacto del padrón" if account is None else names.get(account, GONE),
                    fates.get(key),
                )
                for account, key in _keys(row.RemindedBody).items()
            ),
        )
        for row in rows
    ]


def _keys(body: RemindedBody) -> dict[UUID | None, str]:
    """Return the letters of a body: account, or None for the contact, and key."""
    addressees: list[UUID | None] = [*body.accounts, *([None] if body.to_contact else [])]
    return {account: key_of(body, account) for account in addressees}
