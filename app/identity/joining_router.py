"""The page behind the link of an invitation: whoever has no account makes one, everybody else enters with theirs."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field, SecretStr
from starlette.responses import Response

from app.core import keys
from app.core.db import Actor, Database
from app.core.errors import ConflictError, InvalidError
from app.core.keys import Keyring
from app.core.policy import ROLE_LABELS
from app.identity import account, invitations
from app.identity.deps import DatabaseDep, SettingsDep, TenantDep, VisitorDep
from app.identity.door import keep_cookie, visit_of
from app.identity.invitations import Guest, State
from app.identity.queries import SignedIn
from app.identity.sessions import open_session
from app.tenancy import queries as tenancy
from app.tenancy.queries import TenantView
from app.web.forms import Form, Sent
from app.web.templating import page

router = APIRouter(include_in_schema=False)

LINK = "/{tenant}/invitacion/{invitation_id}/{token}"
TokenPath = Annotated[str, Path(max_length=200)]


class Join(BaseModel):
    """What a new person says."""

    full_name: str = Field(title="Tu nombre", max_length=200)
    password: SecretStr = Field(
        title="Elige una contraseña",
        description="Al menos doce caracteres. Una frase que solo tú digas es mejor que una palabra con signos.",
        max_length=1024,
    )


@dataclass(frozen=True)
class JoinPage:
    """Context of `identity/join.html`.

    Attributes:
        state: of the invitation, for this link.
        words: what the state means to whoever opened it.
        way: `new` account, `enter` with the one there is, `accept` at once, or `other` is signed in.
    """

    here: str
    state: State
    words: str
    way: str
    where: str
    role: str
    email: str
    who: SignedIn | None
    form: Form[Join]
    sign_in: str


@dataclass(frozen=True)
class Opened:
    """A link of an invitation that somebody opened."""

    invitation_id: UUID
    token: str
    view: TenantView
    database: Database
    keyring: Keyring
    who: SignedIn | None


def opened(
    view: TenantDep,
    database: DatabaseDep,
    settings: SettingsDep,
    who: VisitorDep,
    *,
    invitation_id: UUID,
    token: TokenPath,
) -> Opened:
    """Return the link that the address is."""
    return Opened(invitation_id, token, view, database, keys.of(settings), who)


OpenedDep = Annotated[Opened, Depends(opened)]


@router.get(LINK, response_model=None)
def show(request: Request, link: OpenedDep) -> Response:
    """Show what is offered and what to do about it."""
    return _shown(request, link)


@router.post(LINK, response_model=None)
def accept(request: Request, link: OpenedDep, settings: SettingsDep, sent: Sent) -> Response:
    """Take up the invitation, with a new account or with the one that is signed in."""
    context = _page(link, Form.blank(Join))
    if context.state != "open" or context.way in ("enter", "other"):
        return page(request, "identity/join.html", context, status=409)
    if context.way == "accept" and link.who is not None:
        _accept(link, Guest(link.who.account_id, link.who.email))
        return RedirectResponse(f"{link.view.base}/panel", 303)
    form = Form.read(Join, sent)
    if form.data is None:
        return _shown(request, link, form, status=422)
    try:
        account_id = account.register(
            link.database,
            email=context.email,
            full_name=form.data.full_name,
            password=form.data.password.get_secret_value(),
        )
    except InvalidError as error:
        return _shown(request, link, form.refused(error.detail, "password"), status=422)
    except ConflictError:  # made meanwhile: the page now asks to enter with it
        return _shown(request, link, status=409)
    _accept(link, Guest(account_id, context.email))
    with link.database.auth_work(account_id) as session:
        session_ = open_session(session, settings, account_id, visit_of(request, settings))
    answer = RedirectResponse(f"{link.view.base}/panel", 303)
    keep_cookie(answer, settings, session_)
    return answer


def _accept(link: Opened, guest: Guest) -> None:
    actor = Actor(tenant_id=link.view.tenant_id, account_id=guest.account_id)
    with link.database.unit_of_work(actor) as session:
        invitations.accept(session, link.keyring, link.invitation_id, link.token, guest)


def _shown(
    request: Request, link: Opened, form: Form[Join] | None = None, *, status: int | None = None
) -> Response:
    context = _page(link, form)
    gone = 200 if context.state == "open" else 410
    return page(request, "identity/join.html", context, status=status or gone)


def _page(link: Opened, form: Form[Join] | None) -> JoinPage:
    actor = Actor(tenant_id=link.view.tenant_id)
    with link.database.unit_of_work(actor) as session:
        row, state = invitations.held_by(
            session, link.keyring, link.view.tenant_id, link.invitation_id, link.token
        )
        where = link.view.name
        if row.sujeto_obligado_id is not None:
            where = tenancy.sujeto(session, actor, row.sujeto_obligado_id).name
    if link.who is not None:
        # Another institution's provider may say who somebody is there, not take up offers in their name.
        theirs = link.who.sso_tenant_id in (None, link.view.tenant_id)
        way = "accept" if link.who.email == row.email and theirs else "other"
    else:
        way = "enter" if account.exists(link.database, row.email) else "new"
    here = f"{link.view.base}/invitacion/{link.invitation_id}/{link.token}"
    return JoinPage(
        here=here,
        state=state,
        words=invitations.WORDS[state],
        way=way,
        where=where,
        role=ROLE_LABELS[row.role],
        email=row.email,
        who=link.who,
        form=form or Form.blank(Join, full_name=row.full_name),
        sign_in=f"/entrar?siguiente={quote(here, safe='/')}",
    )
