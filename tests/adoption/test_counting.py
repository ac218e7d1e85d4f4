"""What is counted of a body, after each piece of news and all at once."""

import random
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from app.adoption import counting, facts
from app.adoption.counting import TERM_DAYS, cutoff
from app.core.quarters import Quarter
from app.core.storage import Storage
from app.core.workdays import Calendar
from app.review import service as review
from tests.adoption.conftest import ZONE, Desk, contract, signed_document
from tests.conftest import Place
from tests.continuity.test_transfer import move
from tests.factories import draft, new_ocid


def test_a_published_process_counts_in_its_quarter(desk: Desk) -> None:
    desk.publish(desk.days_ago(3))

    desk.count()

    now = desk.now()
    assert (now["published"], now["overdue"], now["pending"]) == (1, 0, 0)
    assert now["days"] == 3
    assert now["last_published_on"] == desk.today
    assert 0 < now["present"] <= now["asked"]


def test_a_signature_that_nobody_can_read_is_overdue_after_its_term(desk: Desk) -> None:
    desk.draft(desk.days_ago(200), desk.days_ago(1), None)

    desk.count()

    now = desk.now()
    assert (now["published"], now["overdue"], now["pending"]) == (0, 1, 1)
    signed = {row["quarter"]: (row["signed"], row["overdue"]) for row in desk.rows()}
    then = Quarter.of(desk.days_ago(200))
    assert signed[then.start][0] == 1
    assert all(overdue == (quarter >= then.start) for quarter, (_, overdue) in signed.items())


def test_what_is_published_later_is_told_with_its_days(desk: Desk) -> None:
    ocid = new_ocid(desk.place)
    desk.draft(desk.days_ago(100), ocid=ocid)
    desk.count()
    assert desk.now()["overdue"] == 1

    desk.publish(desk.days_ago(100), desk.days_ago(50), ocid=ocid)
    desk.count()

    now = desk.now()
    assert (now["overdue"], now["published"], now["days"], now["pending"]) == (0, 1, 75, 0)


def test_what_is_withdrawn_owes_nothing_and_counts_nowhere(desk: Desk) -> None:
    ocid = new_ocid(desk.place)
    desk.publish(desk.days_ago(100), ocid=ocid)
    desk.publish(desk.days_ago(100), desk.days_ago(2), ocid=ocid)
    desk.count()
    assert (desk.now()["published"], desk.now()["days"]) == (1, 51)

    desk.withdraw(1)  # not the newest: the record stands where it stood
    desk.count()
    with desk.place.database.unit_of_work(desk.place.system) as session:
        assert session.execute(text("SELECT release_count FROM compliance_fact")).scalar_one() == 1
    assert (desk.now()["published"], desk.now()["days"]) == (1, 51)

    desk.withdraw(2)
    desk.count()
    assert desk.rows() == []


def test_a_cancelled_contract_owes_nothing(desk: Desk) -> None:

    written = signed_document() | {"contracts": [contract(1, desk.days_ago(100), status="cancelled")]}
    draft(desk.place, written)

    desk.count()

    assert desk.now()["overdue"] == 0


def test_nothing_at_all_is_no_row(desk: Desk) -> None:
    desk.count()
    assert desk.rows() == []


