"""Deadlines that come near or have passed: told once to whoever has to act, all of theirs of one day in one notice.

A deadline is near on the working day before it; what a worker that was away did not tell is told late.
"""

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
from app.tenancy import queries as tenancy
from app.tenancy.queries import TenantView

LATEST = timedelta(days=30)
"""What passed longer ago is told no more; the desk shows it still."""


def remind(database: Database, view: TenantView) -> None:
    """Tell of what is due up to the next working day and of what was due before today, to those not told of that day."""
    actor, today = Actor(tenant_id=view.tenant_id, role="system"), view.today
    with database.unit_of_work(actor) as session:
        soon = tenancy.calendar(session, actor).add(today, 1)
        _tell(session, actor, view, "deadline.near", (today, soon))
        _tell(session, actor, view, "deadline.over", (today - LATEST, today - timedelta(days=1)))


def _tell(session: RwSession, actor: Actor, view: TenantView, kind: str, days: tuple[date, date]) -> None:
    rows = session.execute(
        sa.select(
            col(ProcessVersion.process_id),
            col(ProcessVersion.number),
            col(ProcessVersion.status),
            col(ProcessVersion.reviewer_id),
            col(ProcessVersion.responsible),
            col(ContractingProcess.sujeto_obligado_id),
            col(ProcessVersion.respond_by),
            col(ProcessVersion.due_on),
        )
        .join(
            ContractingProcess,
            (col(ContractingProcess.tenant_id) == col(ProcessVersion.tenant_id))
            & (col(ContractingProcess.process_id) == col(ProcessVersion.process_id)),
        )
        .where(
            col(ProcessVersion.tenant_id) == actor.tenant_id,
            col(ProcessVersion.status).in_(OPEN_STATUSES),
            or_(col(ProcessVersion.respond_by).between(*days), col(ProcessVersion.due_on).between(*days)),
        )
    ).all()
    if not rows:
        return
    newsroom = Newsroom(session, actor, {row[0] for row in rows})
    theirs: dict[tuple[UUID, str], list[tuple[UUID, UUID]]] = defaultdict(list)
    for process_id, number, status, reviewer, responsible, sujeto, *dates in rows:
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
        for due in {day for day in dates if day is not None and days[0] <= day <= days[1]}:
            for account in acting:
                theirs[account, f"{kind}:{due.isoformat()}"].append((process_id, sujeto))
    told = session.exec(
        select(Notice.account_id, Notice.topic).where(
            Notice.tenant_id == actor.tenant_id,
            among(Notice.account_id, {account for account, _ in theirs}),
            among(Notice.topic, {topic for _, topic in theirs}),
        )
    ).all()
    news = []
    for account, topic in sorted(theirs.keys() - set(told), key=lambda pair: pair[1]):
        held = theirs[account, topic]
        bodies = {sujeto for _, sujeto in held}
        news.append(
            News(
                kind,
                clock.now(),
                frozenset({account}),
                sujeto_obligado_id=bodies.pop() if len(bodies) == 1 else None,
                refs={"process_id": str(held[0][0])} if len(held) == 1 else {},
                topic=topic,
                count=len(held),
            )
        )
    write(session, view, news)
