"""Pages of the sending: the account, what would be sent, how far it is, what became of each row."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field, SecretStr
from starlette.responses import Response

from app.core.errors import InvalidError, NotFoundError
from app.identity.deps import SettingsDep
from app.identity.desk import desk_navigation
from app.identity.queries import full_names
from app.onboarding.pages import Day
from app.pnt import due, loading
from app.pnt import queries as declarations
from app.pnt.delivery import queries, service
from app.pnt.delivery.models import PntDelivered, PntDelivery, PntRemote
from app.pnt.delivery.protocol import Account
from app.pnt.delivery.records import obstacle
from app.pnt.delivery.remembering import Spot
from app.pnt.delivery.service import Said
from app.pnt.formats import Chosen
from app.pnt.loading import Tally
from app.pnt.pages import SLUGS
from app.pnt.seats import DECLARE, QUARTER, Seat, SeatDep
from app.web.addresses import with_query
from app.web.components import Figure, Progress
from app.web.formats import number
from app.web.forms import Form, Sent
from app.web.shell import Link
from app.web.templating import page, wants_fragment

router = APIRouter(include_in_schema=False, dependencies=[Depends(desk_navigation), *DECLARE])

HOME = QUARTER + "/{familia}/envio"
ONE = HOME + "/{delivery_id}"
ACTS = {"add": "Alta", "change": "Cambio", "remove": "Baja"}
OUTCOMES = {
    "done": ("Enviado", "success", "check"),
    "refused": ("Rechazado", "error", "cross"),
    "doubt": ("Por aclarar", "warning", "clock"),
    "manual": ("A mano", "warning", "clock"),
    "failed": ("Se repetirá", "warning", "clock"),
}


class AccountForm(BaseModel):
    """A body's account at the PNT."""

    usuario: str = Field(title="Usuario de la PNT", max_length=300)
    clave: SecretStr = Field(title="Contraseña de la PNT", max_length=300)
    correo: str = Field(
        title="Correo de la unidad administrativa",
        description="La que responde por la información; la PNT lo pide en cada envío.",
        max_length=300,
        pattern=r"^[^@\s]+@[^@\s]+$",
    )


class SendForm(BaseModel):
    """What every record says besides the contract."""

    area: str = Field(
        title="Área responsable de la información",
        description="La que genera, posee, publica y actualiza la información.",
        max_length=1000,
    )
    actualizado: Day = Field(title="Fecha de actualización", examples=["15/01/2027"])
    validado: Day | None = Field(
        None, title="Fecha de validación", description="Solo en los formatos que la piden."
    )
    nota: str = Field("", title="Nota", description="Va en cada renglón.", max_length=4000)
    confirmo: Literal["si"] = Field(title="Confirmo que se envíen a la PNT")


@dataclass(frozen=True)
class SendingPage:
    """Context of `pnt/sending.html`."""

    here: str
    crumbs: tuple[Link, ...]
    chosen: Chosen
    tally: Tally
    figures: tuple[Figure, ...]
    obstacle: str
    email: str
    account: Form[Any]
    form: Form[Any]
    doubts: tuple[PntRemote, ...]
    running: PntDelivery | None
    history: tuple[PntDelivery, ...]
    zone: str


@dataclass(frozen=True)
class SentPage:
    """Context of `pnt/sent.html` and `pnt/_sent_progress.html`."""

    here: str
    back: str
    crumbs: tuple[Link, ...]
    delivery: PntDelivery
    who: str
    job: Progress | None
    figures: tuple[Figure, ...]
    rows: tuple[PntDelivered, ...]
    has_doubts: bool
    is_cut: bool
    acts: dict[str, str]
    outcomes: dict[str, tuple[str, str, str]]
    zone: str


@router.get(HOME)
def show(request: Request, at: SeatDep, settings: SettingsDep, familia: str) -> Response:
    """Show what would be sent, the account, what is in doubt, and earlier sendings."""
    return page(request, "pnt/sending.html", _sending(at, familia, configured=bool(settings.pnt_url)))


@router.post(HOME, response_model=None)
def send(request: Request, at: SeatDep, settings: SettingsDep, sent: Sent, familia: str) -> Response:
    """Begin to send."""
    form = Form.read(SendForm, sent)
    if form.data is None:
        refused = _sending(at, familia, configured=bool(settings.pnt_url), form=form)
        return page(request, "pnt/sending.html", refused, status=422)
    told = form.data
    said = Said(told.area, told.actualizado, told.validado or told.actualizado, told.nota)
    row = service.start(
        at.session, at.actor, settings, at.whose, at.chosen(familia), said=said, seen=sent.text("huella")
    )
    return RedirectResponse(f"{_home(at, familia)}/{row.delivery_id}", 303)


@router.post(HOME + "/cuenta", response_model=None)
def keep_account(request: Request, at: SeatDep, settings: SettingsDep, sent: Sent, familia: str) -> Response:
    """Keep the account."""
    at.chosen(familia)
    form = Form.read(AccountForm, sent)
    if form.data is None:
        refused = _sending(at, familia, configured=bool(settings.pnt_url), account=form)
        return page(request, "pnt/sending.html", refused, status=422)
    account = Account(form.data.usuario, form.data.clave.get_secret_value(), form.data.correo)
    service.keep_account(at.session, at.actor, settings, at.body.sujeto_obligado_id, account)
    return RedirectResponse(_home(at, familia), 303)


