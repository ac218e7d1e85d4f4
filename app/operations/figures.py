"""What the database says of the service's own state: queues and how old they are, letters, and where the chains stand."""

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import text
from sqlmodel import col, select

from app.core import clock, mail
from app.core.db import Database, WorkerSession
from app.figures import keeping
from app.publication import following
from app.publication.models import ChainHead
from app.tenancy.models import Tenant

_JOBS = text(
    "SELECT status::text, count(*) FROM jobs.procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1"
)
_OLDEST_JOB = text(
    "SELECT extract(epoch FROM now() - min(coalesce(j.scheduled_at, e.at)))::float FROM jobs.procrastinate_jobs j "
    "JOIN jobs.procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred' "
    "WHERE j.status = 'todo' AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())"
)
_NEWS = text(
    "SELECT count(*), extract(epoch FROM now() - min(at))::float FROM outbox_event WHERE handled_at IS NULL"
)


class Figures:
    """A collector of prometheus_client; it asks the database each time somebody looks.

    Args:
        database: asked as `app_worker` and `app_public`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[Metric]:
        """Return every figure, ages in seconds and 0 where nothing waits."""
        with self._database.worker_work() as session:
            yield from _jobs(session)
            yield from _news(session)
            yield from _letters(session)
        yield from self._heads()
        yield self._lag()

    def _lag(self) -> Metric:
        lag = GaugeMetricFamily(
            "ca_lag_seconds", "Age of the oldest publication that is not counted yet.", labels=["what"]
        )
        with self._database.public_reading() as session:
            lag.add_metric(["figures"], following.lag(session, keeping.FOLLOWER))
        return lag

    def _heads(self) -> Iterator[Metric]:
        position = GaugeMetricFamily(
            "ca_chain_position", "Last entry of a tenant's chain.", labels=["tenant"]
        )
        age = GaugeMetricFamily("ca_chain_head_age_seconds", "Age of that entry.", labels=["tenant"])
        now = clock.now()
        with self._database.public_reading() as session:
            for slug, at, last_date in session.exec(
                select(Tenant.slug, ChainHead.position, ChainHead.last_date).join(
                    ChainHead, col(ChainHead.tenant_id) == col(Tenant.tenant_id)
                )
            ):
                position.add_metric([slug], at)
                if last_date is not None:
                    age.add_metric([slug], (now - last_date).total_seconds())
        yield position
        yield age


def _jobs(session: WorkerSession) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("ca_jobs", "Jobs by state; those done leave the queue.", labels=["state"])
    counted = {str(state): int(number) for state, number in session.execute(_JOBS)}
    for state in ("todo", "doing", "failed"):
        jobs.add_metric([state], counted.get(state, 0))
    yield jobs
    oldest = session.execute(_OLDEST_JOB).scalar_one() or 0.0
    yield GaugeMetricFamily("ca_jobs_oldest_seconds", "Wait of the oldest job that could run.", value=oldest)


def _news(session: WorkerSession) -> Iterator[Metric]:
    waiting, oldest = session.execute(_NEWS).one()
    yield GaugeMetricFamily("ca_outbox_waiting", "News that nobody has been told of yet.", value=waiting)
    yield GaugeMetricFamily("ca_outbox_oldest_seconds", "Age of the oldest of them.", value=oldest or 0.0)


def _letters(session: WorkerSession) -> Iterator[Metric]:
    told = mail.figures(session)
    letters = GaugeMetricFamily("ca_letters", "Letters by what became of them.", labels=["state"])
    letters.add_metric(["waiting"], told.waiting)
    letters.add_metric(["failed"], told.failed)
    yield letters
    waited = (clock.now() - told.oldest_at).total_seconds() if told.oldest_at else 0.0
    yield GaugeMetricFamily("ca_letters_oldest_seconds", "Wait of the oldest letter.", value=waited)
