"""Counting compliance: per body and quarter, again and again from the facts, so that no sum can drift.

Nothing is added to a number: whenever something of a body moved, all the numbers of that body are counted anew, and once
a day those of every body. So counting after each piece of news and counting everything at once give the same.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Date, Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import col

from app.adoption import facts
from app.adoption.models import ComplianceCount
from app.core import clock
from app.core.db import Actor, Database, RwSession
from app.core.jobs import apart
from app.core.outbox import OutboxEvent
from app.core.quarters import Quarter, window
from app.core.tables import among, table_of
from app.core.workdays import Calendar
from app.processes.models import VERSION_STATUSES, ContractingProcess, ProcessVersion
from app.tenancy import queries as tenancy
from app.tenancy.models import SujetoObligado, Tenant

TERM_DAYS = 10
"""Working days within which the signature of a contract is to be published."""
AT_ONCE = 500
"""Bodies that one transaction counts."""
OVERLAP = timedelta(minutes=2)
"""News this young is looked at again: a transaction that began before may still commit after."""
SELDOM = timedelta(minutes=10)
"""Where nothing moves, that somebody looked is written so often."""

_COUNT = table_of(ComplianceCount)

_FORGET = text(
    "DELETE FROM compliance WHERE tenant_id = :tenant AND sujeto_obligado_id = ANY(:bodies)"
).bindparams(bindparam("bodies", type_=ARRAY(Uuid)))

_RECOUNT = text(
    """
    WITH turn AS MATERIALIZED (
      SELECT p.sujeto_obligado_id, v.process_id, v.status, v.due_on, v.respond_by
      FROM process_version v
      JOIN contracting_process p ON p.tenant_id = v.tenant_id AND p.process_id = v.process_id
      WHERE v.tenant_id = :tenant AND p.sujeto_obligado_id = ANY(:bodies)
        AND v.status IN ('draft', 'in_review', 'returned', 'approved', 'scheduled')
    ), fact AS MATERIALIZED (
      SELECT p.sujeto_obligado_id, f.signed_on, f.seen_on, f.published_on, f.present, f.asked
      FROM compliance_fact f
      JOIN contracting_process p ON p.tenant_id = f.tenant_id AND p.process_id = f.process_id
      WHERE f.tenant_id = :tenant AND p.sujeto_obligado_id = ANY(:bodies)
        -- What was put away, or withdrawn and left so, owes nothing.
        AND (f.release_count > 0 OR f.process_id IN (SELECT process_id FROM turn))
    ), quarter AS (
      SELECT start, (start + interval '3 months')::date AS after FROM unnest(:quarters) AS start
    ), signature AS (
      SELECT fact.sujeto_obligado_id, one.signed_on, one.seen_on
      FROM fact, unnest(fact.signed_on, fact.seen_on) AS one(signed_on, seen_on)
    ), signing AS (
      SELECT s.sujeto_obligado_id, q.start,
        count(*) FILTER (WHERE s.signed_on >= q.start AND s.signed_on < q.after) AS signed,
        count(*) FILTER (WHERE s.seen_on IS NULL AND s.signed_on < q.after AND s.signed_on <= :cutoff) AS overdue,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(s.seen_on - s.signed_on, 0))
          FILTER (WHERE s.seen_on >= q.start AND s.seen_on < q.after) AS days
      FROM signature s, quarter q
      GROUP BY s.sujeto_obligado_id, q.start
    ), publishing AS (
      SELECT f.sujeto_obligado_id, q.start,
        count(*) FILTER (WHERE told.within) AS published,
        sum(f.present) FILTER (WHERE told.within) AS present,
        sum(f.asked) FILTER (WHERE told.within) AS asked,
        max(told.last) AS last
      FROM fact f, quarter q, LATERAL (
        SELECT coalesce(bool_or(day >= q.start), false) AS within, max(day) AS last
        FROM unnest(f.published_on) AS day WHERE day < q.after
      ) AS told
      GROUP BY f.sujeto_obligado_id, q.start
    ), pending AS (
      SELECT sujeto_obligado_id, :running AS start, count(*) AS open,
        count(*) FILTER (WHERE due_on < :today OR (status IN ('in_review', 'returned') AND respond_by < :today)) AS late
      FROM turn GROUP BY sujeto_obligado_id
    ), remark AS (
      SELECT p.sujeto_obligado_id, :running AS start, count(*) AS open, min(o.created_at) AS oldest
      FROM observation o
      JOIN contracting_process p ON p.tenant_id = o.tenant_id AND p.process_id = o.process_id
      WHERE o.tenant_id = :tenant AND p.sujeto_obligado_id = ANY(:bodies) AND o.status <> 'resolved'
      GROUP BY p.sujeto_obligado_id
    )
    INSERT INTO compliance (tenant_id, sujeto_obligado_id, quarter, published, signed, overdue, days, present, asked,
      last_published_on, pending, late, observations, observed_at)
    SELECT :tenant, sujeto_obligado_id, start, coalesce(published, 0), coalesce(signed, 0), coalesce(overdue, 0), days,
      coalesce(present, 0), coalesce(asked, 0), last, coalesce(pending.open, 0), coalesce(late, 0),
      coalesce(remark.open, 0), oldest
    FROM signing
    FULL JOIN publishing USING (sujeto_obligado_id, start)
    FULL JOIN pending USING (sujeto_obligado_id, start)
    FULL JOIN remark USING (sujeto_obligado_id, start)
    WHERE coalesce(published, 0) + coalesce(signed, 0) + coalesce(overdue, 0) + coalesce(pending.open, 0)
      + coalesce(remark.open, 0) > 0 OR days IS NOT NULL OR last IS NOT NULL
    """
).bindparams(
    bindparam("bodies", type_=ARRAY(Uuid)),
    bindparam("quarters", type_=ARRAY(Date)),
    bindparam("running", type_=Date),
    bindparam("cutoff", type_=Date),
    bindparam("today", type_=Date),
)


def keep(database: Database) -> None:
    """Count what moved in every tenant, and everything once a day; safe when several workers do it at once."""
    with database.public_reading() as session:
        tenants = session.execute(
            select(col(Tenant.tenant_id), col(Tenant.time_zone)).where(col(Tenant.status) == "active")
        ).all()
    for tenant_id, zone in tenants:
        with apart(counting=str(tenant_id)):
            keep_tenant(database, tenant_id, zone)


def keep_tenant(database: Database, tenant_id: UUID, zone: str) -> None:
    """Count what moved in one tenant, or everything when its day is a new one."""
    actor = Actor(tenant_id=tenant_id, role="system")
    with database.unit_of_work(actor) as session:
        state = _lock(session, actor)
        if state is None:
            return
        whole = state.counted_on != today_in(zone)
        look = _look(session, actor, state, whole=whole)
    if look.bodies and not _read(database, actor, zone, look.bodies):
        return
    with database.unit_of_work(actor) as session:
        state = _lock(session, actor)
        if state is None:
            return
        if look.bodies:
            recount(session, actor, sorted(look.bodies), today_in(zone))
        _remember(state, look, whole=whole)
        session.add(state)
    if whole:
        recount_all(database, actor, zone)


def recount_all(database: Database, actor: Actor, zone: str) -> None:
    """Count everything of a tenant anew, in units of work of their own; what was counted wrong is right after it.

    It stops where another worker is at it.

    Args:
        database: whose `app_rw` does it.
        actor: the service itself in the tenant.
        zone: the tenant's.
    """
    if not _read(database, actor, zone):
        return
    with database.unit_of_work(actor) as session:
        facts.forget_gone(session, actor)
    bodies: Sequence[UUID] = [UUID(int=0)]
    while bodies:
        with database.unit_of_work(actor) as session:
            state = _lock(session, actor)
            if state is None:
                return
            bodies = session.scalars(
                select(col(SujetoObligado.sujeto_obligado_id))
                .where(
                    col(SujetoObligado.tenant_id) == actor.tenant_id,
                    col(SujetoObligado.sujeto_obligado_id) > bodies[-1],
                )
                .order_by(col(SujetoObligado.sujeto_obligado_id))
                .limit(AT_ONCE)
            ).all()
            recount(session, actor, bodies, today_in(zone))
            state.counted_on, state.counted_at = today_in(zone), clock.now()
            if bodies:  # not done yet: whoever comes after a crash begins again
                state.counted_on = None
            session.add(state)


def recount(session: RwSession, actor: Actor, bodies: Sequence[UUID], today: date) -> None:
    """Count all numbers of some bodies anew from the facts.

    Args:
        session: bound to the actor.
        actor: of the tenant.
        bodies: whose numbers.
        today: the tenant's day.
    """
    named = {"tenant": actor.tenant_id, "bodies": list(bodies)}
    session.execute(_FORGET, named)
    session.execute(
        _RECOUNT,
        {
            **named,
            "quarters": [quarter.start for quarter in window(today)],
            "running": Quarter.of(today).start,
            "cutoff": cutoff(tenancy.calendar(session, actor), today),
            "today": today,
        },
    )


def cutoff(calendar: Calendar, today: date) -> date:
    """Return the last day whose signatures had to be public before today."""
    day = today - timedelta(days=1)
    while calendar.add(day, TERM_DAYS) >= today:
        day -= timedelta(days=1)
    return day


def today_in(zone: str) -> date:
    """Return the day it is in a zone now."""
    return clock.now().astimezone(ZoneInfo(zone)).date()


def _read(database: Database, actor: Actor, zone: str, bodies: Collection[UUID] | None = None) -> bool:
    """Read what moved on, of some bodies or of all, in units of work; return False where another worker is at it."""
    after: UUID | None = UUID(int=0)
    while after is not None:
        with database.unit_of_work(actor) as session:
            if _lock(session, actor) is None:
                return False
            after = facts.refresh(session, actor, zone, after, bodies)
    return True


def _lock(session: RwSession, actor: Actor) -> ComplianceCount | None:
    """Take the tenant's counting for this transaction; None when another worker is at it."""
    session.execute(upsert(_COUNT).values(tenant_id=actor.tenant_id).on_conflict_do_nothing())
    return session.scalars(
        select(ComplianceCount)
        .where(col(ComplianceCount.tenant_id) == actor.tenant_id)
        .with_for_update(skip_locked=True)
    ).one_or_none()


