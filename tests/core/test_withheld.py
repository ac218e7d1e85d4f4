"""Reading what is not published is noted: once per person, subject and day, with places and never with values."""

from uuid import UUID, uuid4

from sqlmodel import select

from app.core.audit import AuditEvent
from app.core.db import Actor
from app.core.withheld import note_reading
from tests.conftest import LiveServer, Place
from tests.factories import document, draft

PERSON = {
    "id": "PEPJ800101AB1",
    "name": "Juana Pérez",
    "roles": ["supplier"],
    "address": {"streetAddress": "Calle Falsa 123"},
}


def read(place: Place, actor: Actor, subject: UUID, *paths: str) -> None:
    with place.database.unit_of_work(actor) as session:
        note_reading(session, actor, "contracting_process", subject, paths)


def noted(place: Place) -> list[AuditEvent]:
    with place.database.unit_of_work(place.system) as session:
        query = select(AuditEvent).where(AuditEvent.verb == "withheld.read").order_by(AuditEvent.event_id)
        return list(session.exec(query))


def test_once_per_person_and_subject_and_day(place: Place) -> None:
    subject, other = uuid4(), uuid4()
    reader, reviewer = place.actor("so_reader"), place.actor("garante_reviewer")

    for actor, which in ((reader, subject), (reader, subject), (reader, other), (reviewer, subject)):
        read(place, actor, which, "/parties/1/address", "/parties/1/address")
    read(place, reader, uuid4())
    read(place, place.system, subject, "/parties/1/address")

    assert [(row.account_id, row.subject_id) for row in noted(place)] == [
        (reader.account_id, str(subject)),
        (reader.account_id, str(other)),
        (reviewer.account_id, str(subject)),
    ]
    assert noted(place)[0].detail["paths"] == ["/parties/1/address"]


def test_pages_that_show_a_persons_address_say_who_looked(place: Place, live: LiveServer) -> None:
    live.app.state.directory.forget()
    ref = draft(place, document(parties=[*document()["parties"], PERSON]))
    plain = draft(place)
    reader = place.actor("so_reader")
    client = live.client(place.email("so_reader", place.sujetos[0]))

    for process_id in (ref.process_id, plain.process_id, ref.process_id):
        home = f"/{place.slug}/procesos-internos/{process_id}"
        assert client.get(home).status_code == 200

    (row,) = noted(place)
    assert (row.account_id, row.subject_id) == (reader.account_id, str(ref.process_id))
    assert "/parties/1/address" in row.detail["paths"]
    assert "Calle" not in str(row.detail)
