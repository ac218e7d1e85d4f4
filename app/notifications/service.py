"""From events to notices, and from notices to letters, each once.

An event is handled in the transaction that writes its notices, and a letter posted in the one that says so of its
notice: a worker that dies repeats the whole. One worker at a time works for a tenant. An event that cannot be understood
is parked with its fault and holds up no other, and letters that cannot be written hold up no news.

Several notices alike, by one person, become one with their count: while more of them come within five minutes of each
other, and for an hour at most, the letter waits, so that forty submissions are one letter.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_, update
from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import col, select

from app.core import audit, clock, locks, logs, mail
from app.core.db import Actor, AuthSession, Database, RwSession
from app.core.errors import AppError, InvalidError
from app.core.mail import Act, Entry, Letter
from app.core.mail_delivery import ADDRESS
from app.core.outbox import OutboxEvent
from app.core.policy import Permission, require
from app.core.tables import among
from app.notifications.kinds import CHOSEN, KINDS, Way
from app.notifications.models import WAYS, Notice, NoticePreference
from app.notifications.news import News, Newsroom, People
from app.notifications.queries import own, preference
from app.notifications.wording import Told, tell
from app.tenancy.queries import TenantView, tenant
from app.web.formats import long_date_es

_log = logs.get(__name__)

BATCH = 500
STALE = timedelta(days=2)
"""Older news is nobody's any more: a service that was away for long does not pour it out."""
QUIET, TOGETHER = timedelta(minutes=5), timedelta(hours=1)
PREFERENCES = "/cuenta/avisos"
_POISON = (AppError, LookupError, TypeError, ValueError, DataError, IntegrityError)


def consume(database: Database, view: TenantView) -> int:
    """Tell a tenant's news and post its letters that are due; return how many events were handled."""
    actor, handled = Actor(tenant_id=view.tenant_id, role="system"), 0
    while True:
        try:
            count = _round(database, actor, view)
        except _POISON:
            count = _one_by_one(database, actor, view)
        handled += count
        if count < BATCH:
            break
    with database.unit_of_work(actor) as session:
        if _is_alone(session, view):
            post_letters(session, actor, view)
    return handled


def _one_by_one(database: Database, actor: Actor, view: TenantView) -> int:
    """Handle a batch event by event, and park those that cannot be."""
    with database.unit_of_work(actor) as session:
        waiting = [event.event_id for event in _waiting(session, actor, BATCH)]
    for event_id in waiting:
        try:
            _round(database, actor, view, only=event_id)
        except _POISON as fault:
            _log.exception("event_parked", tenant=view.slug, number=event_id)
            with database.unit_of_work(actor) as session:
                _mark(session, actor, [event_id], fault=f"{type(fault).__name__}: {fault}"[:500])
    return len(waiting)


def _round(database: Database, actor: Actor, view: TenantView, only: int | None = None) -> int:
    """Handle a batch in one transaction, unless another worker is at it."""
    with database.unit_of_work(actor) as session:
        if not _is_alone(session, view):
            return 0
        events = _waiting(session, actor, BATCH, only)
        fresh = [e for e in events if e.kind in KINDS and e.at > clock.now() - STALE]
        if fresh:
            newsroom = Newsroom.of(session, actor, fresh)
            found = [news for event in fresh if (news := newsroom.news(event)) is not None]
            write(session, view, found)
        _mark(session, actor, [event.event_id for event in events])
        return len(events)


def _is_alone(session: RwSession, view: TenantView) -> bool:
    """Take the tenant's news for this transaction, unless another worker is at it."""
    return locks.take(session, f"avisos:{view.tenant_id}")


def _waiting(session: RwSession, actor: Actor, limit: int, only: int | None = None) -> Sequence[OutboxEvent]:
    query = select(OutboxEvent).where(
        OutboxEvent.tenant_id == actor.tenant_id, col(OutboxEvent.handled_at).is_(None)
    )
    if only is not None:
        query = query.where(OutboxEvent.event_id == only)
    return session.exec(query.order_by(col(OutboxEvent.event_id)).limit(limit)).all()


