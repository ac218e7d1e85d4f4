"""The jobs that files leave behind, run by a real worker; and two people at the same moment."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from app.attachments import service, tasks
from app.core.db import Database
from app.core.jobs import Worker
from app.core.storage import Storage
from app.settings import Settings
from tests.attachments.conftest import Clamd, Desk, pdf
from tests.conftest import place_maker
from tests.factories import draft


@pytest.fixture
def desk(lone_database: Database, storage: Storage, settings: Settings) -> Iterator[Desk]:
    """In a database of its own: the worker of a server would take the jobs first."""
    place = place_maker(lone_database)()
    yield Desk(place, storage, draft(place).process_id, settings)
    with lone_database.engine("worker").begin() as connection:
        connection.execute(text("DELETE FROM jobs.procrastinate_jobs"))


def work(desk: Desk) -> None:
    worker = Worker(desk.database, desk.storage, settings=desk.settings, concurrency=1)
    asyncio.run(worker.run(wait=False))


def test_a_worker_scans_what_was_sent_and_deletes_what_has_a_virus(desk: Desk, clamd: Clamd) -> None:
    desk.settings = desk.settings.model_copy(update={"clamd": clamd.address})
    clean, bad = desk.send_one("a.pdf", pdf("a")), desk.send_one("b.pdf", pdf("EICAR"))
    work(desk)
    assert [desk.row(row.attachment_id).status for row in (clean, bad)] == ["ready", "infected"]
    assert [desk.has_bytes(row) for row in (clean, bad)] == [True, False]


def test_a_worker_deletes_what_was_discarded(desk: Desk) -> None:
    row = desk.send_one()
    with desk.database.unit_of_work(desk.editor) as session:
        service.discard(session, desk.editor, desk.process_id, row.attachment_id)
    work(desk)
    assert not desk.has_bytes(row)


def test_a_worker_looks_at_links(desk: Desk) -> None:
    url = "http://169.254.169.254/latest/meta-data/"
    with desk.database.unit_of_work(desk.editor) as session:
        service.check_links(session, desk.editor, [url])
    work(desk)
    with desk.database.unit_of_work(desk.editor) as session:
        assert service.link_state(session, desk.editor, [url])[url].outcome == "refused"


def test_the_chores_do_their_rounds_while_scanner_and_store_are_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.settings = desk.settings.model_copy(update={"clamd": "tcp://127.0.0.1:9"})
    monkeypatch.setattr("app.attachments.examining.WAIT_BEFORE_AGAIN", -tasks.examining.WAIT_BEFORE_AGAIN)
    row = desk.send_one()
    tasks.scan_waiting(desk.workplace)
    assert "Se vuelve a intentar solo" in desk.row(row.attachment_id).scan_note
    away = Settings(
        state_folder=desk.settings.state_folder,
        storage_url="s3://nada",
        storage_endpoint="http://127.0.0.1:9",
        storage_key="a",  # type: ignore[arg-type]  # pydantic reads it
        storage_secret="b",  # type: ignore[arg-type]
    )
    tasks.sweep(type(desk.workplace)(desk.database, Storage.of(away), away))


def test_the_same_bytes_at_the_same_moment_are_one_file(desk: Desk) -> None:
    desk.editor  # noqa: B018  # made before the threads ask for it
    with ThreadPoolExecutor(4) as crowd:
        answers = [answer for (answer,) in crowd.map(lambda _: desk.send(("a.pdf", pdf())), range(4))]
    found = {answer.attachment.attachment_id for answer in answers if answer.attachment is not None}
    assert len(found) == 1
    assert all(answer.attachment is not None for answer in answers)
    assert len(list(desk.storage.files(desk.place.tenant_id, "public"))) == 1
