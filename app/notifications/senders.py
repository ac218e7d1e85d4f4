"""In whose name a letter goes out: a garante, in its own colours and from its own host, or the service."""

from collections.abc import Callable
from email.message import EmailMessage
from urllib.parse import urlsplit

from app.core import clock, keys
from app.core.mail import MailMessage, content_of
from app.core.mail_rendering import SERVICE, Sender, render
from app.settings import Settings
from app.tenancy.queries import TenantDirectory, TenantView
from app.web.theme import DEFAULT_ACCENT, ON_PAPER, PAPER, legible


def sender_of(settings: Settings, view: TenantView | None) -> Sender:
    """Return the sender of a tenant's letters, or of the service's own."""
    public = urlsplit(settings.public_url or f"http://{settings.host}:{settings.port}")
    if view is None:
        return Sender(name=SERVICE, address=settings.mail_from, origin=f"{public.scheme}://{public.netloc}")
    host = view.hosts[0] + (f":{public.port}" if public.port else "") if view.hosts else public.netloc
    return Sender(
        name=view.known_as,
        full_name=view.name,
        address=settings.mail_from,
        reply_to=view.reply_to,
        accent=legible(view.accent or DEFAULT_ACCENT, PAPER, ON_PAPER),
        origin=f"{public.scheme}://{host}",
        base=f"/{view.slug}" if view.hosts else "",
    )


def composer(settings: Settings, directory: TenantDirectory) -> Callable[[MailMessage], EmailMessage]:
    """Return what renders a letter that waits, in the name of its tenant as it is called today."""

    def compose(row: MailMessage) -> EmailMessage:
        views = {view.tenant_id: view for view in directory.all()}
        sender = sender_of(settings, views.get(row.tenant_id) if row.tenant_id else None)
        return render(content_of(row), sender, keys.of(settings), message_id=row.message_id, at=clock.now())

    return compose
