"""Dates, money and numbers as people read them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app.web import formats

_ = "\N{NO-BREAK SPACE}"
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (date(2026, 12, 31), "31 dic 2026"),
        (date(2026, 9, 1), "1 sep 2026"),
        (datetime(2026, 1, 1, 3, tzinfo=UTC), "31 dic 2025"),
        (datetime(2026, 1, 1, 3), "31 dic 2025"),  # noqa: DTZ001  # naive is what is under test
        (None, "Sin dato"),
    ],
)
def test_dates_are_told_in_the_zone(value: date | None, shown: str) -> None:
    assert formats.date_es(value) == shown


def test_moments_and_long_dates() -> None:
    moment = datetime(2026, 7, 2, 5, 5, tzinfo=UTC)

    assert formats.datetime_es(moment, "America/Tijuana") == "1 jul 2026, 22:05"
    assert formats.datetime_es(moment, "America/Cancun") == "2 jul 2026, 00:05"
    assert formats.long_date_es(moment) == "1 de julio de 2026"


@pytest.mark.parametrize(
    ("delta", "shown"),
    [
        (timedelta(0), "hace un momento"),
        (timedelta(seconds=-59), "hace un momento"),
        (timedelta(seconds=30), "en un momento"),
        (timedelta(minutes=-1), "hace 1 minuto"),
        (timedelta(hours=-20), "hace 20 horas"),
        (timedelta(days=-3), "hace 3 días"),
        (timedelta(days=25), "dentro de 25 días"),
        (timedelta(days=-800), "hace 2 años"),
    ],
)
def test_relative_time(delta: timedelta, shown: str) -> None:
    assert formats.relative(NOW + delta, NOW) == shown


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        (Decimal("1234567.5"), "MXN", f"$1,234,567.50{_}MXN"),
        (0.1 + 0.2, "MXN", f"$0.30{_}MXN"),
        (2.675, "MXN", f"$2.68{_}MXN"),  # as typed, not as the binary fraction below it
        (-5, "MXN", f"-$5.00{_}MXN"),
        (1000, "USD", f"1,000.00{_}USD"),
        (Decimal("9876543210123.99"), "MXN", f"$9,876,543,210,123.99{_}MXN"),
        (1, None, f"1.00{_}sin moneda"),
        (1, "XXZ", f"1.00{_}XXZ"),
        (None, "MXN", "Sin dato"),
    ],
)
def test_money_states_its_currency(value: Decimal | None, currency: str | None, shown: str) -> None:
    assert formats.money(value, currency) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, f"0{_}bytes"),
        (999, f"999{_}bytes"),
        (1000, f"1.0{_}kB"),
        (1_400_000, f"1.4{_}MB"),
        (2 * 10**12, f"2.0{_}TB"),
    ],
)
def test_file_sizes(count: int, shown: str) -> None:
    assert formats.file_size(count) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(3, "menos de 5 s"), (21, "unos 20 s"), (89, "unos 90 s"), (600, "unos 10 min"), (10_800, "unas 3 h")],
)
def test_durations_are_estimates(seconds: float, shown: str) -> None:
    assert formats.duration(seconds) == shown


def test_numbers_percents_and_plurals() -> None:
    assert formats.number(12345) == "12,345"
    assert formats.number(Decimal("2.345"), 2) == "2.34"
    assert formats.percent(0.385) == f"38{_}%"
    assert formats.percent(None) == "Sin dato"
    assert formats.plural(1, "entrega", "entregas") == f"1{_}entrega"
    assert formats.plural(1200, "entrega", "entregas") == f"1,200{_}entregas"
