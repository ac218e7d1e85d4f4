"""Pages of the padrón: the list, one body and what may be done with it."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.responses import Response

from app.core.db import Actor, RwSession
from app.core.errors import AppError, ConflictError, InvalidError
from app.core.policy import Permission, allowed
from app.identity.deps import ActorDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation
from app.ocds.identifiers import check_rfc
from app.onboarding import queries, service
from app.onboarding.pages import (
    BodyForm,
    BodyPage,
    FormPage,
    JoinForm,
    ListPage,
    NewBodyForm,
    PolicyForm,
    RenameForm,
)
from app.onboarding.queries import BodyRow, Filters
from app.onboarding.wording import (
    ACTS,
    BRANCHES,
    COLUMNS,
    LINEAGE,
    POLICIES,
    SCOPES,
    STATES,
    STATUSES,
    changes,
    said,
)
from app.onboarding.workflow import BODIES
from app.tenancy import queries as tenancy
from app.tenancy.models import SujetoObligado
from app.tenancy.queries import TenantView
from app.web.addresses import with_query
from app.web.components import SummaryItem, Tab
from app.web.forms import Form, FormValues, Sent
from app.web.shell import Link
from app.web.templating import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(desk_navigation)])

HOME = "/{tenant}/padron"
BODY = HOME + "/{sujeto_id}"
READ = [Depends(guard(Permission.PADRON_READ))]
MANAGE = [Depends(guard(Permission.PADRON_MANAGE))]
OPTIONS = 20

CursorQuery = Annotated[str | None, Query(max_length=1000)]
TextQuery = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True)
class Desk:
    """One body as a request asks for it: by whom, in which transaction, and its address."""

    view: TenantView
    actor: Actor
    session: RwSession
    row: BodyRow

    @property
    def body(self) -> SujetoObligado:
        """The body."""
        return self.row.body

    @property
    def sujeto_id(self) -> UUID:
        """Its identifier."""
        return self.row.body.sujeto_obligado_id

    @property
    def here(self) -> str:
        """The address of its page."""
        return f"{self.view.base}/padron/{self.sujeto_id}"


def desk(view: TenantDep, actor: ActorDep, session: WorkDep, sujeto_id: UUID) -> Desk:
    """Return the body that an address names.

    Raises:
        NotFoundError: the actor's tenant has none such.
    """
    return Desk(view, actor, session, queries.body(session, actor, sujeto_id))


DeskDep = Annotated[Desk, Depends(desk)]


def asked_filters(
    *,
    q: TextQuery = "",
    ambito: TextQuery = "",
    poder: TextQuery = "",
    sector: TextQuery = "",
    estatus: TextQuery = "",
    politica: TextQuery = "",
) -> Filters:
    """Return the filters that an address names."""
    return Filters(q, ambito, poder, sector, estatus, politica)


@router.get(HOME, dependencies=READ)
def padron(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    filters: Annotated[Filters, Depends(asked_filters)],
    *,
    avance: TextQuery = "",
    cursor: CursorQuery = None,
) -> Response:
    """List the bodies of the padrón and how far each is."""
    here = f"{view.base}/padron"
    state = avance if avance in STATES else ""
    kept = {
        "q": filters.q,
        "ambito": filters.scope,
        "poder": filters.branch,
        "sector": filters.sector,
        "estatus": filters.status,
        "politica": filters.policy,
    }
    counts = queries.states(session, actor, filters)
    rows = queries.bodies(session, actor, filters, state=state, cursor=cursor)
    may_manage = allowed(actor, Permission.PADRON_MANAGE)
    context = ListPage(
        here=here,
        tabs=(
            Tab("Todos", with_query(here, **kept), current=not state, count=sum(counts.values())),
            *(
                Tab(told.label, with_query(here, **kept, avance=name), state == name, counts.get(name, 0))
                for name, told in STATES.items()
            ),
        ),
        rows=rows,
        filters=filters,
        kept={"avance": state} if state else {},
        filtered=any(kept.values()) or bool(state),
        sectors=tuple((one, one) for one in queries.sectors(session, actor)),
        total=counts.get(state, 0) if state else sum(counts.values()),
        next=with_query(here, **kept, avance=state, cursor=rows.next_cursor) if rows.next_cursor else None,
        first=with_query(here, **kept, avance=state) if cursor else None,
        may_manage=may_manage,
        loads=queries.loads(session, actor, limit=3) if may_manage else [],
        choices=_OPTIONS,
    )
    return page(request, "onboarding/padron.html", context)


@router.get(HOME + "/opciones", dependencies=READ)
def options(actor: ActorDep, session: WorkDep, q: TextQuery = "") -> Response:
    """Answer the typeaheads of the desk with the working bodies that fit a search."""
    found = tenancy.find(session, actor, q, OPTIONS)
    told = [{"value": one.key, "label": one.name, "hint": one.key} for one in found]
    return JSONResponse(told, headers={"Cache-Control": "private, no-store"})


@router.get(HOME + "/nuevo", dependencies=MANAGE)
def new(request: Request, view: TenantDep) -> Response:
    """Show the form of a new body."""
    return page(request, "onboarding/form.html", _new(view, Form.blank(NewBodyForm)))


@router.post(HOME + "/nuevo", response_model=None, dependencies=MANAGE)
def add(request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, sent: Sent) -> Response:
    """Enter a body by hand."""
    form = Form.read(NewBodyForm, sent)
    if form.data is not None:
        try:
            body = service.add(session, actor, form.data.model_dump())
        except (ConflictError, InvalidError) as error:
            form = form.refused(error.detail, _field(error))
        else:
            return RedirectResponse(f"{view.base}/padron/{body.sujeto_obligado_id}", 303)
    return page(request, "onboarding/form.html", _new(view, form), status=422)


@router.get(BODY, dependencies=READ)
def one(request: Request, at: DeskDep) -> Response:
    """Show one body: what the padrón says, its policy, its people, its history and what may be done."""
    view, actor, session, body, sujeto_id = at.view, at.actor, at.session, at.body, at.sujeto_id
    may_manage = allowed(actor, Permission.PADRON_MANAGE)
    facts = tuple(
        SummaryItem(COLUMNS[name].label, said(name, getattr(body, name)) or None)
        for name in ("key", "pnt_id", "short_name", "rfc", "scope", "branch", "sector", "contact_email")
    )
    may_invite = allowed(actor, Permission.PEOPLE_MANAGE) and body.status == "active"
    context = BodyPage(
        crumbs=(Link("Padrón", f"{view.base}/padron"),),
        here=at.here,
        body=body,
        status=STATUSES[body.status],
        state=STATES[at.row.state],
        facts=facts,
        doubt=(check_rfc(body.rfc).doubt or "") if body.rfc else "",
        policy=POLICIES[body.policy],
        people=queries.colleagues(session, actor, sujeto_id),
        people_home=f"{view.base}/personas" if allowed(actor, Permission.PEOPLE_MANAGE) else "",
        invitations=queries.invited(session, actor, sujeto_id),
        invite=with_query(f"{view.base}/personas/invitar", sujeto=body.key, role="so_admin")
        if may_invite
        else "",
        names=queries.names(session, actor, sujeto_id),
        kin=queries.kin(session, actor, sujeto_id),
        turns=[
            (turn, ACTS[turn.act], changes(turn.changed)) for turn in queries.history(session, actor, body)
        ],
        may_manage=may_manage,
        acts=frozenset(act.action for act in BODIES.offered(body.status)) if may_manage else frozenset(),
    )
    return page(request, "onboarding/body.html", context)


@router.get(BODY + "/datos", dependencies=MANAGE)
def edit_form(request: Request, at: DeskDep) -> Response:
    """Show the form of a body's data."""
    form = Form.blank(BodyForm, **{name: getattr(at.body, name) for name in BodyForm.model_fields})
    return page(request, "onboarding/form.html", _about(at, "datos", form))


