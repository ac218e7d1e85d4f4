"""Reminders: a garante tells bodies, in one gesture, what they have not published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import insert, select
from sqlmodel import col

from app.adoption import queries
from app.adoption.models import RemindedBody, Reminder
from app.adoption.queries import BodyRow, Filters
from app.adoption.wording import told
from app.core import audit, bulk, clock, locks, mail, outbox
from app.core.db import Actor, Database, RwSession
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.jobs import Workplace, tenant_task
from app.core.mail import Act, Entry, Letter
from app.core.policy import Permission, require
from app.core.quarters import Quarter
from app.core.tables import among, new_id, table_of
from app.identity.models import Account, Membership
from app.identity.queries import in_force
from app.tenancy import queries as tenancy
from app.tenancy.models import SujetoObligado
from app.web.formats import long_date_es

QUIET_DAYS = 7
"""A body reminded less than so many days ago is not reminded again, unless one says so."""
UNIT = 200
"""Bodies whose letters one transaction posts."""
LONGEST_NOTE = 1000
RECIPIENTS = ("so_admin", "so_publisher")

_BODIES = bulk.insertion(table_of(RemindedBody), "tenant_id", "reminder_id", "sujeto_obligado_id", "reasons")


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person whom a body's reminder is written to."""

    account_id: UUID
    email: str
    full_name: str


@dataclass(frozen=True, slots=True)
class Addressed:
    """A body that could be reminded.

    Attributes:
        row: how it stands.
        people: who administer it and publish for it.
        recent: when it was reminded, if that was less than `QUIET_DAYS` ago.
    """

    row: BodyRow
    people: tuple[Recipient, ...]
    recent: datetime | None

    @property
    def reachable(self) -> bool:
        """Whether there is anybody to write to."""
        return bool(self.people or self.row.contact_email)


def addressed(session: RwSession, actor: Actor, rows: Sequence[BodyRow]) -> list[Addressed]:
    """Return bodies with those whom a reminder would be written to; bodies with no reason for one are left out."""
    since = clock.now() - timedelta(days=QUIET_DAYS)
    lacking = [row for row in rows if row.reasons]
    people = recipients(session, actor, [row.sujeto_obligado_id for row in lacking])
    return [
        Addressed(
            row,
            people.get(row.sujeto_obligado_id, ()),
            row.reminded_at if row.reminded_at and row.reminded_at > since else None,
        )
        for row in lacking
    ]


def recipients(session: RwSession, actor: Actor, bodies: Sequence[UUID]) -> dict[UUID, tuple[Recipient, ...]]:
    """Return who administers bodies and publishes for them, each person once a body; bodies without are absent."""
    rows = session.execute(
        select(
            col(Membership.sujeto_obligado_id),
            col(Account.account_id),
            col(Account.email),
            col(Account.full_name),
        )
        .distinct()
        .join(Account, col(Account.account_id) == col(Membership.account_id))
        .where(
            col(Membership.tenant_id) == actor.tenant_id,
            among(Membership.sujeto_obligado_id, bodies),
            among(Membership.role, RECIPIENTS),
            col(Account.status) == "active",
            in_force(),
        )
        .order_by(col(Membership.sujeto_obligado_id), col(Account.full_name), col(Account.account_id))
    )
    found: dict[UUID, list[Recipient]] = {}
    for body, account_id, email, full_name in rows:
        found.setdefault(body, []).append(Recipient(account_id, email, full_name))
    return {body: tuple(people) for body, people in found.items()}


def send(
    session: RwSession,
    actor: Actor,
    quarter: Quarter,
    today: date,
    filters: Filters,
    *,
    note: str = "",
    again: bool = False,
) -> Reminder:
    """Remind the bodies that a filter leaves, as far as they lack something and there is somebody to write to.

    The letters are posted by a job.

    Args:
        session: bound to the actor.
        actor: who reminds.
        quarter: whose count is told.
        today: the tenant's day.
        filters: which bodies.
        note: added to every letter.
        again: also those that were reminded less than `QUIET_DAYS` ago.

    Raises:
        ForbiddenError: the role does not remind.
        InvalidError: the note is too long.
        ConflictError: no body is left to remind.
    """
    require(actor, Permission.REMINDER_SEND)
    said = " ".join(note.split())
    if len(said) > LONGEST_NOTE:
        raise InvalidError(f"La nota tiene más de {LONGEST_NOTE:,} caracteres: resúmela.")
    # One at a time in a tenant: two clicks at once would both find that nobody was reminded lately.
    locks.wait_for(session, f"reminder:{actor.tenant_id}")
    rows = list(queries.all_bodies(session, actor, quarter, today, filters))
    chosen = [one for one in addressed(session, actor, rows) if one.reachable and (again or not one.recent)]
    if not chosen:
        raise ConflictError(
            f"No queda a quién recordar: nada les falta, no hay a quién escribir o se les recordó hace menos de "
            f"{QUIET_DAYS} días."
        )
    reminder_id = new_id()
    session.execute(
        insert(Reminder).values(
            tenant_id=actor.tenant_id,
            reminder_id=reminder_id,
            quarter=quarter.start,
            note=said,
            bodies=len(chosen),
        )
    )
    bulk.execute(
        session,
        _BODIES,
        [
            {
                "tenant_id": actor.tenant_id,
                "reminder_id": reminder_id,
                "sujeto_obligado_id": one.row.sujeto_obligado_id,
                "reasons": one.row.reasons,
            }
            for one in chosen
        ],
    )
    audit.record(
        session, "reminder.send", "reminder", reminder_id, bodies=len(chosen), quarter=quarter.written
    )
    post_letters.defer(session, reminder_id=str(reminder_id))
    return reminder(session, actor, reminder_id)


