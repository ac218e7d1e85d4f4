"""Lists of a year and of a month, as segments of the address."""

from datetime import datetime
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update

from app.core.tables import table_of
from app.publication.models import Release
from tests.openapi.conftest import Publisher, World

DATES = (
    "2024-12-31T23:59:59.999999-06:00",  # already 2025 in UTC
    "2025-01-01T00:00:00-06:00",
    "2025-01-31T23:59:59-06:00",
    "2025-02-01T00:00:00-06:00",
    "2025-12-31T23:59:59.999999-06:00",
    "2026-01-01T00:00:00-06:00",
)


@pytest.fixture
def published(publisher: Publisher) -> list[str]:
    """The ocids of releases dated as `DATES` say: the clock cannot be turned back, a row can."""
    keys, table, place = [publisher.publish()[0] for _ in DATES], table_of(Release), publisher.place
    with place.database.owner_work(place.system) as session:
        for (ocid, _), date in zip(keys, DATES, strict=True):
            session.execute(
                update(table)
                .where(table.c.tenant_id == place.tenant_id, table.c.ocid == ocid)
                .values(date=datetime.fromisoformat(date))
            )
    return [ocid for ocid, _ in keys]


def seen(world: World, address: str) -> list[str]:
    kind = "records" if "records" in address else "releases"
    return [one["ocid"] for page in world.all_pages(address) for one in page[kind]]


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("year/2025", 1, 5),
        ("year/2024", 0, 1),
        ("year/2026", 5, 6),
        ("year/2023", 0, 0),
        ("year/2999", 0, 0),
        ("year/2025/month/01", 1, 3),
        ("year/2025/month/02", 3, 4),
        ("year/2025/month/03", 4, 4),
        ("year/2025/month/12", 4, 5),
    ],
)
def test_a_period_begins_and_ends_in_the_tenants_zone(
    world: World, published: list[str], period: str, first: int, last: int
) -> None:
    for kind in ("releases", "records"):
        assert seen(world, f"{kind}/{period}") == published[first:last]
        assert seen(world, f"{kind}/{period}?limit=1&order=desc") == published[first:last][::-1]


def test_a_page_of_a_period_links_within_it_and_says_no_total(world: World, published: list[str]) -> None:
    package = world.get("releases/year/2025?limit=2").json()

    assert urlsplit(package["uri"]).path == f"{world.base}/releases/year/2025"
    assert urlsplit(package["links"]["next"]).path == f"{world.base}/releases/year/2025"
    assert "total" not in package
    second = world.get(package["links"]["next"]).json()
    assert [one["ocid"] for one in second["releases"]] == published[3:5]
    back = world.get(second["links"]["prev"]).json()
    assert back["releases"] == package["releases"]


def test_dates_and_filters_can_only_narrow_a_period(world: World, published: list[str]) -> None:
    assert seen(world, "releases/year/2025?since=2025-02-01") == published[3:5]
    assert seen(world, "releases/year/2025?until=2025-01-31") == published[1:3]
    assert seen(world, "releases/year/2025?since=2020-01-01&until=2030-01-01") == published[1:5]
    assert seen(world, "records/year/2025/month/01?method=direct") in ([], published[1:3])
    assert seen(world, f"records/year/2025?q={published[2]}") == [published[2]]


@pytest.mark.parametrize(
    "period",
    [
        "year/25",
        "year/abcd",
        "year/0999",
        "year/3000",
        "year/20255",
        "year/2025/month/13",
        "year/2025/month/00",
    ],
)
def test_what_is_no_period_is_refused_in_words(world: World, period: str) -> None:
    for kind in ("releases", "records"):
        for start in ("", "/api/v1/"):
            answer = world.get(f"{start}{kind}/{period}")
            assert (answer.status_code, "cuatro cifras" in answer.json()["detail"]) == (400, True)


def test_the_nation_has_periods_too(world: World, publisher: Publisher) -> None:
    for kind in ("releases", "records"):
        answer = world.get(f"/api/v1/{kind}/year/1999/month/01")
        assert (answer.status_code, answer.json()[kind]) == (200, [])
