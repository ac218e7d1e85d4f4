"""Pages of correcting what is published: opening the correction, and saying why."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.policy import Permission
from app.identity.deps import ActorDep, TenantDep, WorkDep, guard
from app.processes import correction
from app.processes.correction import LONGEST
from app.processes.queries import VersionRef
from app.review.frame import PROCESS, VERSION, NumberPath, back_to, row_version, title_in, way_to
from app.review.page import address
from app.review.queries import ProcessView, process_view
from app.tenancy.queries import TenantView
from app.web.forms import Form, Sent
from app.web.shell import Link
from app.web.templating import page

reasons = APIRouter(dependencies=[Depends(guard(Permission.PROCESS_EDIT))])


_Motive = Annotated[
    str,
    Field(
        title="Por qué se corrige",
        description="Se leerá en la bitácora pública junto a la corrección: sin nombres ni datos de personas.",
        examples=["El monto se capturó sin IVA; el contrato firmado dice otro."],
        max_length=LONGEST,
    ),
]


class Reason(BaseModel):
    """Why something published is corrected; it becomes public."""

    motivo: _Motive = Field(min_length=1)


class FirstReason(BaseModel):
    """The same before anything is changed: nobody needs to know yet whether something will be."""

    motivo: _Motive = ""


@dataclass(frozen=True)
class ReasonPage:
    """Context of `review/reason.html`; `is_new`: the correction is yet to be opened."""

    address: str
    here: str
    crumbs: tuple[Link, ...]
    title: str
    form: Form[Reason] | Form[FirstReason]
    row_version: int
    is_new: bool


@reasons.get(PROCESS + "/correccion")
def begin_form(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, process_id: UUID
) -> Response:
    """Ask why what is published is to be corrected."""
    seen = process_view(session, actor, process_id)
    if seen.turn.status != "published":
        raise ConflictError("Ya hay una versión abierta de esta contratación: sigue con ella.")
    return page(request, "review/reason.html", _page(view, seen, Form.blank(FirstReason), is_new=True))


@reasons.post(PROCESS + "/correccion")
def begin(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, *, sent: Sent, process_id: UUID
) -> Response:
    """Open a version beside what is published, and lead to its capture."""
    form = Form.read(FirstReason, sent)
    if form.data is None:
        seen = process_view(session, actor, process_id)
        return page(request, "review/reason.html", _page(view, seen, form, is_new=True), status=422)
    correction.start(session, actor, process_id, form.data.motivo)
    return RedirectResponse(f"{view.base}/procesos-internos/{process_id}/captura", 303)


@reasons.get(VERSION + "/motivo")
def reason_form(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    process_id: UUID,
    number: NumberPath,
) -> Response:
    """Ask why this version changes what is published."""
    seen = process_view(session, actor, process_id)
    if seen.turn.number != number:
        raise NotFoundError("Esa versión ya no es la que está sobre la mesa.")
    form = Form.blank(Reason, motivo=seen.turn.correction_reason)
    return page(request, "review/reason.html", _page(view, seen, form, is_new=False))


@reasons.post(VERSION + "/motivo")
def explain(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    sent: Sent,
    process_id: UUID,
    number: NumberPath,
) -> Response:
    """Say why this version changes what is published."""
    form = Form.read(Reason, sent)
    if form.data is not None:
        try:
            correction.explain(
                session, actor, VersionRef(process_id, number), row_version(sent), form.data.motivo
            )
        except InvalidError as error:
            form = form.refused(error.detail, "motivo")
        else:
            return back_to(view, process_id)
    seen = process_view(session, actor, process_id)
    return page(request, "review/reason.html", _page(view, seen, form, is_new=False), status=422)


def _page(
    view: TenantView, seen: ProcessView, form: Form[Reason] | Form[FirstReason], *, is_new: bool
) -> ReasonPage:
    here = address(view, seen)
    return ReasonPage(
        address=here,
        here=f"{here}/correccion" if is_new else f"{here}/versiones/{seen.turn.number}/motivo",
        crumbs=way_to(view, seen),
        title=title_in(seen),
        form=form,
        row_version=seen.turn.row_version,
        is_new=is_new,
    )
