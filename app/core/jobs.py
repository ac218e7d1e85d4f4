"""Jobs on our own PostgreSQL (procrastinate): deferred in the transaction that needs them, run on behalf of its actor.

A job carries identifiers only: `tenant_id`, `account_id` and `membership_id` of who asked, and its own. The worker's role
fetches and finishes jobs; the work itself opens units of work as `app_rw`, bound to the job's tenant. A job without a
tenant fails: there is no ambient tenant.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import procrastinate
import structlog
from procrastinate.jobs import DeleteJobCondition
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from app.core import logs
from app.core.db import Actor, Database, RwSession
from app.core.errors import AppError, SuspendedError
from app.core.storage import Storage
from app.settings import Settings, get_settings

_log = logs.get(__name__)

GRACE_SECONDS = 10
"""What a job under way gets to end when the worker is told to."""
HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 8.0
QUEUE = "tareas"

# Never opened: it only turns a deferral into SQL on the caller's own connection.
queue = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())

SUSPENDED_SECONDS = 300
"""Between two looks at whether a suspended tenant works again."""


# For faults of the way, which keep a job from its work.
_RETRY = procrastinate.RetryStrategy(
    max_attempts=5, exponential_wait=2, retry_exceptions={OperationalError, ConnectionError}
)


class JobWithoutTenantError(AppError):
    """A job came without the tenant it works for."""

    slug, title = "tarea-sin-organismo", "La tarea no dice para qué organismo garante trabaja"


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a worker lends its jobs: the database, the place of files, and the settings."""

    database: Database
    storage: Storage
    settings: Settings = field(default_factory=get_settings)


class TenantWork(Protocol):
    """A job's function: the workplace, the actor it works for, and its own identifiers."""

    def __call__(self, place: Workplace, actor: Actor, /, **ids: str) -> None:
        """Do the work in units of work of its own."""


