"""Reviewing: what roles alone do not decide. Every act × role × status × policy: tests/walls/test_matrix.py."""

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from itertools import product
from threading import Barrier
from uuid import UUID

import pytest
from sqlmodel import col, select, update

from app.core import clock
from app.core.audit import AuditEvent
from app.core.db import Actor
from app.core.errors import AppError, ConflictError, ForbiddenError, InvalidError, NotFoundError, StaleError
from app.core.outbox import OutboxEvent
from app.core.policy import ROLES, TENANT_ROLES
from app.processes import queries
from app.processes.models import OPEN_STATUSES, Observation, ProcessVersion
from app.processes.queries import VersionRef, versions, working_process
from app.processes.workflow import VERSIONS
from app.review import service
from app.review.policy import offered
from app.review.queries import case
from app.review.service import Remark
from app.tenancy.models import POLICIES
from tests.conftest import Place
from tests.factories import document, draft, invalid_document

REMARKS = [Remark("/tender/title", "Aclara qué papelería.")]
ACTS: dict[str, Callable[..., ProcessVersion]] = {
    "submit": service.submit,
    "recall": service.recall,
    "take": service.take,
    "approve": service.approve,
    "return": lambda *given: service.return_with_observations(*given, REMARKS),
    "revoke": service.revoke,
    "discard": service.discard,
    "restore": service.restore,
}


@pytest.fixture(scope="module")
def places(make_place: Callable[..., Place]) -> dict[str, Place]:
    """A tenant per publishing policy, with somebody in every role."""
    found = {policy: make_place(policy=policy) for policy in POLICIES}
    for place, role in product(found.values(), TENANT_ROLES):
        place.actor(role)
    return found


def put_in(place: Place, ref: VersionRef, status: str, *, submitted_by: UUID | None = None) -> None:
    """Bring a version into a status without taking the way there: the acts themselves are under test."""
    with place.database.owner_work(place.system) as session:
        session.exec(
            update(ProcessVersion)
            .where(col(ProcessVersion.process_id) == ref.process_id)
            .values(status=status, submitted_by=submitted_by)
        )


def act(place: Place, actor: Actor, name: str, ref: VersionRef, row_version: int = 1) -> ProcessVersion:
    with place.database.unit_of_work(actor) as session:
        return ACTS[name](session, actor, ref, row_version)


def read(place: Place, ref: VersionRef) -> ProcessVersion:
    with place.database.unit_of_work(place.system) as session:
        return queries.version(session, place.system, ref)


def acts_of(place: Place, actor: Actor, ref: VersionRef) -> set[str]:
    """The buttons that somebody is shown."""
    with place.database.unit_of_work(actor) as session:
        process = working_process(session, actor, ref.process_id)
        return {row.action for row in offered(actor, case(session, actor, process, ref))}


def in_review(place: Place, *, editor: Actor | None = None) -> VersionRef:
    ref = draft(place, editor=editor)
    act(place, place.actor("so_editor"), "submit", ref)
    return ref


def hat(place: Place, person: Actor, role: str) -> Actor:
    """The same person under another role of theirs."""
    other = place.actor(role)
    return dataclasses.replace(other, account_id=person.account_id)


@pytest.mark.parametrize(("policy", "role"), [("self", "so_publisher"), ("garante", "garante_reviewer")])
@pytest.mark.parametrize("decision", ["approve", "return"])
def test_who_edited_decides_nothing(places: dict[str, Place], policy: str, role: str, decision: str) -> None:
    place = places[policy]
    ref = in_review(place)
    editor = hat(place, place.actor("so_editor"), role)

    with pytest.raises(ForbiddenError, match="otra persona"):
        act(place, editor, decision, ref, 2)
    assert acts_of(place, editor, ref) == set()

    assert act(place, place.actor(role), decision, ref, 2).status in ("approved", "returned")


def test_an_earlier_editor_of_the_same_version_stays_an_editor(places: dict[str, Place]) -> None:
    place = places["self"]
    publisher = place.actor("so_publisher")
    ref = draft(place, ocid=f"{place.prefix}-dos-manos", editor=publisher)
    draft(place, document(language="en"), ocid=f"{place.prefix}-dos-manos")
    act(place, place.actor("so_editor"), "submit", ref, 2)

    with pytest.raises(ForbiddenError, match="otra persona"):
        act(place, publisher, "approve", ref, 3)