@router.post(HOME + "/cuenta/olvidar", response_model=None)
def forget_account(at: SeatDep, familia: str) -> Response:
    """Forget the account."""
    at.chosen(familia)
    service.forget_account(at.session, at.actor, at.body.sujeto_obligado_id)
    return RedirectResponse(_home(at, familia), 303)


@router.post(HOME + "/aclarar", response_model=None)
def settle(at: SeatDep, sent: Sent, familia: str) -> Response:
    """Keep what a person saw at the PNT of a row in doubt."""
    spot = Spot(at.actor, at.whose, at.chosen(familia).family, sent.text("renglon"))
    told = sent.text("esta")
    if told not in ("si", "no"):
        raise InvalidError("Di si la PNT tiene el registro.")
    service.settle(at.session, spot, there=told == "si", number=sent.text("numero").strip())
    return RedirectResponse(_home(at, familia), 303)


@router.get(ONE)
def one(request: Request, at: SeatDep, familia: str, delivery_id: UUID) -> Response:
    """Show how far a sending is and what became of each row."""
    row = _delivery(at, familia, delivery_id)
    context = _sent(at, row, familia)
    return page(request, "pnt/_sent_progress.html" if wants_fragment(request) else "pnt/sent.html", context)


@router.post(ONE + "/reanudar", response_model=None)
def resume(at: SeatDep, familia: str, delivery_id: UUID) -> Response:
    """Queue a sending again that stood still."""
    row = _delivery(at, familia, delivery_id)
    service.resume(at.session, at.actor, row.delivery_id)
    return RedirectResponse(f"{_home(at, familia)}/{row.delivery_id}", 303)


def _home(at: Seat, familia: str) -> str:
    return f"{at.here}/{familia}/envio"


def _crumbs(at: Seat, familia: str) -> tuple[Link, ...]:
    return (*at.crumbs, Link(at.quarter.label, with_query(at.here, formato=familia)))


def _delivery(at: Seat, familia: str, delivery_id: UUID) -> PntDelivery:
    row = queries.delivery(at.session, at.actor, delivery_id)
    about = (row.sujeto_obligado_id, row.quarter, row.family)
    if about != (at.body.sujeto_obligado_id, at.quarter.start, SLUGS.get(familia)):
        raise NotFoundError
    return row


def _sending(
    at: Seat,
    familia: str,
    *,
    configured: bool,
    account: Form[Any] | None = None,
    form: Form[Any] | None = None,
) -> SendingPage:
    session, actor, body, chosen = at.session, at.actor, at.body.sujeto_obligado_id, at.chosen(familia)
    known = due.loaded(session, actor, body, at.quarter, chosen.family)
    tally = loading.tally(due.lines(session, actor, at.whose, chosen.format), known)
    kept = queries.account(session, actor, body)
    running = queries.running(session, actor, body)
    why = obstacle(chosen.format)
    if not configured:
        why = "Quien opera este sistema no ha dado la dirección del servicio de la PNT: descarga el libro y súbelo al SIPOT."
    today = f"{at.view.today:%d/%m/%Y}"
    area = declarations.last_area(session, actor, body) or at.body.name
    doubts = () if running else tuple(queries.doubts(session, actor, body, at.quarter, chosen.family))
    return SendingPage(
        here=_home(at, familia),
        crumbs=_crumbs(at, familia),
        chosen=chosen,
        tally=tally,
        figures=(
            Figure("Altas", number(tally.states["new"])),
            Figure("Cambios", number(tally.states["changed"])),
            Figure("Bajas", number(len(tally.gone))),
            Figure("Con faltantes", number(tally.lacking)),
        ),
        obstacle=why,
        email=kept.email if kept else "",
        account=account or Form.blank(AccountForm, correo=kept.email if kept else ""),
        form=form or Form.blank(SendForm, area=area, actualizado=today, validado=today),
        doubts=doubts,
        running=running,
        history=tuple(queries.latest(session, actor, at.whose, chosen.family)),
        zone=at.view.time_zone,
    )


def _sent(at: Seat, row: PntDelivery, familia: str) -> SentPage:
    session, actor = at.session, at.actor
    counts = queries.outcomes(session, actor, row.delivery_id)
    rows = queries.results(session, actor, row.delivery_id)
    here = f"{_home(at, familia)}/{row.delivery_id}"
    job = Progress(
        id="avance",
        label="Enviando a la PNT",
        status="running" if counts.total() else "queued",
        done=counts.total(),
        total=max(row.total, counts.total()),
        unit="renglones",
        message="Puedes cerrar esta página: el trabajo sigue.",
        source=here,
        then=here,
    )
    return SentPage(
        here=here,
        back=_home(at, familia),
        crumbs=(*_crumbs(at, familia), Link("Enviar a la PNT", _home(at, familia))),
        delivery=row,
        who=full_names(session, {row.account_id}).get(row.account_id, "") if row.account_id else "",
        job=None if row.ended_at else job,
        figures=tuple(
            Figure(label, number(counts[outcome]))
            for outcome, (label, *_) in OUTCOMES.items()
            if counts[outcome] or outcome == "done"
        ),
        rows=tuple(rows),
        has_doubts=bool(counts["doubt"]),
        is_cut=len(rows) < counts.total(),
        acts=ACTS,
        outcomes=OUTCOMES,
        zone=at.view.time_zone,
    )
