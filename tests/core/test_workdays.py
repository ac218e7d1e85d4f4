"""Working days: what counts, and terms that are counted in them."""

from datetime import date

import pytest

from app.core.workdays import Calendar

OFFICE = Calendar(
    holidays=frozenset({date(2026, 2, 2), date(2026, 12, 25)}), working=frozenset({date(2026, 2, 7)})
)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 2, 3), True),
        (date(2026, 2, 2), False),
        (date(2026, 2, 1), False),
        (date(2026, 1, 31), False),
        (date(2026, 2, 7), True),
    ],
    ids=["tuesday", "holiday", "sunday", "saturday", "saturday-declared"],
)
def test_weekends_and_holidays_do_not_count_unless_declared(day: date, works: bool) -> None:
    assert OFFICE.is_working(day) is works


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (date(2026, 1, 30), 1, date(2026, 2, 3)),
        (date(2026, 2, 6), 1, date(2026, 2, 7)),
        (date(2026, 2, 1), 0, date(2026, 2, 1)),
        (date(2026, 2, 3), -1, date(2026, 1, 30)),
        (date(2026, 1, 30), 5, date(2026, 2, 7)),
    ],
    ids=["over-a-long-weekend", "to-a-declared-saturday", "nothing", "back", "a-week"],
)
def test_a_term_ends_on_a_working_day(start: date, days: int, end: date) -> None:
    assert OFFICE.add(start, days) == end
    if days >= 0:
        assert OFFICE.between(start, end) == days


def test_counting_back_is_negative() -> None:
    friday, tuesday = date(2026, 1, 30), date(2026, 2, 3)
    assert OFFICE.between(tuesday, friday) == -1
    assert OFFICE.between(friday, friday) == 0
