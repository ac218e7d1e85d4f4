"""The way in through a tenant's provider, and back: asking, answering, linking, leaving, and the rescue link."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel
from starlette.responses import Response

from app.core import clock, json, keys
from app.core.db import Actor, Database
from app.core.errors import (
    ConfirmationNeededError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnauthenticatedError,
)
from app.core.keys import Keyring, MissingKeyError
from app.core.outgoing import OutgoingRefusedError
from app.core.policy import Permission
from app.identity.deps import (
    ActorDep,
    DatabaseDep,
    FreshDep,
    SettingsDep,
    SignedInDep,
    TenantDep,
    VisitorDep,
    WorkDep,
    freshly_signed_in,
    guard,
)
from app.identity.door import keep_cookie, visit_of
from app.identity.queries import SignedIn
from app.identity.sso import flow as flows
from app.identity.sso import queries, rescue, service
from app.identity.sso.deps import (
    ProvidersDep,
    cookie_name,
    forget_question,
    keep_question,
    start_of,
)
from app.identity.sso.discovery import ProviderError
from app.identity.sso.models import IdentityProvider
from app.identity.sso.queries import Offer
from app.identity.sso.tokens import Claims, RefusedAnswerError
from app.tenancy.queries import TenantView
from app.web.forms import Sent
from app.web.shell import local_path
from app.web.templating import page

router = APIRouter(include_in_schema=False)

HOME = "/{tenant}/sso"
PURPOSES = {"": "enter", "confirmar": "confirm", "vincular": "link"}
LINK_PURPOSE = "sso.link"
LINK_MINUTES = 10


@dataclass(frozen=True)
class OffersPage:
    """Context of `identity/sso_offers.html`."""

    offers: tuple[Offer, ...]
    onward: str


@dataclass(frozen=True)
class TroublePage:
    """Context of `identity/sso_trouble.html`: the answer was refused, or the provider is not there."""

    title: str
    detail: str
    again: str
    by_password: str


@dataclass(frozen=True)
class LinkPage:
    """Context of `identity/sso_link.html`; `claimed` and `sealed` once the provider has said who the person is."""

    view: TenantView
    label: str
    linked: bool
    ready: bool
    claimed: str = ""
    sealed: str = ""


@dataclass(frozen=True)
class RescuePage:
    """Context of `identity/sso_rescue.html`; without a token the link opens nothing."""

    view: TenantView
    token: str
    minutes: int = rescue.LINK_MINUTES
    hours: int = rescue.LOCAL_HOURS


class _Linking(BaseModel):
    """What is sealed between the provider's answer and the person's own act."""

    tenant_id: UUID
    account_id: UUID
    issuer: str
    subject: str
    expires: float


@router.get("/entrar/organismo")
def offers(request: Request, database: DatabaseDep, siguiente: str = "") -> Response:
    """List the tenants whose people enter with a provider of their own."""
    with database.auth_work() as session:
        found = queries.offers(session)
    return page(request, "identity/sso_offers.html", OffersPage(tuple(found), local_path(siguiente)))


@router.get(HOME + "/entrar", response_model=None)
def ask(
    request: Request,
    view: TenantDep,
    who: VisitorDep,
    database: DatabaseDep,
    *,
    settings: SettingsDep,
    providers: ProvidersDep,
    siguiente: Annotated[str, Query(max_length=2000)] = "",
    para: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Send the browser to the tenant's provider with a question that only it can bring back."""
    if para not in PURPOSES:
        raise NotFoundError
    purpose, onward = PURPOSES[para], local_path(siguiente)
    provider = _provider(database, view)
    if purpose != "enter":
        _may_ask(who, view, purpose)
    try:
        party = service.party(provider, keys.of(settings))
        address, flow = flows.question(
            providers,
            party,
            tenant_id=view.tenant_id,
            purpose=purpose,
            redirect_uri=f"{start_of(request, view)}/sso/respuesta",
            onward=onward,
            account_id=who.account_id if who and purpose != "enter" else None,
        )
    except (ProviderError, OutgoingRefusedError, MissingKeyError) as error:
        service.refuse(database, view.tenant_id, f"ask-{error.slug}", visit_of(request, settings))
        return _trouble(request, view, provider, onward, _UNAVAILABLE, status=503)
    answer = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    keep_question(answer, settings, flow.sealed(keys.of(settings)))
    return answer


