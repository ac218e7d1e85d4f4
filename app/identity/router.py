"""The door: signing in and out, the second factor, confirming who one is, switching hats."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field, SecretStr
from starlette.responses import Response

from app.core.db import Database
from app.core.errors import BadRequestError, TooManyRequestsError, UnauthenticatedError
from app.identity import queries, sessions
from app.identity.deps import DatabaseDep, DirectoryDep, SettingsDep, SignedInDep, VisitorDep, cookie_name
from app.identity.door import home_of, keep_cookie, visit_of
from app.identity.proof_router import ResumePage, Second, SecondPage
from app.identity.queries import SignedIn
from app.identity.sso.deps import OffersDep, ProvidersDep
from app.identity.sso.leaving import goodbye
from app.identity.sso.queries import Offer
from app.settings import Settings
from app.tenancy.queries import TenantView
from app.web.addresses import with_query
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
    """Context of `identity/sign_in.html`; `offers` are the providers that one may enter with instead."""

    form: Form[SignIn]
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True)
class ConfirmPage:
    """Context of `identity/confirm.html`."""

    form: Form[Confirm]
    who: SignedIn


@dataclass(frozen=True)
class ElsewherePage:
    """Context of `identity/elsewhere.html`: a hat whose desk has another host."""

    label: str
    role: str
    address: str


@router.get("/entrar", response_model=None)
def sign_in_form(request: Request, who: VisitorDep, offers: OffersDep, siguiente: str = "") -> Response:
    """Show the form, or go on for whoever is signed in already."""
    if who is not None:
        return RedirectResponse(local_path(siguiente) or home_of(request, who), 303)
    form = Form.blank(SignIn, siguiente=siguiente)
    return page(request, "identity/sign_in.html", SignInPage(form, tuple(offers)))


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
    answer: Response
    if opened.awaits_second_factor:
        kept = Form.blank(Second, siguiente=onward, escrito=form.data.escrito)
        answer = RedirectResponse(with_query("/entrar/segundo", siguiente=onward), 303)
        if form.data.escrito:
            answer = page(request, "identity/second.html", SecondPage(kept, asked=""))
    elif onward and form.data.escrito:
        answer = page(request, "identity/resume.html", ResumePage(onward, tuple(typed)))
    else:
        answer = RedirectResponse(onward or _first_page(request, database, opened.token), 303)
    keep_cookie(answer, settings, opened)
    return answer


@router.get("/entrar/confirmar", response_model=None)
def confirm_form(request: Request, who: SignedInDep, siguiente: str = "") -> Response:
    """Ask once more for the password of whoever is signed in; a provider's session goes back to the provider."""
    if who.sso_tenant_id is not None and who.memberships:
        onward = urlencode({"para": "confirmar", "siguiente": local_path(siguiente)})
        return RedirectResponse(f"/{who.memberships[0].tenant_slug}/sso/entrar?{onward}", 303)
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
def sign_out(
    request: Request,
    who: VisitorDep,
    database: DatabaseDep,
    settings: SettingsDep,
    providers: ProvidersDep,
) -> Response:
    """Close the session, the provider's own too where the tenant wants it; without one there is nothing to do."""
    answer: Response = RedirectResponse("/", 303)
    if who is not None:
        answer = goodbye(request, who, database, settings, providers) or answer
        sessions.sign_out(database, who)
    answer.delete_cookie(cookie_name(settings), path="/", secure=settings.secure_cookies, httponly=True)
    return answer


@router.post("/cambiar", response_model=None)
def switch(
    request: Request,
    sent: Sent,
    who: SignedInDep,
    database: DatabaseDep,
    settings: SettingsDep,
    *,
    directory: DirectoryDep,
) -> Response:
    """Wear another hat and go to its tenant's desk; from a tenant's own host another's desk is a link away."""
    asked = _identifier(sent.text("membership"))
    own_host: str | None = getattr(request.state, "tenant_host", None)
    away = [
        hat
        for hat in who.memberships
        if hat.membership_id == asked and own_host not in (None, hat.tenant_slug)
    ]
    if away:
        # A redirect to another host after a form is what the content policy forbids, and the cookie would stay here.
        context = ElsewherePage(
            away[0].sujeto_name or directory.by_slug(away[0].tenant_slug).name,
            away[0].role_label,
            _desk_elsewhere(request, settings, directory.by_slug(away[0].tenant_slug)),
        )
        return page(request, "identity/elsewhere.html", context)
    hat = sessions.switch(database, who, asked)
    return RedirectResponse(f"/{hat.tenant_slug}/panel", 303)


def _desk_elsewhere(request: Request, settings: Settings, view: TenantView) -> str:
    """Return the whole address of a tenant's desk: on the host of the service, or else on the tenant's own."""
    port = f":{request.url.port}" if request.url.port else ""
    named = [name.strip() for name in settings.hosts.split(",") if name.strip()]
    if settings.public_url:
        return f"{settings.public_url.rstrip('/')}/{view.slug}/panel"
    if view.hosts:
        return f"{request.url.scheme}://{view.hosts[0]}{port}/panel"
    return f"{request.url.scheme}://{(named or [settings.host])[0]}{port}/{view.slug}/panel"


def _identifier(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError as error:
        raise BadRequestError("Elige una de tus funciones de la lista.") from error


def _first_page(request: Request, database: Database, token: str) -> str:
    who = queries.signed_in(database, token, idle=timedelta(minutes=1))
    return home_of(request, who) if who else "/"
