"""Chores of the worker: sending letters."""

from app.core import logs, mail
from app.core.errors import AppError
from app.core.jobs import Workplace, chore
from app.core.mail_delivery import deliver, forget, server_of
from app.notifications.senders import composer
from app.tenancy.queries import TenantDirectory

_log = logs.get(__name__)


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
    if place.settings.smtp_url is None and figures.waiting:
        _log.warning("mail_waits_for_a_server", waiting=figures.waiting, mend="CA_SMTP_URL, CA_MAIL_FROM")
