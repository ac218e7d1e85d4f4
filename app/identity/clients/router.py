"""«Ajustes → Sistemas», where a tenant lets programs in, and the address where they get their tokens."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.core import clock
from app.core.db import Actor, RwSession
from app.core.errors import AppError, BadRequestError, InvalidError, TooManyRequestsError
from app.core.policy import Permission
from app.identity import throttle
from app.identity.clients import queries, server, service
from app.identity.clients.models import MachineClient
from app.identity.clients.service import Credentials
from app.identity.deps import ActorDep, DatabaseDep, FreshDep, SettingsDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation, settings_tabs
from app.identity.door import visit_of
from app.identity.log import note
from app.identity.sso.deps import start_of
from app.tenancy import queries as tenancy
from app.tenancy.queries import TenantView
from app.web.components import State, SummaryItem, Tab
from app.web.forms import Form, FormValues, Sent, pairs
from app.web.templating import page

router = APIRouter(
    include_in_schema=False, dependencies=[Depends(desk_navigation), Depends(guard(Permission.CLIENT_MANAGE))]
)
door = APIRouter(include_in_schema=False)

HOME = "/{tenant}/ajustes/sistemas"
SCOPE_LABELS = (
    ("imports:write", "Enviar datos: importa paquetes OCDS, y publica donde la política es directa"),
    ("imports:read", "Consultar cómo van sus importaciones"),
    ("webhooks:write", "Registrar las direcciones que reciben cada cambio (webhooks), y cuidarlas"),
    ("pdn:read", "Consultar lo publicado como lo pide la Plataforma Digital Nacional (Sistema 6)"),
)


class NewClient(BaseModel):
    """What is stated of a new client."""

    name: str = Field(
        title="Nombre del sistema",
        description="Así aparece en la bitácora.",
        examples=["Sistema de compras de Salud"],
        max_length=120,
    )
    scopes: list[Literal["imports:write", "imports:read", "webhooks:write", "pdn:read"]] = Field(
        title="Qué puede hacer", min_length=1
    )
    sujeto: str = Field(
        "",
        title="Sujeto obligado",
        description="Su nombre o su clave en el padrón. Vacío: trabaja para todo el organismo garante.",
        max_length=400,
    )
    days: Literal["90", "180", "365"] = Field(title="Cuándo vence")


@dataclass(frozen=True)
class ClientLine:
    """A client in the list."""

    client: MachineClient
    sujeto: str
    state: State
    is_open: bool


@dataclass(frozen=True)
class ClientsPage:
    """Context of `identity/clients.html`; `made` holds the secret of a new client, which is shown this once."""

    tabs: tuple[Tab, ...]
    here_base: str
    form: Form[NewClient]
    lines: tuple[ClientLine, ...]
    lookup: str
    scope_labels: tuple[tuple[str, str], ...]
    made: tuple[SummaryItem, ...] = ()
    made_name: str = ""


@router.get(HOME)
def show(request: Request, view: TenantDep, actor: ActorDep, session: WorkDep) -> Response:
    """List the programs that the tenant let in."""
    return _page(request, view, actor, session, Form.blank(NewClient, days="365"))


@router.post(HOME)
def create(
    request: Request,
    view: TenantDep,
    sent: Sent,
    _who: FreshDep,
    actor: ActorDep,
    *,
    session: WorkDep,
    database: DatabaseDep,
) -> Response:
    """Let a program in and show its secret, once."""
    form = Form.read(NewClient, sent)
    if form.data is None:
        return _page(request, view, actor, session, form, status=422)
    field = "sujeto"
    try:
        body = (
            tenancy.named(session, actor, form.data.sujeto).sujeto_obligado_id if form.data.sujeto else None
        )
        field = ""
        made = service.create(
            session,
            database,
            actor,
            name=form.data.name,
            scopes=form.data.scopes,
            days=int(form.data.days),
            sujeto_obligado_id=body,
        )
    except InvalidError as error:
        return _page(request, view, actor, session, form.refused(error.detail, field), status=error.status)
    return _page(request, view, actor, session, Form.blank(NewClient, days="365"), made=made)


@router.post(HOME + "/{client_id}/rotacion")
def rotate(
    request: Request,
    view: TenantDep,
    sent: Sent,
    _who: FreshDep,
    actor: ActorDep,
    *,
    session: WorkDep,
    client_id: str,
) -> Response:
    """Give a program another secret and show it, once."""
    made = service.rotate(session, actor, client_id, _version(sent))
    return _page(request, view, actor, session, Form.blank(NewClient, days="365"), made=made)


@router.post(HOME + "/{client_id}/revocacion", response_model=None)
def revoke(view: TenantDep, sent: Sent, actor: ActorDep, session: WorkDep, *, client_id: str) -> Response:
    """Shut a program out."""
    service.revoke(session, actor, client_id, _version(sent))
    return RedirectResponse(f"{view.base}/ajustes/sistemas", 303)


async def _body(request: Request) -> bytes:
    return await request.body()


@door.post("/{tenant}/oauth/token")
@door.post("/{tenant}/pdn/s6/oauth")
def token(
    request: Request,
    view: TenantDep,
    body: Annotated[bytes, Depends(_body)],
    database: DatabaseDep,
    settings: SettingsDep,
) -> Response:
    """Give a client a token of a few minutes for its secret."""
    try:
        form = _once(request, body)
        client_id = _named(request, form)
        # Of this client from this address: nobody elsewhere can shut it out by trying in its name.
        bucket = throttle.bucket(
            "client", f"{view.tenant_id} {client_id} {visit_of(request, settings).address}"
        )
        with database.auth_work() as auth:
            throttle.attempt(auth, settings, bucket)
    except BadRequestError as error:
        return _refused("invalid_request", 400, error)
    except TooManyRequestsError as error:
        return _refused("temporarily_unavailable", 429, error)
    system = Actor(tenant_id=view.tenant_id, role="system")
    with database.unit_of_work(system) as session:
        answered = server.answer(session, system, form, request.headers)
    with database.auth_work() as auth:
        if answered.status_code == 401:
            note(auth, None, "client.refused", tenant=str(view.tenant_id), client=client_id[:60])
        else:
            throttle.give_back(auth, settings, bucket)
    return answered


def _once(request: Request, body: bytes) -> dict[str, str]:
    """Return the parameters of a form; the standard lets none be repeated."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise BadRequestError("Los parámetros vienen como application/x-www-form-urlencoded.")
    listed = pairs(body)
    form = dict(listed)
    if len(form) != len(listed) or any("\0" in one for pair in listed for one in pair):
        raise BadRequestError("Un parámetro se repite, o trae caracteres nulos.")
    return form


