"""Publishing at a time said before: an approved version waits until then, or until somebody says otherwise.

A job carries it out, idempotent under the lock of the process: it looks at the version as it is, so that one that was
cancelled, put off or published meanwhile is none of its business. What can no longer go out is approved again, and so is
what was due while the tenant was suspended, when nobody could have cancelled it. Where a job was lost, a chore does its
work.
"""

import math
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from app.core import audit, clock, logs, outbox
from app.core.db import Actor, Database, RwSession
from app.core.errors import AppError, InvalidError, StaleError
from app.core.jobs import apart, named
from app.processes.models import ProcessVersion
from app.processes.queries import VersionRef, WorkingProcess, working_process
from app.processes.queries import version as version_row
from app.processes.workflow import VERSIONS
from app.publication.service import SYSTEM_ROLE, publish_batch
from app.review.policy import require_act
from app.review.queries import case
from app.tenancy import queries as tenancy
from app.tenancy.queries import TenantView

FARTHEST = timedelta(days=366)
"""Nobody schedules for later than that: it would be a slip of the year."""
DUE = named("publication.publish_due")
"""The job that publishes a scheduled version."""
LATE = timedelta(minutes=10)
"""After which a scheduled version is late: its job was lost, or cannot do it."""
ROUND = 100
"""Late versions of a tenant that one round of the chore looks after."""

_log = logs.get(__name__)


def schedule(
    session: RwSession, actor: Actor, ref: VersionRef, row_version: int, at: datetime
) -> ProcessVersion:
    """Say when an approved version shall be published.

    Args:
        session: bound to the actor.
        actor: who may publish it.
        ref: of the version.
        row_version: as the person saw it.
        at: aware; in the future.

    Raises:
        NotFoundError: absent or another's.
        ForbiddenError: the role does not publish.
        ConflictError: it is not approved.
        StaleError: somebody saved meanwhile.
        InvalidError: the moment has passed, or is more than a year away.
    """
    turn, policy = _turn(session, actor, ref, "schedule", row_version)
    wait = at - clock.now()
    if wait <= timedelta(0):
        raise InvalidError("Ese momento ya pasó: elige uno que esté por venir.")
    if wait > FARTHEST:
        raise InvalidError("Falta más de un año para ese momento. Revisa el año.")
    VERSIONS.apply(turn, "schedule", policy)
    turn.scheduled_for = at
    _moved(session, turn, "schedule", at=at.isoformat())
    outbox.emit(session, "review.scheduled", [{"process_id": str(ref.process_id), "number": ref.number}])
    _ask(session, ref, wait)
    return turn


def cancel(session: RwSession, actor: Actor, ref: VersionRef, row_version: int) -> ProcessVersion:
    """Make a scheduled version wait for somebody to publish it; errors as `schedule`."""
    turn, policy = _turn(session, actor, ref, "cancel", row_version)
    VERSIONS.apply(turn, "cancel", policy)
    turn.scheduled_for = None
    _moved(session, turn, "cancel")
    return turn


def publish_due(database: Database, actor: Actor, ref: VersionRef) -> None:
    """Publish a version whose time has come, once; what cannot go out any more is approved again, and told.

    Args:
        database: where the tenant works.
        actor: of the job.
        ref: of the version.

    Raises:
        SuspendedError: nobody works in the tenant for now.
    """
    system = replace(actor, account_id=None, membership_id=None, role=SYSTEM_ROLE, sujeto_obligado_id=None)
    with database.unit_of_work(system) as session:
        working_since = tenancy.at_work(session, system).status_since
        process = working_process(session, system, ref.process_id, for_update=True)
        turn = version_row(session, system, ref)
        if turn.status != "scheduled" or turn.scheduled_for is None:
            return
        wait = turn.scheduled_for - clock.now()
        if wait > timedelta(0):  # put off since, or two clocks that differ
            _ask(session, ref, wait)
            return
        slept = working_since is not None and turn.scheduled_for < working_since
        codes = ["suspended"] if slept else _publish(session, system, ref)
        if codes:
            _miss(session, turn, process.policy, codes)


