"""Jobs: queued with the transaction that needs them, for its own tenant, and finished even after a crash."""

import asyncio
import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest
import structlog
from procrastinate.exceptions import ConnectorException
from sqlalchemy import text

from app.core import jobs
from app.core.db import NOBODY, Actor, Database
from app.core.storage import Storage
from app.tenancy.queries import at_work
from tests.conftest import Place, place_maker
from tests.factories import stand

_done: list[tuple[Actor, dict[str, str]]] = []


@jobs.tenant_task("tests.note")
def note(place: jobs.Workplace, actor: Actor, /, **ids: str) -> None:
    """Write down that it ran."""
    with place.database.unit_of_work(actor) as session:
        session.execute(text("SELECT 1"))
    _done.append((actor, ids))


@jobs.tenant_task("tests.work")
def work(place: jobs.Workplace, actor: Actor, /, **ids: str) -> None:
    """Do something that only a tenant at work does."""
    with place.database.unit_of_work(actor) as session:
        at_work(session, actor)
    _done.append((actor, ids))


@pytest.fixture(scope="module")
def database(lone_database: Database) -> Database:
    """A database of these tests alone: elsewhere a server's own worker would take the jobs."""
    return lone_database


@pytest.fixture
def place(database: Database) -> Place:
    return place_maker(database)()


@pytest.fixture(autouse=True)
def _clean(database: Database) -> Iterator[None]:
    _done.clear()
    yield
    _done.clear()
    with database.engine("worker").begin() as connection:
        connection.execute(text("DELETE FROM jobs.procrastinate_jobs"))


def run_all(database: Database, storage: Storage) -> None:
    asyncio.run(jobs.Worker(database, storage, concurrency=1).run(wait=False))


def queued(database: Database) -> list[tuple[str, str]]:
    with database.engine("worker").connect() as connection:
        rows = connection.execute(
            text("SELECT task_name, status::text FROM jobs.procrastinate_jobs WHERE task_name LIKE 'tests.%'")
        )
        return [tuple(row) for row in rows]


def test_a_job_runs_for_the_tenant_and_person_that_asked(
    database: Database, storage: Storage, place: Place
) -> None:
    actor = place.actor("so_editor")

    with database.unit_of_work(actor) as session:
        note.defer(session, thing="7")
    run_all(database, storage)

    ((seen, ids),) = _done
    assert (seen.tenant_id, seen.account_id, seen.membership_id) == (
        actor.tenant_id,
        actor.account_id,
        actor.membership_id,
    )
    assert ids == {"thing": "7"}
    assert queued(database) == []


def test_a_job_of_a_suspended_tenant_waits_as_often_as_it_takes(
    database: Database, storage: Storage, place: Place
) -> None:
    actor = place.actor("so_editor")
    stand(place, "suspend")
    with database.unit_of_work(actor) as session:
        work.defer(session, lock="one", thing="7")

    for _ in range(7):  # more often than a fault is tried again
        run_all(database, storage)
        with database.engine("worker").begin() as connection:
            (waiting,) = connection.execute(
                text(
                    "SELECT status::text, attempts, lock, scheduled_at > now() + interval '4 minutes' "
                    "FROM jobs.procrastinate_jobs"
                )
            )
            connection.execute(text("UPDATE jobs.procrastinate_jobs SET scheduled_at = now()"))
        # Its tries are for faults of the way, and all of them are left.
        assert tuple(waiting) == ("todo", 0, "one", True)
    stand(place, "resume")
    run_all(database, storage)

    ((seen, ids),) = _done
    assert (seen.account_id, seen.membership_id, ids) == (
        actor.account_id,
        actor.membership_id,
        {"thing": "7"},
    )
    assert queued(database) == []


def test_a_rolled_back_transaction_leaves_no_job(database: Database, storage: Storage, place: Place) -> None:
    def ask_and_fail() -> None:
        with database.unit_of_work(place.system) as session:
            note.defer(session, thing="7")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask_and_fail()
    run_all(database, storage)

    assert _done == []


def test_a_job_cannot_be_queued_without_a_tenant(database: Database) -> None:
    with pytest.raises(jobs.JobWithoutTenantError), database.unit_of_work(NOBODY) as session:
        note.defer(session)


def test_a_job_cannot_be_queued_for_another_tenant(database: Database, place: Place) -> None:
    with database.unit_of_work(place.system) as session:
        raw = session.connection().connection.driver_connection
        deferrer = jobs.queue.configure_task("tests.note", queue=jobs.QUEUE, connection=raw)
        with pytest.raises(ConnectorException):
            deferrer.defer(tenant_id=str(uuid4()))
        session.rollback()


def test_tenant_work_cannot_read_the_arguments_of_jobs(database: Database, place: Place) -> None:
    with database.unit_of_work(place.system) as session:
        note.defer(session, thing="7")
        assert session.execute(text("SELECT count(id) FROM jobs.procrastinate_jobs")).scalar_one() == 1
        with pytest.raises(Exception, match="permission denied"), session.begin_nested():
            session.execute(text("SELECT args FROM jobs.procrastinate_jobs"))
        session.rollback()


def test_a_job_that_lost_its_tenant_fails_and_does_nothing(database: Database, storage: Storage) -> None:
    with database.engine("worker").begin() as connection:
        connection.execute(
            text(
                "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, args) "
                "VALUES ('tareas', 'tests.note', '{\"thing\": \"7\"}')"
            )
        )
    run_all(database, storage)

    assert _done == []
    assert queued(database) == [("tests.note", "failed")]


def test_the_job_of_a_dead_worker_is_run_again(
    database: Database, storage: Storage, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "HEARTBEAT_SECONDS", 0.2)
    monkeypatch.setattr(jobs, "STALLED_SECONDS", 0.5)
    with database.unit_of_work(place.system) as session:
        note.defer(session, thing="7")
    with database.engine(
        "worker"
    ).begin() as connection:  # a worker took the job, and was never heard of again
        worker = connection.execute(
            text(
                "INSERT INTO jobs.procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute') "
                "RETURNING id"
            )
        ).scalar_one()
        connection.execute(
            text("UPDATE jobs.procrastinate_jobs SET status = 'doing', worker_id = :worker"),
            {"worker": worker},
        )

    async def work_a_while() -> None:
        task = asyncio.create_task(jobs.Worker(database, storage, concurrency=1).run())
        for _ in range(100):
            await asyncio.sleep(0.1)
            if _done:
                break
        await jobs.end(task)

    asyncio.run(work_a_while())

    assert [ids for _, ids in _done] == [{"thing": "7"}]


def test_a_chore_that_fails_comes_round_again(
    database: Database, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds, third = [], threading.Event()
    monkeypatch.setattr(jobs, "_chores", [])

    @jobs.chore(every_seconds=0.01)
    def stumble(_place: jobs.Workplace) -> None:
        rounds.append("vuelta")
        if len(rounds) == 3:
            third.set()
        raise ValueError("tropezó")

    async def work() -> None:
        working = asyncio.create_task(jobs.Worker(database, storage, concurrency=1).run())
        assert await asyncio.to_thread(third.wait, 20)
        await jobs.end(working)

    with structlog.testing.capture_logs() as told:
        asyncio.run(work())
    assert [one["event"] for one in told].count("chore_failed") >= 2