def _mark(session: RwSession, actor: Actor, events: Iterable[int], fault: str = "") -> None:
    session.execute(
        update(OutboxEvent)
        .where(col(OutboxEvent.tenant_id) == actor.tenant_id, among(OutboxEvent.event_id, events))
        .values(handled_at=clock.now(), fault=fault)
        .execution_options(synchronize_session=False)
    )


def write(session: RwSession, view: TenantView, news: Iterable[News]) -> None:
    """Write the notices of news, in its order, joining those alike.

    Args:
        session: of the service itself, in the tenant.
        view: of the tenant.
        news: whose topics, where they have one, have not been told before.
    """
    found = list(news)
    everybody = {account for one in found for account in one.recipients}
    wishes = _wishes(session, everybody)
    open_ = _open_notices(session, view, everybody)
    for one in found:
        for account in sorted(one.recipients):
            key = (account, one.kind, one.by)
            held = open_.get(key)
            wish = wishes.get(account)
            way = _way(wish, one.kind)
            if held is not None and not one.topic and one.at - held.first_at < TOGETHER:
                held.count, held.at, held.refs = held.count + 1, one.at, one.refs
                if held.sujeto_obligado_id != one.sujeto_obligado_id:
                    held.sujeto_obligado_id = None
                if held.way == "immediate":
                    held.letter_due_at = min(held.first_at + TOGETHER, one.at + QUIET)
                continue
            fresh = Notice(
                tenant_id=view.tenant_id,
                account_id=account,
                kind=one.kind,
                by_account_id=one.by,
                sujeto_obligado_id=one.sujeto_obligado_id,
                refs=one.refs,
                topic=one.topic,
                count=one.count,
                way=way,
                first_at=one.at,
                at=one.at,
                letter_due_at=_due(way, one.at, view, wish),
            )
            session.add(fresh)
            open_[key] = fresh
    session.flush()


def _open_notices(
    session: RwSession, view: TenantView, accounts: Iterable[UUID]
) -> dict[tuple[UUID, str, UUID | None], Notice]:
    """Return the notices that more of the same may still join, the newest of each."""
    rows = session.exec(
        select(Notice)
        .where(
            Notice.tenant_id == view.tenant_id,
            among(Notice.account_id, accounts),
            col(Notice.read_at).is_(None),
            col(Notice.first_at) > clock.now() - TOGETHER - STALE,
            or_(col(Notice.way) == "inbox", col(Notice.letter_due_at).is_not(None)),
            Notice.topic == "",
        )
        .order_by(col(Notice.notice_id))
    ).all()
    return {(row.account_id, row.kind, row.by_account_id): row for row in rows}


def _wishes(session: RwSession, accounts: Iterable[UUID]) -> dict[UUID, NoticePreference]:
    rows = session.exec(select(NoticePreference).where(among(NoticePreference.account_id, accounts))).all()
    return {row.account_id: row for row in rows}


def _way(wish: NoticePreference | None, kind: str) -> Way:
    chosen = wish.ways.get(kind) if wish and kind in CHOSEN else None
    return chosen if chosen in ("immediate", "digest", "inbox") else KINDS[kind].way  # type: ignore[return-value]


def _due(way: Way, at: datetime, view: TenantView, wish: NoticePreference | None) -> datetime | None:
    if way == "immediate":
        return at + QUIET
    return next_digest(at, view.time_zone, wish.digest_hour if wish else 8) if way == "digest" else None


def next_digest(after: datetime, zone: str, hour: int) -> datetime:
    """Return the next moment at which it is this hour in a zone."""
    local = after.astimezone(ZoneInfo(zone))
    today = datetime.combine(local.date(), time(hour), ZoneInfo(zone))
    return (
        today
        if today > local
        else datetime.combine(local.date() + timedelta(days=1), time(hour), today.tzinfo)
    )


