"""The week's signed head, put into the hands of many: who keeps the letter can show that a history was rewritten."""

from sqlmodel import select

from app.core import clock, json, locks
from app.core.db import Actor, Database
from app.notifications.models import Notice
from app.notifications.news import News, People
from app.notifications.service import write
from app.tenancy.queries import TenantView

KIND = "head.signed"
_ROLES = ("garante_admin", "so_admin")


def give(database: Database, view: TenantView) -> None:
    """Tell those who administer the tenant or a body of the last signed head, unless they were told this week.

    Of a chain without entries nothing is told: there is nothing yet to keep.
    """
    if view.head is None or not json.loads(view.head.statement)["position"]:
        return
    year, week, _ = view.today.isocalendar()
    topic = f"{KIND}:{year}-{week:02}"
    actor = Actor(tenant_id=view.tenant_id, role="system")
    with database.unit_of_work(actor) as session:
        if not locks.take(session, f"cabeza:{view.tenant_id}"):
            return
        told = session.exec(
            select(Notice.account_id).where(Notice.tenant_id == view.tenant_id, Notice.topic == topic)
        ).all()
        members = People(session, actor).members
        missing = {member.account_id for member in members if member.role in _ROLES}.difference(told)
        if missing:
            refs = {"head": view.head.day.isoformat()}
            write(session, view, [News(KIND, clock.now(), frozenset(missing), refs=refs, topic=topic)])
