"""Pages of reservations: choosing what, asking, deciding, extending and ending."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.attachments.queries import may_read_reserved, originals
from app.core.errors import InvalidError
from app.core.policy import Permission, allowed
from app.identity.deps import guard
from app.identity.queries import full_names
from app.ocds.entry import EntryError, dates
from app.processes.queries import identifier
from app.processes.summary import title_of
from app.publication import reservations
from app.publication.models import Reservation
from app.publication.picking import Pick, Visit, VisitDep, chosen, in_place_words, pick_page
from app.publication.reservations import Asked
from app.publication.reserved import IN_FORCE
from app.publication.withdrawals import GROUNDS, LONGEST
from app.publication.withdrawals_page import Refusal
from app.publication.workflow import RESERVATIONS
from app.tenancy.queries import TenantView
from app.web.forms import Form, Sent
from app.web.shell import Link
from app.web.templating import page

reservation_pages = APIRouter()

HERE = "/{tenant}/procesos-internos/{process_id}/reservas"
ONE = HERE + "/{reservation_id}"
ASKING = [Depends(guard(Permission.PROCESS_RESERVE))]
DECIDING = [Depends(guard(Permission.WITHDRAWAL_APPROVE))]

KINDS = (
    ("reserved", "Reservada", "Tiene plazo y prueba de daño."),
    ("confidential", "Confidencial", "No tiene plazo: termina cuando deja de serlo."),
)

Places = Annotated[list[str] | None, Query(max_length=100)]
Searched = Annotated[str, Query(max_length=200)]


class NewReservation(BaseModel):
    """What stays out of what is published, why, and until when."""

    clase: str = Field(title="Qué clase de información es")
    supuesto: str = Field(title="Supuesto de la ley")
    articulo: str = Field(title="Artículo, fracción y ley", max_length=500)
    motivo: str = Field(
        title="Motivo",
        description="Se lee en la bitácora pública: no repitas aquí lo que se reserva.",
        max_length=LONGEST,
    )
    hasta: str = Field(
        "",
        title="Último día del plazo",
        description=f"A lo más {reservations.LONGEST_YEARS} años. Solo si es reservada.",
        examples=["31/12/2028"],
        max_length=60,
    )
    dano: str = Field(
        "",
        title="Prueba de daño",
        description="Por qué publicarlo causaría más daño que beneficio. No se publica.",
        max_length=LONGEST,
    )
    archivo: str = Field("", title="Archivo con la prueba de daño", max_length=40)


class Extension(BaseModel):
    """Until when a term lasts longer, and why."""

    hasta: str = Field(title="Nuevo último día", examples=["31/12/2030"], max_length=60)
    fundamento: str = Field(title="Fundamento de la prórroga", max_length=LONGEST)


class Ending(BaseModel):
    """Why a reservation ends before its term."""

    motivo: str = Field(
        title="Por qué termina", description="Se lee en la bitácora pública.", max_length=LONGEST
    )


@dataclass(frozen=True)
class NewReservationPage:
    """Context of `publication/reservation_new.html`; `files` are reserved originals that may hold the "prueba de daño"."""

    crumbs: tuple[Link, ...]
    here: str
    title: str
    form: Form[NewReservation]
    kinds: tuple[tuple[str, str, str], ...]
    grounds: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...]
    places: tuple[Pick, ...]
    pick: str


@dataclass(frozen=True)
class ReservationPage:
    """Context of `publication/reservation.html`."""

    crumbs: tuple[Link, ...]
    here: str
    title: str
    row: Reservation
    status: str
    kind: str
    places: tuple[str, ...]
    harm: str
    harm_file: Link | None
    asked_by: str
    decided_by: str
    may_decide: bool
    may_extend: bool
    may_end: bool
    may_cancel: bool
    refusal: Form[Refusal]
    extension: Form[Extension]
    ending: Form[Ending]


@reservation_pages.get(HERE + "/datos", dependencies=ASKING)
def pick(request: Request, visit: VisitDep, *, buscar: Searched = "") -> Response:
    """Choose the places that shall be reserved."""
    return pick_page(
        request,
        visit,
        target=f"{visit.home}/reservas/nueva",
        lede="Marca los datos o documentos que no deben publicarse mientras dure la reserva.",
        searched=buscar,
    )


@reservation_pages.get(HERE + "/nueva", dependencies=ASKING)
def new_form(request: Request, visit: VisitDep, *, lugar: Places = None) -> Response:
    """Ask why, and until when."""
    form = Form.blank(NewReservation, clase="reserved")
    context = _new_page(visit, form, lugar or [])
    return page(request, "publication/reservation_new.html", context)


@reservation_pages.post(HERE + "/nueva", dependencies=ASKING)
def ask(request: Request, visit: VisitDep, *, sent: Sent) -> Response:
    """Ask the garante to reserve."""
    places = sent.texts.get("lugar", [])
    form = Form.read(NewReservation, sent)
    if form.data is not None:
        try:
            asked = _asked(form.data, places, visit.view)
            row = reservations.request(
                visit.session, visit.actor, visit.process_id, asked, today=visit.view.today
            )
        except (EntryError, InvalidError) as error:
            form = form.refused(str(error))
        else:
            return RedirectResponse(f"{visit.home}/reservas/{row.reservation_id}", 303)
    context = _new_page(visit, form, places)
    return page(request, "publication/reservation_new.html", context, status=422)


@reservation_pages.get(ONE)
def read(request: Request, visit: VisitDep, *, reservation_id: UUID) -> Response:
    """Show a reservation, with what may be done with it."""
    return _answer(request, visit, reservation_id)


@reservation_pages.post(ONE + "/autorizacion", dependencies=DECIDING)
def grant(visit: VisitDep, *, reservation_id: UUID) -> Response:
    """Grant it."""
    reservations.grant(visit.session, visit.actor, visit.process_id, reservation_id, today=visit.view.today)
    return RedirectResponse(f"{visit.home}/reservas/{reservation_id}", 303)


@reservation_pages.post(ONE + "/negativa", dependencies=DECIDING)
def refuse(request: Request, visit: VisitDep, *, reservation_id: UUID, sent: Sent) -> Response:
    """Refuse it."""
    form = Form.read(Refusal, sent)
    if form.data is None:
        return _answer(request, visit, reservation_id, refusal=form)
    reservations.refuse(visit.session, visit.actor, visit.process_id, reservation_id, form.data.motivo)
    return RedirectResponse(f"{visit.home}/reservas/{reservation_id}", 303)


@reservation_pages.post(ONE + "/prorroga", dependencies=DECIDING)
def extend(request: Request, visit: VisitDep, *, reservation_id: UUID, sent: Sent) -> Response:
    """Let the term last longer."""
    form = Form.read(Extension, sent)
    if form.data is not None:
        try:
            until, why = _day(form.data.hasta, visit.view), form.data.fundamento
            reservations.extend(
                visit.session,
                visit.actor,
                visit.process_id,
                reservation_id,
                until=until,
                why=why,
                today=visit.view.today,
            )
        except (EntryError, InvalidError) as error:
            form = form.refused(str(error), "hasta")
        else:
            return RedirectResponse(f"{visit.home}/reservas/{reservation_id}", 303)
    return _answer(request, visit, reservation_id, extension=form)


@reservation_pages.post(ONE + "/fin", dependencies=DECIDING)
def end(request: Request, visit: VisitDep, *, reservation_id: UUID, sent: Sent) -> Response:
    """End it before its term."""
    form = Form.read(Ending, sent)
    if form.data is None:
        return _answer(request, visit, reservation_id, ending=form)
    reservations.end(visit.session, visit.actor, visit.process_id, reservation_id, form.data.motivo)
    return RedirectResponse(f"{visit.home}/reservas/{reservation_id}", 303)


@reservation_pages.post(ONE + "/cancelacion", dependencies=ASKING)
def cancel(visit: VisitDep, *, reservation_id: UUID) -> Response:
    """Take the request back."""
    reservations.cancel(visit.session, visit.actor, visit.process_id, reservation_id)
    return RedirectResponse(f"{visit.home}/retiros", 303)


def _asked(data: NewReservation, places: list[str], view: TenantView) -> Asked:
    return Asked(
        data.clase,
        data.supuesto,
        data.articulo,
        data.motivo,
        tuple(places),
        until=_day(data.hasta, view),
        harm=data.dano,
        harm_attachment_id=identifier(data.archivo) if data.archivo else None,
    )


def _day(text: str, view: TenantView) -> date | None:
    if not text.strip():
        return None
    return date.fromisoformat(dates.read(text, name="endDate", zone=view.time_zone)[:10])


def _new_page(visit: Visit, form: Form[NewReservation], places: list[str]) -> NewReservationPage:
    process = visit.process()
    files = originals(visit.session, visit.actor, visit.process_id)
    return NewReservationPage(
        crumbs=visit.crumbs(process.ocid),
        here=f"{visit.home}/reservas/nueva",
        title=title_of(process.document) or process.ocid,
        form=form,
        kinds=KINDS,
        grounds=tuple(GROUNDS.items()),
        files=tuple((str(row.attachment_id), row.file_name) for row in files),
        places=chosen(process.document, places, visit.view.time_zone),
        pick=f"{visit.home}/reservas/datos",
    )


def _answer(
    request: Request,
    visit: Visit,
    reservation_id: UUID,
    *,
    refusal: Form[Refusal] | None = None,
    extension: Form[Extension] | None = None,
    ending: Form[Ending] | None = None,
) -> Response:
    """Show the page; with a form that was sent and refused, as such."""
    row = reservations.one(visit.session, visit.actor, visit.process_id, reservation_id)
    process = visit.process()
    names = full_names(visit.session, {one for one in (row.requested_by, row.decided_by) if one})
    decides = allowed(visit.actor, Permission.WITHDRAWAL_APPROVE)
    file = f"{visit.home}/archivos/{row.harm_attachment_id}"
    may_read = may_read_reserved(visit.actor, row.sujeto_obligado_id)
    harm = reservations.harm_read(visit.session, row) if may_read else ""
    context = ReservationPage(
        crumbs=visit.crumbs(process.ocid),
        here=f"{visit.home}/reservas/{reservation_id}",
        title=title_of(process.document) or process.ocid,
        row=row,
        status=RESERVATIONS.statuses[row.status],
        kind=next(label for key, label, _ in KINDS if key == row.kind),
        places=in_place_words(process.document, row.places),
        harm=harm,
        harm_file=Link("Ver el archivo", file) if row.harm_attachment_id and may_read else None,
        asked_by=names.get(row.requested_by, "Una cuenta que ya no existe"),
        decided_by=names.get(row.decided_by, "Una cuenta que ya no existe") if row.decided_by else "",
        may_decide=decides and row.status == "requested" and visit.actor.account_id != row.requested_by,
        may_extend=decides and row.status == "granted" and row.until is not None,
        may_end=decides and row.status in IN_FORCE,
        may_cancel=row.status == "requested"
        and allowed(visit.actor, Permission.PROCESS_RESERVE, row.sujeto_obligado_id),
        refusal=refusal or Form.blank(Refusal),
        extension=extension or Form.blank(Extension),
        ending=ending or Form.blank(Ending),
    )
    status = 422 if refusal or extension or ending else 200
    return page(request, "publication/reservation.html", context, status=status)
