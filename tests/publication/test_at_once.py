"""Several publishers at once: positions without gaps, dates that only grow, and a reader who misses nothing."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from sqlmodel import col, select

from app.core.errors import ConflictError
from app.processes.queries import VersionRef
from app.publication.models import Release
from app.publication.service import publish_batch
from tests.publication.conftest import Press

PUBLISHERS = 8
BATCHES = 4
SIZE = 3


def batches(press: Press) -> list[list[VersionRef]]:
    return [[press.draft() for _ in range(SIZE)] for _ in range(PUBLISHERS * BATCHES)]


def assert_in_order(press: Press, expected: int) -> None:
    entries = press.entries()
    assert [entry.position for entry in entries] == list(range(1, expected + 1))
    dates = [entry.date for entry in entries]
    assert all(earlier < later for earlier, later in itertools.pairwise(dates))
    assert press.faults() == []


def harvest(press: Press, done: Event) -> list[int]:
    """Read on from the last position seen, as a harvester does, until publishing is over."""
    seen: list[int] = []
    last_round = False
    while not last_round:
        last_round = done.is_set()
        with press.place.database.public_reading() as session:
            seen += session.exec(
                select(Release.position)
                .where(Release.tenant_id == press.place.tenant_id, Release.position > (seen or [0])[-1])
                .order_by(col(Release.position))
            ).all()
    return seen


def test_eight_publishers_of_one_tenant_write_one_chain(press: Press) -> None:
    waiting = batches(press)
    done = Event()
    with ThreadPoolExecutor(PUBLISHERS + 1) as pool:
        reader = pool.submit(harvest, press, done)
        ends = [pool.submit(press.publish, *batch) for batch in waiting]
        outcomes = [outcome for end in ends for outcome in end.result()]
        done.set()
        seen = reader.result()

    assert all(outcome.published for outcome in outcomes)
    assert_in_order(press, PUBLISHERS * BATCHES * SIZE)
    assert seen == [entry.position for entry in press.entries()], (
        "a reader who goes on from a cursor missed one"
    )


def test_a_batch_stands_together(press: Press) -> None:
    waiting = batches(press)
    with ThreadPoolExecutor(PUBLISHERS) as pool:
        for end in [pool.submit(press.publish, *batch) for batch in waiting]:
            end.result()

    place = {entry.process_id: entry.position for entry in press.entries()}
    for batch in waiting:
        first = place[batch[0].process_id]
        assert [place[ref.process_id] for ref in batch] == list(range(first, first + SIZE))


def test_two_tenants_do_not_wait_in_each_others_chain(press: Press, other_press: Press) -> None:
    both = (press, other_press)
    waiting = [(one, batch) for one in both for batch in batches(one)[: 2 * BATCHES]]
    with ThreadPoolExecutor(PUBLISHERS) as pool:
        for end in [pool.submit(one.publish, *batch) for one, batch in waiting]:
            end.result()

    for one in both:
        assert_in_order(one, 2 * BATCHES * SIZE)


def test_one_tenants_open_transaction_does_not_hold_up_another(press: Press, other_press: Press) -> None:
    mine, theirs = press.draft(), other_press.draft()
    with press.place.database.unit_of_work(press.actor) as session:
        publish_batch(session, press.actor, [mine])
        with ThreadPoolExecutor(1) as pool:
            pool.submit(other_press.publish, theirs).result(timeout=10)
    assert_in_order(press, 1)
    assert_in_order(other_press, 1)


def test_the_same_version_goes_out_once_however_many_press_the_button(press: Press) -> None:
    ref = press.draft()
    with ThreadPoolExecutor(PUBLISHERS) as pool:
        ends = [pool.submit(press.publish, ref) for _ in range(PUBLISHERS)]
        failures = [type(end.exception()) for end in ends if end.exception()]
    assert failures == [ConflictError] * (PUBLISHERS - 1)
    assert_in_order(press, 1)


def test_batches_that_share_no_order_never_wait_for_each_other_in_a_circle(
    press: Press,
) -> None:
    refs = [press.draft() for _ in range(12)]
    with ThreadPoolExecutor(2) as pool:
        ends = [pool.submit(press.publish, *refs), pool.submit(press.publish, *reversed(refs))]
        failures = [type(end.exception()) for end in ends if end.exception()]
    assert failures == [ConflictError]
    assert_in_order(press, 12)
