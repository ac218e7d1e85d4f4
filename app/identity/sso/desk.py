"""«Ajustes → Acceso»: the page where a tenant configures its provider and tries it."""

from dataclasses import dataclass, field

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field, SecretStr
from starlette.responses import Response

from app.core import keys
from app.core.errors import AppError, InvalidError
from app.core.policy import ROLE_LABELS, TENANT_ROLES, Permission
from app.identity.deps import (
    ActorDep,
    DatabaseDep,
    FreshDep,
    SettingsDep,
    TenantDep,
    WorkDep,
    guard,
)
from app.identity.desk import desk_navigation, settings_tabs
from app.identity.sso import queries, service
from app.identity.sso.deps import ProvidersDep, start_of
from app.identity.sso.discovery import ALGORITHMS
from app.identity.sso.models import IdentityProvider
from app.identity.sso.service import ProviderSettings
from app.web.components import SummaryItem, Tab
from app.web.forms import Form, Sent
from app.web.templating import page

router = APIRouter(
    include_in_schema=False,
    dependencies=[Depends(desk_navigation), Depends(guard(Permission.TENANT_MANAGE))],
)

HOME = "/{tenant}/ajustes/acceso"


class Access(BaseModel):
    """What the page asks of a tenant's provider."""

    label: str = Field(
        title="Nombre del proveedor",
        description="Como lo conocen las personas; aparece en el botón de entrada.",
        examples=["Cuenta institucional"],
        max_length=80,
    )
    issuer: str = Field(
        title="Emisor (issuer)",
        description="La dirección que el proveedor da como su identidad, letra por letra.",
        examples=["https://identidad.example.gob.mx/realms/garante"],
        max_length=500,
    )
    client_id: str = Field(title="Identificador de cliente (client ID)", max_length=200)
    client_secret: SecretStr = Field(
        SecretStr(""),
        title="Secreto de cliente (client secret)",
        description="Se guarda cifrado y no se vuelve a mostrar. Vacío conserva el que ya está.",
        max_length=500,
    )
    scopes: str = Field(
        "openid profile email",
        title="Datos que se piden (scopes)",
        description="Separados por espacios; «openid» siempre va.",
        max_length=300,
    )
    role_claim: str = Field(
        "",
        title="Dato que dice la función (claim)",
        description="Sin él, el proveedor no da funciones: solo entra quien ya tiene una y vinculó su cuenta.",
        examples=["groups"],
        max_length=100,
    )
    garante_admin: str = Field("", title=ROLE_LABELS["garante_admin"], max_length=1000)
    garante_reviewer: str = Field("", title=ROLE_LABELS["garante_reviewer"], max_length=1000)
    so_admin: str = Field("", title=ROLE_LABELS["so_admin"], max_length=1000)
    so_publisher: str = Field("", title=ROLE_LABELS["so_publisher"], max_length=1000)
    so_editor: str = Field("", title=ROLE_LABELS["so_editor"], max_length=1000)
    so_reader: str = Field("", title=ROLE_LABELS["so_reader"], max_length=1000)
    sujeto_claim: str = Field(
        "",
        title="Dato que dice el sujeto obligado (claim)",
        description="Su valor debe ser la clave del padrón o el identificador de la PNT.",
        examples=["organization"],
        max_length=100,
    )
    enabled: bool = Field(
        default=False,
        title="Ofrecer este proveedor en la entrada",
        description="Apagado, lo guardado se conserva y nadie entra por él.",
    )
    single_logout: bool = Field(
        default=False,
        title="Al salir, cerrar también la sesión del proveedor",
    )
    only_provider: bool = Field(
        default=False,
        title="Entrar solo con el proveedor",
        description="La contraseña deja de abrir este organismo. Antes, entra una vez con el proveedor.",
    )
    row_version: int = Field(0, title="Versión", ge=0)


