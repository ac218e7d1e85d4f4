"""Correcting what is published: with a reason where it changes something, public when it goes out; terms in working days."""

from datetime import date

import pytest
from sqlmodel import col, select, update

from app.core.errors import ConflictError, ForbiddenError, InvalidError
from app.core.public_log import PublicAct
from app.processes import correction, editing
from app.processes.lists import Filters, late
from app.processes.models import ProcessVersion
from app.processes.queries import VersionRef
from app.publication.service import publish_batch
from app.review import batches
from app.review.batches import Pick
from app.tenancy.queries import calendar, tenant
from tests.conftest import LiveServer, Place
from tests.factories import draft
from tests.html import Page
from tests.review.test_service import act, read


def published(place: Place) -> VersionRef:
    """A version that went all the way."""
    ref = draft(place)
    act(place, place.actor("so_editor"), "submit", ref)
    act(place, place.actor("garante_reviewer"), "approve", ref, 2)
    out(place, ref)
    return ref


def out(place: Place, ref: VersionRef) -> None:
    publisher = place.actor("so_publisher")
    with place.database.unit_of_work(publisher) as session:
        (outcome,) = publish_batch(session, publisher, [ref])
        assert outcome.published, outcome.problems


def change(place: Place, ref: VersionRef, pointer: str, value: object) -> VersionRef:
    """Edit the call for tenders; return the version it stands in."""
    editor = place.actor("so_editor")
    with place.database.unit_of_work(editor) as session:
        editing.change(
            session, editor, ref.process_id, "tender", [editing.Change(pointer, value)], base=10**6
        )
    return VersionRef(ref.process_id, ref.number + 1)


def told(place: Place) -> list[tuple[str, str]]:
    with place.database.unit_of_work(place.system) as session:
        return list(
            session.exec(
                select(PublicAct.kind, PublicAct.reason).where(PublicAct.tenant_id == place.tenant_id)
            ).all()
        )


def test_what_changes_something_published_needs_its_reason_which_becomes_public(place: Place) -> None:
    editor, first = place.actor("so_editor"), published(place)
    second = change(place, first, "/title", "Papelería para escuelas")
    with pytest.raises(InvalidError, match="por qué se corrige"):
        act(place, editor, "submit", second, read(place, second).row_version)
    with place.database.unit_of_work(editor) as session:
        turn = correction.explain(
            session, editor, second, read(place, second).row_version, "El título decía otra cosa."
        )
        seen = turn.row_version

    act(place, editor, "submit", second, seen)
    assert told(place) == []
    act(place, place.actor("garante_reviewer"), "approve", second, seen + 1)
    out(place, second)

    assert told(place) == [("correction", "El título decía otra cosa.")]


@pytest.mark.parametrize(("pointer", "value"), [("/description", "Para oficinas"), ("/status", "complete")])
def test_adding_and_going_on_is_no_correction(place: Place, pointer: str, value: str) -> None:
    second = change(place, published(place), pointer, value)

    assert act(place, place.actor("so_editor"), "submit", second, read(place, second).row_version)
    assert told(place) == []


def test_opened_with_its_reason_once(place: Place) -> None:
    editor, first = place.actor("so_editor"), published(place)
    with place.database.unit_of_work(editor) as session:
        opened = correction.start(session, editor, first.process_id, "El monto estaba mal.")
        assert (opened.number, opened.status, opened.correction_reason) == (
            2,
            "draft",
            "El monto estaba mal.",
        )

    with pytest.raises(ConflictError, match="Ya hay"), place.database.unit_of_work(editor) as session:
        correction.start(session, editor, first.process_id, "")
    with (
        pytest.raises(ConflictError, match="no está publicada"),
        place.database.unit_of_work(editor) as session,
    ):
        correction.start(session, editor, published_nothing(place).process_id, "")
    reader = place.actor("so_reader")
    with pytest.raises(ForbiddenError), place.database.unit_of_work(reader) as session:
        correction.start(session, reader, first.process_id, "")


def published_nothing(place: Place) -> VersionRef:
    ref = draft(place)
    with place.database.owner_work(place.system) as session:
        session.execute(
            update(ProcessVersion)
            .where(col(ProcessVersion.process_id) == ref.process_id)
            .values(status="discarded")
        )
    return ref


