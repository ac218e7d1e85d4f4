"""One's own account: who I am here, what I may be, where I am signed in, how I prove it."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.core.policy import ROLE_LABELS
from app.identity import queries, sessions
from app.identity.deps import DatabaseDep, SignedInDep
from app.identity.queries import SessionView, SignedIn
from app.web.templating import page

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class AccountPage:
    """Context of `identity/account.html`."""

    who: SignedIn
    platform_roles: tuple[str, ...]
    sessions: tuple[SessionView, ...]


@router.get("/cuenta", response_model=None)
def account(request: Request, who: SignedInDep, database: DatabaseDep) -> Response:
    """Show who I am here, what I may be, and where I am signed in."""
    with database.auth_work(who.account_id) as session:
        open_ = queries.open_sessions(session, who)
    roles = tuple(ROLE_LABELS[role] for role in who.platform_roles)
    return page(request, "identity/account.html", AccountPage(who, roles, tuple(open_)))


@router.post("/cuenta/sesiones/{session_id}/cierre", response_model=None)
def revoke(session_id: UUID, who: SignedInDep, database: DatabaseDep) -> Response:
    """Close one of my own sessions."""
    sessions.revoke_session(database, who, session_id)
    return RedirectResponse("/cuenta", 303)