def test_only_who_submitted_recalls(places: dict[str, Place]) -> None:
    place = places["garante"]
    ref = in_review(place)
    colleague = dataclasses.replace(
        place.actor("so_editor"), account_id=place.actor("so_publisher").account_id
    )

    with pytest.raises(ForbiddenError, match="Solo quien envió"):
        act(place, colleague, "recall", ref, 2)

    assert act(place, place.actor("so_editor"), "recall", ref, 2).status == "draft"


@pytest.mark.parametrize("name", ACTS)
def test_a_version_that_changed_meanwhile_is_stale(places: dict[str, Place], name: str) -> None:
    place = places["garante"]
    ref = draft(place)
    transition = next(row for row in VERSIONS.transitions if row.action == name)
    put_in(place, ref, transition.sources[0], submitted_by=place.actor("so_editor").account_id)
    role = next(role for role in TENANT_ROLES if transition.permission in ROLES[role])

    with pytest.raises(StaleError):
        act(place, place.actor(role), name, ref, 2)

    assert read(place, ref).row_version == 1
    assert act(place, place.actor(role), name, ref, 1).row_version == 2


@pytest.mark.parametrize("name", ACTS)
def test_foreign_and_absent_answer_the_same(
    places: dict[str, Place], make_place: Callable[..., Place], name: str
) -> None:
    place, elsewhere = places["garante"], make_place()
    transition = next(row for row in VERSIONS.transitions if row.action == name)
    neighbour = place.sujetos[1] if len(place.sujetos) > 1 else place.add_sujeto()
    ref = draft(place)
    put_in(place, ref, transition.sources[0], submitted_by=place.actor("so_editor").account_id)
    said = set()
    for role in TENANT_ROLES:
        strangers = [elsewhere.actor(role)]
        if role.startswith("so_"):
            strangers.append(place.actor(role, neighbour))
        for stranger in strangers:
            with pytest.raises(NotFoundError) as refused:
                act(place, stranger, name, ref)
            said.add(refused.value.detail)
    with pytest.raises(NotFoundError) as refused:
        act(place, place.actor("so_editor"), name, VersionRef(elsewhere.tenant_id, 1))

    assert said == {refused.value.detail}
    assert read(place, ref).row_version == 1


def test_errors_keep_a_version_from_review_and_say_where(places: dict[str, Place]) -> None:
    place = places["self"]
    editor = place.actor("so_editor")
    ref = draft(place, invalid_document())

    with pytest.raises(InvalidError, match="un error") as refused:
        act(place, editor, "submit", ref)

    listed = refused.value.extra["errors"]
    assert [one["pointer"] for one in listed] == ["/tender/value/amount"]  # type: ignore[attr-defined]
    assert read(place, ref).status == "draft"


def test_submitting_counts_advice_and_what_will_be_withheld(places: dict[str, Place]) -> None:
    place = places["self"]
    good = document()
    person = {
        "id": "P-1",
        "name": "Ana Ruiz",
        "roles": ["supplier"],
        "contactPoint": {"email": "ana@example.org"},
    }
    ref = draft(place, document(parties=[*good["parties"], person], sinNombre=1))

    turn = act(place, place.actor("so_editor"), "submit", ref)

    # A key that nobody knows, an e-mail that is not published, a supplier of nothing, and no call for tenders.
    assert (turn.error_count, turn.advice_count) == (0, 4)
    assert turn.submitted_by == place.actor("so_editor").account_id


@pytest.mark.parametrize(
    ("remarks", "why"),
    [
        ([], "al menos una"),
        ([Remark("", " ")], "sin texto"),
        ([Remark("", "x" * 2001)], "2000"),
        ([Remark("/tender/items/0/description", "x")], "ya no está"),
        ([Remark("tender", "x")], "ya no está"),
        ([Remark("/parties/٣", "x")], "ya no está"),
        ([Remark("", "x")] * 101, "hasta 100"),
    ],
)
def test_returning_asks_for_remarks_with_a_place(
    places: dict[str, Place], remarks: list[Remark], why: str
) -> None:
    place = places["garante"]
    ref = in_review(place)
    reviewer = place.actor("garante_reviewer")

    with (
        pytest.raises(InvalidError, match=why),
        place.database.unit_of_work(reviewer) as session,
    ):
        service.return_with_observations(session, reviewer, ref, 2, remarks)

    assert read(place, ref).status == "in_review"


