"""The chores that keep the files true: what is due, when, and files that lie in a store of another machine."""

import gzip
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.core.jobs import Workplace
from app.core.storage import Storage
from app.downloads import tasks
from app.downloads.keeping import Keeper
from app.settings import Settings
from app.tenancy.queries import TenantDirectory, TenantView
from tests.conftest import LiveServer
from tests.core.test_storage import s3, store  # noqa: F401  # fixtures
from tests.downloads.conftest import SERVICE, Shelf


@pytest.fixture
def work(shelf: Shelf, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """Where the chores run, for the tenant of the test alone."""
    view = TenantDirectory(shelf.place.database).by_slug(shelf.place.slug)

    class Alone(TenantDirectory):
        def all(self, *, deleted: bool = False) -> list[TenantView]:
            return [view]

    monkeypatch.setattr(tasks, "TenantDirectory", Alone)
    known = settings.model_copy(update={"downloads_seconds": 60, "public_url": SERVICE})
    return Workplace(shelf.place.database, shelf.keeper.storage, known)


def age(shelf: Shelf, by: timedelta) -> None:
    """Let the files have been looked at so long ago."""
    with shelf.place.database.unit_of_work(shelf.place.system) as session:
        session.execute(text("UPDATE download_state SET checked_at = checked_at - :by"), {"by": by})


def test_what_is_new_waits_for_its_turn_and_no_longer(shelf: Shelf, work: Workplace) -> None:
    shelf.press.release()
    tasks.keep(work)
    assert len(shelf.lines("releases.jsonl.gz")) == 1

    shelf.press.release()
    tasks.keep(work)
    assert len(shelf.lines("releases.jsonl.gz")) == 1
    age(shelf, timedelta(seconds=61))
    tasks.keep(work)
    assert len(shelf.lines("releases.jsonl.gz")) == 2


def test_a_withdrawal_waits_for_nothing(shelf: Shelf, work: Workplace) -> None:
    for _ in range(2):
        shelf.press.release()
    tasks.keep(work)
    shelf.press.withdraw(1)
    assert shelf.get("releases.jsonl.gz").status_code == 503

    tasks.mend(work)

    assert len(shelf.lines("releases.jsonl.gz")) == 1


def test_who_makes_none_makes_none(shelf: Shelf, work: Workplace) -> None:
    shelf.press.release()
    idle = Workplace(work.database, work.storage, work.settings.model_copy(update={"downloads_seconds": 0}))
    for chore in (tasks.keep, tasks.mend, tasks.keep_national):
        chore(idle)
    assert shelf.names() == []


@pytest.fixture
def elsewhere(shelf: Shelf, store: Storage, site: LiveServer) -> Iterator[Shelf]:  # noqa: F811
    """The shelf, its files in the folder of this machine or in an S3-like store."""
    before = site.app.state.storage
    site.app.state.storage = store
    yield Shelf(shelf.press, Keeper(shelf.place.database, store, SERVICE), shelf.client)
    site.app.state.storage = before


def test_the_same_from_any_store(elsewhere: Shelf) -> None:
    for _ in range(4):
        elsewhere.press.release()
    elsewhere.refresh()

    bodies = [body for _, body in sorted(elsewhere.press.bodies().items())]
    whole = elsewhere.get("releases.jsonl.gz")
    assert gzip.decompress(whole.content).splitlines() == bodies
    part = elsewhere.get("releases.jsonl.gz", Range="bytes=10-")
    assert (part.status_code, part.content) == (206, whole.content[10:])
    for key in elsewhere.stored():
        elsewhere.keeper.storage.delete(key)
    assert elsewhere.get("releases.jsonl.gz").status_code == 503
    elsewhere.refresh()
    assert elsewhere.get("releases.jsonl.gz").content == whole.content
