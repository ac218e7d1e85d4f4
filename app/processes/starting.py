"""Pages on which processes begin: the form of a new one, and the templates of a body."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.policy import Permission
from app.core.tables import new_id
from app.identity.deps import ActorDep, TenantDep, WorkDep, guard
from app.identity.queries import full_names
from app.ocds.shape import Document
from app.processes import beginning
from app.processes.beginning import LONGEST_NAME, LONGEST_TITLE, METHODS, Beginning, Earlier
from app.processes.copying import kept
from app.processes.models import ProcessTemplate
from app.processes.queries import WorkingProcess, working_process
from app.processes.summary import title_of
from app.tenancy.queries import TenantView, sujeto
from app.web.components import SummaryItem
from app.web.formats import plural
from app.web.forms import Form, Sent
from app.web.shell import Link
from app.web.templating import page

starting = APIRouter(include_in_schema=False)

EDITORS = [Depends(guard(Permission.PROCESS_EDIT))]
PROCESSES = "/{tenant}/procesos-internos"
TEMPLATES = "/{tenant}/plantillas"


class NewProcess(BaseModel):
    """What is asked before a process begins; the rest is captured in it."""

    titulo: str = Field(
        title="Qué se contrata",
        description="Un título que cualquiera entienda. Podrás cambiarlo.",
        examples=["Compra de papelería para escuelas"],
        max_length=LONGEST_TITLE,
    )
    procedimiento: str = Field(title="Procedimiento", description="Según él se piden unos datos u otros.")
    objeto: str = Field(
        "", title="Para qué", description="El objeto de la contratación, en una o dos frases."
    )
    plantilla: UUID | None = Field(None, title="Empezar con una plantilla")
    anterior: str = Field(
        "",
        title="Empezar con una contratación anterior",
        description="Búscala por título, número u OCID. Se copia qué se compra y cómo: partidas, áreas, criterios; "
        "nunca montos, fechas, proveedores ni documentos.",
        max_length=300,
    )
    clave: UUID = Field(title="Clave de este formulario")


class TemplateName(BaseModel):
    """What a template is called."""

    nombre: str = Field(
        title="Nombre de la plantilla",
        examples=["Papelería anual por licitación"],
        max_length=LONGEST_NAME,
    )


@dataclass(frozen=True)
class NewProcessPage:
    """Context of `processes/new.html`."""

    crumbs: tuple[Link, ...]
    here: str
    lookup: str
    form: Form[NewProcess]
    body: str
    procedures: tuple[tuple[str, str], ...]
    templates: tuple[tuple[str, str], ...]
    searched: bool
    found: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TemplateLine:
    """A template in the list."""

    template: ProcessTemplate
    who: str


@dataclass(frozen=True)
class TemplatesPage:
    """Context of `processes/templates.html`; `retired` was retired just now and can come back."""

    base: str
    here: str
    crumbs: tuple[Link, ...]
    lines: tuple[TemplateLine, ...]
    longest: int
    retired: ProcessTemplate | None


@dataclass(frozen=True)
class SaveTemplatePage:
    """Context of `processes/save_template.html`."""

    crumbs: tuple[Link, ...]
    here: str
    process: str
    title: str
    form: Form[TemplateName]
    holds: tuple[SummaryItem, ...]


@starting.get(PROCESSES + "/nueva", dependencies=EDITORS)
def new_process(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    plantilla: UUID | None = None,
    desde: UUID | None = None,
) -> Response:
    """Ask what matters to begin a process."""
    start: Document = {}
    chosen: dict[str, str] = {}
    if plantilla is not None:
        start = beginning.template(session, actor, plantilla).document
        chosen = {"plantilla": str(plantilla)}
    elif desde is not None:
        process = working_process(session, actor, desde)
        start, chosen = process.document, {"anterior": process.ocid}
    tender = start.get("tender")
    told = tender if isinstance(tender, dict) else {}
    procedure = next((name for name, code in METHODS.items() if code == told.get("procurementMethod")), "")
    form = Form.blank(
        NewProcess,
        clave=str(new_id()),
        titulo=title_of(start),
        objeto=str(told.get("description") or ""),
        procedimiento=procedure,
        **chosen,
    )
    return page(request, "processes/new.html", _new_page(session, actor, view, form))


@starting.post(PROCESSES + "/nueva", dependencies=EDITORS)
def begin(request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, sent: Sent) -> Response:
    """Begin a process and go on to capture it; or, asked by the button beside it, look for an earlier one."""
    form = Form.read(NewProcess, sent)
    if sent.text("buscar"):
        found = beginning.find_earlier(session, actor, sent.text("anterior"))
        as_typed = Form(NewProcess, sent.texts)
        return page(request, "processes/new.html", _new_page(session, actor, view, as_typed, found))
    if form.data is not None and form.data.plantilla and form.data.anterior:
        form = form.refused("Elige una plantilla o una contratación anterior, no las dos.", "anterior")
    if form.data is not None:
        data = form.data
        asked = Beginning(
            data.clave, data.titulo, data.procedimiento, data.objeto, data.plantilla, data.anterior
        )
        try:
            process_id = beginning.create(session, actor, asked)
        except NotFoundError as error:
            if not data.anterior:
                raise
            form = form.refused(error.detail, "anterior")
        except InvalidError as error:
            form = form.refused(error.detail)
        else:
            return RedirectResponse(f"{view.base}/procesos-internos/{process_id}/captura", 303)
    return page(request, "processes/new.html", _new_page(session, actor, view, form), status=422)


@starting.get(PROCESSES + "/buscar", dependencies=EDITORS)
def look_up(actor: ActorDep, session: WorkDep, q: Annotated[str, Query(max_length=300)] = "") -> JSONResponse:
    """Offer earlier processes of one's body while one types."""
    return JSONResponse(
        [
            {"value": one.ocid, "label": one.title or one.ocid, "hint": _hint(one), "fills": {}}
            for one in beginning.find_earlier(session, actor, q)
        ],
        headers={"Cache-Control": "no-store"},
    )


