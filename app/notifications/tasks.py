"""Chores of the worker: telling news, reminding of deadlines, sending letters."""

from datetime import datetime
from zoneinfo import ZoneInfo

from app.core import clock, logs, mail
from app.core.errors import AppError
from app.core.jobs import Workplace, apart, chore
from app.core.mail_delivery import deliver, forget, server_of
from app.notifications import deadlines, heads, queries, service
from app.notifications.senders import composer
from app.proof.heads import last_heads
from app.tenancy.queries import TenantDirectory

_log = logs.get(__name__)

MORNING = 6
"""Local hour from which the day's deadlines are told: before the day's summaries."""


@chore(every_seconds=5)
def tell_news(place: Workplace) -> None:
    """Make notices and letters of what happened; what goes wrong in one tenant stops no other."""
    with place.database.worker_work() as session:
        waiting = queries.with_news(session)
    if not waiting:
        return
    for view in TenantDirectory(place.database).all():
        if view.tenant_id in waiting:
            with apart(telling_news_of=view.slug):
                service.consume(place.database, view)


@chore(every_seconds=1800)
def remind_of_deadlines(place: Workplace) -> None:
    """Tell of deadlines, once a day in every tenant."""
    now = clock.now()
    for view in TenantDirectory(place.database).all():
        if view.status == "active" and _local(now, view.time_zone).hour >= MORNING:
            with apart(reminding_of_deadlines=view.slug):
                deadlines.remind(place.database, view)


def _local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone))


@chore(every_seconds=3600)
def give_heads(place: Workplace) -> None:
    """Give the last signed head, once a week in every tenant, to whoever administers it or one of its bodies."""
    for view in TenantDirectory(place.database, heads=last_heads).all():
        if view.status == "active":
            with apart(giving_heads_of=view.slug):
                heads.give(place.database, view)


@chore(every_seconds=10)
def send_letters(place: Workplace) -> None:
    """Send what is due; without a mail server letters wait."""
    try:
        server = server_of(place.settings)
        if server is not None:
            deliver(place.database, server, composer(place.settings, TenantDirectory(place.database)))
    except AppError as error:  # settings or keys: whoever operates mends them, and the chore goes on
        _log.error("mail_not_sent", said=error.detail)


@chore(every_seconds=3600)
def keep_the_post(place: Workplace) -> None:
    """Forget what old letters said, and tell whoever operates that letters wait for a mail server."""
    forget(place.database)
    with place.database.worker_work() as session:
        figures = mail.figures(session)
    if not place.settings.mail_is_sent and figures.waiting:
        _log.warning("mail_waits_for_a_server", waiting=figures.waiting, mend="CA_SMTP_URL, CA_MAIL_FROM")
