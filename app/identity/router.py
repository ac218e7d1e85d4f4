"""The door: signing in and out, the second factor, confirming who one is, switching hats."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field, SecretStr
from starlette.responses import Response

from app.core.db import Database
from app.core.errors import BadRequestError, TooManyRequestsError, UnauthenticatedError
from app.identity import queries, sessions
from app.identity.deps import DatabaseDep, SettingsDep, SignedInDep, VisitorDep, cookie_name
from app.identity.queries import MembershipView, SignedIn
from app.identity.sessions import NewSession, Visit
from app.settings import Settings
from app.web.errors import LARGEST_TYPED
from app.web.forms import Form, Sent, pairs
from app.web.shell import local_path
from app.web.templating import page

router = APIRouter(include_in_schema=False)

Typed = Field("", title="Lo que se estaba escribiendo", max_length=LARGEST_TYPED)
Onward = Field("", title="A dónde ir después", max_length=2000)


class SignIn(BaseModel):
    """What the sign-in form asks for."""

    email: str = Field(title="Correo electrónico", max_length=320)
    password: SecretStr = Field(title="Contraseña", max_length=1024)
    siguiente: str = Onward
    escrito: str = Typed


class Confirm(BaseModel):
    """What an act that wants to be sure asks of somebody who is signed in."""

    password: SecretStr = Field(title="Contraseña", max_length=1024)
    siguiente: str = Onward
    escrito: str = Typed


@dataclass(frozen=True)
class SignInPage:
    """Context of `identity/sign_in.html`."""

    form: Form[SignIn]


@dataclass(frozen=True)
class ConfirmPage:
    """Context of `identity/confirm.html`."""

    form: Form[Confirm]
    who: SignedIn


@dataclass(frozen=True)
class ResumePage:
    """Context of `identity/resume.html`: the form that was sent after the session had ended, or too long after it began."""

    address: str
    values: tuple[tuple[str, str], ...]
    confirmed: bool = False


@router.get("/entrar", response_model=None)
def sign_in_form(request: Request, who: VisitorDep, siguiente: str = "") -> Response:
    """Show the form, or go on for whoever is signed in already."""
    if who is not None:
        return RedirectResponse(local_path(siguiente) or home_of(request, who), 303)
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
        opened = sessions.sign_in(
            database,
            settings,
            email=form.data.email,
            password=form.data.password.get_secret_value(),
            visit=visit_of(request, settings),
        )
    except (UnauthenticatedError, TooManyRequestsError) as error:
        refused = SignInPage(form.refused(error.detail))
        status = 422 if isinstance(error, UnauthenticatedError) else error.status
        return page(request, "identity/sign_in.html", refused, status=status, headers=error.headers)
    onward = local_path(form.data.siguiente)
    answer: Response = RedirectResponse(onward or _first_page(request, database, opened.token), 303)
    if onward and form.data.escrito:
        answer = page(request, "identity/resume.html", ResumePage(onward, tuple(typed)))
    keep_cookie(answer, settings, opened)
    return answer


@router.get("/entrar/confirmar", response_model=None)
def confirm_form(request: Request, who: SignedInDep, siguiente: str = "") -> Response:
    """Ask once more for the password of whoever is signed in."""
    return page(request, "identity/confirm.html", ConfirmPage(Form.blank(Confirm, siguiente=siguiente), who))


@router.post("/entrar/confirmar", response_model=None)
def confirm(
    request: Request, sent: Sent, who: SignedInDep, database: DatabaseDep, settings: SettingsDep
) -> Response:
    """Take the password and go back to what asked for it, with what was typed there."""
    form = Form.read(Confirm, sent)
    if sent.text("escrito") and "password" not in sent.texts:  # from the page that asked to confirm
        carried = Form.blank(Confirm, siguiente=sent.text("siguiente"), escrito=sent.text("escrito"))
        return page(request, "identity/confirm.html", ConfirmPage(carried, who))
    if form.data is None:
        return page(request, "identity/confirm.html", ConfirmPage(form, who), status=422)
    typed = pairs(form.data.escrito.encode())
    try:
        sessions.confirm(
            database, settings, who, form.data.password.get_secret_value(), visit_of(request, settings)
        )
    except (UnauthenticatedError, TooManyRequestsError) as error:
        refused = ConfirmPage(form.refused(error.detail, "password"), who)
        status = 422 if isinstance(error, UnauthenticatedError) else error.status
        return page(request, "identity/confirm.html", refused, status=status, headers=error.headers)
    onward = local_path(form.data.siguiente)
    if onward and form.data.escrito:
        return page(request, "identity/resume.html", ResumePage(onward, tuple(typed), confirmed=True))
    return RedirectResponse(onward or home_of(request, who), 303)


@router.post("/salir", response_model=None)
def sign_out(who: VisitorDep, database: DatabaseDep, settings: SettingsDep) -> Response:
    """Close the session; without one there is nothing to do."""
    if who is not None:
        sessions.sign_out(database, who)
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(cookie_name(settings), path="/", secure=settings.secure_cookies, httponly=True)
    return answer


@router.post("/cambiar", response_model=None)
def switch(sent: Sent, who: SignedInDep, database: DatabaseDep) -> Response:
    """Wear another hat and go to its tenant's desk."""
    hat = sessions.switch(database, who, _identifier(sent.text("membership")))
    return RedirectResponse(f"/{hat.tenant_slug}/panel", 303)


def visit_of(request: Request, settings: Settings) -> Visit:
    """Return where a request comes from, and the token that its browser still holds."""
    return Visit(
        address=request.client.host if request.client else "",
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
    return f"/{hat.tenant_slug}/panel" if hat else "/cuenta"


def _identifier(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError as error:
        raise BadRequestError("Elige una de tus funciones de la lista.") from error


def _first_page(request: Request, database: Database, token: str) -> str:
    who = queries.signed_in(database, token, idle=timedelta(minutes=1))
    return home_of(request, who) if who else "/"
