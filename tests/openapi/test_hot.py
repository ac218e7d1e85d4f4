"""Hot answers: a withdrawn release is gone from every process within a second, whatever befalls the database."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import httpx2
import psycopg
import pytest

from app.core.db import Database
from app.core.storage import Storage
from app.main import create_app
from app.openapi import answers, gathering
from app.openapi.hot import Entry, HotAnswers, Key
from app.settings import Settings
from app.tenancy.queries import TenantView
from tests.conftest import LiveServer, Place, serve_app
from tests.openapi.cable import Cable
from tests.openapi.conftest import Publisher

READER, LEASE = "contrataciones:reader", "contrataciones:lease"
LIMIT = 1.0
"""Seconds after which a withdrawn release must be gone."""


def eventually(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came to be"
        time.sleep(0.05)


@dataclass
class Process:
    """One server process and the cable between it and the database."""

    client: httpx2.Client
    cable: Cable

    def status(self, address: str) -> int:
        return self.client.get(address).status_code

    def is_hot(self, address: str) -> bool:
        """Ask twice; the second answer must not have asked the database."""
        assert self.status(address) == 200
        asked = self.cable.asked[READER]
        assert self.status(address) == 200
        return self.cable.asked[READER] == asked


def free_port() -> int:
    """A port that nobody has right now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def server_process(urls: dict[str, str], cable: Cable, folder: Path, port: int) -> Iterator[Process]:
    """Run `python -m app serve` on its own connections."""
    folder.mkdir()
    environment = {
        **os.environ,
        **urls,
        "DATABASE_URL_PUBLIC": cable.url,
        "CA_PORT": str(port),
        "CA_STATE_FOLDER": str(folder),
    }
    with (
        (folder / "log").open("wb") as log,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client,
    ):
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve"], env=environment, stdout=log, stderr=log
        )
        try:

            def ready() -> bool:
                assert process.poll() is None, (folder / "log").read_text()
                try:
                    return client.get("/health").status_code == 200
                except httpx2.TransportError:
                    return False

            eventually(ready, 60)
            yield Process(client, cable)
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def house(make_place: Callable[..., Place]) -> Publisher:
    """A tenant that is there before the processes start, so that they know it at once."""
    return Publisher(make_place(policy="direct"))


@pytest.fixture
def published(house: Publisher) -> tuple[Publisher, str, tuple[str, str]]:
    """The tenant, and the address and the key of a fresh release."""
    [(ocid, release_id)] = house.publish()
    return house, f"/{house.place.slug}/api/v1/releases/{ocid}/{release_id}", (ocid, release_id)


@pytest.fixture(scope="module")
def processes(
    house: Publisher, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Process]]:
    """Two processes of the service on one database."""
    names = {role: f"DATABASE_URL_{role.upper()}" for role in ("rw", "monitor", "worker", "auth", "auditor")}
    urls = {name: getattr(database.urls, role) for role, name in names.items()}
    folder = tmp_path_factory.mktemp("processes")
    with ExitStack() as stack:
        cables = [stack.enter_context(Cable(database.urls.public)) for _ in range(2)]
        yield [
            stack.enter_context(
                server_process(
                    {**urls, "DATABASE_URL": database.urls.owner}, cable, folder / str(number), free_port()
                )
            )
            for number, cable in enumerate(cables)
        ]


def ask_until_gone(process: Process, address: str, gone_at: threading.Event, late: list[float]) -> None:
    """Ask again and again; note how long after the withdrawal a request that still got the release began."""
    gone_at.wait(30)
    withdrawn = time.monotonic()
    while (began := time.monotonic()) < withdrawn + 2.5:
        if process.status(address) == 200:
            late.append(began - withdrawn)


def withdraw_and_watch(
    processes: list[Process], published: tuple[Publisher, str, tuple[str, str]]
) -> list[list[float]]:
    """Withdraw while all processes are asked; return per process when it still answered with the release."""
    publisher, address, key = published
    gone = threading.Event()
    late: list[list[float]] = [[] for _ in processes]
    watchers = [
        threading.Thread(target=ask_until_gone, args=(process, address, gone, seen))
        for process, seen in zip(processes, late, strict=True)
    ]
    for watcher in watchers:
        watcher.start()
    publisher.withdraw(*key)
    gone.set()
    for watcher in watchers:
        watcher.join()
    return late


def assert_gone(processes: list[Process], address: str, late: list[list[float]]) -> None:
    assert [max(seen, default=0.0) < LIMIT for seen in late] == [True] * len(processes), late
    assert [process.status(address) for process in processes] == [410] * len(processes)


def test_a_withdrawn_release_is_gone_from_every_process(
    processes: list[Process], published: tuple[Publisher, str, tuple[str, str]]
) -> None:
    _, address, _ = published
    for process in processes:
        eventually(lambda process=process: process.is_hot(address))  # type: ignore[misc]

    late = withdraw_and_watch(processes, published)

    assert_gone(processes, address, late)


def test_it_is_gone_from_a_process_that_hears_nothing(
    processes: list[Process], published: tuple[Publisher, str, tuple[str, str]]
) -> None:
    _, address, _ = published
    for process in processes:
        eventually(lambda process=process: process.is_hot(address))  # type: ignore[misc]

    with processes[1].cable.pinched(LEASE):
        late = withdraw_and_watch(processes, published)

    assert_gone(processes, address, late)


