"""Processes to capture in, and people who do."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx2
import pytest

from app.ocds.shape import Document
from app.processes.queries import VersionRef, working_process
from tests.conftest import LiveServer, Place
from tests.factories import draft


@dataclass
class Desk:
    """A process that an editor has open.

    Attributes:
        client: the editor's browser.
        base: address of capture.
    """

    place: Place
    ref: VersionRef
    client: httpx2.Client
    base: str

    def get(self, where: str = "", **headers: str) -> httpx2.Response:
        """Open a page."""
        return self.client.get(f"{self.base}/{where}" if where else self.base, headers=headers)

    def post(self, where: str, sent: dict[str, str | list[str]], **headers: str) -> httpx2.Response:
        """Send a form."""
        return self.client.post(f"{self.base}/{where}", data=sent, headers=headers)

    @property
    def document(self) -> Document:
        """The working document as it is now."""
        actor = self.place.actor("so_editor")
        with self.place.database.unit_of_work(actor) as session:
            return working_process(session, actor, self.ref.process_id).document


@pytest.fixture
def opened(place: Place, live: LiveServer) -> Callable[..., Desk]:
    """Open a process: `opened({"tender": …})`; an empty one by default."""

    def make(written: Document | None = None) -> Desk:
        ref = draft(place, {} if written is None else written)
        client = live.client(place.email("so_editor", place.sujetos[0]))
        return Desk(place, ref, client, f"/{place.slug}/procesos-internos/{ref.process_id}/captura")

    return make