def _named(request: Request, form: dict[str, str]) -> str:
    """Return the client's identifier, for counting its attempts; empty where none can be read."""
    name, _ = server.basic(request.headers)
    return name or form.get("client_id", "")


def _refused(code: str, status: int, error: AppError) -> Response:
    return JSONResponse({"error": code}, status, {**error.headers, **server.NO_STORE})


def _version(sent: FormValues) -> int:
    text = sent.text("row_version")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadRequestError("Falta la versión del sistema. Vuelve a abrir la página.")
    return int(text)


def _page(
    request: Request,
    view: TenantView,
    actor: Actor,
    session: RwSession,
    form: Form[NewClient],
    *,
    made: Credentials | None = None,
    status: int = 200,
) -> Response:
    clients = queries.clients(session, actor)
    names = tenancy.names_of(session, actor, (one.sujeto_obligado_id for one in clients))
    lines = tuple(
        ClientLine(
            one,
            names.get(one.sujeto_obligado_id, "") if one.sujeto_obligado_id else "Todo el organismo garante",
            _state(one),
            queries.is_open(one),
        )
        for one in clients
    )
    context = ClientsPage(
        tabs=settings_tabs(view, actor, "sistemas"),
        here_base=f"{view.base}/ajustes/sistemas",
        form=form,
        lines=lines,
        lookup=f"{view.base}/padron/opciones",
        scope_labels=SCOPE_LABELS,
        made=(
            SummaryItem("Identificador (client_id)", made.client_id),
            SummaryItem("Secreto (client_secret)", made.secret),
            SummaryItem("Dirección de los tokens", f"{start_of(request, view)}/oauth/token"),
        )
        if made
        else (),
        made_name=made.name if made else "",
    )
    return page(
        request, "identity/clients.html", context, status=status, headers={"Cache-Control": "no-store"}
    )


def _state(client: MachineClient) -> State:
    if client.revoked_at is not None:
        return State("Sin acceso", "cross")
    if client.expires_at <= clock.now():
        return State("Vencido", "clock", "warning")
    return State("Con acceso", "check", "success")
