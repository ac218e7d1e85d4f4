"""Proving who one is by more than a password, or without remembering it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field, SecretStr
from starlette.background import BackgroundTask
from starlette.responses import Response

from app.core import keys
from app.core.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from app.identity import account, passkeys, second_factor
from app.identity.account_router import CRUMBS
from app.identity.deps import DatabaseDep, OwnFreshDep, SettingsDep, cookie_name
from app.identity.door import home_of, keep_cookie, visit_of
from app.identity.passkeys import Host, PasskeyView
from app.identity.queries import SignedIn, signed_in
from app.identity.second_factor import Enrolment, Waiting
from app.settings import Settings
from app.web.errors import LARGEST_TYPED
from app.web.forms import Form, Sent, pairs
from app.web.shell import Link, local_path
from app.web.templating import page

router = APIRouter(include_in_schema=False)

TokenPath = Annotated[str, Path(max_length=200)]


class Second(BaseModel):
    """What is asked after the password."""

    code: str = Field("", title="Código", max_length=40)
    credential: str = Field("", title="Llave de acceso", max_length=20_000)
    siguiente: str = Field("", title="A dónde ir después", max_length=2000)
    escrito: str = Field("", title="Lo que se estaba escribiendo", max_length=LARGEST_TYPED)


class Forgotten(BaseModel):
    """Whose password was forgotten."""

    email: str = Field(title="Correo electrónico", max_length=320)


class Fresh(BaseModel):
    """A new password."""

    password: SecretStr = Field(
        title="Contraseña nueva", description="Al menos doce caracteres.", max_length=1024
    )


class FirstCode(BaseModel):
    """The first code of an application."""

    code: str = Field(title="Código que muestra tu aplicación", max_length=20, examples=["123 456"])


@dataclass(frozen=True)
class SecondPage:
    """Context of `identity/second.html`; `asked` is what a passkey must sign, "" where there is none for this host."""

    form: Form[Second]
    asked: str


@dataclass(frozen=True)
class ResumePage:
    """Context of `identity/resume.html`: the form that was sent after the session had ended, or too long after it began."""

    address: str
    values: tuple[tuple[str, str], ...]
    confirmed: bool = False


@dataclass(frozen=True)
class ForgottenPage:
    """Context of `identity/forgotten.html`."""

    form: Form[Forgotten]
    sent: bool
    mail_works: bool


@dataclass(frozen=True)
class FreshPage:
    """Context of `identity/fresh_password.html`."""

    here: str
    email: str
    form: Form[Fresh]


@dataclass(frozen=True)
class SecondFactorPage:
    """Context of `identity/second_factor.html`.

    Attributes:
        enrolment: the secret that waits for its first code.
        codes: recovery codes just made, shown this once.
        asked: what a device is asked to make for a new passkey.
    """

    crumbs: tuple[Link, ...]
    who: SignedIn
    enrolment: Enrolment | None
    form: Form[FirstCode]
    demanded: bool
    codes: tuple[str, ...]
    codes_left: int
    passkeys: tuple[PasskeyView, ...]
    asked: str
    error: str


def waiting_person(request: Request, database: DatabaseDep, settings: SettingsDep) -> Waiting:
    """Return whose password was right and who still has to give the second factor.

    Raises:
        UnauthenticatedError: nobody, or it took too long.
    """
    return second_factor.waiting(database, request.cookies.get(cookie_name(settings), ""))


WaitingDep = Annotated[Waiting, Depends(waiting_person)]


@router.get("/entrar/segundo", response_model=None)
def second_form(request: Request, who: WaitingDep, database: DatabaseDep, siguiente: str = "") -> Response:
    """Ask for the second factor."""
    asked = passkeys.ask_to_sign(database, who, _host(request))
    return page(request, "identity/second.html", SecondPage(Form.blank(Second, siguiente=siguiente), asked))


@router.post("/entrar/segundo", response_model=None)
def second(
    request: Request, who: WaitingDep, database: DatabaseDep, settings: SettingsDep, sent: Sent
) -> Response:
    """Take the second factor and go where the person wanted to."""
    form = Form.read(Second, sent)
    visit, host = visit_of(request, settings), _host(request)
    given = form.data or Second()
    try:
        if given.credential:
            opened = passkeys.sign(database, settings, who, host, credential=given.credential, visit=visit)
        else:
            opened = second_factor.give_code(
                database, settings, keys.of(settings), who, code=given.code, visit=visit
            )
    except (UnauthenticatedError, TooManyRequestsError) as error:
        status = 422 if isinstance(error, UnauthenticatedError) else error.status
        refused = SecondPage(form.refused(error.detail, "code"), passkeys.ask_to_sign(database, who, host))
        return page(request, "identity/second.html", refused, status=status, headers=error.headers)
    onward = local_path(given.siguiente)
    person = signed_in(database, opened.token, idle=timedelta(minutes=1))
    answer: Response = RedirectResponse(onward or (home_of(request, person) if person else "/"), 303)
    if onward and given.escrito:
        typed = tuple(pairs(given.escrito.encode()))
        answer = page(request, "identity/resume.html", ResumePage(onward, typed))
    keep_cookie(answer, settings, opened)
    return answer


@router.get("/entrar/olvido", response_model=None)
def forgotten_form(request: Request, settings: SettingsDep) -> Response:
    """Ask whose password was forgotten."""
    context = ForgottenPage(Form.blank(Forgotten), sent=False, mail_works=settings.mail_is_sent)
    return page(request, "identity/forgotten.html", context)


@router.post("/entrar/olvido", response_model=None)
def forgotten(request: Request, database: DatabaseDep, settings: SettingsDep, sent: Sent) -> Response:
    """Send the link, if there is an account; the answer is the same if there is none."""
    form = Form.read(Forgotten, sent)
    mail_works = settings.mail_is_sent
    if form.data is None:
        return page(
            request,
            "identity/forgotten.html",
            ForgottenPage(form, sent=False, mail_works=mail_works),
            status=422,
        )
    try:
        visit = visit_of(request, settings)
        account.count_reset(database, settings, form.data.email, visit)
    except TooManyRequestsError as error:
        refused = ForgottenPage(form.refused(error.detail), sent=False, mail_works=mail_works)
        return page(request, "identity/forgotten.html", refused, status=429, headers=error.headers)
    told = page(request, "identity/forgotten.html", ForgottenPage(form, sent=True, mail_works=mail_works))
    told.background = BackgroundTask(account.send_reset, database, form.data.email, visit)
    return told


@router.get("/entrar/nueva/{link_id}/{token}", response_model=None)
def fresh_form(
    request: Request, database: DatabaseDep, settings: SettingsDep, link_id: UUID, token: TokenPath
) -> Response:
    """Ask for the new password of whoever opened the link of their letter."""
    link = account.opened(database, keys.of(settings), "password", link_id, token)
    here = f"/entrar/nueva/{link_id}/{token}"
    return page(request, "identity/fresh_password.html", FreshPage(here, link.email, Form.blank(Fresh)))


@router.post("/entrar/nueva/{link_id}/{token}", response_model=None)
def fresh(
    request: Request,
    database: DatabaseDep,
    settings: SettingsDep,
    sent: Sent,
    *,
    link_id: UUID,
    token: TokenPath,
) -> Response:
    """Set the new password; one signs in with it."""
    keyring = keys.of(settings)
    link = account.opened(database, keyring, "password", link_id, token)
    form = Form.read(Fresh, sent)
    here = f"/entrar/nueva/{link_id}/{token}"
    if form.data is None:
        return page(request, "identity/fresh_password.html", FreshPage(here, link.email, form), status=422)
    try:
        account.reset(database, keyring, link_id, token, form.data.password.get_secret_value())
    except InvalidError as error:
        refused = FreshPage(here, link.email, form.refused(error.detail, "password"))
        return page(request, "identity/fresh_password.html", refused, status=422)
    return RedirectResponse("/entrar", 303)


@router.get("/cuenta/segundo-factor", response_model=None)
def show(request: Request, who: OwnFreshDep, database: DatabaseDep, settings: SettingsDep) -> Response:
    """Show what signing in takes, and how to make it more."""
    return _shown(request, who, database, settings)


@router.post("/cuenta/segundo-factor/inicio", response_model=None)
def start(who: OwnFreshDep, database: DatabaseDep, settings: SettingsDep) -> Response:
    """Make a secret for an application."""
    second_factor.start(database, keys.of(settings), who)
    return RedirectResponse("/cuenta/segundo-factor", 303)


@router.get("/cuenta/segundo-factor/codigo.svg", response_model=None)
def picture(who: OwnFreshDep, database: DatabaseDep, settings: SettingsDep) -> Response:
    """Answer the secret as a picture, while it waits for its first code."""
    found = second_factor.enrolment(database, keys.of(settings), who)
    if found is None:
        raise NotFoundError
    return Response(found.svg(), media_type="image/svg+xml", headers={"Cache-Control": "no-store"})


@router.post("/cuenta/segundo-factor/confirmacion", response_model=None)
def confirm(
    request: Request, who: OwnFreshDep, database: DatabaseDep, settings: SettingsDep, sent: Sent
) -> Response:
    """Take the first code, and show the recovery codes this once."""
    form = Form.read(FirstCode, sent)
    if form.data is None:
        return _shown(request, who, database, settings, form=form, status=422)
    try:
        codes = second_factor.confirm(database, settings, keys.of(settings), who, form.data.code)
    except (InvalidError, TooManyRequestsError) as error:
        refused = form.refused(error.detail, "code")
        return _shown(request, who, database, settings, form=refused, status=error.status)
    return _shown(request, who, database, settings, codes=codes)


@router.post("/cuenta/segundo-factor/respaldo", response_model=None)
def renew(request: Request, who: OwnFreshDep, database: DatabaseDep, settings: SettingsDep) -> Response:
    """Make new recovery codes, and show them this once."""
    return _shown(request, who, database, settings, codes=second_factor.renew_codes(database, who))


@router.post("/cuenta/segundo-factor/retiro", response_model=None)
def remove(who: OwnFreshDep, database: DatabaseDep) -> Response:
    """Go back to the password alone."""
    second_factor.remove(database, who)
    return RedirectResponse("/cuenta/segundo-factor", 303)


@router.post("/cuenta/llaves", response_model=None)
def add_passkey(
    request: Request, who: OwnFreshDep, database: DatabaseDep, settings: SettingsDep, sent: Sent
) -> Response:
    """Keep the key that a device just made."""
    credential, label = sent.text("credential")[:20_000], sent.text("label")
    try:
        passkeys.register(database, who, _host(request), credential, label)
    except (InvalidError, ConflictError) as error:
        return _shown(request, who, database, settings, error=error.detail, status=error.status)
    return RedirectResponse("/cuenta/segundo-factor", 303)


@router.post("/cuenta/llaves/{passkey_id}/retiro", response_model=None)
def remove_passkey(who: OwnFreshDep, database: DatabaseDep, passkey_id: UUID) -> Response:
    """Forget one of my passkeys."""
    passkeys.remove(database, who, passkey_id)
    return RedirectResponse("/cuenta/segundo-factor", 303)


def _shown(
    request: Request,
    who: SignedIn,
    database: DatabaseDep,
    settings: Settings,
    *,
    form: Form[FirstCode] | None = None,
    codes: tuple[str, ...] = (),
    error: str = "",
    status: int = 200,
) -> Response:
    enrolled = who.second_factor or bool(codes)
    with database.auth_work(who.account_id) as session:
        left = second_factor.codes_left(session, who.account_id)
    context = SecondFactorPage(
        crumbs=CRUMBS,
        who=who,
        enrolment=None if enrolled else second_factor.enrolment(database, keys.of(settings), who),
        form=form or Form.blank(FirstCode),
        demanded=any(hat.demands_second_factor for hat in who.memberships),
        codes=codes,
        codes_left=left,
        passkeys=passkeys.mine(database, who),
        asked=passkeys.ask_to_register(database, who, _host(request)) if enrolled else "",
        error=error,
    )
    headers = {"Cache-Control": "no-store"}
    return page(request, "identity/second_factor.html", context, status=status, headers=headers)


def _host(request: Request) -> Host:
    return Host(request.url.hostname or "", f"{request.url.scheme}://{request.url.netloc}")
