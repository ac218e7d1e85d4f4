"""A tenant that publishes through the real service, and the world that reads it over HTTP."""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from sqlmodel import select

from app.core.db import Actor, Database
from app.core.storage import Storage
from app.main import create_app
from app.processes.service import DocumentWrite, save_documents
from app.publication.models import Release, ReleaseBody
from app.publication.service import publish_batch
from app.publication.withdrawal import withdraw
from app.settings import Settings
from tests.conftest import LiveServer, Place, serve_app
from tests.factories import document, new_ocid


@dataclass
class Publisher:
    """Publishes and withdraws in one tenant, as its services do."""

    place: Place

    @property
    def editor(self) -> Actor:
        """Who may publish straight away in a body of the policy `direct`."""
        return self.place.actor("so_editor")

    def publish(self, *ocids: str, **changes: Any) -> list[tuple[str, str]]:
        """Publish one more release of each ocid (by default of a new one) in one batch; return (ocid, id) pairs."""
        return self.write(ocids or (new_ocid(self.place),), **changes)

    def write(
        self, ocids: tuple[str, ...], *, aliases: tuple[str, ...] = (), **changes: Any
    ) -> list[tuple[str, str]]:
        sujeto = self.place.sujetos[0]
        with self.place.database.unit_of_work(self.editor) as session:
            saved = save_documents(
                session,
                self.editor,
                [
                    DocumentWrite(ocid, sujeto, document(**changes), aliases=aliases, source="import:prueba")
                    for ocid in ocids
                ],
            )
            outcomes = publish_batch(session, self.editor, [one.ref for one in saved])
        assert all(outcome.published for outcome in outcomes), outcomes
        return [
            (ocid, f"{ocid}-{one.ref.number:04d}".replace("#", "_"))
            for ocid, one in zip(ocids, saved, strict=True)
        ]

    def stored(self, ocid: str, release_id: str) -> tuple[int, bytes]:
        """The release's position and its bytes, straight from the table."""
        with self.place.database.public_reading() as session:
            return session.exec(
                select(Release.position, ReleaseBody.body)
                .join(ReleaseBody, ReleaseBody.position == Release.position)  # type: ignore[arg-type]
                .where(
                    Release.tenant_id == self.place.tenant_id,
                    ReleaseBody.tenant_id == self.place.tenant_id,
                    Release.ocid == ocid,
                    Release.release_id == release_id,
                )
            ).one()

    def withdraw(self, ocid: str, release_id: str, ground: str = "Artículo 100 de la Ley de Prueba") -> None:
        position, _ = self.stored(ocid, release_id)
        reviewer = self.place.actor("garante_reviewer")
        with self.place.database.unit_of_work(reviewer) as session:
            withdraw(session, reviewer, position, ground)


def many(publisher: Publisher, count: int, **changes: Any) -> list[tuple[str, str]]:
    """Publish that many new processes, in units as the service takes them."""
    made: list[tuple[str, str]] = []
    while len(made) < count:
        ocids = (new_ocid(publisher.place) for _ in range(min(200, count - len(made))))
        made += publisher.publish(*ocids, **changes)
    return made


@contextmanager
def publishing(
    publisher: Publisher, batch: int, again: Sequence[str] = ()
) -> Iterator[list[tuple[str, str]]]:
    """Publish new processes all the while, from before the block begins, and at first one more release of some.

    Args:
        publisher: who does it.
        batch: new processes in each unit.
        again: published before, which get the second release.
    """
    made: list[tuple[str, str]] = []
    begun, over = threading.Event(), threading.Event()

    def go_on() -> None:
        try:
            while not over.is_set():
                made.extend(publisher.publish(*(new_ocid(publisher.place) for _ in range(batch))))
                begun.set()
                if again and len(made) == batch:
                    made.extend(publisher.publish(*again, language="en"))
        finally:
            begun.set()

    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(go_on)
        begun.wait()
        try:
            yield made
        finally:
            over.set()
        work.result()


@pytest.fixture(scope="session")
def site(settings: Settings, database: Database, storage: Storage) -> Iterator[LiveServer]:
    """The service over HTTP; it knows of a new tenant as soon as a test asks for `publisher`."""
    yield from serve_app(create_app(settings, database, storage))


@pytest.fixture
def publisher(make_place: Callable[..., Place], site: LiveServer) -> Publisher:
    """A tenant of this test alone, which publishes directly."""
    place = make_place(policy="direct")
    site.app.state.directory.forget()
    return Publisher(place)


class World:
    """Asks like any program: no session, no compression unless told."""

    def __init__(self, site: LiveServer, publisher: Publisher, client: httpx2.Client) -> None:
        self.url = site.url
        self.base = f"/{publisher.place.slug}/api/v1"
        self._client = client

    def get(self, address: str = "", method: str = "GET", **headers: str) -> httpx2.Response:
        """Ask for an address below the tenant's API (`releases?limit=2`), a path or a whole address."""
        url = address if re.match(r"https?://|/", address) else f"{self.base}/{address}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._client.request(method, url, headers={"Accept-Encoding": "identity", **named})

    def all_pages(self, address: str) -> Iterator[dict[str, Any]]:
        """Follow `links.next` to the empty page, which is the last one given."""
        while True:
            answer = self.get(address)
            assert answer.status_code == 200, answer.text
            package = answer.json()
            yield package
            if "links" not in package:
                return
            address = package["links"]["next"]


@pytest.fixture
def world(site: LiveServer, publisher: Publisher) -> Iterator[World]:
    """The world, looking at the test's tenant."""
    with httpx2.Client(base_url=site.url, timeout=30) as client:
        yield World(site, publisher, client)
