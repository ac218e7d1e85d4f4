"""A tenant that publishes, withdraws and has signed heads, over real HTTP."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from app.core import clock, keys
from app.core.db import Database
from app.core.keys import Keyring
from app.core.storage import Storage
from app.main import create_app
from app.proof import signing, verifying
from app.proof.verifying import Told
from app.settings import Settings
from app.tenancy.queries import TenantDirectory, TenantView
from tests.conftest import LiveServer, Place, serve_app
from tests.openapi.conftest import Publisher

Statement = tuple[str, dict[str, Any]]
TABLES = ("release", "release_body", "chain_head", "signed_head")


@dataclass
class Notary:
    """Signs a tenant's heads on the days that a test names, and looks at what the world then sees."""

    publisher: Publisher
    url: str
    keyring: Keyring
    superuser: Engine
    monkeypatch: pytest.MonkeyPatch

    @property
    def place(self) -> Place:
        return self.publisher.place

    @property
    def view(self) -> TenantView:
        views = TenantDirectory(self.place.database).all()
        return next(one for one in views if one.tenant_id == self.place.tenant_id)

    def sign(self, days: int = 0, keyring: Keyring | None = None) -> int:
        """Sign what is due so many days from tomorrow: today is the chore's, which may run meanwhile elsewhere."""
        at = clock.now() + timedelta(days=days + 1)
        with self.monkeypatch.context() as patch:
            patch.setattr(signing.clock, "now", lambda: at)
            return signing.sign_due(self.place.database, keyring or self.keyring, [self.view])

    def verify(self, saved: dict[str, Any] | None = None) -> Told:
        return verifying.verify(self.url, saved)

    @contextmanager
    def tampered(self, *statements: Statement) -> Iterator[None]:
        """Do what only a superuser can, for a while: other tests look at every chain of this database."""
        told = {"tenant": self.place.tenant_id}
        with self.superuser.connect() as connection:
            connection.execute(
                text("SET session_replication_role = replica")
            )  # no foreign key stands in the way
            for table in TABLES:
                kept = f"CREATE TEMP TABLE kept_{table} AS SELECT * FROM {table} WHERE tenant_id = :tenant"  # noqa: S608
                connection.execute(text(kept), told)
            for statement, values in statements:
                assert connection.execute(text(statement), told | values).rowcount > 0, (
                    "nothing was tampered with"
                )
            connection.commit()
            try:
                yield
            finally:
                for table in TABLES:
                    connection.execute(text(f"DELETE FROM {table} WHERE tenant_id = :tenant"), told)  # noqa: S608
                    connection.execute(text(f"INSERT INTO {table} SELECT * FROM kept_{table}"))  # noqa: S608
                    connection.execute(text(f"DROP TABLE kept_{table}"))
                connection.execute(text("SET session_replication_role = origin"))
                connection.commit()


@pytest.fixture(scope="module")
def site(settings: Settings, database: Database, storage: Storage) -> Iterator[LiveServer]:
    """The service over HTTP."""
    yield from serve_app(create_app(settings, database, storage))


@pytest.fixture
def notary(
    make_place: Callable[..., Place],
    site: LiveServer,
    settings: Settings,
    superuser: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> Notary:
    """A tenant with five releases, the second of them withdrawn, and the heads of two days besides today's.

    Positions: 1, 2, 3 releases, signed; 4 the first process again, 5 the withdrawal of 2, 6 a release, signed.
    """
    place = make_place(policy="direct")
    site.app.state.directory.forget()
    publisher = Publisher(place)
    one = Notary(publisher, f"{site.url}/{place.slug}", keys.of(settings), superuser, monkeypatch)
    assert one.sign(days=-1) in (0, 1)
    published = [publisher.publish()[0] for _ in range(3)]
    assert one.sign() == 1
    publisher.publish(published[0][0], language="en")
    publisher.withdraw(*published[1])
    publisher.publish()
    assert one.sign(days=1) == 1
    return one