def publish_late(database: Database, views: Collection[TenantView]) -> None:
    """Do the work of jobs that were lost, where tenants work: no version stays scheduled when its hour is long gone."""
    for view in views:
        if view.status != "active":
            continue
        system = Actor(tenant_id=view.tenant_id, role=SYSTEM_ROLE)
        with database.unit_of_work(system) as session:
            late = session.exec(
                select(ProcessVersion.process_id, ProcessVersion.number)
                .where(
                    ProcessVersion.tenant_id == system.tenant_id,
                    ProcessVersion.status == "scheduled",
                    col(ProcessVersion.scheduled_for) < clock.now() - LATE,
                )
                .order_by(col(ProcessVersion.scheduled_for), col(ProcessVersion.process_id))
                .limit(ROUND)
            ).all()
        for process_id, number in late:
            with apart(publishing_late=str(process_id)):
                publish_due(database, system, VersionRef(process_id, number))


def unschedule(session: RwSession, actor: Actor, process: WorkingProcess, why: str) -> None:
    """Make a scheduled version of a process wait for a person after all, and say so.

    Args:
        session: bound to the actor, the process locked.
        actor: whose tenant it is.
        process: which; without a scheduled version nothing happens.
        why: code of what stood in the way.
    """
    if process.open_status == "scheduled" and process.open_number is not None:
        turn = version_row(session, actor, VersionRef(process.process_id, process.open_number))
        _miss(session, turn, process.policy, [why])


def _miss(session: RwSession, turn: ProcessVersion, policy: str, codes: list[str]) -> None:
    VERSIONS.apply(turn, "miss", policy)
    turn.scheduled_for = None
    _moved(session, turn, "miss", problems=codes)
    about = {"process_id": str(turn.process_id), "number": turn.number}
    outbox.emit(session, "review.schedule_failed", [about])


def _publish(session: RwSession, system: Actor, ref: VersionRef) -> list[str]:
    """Publish, or return the codes of what stood in the way, with nothing written."""
    try:
        with session.begin_nested():
            (outcome,) = publish_batch(session, system, [ref])
    except OperationalError:
        raise  # the database is away, or another transaction stood in the way: tried again
    except AppError as error:
        return [error.slug]
    except Exception:  # noqa: BLE001 - whatever it is, a person has to look at it, and learns so at its hour
        _log.exception("schedule_failed", process=ref.process_id)
        return ["fault"]
    return sorted({str(problem["code"]) for problem in outcome.problems})


def _turn(
    session: RwSession, actor: Actor, ref: VersionRef, action: str, row_version: int
) -> tuple[ProcessVersion, str]:
    process = working_process(session, actor, ref.process_id, for_update=True)
    found = case(session, actor, process, ref)
    require_act(actor, found, action)
    if found.turn.row_version != row_version:
        raise StaleError("La versión cambió después de que abriste la página: vuelve a abrirla.")
    return found.turn, process.policy


def _moved(session: RwSession, turn: ProcessVersion, action: str, **detail: Any) -> None:
    turn.row_version += 1
    turn.updated_at = clock.now()
    session.add(turn)
    session.flush()
    audit.record(
        session,
        f"process.{action}",
        "contracting_process",
        turn.process_id,
        version=turn.number,
        **detail,
    )


def queue_again(session: RwSession, actor: Actor) -> int:
    """Ask anew for the job of every scheduled version of a tenant that came from elsewhere; returns how many."""
    rows = session.exec(
        select(ProcessVersion).where(
            ProcessVersion.tenant_id == actor.tenant_id, ProcessVersion.status == "scheduled"
        )
    ).all()
    for row in rows:
        _ask(
            session, VersionRef(row.process_id, row.number), (row.scheduled_for or clock.now()) - clock.now()
        )
    return len(rows)


def _ask(session: RwSession, ref: VersionRef, wait: timedelta) -> None:
    DUE.defer(
        session,
        after_seconds=max(1, math.ceil(wait.total_seconds())),
        process_id=str(ref.process_id),
        number=str(ref.number),
    )