def test_the_pages_lead_from_the_published_to_its_correction(place: Place, live: LiveServer) -> None:
    first = published(place)
    client = live.client(place.email("so_editor", place.sujetos[0]))
    process = f"/{place.slug}/procesos-internos/{first.process_id}"
    assert f"{process}/correccion" in Page(client.get(process).text).links
    assert Page(client.get(f"{process}/correccion").text).faults == []
    opened = client.post(f"{process}/correccion", data={"motivo": ""})
    assert opened.headers["location"] == f"{process}/captura"
    change(place, first, "/title", "Papelería para escuelas")

    page = Page(client.get(process).text)
    assert page.faults == []
    assert "Falta decir por qué se corrige" in page.text
    assert f"{process}/versiones/2/motivo" in page.links
    sent = {
        "motivo": "El título decía otra cosa.",
        "row_version": str(read(place, VersionRef(first.process_id, 2)).row_version),
    }
    assert client.post(f"{process}/versiones/2/motivo", data={**sent, "motivo": " "}).status_code == 422
    assert client.post(f"{process}/versiones/2/motivo", data=sent).status_code == 303
    assert "El título decía otra cosa." in client.get(process).text


def test_terms_are_working_days_of_the_tenant_and_late_ones_are_counted(place: Place) -> None:
    editor, reviewer = place.actor("so_editor"), place.actor("garante_reviewer")
    ref = draft(place)
    turn = act(place, editor, "submit", ref)
    with place.database.unit_of_work(reviewer) as session:
        ours = calendar(session, reviewer)
        days = tenant(session, reviewer).review_days
        assert turn.respond_by is not None
        started = ours.add(turn.respond_by, -days)
        assert ours.between(started, turn.respond_by) == days
        filters = Filters(statuses=("in_review",))
        assert late(session, reviewer, filters, turn.respond_by) == 0
        assert late(session, reviewer, filters, date(2099, 1, 1)) == 1

    assert act(place, reviewer, "return", ref, 2).respond_by is not None
    assert act_recalled(place) is None


def act_recalled(place: Place) -> date | None:
    editor, ref = place.actor("so_editor"), draft(place)
    act(place, editor, "submit", ref)
    return act(place, editor, "recall", ref, 2).respond_by


def test_who_takes_a_review_decides_until_somebody_else_takes_it(place: Place) -> None:
    ref, reviewer = draft(place), place.actor("garante_reviewer")
    act(place, place.actor("so_editor"), "submit", ref)
    with place.database.owner_work(place.system) as session:
        session.execute(
            update(ProcessVersion)
            .where(col(ProcessVersion.process_id) == ref.process_id)
            .values(reviewer_id=place.actor("garante_admin").account_id)
        )

    with pytest.raises(ConflictError, match="La está revisando Persona garante_admin"):
        act(place, reviewer, "approve", ref, 2)
    act(place, reviewer, "take", ref, 2)
    with pytest.raises(ConflictError, match="Ya la tienes"):
        act(place, reviewer, "take", ref, 3)
    assert act(place, reviewer, "approve", ref, 3).status == "approved"
    with pytest.raises(ConflictError, match="Persona garante_reviewer ya decidió"):
        act(place, reviewer, "approve", ref, 3)


def test_clean_ones_are_approved_together_and_taken_back_together(place: Place) -> None:
    editor, reviewer = place.actor("so_editor"), place.actor("garante_reviewer")
    clean, mine = draft(place), draft(place, editor=reviewer, sujeto=place.sujetos[0])
    for ref in (clean, mine):
        act(place, editor, "submit", ref)
    chosen = [Pick(ref.process_id, ref.number, 2) for ref in (clean, mine)]
    with place.database.unit_of_work(reviewer) as session:
        reasons = batches.unclean(session, reviewer, list(batches.rows(session, reviewer, chosen).values()))
        assert set(reasons) == {mine.process_id}
        outcomes = batches.act_on(session, reviewer, "approve", chosen)
    assert {one.pick.process_id: bool(one.refusal) for one in outcomes} == {
        clean.process_id: False,
        mine.process_id: True,
    }

    with place.database.unit_of_work(reviewer) as session:
        batches.act_on(session, reviewer, "revoke", [one.pick for one in outcomes if not one.refusal])
    assert read(place, clean).status == "draft"