@router.post(BODY + "/datos", response_model=None, dependencies=MANAGE)
def edit(request: Request, at: DeskDep, sent: Sent) -> Response:
    """Change what the padrón says of a body."""
    form = Form.read(BodyForm, sent)
    if form.data is not None:
        try:
            service.edit(at.session, at.actor, at.sujeto_id, version(sent), form.data.model_dump())
        except InvalidError as error:
            form = form.refused(error.detail, _field(error))
        except ConflictError as error:
            if "field" not in error.extra:
                raise
            form = form.refused(error.detail, _field(error))
        else:
            return RedirectResponse(at.here, 303)
    context = _about(at, "datos", form)
    return page(request, "onboarding/form.html", context, status=422)


@router.get(BODY + "/nombre", dependencies=MANAGE)
def rename_form(request: Request, at: DeskDep) -> Response:
    """Show the form of a new name."""
    form = Form.blank(RenameForm, name=at.body.name)
    return page(request, "onboarding/form.html", _about(at, "nombre", form))


@router.post(BODY + "/nombre", response_model=None, dependencies=MANAGE)
def rename(request: Request, at: DeskDep, sent: Sent) -> Response:
    """Give a body another name from a day on."""
    form = Form.read(RenameForm, sent)
    if form.data is not None:
        told = form.data
        try:
            service.rename(
                at.session,
                at.actor,
                at.sujeto_id,
                version(sent),
                name=told.name,
                since=told.since,
                ground=told.ground,
            )
        except InvalidError as error:
            form = form.refused(error.detail)
        else:
            return RedirectResponse(at.here, 303)
    context = _about(at, "nombre", form)
    return page(request, "onboarding/form.html", context, status=422)


@router.get(BODY + "/sucesion", dependencies=MANAGE)
def join_form(request: Request, at: DeskDep) -> Response:
    """Show the form of a merger, a split or a succession."""
    form = Form.blank(JoinForm)
    return page(request, "onboarding/form.html", _about(at, "sucesion", form))


