"""The tab «PNT» of «Ajustes»: in which format bodies report, from which quarter on, and how the law calls it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.core.db import Actor, RwSession
from app.core.errors import InvalidError, TooLargeError
from app.core.policy import Permission
from app.core.quarters import Quarter, window
from app.identity.deps import ActorDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation, settings_tabs
from app.pnt import formats
from app.pnt.formats import NAMES, Chosen, Obligation, Terms
from app.sipot.formats import Labels
from app.tenancy.queries import TenantView
from app.web.components import Tab
from app.web.forms import Form, FormValues, Sent
from app.web.templating import page

router = APIRouter(
    include_in_schema=False,
    dependencies=[Depends(desk_navigation), Depends(guard(Permission.TENANT_MANAGE))],
)

HOME = "/{tenant}/ajustes/pnt"
TEMPLATE = "plantilla"


class FormatForm(BaseModel):
    """A format, from when on, and how the law calls it."""

    formato: str = Field(title="Formato", max_length=40)
    desde: str = Field(title="Desde qué trimestre se reporta así", max_length=10)
    ley: str = Field("", title="Ley", examples=["LGTAIP"], max_length=500)
    articulo: str = Field("", title="Artículo", examples=["65"], max_length=100)
    fraccion: str = Field("", title="Fracción", examples=["XXVI"], max_length=100)
    titulo: str = Field("", title="Título que lleva el libro", max_length=1000)
    nombre_corto: str = Field("", title="Nombre corto que lleva el libro", max_length=200)
    descripcion: str = Field("", title="Descripción que lleva el libro", max_length=1000)


@dataclass(frozen=True)
class FormatsPage:
    """Context of `pnt/settings.html`."""

    tabs: tuple[Tab, ...]
    here: str
    in_force: list[Chosen]
    quarter: Quarter
    choices: list[Chosen]
    form: Form[Any]
    formats: tuple[tuple[str, str], ...]
    quarters: tuple[tuple[str, str], ...]
    limit: int


@router.get(HOME, response_model=None)
def show(request: Request, view: TenantDep, actor: ActorDep, session: WorkDep) -> Response:
    """Show the formats in use, and those that were or will be."""
    form = Form.blank(FormatForm, formato=TEMPLATE, ley=view.law)
    return page(request, "pnt/settings.html", _context(view, actor, session, form))


@router.post(HOME, response_model=None)
def choose(request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, sent: Sent) -> Response:
    """Report in a format from a quarter on: one that is built in, or that of the template sent."""
    form = Form.read(FormatForm, sent)
    if form.data is not None:
        told = form.data
        quarter = Quarter.read(told.desde)
        if quarter is None:
            form = form.refused("Elige un trimestre de la lista.", "desde")
        else:
            obligation = Obligation(told.ley, told.articulo, told.fraccion)
            terms = Terms(quarter, obligation, Labels(told.titulo, told.nombre_corto, told.descripcion))
            try:
                _enter(session, actor, sent, told.formato, terms)
            except (InvalidError, TooLargeError) as error:
                form = form.refused(error.detail, "formato")
            else:
                return RedirectResponse(f"{view.base}/ajustes/pnt", 303)
    return page(request, "pnt/settings.html", _context(view, actor, session, form), status=422)


@router.post(HOME + "/{format_key}/quitar", response_model=None)
def remove(view: TenantDep, actor: ActorDep, session: WorkDep, format_key: UUID) -> Response:
    """Report as before a choice was made."""
    formats.remove(session, actor, format_key)
    return RedirectResponse(f"{view.base}/ajustes/pnt", 303)


def _enter(session: RwSession, actor: Actor, sent: FormValues, name: str, terms: Terms) -> None:
    files = sent.files.get("archivo", [])
    if name != TEMPLATE:
        formats.choose(session, actor, name, terms)
    elif files:
        formats.learn(session, actor, files[0].file, files[0].filename or TEMPLATE, terms)
    else:
        raise InvalidError("Elige el archivo de la plantilla.")


def _context(view: TenantView, actor: Actor, session: RwSession, form: Form[Any]) -> FormatsPage:
    offered = window(view.today)
    coming = Quarter.of(offered[0].after)
    return FormatsPage(
        tabs=settings_tabs(view, actor, "pnt"),
        here=f"{view.base}/ajustes/pnt",
        in_force=formats.in_force(session, actor, offered[0]),
        quarter=offered[0],
        choices=formats.choices(session, actor),
        form=form,
        formats=((TEMPLATE, "La plantilla de mi organismo, que subo abajo"), *NAMES.items()),
        quarters=tuple((one.written, one.label) for one in (coming, *offered)),
        limit=formats.LARGEST_TEMPLATE,
    )
