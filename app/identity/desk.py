"""The frame of a tenant's desk: in every page, the ways that the person's role opens.

A router of the desk takes it whole: `APIRouter(dependencies=[Depends(desk_navigation)])`.
"""

from fastapi import Request

from app.core.policy import Permission, allowed
from app.identity.deps import ActorDep, TenantDep
from app.web import shell

PAGES = (
    ("Mi trabajo", "panel", Permission.PROCESS_READ),
    ("Procesos", "procesos-internos", Permission.PROCESS_READ),
    ("Importaciones", "importaciones", Permission.PROCESS_IMPORT),
    ("Registro", "registro", Permission.PROCESS_READ),
    ("Catálogos", "catalogos", Permission.CATALOG_MANAGE),
    ("Padrón", "padron", Permission.PADRON_READ),
    ("Bitácora", "bitacora", Permission.AUDIT_READ),
)
"""Label, first segment after the tenant, and what it takes to see it."""


def desk_navigation(request: Request, view: TenantDep, actor: ActorDep) -> None:
    """Offer the pages of the desk that the actor may open; the one being looked at is marked."""
    here = request.url.path.split("/")[2:3]  # the path always holds the slug, also on the tenant's own host
    shell.dress(
        request,
        navigation=tuple(
            shell.Link(label, f"{view.base}/{segment}", current=here == [segment])
            for label, segment, permission in PAGES
            if allowed(actor, permission)
        ),
    )
