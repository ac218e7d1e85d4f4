"""Reminders: whom they go to, what they say, and that nobody is reminded twice by accident."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app.adoption import reminded, reminders
from app.adoption.models import RemindedBody, Reminder
from app.adoption.queries import Filters
from app.adoption.reminders import LONGEST_NOTE, QUIET_DAYS
from app.core.errors import ConflictError, ForbiddenError, InvalidError
from app.core.mail import MailMessage
from app.core.outbox import OutboxEvent
from tests.adoption.conftest import Desk
from tests.adoption.test_desk import home, show
from tests.conftest import LiveServer


@pytest.fixture
def late(desk: Desk) -> Desk:
    """Two bodies with something overdue: one with people, one that nobody works in."""
    other = desk.place.add_sujeto(policy="direct", name="Ayuntamiento Sin Nadie")
    for body in (desk.place.sujetos[0], other):
        desk.draft(desk.days_ago(100), sujeto=body)
    for role in ("so_admin", "so_publisher"):
        desk.place.actor(role, desk.place.sujetos[0])
    desk.count()
    return desk


def send(
    desk: Desk, *, note: str = "", again: bool = False, bodies: tuple[UUID, ...] | None = None
) -> Reminder:
    actor = desk.place.actor("garante_admin")
    with desk.place.database.unit_of_work(actor) as session:
        return reminders.send(
            session, actor, desk.quarter, desk.today, Filters(bodies=bodies), note=note, again=again
        )


def post(desk: Desk, held: Reminder) -> None:
    """Do the job at once, twice."""
    for _ in range(2):
        reminders.post_all(desk.place.database, desk.place.actor("garante_admin"), held.reminder_id)


def letters(desk: Desk) -> list[dict[str, object]]:
    with desk.place.database.owner_work(desk.place.system) as session:
        found = session.execute(
            select(MailMessage).where(
                MailMessage.tenant_id == desk.place.tenant_id, MailMessage.kind == "adoption.reminder"
            )
        ).scalars()
        return sorted((one.model_dump() for one in found), key=lambda one: str(one["recipient"]))


def set_contact(desk: Desk, body: UUID, email: str) -> None:
    with desk.place.database.owner_work(desk.place.system) as session:
        session.execute(
            text("UPDATE sujeto_obligado SET contact_email = :email WHERE sujeto_obligado_id = :body"),
            {"email": email, "body": body},
        )


def test_administration_and_publication_get_a_letter_each(late: Desk) -> None:
    body = late.place.sujetos[0]

    held = send(late, note="Hay capacitación\nel 4 de diciembre.")
    post(late, held)

    sent = letters(late)
    assert [one["recipient"] for one in sent] == [
        late.place.email(role, body) for role in ("so_admin", "so_publisher")
    ]
    content = sent[0]["content"]
    assert isinstance(content, dict)
    assert "1\xa0contrato firmado" in content["entries"][0]["text"]
    assert "Hay capacitación el 4 de diciembre." in content["paragraphs"][1]
    assert content["act"]["path"] == f"/{late.place.slug}/panel"
    with late.place.database.unit_of_work(late.place.system) as session:
        (told,) = session.execute(
            select(OutboxEvent.payload).where(
                OutboxEvent.tenant_id == late.place.tenant_id, OutboxEvent.kind == "reminder.sent"
            )
        ).scalars()
        row = session.execute(
            select(RemindedBody).where(RemindedBody.reminder_id == held.reminder_id)
        ).scalar_one()
    assert told == {"reminder_id": str(held.reminder_id), "sujeto_obligado_id": str(body)}
    assert len(row.accounts) == 2
    assert row.reasons["overdue"] == 1


def test_a_body_with_nobody_is_written_to_at_its_contact(late: Desk) -> None:
    body = late.place.sujetos[1]
    with pytest.raises(ConflictError, match="No queda a quién recordar"):
        send(late, bodies=(body,))
    set_contact(late, body, "enlace@ayuntamiento.example")

    post(late, send(late, bodies=(body,)))

    (letter,) = letters(late)
    assert letter["recipient"] == "enlace@ayuntamiento.example"
    assert letter["content"]["act"] is None


def test_nobody_is_reminded_twice_in_a_few_days_unless_one_says_so(late: Desk) -> None:
    send(late)
    with pytest.raises(ConflictError):
        send(late)
    assert send(late, again=True).bodies == 1
    with late.place.database.owner_work(late.place.system) as session:
        session.execute(
            text("UPDATE reminder_body SET at = at - :days WHERE tenant_id = :tenant"),
            {"days": timedelta(days=QUIET_DAYS, minutes=1), "tenant": late.place.tenant_id},
        )

    assert send(late).bodies == 1


def test_who_lacks_nothing_is_not_reminded(desk: Desk) -> None:
    desk.publish(desk.days_ago(3))
    desk.place.actor("so_admin")
    desk.count()
    with pytest.raises(ConflictError):
        send(desk)


def test_a_reminder_is_refused(late: Desk) -> None:
    with pytest.raises(InvalidError):
        send(late, note="x" * (LONGEST_NOTE + 1))
    editor = late.place.actor("so_editor")
    with pytest.raises(ForbiddenError), late.place.database.unit_of_work(editor) as session:
        reminders.send(session, editor, late.quarter, late.today, Filters())


def test_what_became_of_each_letter_is_told(late: Desk) -> None:
    post(late, send(late))
    with late.place.database.owner_work(late.place.system) as session:
        session.execute(
            text(
                "UPDATE mail_message SET state = 'failed', reason = 'No existe', settled_at = now() "
                "WHERE tenant_id = :tenant AND recipient LIKE 'so_admin%'"
            ),
            {"tenant": late.place.tenant_id},
        )

    with late.place.database.unit_of_work(late.place.system) as session:
        (one,) = reminded.of_body(session, late.place.system, late.place.sujetos[0])

    assert {fate.state for _, fate in one.letters if fate} == {"failed", "waiting"}
    assert one.who == "Persona garante_admin"


def test_reminding_from_the_desk_by_forms_alone(late: Desk, live: LiveServer) -> None:
    late.place.actor("garante_admin")
    client = live.client(late.place.email("garante_admin"))
    desk = show(client, home(late))
    (way,) = [one for one in desk.links if "todos=1" in one]

    preview = show(client, way)
    assert "¿Enviar el recordatorio a 1 sujeto obligado?" in preview.text
    assert "Sin nadie a quien escribir" in preview.text
    assert f"/{late.place.slug}/personas/invitar" in preview.links
    sent = client.post(home(late, "/recordatorios"), data=preview.form(home(late, "/recordatorios")))
    assert sent.status_code == 303
    told = show(client, sent.headers["location"])
    assert "Recordatorio a 1 sujeto obligado" in told.text

    again = show(client, way)
    assert "Recordados hace poco" in again.text
    refused = client.post(home(late, "/recordatorios"), data={"nota": "otra vez"})
    assert refused.status_code == 409
    assert "otra vez" in refused.text
    assert "Persona garante_admin" in show(client, home(late, "/recordatorios")).text
    marked = show(client, home(late, f"/recordatorios/nuevo?sujeto={late.place.sujetos[1]}"))
    assert "¿Enviar el recordatorio a 0 sujetos obligados?" in marked.text
    assert client.post(home(late, "/recordatorios"), data={"sujeto": "x"}).status_code == 400
