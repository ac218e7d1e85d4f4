"""The frame of a tenant's desk: in every page, the ways that the person's role opens.

A router of the desk takes it whole: `APIRouter(dependencies=[Depends(desk_navigation)])`.
"""

from fastapi import Request

from app.core.db import Actor
from app.core.policy import Permission, allowed
from app.identity.deps import ActorDep, SignedInDep, TenantDep
from app.tenancy.queries import TenantView
from app.web import shell
from app.web.components import Tab

PAGES = (
    ("Mi trabajo", "panel", Permission.PROCESS_READ),
    ("Procesos", "procesos-internos", Permission.PROCESS_READ),
    ("Importaciones", "importaciones", Permission.PROCESS_IMPORT),
    ("PNT", "pnt", Permission.PROCESS_READ),
    ("Registro", "registro", Permission.PROCESS_READ),
    ("Cumplimiento", "cumplimiento", Permission.ADOPTION_READ),
    ("Padrón", "padron", Permission.PADRON_READ),
    ("Personas", "personas", Permission.PEOPLE_MANAGE),
    ("Catálogos", "catalogos", Permission.CATALOG_MANAGE),
    ("Webhooks", "avisos-a-sistemas", Permission.WEBHOOK_MANAGE),
    ("Ajustes", "ajustes", Permission.TENANT_MANAGE),
    ("Bitácora", "bitacora", Permission.AUDIT_READ),
)
"""Label, first segment after the tenant, and what it takes to see it."""

SETTINGS_TABS = (
    ("Identidad", "identidad", Permission.TENANT_MANAGE),
    ("Política", "politica", Permission.TENANT_MANAGE),
    ("Calendario", "calendario", Permission.TENANT_MANAGE),
    ("Acceso", "acceso", Permission.TENANT_MANAGE),
    ("Sistemas", "sistemas", Permission.CLIENT_MANAGE),
    ("PNT", "pnt", Permission.TENANT_MANAGE),
    ("Correo", "correo", Permission.TENANT_MANAGE),
    ("Conservación", "conservacion", Permission.TENANT_MANAGE),
    ("Exportación", "exportacion", Permission.TENANT_EXPORT),
)
"""The tabs of «Ajustes»: label, segment after `/{tenant}/ajustes/`, and what it takes to see it."""


def settings_tabs(view: TenantView, actor: Actor, current: str = "") -> tuple[Tab, ...]:
    """Return the tabs of «Ajustes» that the actor may open; every page among them shows `ui.tabs(tabs)`.

    Args:
        view: the tenant.
        actor: who looks.
        current: the segment of the page being shown.
    """
    return tuple(
        Tab(label, f"{view.base}/ajustes/{segment}", current=segment == current)
        for label, segment, permission in SETTINGS_TABS
        if allowed(actor, permission)
    )


IDLE = {
    "suspended": "está suspendido: no puede empezar contrataciones. Consúltalo con tu organismo garante.",
    "merged": "pasó sus funciones a otro sujeto obligado: no puede empezar contrataciones.",
    "moving": "se está mudando a otro organismo garante: sus contrataciones solo se leen hasta que termine, y nada de "
    "lo suyo se pierde.",
}
"""State of a body that does not work → what its people are told on every page of the desk."""


def desk_navigation(request: Request, view: TenantDep, actor: ActorDep, who: SignedInDep) -> None:
    """Offer the pages of the desk that the actor may open; the one being looked at is marked."""
    hat = who.membership_in(view.tenant_id)
    if hat is not None and (idle := IDLE.get(hat.sujeto_status)):
        shell.dress(request, notice=f"{hat.sujeto_name} {idle}")
    here = request.url.path.split("/")[2:3]  # the path always holds the slug, also on the tenant's own host
    shell.dress(
        request,
        navigation=tuple(
            shell.Link(label, f"{view.base}/{segment}", current=here == [segment])
            for label, segment, permission in PAGES
            if allowed(actor, permission)
        ),
    )
