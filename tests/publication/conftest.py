"""A tenant that publishes, and what the world is able to read of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, select

from app.core.db import Actor
from app.ocds.shape import Document
from app.processes.queries import VersionRef
from app.processes.service import PublishOutcome
from app.publication import chain
from app.publication.invariants import check_tenant
from app.publication.models import ProcessFacet, Record, Release, ReleaseBody
from app.publication.service import publish_batch
from app.publication.withdrawal import withdraw
from tests.conftest import Place
from tests.factories import document, draft, new_ocid


@dataclass
class Press:
    """Somebody who publishes what a trusted system imports, in a tenant of one test.

    Attributes:
        place: the tenant; its first body publishes directly.
    """

    place: Place

    @property
    def actor(self) -> Actor:
        """Who publishes."""
        return self.place.actor("so_publisher")

    def draft(self, written: Document | None = None, *, ocid: str = "") -> VersionRef:
        """A draft that may be published at once."""
        return draft(self.place, written, ocid=ocid, source="import:prueba")

    def publish(self, *refs: VersionRef) -> list[PublishOutcome]:
        """Publish in one transaction."""
        with self.place.database.unit_of_work(self.actor) as session:
            return publish_batch(session, self.actor, refs)

    def release(self, written: Document | None = None, *, ocid: str = "") -> tuple[str, Document]:
        """Publish a document; return its ocid and the release."""
        ocid = ocid or new_ocid(self.place)
        (outcome,) = self.publish(self.draft(written, ocid=ocid))
        assert outcome.published, outcome.problems
        return ocid, self.releases(ocid)[-1]

    def withdraw(self, position: int, ground: str = "Artículo 113 de la Ley de Prueba") -> int:
        """Withdraw a release in one transaction."""
        actor = self.place.actor("garante_reviewer")
        with self.place.database.unit_of_work(actor) as session:
            return withdraw(session, actor, position, ground)

    # What the world sees, read as the world's own role

    def entries(self) -> list[Release]:
        """The chain."""
        with self.place.database.public_reading() as session:
            query = select(Release).where(Release.tenant_id == self.place.tenant_id)
            return sorted(session.exec(query), key=lambda entry: entry.position)

    def bodies(self) -> dict[int, bytes]:
        """The bytes that stand, by position."""
        with self.place.database.public_reading() as session:
            query = select(ReleaseBody).where(ReleaseBody.tenant_id == self.place.tenant_id)
            return {row.position: row.body for row in session.exec(query)}

    def releases(self, ocid: str) -> list[Document]:
        """The releases of a process, in order."""
        bodies = self.bodies()
        return [
            orjson.loads(bodies[entry.position])
            for entry in self.entries()
            if entry.ocid == ocid and entry.position in bodies
        ]

    def record(self, ocid: str) -> Document | None:
        """The compiled release of a process."""
        with self.place.database.public_reading() as session:
            row = session.get(Record, (self.place.tenant_id, ocid))
            return orjson.loads(row.compiled) if row else None

    def facet(self, ocid: str) -> ProcessFacet | None:
        """What lists show of a process."""
        with self.place.database.public_reading() as session:
            return session.get(ProcessFacet, (self.place.tenant_id, ocid))

    def faults(self) -> list[str]:
        """Everything wrong with the chain or with what is derived from it, as the world can check it."""
        with self.place.database.public_reading() as session:
            found = list(chain.verify(session, self.place.tenant_id))
            return [fault.message for fault in (*found, *check_tenant(session, self.place.tenant_id))]


@pytest.fixture
def press(make_place: Callable[..., Place]) -> Press:
    """A publisher in a tenant of this test alone."""
    return Press(make_place(policy="direct"))


@pytest.fixture
def other_press(make_place: Callable[..., Place]) -> Press:
    """A publisher of another tenant."""
    return Press(make_place(policy="direct"))


@pytest.fixture
def tables_holding(superuser: Engine) -> Callable[[str], set[str]]:
    """Find the tables of the whole database in which a text stands, as text or inside bytes."""

    def search(needle: str) -> set[str]:
        forms = {
            "plain": needle,
            "escaped": orjson.dumps(needle).decode()[1:-1],
            "hex": needle.encode().hex(),
        }
        with superuser.connect() as connection:
            tables = connection.execute(
                text(
                    "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n "
                    "ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') "
                    "AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
                )
            ).scalars()
            return {
                table.removeprefix("public.")
                for table in list(tables)
                if connection.execute(
                    text(
                        f"SELECT EXISTS (SELECT FROM {table} r WHERE position(:plain in r::text) > 0 "  # noqa: S608  # names of our own tables
                        "OR position(:escaped in r::text) > 0 OR position(:hex in r::text) > 0)"
                    ),
                    forms,
                ).scalar_one()
            }

    return search


def tender(**changes: Any) -> Document:
    """A document whose tender differs from the usual one."""
    return document(tender={**document()["tender"], **changes})


Check = Callable[[Session, UUID], Iterable[chain.Fault]]


def tampered(
    superuser: Engine, tenant_id: UUID, statement: str, *, check: Check = chain.verify, **values: Any
) -> list[chain.Fault]:
    """Return what a check says after a superuser's statement, which is then taken back."""
    with superuser.connect() as connection, Session(connection) as session:
        session.execute(
            text("SET LOCAL session_replication_role = replica")
        )  # no foreign key stands in the way
        changed = session.execute(text(statement), {"tenant": tenant_id, **values})
        assert changed.rowcount > 0, "nothing was tampered with"  # type: ignore[attr-defined]
        found = list(check(session, tenant_id))
        session.rollback()
    return found
