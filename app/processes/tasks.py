"""Jobs of processes: judging a working document again after it was edited.

Validating a whole document costs many times what saving a field does, so an edit only marks the counts of errors and
advice as stale and asks for this job: one at a time per process, however many edits come. Lists say «Por revisar» until
it has run.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import update
from sqlmodel import select

from app.core import clock
from app.core.db import Actor, RwSession
from app.core.jobs import Workplace, tenant_task
from app.core.tables import table_of
from app.processes import drafting
from app.processes.models import ContractingProcess, ProcessVersion
from app.processes.queries import VersionRef, load_by_id, published_before
from app.tenancy.queries import tenant

QUIET_SECONDS = 3
"""How long after the first edit the job runs: people change several fields in a row."""
LOST = timedelta(minutes=10)
"""A job asked for longer ago has been lost: the next edit asks again."""


@tenant_task("processes.examine")
def examine(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Count errors and advice of the open version, until no edit came in between."""
    process_id = UUID(ids["process_id"])
    settled = False
    while not settled:
        with place.database.unit_of_work(actor) as session:
            settled = count_again(session, actor, process_id)


def count_again(session: RwSession, actor: Actor, process_id: UUID) -> bool:
    """Judge the open version as it is now and keep the counts; False when it was edited meanwhile."""
    process = load_by_id(session, actor, [process_id]).get(process_id)
    if process is None or process.open_number is None:
        return True
    found = drafting.examine(
        process.ocid,
        process.document,
        natural_rfc_public=tenant(session, actor).natural_rfc_public,
        released=published_before(session, actor, process_id),
    )
    # Judged without the lock, so that nobody's edit waits for it; kept under it.
    now = session.exec(
        select(ContractingProcess.document_version)
        .where(ContractingProcess.tenant_id == actor.tenant_id, ContractingProcess.process_id == process_id)
        .with_for_update()
    ).one()
    if now != process.seq:
        return False
    table = table_of(ProcessVersion)
    session.connection().execute(
        update(table)
        .where(
            table.c.tenant_id == actor.tenant_id,
            table.c.process_id == process_id,
            table.c.number == process.open_number,
        )
        .values(error_count=len(found.errors), advice_count=len(found.advice), stale_since=None)
    )
    return True


def ask(session: RwSession, actor: Actor, ref: VersionRef) -> None:
    """Mark the counts of a version as stale and ask for new ones, unless somebody has; its process is locked."""
    table, now = table_of(ProcessVersion), clock.now()
    marked = session.connection().execute(
        update(table)
        .where(
            table.c.tenant_id == actor.tenant_id,
            table.c.process_id == ref.process_id,
            table.c.number == ref.number,
            table.c.stale_since.is_(None) | (table.c.stale_since < now - LOST),
        )
        .values(stale_since=now)
    )
    if marked.rowcount:
        examine.defer(session, after_seconds=QUIET_SECONDS, process_id=str(ref.process_id))