def test_it_is_gone_from_a_process_whose_line_is_cut_again_and_again(
    processes: list[Process],
    published: tuple[Publisher, str, tuple[str, str]],
    administrator_url: str,
) -> None:
    _, address, _ = published
    for process in processes:
        eventually(lambda process=process: process.is_hot(address))  # type: ignore[misc]
    done = threading.Event()

    def cut() -> None:
        with psycopg.connect(
            administrator_url.replace("+psycopg", ""), autocommit=True, application_name="scissors"
        ) as line:
            while not done.wait(0.02):
                line.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
                    [LEASE],
                )

    scissors = threading.Thread(target=cut)
    scissors.start()
    try:
        late = withdraw_and_watch(processes, published)
    finally:
        done.set()
        scissors.join()

    assert_gone(processes, address, late)


def test_memory_serves_again_when_the_line_is_back(
    processes: list[Process], published: tuple[Publisher, str, tuple[str, str]]
) -> None:
    _, address, _ = published
    deaf = processes[1]
    eventually(lambda: deaf.is_hot(address))

    with deaf.cable.pinched(LEASE):
        eventually(lambda: not deaf.is_hot(address), 3)
        assert deaf.status(address) == 200  # from the database

    eventually(lambda: deaf.is_hot(address))


@pytest.fixture
def wired(settings: Settings, database: Database, storage: Storage) -> Iterator[tuple[LiveServer, Cable]]:
    """The service in this process, on a cable of its own."""
    with Cable(database.urls.public) as cable:
        through = Database(replace(database.urls, public=cable.url), threads=2)
        yield from ((live, cable) for live in serve_app(create_app(settings, through, storage)))
        through.dispose()


def test_bytes_read_before_a_withdrawal_and_kept_after_it_are_never_served(
    wired: tuple[LiveServer, Cable], published: tuple[Publisher, str, tuple[str, str]]
) -> None:
    live, cable = wired
    publisher, address, key = published
    with httpx2.Client(base_url=live.url, timeout=20) as client:
        # Afterwards the fast lane is open (its directory is fresh) and the question is prepared on the one connection.
        [(ocid, release_id)] = publisher.publish()
        other = f"/{publisher.place.slug}/api/v1/releases/{ocid}/{release_id}"
        assert [client.get(other).status_code for _ in range(2)] == [200, 200]
        lease, tenant_id = live.app.state.public_reader.lease, publisher.place.tenant_id
        eventually(lambda: lease.epoch(tenant_id) is not None)
        epoch = lease.epoch(tenant_id)
        with cable.pinched(READER):
            slow = threading.Thread(target=client.get, args=(address,))
            asked = cable.asked[READER]
            slow.start()
            eventually(lambda: cable.asked[READER] > asked)
            time.sleep(0.2)  # the server has answered by now; the answer is held in the cable
            publisher.withdraw(*key)
            eventually(lambda: lease.epoch(tenant_id) not in (epoch, None))
        slow.join()

        assert client.get(address).status_code == 410


def test_without_the_database_nothing_is_served_from_memory(
    wired: tuple[LiveServer, Cable],
    published: tuple[Publisher, str, tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live, cable = wired
    _, address, _ = published
    with httpx2.Client(base_url=live.url, timeout=20) as client:
        process = Process(client, cable)
        eventually(lambda: process.is_hot(address))
        reader = live.app.state.public_reader
        monkeypatch.setattr(reader.pool, "timeout", 0.2)
        monkeypatch.setattr(gathering, "PATIENCE_SECONDS", 0.2)
        with ExitStack() as pinched:
            for name in (READER, LEASE):
                pinched.enter_context(cable.pinched(name))
            time.sleep(LIMIT)
            held = [threading.Thread(target=httpx2.get, args=(live.url + address,)) for _ in range(4)]
            for one in held:
                one.start()
            time.sleep(1.0)  # they hold every connection of the pool

            answer = client.get(address)

        for one in held:
            one.join()
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.headers["retry-after"] == "5"


# The memory itself


def view() -> TenantView:
    return TenantView(
        uuid4(), "a", "A", "A", "", True, "14", "America/Mexico_City", "", "", "", "", False, False
    )


def key(number: int) -> Key:
    return ("http", b"localhost", f"/a/{number}".encode(), b"")


def entry(tenant: TenantView, epoch: int = 0, size: int = 1000) -> Entry:
    return Entry(answers.make(b"x" * size), tenant, epoch)


def test_memory_answers_only_for_the_same_tenant_facts_and_epoch() -> None:
    hot, tenant = HotAnswers(100_000), view()
    for number in range(3):
        hot.put(key(number), entry(tenant))

    assert hot.get(key(0), replace(tenant), 0) is not None  # equal, though read again
    assert hot.get(key(0), tenant, 1) is None
    assert hot.get(key(1), replace(tenant, name="Otro nombre"), 0) is None
    assert hot.get(key(1), tenant, 0) is None  # what was refused is forgotten
    assert hot.get(key(2), tenant, 0) is not None


def test_memory_is_bounded_and_forgets_the_least_used_first() -> None:
    hot, tenant = HotAnswers(10_000), view()
    for number in range(3):
        hot.put(key(number), entry(tenant))
    hot.get(key(0), tenant, 0)

    hot.put(key(3), entry(tenant))

    assert [hot.get(key(number), tenant, 0) is not None for number in range(4)] == [True, False, True, True]
    hot.put(key(9), entry(tenant, size=20_000))
    assert hot.get(key(9), tenant, 0) is None


def test_a_changed_tenant_is_dropped_alone() -> None:
    hot, one, other = HotAnswers(100_000), view(), view()
    hot.put(key(1), entry(one))
    hot.put(key(2), entry(other))

    hot.drop(one.tenant_id)

    assert hot.get(key(1), one, 0) is None
    assert hot.get(key(2), other, 0) is not None