@dataclass(frozen=True)
class AccessPage:
    """Context of `identity/sso_access.html`."""

    tabs: tuple[Tab, ...]
    here_base: str
    form: Form[Access]
    roles: tuple[str, ...]
    stored_secret: bool
    configured: bool
    link_address: str
    addresses: tuple[SummaryItem, ...]
    tried: str = ""
    failed: str = ""
    facts: tuple[SummaryItem, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class _Trial:
    """What trying the provider showed."""

    tried: str = ""
    failed: str = ""
    facts: tuple[SummaryItem, ...] = ()


@router.get(HOME)
def show(request: Request, view: TenantDep, actor: ActorDep, session: WorkDep) -> Response:
    """Show how people enter."""
    provider = queries.provider(session, actor)
    return _page(request, view, actor, provider, _form_of(provider))


@router.post(HOME, response_model=None)
def save(
    request: Request,
    sent: Sent,
    view: TenantDep,
    who: FreshDep,
    actor: ActorDep,
    *,
    session: WorkDep,
    database: DatabaseDep,
    settings: SettingsDep,
    providers: ProvidersDep,
) -> Response:
    """State how people enter."""
    form = Form.read(Access, sent)
    before = queries.provider(session, actor)
    was = _grounds(before) if before else None
    if form.data is not None:
        try:
            row = service.save(
                session,
                actor,
                keys.of(settings),
                providers,
                _stated(form.data),
                row_version=form.data.row_version,
                by_provider=who.sso_tenant_id == view.tenant_id,
            )
            if was and was != _grounds(row):
                service.end_tenant_sessions(database, view.tenant_id)
            return RedirectResponse(f"{view.base}/ajustes/acceso", 303)
        except InvalidError as error:
            form = form.refused(error.detail)
    return _page(request, view, actor, before, form, status=422)


@router.post(HOME + "/prueba", response_model=None)
def try_out(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    providers: ProvidersDep,
) -> Response:
    """Ask the provider for its description and its keys, and say what came."""
    provider = queries.provider(session, actor)
    if provider is None:
        return RedirectResponse(f"{view.base}/ajustes/acceso", 303)
    try:
        metadata = providers.metadata(provider.issuer, anew=True)
        held = providers.keys(metadata, None)
        trial = _Trial(
            tried="El proveedor contesta como debe.",
            facts=(
                SummaryItem("Página de entrada", metadata.authorization),
                SummaryItem("Llaves para firmar", str(len(held.keys))),
                SummaryItem("Firmas que usa", ", ".join(sorted(metadata.algorithms & ALGORITHMS))),
                SummaryItem("Cierra su sesión a petición", "Sí" if metadata.end_session else "No"),
            ),
        )
    except AppError as error:
        trial = _Trial(failed=error.detail)
    return _page(request, view, actor, provider, _form_of(provider), trial=trial)


def _page(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    provider: IdentityProvider | None,
    form: Form[Access],
    *,
    trial: _Trial | None = None,
    status: int = 200,
) -> Response:
    trial = trial or _Trial()
    start = start_of(request, view)
    context = AccessPage(
        tabs=settings_tabs(view, actor, "acceso"),
        here_base=f"{view.base}/ajustes/acceso",
        form=form,
        roles=TENANT_ROLES,
        stored_secret=bool(provider and provider.client_secret),
        configured=provider is not None,
        link_address=f"{view.base}/sso/vincular",
        addresses=(
            SummaryItem("A donde regresa quien entra (redirect URI)", f"{start}/sso/respuesta"),
            SummaryItem("A donde regresa quien sale (post logout redirect URI)", f"{start}/"),
            SummaryItem("Aviso de cierre de sesión (back-channel logout URI)", f"{start}/sso/salida"),
        ),
        tried=trial.tried,
        failed=trial.failed,
        facts=trial.facts,
    )
    return page(request, "identity/sso_access.html", context, status=status)


def _grounds(provider: IdentityProvider) -> tuple[object, ...]:
    """Return what a provider's open sessions stand on: where it changes, they end."""
    return (
        provider.issuer,
        provider.client_id,
        provider.enabled,
        provider.role_claim,
        dict(provider.roles),
        provider.sujeto_claim,
    )


def _form_of(provider: IdentityProvider | None) -> Form[Access]:
    if provider is None:
        return Form.blank(Access, scopes="openid profile email", row_version="0")
    ticked = {
        name: "true"
        for name, on in (
            ("enabled", provider.enabled),
            ("single_logout", provider.single_logout),
            ("only_provider", not provider.local_login),
        )
        if on
    }
    return Form.blank(
        Access,
        label=provider.label,
        issuer=provider.issuer,
        client_id=provider.client_id,
        scopes=provider.scopes,
        role_claim=provider.role_claim,
        sujeto_claim=provider.sujeto_claim,
        row_version=str(provider.row_version),
        **{role: ", ".join(values) for role, values in provider.roles.items()},
        **ticked,
    )


def _stated(data: Access) -> ProviderSettings:
    listed = {role: _values(getattr(data, role)) for role in TENANT_ROLES}
    scopes = data.scopes.split()
    return ProviderSettings(
        label=data.label,
        issuer=data.issuer,
        client_id=data.client_id,
        client_secret=data.client_secret.get_secret_value().strip(),
        scopes=" ".join(scopes if "openid" in scopes else ["openid", *scopes]),
        role_claim=data.role_claim,
        roles={role: values for role, values in listed.items() if values},
        sujeto_claim=data.sujeto_claim,
        single_logout=data.single_logout,
        local_login=not data.only_provider,
        enabled=data.enabled,
    )


def _values(listed: str) -> list[str]:
    return [value for one in listed.split(",") if (value := one.strip())]
