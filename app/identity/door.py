"""What every way in shares: where somebody comes from, the cookie that keeps them in, and where they begin."""

from fastapi import Request
from starlette.responses import Response

from app.identity.deps import PLATFORM, cookie_name
from app.identity.device import address_of
from app.identity.queries import MembershipView, SignedIn
from app.identity.sessions import NewSession, Visit
from app.settings import Settings


def visit_of(request: Request, settings: Settings) -> Visit:
    """Return where a request comes from, and the token that its browser still holds."""
    return Visit(
        address=address_of(request),
        user_agent=request.headers.get("user-agent", ""),
        old_token=request.cookies.get(cookie_name(settings)),
    )


def keep_cookie(answer: Response, settings: Settings, opened: NewSession) -> None:
    """Let the browser keep the token of a session just opened."""
    answer.set_cookie(
        cookie_name(settings),
        opened.token,
        max_age=settings.session_hours * 3600,
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def home_of(request: Request, who: SignedIn) -> str:
    """Return where a person begins: the desk of the hat they wear, on a tenant's own host one of that tenant's."""
    own_host: str | None = getattr(request.state, "tenant_host", None)
    hats = [hat for hat in who.memberships if own_host in (None, hat.tenant_slug)]
    hat: MembershipView | None = next(
        (hat for hat in hats if hat.membership_id == who.membership_id), hats[0] if hats else None
    )
    if hat is None and own_host is None and "platform_operator" in who.platform_roles:
        return PLATFORM
    return f"/{hat.tenant_slug}/panel" if hat else "/cuenta"
