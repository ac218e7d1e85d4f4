"""Pages of publishing later: when, in the garante's own time, and taking it back."""

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.core import clock
from app.core.errors import InvalidError
from app.identity.deps import ActorDep, TenantDep, WorkDep
from app.ocds.entry import EntryError, dates
from app.processes.queries import VersionRef
from app.publication import scheduling
from app.review.frame import VERSION, NumberPath, back_to, row_version, title_in, way_to
from app.review.page import WAYS, address
from app.review.policy import require_act
from app.review.queries import ProcessView, case, process_view
from app.tenancy.queries import TenantView
from app.web.formats import datetime_es
from app.web.forms import Form, Sent
from app.web.shell import Link
from app.web.templating import page

timing = APIRouter()

ADDRESS = f"{VERSION}/{WAYS['schedule'].segment}"


class Moment(BaseModel):
    """When a version shall be published, in the tenant's zone."""

    fecha: str = Field(title="Día", examples=["31/12/2026"], min_length=1, max_length=60)
    hora: str = Field(
        title="Hora",
        description="De 0 a 24 horas.",
        examples=["09:00"],
        pattern=r"^\s*([01]?\d|2[0-3]):[0-5]\d\s*$",
    )


@dataclass(frozen=True)
class SchedulePage:
    """Context of `publication/schedule.html`; `today` tells the time it is there now."""

    address: str
    here: str
    crumbs: tuple[Link, ...]
    title: str
    form: Form[Moment]
    row_version: int
    today: str
    zone: str


@timing.get(ADDRESS)
def schedule_form(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    process_id: UUID,
    number: NumberPath,
) -> Response:
    """Ask when an approved version shall be published."""
    seen = process_view(session, actor, process_id)
    require_act(actor, case(session, actor, seen.process, VersionRef(process_id, number)), "schedule")
    return page(request, "publication/schedule.html", _page(view, seen, Form.blank(Moment)))


@timing.post(ADDRESS)
def schedule(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    sent: Sent,
    process_id: UUID,
    number: NumberPath,
) -> Response:
    """Say when an approved version shall be published."""
    form = Form.read(Moment, sent)
    if form.data is not None:
        try:
            at = _moment(form.data, view)
            scheduling.schedule(session, actor, VersionRef(process_id, number), row_version(sent), at)
        except (EntryError, InvalidError) as error:
            form = form.refused(str(error), "fecha")
        else:
            return back_to(view, process_id)
    seen = process_view(session, actor, process_id)
    require_act(actor, case(session, actor, seen.process, VersionRef(process_id, number)), "schedule")
    return page(request, "publication/schedule.html", _page(view, seen, form), status=422)


@timing.post(f"{VERSION}/{WAYS['cancel'].segment}")
def cancel(
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    sent: Sent,
    process_id: UUID,
    number: NumberPath,
) -> Response:
    """Take a schedule back."""
    scheduling.cancel(session, actor, VersionRef(process_id, number), row_version(sent))
    return RedirectResponse(f"{view.base}/procesos-internos/{process_id}", 303)


def _moment(said: Moment, view: TenantView) -> datetime:
    day = date.fromisoformat(dates.read(said.fecha, name="scheduledFor", zone=view.time_zone)[:10])
    hours, _, minutes = said.hora.strip().partition(":")
    return datetime.combine(day, time(int(hours), int(minutes)), ZoneInfo(view.time_zone))


def _page(view: TenantView, seen: ProcessView, form: Form[Moment]) -> SchedulePage:
    here = address(view, seen)
    return SchedulePage(
        address=here,
        here=f"{here}/versiones/{seen.turn.number}/{WAYS['schedule'].segment}",
        crumbs=way_to(view, seen),
        title=title_in(seen),
        form=form,
        row_version=seen.turn.row_version,
        today=datetime_es(clock.now(), view.time_zone),
        zone=view.time_zone,
    )
