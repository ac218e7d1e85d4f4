"""Pages of withdrawals: of one process, of one request, and of everything that waits for a decision."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.core.errors import InvalidError
from app.core.policy import Permission, allowed
from app.identity.deps import ActorDep, FreshDep, TenantDep, WorkDep, guard
from app.identity.queries import full_names
from app.processes.queries import WorkingProcess
from app.processes.summary import title_of
from app.publication import reservations, withdrawals
from app.publication.models import Reservation, WithdrawalRequest
from app.publication.picking import Pick, Visit, VisitDep, chosen, in_place_words, pick_page
from app.publication.standing import Standing
from app.publication.withdrawals import GROUNDS, Asked, Going
from app.publication.workflow import RESERVATIONS, WITHDRAWALS
from app.tenancy.queries import TenantView
from app.web.addresses import with_query
from app.web.formats import date_es, datetime_es
from app.web.forms import Form, Sent
from app.web.shell import Link
from app.web.templating import page

withdrawal_pages = APIRouter()

PROCESS = "/{tenant}/procesos-internos/{process_id}"
HERE = PROCESS + "/retiros"
ONE = HERE + "/{request_id}"
WORD = "RETIRAR"
"""What whoever withdraws types, so that it is no slip."""

ASKING = [Depends(guard(Permission.WITHDRAWAL_REQUEST))]
DECIDING = [Depends(guard(Permission.WITHDRAWAL_APPROVE))]

Places = Annotated[list[str] | None, Query(max_length=100)]
Searched = Annotated[str, Query(max_length=200)]
CursorQuery = Annotated[str | None, Query(max_length=500)]


class NewWithdrawal(BaseModel):
    """What is to be withdrawn, and why."""

    alcance: str = Field(title="Qué se retira")
    supuesto: str = Field(title="Supuesto de la ley")
    articulo: str = Field(
        title="Artículo, fracción y ley",
        description="Se lee en la dirección de lo retirado y en la bitácora pública.",
        examples=["artículo 3, fracción II, de la ley de transparencia del estado"],
        max_length=500,
    )
    motivo: str = Field(
        title="Motivo",
        description="También es público: no repitas aquí el dato que debe desaparecer.",
        max_length=withdrawals.LONGEST,
    )
    testar: str = Field("", title="Qué pasa con los borradores y la historia")


class Decision(BaseModel):
    """The word that confirms a withdrawal."""

    confirmo: str = Field(title=f"Escribe {WORD} para confirmar", max_length=20)


class Refusal(BaseModel):
    """Why something is not granted."""

    motivo: str = Field(title="Por qué se niega", description="Lo leerá quien lo pidió.", max_length=2000)


@dataclass(frozen=True, slots=True)
class Line:
    """A request or a reservation in a list."""

    href: str
    title: str
    ocid: str
    status: str
    label: str
    said: str
    ground: str


@dataclass(frozen=True)
class LegalPage:
    """Context of `publication/legal.html`: what was asked about one process."""

    crumbs: tuple[Link, ...]
    here: str
    title: str
    withdrawals: tuple[Line, ...]
    reservations: tuple[Line, ...]
    may_withdraw: bool
    may_reserve: bool
    published: bool


@dataclass(frozen=True)
class NewWithdrawalPage:
    """Context of `publication/withdrawal_new.html`."""

    crumbs: tuple[Link, ...]
    here: str
    title: str
    form: Form[NewWithdrawal]
    scopes: tuple[tuple[str, str], ...]
    grounds: tuple[tuple[str, str], ...]
    places: tuple[Pick, ...]
    pick: str


@dataclass(frozen=True)
class WithdrawalPage:
    """Context of `publication/withdrawal.html`; `going` only while it is to be decided."""

    crumbs: tuple[Link, ...]
    here: str
    title: str
    row: WithdrawalRequest
    status: str
    scope: str
    places: tuple[str, ...]
    asked_by: str
    decided_by: str
    going: Going | None
    may_decide: bool
    own: bool
    may_cancel: bool
    form: Form[Decision]
    refusal: Form[Refusal]


@dataclass(frozen=True)
class WaitingPage:
    """Context of `publication/waiting.html`: what is to be decided, and which reservations ended lately."""

    crumbs: tuple[Link, ...]
    withdrawals: tuple[Line, ...]
    reservations: tuple[Line, ...]
    ended: tuple[Line, ...]
    decides: bool
    next: str | None
    first: str | None
    next_reservations: str | None
    first_reservations: str | None


@withdrawal_pages.get("/{tenant}/retiros")
def waiting(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    cursor: CursorQuery = None,
    reservas: CursorQuery = None,
) -> Response:
    """List the withdrawals and reservations to be decided, and the reservations that ended."""
    rows = withdrawals.in_status(session, actor, "requested", cursor=cursor)
    held = reservations.in_status(session, actor, "requested", cursor=reservas)
    here = f"{view.base}/retiros"
    context = WaitingPage(
        crumbs=(Link("Mi trabajo", f"{view.base}/panel"),),
        withdrawals=tuple(_withdrawal_line(view, *found) for found in rows.rows),
        reservations=tuple(_reservation_line(view, *found) for found in held.rows),
        ended=tuple(
            _reservation_line(view, *found) for found in reservations.in_status(session, actor, "ended").rows
        ),
        decides=allowed(actor, Permission.WITHDRAWAL_APPROVE),
        next=with_query(here, cursor=rows.next_cursor) if rows.next_cursor else None,
        first=here if cursor else None,
        next_reservations=with_query(here, reservas=held.next_cursor) if held.next_cursor else None,
        first_reservations=here if reservas else None,
    )
    return page(request, "publication/waiting.html", context)


@withdrawal_pages.get(HERE)
def of_process(request: Request, visit: VisitDep) -> Response:
    """Show what was asked about a process, and the ways to ask."""
    process = visit.process()
    title, published = (
        _title(process),
        bool(withdrawals.releases(visit.session, visit.actor, visit.process_id)),
    )
    waits = withdrawals.waiting(visit.session, visit.actor, visit.process_id) is not None
    whose = process.sujeto_obligado_id
    context = LegalPage(
        crumbs=visit.crumbs(process.ocid)[:-1],
        here=f"{visit.home}",
        title=title,
        withdrawals=tuple(
            _withdrawal_line(visit.view, row, title, process.ocid)
            for row in withdrawals.of_process(visit.session, visit.actor, visit.process_id)
        ),
        reservations=tuple(
            _reservation_line(visit.view, row, title, process.ocid)
            for row in reservations.of_process(visit.session, visit.actor, visit.process_id)
        ),
        may_withdraw=published and not waits and allowed(visit.actor, Permission.WITHDRAWAL_REQUEST, whose),
        may_reserve=bool(process.document) and allowed(visit.actor, Permission.PROCESS_RESERVE, whose),
        published=published,
    )
    return page(request, "publication/legal.html", context)


@withdrawal_pages.get(HERE + "/datos", dependencies=ASKING)
def pick(request: Request, visit: VisitDep, *, buscar: Searched = "") -> Response:
    """Choose the places that shall be redacted."""
    return pick_page(
        request,
        visit,
        target=f"{visit.home}/retiros/nuevo",
        lede="Marca los datos que también deben testarse en los borradores y en la historia.",
        searched=buscar,
    )


@withdrawal_pages.get(HERE + "/nuevo", dependencies=ASKING)
def new_form(request: Request, visit: VisitDep, *, lugar: Places = None) -> Response:
    """Ask what is to be withdrawn, and why."""
    form = Form.blank(NewWithdrawal, alcance="todo", testar="lugares" if lugar else "no")
    context = _new_page(visit, form, lugar or [])
    return page(request, "publication/withdrawal_new.html", context)


@withdrawal_pages.post(HERE + "/nuevo", dependencies=ASKING)
def ask(request: Request, visit: VisitDep, *, sent: Sent) -> Response:
    """Ask the garante to withdraw."""
    places = sent.texts.get("lugar", [])
    form = Form.read(NewWithdrawal, sent)
    if form.data is not None:
        try:
            row = withdrawals.request(visit.session, visit.actor, visit.process_id, _asked(form.data, places))
        except InvalidError as error:
            form = form.refused(error.detail)
        else:
            return RedirectResponse(f"{visit.home}/retiros/{row.request_id}", 303)
    context = _new_page(visit, form, places)
    return page(request, "publication/withdrawal_new.html", context, status=422)


@withdrawal_pages.get(ONE)
def read(request: Request, visit: VisitDep, *, request_id: UUID) -> Response:
    """Show a request; to whoever decides, also what exactly would disappear."""
    context = _one_page(visit, request_id)
    return page(request, "publication/withdrawal.html", context)


@withdrawal_pages.post(ONE + "/aprobacion", dependencies=DECIDING)
def approve(request: Request, visit: VisitDep, _fresh: FreshDep, *, request_id: UUID, sent: Sent) -> Response:
    """Withdraw what was asked; it cannot be undone, so the word must be there."""
    form = Form.read(Decision, sent)
    if form.data is not None and form.data.confirmo != WORD:
        form = form.refused(f"Escribe {WORD}, en mayúsculas.", "confirmo")
    if form.data is None:
        context = _one_page(visit, request_id, form=form)
        return page(request, "publication/withdrawal.html", context, status=422)
    withdrawals.approve(visit.session, visit.actor, visit.process_id, request_id)
    return RedirectResponse(f"{visit.home}/retiros/{request_id}", 303)


@withdrawal_pages.post(ONE + "/negativa", dependencies=DECIDING)
def refuse(request: Request, visit: VisitDep, *, request_id: UUID, sent: Sent) -> Response:
    """Leave everything public."""
    form = Form.read(Refusal, sent)
    if form.data is None:
        context = _one_page(visit, request_id, refusal=form)
        return page(request, "publication/withdrawal.html", context, status=422)
    withdrawals.refuse(visit.session, visit.actor, visit.process_id, request_id, form.data.motivo)
    return RedirectResponse(f"{visit.home}/retiros/{request_id}", 303)


@withdrawal_pages.post(ONE + "/cancelacion", dependencies=ASKING)
def cancel(visit: VisitDep, *, request_id: UUID) -> Response:
    """Take the request back."""
    withdrawals.cancel(visit.session, visit.actor, visit.process_id, request_id)
    return RedirectResponse(f"{visit.home}/retiros", 303)


def _asked(data: NewWithdrawal, places: list[str]) -> Asked:
    erases = {"no": "", "lugares": "places", "todo": "all"}.get(data.testar, data.testar)
    whole = data.alcance == "todo"
    if not whole and not (data.alcance.isascii() and data.alcance.isdecimal() and len(data.alcance) < 18):
        raise InvalidError("Elige qué se retira.")
    return Asked(
        data.supuesto,
        data.articulo,
        data.motivo,
        position=None if whole else int(data.alcance),
        erases=erases,
        places=tuple(places),
    )


def _new_page(
    visit: Visit,
    form: Form[NewWithdrawal],
    places: list[str],
) -> NewWithdrawalPage:
    process = visit.process()
    standing = withdrawals.releases(visit.session, visit.actor, visit.process_id)
    scopes = [
        (
            "todo",
            f"Toda la contratación: {len(standing)} entregas"
            if len(standing) > 1
            else "Toda la contratación",
        )
    ]
    if len(standing) > 1:
        scopes += [(str(row.position), f"Solo la entrega {_called(row, visit.view)}") for row in standing]
    return NewWithdrawalPage(
        crumbs=visit.crumbs(process.ocid),
        here=f"{visit.home}/retiros/nuevo",
        title=_title(process),
        form=form,
        scopes=tuple(scopes),
        grounds=tuple(GROUNDS.items()),
        places=chosen(process.document, places, visit.view.time_zone),
        pick=f"{visit.home}/retiros/datos",
    )


def _one_page(
    visit: Visit,
    request_id: UUID,
    *,
    form: Form[Decision] | None = None,
    refusal: Form[Refusal] | None = None,
) -> WithdrawalPage:
    row = withdrawals.one(visit.session, visit.actor, visit.process_id, request_id)
    process = visit.process()
    names = full_names(visit.session, {one for one in (row.requested_by, row.decided_by) if one})
    waits = row.status == "requested"
    decides = waits and allowed(visit.actor, Permission.WITHDRAWAL_APPROVE)
    return WithdrawalPage(
        crumbs=visit.crumbs(process.ocid),
        here=f"{visit.home}/retiros/{request_id}",
        title=_title(process),
        row=row,
        status=WITHDRAWALS.statuses[row.status],
        scope=_scope(row),
        places=in_place_words(process.document, row.places),
        asked_by=names.get(row.requested_by, "Una cuenta que ya no existe"),
        decided_by=names.get(row.decided_by, "Una cuenta que ya no existe") if row.decided_by else "",
        going=withdrawals.going(visit.session, visit.actor, row) if waits else None,
        may_decide=decides and visit.actor.account_id != row.requested_by,
        own=decides and visit.actor.account_id == row.requested_by,
        may_cancel=waits and allowed(visit.actor, Permission.WITHDRAWAL_REQUEST, row.sujeto_obligado_id),
        form=form or Form.blank(Decision),
        refusal=refusal or Form.blank(Refusal),
    )


def _withdrawal_line(view: TenantView, row: WithdrawalRequest, title: str, ocid: str) -> Line:
    return Line(
        f"{_home(view, row.process_id)}/{row.request_id}",
        title or ocid,
        ocid,
        row.status,
        WITHDRAWALS.statuses[row.status],
        f"{_scope(row)}, {date_es(row.requested_at, view.time_zone)}",
        row.ground,
    )


def _reservation_line(view: TenantView, row: Reservation, title: str, ocid: str) -> Line:
    count = f"{len(row.places)} {'lugar' if len(row.places) == 1 else 'lugares'}"
    return Line(
        f"{view.base}/procesos-internos/{row.process_id}/reservas/{row.reservation_id}",
        title or ocid,
        ocid,
        row.status,
        RESERVATIONS.statuses[row.status],
        f"{count}, hasta el {date_es(row.until)}" if row.until else f"{count}, sin plazo",
        row.ground,
    )


def _scope(row: WithdrawalRequest) -> str:
    return "Toda la contratación" if row.position is None else f"La entrega {_place(row.position)}"


def _called(row: Standing, view: TenantView) -> str:
    return f"del {datetime_es(row.date, view.time_zone)} ({_place(row.position)})"


def _place(position: int) -> str:
    """Say where a release stands; what came with a transfer stands in the chain of whoever published it."""
    return f"del lugar {position} de la cadena" if position > 0 else "publicada antes del traspaso"


def _title(process: WorkingProcess) -> str:
    return title_of(process.document) or process.ocid


def _home(view: TenantView, process_id: UUID) -> str:
    return f"{view.base}/procesos-internos/{process_id}/retiros"
