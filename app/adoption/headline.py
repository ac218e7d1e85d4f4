"""What the first page of who administers a garante says of its bodies."""

from app.adoption import pages, queries
from app.core.db import Actor, RwSession
from app.core.policy import Permission, allowed
from app.core.quarters import Quarter
from app.identity import invitations
from app.review.headlines import Headline, headline
from app.tenancy.queries import TenantView
from app.web.formats import plural
from app.web.shell import Link


@headline
def state_of_bodies(session: RwSession, actor: Actor, view: TenantView) -> Headline | None:
    """Return how many bodies are up to date, and what waits: the silent, invitations, what is past its day."""
    if not (allowed(actor, Permission.ADOPTION_READ) and allowed(actor, Permission.PEOPLE_MANAGE)):
        return None
    home, today = f"{view.base}/cumplimiento", view.today
    totals = queries.totals(session, actor, Quarter.of(today), today)
    if not totals.bodies:
        return None
    waiting = invitations.waiting(session, actor)
    things = (
        (
            totals.states["silent"],
            "sujeto obligado en silencio",
            "sujetos obligados en silencio",
            f"{home}?estado=silent",
        ),
        (
            waiting,
            "invitación sin respuesta",
            "invitaciones sin respuesta",
            f"{view.base}/personas/invitaciones",
        ),
        (totals.late, "versión vencida", "versiones vencidas", f"{home}?estado=behind"),
    )
    return Headline(
        pages.headline(totals, Quarter.of(today), is_running=True),
        home,
        tuple(Link(plural(count, one, many), href) for count, one, many, href in things if count),
    )