@router.get(HOME + "/respuesta", response_model=None)
def answered(
    request: Request,
    view: TenantDep,
    who: VisitorDep,
    database: DatabaseDep,
    *,
    settings: SettingsDep,
    providers: ProvidersDep,
) -> Response:
    """Take the provider's answer, believe it or not, and go on."""
    provider, keyring, visit = _provider(database, view), keys.of(settings), visit_of(request, settings)
    onward = ""
    try:
        flow = flows.remembered(keyring, request.cookies.get(cookie_name(settings), ""), view.tenant_id)
        onward = flow.onward
        found = flows.finish(
            database, providers, service.party(provider, keyring), flow, dict(request.query_params)
        )
        if flow.purpose == "enter":
            opened = service.enter(
                database, settings, keyring, provider=provider, answered=found, visit=visit
            )
            answer: Response = RedirectResponse(onward or f"/{view.slug}/panel", 303)
            keep_cookie(answer, settings, opened)
        else:
            answer = _own_act(
                request,
                view,
                who,
                database,
                keyring=keyring,
                provider=provider,
                claims=found.claims,
                flow=flow,
            )
    except RefusedAnswerError as error:
        service.refuse(database, view.tenant_id, error.why, visit)
        answer = _trouble(request, view, provider, onward, (error.title, error.detail), status=error.status)
    except service.NothingHereError as error:
        answer = _trouble(request, view, provider, onward, (error.title, error.detail), status=error.status)
    except (ProviderError, OutgoingRefusedError, MissingKeyError) as error:
        service.refuse(database, view.tenant_id, f"answer-{error.slug}", visit)
        answer = _trouble(request, view, provider, onward, _UNAVAILABLE, status=503)
    forget_question(answer, settings)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _own_act(
    request: Request,
    view: TenantView,
    who: SignedIn | None,
    database: Database,
    *,
    keyring: Keyring,
    provider: IdentityProvider,
    claims: Claims,
    flow: flows.Flow,
) -> Response:
    """Go on with what somebody signed in went to the provider for."""
    if who is None or str(who.account_id) != flow.account_id:
        raise RefusedAnswerError("somebody-else")
    if flow.purpose == "confirm":
        service.confirm(database, who, provider, claims)
        return RedirectResponse(flow.onward or f"/{view.slug}/panel", 303)
    linking = _Linking(
        tenant_id=view.tenant_id,
        account_id=who.account_id,
        issuer=claims.issuer,
        subject=claims.subject,
        expires=(clock.now() + timedelta(minutes=LINK_MINUTES)).timestamp(),
    )
    claimed = claims.text("email") or claims.text("preferred_username") or claims.text("name")
    sealed = keyring.seal(LINK_PURPOSE, linking.model_dump_json())
    shown = LinkPage(
        view, provider.label, linked=False, ready=True, claimed=claimed or claims.subject, sealed=sealed
    )
    return page(request, "identity/sso_link.html", shown)


@router.post(HOME + "/salida")
def back_channel(view: TenantDep, sent: Sent, database: DatabaseDep, providers: ProvidersDep) -> Response:
    """End sessions because the provider says so (OpenID Connect Back-Channel Logout 1.0)."""
    provider = _provider(database, view)
    try:
        service.back_channel(database, providers, provider, sent.text("logout_token"))
    except RefusedAnswerError as error:
        refused = {"error": "invalid_request", "error_description": error.why}
        return JSONResponse(refused, 400, {"Cache-Control": "no-store"})
    return Response(status_code=200, headers={"Cache-Control": "no-store"})


@router.get(HOME + "/vincular", dependencies=[Depends(guard(Permission.PROCESS_READ))])
def link_page(
    request: Request,
    view: TenantDep,
    who: SignedInDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    database: DatabaseDep,
) -> Response:
    """Say what linking means, and whether one's account is."""
    provider = queries.provider(session, actor)
    ready = provider is not None and provider.enabled and who.sso_tenant_id is None
    linked = service.is_linked(database, who, view.tenant_id)
    shown = LinkPage(view, provider.label if provider else "", linked=linked, ready=ready)
    return page(request, "identity/sso_link.html", shown)