class Deferrable:
    """A task that services defer.

    Args:
        name: under which it is, or will be, registered.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def defer(
        self, session: RwSession, *, lock: str | None = None, after_seconds: int = 0, **ids: str
    ) -> int:
        """Insert the job in the session's transaction: rolled back together, run only after the commit.

        Args:
            session: bound to the actor on whose behalf the job will run.
            lock: jobs with the same lock run one after the other.
            after_seconds: it waits at least so long.
            **ids: identifiers only, as text.

        Returns:
            The job's number.
        """
        actor: Actor = session.info["actor"]
        if actor.tenant_id is None:
            raise JobWithoutTenantError
        raw = session.connection().connection.driver_connection
        task = queue.configure_task(
            self.name,
            allow_unknown=True,
            queue=QUEUE,
            connection=raw,
            lock=lock,
            schedule_in={"seconds": after_seconds} if after_seconds else None,
        )
        return int(
            task.defer(
                tenant_id=str(actor.tenant_id),
                account_id=str(actor.account_id or ""),
                membership_id=str(actor.membership_id or ""),
                **ids,
            )
        )


def tenant_task(name: str) -> Callable[[TenantWork], Deferrable]:
    """Register a function as a job that works for one tenant.

    The function must be idempotent: after a crash it runs again from its checkpoint.

    Args:
        name: `feature.verb`, stable: it stands in queued jobs.
    """

    def register(work: TenantWork) -> Deferrable:
        def run(context: procrastinate.JobContext, /, **arguments: str) -> None:
            tenant = arguments.pop("tenant_id", "")
            account = arguments.pop("account_id", "")
            membership = arguments.pop("membership_id", "")
            if not tenant:
                raise JobWithoutTenantError
            actor = Actor(
                tenant_id=UUID(tenant),
                account_id=UUID(account) if account else None,
                membership_id=UUID(membership) if membership else None,
                role="system",
            )
            place: Workplace = context.additional_context["place"]
            with structlog.contextvars.bound_contextvars(job=context.job.id, task=name, tenant=tenant):
                _log.info("job_started")
                try:
                    work(place, actor, **arguments)
                except SuspendedError:
                    # Afresh: a retry would use up those that are meant for faults of the way.
                    with place.database.unit_of_work(actor) as session:
                        Deferrable(name).defer(
                            session, lock=context.job.lock, after_seconds=SUSPENDED_SECONDS, **arguments
                        )
                    _log.info("job_postponed")
                    return
                _log.info("job_finished")

        queue.task(name=name, queue=QUEUE, pass_context=True, retry=_RETRY)(run)
        return Deferrable(name)

    return register


def named(name: str) -> Deferrable:
    """Return the handle of a task that a feature above registers; news travels upward by name, not by import."""
    return Deferrable(name)


@dataclass(frozen=True, slots=True)
class Chore:
    """Work of the house itself that comes round again; safe when several workers do it at once."""

    every_seconds: float
    work: Callable[[Workplace], object]


_chores: list[Chore] = []


@contextmanager
def apart(**about: str) -> Iterator[None]:
    """Keep what goes wrong with one of several, as a tenant, from those after it: it is told, and comes round again.

    Args:
        **about: which one, for the log.
    """
    try:
        yield
    except Exception:  # noqa: BLE001 - whatever it is, the others are not to blame
        _log.exception("chore_failed_in_part", **about)


def chore(
    *, every_seconds: float
) -> Callable[[Callable[[Workplace], object]], Callable[[Workplace], object]]:
    """Register a function that every worker runs at this interval, first when it starts."""

    def register(work: Callable[[Workplace], object]) -> Callable[[Workplace], object]:
        _chores.append(Chore(every_seconds, work))
        return work

    return register


def _conninfo(url: str) -> str:
    parsed = make_url(url)
    return make_conninfo(
        host=parsed.host or "",
        port=parsed.port or 5432,
        user=parsed.username or "",
        password=parsed.password or "",
        dbname=parsed.database or "",
        options="-c search_path=jobs",
        application_name="contrataciones:worker",
        **{key: str(value) for key, value in parsed.query.items() if key != "options"},
    )


async def end(working: asyncio.Task[None]) -> None:
    """Cancel a running worker until it has ended.

    A wait that just got its answer loses a cancellation (Python 3.11), so it is asked again when its grace is over.

    Raises:
        Exception: what ended it before.
    """
    while not working.done():
        working.cancel()
        await asyncio.wait({working}, timeout=GRACE_SECONDS + 5)
    if not working.cancelled():
        working.result()


class Worker:
    """Fetches jobs and runs them until told to stop; also gives back the jobs of workers that died.

    Args:
        database: whose `app_rw` the work itself uses.
        storage: where files are kept.
        settings: by default those of this process.
        concurrency: jobs at once.
    """

    def __init__(
        self,
        database: Database,
        storage: Storage,
        *,
        settings: Settings | None = None,
        concurrency: int = 2,
    ) -> None:
        self._place = Workplace(database, storage, settings or get_settings())
        self._concurrency = concurrency
        self._connector = procrastinate.PsycopgConnector(
            conninfo=_conninfo(database.urls.worker), min_size=1, max_size=concurrency + 3
        )

    async def run(self, *, wait: bool = True) -> None:
        """Run jobs; with `wait=False` stop when none is left."""
        worker_app = queue.with_connector(self._connector)
        async with worker_app.open_async():
            beside = [asyncio.create_task(self._revive(worker_app))]
            if wait:
                beside += [asyncio.create_task(self._repeat(chore)) for chore in _chores]
            try:
                await worker_app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=self._concurrency,
                    wait=wait,
                    install_signal_handlers=False,
                    additional_context={"place": self._place},
                    delete_jobs=DeleteJobCondition.SUCCESSFUL,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALLED_SECONDS,
                    shutdown_graceful_timeout=GRACE_SECONDS,
                )
            finally:
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)

    async def _repeat(self, chore: Chore) -> None:
        """Do a chore for ever; neither a database that is away nor a fault of its own ends it."""
        while True:
            try:
                await asyncio.to_thread(chore.work, self._place)
            except OperationalError:
                _log.warning("chore_postponed", chore=chore.work.__name__, exc_info=True)
            except Exception:  # noqa: BLE001 - the outermost layer of a chore: it is told, and comes round again
                _log.exception("chore_failed", chore=chore.work.__name__)
            await asyncio.sleep(chore.every_seconds)

    async def _revive(self, worker_app: procrastinate.App) -> None:
        """Put the jobs of dead workers back in the queue, for ever."""
        manager = worker_app.job_manager
        while True:
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
                _log.warning("job_revived", job=job.id, task=job.task_name)
                await manager.retry_job(job)
            await asyncio.sleep(HEARTBEAT_SECONDS)
