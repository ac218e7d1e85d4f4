"""Reading the inbox: the notices of one person in one tenant, as the hat they wear lets them see."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import col, select

from app.core import clock
from app.core.db import Actor, AuthSession, RwSession, WorkerSession
from app.core.outbox import OutboxEvent
from app.core.pagination import Page, cut, decode_cursor
from app.notifications.models import Notice, NoticePreference

ROWS = 30


def own(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that a notice is the actor's, and of a body that they see."""
    mine = and_(col(Notice.tenant_id) == actor.tenant_id, col(Notice.account_id) == actor.account_id)
    if actor.sujeto_obligado_id is None:
        return mine
    here = or_(
        col(Notice.sujeto_obligado_id).is_(None), col(Notice.sujeto_obligado_id) == actor.sujeto_obligado_id
    )
    return and_(mine, here)


def inbox(session: RwSession, actor: Actor, *, cursor: str | None = None, limit: int = ROWS) -> Page[Notice]:
    """Return notices, the newest first."""
    query = select(Notice).where(own(actor))
    if cursor:
        (before,) = decode_cursor(cursor, int)
        query = query.where(col(Notice.notice_id) < before)
    rows = session.exec(query.order_by(col(Notice.notice_id).desc()).limit(limit + 1)).all()
    return cut(rows, limit, lambda row: (row.notice_id or 0,))


def unread(session: RwSession, actor: Actor) -> int:
    """Return how many notices the actor has not read."""
    query = select(func.count()).select_from(Notice).where(own(actor), col(Notice.read_at).is_(None))
    return session.exec(query).one()


def preference(session: AuthSession, account_id: UUID) -> NoticePreference:
    """Return how a person wants to be told: what they chose, or a row of the defaults that is not stored."""
    held = session.get(NoticePreference, account_id)
    return held or NoticePreference(account_id=account_id, ways={}, digest_hour=8)


def with_news(session: WorkerSession) -> set[UUID]:
    """Return the tenants whose events wait to be told, or whose letters are due."""
    events = select(OutboxEvent.tenant_id).where(col(OutboxEvent.handled_at).is_(None)).distinct()
    letters = select(Notice.tenant_id).where(col(Notice.letter_due_at) <= clock.now()).distinct()
    return {*session.exec(events).all(), *session.exec(letters).all()}