@router.post(HOME + "/vincular", response_model=None, dependencies=[Depends(guard(Permission.PROCESS_READ))])
def link(
    view: TenantDep,
    who: FreshDep,
    sent: Sent,
    actor: ActorDep,
    session: WorkDep,
    *,
    database: DatabaseDep,
    settings: SettingsDep,
) -> Response:
    """Link one's own account with the identity that the provider has just named."""
    try:
        linking = _Linking(**json.loads(keys.of(settings).open(LINK_PURPOSE, sent.text("identidad"))))
    except (MissingKeyError, ValueError) as error:
        raise InvalidError("Vuelve a empezar en la página donde se vincula tu cuenta.") from error
    provider = service.in_use(session, actor)
    asked = (linking.tenant_id, linking.account_id, linking.issuer)
    if (
        asked != (view.tenant_id, who.account_id, provider.issuer)
        or linking.expires <= clock.now().timestamp()
    ):
        raise RefusedAnswerError("other-linking")
    service.link(database, who, provider, linking.subject)
    return RedirectResponse(f"{view.base}/sso/vincular", 303)


@router.post(
    HOME + "/desvincular", response_model=None, dependencies=[Depends(guard(Permission.PROCESS_READ))]
)
def unlink(view: TenantDep, who: FreshDep, database: DatabaseDep) -> Response:
    """Take the link back."""
    service.unlink(database, who, view.tenant_id)
    return RedirectResponse(f"{view.base}/sso/vincular", 303)


@router.get(HOME + "/rescate")
def rescue_page(
    request: Request,
    view: TenantDep,
    database: DatabaseDep,
    token: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Show a rescue link before it is used: programs that look at letters open links too."""
    with database.auth_work() as session:
        held = rescue.holds(session, view.tenant_id, token)
    return page(request, "identity/sso_rescue.html", RescuePage(view, token if held else ""))


@router.post(HOME + "/rescate", response_model=None)
def rescued(
    request: Request, view: TenantDep, sent: Sent, database: DatabaseDep, settings: SettingsDep
) -> Response:
    """Enter with a rescue link, once."""
    visit = visit_of(request, settings)
    opened = rescue.use(database, settings, view.tenant_id, sent.text("token"), visit)
    if opened is None:
        return page(request, "identity/sso_rescue.html", RescuePage(view, ""), status=410)
    desk = f"/{view.slug}/panel"
    onward = f"/entrar/segundo?{urlencode({'siguiente': desk})}" if opened.awaits_second_factor else desk
    answer = RedirectResponse(onward, 303)
    keep_cookie(answer, settings, opened)
    return answer


_UNAVAILABLE = (
    "Tu proveedor de identidad no está disponible",
    "No contestó, o no como debe. No es tu contraseña: inténtalo de nuevo en unos minutos.",
)


def _trouble(
    request: Request,
    view: TenantView,
    provider: IdentityProvider,
    onward: str,
    said: tuple[str, str],
    *,
    status: int,
) -> Response:
    carried = f"?{urlencode({'siguiente': onward})}" if onward else ""
    context = TroublePage(
        *said,
        again=f"{view.base}/sso/entrar{carried}",
        by_password=f"/entrar{carried}" if provider.local_login else "",
    )
    return page(request, "identity/sso_trouble.html", context, status=status)


def _provider(database: Database, view: TenantView) -> IdentityProvider:
    actor = Actor(tenant_id=view.tenant_id, role="system")
    with database.unit_of_work(actor) as session:
        return service.in_use(session, actor)


def _may_ask(who: SignedIn | None, view: TenantView, purpose: str) -> None:
    """Refuse to ask in the name of nobody, or of a session that may not."""
    if who is None:
        raise UnauthenticatedError("Inicia sesión para continuar.")
    if purpose == "confirm":
        if who.sso_tenant_id != view.tenant_id:
            raise ConfirmationNeededError("Confirma con tu contraseña.")
        return
    if who.sso_tenant_id is not None:
        raise ForbiddenError("Para vincular tu cuenta, entra con tu contraseña.")
    freshly_signed_in(who)
    if who.membership_in(view.tenant_id) is None:
        raise NotFoundError
