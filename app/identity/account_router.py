"""One's own account: who I am here, what I may be, where I am signed in, what happened, and my name and secrets."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field, SecretStr
from starlette.responses import Response

from app.core import keys
from app.core.db import Database
from app.core.errors import InvalidError, TooManyRequestsError, UnauthenticatedError
from app.core.pagination import Page
from app.core.policy import ROLE_LABELS
from app.identity import account, log, queries, sessions
from app.identity.deps import DatabaseDep, DirectoryDep, OwnDep, OwnFreshDep, SettingsDep, SignedInDep
from app.identity.door import visit_of
from app.identity.log import Entry
from app.identity.queries import SessionView, SignedIn
from app.identity.sso.queries import Offer, offers
from app.tenancy.queries import TenantDirectory
from app.web.forms import Form, Sent
from app.web.shell import Link
from app.web.templating import page

router = APIRouter(include_in_schema=False)

CRUMBS = (Link("Mi cuenta", "/cuenta"),)
TokenPath = Annotated[str, Path(max_length=200)]


class Name(BaseModel):
    """What a person is called."""

    full_name: str = Field(title="Nombre", max_length=200)


class Email(BaseModel):
    """Where a person is written to, and signs in with."""

    email: str = Field(title="Correo nuevo", max_length=320)


class Password(BaseModel):
    """A password for another."""

    current: SecretStr = Field(title="Contraseña actual", max_length=1024)
    password: SecretStr = Field(
        title="Contraseña nueva", description="Al menos doce caracteres.", max_length=1024
    )


@dataclass(frozen=True)
class AccountPage:
    """Context of `identity/account.html`; `managed` while a provider's session opens nothing of the account."""

    who: SignedIn
    platform_roles: tuple[str, ...]
    sessions: tuple[SessionView, ...]
    name: Form[Name]
    managed: bool
    providers: tuple[Offer, ...]
    tenants: dict[str, str]


@dataclass(frozen=True)
class EmailPage:
    """Context of `identity/email.html`."""

    crumbs: tuple[Link, ...]
    form: Form[Email]
    sent_to: str
    mail_works: bool


@dataclass(frozen=True)
class NewEmailPage:
    """Context of `identity/new_email.html`: behind the link that was sent to a new address."""

    here: str
    email: str
    done: bool


@dataclass(frozen=True)
class PasswordPage:
    """Context of `identity/password.html`."""

    crumbs: tuple[Link, ...]
    form: Form[Password]
    who: SignedIn


@dataclass(frozen=True)
class ActivityPage:
    """Context of `identity/activity.html`."""

    crumbs: tuple[Link, ...]
    rows: Page[Entry]
    next: str | None


@router.get("/cuenta", response_model=None)
def home(request: Request, who: SignedInDep, database: DatabaseDep, directory: DirectoryDep) -> Response:
    """Show who I am here, what I may be, and where I am signed in."""
    return page(request, "identity/account.html", _home(who, database, directory))


@router.post("/cuenta/nombre", response_model=None)
def rename(
    request: Request, who: OwnDep, database: DatabaseDep, directory: DirectoryDep, sent: Sent
) -> Response:
    """Change the name that colleagues read."""
    form = Form.read(Name, sent)
    if form.data is None:
        return page(request, "identity/account.html", _home(who, database, directory, form), status=422)
    account.rename(database, who, form.data.full_name)
    return RedirectResponse("/cuenta", 303)


@router.get("/cuenta/correo", response_model=None)
def email_form(request: Request, _who: OwnFreshDep, settings: SettingsDep) -> Response:
    """Ask for the new address."""
    context = EmailPage(CRUMBS, Form.blank(Email), "", settings.mail_is_sent)
    return page(request, "identity/email.html", context)


@router.post("/cuenta/correo", response_model=None)
def ask_email(
    request: Request, who: OwnFreshDep, database: DatabaseDep, settings: SettingsDep, sent: Sent
) -> Response:
    """Send the link that confirms a new address."""
    form = Form.read(Email, sent)
    mail_works = settings.mail_is_sent
    if form.data is None:
        return page(request, "identity/email.html", EmailPage(CRUMBS, form, "", mail_works), status=422)
    try:
        account.ask_email(database, settings, who, form.data.email)
    except (InvalidError, TooManyRequestsError) as error:
        refused = EmailPage(CRUMBS, form.refused(error.detail, "email"), "", mail_works)
        return page(request, "identity/email.html", refused, status=error.status)
    return page(request, "identity/email.html", EmailPage(CRUMBS, form, form.data.email, mail_works))


