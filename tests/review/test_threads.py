"""Observations as threads: carried along, found again however the document moves, and shown where they are answered."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlmodel import select

from app.core.db import Actor
from app.core.errors import ForbiddenError, InvalidError
from app.core.outbox import OutboxEvent
from app.processes import editing, observations
from app.processes.observations import Thread
from app.processes.queries import VersionRef, working_process
from app.review import service
from app.review.queries import process_view
from app.review.service import Remark
from tests.conftest import LiveServer, Place
from tests.factories import document, draft
from tests.html import Page
from tests.review.test_service import act, hat, read

ITEMS = [{"id": f"p-{number}", "description": f"Partida {number}"} for number in range(3)]


def returned(place: Place, *remarks: Remark) -> VersionRef:
    """A version with items, given back with remarks."""
    tender = document()["tender"] | {"items": ITEMS}
    ref = draft(place, document(tender=tender))
    act(place, place.actor("so_editor"), "submit", ref)
    reviewer = place.actor("garante_reviewer")
    with place.database.unit_of_work(reviewer) as session:
        service.return_with_observations(session, reviewer, ref, 2, remarks)
    return ref


def threads(place: Place, actor: Actor, ref: VersionRef) -> list[Thread]:
    with place.database.unit_of_work(actor) as session:
        process = working_process(session, actor, ref.process_id)
        return observations.threads(session, actor, process, ref.number)


def say(place: Place, actor: Actor, verb: Callable[..., object], observation_id: UUID, words: str) -> None:
    with place.database.unit_of_work(actor) as session:
        verb(session, actor, observation_id, words)


def remove_item(place: Place, ref: VersionRef, number: int) -> None:
    """Take an item out of the document the way a person does."""
    editor = place.actor("so_editor")
    with place.database.unit_of_work(editor) as session:
        process = working_process(session, editor, ref.process_id)
        path = next(part.path for part in process.stored if part.body == ITEMS[number])
        editing.remove(session, editor, ref.process_id, path)


def test_a_remark_follows_its_element_and_stays_with_the_whole_when_it_goes(place: Place) -> None:
    ref = returned(place, Remark("/tender/items/2/description", "¿Qué es?"))
    editor = place.actor("so_editor")

    remove_item(place, ref, 0)
    (moved,) = threads(place, editor, ref)
    assert (moved.pointer, moved.lost, moved.acts) == ("/tender/items/1/description", False, ("answer",))

    remove_item(place, ref, 2)
    (lost,) = threads(place, editor, ref)
    assert (lost.pointer, lost.lost, lost.is_open) == ("", True, True)


def test_answered_reopened_and_resolved_each_by_who_may(place: Place) -> None:
    ref = returned(place, Remark("/tender/title", "Aclara qué papelería."))
    editor, reviewer = place.actor("so_editor"), place.actor("garante_reviewer")
    (thread,) = threads(place, reviewer, ref)
    about = thread.row.observation_id
    assert (thread.acts, thread.row.status) == (("resolve",), "open")

    with pytest.raises(InvalidError, match="Escribe"):
        say(place, editor, observations.answer, about, "  ")
    say(place, editor, observations.answer, about, "Es para las oficinas.")
    with pytest.raises(ForbiddenError):
        say(place, editor, observations.resolve, about, "")
    say(place, reviewer, observations.reopen, about, "¿De qué municipio?")
    say(place, editor, observations.answer, about, "De Zapopan.")
    say(place, reviewer, observations.resolve, about, "")

    (thread,) = threads(place, reviewer, ref)
    assert [(one.act, one.words) for one in thread.said] == [
        ("answer", "Es para las oficinas."),
        ("reopen", "¿De qué municipio?"),
        ("answer", "De Zapopan."),
        ("resolve", ""),
    ]
    assert (thread.row.status, thread.acts) == ("resolved", ("reopen",))
    with place.database.unit_of_work(reviewer) as session:
        news = session.exec(
            select(OutboxEvent.payload).where(OutboxEvent.kind == "review.observation_answered")
        ).all()
    assert [one["observation_id"] for one in news] == [str(about)] * 2


def test_who_edited_resolves_nothing_under_another_hat(place: Place) -> None:
    ref = returned(place, Remark("", "Revisa los montos."))
    editor = place.actor("so_editor")
    other = hat(place, editor, "garante_reviewer")
    (thread,) = threads(place, other, ref)

    assert thread.acts == ()
    with pytest.raises(ForbiddenError, match="otra persona"):
        say(place, other, observations.resolve, thread.row.observation_id, "")


def test_what_changed_since_it_was_returned_and_approval_despite_what_is_open(place: Place) -> None:
    ref = returned(place, Remark("/tender/title", "Aclara qué papelería."), Remark("/buyer", "¿Quién?"))
    editor, reviewer = place.actor("so_editor"), place.actor("garante_reviewer")
    change = editing.Change("/title", "Papelería para Zapopan")
    with place.database.unit_of_work(editor) as session:
        editing.change(session, editor, ref.process_id, "tender", [change], base=1)
    turn = act(place, editor, "submit", ref, read(place, ref).row_version)

    with place.database.unit_of_work(reviewer) as session:
        seen = process_view(session, reviewer, ref.process_id)
    assert seen.returned is not None
    assert seen.returned["tender"]["title"] == "Papelería para oficinas"

    with pytest.raises(InvalidError, match=r"Quedan 2.observaciones sin resolver"):
        act(place, reviewer, "approve", ref, turn.row_version)
    with place.database.unit_of_work(reviewer) as session:
        service.approve(session, reviewer, ref, turn.row_version, despite_open=True)

    with place.database.unit_of_work(reviewer) as session:
        assert process_view(session, reviewer, ref.process_id).returned is None
    assert [one.is_open for one in threads(place, reviewer, ref)] == [True, True]


def test_open_observations_are_enough_to_return_again(place: Place) -> None:
    ref = returned(place, Remark("/tender/title", "Aclara qué papelería."))
    editor, reviewer = place.actor("so_editor"), place.actor("garante_reviewer")
    draft_again = act_on_title(place, ref)
    turn = act(place, editor, "submit", ref, draft_again)

    with place.database.unit_of_work(reviewer) as session:
        service.return_with_observations(session, reviewer, ref, turn.row_version, [])

    assert read(place, ref).status == "returned"
    assert len(threads(place, reviewer, ref)) == 1


def act_on_title(place: Place, ref: VersionRef) -> int:
    """Edit the title; return the row version after it."""
    editor = place.actor("so_editor")
    change = editing.Change("/title", "Papelería para Zapopan")
    with place.database.unit_of_work(editor) as session:
        editing.change(session, editor, ref.process_id, "tender", [change], base=1)
    return read(place, ref).row_version


def test_the_thread_stands_beside_its_field_in_capture_and_is_answered_there(
    place: Place, live: LiveServer
) -> None:
    ref = returned(place, Remark("/tender/title", "Aclara qué papelería."), Remark("/buyer", "¿Quién?"))
    editor = place.actor("so_editor")
    client = live.client(place.email("so_editor", editor.sujeto_obligado_id))
    section = f"/{place.slug}/procesos-internos/{ref.process_id}/captura/tender"
    page = Page(client.get(section).text)
    assert "Aclara qué papelería." in page.text
    assert "¿Quién?" not in page.text
    thread = next(one for one in threads(place, editor, ref) if one.pointer == "/tender/title")
    answer = client.post(
        f"/{place.slug}/procesos-internos/{ref.process_id}/observaciones/{thread.row.observation_id}/respuesta",
        data={"words": "Es para Zapopan.", "volver": section},
    )

    assert (answer.status_code, answer.headers["location"]) == (303, section)
    assert "Es para Zapopan." in client.get(section).text
