"""The way to the inbox in the frame of every page of the desk."""

from fastapi import Request

from app.identity.deps import ActorDep, DatabaseDep, TenantDep
from app.notifications.queries import unread
from app.web import shell
from app.web.templating import wants_fragment


def inbox_link(request: Request, view: TenantDep, actor: ActorDep, database: DatabaseDep) -> None:
    """Say how many notices wait; only whole pages show it."""
    if request.method != "GET" or wants_fragment(request):
        return
    with database.unit_of_work(actor) as session:
        count = unread(session, actor)
    shell.dress(request, inbox=shell.Inbox(f"{view.base}/avisos", count))
