"""The page that asks for a transfer: which bodies, to whom; then what moves and what stands in the way, and the act."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from sqlmodel import col, select
from starlette.responses import Response

from app.continuity import acts
from app.continuity.acts import Going
from app.continuity.frame import HOME, platform_frame
from app.continuity.obstacles import MOST, load, obstacles
from app.continuity.office import ManagingDep, Office
from app.core.errors import InvalidError, NotFoundError
from app.core.tables import among
from app.identity.deps import FreshDep
from app.publication.moving import Move, Side
from app.tenancy.models import SujetoObligado
from app.tenancy.queries import TenantView
from app.web.components import SummaryItem
from app.web.formats import file_size, number
from app.web.forms import Form, FormValues, Sent
from app.web.shell import Link
from app.web.templating import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(platform_frame)])
PAGE = HOME + "/organismos/{garante}/traspaso"


class TransferForm(BaseModel):
    """What moves, where to, and by which legal act."""

    destino: str = Field(title="A qué organismo pasan", max_length=60)
    sujetos: list[UUID] = Field(
        title="Qué sujetos obligados pasan",
        description="Con sus borradores, su gente, su registro, sus documentos y su historia.",
        max_length=MOST,
    )
    fundamento: str = Field(
        title="Acto legal",
        description="El decreto, la ley o el acuerdo, con su fecha. Se leerá en la bitácora pública de los dos.",
        max_length=1000,
    )


@dataclass(frozen=True)
class TransferPage:
    """Context of `continuity/transfer.html`; `counted` and `obstacles` belong to the second look."""

    crumbs: tuple[Link, ...]
    here: str
    view: TenantView
    form: Form[TransferForm]
    targets: tuple[tuple[str, str], ...]
    bodies: tuple[tuple[str, str], ...]
    target: TenantView | None = None
    counted: tuple[SummaryItem, ...] = ()
    obstacles: tuple[str, ...] = ()


@router.get(PAGE)
def ask(request: Request, garante: str, office: ManagingDep) -> Response:
    """Show which bodies may move."""
    return _page(request, office, office.directory.by_slug(garante), Form.blank(TransferForm))


@router.post(PAGE)
def look(request: Request, garante: str, sent: Sent, office: ManagingDep) -> Response:
    """Show what would move and what stands in the way."""
    view = office.directory.by_slug(garante)
    form, going = _read(office, sent)
    if form.data is None or going is None:
        return _page(request, office, view, form)
    return _page(request, office, view, form, going)


@router.post(PAGE + "/peticion")
def request_it(request: Request, garante: str, sent: Sent, office: ManagingDep, _who: FreshDep) -> Response:
    """Ask for the transfer; another operator accepts it."""
    view = office.directory.by_slug(garante)
    form, going = _read(office, sent)
    if form.data is None or going is None:
        return _page(request, office, view, form)
    try:
        acts.ask_transfer(office.database, office.actor, view, going, form.data.fundamento)
    except InvalidError as error:
        return _page(request, office, view, form.refused(error.detail))
    return RedirectResponse(f"{HOME}/organismos/{garante}", 303)


def _read(office: Office, sent: FormValues) -> tuple[Form[TransferForm], Going | None]:
    form = Form.read(TransferForm, sent)
    if form.data is None:
        return form, None
    try:
        target = office.directory.by_slug(form.data.destino)
    except NotFoundError:
        return form.refused("Elige uno de la lista.", "destino"), None
    return form, Going(form.data.sujetos, target)


def _page(
    request: Request,
    office: Office,
    view: TenantView,
    form: Form[TransferForm],
    going: Going | None = None,
) -> Response:
    with office.database.unit_of_work(office.within(view)) as session:
        bodies = session.exec(
            select(SujetoObligado.sujeto_obligado_id, SujetoObligado.name)
            .where(
                SujetoObligado.tenant_id == view.tenant_id,
                among(SujetoObligado.status, ["active", "suspended"]),
            )
            .order_by(col(SujetoObligado.sort_key))
            .limit(MOST)
        ).all()
    counted, found = _preview(office, view, going, form) if going else ((), ())
    context = TransferPage(
        crumbs=(Link("Organismos", HOME), Link(view.known_as, f"{HOME}/organismos/{view.slug}")),
        here=PAGE.format(garante=view.slug),
        view=view,
        form=form,
        targets=tuple(
            (one.slug, one.name)
            for one in office.directory.all()
            if one.tenant_id != view.tenant_id and one.status == "active"
        ),
        bodies=tuple((str(body_id), name) for body_id, name in bodies),
        target=going.target if going else None,
        counted=counted,
        obstacles=found,
    )
    return page(request, "continuity/transfer.html", context, status=422 if form.errors else 200)


def _preview(
    office: Office, view: TenantView, going: Going, form: Form[TransferForm]
) -> tuple[tuple[SummaryItem, ...], tuple[str, ...]]:
    ground = form.data.fundamento if form.data else ""
    move = Move(Side(view.tenant_id, view.slug), Side(going.target.tenant_id, going.target.slug), ground)
    # Counted as the owner, behind the source's wall: numbers only, the platform reads no draft.
    with office.database.owner_work(office.within(view)) as session:
        held = load(session, view.tenant_id, going.bodies)
        found = obstacles(session, move, going.bodies)
    return (
        SummaryItem("Sujetos obligados", ", ".join(row.name for row in held.bodies[:10])),
        SummaryItem(
            "Contrataciones", f"{number(held.processes)} ({number(held.drafts)} con trabajo abierto)"
        ),
        SummaryItem("Entregas que se quedan donde se publicaron", number(held.releases)),
        SummaryItem("Documentos", f"{number(held.files)} ({file_size(held.file_bytes)})"),
        SummaryItem("Personas que cambian de organismo", number(held.people)),
        SummaryItem("Fichas de su registro", number(held.parties)),
        SummaryItem("Publicaciones programadas que siguen en pie", number(held.scheduled)),
    ), tuple(found)
