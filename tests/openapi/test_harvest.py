"""A harvester that follows `links.next` over HTTP while publications go on: everything comes, and nothing twice."""

from collections import Counter

import httpx2
import pytest

from tests.openapi.conftest import Publisher, World, many, publishing


def followed(client: httpx2.Client, address: str) -> tuple[list[tuple[str, str]], str]:
    """Collect from an address on, as long as there are pages; return what came, and where to go on another day."""
    found: list[tuple[str, str]] = []
    while True:
        answer = client.get(address)
        assert answer.status_code == 200, answer.text
        package = answer.json()
        found += [(release["ocid"], release["id"]) for release in package["releases"]]
        if not package["releases"]:
            return found, address
        address = package["links"]["next"]


def collect(world: World, publisher: Publisher, count: int, limit: int) -> None:
    before = many(publisher, count)
    again = [ocid for ocid, _ in before[:5]]
    with httpx2.Client(timeout=60) as client:
        with publishing(publisher, 5, again) as made:
            found, onward = followed(client, f"{world.url}{world.base}/releases?limit={limit}")
        rest, _ = followed(client, onward)

    times = Counter([*found, *rest])
    assert len(made) >= 5
    assert set(times.values()) == {1}
    assert set(times) == {*before, *made}


def test_a_harvester_collects_everything_while_publishing_goes_on(world: World, publisher: Publisher) -> None:
    collect(world, publisher, 300, 20)


@pytest.mark.drill
def test_a_harvester_collects_ten_thousand_while_publishing_goes_on(
    world: World, publisher: Publisher
) -> None:
    collect(world, publisher, 10_000, 100)
