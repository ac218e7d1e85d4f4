"""The garante's page of exports: the key they are locked with, asking for one, fetching it once."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.continuity import exporting
from app.continuity.models import TenantExport
from app.continuity.pages import EXPORT_STATES, ExportKeyForm, ExportPage, ExportsPage, archive_file
from app.core.db import Actor, RwSession
from app.core.errors import ForbiddenError, InvalidError
from app.core.policy import Permission
from app.identity.deps import ActorDep, FreshDep, StorageDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation, settings_tabs
from app.tenancy.queries import TenantView
from app.web.components import Progress
from app.web.forms import Form, Sent
from app.web.shell import Link
from app.web.templating import page, wants_fragment

router = APIRouter(
    include_in_schema=False, dependencies=[Depends(desk_navigation), Depends(guard(Permission.TENANT_EXPORT))]
)
HOME = "/{tenant}/ajustes/exportacion"
ONE = HOME + "/{export_id}"


@dataclass(frozen=True)
class Desk:
    """The garante's administration at its page of exports."""

    view: TenantView
    actor: Actor
    session: RwSession

    @property
    def here(self) -> str:
        """The page's address."""
        return f"{self.view.base}/ajustes/exportacion"


def desk(view: TenantDep, actor: ActorDep, session: WorkDep) -> Desk:
    """Return what every act here works with."""
    return Desk(view, actor, session)


DeskDep = Annotated[Desk, Depends(desk)]


@router.get(HOME)
def home(request: Request, at: DeskDep) -> Response:
    """Show the key, the exports made, and how to ask for one."""
    return _home(request, at, Form.blank(ExportKeyForm))


@router.post(HOME + "/llave")
def state_key(request: Request, sent: Sent, at: DeskDep, _who: FreshDep) -> Response:
    """Take the public key that exports are locked with."""
    form = Form.read(ExportKeyForm, sent)
    if form.data is not None:
        try:
            exporting.state_key(at.session, at.actor, form.data.llave)
        except InvalidError as error:
            form = form.refused(error.detail, "llave")
    return _home(request, at, form) if form.data is None else RedirectResponse(at.here, 303)


@router.post(HOME + "/nueva")
def ask(request: Request, sent: Sent, at: DeskDep, _who: FreshDep) -> Response:
    """Ask for an export."""
    try:
        export = exporting.ask(at.session, at.actor, originals=sent.text("originales") == "si")
    except InvalidError as error:
        return _home(request, at, Form.blank(ExportKeyForm).refused(error.detail, "llave"))
    return RedirectResponse(f"{at.here}/{export.export_id}", 303)


@router.get(ONE)
def one(
    request: Request,
    export_id: UUID,
    at: DeskDep,
    storage: StorageDep,
    clave: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Show one export; with the secret of its link, hand out the file."""
    refused = ""
    if clave:
        try:
            return archive_file(at.view, exporting.take(at.session, at.actor, export_id, clave), storage)
        except ForbiddenError as error:
            refused = error.detail
    export = exporting.export(at.session, at.actor, export_id)
    here = f"{at.here}/{export_id}"
    context = ExportPage(
        crumbs=(Link("Exportaciones", at.here),),
        here=here,
        export=export,
        state=EXPORT_STATES[export.status],
        progress=_progress(export, here),
        refused=refused,
    )
    template = "continuity/_export.html" if wants_fragment(request) else "continuity/export.html"
    return page(request, template, context, status=403 if refused else 200)


@router.post(ONE + "/enlace")
def link(export_id: UUID, at: DeskDep, _who: FreshDep) -> Response:
    """Make a link that opens the file once, and follow it."""
    token = exporting.new_link(at.session, at.actor, export_id)
    return RedirectResponse(f"{at.here}/{export_id}?clave={token}", 303)


def _home(request: Request, at: Desk, form: Form[ExportKeyForm]) -> Response:
    context = ExportsPage(
        here=at.here,
        key=exporting.key(at.session, at.actor),
        exports=exporting.exports(at.session, at.actor),
        states=EXPORT_STATES,
        form=form,
        tabs=settings_tabs(at.view, at.actor, "exportacion"),
    )
    return page(request, "continuity/exports.html", context, status=422 if form.errors else 200)


def _progress(export: TenantExport, here: str) -> Progress | None:
    if export.status not in ("queued", "running"):
        return None
    return Progress(
        id="exportacion",
        label="Exportación completa",
        status=export.status,
        done=export.done,
        total=export.total or None,
        unit="renglones",
        source=here,
        then=here,
    )