@router.get("/cuenta/correo/{link_id}/{token}", response_model=None)
def new_email(
    request: Request, database: DatabaseDep, settings: SettingsDep, link_id: UUID, token: TokenPath
) -> Response:
    """Ask whoever reads the new address whether they want it."""
    link = account.opened(database, keys.of(settings), "email", link_id, token)
    context = NewEmailPage(f"/cuenta/correo/{link_id}/{token}", link.email, done=False)
    return page(request, "identity/new_email.html", context)


@router.post("/cuenta/correo/{link_id}/{token}", response_model=None)
def take_email(
    request: Request, database: DatabaseDep, settings: SettingsDep, link_id: UUID, token: TokenPath
) -> Response:
    """Take up the new address."""
    email = account.change_email(database, keys.of(settings), link_id, token)
    return page(request, "identity/new_email.html", NewEmailPage("", email, done=True))


@router.get("/cuenta/contrasena", response_model=None)
def password_form(request: Request, who: OwnDep) -> Response:
    """Ask for the password and another."""
    return page(request, "identity/password.html", PasswordPage(CRUMBS, Form.blank(Password), who))


@router.post("/cuenta/contrasena", response_model=None)
def change_password(
    request: Request, who: OwnDep, database: DatabaseDep, settings: SettingsDep, sent: Sent
) -> Response:
    """Change the password, which ends every other session."""
    form = Form.read(Password, sent)
    if form.data is None:
        return page(request, "identity/password.html", PasswordPage(CRUMBS, form, who), status=422)
    visit = visit_of(request, settings)
    try:
        sessions.confirm(database, settings, who, form.data.current.get_secret_value(), visit)
        account.change_password(database, who, form.data.password.get_secret_value(), visit)
    except (UnauthenticatedError, InvalidError, TooManyRequestsError) as error:
        field = "password" if isinstance(error, InvalidError) else "current"
        refused = PasswordPage(CRUMBS, form.refused(error.detail, field), who)
        status = 422 if isinstance(error, UnauthenticatedError) else error.status
        return page(request, "identity/password.html", refused, status=status, headers=error.headers)
    return RedirectResponse("/cuenta", 303)


@router.post("/cuenta/sesiones/cierre", response_model=None)
def revoke_others(who: OwnDep, database: DatabaseDep) -> Response:
    """Close all of my sessions but this one."""
    account.close_others(database, who)
    return RedirectResponse("/cuenta", 303)


@router.post("/cuenta/sesiones/{session_id}/cierre", response_model=None)
def revoke(session_id: UUID, who: OwnDep, database: DatabaseDep) -> Response:
    """Close one of my own sessions."""
    sessions.revoke_session(database, who, session_id)
    return RedirectResponse("/cuenta", 303)


@router.get("/cuenta/actividad", response_model=None)
def activity(
    request: Request,
    who: OwnDep,
    database: DatabaseDep,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Show what happened to my account."""
    with database.auth_work(who.account_id) as session:
        rows = log.entries(session, who.account_id, cursor)
    onward = f"/cuenta/actividad?cursor={rows.next_cursor}" if rows.next_cursor else None
    return page(request, "identity/activity.html", ActivityPage(CRUMBS, rows, onward))


def _home(
    who: SignedIn, database: Database, directory: TenantDirectory, form: Form[Name] | None = None
) -> AccountPage:
    with database.auth_work(who.account_id) as session:
        open_ = queries.open_sessions(session, who)
        providers = offers(session, {hat.tenant_slug for hat in who.memberships})
    return AccountPage(
        who=who,
        platform_roles=tuple(ROLE_LABELS[role] for role in who.platform_roles),
        sessions=tuple(open_),
        name=form or Form.blank(Name, full_name=who.full_name),
        managed=who.sso_tenant_id is not None,
        providers=tuple(providers),
        tenants={view.slug: view.name for view in directory.all()},
    )
