"""Jobs of publication: imports whose releases are published as they come in (policy `direct`), and what is scheduled."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import event

from app.core import logs
from app.core.db import Actor, RwSession
from app.core.jobs import Workplace, chore, tenant_task
from app.imports.service import PUBLISHING_TASK, apply_run
from app.processes.queries import VersionRef
from app.processes.service import PublishOutcome
from app.publication import filling, removals, reservations, scheduling, sequencing
from app.publication.scheduling import DUE
from app.publication.service import publish_batch
from app.publication.withdrawals import REMEMBER
from app.tenancy.queries import TenantDirectory

_log = logs.get(__name__)


@tenant_task(PUBLISHING_TASK)
def apply_import(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Apply an import and publish what its sujetos obligados publish directly, unit by unit."""
    apply_run(place.database, actor, UUID(ids["import_id"]), publisher=_publish, storage=place.storage)


@tenant_task(DUE.name)
def publish_due(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Publish a scheduled version whose time has come."""
    scheduling.publish_due(place.database, actor, VersionRef(UUID(ids["process_id"]), int(ids["number"])))


@tenant_task(REMEMBER.name)
def remember_removal(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Write down a withdrawal where no restored backup forgets it."""
    removals.remember(place.database, place.storage, actor, UUID(ids["request_id"]))


@chore(every_seconds=300)
def publish_late(place: Workplace) -> None:
    """Publish what should have been published a while ago."""
    scheduling.publish_late(place.database, TenantDirectory(place.database).all())


@chore(every_seconds=1800)
def expire_reservations(place: Workplace) -> None:
    """End the reservations whose term has passed."""
    reservations.expire(place.database, TenantDirectory(place.database).all())


@chore(every_seconds=2)
def give_national_numbers(place: Workplace) -> None:
    """Give what was published anywhere its place in the national order."""
    sequencing.give_numbers(place.database)


@chore(every_seconds=3600)
def fill_facets(place: Workplace) -> None:
    """Fill in what facets of before an upgrade lack."""
    filling.fill(place.database, TenantDirectory(place.database).all())


def _publish(session: RwSession, actor: Actor, versions: Sequence[VersionRef]) -> list[PublishOutcome]:
    """Publish a unit; the log tells when it began and when it was committed: between them it is in flight."""
    _log.info("publication_started", versions=len(versions))
    outcomes = publish_batch(session, actor, versions)
    published = sum(outcome.published for outcome in outcomes)

    @event.listens_for(session, "after_commit", once=True)
    def committed(_session: RwSession) -> None:
        _log.info("publication_committed", published=published)

    return outcomes
