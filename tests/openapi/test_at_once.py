"""Many read at once, mixed, from several processes, while others publish and withdraw: every byte is the stored one."""

import asyncio
import random
import re
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from app.core import keys
from app.core.db import Database
from app.proof import signing
from app.settings import Settings
from app.tenancy.queries import TenantDirectory
from tests.conftest import Place
from tests.openapi.cable import Cable
from tests.openapi.conftest import Publisher
from tests.openapi.test_hot import free_port, server_process

CONNECTIONS = 16
"""To each process."""
KINDS = ("plain", "plain", "gzip", "head", "unchanged", "page", "record")
_LENGTH = re.compile(rb"content-length: (\d+)")
_ETAG = re.compile(rb'etag: ("[^"]+")')

Key = tuple[str, str]


@dataclass
class Truth:
    """What is stored, told by who publishes; a release that may be withdrawn meanwhile may also be gone."""

    publisher: Publisher
    stored: dict[Key, bytes] = field(default_factory=dict)
    leaving: set[Key] = field(default_factory=set)
    lasting: list[Key] = field(default_factory=list)

    def publish(self, *ocids: str, **changes: Any) -> list[Key]:
        made = self.publisher.publish(*ocids, **changes)
        for key in made:
            self.stored[key] = self.publisher.stored(*key)[1]
        return made

    @contextmanager
    def changing(self) -> Iterator[Counter[str]]:
        """Publish and withdraw, again and again, while the world reads."""
        done: Counter[str] = Counter()
        stop = threading.Event()

        def work() -> None:
            while not stop.is_set():
                [key] = self.publish()
                self.leaving.add(key)
                done["published"] += 1
                if done["published"] % 2:
                    self.publisher.withdraw(*key)
                    done["withdrawn"] += 1

        writer = threading.Thread(target=work)
        writer.start()
        try:
            yield done
        finally:
            stop.set()
            writer.join(60)


@dataclass
class Client:
    """Keeps connections to one process and checks each answer as it comes."""

    port: int
    base: str
    truth: Truth
    late: list[tuple[list[Key], bytes]] = field(default_factory=list)
    """Pages with releases that were read before who published them could say what is stored."""
    tags: dict[Key, bytes] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)

    async def read(self, times: int, seed: int) -> None:
        chance = random.Random(seed)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**24)
        for _ in range(times):
            kind = chance.choice(KINDS)
            among = (
                sorted(self.truth.leaving)
                if chance.random() < 0.2 and self.truth.leaving
                else self.truth.lasting
            )
            key = chance.choice(among)
            if kind == "unchanged" and key not in self.tags:
                kind = "plain"
            path, more = self._question(kind, key)
            method = "HEAD" if kind == "head" else "GET"
            writer.write(
                f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n".encode() + more + b"\r\n"
            )
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head[9:12])
            length = _LENGTH.search(head)
            wanted = 0 if kind == "head" or status == 304 or length is None else int(length[1])
            self._check(kind, key, status, head, await reader.readexactly(wanted))
            self.seen[f"{kind} {status}"] += 1
        writer.close()
        await writer.wait_closed()

    def _question(self, kind: str, key: Key) -> tuple[str, bytes]:
        ocid, release_id = key
        if kind == "page":
            order = "desc" if key in self.truth.leaving else "asc"
            return f"{self.base}/releases?limit=7&order={order}", b""
        if kind == "record":
            return f"{self.base}/records/{ocid}", b""
        more = b"Accept-Encoding: gzip\r\n" if kind == "gzip" else b""
        if kind == "unchanged":
            more = b"If-None-Match: " + self.tags[key] + b"\r\n"
        return f"{self.base}/releases/{ocid}/{release_id}", more

    def _check(self, kind: str, key: Key, status: int, head: bytes, body: bytes) -> None:
        if key in self.truth.leaving and kind != "page" and status in (404, 410):
            return
        if kind == "unchanged":
            assert (status, body) == (304, b""), head
            return
        assert status == 200, (kind, key, head)
        if kind == "head":
            assert body == b""
            return
        if b"content-encoding: gzip" in head:
            body = zlib.decompress(body, 31)
        if kind == "record":
            told = orjson.loads(body)["records"]
            assert [record["ocid"] for record in told] == [key[0]]
            assert body.count(b'"compiledRelease"') == 1
        elif kind == "page":
            keys = [(one["ocid"], one["id"]) for one in orjson.loads(body)["releases"]]
            assert len(keys) == 7
            self.late.append((keys, body))
            self.settle()
        else:
            assert body.endswith(b'"releases":[' + self.truth.stored[key] + b"]}"), key
            found = _ETAG.search(head)
            assert found
            if kind == "plain":
                assert self.tags.setdefault(key, found[1]) == found[1]

    def settle(self) -> None:
        """Check the pages whose releases are known by now."""
        waiting = self.late
        self.late = []
        for pairs, body in waiting:
            if all(key in self.truth.stored for key in pairs):
                whole = b",".join(self.truth.stored[key] for key in pairs)
                assert body.endswith(b'"releases":[' + whole + b"]}")
            else:
                self.late.append((pairs, body))


@pytest.fixture(scope="module")
def truth(make_place: Callable[..., Place], settings: Settings) -> Truth:
    place = make_place(policy="direct")
    told = Truth(Publisher(place))
    for _ in range(40):
        told.lasting += told.publish()
    told.lasting += told.publish(
        *(ocid for ocid, _ in told.lasting[:10]), tender={"id": "1", "title": "Otra vez"}
    )
    # The day's head is signed before, not by a chore in the midst: it stands in every package, so tags would change.
    signing.sign_due(place.database, keys.of(settings), [TenantDirectory(place.database).by_slug(place.slug)])
    return told


@pytest.fixture(scope="module")
def clients(
    truth: Truth, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Client]]:
    folder = tmp_path_factory.mktemp("at-once")
    names = {role: f"DATABASE_URL_{role.upper()}" for role in ("rw", "monitor", "worker", "auth", "auditor")}
    urls = {name: getattr(database.urls, role) for role, name in names.items()}
    urls |= {"DATABASE_URL": database.urls.owner}
    base = f"/{truth.publisher.place.slug}/api/v1"
    ports = [free_port(), free_port()]
    with ExitStack() as stack:
        for port in ports:
            cable = stack.enter_context(Cable(database.urls.public))
            stack.enter_context(server_process(urls, cable, folder / str(port), port))
        yield [Client(port, base, truth) for port in ports]


@pytest.mark.parametrize("reads", [2_000, pytest.param(100_000, marks=pytest.mark.drill)])
def test_every_answer_is_the_stored_release(truth: Truth, clients: list[Client], reads: int) -> None:
    each = -(-reads // (CONNECTIONS * len(clients)))

    async def all_at_once() -> None:
        await asyncio.gather(*(client.read(each, seed) for client in clients for seed in range(CONNECTIONS)))

    with truth.changing() as done:
        asyncio.run(all_at_once())

    for client in clients:
        client.settle()
        assert not client.late
        assert client.seen["plain 200"] > reads / 20
        assert client.seen["unchanged 304"]
        assert client.seen["gzip 200"]
        assert client.seen["head 200"]
        assert client.seen["record 200"]
    assert sum(sum(client.seen.values()) for client in clients) >= reads
    assert done["withdrawn"] > 0