def post_letters(session: RwSession, actor: Actor, view: TenantView) -> None:
    """Post the letters that are due: one for each notice told at once, one a day for all of a summary."""
    now = clock.now()
    due = session.exec(
        select(Notice)
        .where(Notice.tenant_id == actor.tenant_id, col(Notice.letter_due_at) <= now)
        .order_by(col(Notice.notice_id))
    ).all()
    if not due:
        return
    for notice in due:
        if notice.kind not in KINDS:  # of a version of this service that is not this one
            notice.letter_due_at = None
            _log.warning(
                "letter_of_unknown_kind", tenant=view.slug, notice=notice.notice_id, kind=notice.kind
            )
    people = People(session, actor)
    summaries: dict[UUID, list[Told]] = {}
    for told in tell(session, actor, view.slug, due):
        notice = told.notice
        member = people.by_account.get(notice.account_id)
        seen = people.at([notice.account_id], notice.sujeto_obligado_id)
        if not seen or member is None or notice.read_at is not None:  # left, or knows already
            notice.letter_due_at = None
        elif notice.way == "digest":
            summaries.setdefault(notice.account_id, []).append(told)
        else:
            mail.post(session, _letter(told, member.email))
            notice.letter_due_at = None
    for account, listed in summaries.items():
        again = next_digest(now, view.time_zone, now.astimezone(ZoneInfo(view.time_zone)).hour)
        posted = mail.post(session, _summary(view, people.by_account[account].email, account, listed))
        for told in listed:  # whoever moved the hour of a day's summary gets the rest with the next one
            told.notice.letter_due_at = None if posted else again
    session.flush()


def _letter(told: Told, to: str) -> Letter:
    return Letter(
        key=f"notice:{told.notice.notice_id}",
        to=to,
        kind=told.notice.kind,
        subject=told.title,
        paragraphs=(told.sentence or f"{told.title}.", *told.kept),
        act=Act(told.act, told.path),
        preferences=PREFERENCES,
    )


def _summary(view: TenantView, to: str, account: UUID, listed: Sequence[Told]) -> Letter:
    day = view.today
    return Letter(
        key=f"digest:{account}:{day.isoformat()}",
        to=to,
        kind="digest",
        subject=f"Resumen del {long_date_es(day)}",
        paragraphs=("Esto pasó desde tu último resumen.",),
        entries=tuple(
            Entry(told.title, told.path, " ".join((told.sentence, *told.kept)).strip()) for told in listed
        ),
        act=Act("Ver todos los avisos", f"/{view.slug}/avisos"),
        preferences=PREFERENCES,
    )


def read(session: RwSession, actor: Actor, notice_id: int) -> Notice | None:
    """Note that a person has read one of their notices; None when it is not there, or is somebody else's."""
    row = session.exec(select(Notice).where(own(actor), Notice.notice_id == notice_id)).one_or_none()
    if row is not None:
        row.read_at = row.read_at or clock.now()
        session.add(row)
        session.flush()
    return row


def read_all(session: RwSession, actor: Actor, newest: int) -> None:
    """Note that a person has read all that their inbox showed them, and nothing that came since.

    Args:
        session: bound to the actor.
        actor: whose inbox.
        newest: the number of the newest notice that was shown.
    """
    session.execute(
        update(Notice)
        .where(own(actor), col(Notice.read_at).is_(None), col(Notice.notice_id) <= newest)
        .values(read_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def choose(session: AuthSession, account_id: UUID, ways: Mapping[str, str], digest_hour: int) -> None:
    """Keep how a person wants to be told; what is as by default is not kept, so that defaults may change.

    Raises:
        InvalidError: a kind, a way or an hour that does not exist.
    """
    if not set(ways) <= set(CHOSEN) or not set(ways.values()) <= set(WAYS) or digest_hour not in range(24):
        raise InvalidError("Elige para cada aviso una de las tres formas, y una hora entera del día.")
    row = preference(session, account_id)
    row.ways = {kind: way for kind, way in ways.items() if way != KINDS[kind].way}
    row.digest_hour = digest_hour
    session.add(row)
    session.flush()


def set_reply_to(session: RwSession, actor: Actor, address: str) -> None:
    """Choose where answers to the tenant's letters go; empty: nobody reads them.

    Raises:
        ForbiddenError: the role does not set what is the tenant's.
        InvalidError: it is no e-mail address.
    """
    require(actor, Permission.TENANT_MANAGE)
    if address and not ADDRESS.fullmatch(address):
        raise InvalidError("Escribe una dirección de correo, por ejemplo contacto@organismo.mx.")
    row = tenant(session, actor)
    row.reply_to = address
    session.add(row)
    session.flush()
    audit.record(session, "tenant.decide", "tenant", row.tenant_id, columns=["reply_to"])