@tenant_task("adoption.remind")
def post_letters(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Post the letters of a reminder."""
    post_all(place.database, actor, UUID(ids["reminder_id"]))


def post_all(database: Database, actor: Actor, reminder_id: UUID) -> None:
    """Post the letters of a reminder, some bodies at a time; done twice, it posts none twice."""
    posted = UNIT
    while posted == UNIT:
        with database.unit_of_work(actor) as session:
            posted = _post_some(session, actor, reminder_id)


def _post_some(session: RwSession, actor: Actor, reminder_id: UUID) -> int:
    """Post the letters of the next bodies and return how many there were."""
    held = session.scalars(
        select(Reminder)
        .where(col(Reminder.tenant_id) == actor.tenant_id, col(Reminder.reminder_id) == reminder_id)
        .with_for_update()
    ).one()
    bodies = session.scalars(
        select(RemindedBody)
        .where(
            col(RemindedBody.tenant_id) == actor.tenant_id,
            col(RemindedBody.reminder_id) == reminder_id,
            col(RemindedBody.posted_at).is_(None),
        )
        .order_by(col(RemindedBody.sujeto_obligado_id))
        .limit(UNIT)
    ).all()
    ids = [body.sujeto_obligado_id for body in bodies]
    people = recipients(session, actor, ids)
    contacts = dict(
        session.execute(
            select(col(SujetoObligado.sujeto_obligado_id), col(SujetoObligado.contact_email)).where(
                col(SujetoObligado.tenant_id) == actor.tenant_id,
                among(SujetoObligado.sujeto_obligado_id, ids),
            )
        ).all()
    )
    slug, now = tenancy.tenant(session, actor).slug, clock.now()
    for body in bodies:
        write = partial(letter, body.reasons, at=held.at, note=held.note)
        found = people.get(body.sujeto_obligado_id, ())
        for person in found:
            key = key_of(body, person.account_id)
            mail.post(session, write(key=key, to=person.email, slug=slug))
        contact = contacts.get(body.sujeto_obligado_id, "") if not found else ""
        if contact:
            mail.post(session, write(key=key_of(body, None), to=contact))
        body.accounts, body.to_contact = [person.account_id for person in found], bool(contact)
        body.posted_at = now
        session.add(body)
    if len(bodies) < UNIT:
        held.posted_at = now
        session.add(held)
    outbox.emit(
        session,
        "reminder.sent",
        [{"reminder_id": str(reminder_id), "sujeto_obligado_id": str(body)} for body in ids],
    )
    session.flush()
    return len(bodies)


def key_of(body: RemindedBody, account_id: UUID | None) -> str:
    """Return the key of a body's letter to a person, or to its contact."""
    return f"reminder:{body.reminder_id}:{body.sujeto_obligado_id}:{account_id or 'contacto'}"


def letter(
    reasons: Mapping[str, int], *, at: datetime, note: str = "", key: str = "", to: str = "", slug: str = ""
) -> Letter:
    """Return the letter of a reminder.

    Args:
        reasons: of the body.
        at: when it was counted.
        note: of who reminds.
        key: of the letter.
        to: the address.
        slug: the tenant's, where the letter leads to its desk; whoever has no account is led nowhere.
    """
    return Letter(
        key=key,
        to=to,
        kind="adoption.reminder",
        subject="Recordatorio: falta publicar contrataciones",
        paragraphs=(
            f"Esto es lo que tu sujeto obligado tiene pendiente según lo contado el {long_date_es(at)}:",
            *((f"Tu organismo garante agrega: {note}",) if note else ()),
        ),
        entries=tuple(Entry(reason) for reason in told(reasons)),
        act=Act("Ver lo que falta", f"/{slug}/panel") if slug else None,
        closing="Si ya lo atendiste después de esa fecha, no hace falta que hagas nada.",
    )


def reminder(session: RwSession, actor: Actor, reminder_id: UUID) -> Reminder:
    """Return a reminder.

    Raises:
        NotFoundError: absent, or another tenant's.
    """
    row = session.scalars(
        select(Reminder).where(
            col(Reminder.tenant_id) == actor.tenant_id, col(Reminder.reminder_id) == reminder_id
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError("No encontramos ese recordatorio.")
    return row
