"""A desk from which a test imports: every step that a person or a job takes, by its public name."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from app.core.db import Actor, Database
from app.core.storage import Storage
from app.imports import queries, service
from app.imports.models import ImportRow, ImportRun
from app.processes.queries import WorkingProcess, load_working
from app.publication.service import publish_batch
from tests.conftest import Place


def release(ocid: str, **members: Any) -> dict[str, Any]:
    """A release that publishes as it is, but for its envelope."""
    return {
        "ocid": ocid,
        "id": f"{ocid}-1",
        "date": "2024-01-01T00:00:00Z",
        "tag": ["tender"],
        "initiationType": "tender",
        "parties": [{"id": "p1", "name": "Secretaría de Prueba", "roles": ["buyer", "procuringEntity"]}],
        "buyer": {"id": "p1", "name": "Secretaría de Prueba"},
        "tender": {"id": "t1", "title": f"Compra {ocid}", "procurementMethod": "open"},
    } | members


@dataclass
class Desk:
    """Somebody's imports in a tenant of the test's own."""

    database: Database
    storage: Storage
    place: Place
    actor: Actor

    def store(self, content: object, name: str = "datos.json") -> service.StoredFile:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        return service.store(self.storage, self.actor, name, io.BytesIO(data), 10**9)

    def start(self, content: object, **options: Any) -> UUID:
        with self.database.unit_of_work(self.actor) as session:
            return service.start(session, self.actor, self.store(content), **options).import_id

    def read(self, content: object, **options: Any) -> UUID:
        """Send a file and read it for its preview."""
        import_id = self.start(content, **options)
        service.read_run(self.database, self.actor, import_id, storage=self.storage)
        return import_id

    def apply(self, import_id: UUID) -> ImportRun:
        service.apply_run(self.database, self.actor, import_id, publisher=publish_batch, storage=self.storage)
        return self.run(import_id)

    def confirm(self, import_id: UUID) -> None:
        with self.database.unit_of_work(self.actor) as session:
            service.confirm(session, self.actor, import_id)

    def bring(self, content: object, **options: Any) -> ImportRun:
        """Import a file from its sending to its end."""
        import_id = self.read(content, **options)
        self.confirm(import_id)
        return self.apply(import_id)

    def once(self, content: object, **options: Any) -> ImportRun:
        """Import a file in one pass, as the command line does."""
        return self.apply(self.start(content, preview=False, **options))

    def act(self, act: Callable[..., ImportRun], import_id: UUID) -> ImportRun:
        with self.database.unit_of_work(self.actor) as session:
            return act(session, self.actor, import_id)

    def run(self, import_id: UUID) -> ImportRun:
        with self.database.unit_of_work(self.actor) as session:
            return queries.run(session, self.actor, import_id)

    def rows(self, import_id: UUID) -> list[ImportRow]:
        with self.database.unit_of_work(self.actor) as session:
            return list(queries.rows(session, self.actor, import_id, cursor=None, limit=10_000).rows)

    def outcomes(self, import_id: UUID) -> list[str]:
        return [row.outcome for row in self.rows(import_id)]

    def codes(self, import_id: UUID) -> list[str]:
        return [row.problems[0]["code"] if row.problems else "" for row in self.rows(import_id)]

    def process(self, name: str) -> WorkingProcess | None:
        with self.database.unit_of_work(self.actor) as session:
            return load_working(session, self.actor, [name]).get(name)


@pytest.fixture
def make_desk(database: Database, storage: Storage) -> Callable[..., Desk]:
    """Open the desk of a role in a place: `make_desk(place, "garante_admin")`."""

    def make(place: Place, role: str = "so_editor", sujeto: UUID | None = None) -> Desk:
        return Desk(database, storage, place, place.actor(role, sujeto))

    return make


@pytest.fixture
def desk(place: Place, make_desk: Callable[..., Desk]) -> Desk:
    """The desk of an editor of the place's first sujeto obligado."""
    return make_desk(place)


@pytest.fixture
def direct_desk(make_place: Callable[..., Place], make_desk: Callable[..., Desk]) -> Desk:
    """The same where the policy lets imports publish."""
    return make_desk(make_place(policy="direct"))
