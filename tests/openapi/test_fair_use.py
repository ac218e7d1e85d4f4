"""Fair use over several server processes, with the database there and away; slow readers of large lists."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import count

import httpx2
import pytest
from sqlalchemy import text

from app.core import clock
from app.core.db import Database
from tests.conftest import LiveServer, Place
from tests.openapi.cable import Cable
from tests.openapi.conftest import Publisher, World
from tests.openapi.test_hot import eventually, free_port, server_process

LIMIT, FEW = 60, 3
"""What a process counts of a client up to `FEW` (a twentieth) it keeps to itself."""
FAIR = "contrataciones:fair"
_numbers = count(1)


@dataclass
class House:
    """Two processes of the service on one database, and the line over which they tell each other."""

    clients: list[httpx2.Client]
    cable: Cable
    release: str
    list: str

    def ask(self, process: int, who: str, address: str | None = None) -> int:
        return (
            self.clients[process].get(address or self.release, headers={"X-Forwarded-For": who}).status_code
        )

    def given(self, process: int, who: str, times: int) -> int:
        """Ask so many times; return how many were answered."""
        return [self.ask(process, who) for _ in range(times)].count(200)


@pytest.fixture(scope="module")
def house(
    make_place: Callable[..., Place], database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    publisher = Publisher(make_place(policy="direct"))
    [(ocid, release_id)] = publisher.publish()
    folder = tmp_path_factory.mktemp("fair")
    names = {role: f"DATABASE_URL_{role.upper()}" for role in ("rw", "monitor", "worker", "auditor")}
    with ExitStack() as stack:
        cable = stack.enter_context(Cable(database.urls.auth))
        plain = stack.enter_context(Cable(database.urls.public))
        urls = {name: getattr(database.urls, role) for role, name in names.items()}
        urls |= {
            "DATABASE_URL": database.urls.owner,
            "DATABASE_URL_AUTH": cable.url,
            "CA_FAIR_REQUESTS": str(LIMIT),
        }
        started = [
            stack.enter_context(server_process(urls, plain, folder / str(number), free_port()))
            for number in range(2)
        ]
        base = f"/{publisher.place.slug}/api/v1/releases"
        yield House([one.client for one in started], cable, f"{base}/{ocid}/{release_id}", base)


def within_a_minute(attempt: Callable[[str], None]) -> None:
    """Try with clients that nobody has counted, until one try begins and ends in the same minute."""
    while True:
        began = clock.now().replace(second=0, microsecond=0)
        number = next(_numbers)
        try:
            attempt(f"198.51.{number >> 8}.{number & 255}")
        except AssertionError:
            if clock.now().replace(second=0, microsecond=0) == began:
                raise
            continue
        return


def test_the_fast_lane_and_the_lists_count_as_one(house: House) -> None:
    def attempt(who: str) -> None:
        assert house.given(0, who, LIMIT - 10) == LIMIT - 10
        assert [house.ask(0, who, house.list) for _ in range(10)] == [200] * 10
        assert (house.ask(0, who), house.ask(0, who, house.list)) == (429, 429)

    within_a_minute(attempt)


def test_what_one_process_counted_the_other_knows_a_second_later(house: House) -> None:
    def attempt(who: str) -> None:
        assert house.given(0, who, LIMIT + 5) == LIMIT
        given = 0

        def refused() -> bool:
            nonlocal given
            status = house.ask(1, who)
            given += status == 200
            return status == 429

        eventually(refused)
        # Asked twenty times a second: the few it keeps to itself, and what it answers between two tellings.
        assert given < LIMIT, given

    within_a_minute(attempt)


def test_no_address_is_stored(house: House, database: Database) -> None:
    def attempt(who: str) -> None:
        house.given(0, who, LIMIT)

        def told() -> bool:
            with database.engine("owner").connect() as connection:
                rows = connection.execute(text("SELECT r::text FROM request_count r")).scalars().all()
            assert not any(who in row for row in rows)
            return any(row.endswith(f",{LIMIT})") for row in rows)

        eventually(told)

    within_a_minute(attempt)


def test_a_database_that_says_nothing_counts_nobody_out(house: House) -> None:
    def attempt(who: str) -> None:
        with house.cable.pinched(FAIR):
            assert house.given(0, who, LIMIT + 5) == LIMIT
            assert house.given(1, who, LIMIT + 5) == LIMIT  # each by itself

    within_a_minute(attempt)

    def again(who: str) -> None:
        house.given(0, who, LIMIT)
        eventually(lambda: house.ask(1, who) == 429, 30)

    within_a_minute(again)


def test_slow_readers_of_a_large_list_keep_nobody_from_reading(
    site: LiveServer, publisher: Publisher, world: World
) -> None:
    large = "Alumbrado público " * 5000
    for _ in range(30):
        publisher.publish(tender={"id": "1", "title": large})
    host, port = site.url.removeprefix("http://").split(":")
    asked = f"GET {world.base}/releases?limit=1000 HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    with ExitStack() as stack:
        for _ in range(12):  # thrice as many as the reader has connections to the database
            slow = stack.enter_context(closing(socket.socket()))
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.settimeout(30)
            slow.connect((host, int(port)))
            slow.sendall(asked)
            assert slow.recv(1)  # the answer has begun

        for address in ("releases?limit=1", "records", "withdrawals"):
            assert world.get(address).status_code == 200