@dataclass(frozen=True, slots=True)
class _Look:
    """What was seen to have moved, and up to where was looked: remembered only once it is counted.

    Attributes:
        event_id: of the last settled piece of news; None where there is none since the look before.
    """

    bodies: set[UUID]
    event_id: int | None
    at: datetime


def _look(session: RwSession, actor: Actor, state: ComplianceCount, *, whole: bool) -> _Look:
    """Return the bodies of which something moved; where everything is counted anyway, none needs to be looked at."""
    now = clock.now()
    process, event = table_of(ContractingProcess).c, table_of(OutboxEvent).c
    bodies: set[UUID] = set()
    if not whole:
        ids, ocids, bodies = _news(session, actor, state)
        bodies.update(
            session.scalars(
                select(process.sujeto_obligado_id).where(
                    process.tenant_id == actor.tenant_id,
                    among(ContractingProcess.process_id, ids) | among(ContractingProcess.ocid, ocids),
                )
            )
        )
    last = session.scalar(
        select(event.event_id)
        .where(event.tenant_id == actor.tenant_id, event.event_id > state.event_id, event.at < now - OVERLAP)
        .order_by(event.event_id.desc())
        .limit(1)
    )
    return _Look(bodies, last, now)


def _remember(state: ComplianceCount, look: _Look, *, whole: bool) -> None:
    seldom = state.counted_at is None or look.at - state.counted_at > SELDOM
    if whole or look.bodies or look.event_id or seldom:
        state.event_id = max(state.event_id, look.event_id or 0)
        state.touched_until, state.counted_at = look.at - OVERLAP, look.at


def _news(session: RwSession, actor: Actor, state: ComplianceCount) -> tuple[set[UUID], set[str], set[UUID]]:
    """Return what news is about: processes, by identifier and by ocid, those of which a version moved, and bodies.

    A body's own news may be that it came from another tenant or went there, with its processes.
    """
    event = table_of(OutboxEvent).c
    ids = set(
        session.scalars(
            select(col(ProcessVersion.process_id)).where(
                col(ProcessVersion.tenant_id) == actor.tenant_id,
                among(ProcessVersion.status, VERSION_STATUSES),
                col(ProcessVersion.updated_at) >= (state.touched_until or clock.now() - OVERLAP),
            )
        )
    )
    ocids: set[str] = set()
    bodies: set[UUID] = set()
    payloads = session.scalars(
        select(event.payload).where(event.tenant_id == actor.tenant_id, event.event_id > state.event_id)
    )
    for payload in payloads:
        if "process_id" in payload:
            ids.add(UUID(payload["process_id"]))
        if "ocid" in payload:
            ocids.add(payload["ocid"])
        if "sujeto_obligado_id" in payload:
            bodies.add(UUID(payload["sujeto_obligado_id"]))
    return ids, ocids, bodies