@starting.get(TEMPLATES, dependencies=EDITORS)
def templates(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, retirada: UUID | None = None
) -> Response:
    """List the templates of one's body."""
    rows = beginning.templates(session, actor)
    names = full_names(session, {row.created_by for row in rows if row.created_by})
    retired = beginning.template(session, actor, retirada) if retirada else None
    context = TemplatesPage(
        base=view.base,
        here=f"{view.base}/plantillas",
        crumbs=(Link("Procesos", f"{view.base}/procesos-internos"),),
        lines=tuple(
            TemplateLine(row, names.get(row.created_by, "") if row.created_by else "") for row in rows
        ),
        longest=LONGEST_NAME,
        retired=retired if retired and retired.retired_at else None,
    )
    return page(request, "processes/templates.html", context)


@starting.get(PROCESSES + "/{process_id}/plantilla", dependencies=EDITORS)
def template_form(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, process_id: UUID
) -> Response:
    """Ask under which name to keep a process as a template, and tell what it will hold."""
    process = working_process(session, actor, process_id)
    form = Form.blank(TemplateName, nombre=title_of(process.document)[:LONGEST_NAME])
    return page(request, "processes/save_template.html", _save_page(view, process, form))


@starting.post(PROCESSES + "/{process_id}/plantilla", dependencies=EDITORS)
def save_template(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, *, process_id: UUID, sent: Sent
) -> Response:
    """Keep a process as a template."""
    process = working_process(session, actor, process_id)
    form = Form.read(TemplateName, sent)
    if form.data is not None:
        try:
            beginning.save_template(session, actor, process_id, form.data.nombre)
        except (InvalidError, ConflictError) as error:
            form = form.refused(error.detail, "nombre")
        else:
            return RedirectResponse(f"{view.base}/plantillas", 303)
    return page(request, "processes/save_template.html", _save_page(view, process, form), status=422)


@starting.post(TEMPLATES + "/{template_id}/nombre", dependencies=EDITORS)
def rename_template(
    view: TenantDep, actor: ActorDep, session: WorkDep, *, template_id: UUID, sent: Sent
) -> Response:
    """Give a template another name."""
    beginning.rename_template(session, actor, template_id, sent.text("nombre"))
    return RedirectResponse(f"{view.base}/plantillas", 303)


@starting.post(TEMPLATES + "/{template_id}/retiro", dependencies=EDITORS)
def retire_template(view: TenantDep, actor: ActorDep, session: WorkDep, template_id: UUID) -> Response:
    """Offer a template no more."""
    beginning.retire_template(session, actor, template_id)
    return RedirectResponse(f"{view.base}/plantillas?retirada={template_id}", 303)


@starting.post(TEMPLATES + "/{template_id}/recuperacion", dependencies=EDITORS)
def restore_template(view: TenantDep, actor: ActorDep, session: WorkDep, template_id: UUID) -> Response:
    """Offer a retired template again."""
    beginning.restore_template(session, actor, template_id)
    return RedirectResponse(f"{view.base}/plantillas", 303)


def _new_page(
    session: RwSession,
    actor: Actor,
    view: TenantView,
    form: Form[NewProcess],
    found: list[Earlier] | None = None,
) -> NewProcessPage:
    here = f"{view.base}/procesos-internos"
    return NewProcessPage(
        crumbs=(Link("Procesos", here),),
        here=f"{here}/nueva",
        lookup=f"{here}/buscar",
        form=form,
        body=sujeto(session, actor, actor.sujeto_obligado_id).name if actor.sujeto_obligado_id else "",
        procedures=tuple((name, name) for name in METHODS),
        templates=tuple((str(row.template_id), row.name) for row in beginning.templates(session, actor)),
        searched=found is not None,
        found=(
            *((one.ocid, f"{one.title or 'Sin título'} ({_hint(one)})") for one in found),
            ("", "Ninguna de estas"),
        )
        if found
        else (),
    )


def _hint(one: Earlier) -> str:
    return f"{one.ocid}, {one.year}" if one.year else one.ocid


def _save_page(view: TenantView, process: WorkingProcess, form: Form[TemplateName]) -> SaveTemplatePage:
    here = f"{view.base}/procesos-internos/{process.process_id}"
    copy = kept(process.document)
    tender, planning = (copy.get(section) or {} for section in ("tender", "planning"))
    title = title_of(process.document) or "Sin título"
    return SaveTemplatePage(
        crumbs=(Link("Procesos", f"{view.base}/procesos-internos"), Link(process.ocid, here)),
        here=f"{here}/plantilla",
        process=here,
        title=title,
        form=form,
        holds=(
            SummaryItem("Partidas", plural(len(tender.get("items", ())), "partida", "partidas")),
            SummaryItem(
                "Participantes",
                plural(len(copy.get("parties", ())), "institución o área", "instituciones y áreas"),
            ),
            SummaryItem("Datos del procedimiento", plural(len({*tender} - {"items"}), "dato", "datos")),
            SummaryItem("Datos de planeación", plural(len(planning), "dato", "datos")),
        ),
    )
