"""Quarters of a year."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.quarters import WINDOW, Quarter, window


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)))
def test_every_day_lies_in_its_quarter_alone(day: date) -> None:
    quarter = Quarter.of(day)

    assert quarter.start <= day <= quarter.end < quarter.after
    assert quarter.previous.after == quarter.start
    assert Quarter.of(quarter.after).previous == quarter
    assert Quarter.read(quarter.written) == quarter
    assert (quarter.end + timedelta(days=1)).day == 1


def test_the_last_quarter_of_a_year() -> None:
    quarter = Quarter.of(date(2026, 12, 31))

    assert (quarter.start, quarter.end) == (date(2026, 10, 1), date(2026, 12, 31))
    assert (quarter.number, quarter.written) == (4, "2026-4")
    assert quarter.label == "4.º trimestre de 2026"
    counted = window(date(2026, 11, 22))
    assert len(counted) == WINDOW
    assert [one.written for one in counted[:3]] == ["2026-4", "2026-3", "2026-2"]


@pytest.mark.parametrize("written", ["", "2026", "2026-5", "2026-0", "26-1", "0000-1", "٢٠٢٦-1", "2026-01"])
def test_what_is_no_quarter(written: str) -> None:
    assert Quarter.read(written) is None
