"""Deadlines that come near or have passed: told once a day to whoever has to act, all of theirs in one notice."""

from collections import defaultdict
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, or_, select

from app.core import clock
from app.core.db import Actor, Database, RwSession
from app.core.policy import Permission
from app.core.tables import among
from app.notifications.models import Notice
from app.notifications.news import News, Newsroom
from app.notifications.service import write
from app.processes.models import OPEN_STATUSES, ContractingProcess, ProcessVersion
from app.tenancy.queries import TenantView


def remind(database: Database, view: TenantView) -> None:
    """Tell of what is due tomorrow and of what was due yesterday, to those who were not told today."""
    actor = Actor(tenant_id=view.tenant_id, role="system")
    with database.unit_of_work(actor) as session:
        for kind, day in (("deadline.near", 1), ("deadline.over", -1)):
            _tell(session, actor, view, kind, view.today + timedelta(days=day))


def _tell(session: RwSession, actor: Actor, view: TenantView, kind: str, due: date) -> None:
    rows = session.execute(
        sa.select(
            col(ProcessVersion.process_id),
            col(ProcessVersion.number),
            col(ProcessVersion.status),
            col(ProcessVersion.reviewer_id),
            col(ProcessVersion.responsible),
            col(ContractingProcess.sujeto_obligado_id),
        )
        .join(
            ContractingProcess,
            (col(ContractingProcess.tenant_id) == col(ProcessVersion.tenant_id))
            & (col(ContractingProcess.process_id) == col(ProcessVersion.process_id)),
        )
        .where(
            col(ProcessVersion.tenant_id) == actor.tenant_id,
            col(ProcessVersion.status).in_(OPEN_STATUSES),
            or_(col(ProcessVersion.respond_by) == due, col(ProcessVersion.due_on) == due),
        )
    ).all()
    if not rows:
        return
    newsroom = Newsroom(session, actor, {row[0] for row in rows})
    theirs: dict[UUID, list[tuple[UUID, UUID]]] = defaultdict(list)
    for process_id, number, status, reviewer, responsible, sujeto in rows:
        turn = (process_id, number)
        if status == "in_review":
            acting = newsroom.people.at([reviewer], sujeto) or newsroom.approvers(sujeto, turn)
        elif status in ("draft", "returned"):
            acting = newsroom.people.at([responsible], sujeto)
            acting = acting or newsroom.people.at(newsroom.editors.get(turn, ()), sujeto)
        elif status == "approved":
            acting = newsroom.people.holding(Permission.PROCESS_PUBLISH, sujeto)
        else:  # programmed: nobody has to do anything
            acting = set()
        for account in acting:
            theirs[account].append((process_id, sujeto))
    topic = f"{kind}:{due.isoformat()}"
    told = session.exec(
        select(Notice.account_id).where(
            Notice.tenant_id == actor.tenant_id, among(Notice.account_id, theirs), Notice.topic == topic
        )
    ).all()
    for account in theirs.keys() - set(told):
        held = theirs[account]
        bodies = {sujeto for _, sujeto in held}
        news = News(
            kind,
            clock.now(),
            frozenset({account}),
            sujeto_obligado_id=bodies.pop() if len(bodies) == 1 else None,
            refs={"process_id": str(held[0][0])} if len(held) == 1 else {},
            topic=topic,
            count=len(held),
        )
        write(session, view, [news])
