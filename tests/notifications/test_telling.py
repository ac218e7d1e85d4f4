"""From what happened to whom it concerns: notices and letters, in one transaction, each once."""

from base64 import b64decode
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from app.core import clock, json, keys, outbox
from app.core.db import Actor, Database
from app.core.errors import InvalidError
from app.core.mail import Letter, MailMessage, content_of
from app.core.outbox import OutboxEvent
from app.notifications import deadlines, heads, queries, service, tasks
from app.notifications.models import Notice, NoticePreference
from app.notifications.service import next_digest
from app.notifications.wording import tell
from app.processes.models import ProcessVersion
from app.processes.queries import VersionRef
from app.proof import signing
from app.proof.heads import last_heads
from app.review import service as review
from app.review.service import Remark
from app.settings import Settings
from app.tenancy.models import CalendarDay
from app.tenancy.queries import TenantDirectory, TenantView
from tests.conftest import Place, place_maker
from tests.factories import draft
from tests.openapi.conftest import Publisher


@pytest.fixture(scope="module")
def database(lone_database: Database) -> Database:
    """A database of these tests alone: elsewhere a server's own worker would tell the news."""
    return lone_database


@pytest.fixture
def place(database: Database) -> Place:
    return place_maker(database)()


@pytest.fixture
def forward(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Let time pass."""
    real, passed = clock.now, [timedelta()]

    def now() -> datetime:
        return real() + passed[0]

    def go(by: timedelta) -> None:
        passed[0] += by

    monkeypatch.setattr(clock, "now", now)
    return go


def view_of(place: Place) -> TenantView:
    return TenantDirectory(place.database).by_slug(place.slug)


def consume(place: Place) -> int:
    return service.consume(place.database, view_of(place))


def submit(place: Place, ref: VersionRef, editor: Actor | None = None) -> None:
    who = editor or place.actor("so_editor")
    with place.database.unit_of_work(who) as session:
        review.submit(session, who, ref, 1)


def notices(place: Place, actor: Actor) -> list[Notice]:
    with place.database.unit_of_work(actor) as session:
        return list(queries.inbox(session, actor).rows)


def kinds(place: Place, actor: Actor) -> list[tuple[str, int]]:
    return [(notice.kind, notice.count) for notice in notices(place, actor)]


def letters(place: Place) -> list[Letter]:
    with place.database.worker_work() as session:
        rows = session.exec(
            select(MailMessage)
            .where(MailMessage.tenant_id == place.tenant_id)
            .order_by(MailMessage.posted_at)  # type: ignore[arg-type]
        ).all()
        return [content_of(row) for row in rows]


def emit(place: Place, kind: str, *payloads: dict[str, object], by: Actor | None = None) -> None:
    with place.database.unit_of_work(by or place.system) as session:
        outbox.emit(session, kind, list(payloads))


def choose(place: Place, actor: Actor, hour: int = 8, **ways: str) -> None:
    assert actor.account_id is not None
    with place.database.auth_work(actor.account_id) as session:
        session.merge(
            NoticePreference(
                account_id=actor.account_id,
                ways={kind.replace("__", "."): way for kind, way in ways.items()},
                digest_hour=hour,
            )
        )


# -- whom it concerns


def test_who_may_decide_is_told_and_nobody_else(place: Place) -> None:
    reviewer = place.actor("garante_reviewer")
    others = [place.actor("so_publisher"), place.actor("garante_admin"), place.actor("so_reader")]
    submit(place, draft(place))

    assert consume(place) == 1

    (notice,) = notices(place, reviewer)
    assert (notice.kind, notice.by_account_id) == ("review.submitted", place.actor("so_editor").account_id)
    assert all(notices(place, other) == [] for other in [*others, place.actor("so_editor")])


def test_under_another_policy_others_decide(database: Database) -> None:
    place = place_maker(database)(policy="self")
    elsewhere = place.add_sujeto(policy="self")
    publisher, far = place.actor("so_publisher"), place.actor("so_publisher", elsewhere)
    submit(place, draft(place))
    consume(place)
    assert kinds(place, publisher) == [("review.submitted", 1)]
    assert kinds(place, far) == [], "of another body"
    assert kinds(place, place.actor("garante_reviewer")) == []


def test_another_tenant_hears_nothing(place: Place) -> None:
    other = place_maker(place.database)()
    ear = other.actor("garante_reviewer")
    submit(place, draft(place))
    consume(place)
    consume(other)
    assert notices(other, ear) == []


def test_what_comes_back_is_told_to_who_captured_and_not_to_who_decided(place: Place) -> None:
    editor, reviewer = place.actor("so_editor"), place.actor("garante_reviewer")
    ref = draft(place)
    submit(place, ref)
    with place.database.unit_of_work(reviewer) as session:
        review.return_with_observations(session, reviewer, ref, 2, [Remark("", "Falta el anexo.")])
    consume(place)
    assert kinds(place, editor) == [("review.returned", 1)]
    assert kinds(place, reviewer) == [("review.submitted", 1)]


def test_who_has_left_is_told_no_more(place: Place) -> None:
    reviewer = place.actor("garante_reviewer")
    submit(place, draft(place))
    with place.database.owner_work(place.system) as session:
        session.connection().exec_driver_sql(
            "UPDATE membership SET status = 'ended' WHERE membership_id = %s", (str(reviewer.membership_id),)
        )
    consume(place)
    assert notices(place, reviewer) == []
    assert letters(place) == []


def test_of_people_hears_who_manages_them(place: Place) -> None:
    admin, here = place.actor("garante_admin"), place.actor("so_admin")
    far = place.actor("so_admin", place.add_sujeto())
    joined = place.actor("so_editor")
    emit(place, "people.joined", {"membership_id": str(joined.membership_id)}, by=joined)
    consume(place)
    assert [kinds(place, one) for one in (admin, here, far, joined)] == [
        [("people.joined", 1)],
        [("people.joined", 1)],
        [],
        [],
    ]


def test_nobody_is_told_what_they_did_themselves_unless_it_is_what_came_of_it(place: Place) -> None:
    admin, here, joined = place.actor("garante_admin"), place.actor("so_admin"), place.actor("so_editor")
    emit(place, "people.left", {"membership_id": str(joined.membership_id)}, by=admin)
    emit(place, "export.ready", {"export_id": str(joined.membership_id)}, by=admin)
    consume(place)
    assert kinds(place, here) == [("people.left", 1)]
    assert kinds(place, admin) == [("export.ready", 1)]


# -- once


def test_news_is_told_once(place: Place) -> None:
    submit(place, draft(place))
    reviewer = place.actor("garante_reviewer")
    assert consume(place) == 1
    assert consume(place) == 0
    assert kinds(place, reviewer) == [("review.submitted", 1)]


def test_a_crash_before_the_end_tells_nothing_and_the_next_time_all(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewer = place.actor("garante_reviewer")
    submit(place, draft(place))

    class PowerCutError(Exception):
        pass

    def die(*_: object) -> None:
        raise PowerCutError

    with monkeypatch.context() as cut:
        cut.setattr(service, "write", die)
        with pytest.raises(PowerCutError):
            consume(place)
    assert notices(place, reviewer) == []

    consume(place)
    assert kinds(place, reviewer) == [("review.submitted", 1)]


def test_a_rolled_back_act_is_no_news(place: Place) -> None:
    ref, editor = draft(place), place.actor("so_editor")

    def submit_and_fail() -> None:
        with place.database.unit_of_work(editor) as session:
            review.submit(session, editor, ref, 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        submit_and_fail()
    assert consume(place) == 0


def test_an_event_that_says_nonsense_is_parked_and_holds_up_nobody(place: Place) -> None:
    reviewer = place.actor("garante_reviewer")
    emit(place, "review.submitted", {"process_id": "no es un identificador", "number": 1})
    emit(place, "reminder.sent", {})
    emit(place, "no.se.conoce", {})
    submit(place, draft(place))

    assert consume(place) == 4
    assert kinds(place, reviewer) == [("review.submitted", 1)]
    with place.database.unit_of_work(place.system) as session:
        rows = session.exec(select(OutboxEvent).where(OutboxEvent.tenant_id == place.tenant_id)).all()
    assert all(row.handled_at for row in rows)
    faults = {row.kind: row.fault for row in rows if row.fault}
    assert set(faults) == {"review.submitted", "reminder.sent"}
    assert faults["reminder.sent"].startswith("KeyError")


def test_letters_that_cannot_be_written_lose_no_news(
    place: Place, forward: Callable[[timedelta], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewer = place.actor("garante_reviewer")
    submit(place, draft(place))
    consume(place)
    forward(service.QUIET + timedelta(seconds=1))
    submit(place, draft(place))

    def fail(*_: object) -> None:
        raise LookupError

    with monkeypatch.context() as broken:
        broken.setattr(service, "tell", fail)
        with pytest.raises(LookupError):
            consume(place)

    assert kinds(place, reviewer) == [("review.submitted", 2)]
    with place.database.unit_of_work(place.system) as session:
        faults = session.exec(
            select(OutboxEvent.fault).where(OutboxEvent.tenant_id == place.tenant_id, OutboxEvent.fault != "")
        ).all()
    assert list(faults) == []
    forward(service.QUIET + timedelta(seconds=1))
    consume(place)
    assert [letter.subject for letter in letters(place)] == ["Tienes 2 versiones por revisar"]


def test_a_notice_of_a_kind_that_another_version_knows_holds_up_no_other(
    place: Place, forward: Callable[[timedelta], None]
) -> None:
    reviewer = place.actor("garante_reviewer")
    submit(place, draft(place))
    consume(place)
    with place.database.unit_of_work(place.system) as session:
        (known,) = session.exec(select(Notice).where(Notice.tenant_id == place.tenant_id)).all()
        session.add(Notice(**known.model_dump(exclude={"notice_id", "kind"}), kind="que.vendra"))
    forward(service.QUIET + timedelta(seconds=1))

    consume(place)

    assert [letter.kind for letter in letters(place)] == ["review.submitted"]
    with place.database.unit_of_work(reviewer) as session:
        rows = queries.inbox(session, reviewer).rows
        assert [told.notice.kind for told in tell(session, reviewer, place.slug, rows)] == [
            "review.submitted"
        ]
    with place.database.worker_work() as session:
        assert place.tenant_id not in queries.with_news(session)


def test_news_of_what_is_gone_is_no_news(place: Place) -> None:
    emit(place, "publication.released", {"position": 7, "ocid": "ocds-nada-1"})
    assert consume(place) == 1


def test_old_news_is_not_poured_out(place: Place, forward: Callable[[timedelta], None]) -> None:
    reviewer = place.actor("garante_reviewer")
    submit(place, draft(place))
    forward(timedelta(days=3))
    assert consume(place) == 1
    assert notices(place, reviewer) == []


# -- together


def test_forty_submissions_within_the_hour_are_one_notice_and_one_letter(
    place: Place, forward: Callable[[timedelta], None]
) -> None:
    reviewer, editor = place.actor("garante_reviewer"), place.actor("so_editor")
    refs = [draft(place) for _ in range(40)]
    for position, ref in enumerate(refs):
        submit(place, ref, editor)
        if position % 8 == 7:
            consume(place)
    assert kinds(place, reviewer) == [("review.submitted", 40)]
    assert letters(place) == [], "more may come"

    forward(service.QUIET + timedelta(seconds=1))
    consume(place)
    (letter,) = letters(place)
    assert letter.subject == "Tienes 40 versiones por revisar"
    forward(timedelta(hours=2))
    consume(place)
    assert len(letters(place)) == 1


def test_what_was_read_is_not_joined_and_not_written_about(
    place: Place, forward: Callable[[timedelta], None]
) -> None:
    reviewer = place.actor("garante_reviewer")
    submit(place, draft(place))
    consume(place)
    with place.database.unit_of_work(reviewer) as session:
        (shown,) = queries.inbox(session, reviewer).rows
        service.read_all(session, reviewer, shown.notice_id or 0)
    submit(place, draft(place))
    consume(place)
    assert kinds(place, reviewer) == [("review.submitted", 1), ("review.submitted", 1)]
    forward(service.QUIET + timedelta(seconds=1))
    consume(place)
    assert len(letters(place)) == 1


# -- as each wants


def test_a_letter_names_no_content_of_the_process(place: Place, forward: Callable[[timedelta], None]) -> None:
    reviewer = place.actor("garante_reviewer")
    submit(place, draft(place))
    consume(place)
    forward(service.QUIET + timedelta(seconds=1))
    consume(place)
    (letter,) = letters(place)
    assert letter.to == place.email("garante_reviewer")
    assert "Papelería" not in str(letter)
    assert place.prefix in letter.paragraphs[0]
    assert "Persona so_editor" in letter.paragraphs[0]
    assert letter.act is not None
    assert letter.act.path.startswith(f"/{place.slug}/procesos-internos/")
    assert reviewer.account_id is not None


def test_in_the_inbox_only_means_no_letter(place: Place, forward: Callable[[timedelta], None]) -> None:
    reviewer = place.actor("garante_reviewer")
    choose(place, reviewer, review__submitted="inbox")
    submit(place, draft(place))
    consume(place)
    forward(timedelta(days=2))
    consume(place)
    assert kinds(place, reviewer) == [("review.submitted", 1)]
    assert letters(place) == []


def test_a_reminder_is_a_letter_already_and_is_never_another(
    place: Place, forward: Callable[[timedelta], None]
) -> None:
    admin = place.actor("so_admin")
    assert admin.account_id is not None
    choose(place, admin, reminder__sent="immediate")  # as it could be chosen once
    emit(
        place, "reminder.sent", {"sujeto_obligado_id": str(place.sujetos[0])}, by=place.actor("garante_admin")
    )
    consume(place)
    forward(timedelta(days=2))
    consume(place)
    assert kinds(place, admin) == [("reminder.sent", 1)]
    assert letters(place) == []
    with place.database.auth_work(admin.account_id) as session, pytest.raises(InvalidError):
        service.choose(session, admin.account_id, {"reminder.sent": "digest"}, 8)


def test_the_day_s_summary_is_one_letter_a_day(place: Place, forward: Callable[[timedelta], None]) -> None:
    reviewer = place.actor("garante_reviewer")
    choose(place, reviewer, review__submitted="digest", people__joined="digest")
    for _ in range(2):
        submit(place, draft(place))
        consume(place)
    assert letters(place) == []

    forward(timedelta(hours=24))
    consume(place)
    consume(place)
    (letter,) = letters(place)
    assert letter.kind == "digest"
    assert [entry.text for entry in letter.entries] == ["Tienes 2 versiones por revisar"]

    submit(place, draft(place))  # the hour is changed to one that comes again today
    choose(
        place, reviewer, hour=(clock.now() - timedelta(hours=6, minutes=-61)).hour, review__submitted="digest"
    )
    consume(place)
    forward(timedelta(hours=25))
    consume(place)
    assert len(letters(place)) == 2, "nothing is lost"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-11-22T13:59:00+00:00", "2026-11-22T14:00:00+00:00"),
        ("2026-11-22T14:00:00+00:00", "2026-11-23T14:00:00+00:00"),
        ("2026-11-23T03:00:00+00:00", "2026-11-23T14:00:00+00:00"),
    ],
    ids=["before", "at", "night"],
)
def test_a_summary_comes_at_its_hour_there(after: str, expected: str) -> None:
    found = next_digest(datetime.fromisoformat(after), "America/Mexico_City", 8)
    assert found == datetime.fromisoformat(expected)


# -- deadlines


FRIDAY = datetime.fromisoformat("2026-07-10T18:00:00+00:00")


def due(place: Place, ref: VersionRef, days: int) -> None:
    day = view_of(place).today + timedelta(days=days)
    with place.database.unit_of_work(place.system) as session:
        row = session.exec(
            select(ProcessVersion).where(
                ProcessVersion.tenant_id == place.tenant_id, ProcessVersion.process_id == ref.process_id
            )
        ).one()
        row.respond_by = day
        session.add(row)


@pytest.fixture
def friday(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it a Friday after which nothing is a holiday."""
    monkeypatch.setattr(clock, "now", lambda: FRIDAY)


@pytest.mark.usefixtures("friday")
def test_deadlines_are_told_once_to_whoever_has_to_act(
    place: Place, forward: Callable[[timedelta], None]
) -> None:
    editor, reviewer = place.actor("so_editor"), place.actor("garante_reviewer")
    waiting, first, second = draft(place), draft(place), draft(place)
    submit(place, waiting)
    with place.database.unit_of_work(place.system) as session:  # the news of it is another test's
        service._mark(session, place.system, _event_ids(place))
    due(place, waiting, -1)
    due(place, first, 3)  # on Monday: the next working day
    due(place, second, 3)

    for _ in range(2):
        deadlines.remind(place.database, view_of(place))

    assert kinds(place, editor) == [("deadline.near", 2)]
    assert kinds(place, reviewer) == [("deadline.over", 1)]
    forward(timedelta(days=3))
    deadlines.remind(place.database, view_of(place))
    assert kinds(place, editor) == [("deadline.near", 2)], "it is the day itself"
    forward(timedelta(days=5))
    deadlines.remind(place.database, view_of(place))
    assert kinds(place, editor) == [("deadline.over", 2), ("deadline.near", 2)], "late rather than never"
    assert kinds(place, reviewer) == [("deadline.over", 1)]


@pytest.mark.usefixtures("friday")
def test_a_day_off_of_the_tenant_s_own_brings_its_deadlines_nearer(
    place: Place, forward: Callable[[timedelta], None]
) -> None:
    editor = place.actor("so_editor")
    near, early = draft(place), draft(place)
    due(place, near, 4)
    due(place, early, 5)
    deadlines.remind(place.database, view_of(place))
    assert kinds(place, editor) == []

    monday = view_of(place).today + timedelta(days=3)
    with place.database.unit_of_work(place.system) as session:
        session.add(CalendarDay(tenant_id=place.tenant_id, day=monday, kind="holiday", label="Aniversario"))
    deadlines.remind(place.database, view_of(place))
    assert kinds(place, editor) == [("deadline.near", 1)]
    forward(timedelta(days=90))
    deadlines.remind(place.database, view_of(place))
    assert kinds(place, editor) == [("deadline.near", 1)], "what passed long ago is no news"


def _event_ids(place: Place) -> list[int]:
    with place.database.unit_of_work(place.system) as session:
        return list(
            session.exec(select(OutboxEvent.event_id).where(OutboxEvent.tenant_id == place.tenant_id)).all()
        )


# -- the worker


def test_what_goes_wrong_in_one_tenant_stops_no_other(
    place: Place, storage: object, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, reviewer = service.consume, place.actor("garante_reviewer")
    other = place_maker(place.database)()
    first, second = sorted((place, other), key=lambda one: one.slug)
    ear = second.actor("garante_reviewer")
    for one in (first, second):
        one.actor("garante_reviewer")
        submit(one, draft(one))

    def fail_once(database: Database, view: TenantView) -> int:
        if view.tenant_id == first.tenant_id:
            raise RuntimeError
        return real(database, view)

    with monkeypatch.context() as broken:
        broken.setattr(service, "consume", fail_once)
        tasks.tell_news(tasks.Workplace(place.database, storage, settings))  # type: ignore[arg-type]
    assert reviewer.tenant_id == place.tenant_id
    assert kinds(second, ear) == [("review.submitted", 1)]


def test_the_worker_finds_whose_news_waits(place: Place, storage: object, settings: object) -> None:
    reviewer = place.actor("garante_reviewer")
    submit(place, draft(place))
    tasks.tell_news(tasks.Workplace(place.database, storage, settings))  # type: ignore[arg-type]
    assert kinds(place, reviewer) == [("review.submitted", 1)]
    with place.database.worker_work() as session:
        assert place.tenant_id not in queries.with_news(session)


@pytest.mark.parametrize("kind", ["reservation.requested", "withdrawal.requested"])
def test_who_decides_is_told_of_what_is_asked_for(place: Place, kind: str) -> None:
    reviewer, publisher = place.actor("garante_reviewer"), place.actor("so_publisher")
    emit(place, kind, {"process_id": str(draft(place).process_id)}, by=publisher)
    consume(place)
    assert kinds(place, reviewer) == [(kind, 1)]
    assert kinds(place, publisher) == []


# -- signed heads


def signed(place: Place, settings: Settings) -> TenantView:
    """Sign today's head, if it is not, and return the tenant as the chore sees it."""
    signing.sign_due(place.database, keys.of(settings), [view_of(place)])
    return TenantDirectory(place.database, heads=last_heads).by_slug(place.slug)


def test_the_signed_head_goes_once_a_week_to_whoever_administers(
    database: Database, settings: Settings, forward: Callable[[timedelta], None]
) -> None:
    place = place_maker(database)(policy="direct")
    told = [place.actor("garante_admin"), place.actor("so_admin")]
    others = [place.actor("so_publisher"), place.actor("garante_reviewer"), place.actor("so_reader")]
    Publisher(place).publish()
    view = signed(place, settings)
    assert view.head is not None

    for _ in range(2):
        heads.give(place.database, view)
        forward(timedelta(hours=1))
        consume(place)

    assert [kinds(place, actor) for actor in (*told, *others)] == [[("head.signed", 1)]] * 2 + [[]] * 3
    [one, _] = (letter for letter in letters(place) if letter.kind == "head.signed")
    kept = json.loads(one.paragraphs[-1])
    assert (kept["head"], kept["key"]) == (view.head.statement, view.head.key_id)
    assert b64decode(kept["signature"]) == view.head.signature

    forward(timedelta(days=7))
    heads.give(place.database, signed(place, settings))
    assert [len(kinds(place, actor)) for actor in (*told, *others)] == [2, 2, 0, 0, 0]


def test_of_a_chain_without_entries_nothing_is_told(place: Place, settings: Settings) -> None:
    admin = place.actor("garante_admin")

    heads.give(place.database, signed(place, settings))

    assert kinds(place, admin) == []
