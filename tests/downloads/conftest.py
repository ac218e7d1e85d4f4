"""A tenant that publishes, its files made by the real keeper, and the world that downloads them over HTTP."""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from app.core.db import Database
from app.core.storage import Storage
from app.downloads import blocks
from app.downloads.keeping import Keeper, refresh
from app.main import create_app
from app.settings import Settings
from app.tenancy.queries import TenantDirectory
from tests.conftest import LiveServer, Place, serve_app
from tests.publication.conftest import Press

SERVICE = "https://datos.example"


@dataclass
class Shelf:
    """The files of one tenant."""

    press: Press
    keeper: Keeper
    client: httpx2.Client
    place: Place = field(init=False)

    def __post_init__(self) -> None:
        self.place = self.press.place

    def refresh(self, keeper: Keeper | None = None, **more: Any) -> bool:
        """Make the files tell everything."""
        view = TenantDirectory(self.place.database).by_slug(self.place.slug)
        return refresh(keeper or self.keeper, view, **more)

    def get(self, name: str, method: str = "GET", **headers: str) -> httpx2.Response:
        """Ask for a file."""
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.client.request(
            method, f"/{self.place.slug}/descargas/{name}", headers={"Accept-Encoding": "identity", **named}
        )

    def index(self) -> dict[str, Any]:
        """The index."""
        answer = self.get("indice.json")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def names(self) -> list[str]:
        """What files there are."""
        return [file["name"] for file in self.index()["files"]]

    def all(self) -> dict[str, bytes]:
        """Every file, as downloaded."""
        found = {}
        for name in self.names():
            answer = self.get(name)
            assert answer.status_code == 200, (name, answer.text)
            found[name] = answer.content
        return found

    def lines(self, name: str) -> list[bytes]:
        """The lines of a file."""
        answer = self.get(name)
        assert answer.status_code == 200, answer.text
        return gzip.decompress(answer.content).splitlines()

    def stored(self) -> set[str]:
        """The objects kept for the files."""
        return {file.key for file in self.keeper.storage.files(self.place.tenant_id, "downloads")}


@pytest.fixture(scope="module")
def site(settings: Settings, database: Database, storage: Storage) -> Iterator[LiveServer]:
    """The service over HTTP."""
    known = settings.model_copy(update={"public_url": SERVICE})
    yield from serve_app(create_app(known, database, storage))


@pytest.fixture
def shelf(
    make_place: Callable[..., Place],
    database: Database,
    storage: Storage,
    site: LiveServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Shelf]:
    """The files of a tenant of this test alone; three places of the chain make a block."""
    monkeypatch.setattr("app.downloads.keeping.RUN", 3)
    monkeypatch.setattr(blocks, "RUN", 3)
    press = Press(make_place(policy="direct"))
    site.app.state.directory.forget()
    with httpx2.Client(base_url=site.url, timeout=30) as client:
        yield Shelf(press, Keeper(database, storage, SERVICE), client)