@router.post(BODY + "/sucesion", response_model=None, dependencies=MANAGE)
def join(request: Request, at: DeskDep, sent: Sent) -> Response:
    """Record that a body's duties passed to another."""
    form = Form.read(JoinForm, sent)
    if form.data is not None:
        told = form.data
        try:
            service.join(
                at.session,
                at.actor,
                at.sujeto_id,
                version(sent),
                kind=told.kind,
                successor_id=_successor(at.session, at.actor, told.successor),
                since=told.since,
                ground=told.ground,
            )
        except InvalidError as error:
            form = form.refused(error.detail, _field(error))
        else:
            return RedirectResponse(at.here, 303)
    context = _about(at, "sucesion", form)
    return page(request, "onboarding/form.html", context, status=422)


@router.get(BODY + "/politica", dependencies=MANAGE)
def policy_form(request: Request, at: DeskDep) -> Response:
    """Show the form of who approves a body's publications."""
    until = day_text(at.body.single_until)
    form = Form.blank(PolicyForm, policy=at.body.policy, **({"until": until} if until else {}))
    return page(request, "onboarding/form.html", _about(at, "politica", form))


@router.post(BODY + "/politica", response_model=None, dependencies=MANAGE)
def set_policy(request: Request, at: DeskDep, sent: Sent) -> Response:
    """Say who approves a body's publications."""
    form = Form.read(PolicyForm, sent)
    if form.data is not None:
        told = form.data
        try:
            service.set_policy(
                at.session,
                at.actor,
                at.sujeto_id,
                version(sent),
                policy=told.policy,
                reason=told.reason,
                until=told.until,
            )
        except InvalidError as error:
            form = form.refused(error.detail, "until" if told.policy == "single" else "")
        else:
            return RedirectResponse(at.here, 303)
    context = _about(at, "politica", form)
    return page(request, "onboarding/form.html", context, status=422)


@router.post(BODY + "/suspension", response_model=None, dependencies=MANAGE)
def suspend(at: DeskDep, sent: Sent) -> Response:
    """Let a body begin no new work."""
    service.suspend(at.session, at.actor, at.sujeto_id, version(sent), reason=sent.text("motivo"))
    return RedirectResponse(at.here, 303)


@router.post(BODY + "/reactivacion", response_model=None, dependencies=MANAGE)
def reactivate(at: DeskDep, sent: Sent) -> Response:
    """Let a suspended body work again."""
    service.reactivate(at.session, at.actor, at.sujeto_id, version(sent), reason=sent.text("motivo"))
    return RedirectResponse(at.here, 303)


def version(sent: FormValues) -> int:
    """Return the version of a row that a form was made from; 0, which no row has, when it says none."""
    return _version(sent.text("row_version"))


def _version(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def day_text(day: date | None) -> str:
    """Return a date as people type it."""
    return day.strftime("%d/%m/%Y") if day else ""


TITLES = {
    "datos": ("Datos de %s", "Cada cambio queda en su historial.", "Guardar cambios"),
    "nombre": (
        "Cambiar el nombre de %s",
        "Lo que ya publicó conserva el nombre que tenía entonces.",
        "Cambiar el nombre",
    ),
    "sucesion": (
        "Fusión, escisión o sucesión de %s",
        "Queda constancia en la bitácora pública. Sus procesos no se mueven solos: eso se hace con un traslado.",
        "Registrar",
    ),
    "politica": (
        "Quién aprueba lo que publica %s",
        "El cambio vale para lo que se envíe desde ahora y queda en la bitácora pública.",
        "Cambiar la política",
    ),
}


def _about(at: Desk, act: str, form: Form[Any]) -> FormPage:
    title, lede, button = TITLES[act]
    name, sent = at.body.short_name or at.body.name, form.values.get("row_version", [""])[-1]
    return FormPage(
        title=title % name,
        lede=lede,
        crumbs=(Link("Padrón", f"{at.view.base}/padron"), Link(name, at.here)),
        here=f"{at.here}/{act}",
        back=at.here,
        fields=tuple(form.model.model_fields),
        form=form,
        options=_OPTIONS,
        button=button,
        row_version=_version(sent) or at.body.row_version,
        lookup=f"{at.view.base}/padron/opciones",
    )


def _new(view: TenantView, form: Form[Any]) -> FormPage:
    back = f"{view.base}/padron"
    fields = ("name", "key", *BodyForm.model_fields)
    return FormPage(
        title="Agregar un sujeto obligado",
        lede="Después podrás invitar a quien lo administrará.",
        crumbs=(Link("Padrón", back),),
        here=f"{back}/nuevo",
        back=back,
        fields=fields,
        form=form,
        options=_OPTIONS,
        button="Agregarlo al padrón",
        row_version=0,
        lookup="",
    )


_OPTIONS = {
    "scope": tuple(SCOPES.items()),
    "branch": tuple(BRANCHES.items()),
    "policy": tuple(POLICIES.items()),
    "kind": tuple(LINEAGE.items()),
    "status": tuple((key, told.label) for key, told in STATUSES.items()),
}


def _successor(session: RwSession, actor: Actor, text: str) -> UUID:
    try:
        return tenancy.named(session, actor, text).sujeto_obligado_id
    except InvalidError as error:
        raise InvalidError(error.detail, extra={"field": "successor"}) from error


def _field(error: AppError) -> str:
    return str(error.extra.get("field", ""))