def test_remarks_are_kept_with_their_place_and_author(places: dict[str, Place]) -> None:
    place = places["garante"]
    ref = in_review(place)
    reviewer = place.actor("garante_reviewer")
    remarks = [
        Remark("/tender/procurementMethodRationale", "Falta el fundamento."),
        Remark("/parties/0", "¿RFC?"),
    ]

    with place.database.unit_of_work(reviewer) as session:
        service.return_with_observations(session, reviewer, ref, 2, remarks)

    with place.database.unit_of_work(reviewer) as session:
        kept = session.exec(select(Observation).where(Observation.process_id == ref.process_id)).all()
    assert {(one.pointer, one.remark) for one in kept} == {(one.pointer, one.text) for one in remarks}
    assert {(one.number, one.account_id) for one in kept} == {(1, reviewer.account_id)}


def test_every_act_is_audited_and_news_travels_upward(places: dict[str, Place]) -> None:
    place = places["garante"]
    editor, reviewer = place.actor("so_editor"), place.actor("garante_reviewer")
    ref = in_review(place)
    act(place, reviewer, "return", ref, 2)

    with place.database.unit_of_work(editor) as session:
        acts = session.exec(
            select(AuditEvent)
            .where(AuditEvent.subject_id == str(ref.process_id))
            .order_by(col(AuditEvent.event_id))
        ).all()
        news = session.exec(
            select(OutboxEvent.kind, OutboxEvent.payload).order_by(col(OutboxEvent.event_id))
        ).all()
    assert [(one.verb, one.account_id) for one in acts] == [
        ("process.save", editor.account_id),
        ("process.submit", editor.account_id),
        ("process.return", reviewer.account_id),
    ]
    assert acts[-1].detail == {"version": 1, "observations": 1}
    about = {"process_id": str(ref.process_id), "number": 1}
    assert [kind for kind, payload in news if payload == about] == ["review.submitted", "review.returned"]


def working(place: Place, ref: VersionRef) -> dict[str, object]:
    with place.database.unit_of_work(place.system) as session:
        return working_process(session, place.system, ref.process_id).document


def test_a_discarded_draft_leaves_nothing_on_the_desk_and_comes_back_whole(places: dict[str, Place]) -> None:
    place = places["garante"]
    editor = place.actor("so_editor")
    ref = draft(place)

    act(place, editor, "discard", ref)
    assert working(place, ref) == {}
    restored = act(place, editor, "restore", ref, 2)

    assert working(place, ref) == document()
    assert (restored.status, restored.snapshot) == ("draft", None)


def test_discarding_a_draft_beside_a_published_version_shows_that_one_again(
    places: dict[str, Place],
) -> None:
    place = places["garante"]
    editor = place.actor("so_editor")
    ocid = f"{place.prefix}-publicado"
    first = draft(place, ocid=ocid)
    put_in(place, first, "published")
    second = draft(place, document(language="en"), ocid=ocid)

    act(place, editor, "discard", second)
    assert working(place, first) == document()
    third = draft(place, document(language="fr"), ocid=ocid)
    act(place, editor, "discard", third)
    act(place, editor, "restore", second, 2)
    assert working(place, first) == document(language="en")
    act(place, editor, "discard", second, 3)

    assert working(place, first) == document()
    with place.database.unit_of_work(editor) as session:
        assert [(row.number, row.status) for row in versions(session, editor, first.process_id)] == [
            (3, "discarded"),
            (2, "discarded"),
            (1, "published"),
        ]


