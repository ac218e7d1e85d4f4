"""What every public page wears: its ways in and its foot, the tenant's or the nation's."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.identity.deps import OptionalActorDep, TenantDep, VisitorDep
from app.tenancy.queries import TenantView
from app.tenancy.states import state_of
from app.web import shell
from app.web.shell import Link

ABOUT = (Link("Acerca de este servicio", "/acerca"), Link("Accesibilidad", "/accesibilidad"))


def national_frame(request: Request, _who: VisitorDep) -> None:
    """Dress a page of the whole service."""
    shell.dress(
        request,
        navigation=(
            Link("Organismos", "/#organismos"),
            Link("Tableros", "/tableros"),
            Link("Adopción", "/adopcion"),
            Link("Datos", "/datos"),
            Link("Acerca", "/acerca"),
        ),
        footer=(Link("Cómo usar los datos", "/datos"), *ABOUT),
    )


def tenant_frame(request: Request, view: TenantDep, actor: OptionalActorDep) -> TenantView:
    """Dress a public page of a tenant; a member also gets the way to their desk."""
    here = request.url.path.split("/")[2:3]  # the path holds the slug, also on the tenant's own host
    ways = [
        ("Contrataciones", "procesos"),
        ("Sujetos obligados", "sujetos"),
        ("Tableros", "tableros"),
        ("Datos", "datos"),
    ]
    if actor is not None:
        ways.append(("Mi trabajo", "panel"))
    shell.dress(
        request,
        navigation=tuple(
            Link(label, f"{view.base}/{segment}", current=here == [segment]) for label, segment in ways
        ),
        footer=(
            Link("Cómo usar los datos", f"{view.base}/datos"),
            Link("Política de publicación", f"{view.base}/politica"),
            Link("Bitácora pública", f"{view.base}/bitacora-publica"),
            *ABOUT,
            *((Link("Todos los organismos", "/"),) if view.base else ()),
        ),
    )
    return view


PublicTenantDep = Annotated[TenantView, Depends(tenant_frame)]

Endpoint = Callable[..., Response]


def public(router: APIRouter, path: str, *, national: bool = False) -> Callable[[Endpoint], Endpoint]:
    """Register a page for GET and HEAD; a national one wears the nation's frame."""

    def register(endpoint: Endpoint) -> Endpoint:
        router.add_api_route(
            path,
            endpoint,
            methods=["GET", "HEAD"],
            response_model=None,
            dependencies=[Depends(national_frame)] if national else [],
        )
        return endpoint

    return register


def crumbs_of(view: TenantView) -> tuple[Link, ...]:
    """Return the way from the tenant's home to a page right below it."""
    return (Link(state_of(view), f"{view.base}/"),)
