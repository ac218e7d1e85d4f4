"""Quality of many: kept by difference it is what it is from zero."""

import random
from collections import Counter

import pytest

from app.ocds import folding
from app.ocds.model import Stage
from app.quality import dataset_part, judge, part, report
from tests.quality.samples import envelope, whole, with_changes


def test_the_mean_and_each_field_worked_by_hand() -> None:
    # 100, 55.5556 (10 of 18) and 55 (11 of 20): 210.5556 / 3.
    three = [whole(), envelope(), {**envelope(), "language": "Español"}]
    told = report(folding.total(part(judge(one)) for one in three))
    assert told.processes == 3
    assert told.score == pytest.approx(70.1852, abs=1e-3)
    assert told.bands == {"alta": 1, "media": 2, "baja": 0}
    lines = {line.path: line for line in told.fields}
    assert (lines["language"].held, lines["language"].asked) == (2, 3)
    assert (lines["buyer"].held, lines["buyer"].asked) == (1, 3)
    assert lines["tender/title"].asked == 1
    asked = {line.check.code: (line.passed, line.asked) for line in told.checks}
    assert asked["empty"] == (3, 3)
    assert asked["language"] == (1, 2)
    assert [line.path for line in told.fields][:1] == ["language"]


def test_the_gain_of_a_field_is_what_the_mean_rises() -> None:
    # One of two processes lacks a title: its score rises by g, the mean by g / 2.
    lacking = with_changes(whole(), {"/tender/title": None})
    told = report(folding.total([part(judge(whole())), part(judge(lacking))]))
    (line,) = told.shortest()
    assert line.gain == pytest.approx((100 - judge(lacking).score) / 2, abs=1e-4)
    assert told.score == pytest.approx(100 - line.gain, abs=1e-4)
    assert told.shortest(0) == ()


def test_problems_are_counted_by_the_stage_of_their_place() -> None:
    faulty = with_changes(whole(), {"/tender/numberOfTenderers": 3, "/contracts/0/period/durationInDays": 30})
    told = {line.stage: line for line in report(part(judge(faulty))).stages}
    assert (told[Stage.TENDER].problems, told[Stage.CONTRACT].problems, told[Stage.AWARD].problems) == (
        1,
        1,
        0,
    )
    assert told[Stage.TENDER].held == told[Stage.TENDER].asked > 0


def test_nothing_has_no_score() -> None:
    told = report(Counter())
    assert (told.processes, told.score, told.fields, told.checks, told.shortest()) == (0, None, (), (), ())


def test_kept_by_difference_it_is_what_it_is_from_zero() -> None:
    chance = random.Random(7)
    variants = [
        (part(judge(one)), dataset_part(one))
        for one in (
            whole(),
            envelope(),
            with_changes(whole(), {"/tender/title": None}),
            with_changes(whole(), {"/buyer/name": "Otra", "/tender/id": "x"}),
            {**envelope("ocds-abc123-2"), "language": "Español"},
        )
    ]
    kept, kept_set, standing = Counter[folding.Key](), Counter[folding.Key](), {}
    for _ in range(1000):
        process = chance.randrange(20)
        if process in standing:  # corrected or withdrawn
            old = standing.pop(process)
            folding.fold(kept, old[0], -1)
            folding.fold(kept_set, old[1], -1)
        if chance.random() < 0.7:
            standing[process] = chance.choice(variants)
            folding.fold(kept, standing[process][0])
            folding.fold(kept_set, standing[process][1])
    assert kept == folding.total(one for one, _ in standing.values())
    assert kept_set == folding.total(one for _, one in standing.values())
    assert min(kept.values()) > 0
    for old in standing.values():
        folding.fold(kept, old[0], -1)
    assert not kept