def test_restoring_over_a_version_published_since_keeps_that_one(places: dict[str, Place]) -> None:
    place = places["garante"]
    editor = place.actor("so_editor")
    ocid = f"{place.prefix}-recuperado"
    first = draft(place, ocid=ocid)
    act(place, editor, "discard", first)
    second = draft(place, document(language="en"), ocid=ocid)
    with place.database.owner_work(place.system) as session:
        session.exec(
            update(ProcessVersion)
            .where(col(ProcessVersion.process_id) == second.process_id, col(ProcessVersion.number) == 2)
            .values(status="published")
        )

    act(place, editor, "restore", first, 2)
    assert working(place, first) == document()
    act(place, editor, "discard", first, 3)

    assert working(place, first) == document(language="en")


def test_nothing_is_restored_over_an_open_version(places: dict[str, Place]) -> None:
    place = places["garante"]
    editor = place.actor("so_editor")
    ocid = f"{place.prefix}-abierto"
    first = draft(place, ocid=ocid)
    act(place, editor, "discard", first)
    draft(place, document(language="en"), ocid=ocid)

    with pytest.raises(ConflictError, match="otra versión abierta"):
        act(place, editor, "restore", first, 2)

    assert working(place, first) == document(language="en")


def test_a_discarded_draft_comes_back_for_thirty_days(places: dict[str, Place]) -> None:
    place = places["garante"]
    editor = place.actor("so_editor")
    ref = draft(place)
    act(place, editor, "discard", ref)

    def age(days: int) -> None:
        with place.database.owner_work(place.system) as session:
            session.exec(
                update(ProcessVersion)
                .where(col(ProcessVersion.process_id) == ref.process_id)
                .values(updated_at=clock.now() - timedelta(days=days))
            )

    age(31)
    with pytest.raises(ConflictError, match="30 días"):
        act(place, editor, "restore", ref, 2)
    age(29)

    assert act(place, editor, "restore", ref, 2).status == "draft"


def test_a_second_decision_comes_too_late(places: dict[str, Place]) -> None:
    place = places["garante"]
    ref = in_review(place)
    reviewer = place.actor("garante_reviewer")
    act(place, reviewer, "approve", ref, 2)

    with pytest.raises(AppError) as late:
        act(place, reviewer, "return", ref, 2)

    assert late.value.status == 409
    assert read(place, ref).status == "approved"


def test_of_two_decisions_at_once_one_waits_and_comes_too_late(places: dict[str, Place]) -> None:
    place = places["garante"]
    ref = in_review(place)
    reviewer = place.actor("garante_reviewer")
    with ThreadPoolExecutor(1) as threads:
        with place.database.unit_of_work(reviewer) as session:
            service.approve(session, reviewer, ref, 2)
            other = threads.submit(act, place, reviewer, "return", ref, 2)
            waited = wait([other], timeout=0.5).not_done

        with pytest.raises(ConflictError):
            other.result(timeout=10)

    assert waited == {other}
    assert read(place, ref).status == "approved"


def test_of_two_who_approve_at_once_one_does_and_the_other_is_told(places: dict[str, Place]) -> None:
    place = places["garante"]
    ref = in_review(place)
    reviewer = place.actor("garante_reviewer")
    colleague = hat(place, place.actor("garante_admin"), "garante_reviewer")
    together = Barrier(2)

    def approve(who: Actor) -> str:
        together.wait(10)
        try:
            act(place, who, "approve", ref, 2)
        except (StaleError, ConflictError) as error:
            return error.detail
        return ""

    with ThreadPoolExecutor(2) as threads:
        told = sorted(threads.map(approve, (reviewer, colleague)))

    assert told[0] == ""
    assert len(told[1]) > 20
    assert read(place, ref).row_version == 3
    with place.database.unit_of_work(place.system) as session:
        done = session.exec(
            select(AuditEvent).where(
                AuditEvent.verb == "process.approve", AuditEvent.subject_id == str(ref.process_id)
            )
        ).all()
    assert len(done) == 1


def test_a_process_has_one_open_version_at_most(places: dict[str, Place]) -> None:
    place = places["garante"]
    ocid = f"{place.prefix}-una-abierta"
    first = draft(place, ocid=ocid)
    again = draft(place, document(language="en"), ocid=ocid)

    with place.database.unit_of_work(place.system) as session:
        rows = versions(session, place.system, first.process_id)
    assert again == first
    assert [row.status in OPEN_STATUSES for row in rows] == [True]
