"""Signing in and out, switching hats, one's own account."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field, SecretStr
from starlette.responses import Response

from app.core.db import Database
from app.core.errors import BadRequestError, TooManyRequestsError, UnauthenticatedError
from app.core.policy import ROLE_LABELS
from app.identity import queries, service
from app.identity.deps import DatabaseDep, SettingsDep, SignedInDep, VisitorDep, cookie_name
from app.identity.queries import MembershipView, SessionView, SignedIn
from app.web.errors import LARGEST_TYPED
from app.web.forms import Form, Sent, pairs
from app.web.shell import local_path
from app.web.templating import page

router = APIRouter(include_in_schema=False)


class SignIn(BaseModel):
    """What the sign-in form asks for."""

    email: str = Field(title="Correo electrónico", max_length=320)
    password: SecretStr = Field(title="Contraseña", max_length=1024)
    siguiente: str = Field("", title="A dónde ir después", max_length=2000)
    escrito: str = Field("", title="Lo que se estaba escribiendo", max_length=LARGEST_TYPED)


@dataclass(frozen=True)
class SignInPage:
    """Context of `identity/sign_in.html`."""

    form: Form[SignIn]


@dataclass(frozen=True)
class ResumePage:
    """Context of `identity/resume.html`: the form that was sent after the session had ended."""

    address: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class AccountPage:
    """Context of `identity/account.html`."""

    who: SignedIn
    platform_roles: tuple[str, ...]
    sessions: tuple[SessionView, ...]


@router.get("/entrar", response_model=None)
def sign_in_form(request: Request, who: VisitorDep, siguiente: str = "") -> Response:
    """Show the form, or go on for whoever is signed in already."""
    if who is not None:
        return RedirectResponse(local_path(siguiente) or _home(who), 303)
    return page(request, "identity/sign_in.html", SignInPage(Form.blank(SignIn, siguiente=siguiente)))


@router.post("/entrar", response_model=None)
def sign_in(request: Request, sent: Sent, database: DatabaseDep, settings: SettingsDep) -> Response:
    """Open a session and go where the person wanted to."""
    form = Form.read(SignIn, sent)
    if (
        sent.text("escrito") and "email" not in sent.texts
    ):  # from the page that said that the session had ended
        carried = Form.blank(SignIn, siguiente=sent.text("siguiente"), escrito=sent.text("escrito"))
        return page(request, "identity/sign_in.html", SignInPage(carried))
    if form.data is None:
        return page(request, "identity/sign_in.html", SignInPage(form), status=422)
    typed = pairs(form.data.escrito.encode())
    try:
        opened = service.sign_in(
            database,
            settings,
            email=form.data.email,
            password=form.data.password.get_secret_value(),
            address=request.client.host if request.client else "",
            user_agent=request.headers.get("user-agent", ""),
            old_token=request.cookies.get(cookie_name(settings)),
        )
    except (UnauthenticatedError, TooManyRequestsError) as error:
        refused = SignInPage(form.refused(error.detail))
        status = 422 if isinstance(error, UnauthenticatedError) else error.status
        return page(request, "identity/sign_in.html", refused, status=status, headers=error.headers)
    onward = local_path(form.data.siguiente)
    answer: Response = RedirectResponse(onward or _first_page(database, opened.token), 303)
    if onward and form.data.escrito:
        answer = page(request, "identity/resume.html", ResumePage(onward, tuple(typed)))
    answer.set_cookie(
        cookie_name(settings),
        opened.token,
        max_age=settings.session_hours * 3600,
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )
    return answer


@router.post("/salir", response_model=None)
def sign_out(who: VisitorDep, database: DatabaseDep, settings: SettingsDep) -> Response:
    """Close the session; without one there is nothing to do."""
    if who is not None:
        service.sign_out(database, who)
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(cookie_name(settings), path="/", secure=settings.secure_cookies, httponly=True)
    return answer


@router.post("/cambiar", response_model=None)
def switch(sent: Sent, who: SignedInDep, database: DatabaseDep) -> Response:
    """Wear another hat and go to its tenant's desk."""
    slug = service.switch(database, who, _identifier(sent.text("membership")))
    return RedirectResponse(f"/{slug}/panel", 303)


@router.get("/cuenta", response_model=None)
def account(request: Request, who: SignedInDep, database: DatabaseDep) -> Response:
    """Show who I am here, what I may be, and where I am signed in."""
    with database.auth_work(who.account_id) as session:
        sessions = queries.open_sessions(session, who)
    roles = tuple(ROLE_LABELS[role] for role in who.platform_roles)
    return page(request, "identity/account.html", AccountPage(who, roles, tuple(sessions)))


@router.post("/cuenta/sesiones/{session_id}/cierre", response_model=None)
def revoke(session_id: UUID, who: SignedInDep, database: DatabaseDep) -> Response:
    """Close one of my own sessions."""
    service.revoke_session(database, who, session_id)
    return RedirectResponse("/cuenta", 303)


def _identifier(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError as error:
        raise BadRequestError("Elige una de tus funciones de la lista.") from error


def _home(who: SignedIn) -> str:
    hat: MembershipView | None = next(
        (hat for hat in who.memberships if hat.membership_id == who.membership_id),
        who.memberships[0] if who.memberships else None,
    )
    return f"/{hat.tenant_slug}/panel" if hat else "/cuenta"


def _first_page(database: Database, token: str) -> str:
    who = queries.signed_in(database, token, idle=timedelta(minutes=1))
    return _home(who) if who else "/"