def test_counting_after_each_news_gives_what_counting_everything_gives(desk: Desk) -> None:
    """Whatever happens in whatever order: random stories of two bodies."""
    chance = random.Random(20261122)
    other = desk.place.add_sujeto(policy="direct")
    desk.count()
    ocids = [(new_ocid(desk.place), body) for body in (desk.place.sujetos[0], other) for _ in range(3)]
    positions = 0
    withdrawn: set[int] = set()
    for _ in range(18):
        ocid, body = chance.choice(ocids)
        days = [desk.days_ago(chance.randrange(700)) for _ in range(chance.randrange(3))]
        act = chance.choice(["draft", "publish", "publish", "withdraw", "discard"])
        if act == "publish":
            positions += 1
            desk.publish(*days, None, sujeto=body, ocid=ocid)
        elif act == "withdraw" and (standing := set(range(1, positions + 1)) - withdrawn):
            gone = chance.choice(sorted(standing))
            desk.withdraw(gone)
            withdrawn |= {gone, positions + 1}
            positions += 1
        else:
            ref = desk.draft(*days, sujeto=body, ocid=ocid)
            if act == "discard":
                editor = desk.place.actor("so_editor", body)
                with desk.place.database.unit_of_work(editor) as session:
                    version = session.execute(
                        text(
                            "SELECT row_version FROM process_version WHERE process_id = :process AND number = :number"
                        ),
                        {"process": ref.process_id, "number": ref.number},
                    ).scalar_one()
                    review.discard(session, editor, ref, version)
        desk.count()
        followed = desk.rows()
        desk.recount()
        assert followed == desk.rows()
        desk.rewind()
    assert {row["sujeto_obligado_id"] for row in followed} == set(desk.place.sujetos)


def test_many_processes_are_read_in_units_of_work(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.count()
    desk.rewind()
    for number in range(5):
        desk.publish(desk.days_ago(3 + number))
    monkeypatch.setattr(facts, "UNIT", 2)
    desk.count()
    followed = desk.rows()
    assert (
        sum(row["published"] for row in followed if row["quarter"] == max(one["quarter"] for one in followed))
        == 5
    )
    desk.recount()
    assert desk.rows() == followed


def test_what_was_counted_wrong_is_right_after_the_days_count(desk: Desk) -> None:
    desk.publish(desk.days_ago(3))
    desk.count()
    right = desk.rows()
    with desk.place.database.unit_of_work(desk.place.system) as session:
        session.execute(text("UPDATE compliance SET published = 99, overdue = 7"))
        session.execute(
            text("UPDATE compliance_fact SET document_version = 0, signed_on = '{}', seen_on = '{}'")
        )

    counting.recount_all(desk.place.database, desk.place.system, ZONE)

    assert desk.rows() == right


@pytest.mark.parametrize("holidays", [frozenset(), frozenset({date(2026, 11, 16), date(2026, 11, 2)})])
def test_the_term_ends_after_so_many_working_days(holidays: frozenset[date]) -> None:
    calendar = Calendar(holidays)
    today = date(2026, 11, 22)

    last = cutoff(calendar, today)

    assert calendar.add(last, TERM_DAYS) < today
    assert calendar.add(last + timedelta(days=1), TERM_DAYS) >= today


def test_nobody_counts_what_another_is_counting(desk: Desk) -> None:
    desk.publish(desk.days_ago(3))
    desk.count()
    desk.publish(desk.days_ago(3))
    with desk.place.database.unit_of_work(desk.place.system) as session:
        session.execute(text("SELECT FROM compliance_count FOR UPDATE"))
        desk.count()
        assert desk.now()["published"] == 1

    desk.count()

    assert desk.now()["published"] == 2


def test_what_moves_is_counted_once_and_as_it_was(
    desk: Desk, make_place: Callable[..., Place], storage: Storage
) -> None:
    ocid = new_ocid(desk.place)
    body = desk.place.sujetos[0]
    desk.publish(desk.days_ago(9), ocid=ocid)
    desk.publish(desk.days_ago(9), desk.days_ago(2), ocid=ocid)
    desk.count()
    before = desk.rows()
    assert desk.now()["published"] == 1
    desk.rewind()

    there = Desk(make_place(policy="direct"))
    move(desk.place, there.place, storage)
    desk.count()
    there.count()

    assert desk.rows() == []
    assert there.rows() == [row | {"tenant_id": there.place.tenant_id} for row in before]
    there.place.sujetos.insert(0, body)
    there.publish(desk.days_ago(9), desk.days_ago(2), desk.days_ago(1), ocid=ocid)
    there.count()
    assert there.now()["published"] == 1, "a correction there is the same process"
