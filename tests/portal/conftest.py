"""A garante that publishes for real, and browsers of people who never signed in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import httpx2
import pytest

from app.processes.service import DocumentWrite, save_documents
from app.publication.service import publish_batch
from app.publication.withdrawal import withdraw
from tests.conftest import LiveServer, Place
from tests.factories import document, new_ocid


@dataclass
class Newsroom:
    """A place with the policy `direct`, where everything written is published at once."""

    place: Place
    ocids: list[str] = field(default_factory=list)

    @property
    def home(self) -> str:
        """Where its addresses start."""
        return f"/{self.place.slug}"

    def publish(
        self,
        written: dict[str, Any] | None = None,
        *,
        ocid: str = "",
        sujeto: UUID | None = None,
        aliases: tuple[str, ...] = (),
    ) -> str:
        """Publish a document as the next release of a process; returns its ocid."""
        where = sujeto or self.place.sujetos[0]
        write = DocumentWrite(
            ocid or new_ocid(self.place),
            where,
            written or document(),
            aliases=aliases,
            source="import:prueba",
        )
        editor, publisher = self.place.actor("so_editor", where), self.place.actor("so_publisher", where)
        with self.place.database.unit_of_work(editor) as session:
            saved = save_documents(session, editor, [write])[0]
        with self.place.database.unit_of_work(publisher) as session:
            outcome = publish_batch(session, publisher, [saved.ref])[0]
        assert outcome.published, outcome.problems
        self.ocids.append(write.ocid)
        return write.ocid

    def withdraw(self, position: int, ground: str) -> None:
        """Withdraw the release at a place of the chain."""
        with self.place.database.unit_of_work(self.place.system) as session:
            withdraw(session, self.place.system, position, ground)


@pytest.fixture
def newsroom(make_place: Callable[..., Place], live: LiveServer) -> Newsroom:
    """A garante of this test alone, which the server already knows."""
    place = make_place(policy="direct")
    live.app.state.directory.forget()
    return Newsroom(place)


@pytest.fixture
def web(live: LiveServer) -> httpx2.Client:
    """A browser that nobody signed in with; redirects are not followed."""
    return live.client()


class _Main(HTMLParser):
    """The words, links and marked-up values of a page's main part."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inside = False
        self.words: list[str] = []
        self.links: list[str] = []
        self.values: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = self.inside or tag == "main"
        if self.inside:
            held = {name: value or "" for name, value in attrs}
            self.links += [held["href"]] if tag == "a" else []
            self.values |= {held[name] for name in ("datetime", "value", "href") if name in held}

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "main"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.words.append(data)


def text_of(answer: httpx2.Response) -> str:
    """The words of a page's main part, spaces made one."""
    return " ".join(" ".join(_Main(answer.text).words).split())


def links_of(answer: httpx2.Response) -> list[str]:
    """Where the links of a page's main part lead, in order."""
    return _Main(answer.text).links


def values_of(answer: httpx2.Response) -> set[str]:
    """What the page's main part marks up for programs: dates, amounts, codes, addresses."""
    return _Main(answer.text).values
