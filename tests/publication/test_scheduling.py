"""Publishing later: at its time and once, by a real worker; put off, cancelled, and what can no longer go out."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select, update

from app.core import clock
from app.core.audit import AuditEvent
from app.core.db import Actor, RwSession
from app.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    StaleError,
    SuspendedError,
)
from app.core.outbox import OutboxEvent
from app.processes.models import ProcessPart, ProcessVersion
from app.processes.queries import VersionRef, working_process
from app.processes.service import PublishOutcome
from app.publication import scheduling, withdrawals
from app.publication.models import Release
from app.publication.service import publish_batch
from app.publication.withdrawals import Asked
from app.tenancy.queries import TenantDirectory, TenantView
from tests.conftest import LiveServer, Place
from tests.factories import document, draft, stand
from tests.html import Page
from tests.review.test_service import act, acts_of, read


def approved(place: Place) -> VersionRef:
    ref = draft(place)
    act(place, place.actor("so_editor"), "submit", ref)
    act(place, place.actor("garante_reviewer"), "approve", ref, 2)
    return ref


def schedule(place: Place, ref: VersionRef, at: datetime, row_version: int = 3) -> None:
    publisher = place.actor("so_publisher")
    with place.database.unit_of_work(publisher) as session:
        scheduling.schedule(session, publisher, ref, row_version, at)


def releases(place: Place, ref: VersionRef) -> int:
    with place.database.unit_of_work(place.system) as session:
        return len(session.exec(select(Release).where(Release.process_id == ref.process_id)).all())


def view(place: Place) -> TenantView:
    return next(one for one in TenantDirectory(place.database).all() if one.tenant_id == place.tenant_id)


def let_it_be_due(place: Place, ref: VersionRef, ago: timedelta = timedelta(seconds=1)) -> None:
    """Turn the clock, as the version sees it."""
    with place.database.owner_work(place.system) as session:
        session.execute(
            update(ProcessVersion)
            .where(col(ProcessVersion.process_id) == ref.process_id)
            .values(scheduled_for=clock.now() - ago)
        )


def run(place: Place, ref: VersionRef) -> None:
    scheduling.publish_due(place.database, place.system, ref)


def news(place: Place, kind: str) -> list[object]:
    with place.database.unit_of_work(place.system) as session:
        return list(session.exec(select(OutboxEvent.payload).where(OutboxEvent.kind == kind)))


@pytest.mark.usefixtures("live")
def test_a_worker_publishes_it_at_its_time(place: Place) -> None:
    ref = approved(place)
    schedule(place, ref, clock.now() + timedelta(seconds=1.5))
    assert read(place, ref).status == "scheduled"
    assert releases(place, ref) == 0
    deadline = clock.monotonic() + 60
    while read(place, ref).status == "scheduled" and clock.monotonic() < deadline:
        time.sleep(0.1)

    assert read(place, ref).status == "published"
    assert releases(place, ref) == 1
    with place.database.unit_of_work(place.system) as session:
        acts = session.exec(
            select(AuditEvent.verb, AuditEvent.account_id)
            .where(AuditEvent.subject_id == str(ref.process_id))
            .order_by(col(AuditEvent.event_id))
        ).all()
    assert acts[-2:] == [
        ("process.schedule", place.actor("so_publisher").account_id),
        ("process.publish", None),
    ]


def test_run_twice_or_too_early_it_publishes_once_and_not_before(place: Place) -> None:
    ref = approved(place)
    schedule(place, ref, clock.now() + timedelta(hours=1))
    run(place, ref)
    assert releases(place, ref) == 0
    let_it_be_due(place, ref)

    run(place, ref)
    run(place, ref)

    assert (read(place, ref).status, releases(place, ref)) == ("published", 1)


def test_what_was_cancelled_stays_where_it_is(place: Place) -> None:
    ref, publisher = approved(place), place.actor("so_publisher")
    schedule(place, ref, clock.now() + timedelta(hours=1))
    with place.database.unit_of_work(publisher) as session:
        scheduling.cancel(session, publisher, ref, 4)
    run(place, ref)

    turn = read(place, ref)
    assert (turn.status, turn.scheduled_for, releases(place, ref)) == ("approved", None, 0)
    assert news(place, "review.scheduled") == [{"process_id": str(ref.process_id), "number": 1}]


def test_what_became_invalid_is_approved_again_and_told(place: Place) -> None:
    ref = approved(place)
    schedule(place, ref, clock.now() + timedelta(hours=1))
    with place.database.owner_work(place.system) as session:
        session.execute(
            update(ProcessPart)
            .where(col(ProcessPart.process_id) == ref.process_id, col(ProcessPart.path) == "tender")
            .values(body={"id": "LPN-1", "value": {"amount": "mucho", "currency": "MXN"}})
        )
    let_it_be_due(place, ref)
    run(place, ref)
    run(place, ref)

    turn = read(place, ref)
    assert (turn.status, turn.scheduled_for, releases(place, ref)) == ("approved", None, 0)
    assert news(place, "review.schedule_failed") == [{"process_id": str(ref.process_id), "number": 1}]


def test_what_was_withdrawn_does_not_publish_itself_again(place: Place) -> None:
    first, publisher, reviewer = approved(place), place.actor("so_publisher"), place.actor("garante_reviewer")
    with place.database.unit_of_work(publisher) as session:
        assert publish_batch(session, publisher, [first])[0].published
        ocid = working_process(session, publisher, first.process_id).ocid
    second = draft(place, document(description="Para todas las oficinas"), ocid=ocid)
    act(place, place.actor("so_editor"), "submit", second)
    act(place, reviewer, "approve", second, 2)
    schedule(place, second, clock.now() + timedelta(hours=1))
    asked = Asked("personal", "artículo 1", "Trae un domicilio")
    with place.database.unit_of_work(publisher) as session:
        request = withdrawals.request(session, publisher, first.process_id, asked).request_id
    before = releases(place, first)
    with place.database.unit_of_work(reviewer) as session:
        withdrawals.approve(session, reviewer, first.process_id, request)

    let_it_be_due(place, second)
    run(place, second)

    assert read(place, second).status == "approved"
    assert releases(place, first) == before + 1  # the entry that says what went
    told = {"process_id": str(second.process_id), "number": second.number}
    assert news(place, "review.schedule_failed") == [told]


def test_what_comes_due_while_the_tenant_is_suspended_waits_for_a_person(place: Place) -> None:
    missed, later = approved(place), approved(place)
    for ref in (missed, later):
        schedule(place, ref, clock.now() + timedelta(hours=1))
    let_it_be_due(place, missed)
    stand(place, "suspend")

    with pytest.raises(SuspendedError):
        run(place, missed)
    scheduling.publish_late(place.database, [view(place)])
    asleep = read(place, missed)
    stand(place, "resume")
    let_it_be_due(place, later, timedelta(0))
    for ref in (missed, later):
        run(place, ref)

    assert asleep.status == "scheduled"
    assert (read(place, missed).status, releases(place, missed)) == ("approved", 0)
    assert (read(place, later).status, releases(place, later)) == ("published", 1)
    assert news(place, "review.schedule_failed") == [{"process_id": str(missed.process_id), "number": 1}]


def test_a_lost_job_is_made_good_and_a_fault_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    late, broken, early = (approved(place) for _ in range(3))
    for ref in (late, broken, early):
        schedule(place, ref, clock.now() + timedelta(hours=1))
    for ref in (late, broken):
        let_it_be_due(place, ref, timedelta(minutes=11))
    let_it_be_due(place, early)  # its job has not had its turn
    publish = publish_batch

    def fail(session: RwSession, actor: Actor, refs: list[VersionRef]) -> list[PublishOutcome]:
        if refs == [broken]:
            raise KeyError("nobody thought of it")
        return publish(session, actor, refs)

    monkeypatch.setattr(scheduling, "publish_batch", fail)
    scheduling.publish_late(place.database, [view(place)])

    assert [read(place, ref).status for ref in (late, broken, early)] == [
        "published",
        "approved",
        "scheduled",
    ]
    assert news(place, "review.schedule_failed") == [{"process_id": str(broken.process_id), "number": 1}]


def test_nobody_publishes_or_edits_what_is_scheduled(place: Place) -> None:
    ref = approved(place)
    schedule(place, ref, clock.now() + timedelta(hours=1))

    assert acts_of(place, place.actor("so_publisher"), ref) == {"cancel"}
    assert acts_of(place, place.actor("so_editor"), ref) == set()


@pytest.mark.parametrize(
    ("wait", "why"), [(-timedelta(seconds=1), "ya pasó"), (timedelta(days=400), "Revisa el año")]
)
def test_neither_in_the_past_nor_in_another_year(place: Place, wait: timedelta, why: str) -> None:
    ref = approved(place)

    with pytest.raises(InvalidError, match=why):
        schedule(place, ref, clock.now() + wait)

    assert read(place, ref).status == "approved"


def test_refused_to_everybody_else_and_when_stale(place: Place, other_place: Place) -> None:
    ref, soon = approved(place), datetime(2099, 1, 1, tzinfo=UTC)
    for actor, refusal in (
        (place.actor("so_editor"), ForbiddenError),
        (place.actor("garante_reviewer"), ForbiddenError),
        (place.actor("so_publisher", place.add_sujeto()), NotFoundError),
        (other_place.actor("so_publisher"), NotFoundError),
    ):
        with pytest.raises(refusal), place.database.unit_of_work(actor) as session:
            scheduling.schedule(session, actor, ref, 3, soon)
    with pytest.raises(StaleError):
        schedule(place, ref, soon, row_version=2)
    waiting = draft(place)
    with pytest.raises(ConflictError):
        schedule(place, waiting, soon, row_version=1)


def test_the_page_speaks_the_garantes_time(place: Place, live: LiveServer) -> None:
    ref, publisher = approved(place), place.actor("so_publisher")
    client = live.client(place.email("so_publisher", publisher.sujeto_obligado_id))
    process = f"/{place.slug}/procesos-internos/{ref.process_id}"
    here = f"{process}/versiones/{ref.number}/programacion"
    assert Page(client.get(here).text).faults == []
    tomorrow = (clock.now() + timedelta(days=2)).date()
    for fecha, hora in (("01/01/2020", "09:00"), ("", "09:00"), (f"{tomorrow:%d/%m/%Y}", "25:00")):
        answer = client.post(here, data={"row_version": "3", "fecha": fecha, "hora": hora})
        assert answer.status_code == 422
    done = client.post(here, data={"row_version": "3", "fecha": f"{tomorrow:%d/%m/%Y}", "hora": "9:00"})

    assert done.status_code == 303
    at = read(place, ref).scheduled_for
    assert at is not None
    assert at.astimezone(UTC).hour == 15  # nine in Mexico City
    assert "Se publicará sola el" in client.get(process).text
    assert "Programada" in client.get(f"/{place.slug}/panel").text
