"""Pages of the PNT: quarters of a body, what each reports, its workbook, and quarters without contracts."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, BinaryIO
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.responses import Response

from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, InvalidError
from app.core.pagination import decode_cursor, encode_cursor
from app.core.policy import Permission, allowed
from app.core.quarters import Quarter, window
from app.identity.deps import ActorDep, TenantDep, WorkDep
from app.identity.desk import desk_navigation
from app.identity.queries import full_names
from app.pnt import declaring, due, formats, loading, pages, placing, queries
from app.pnt.declaring import Statement
from app.pnt.due import Line
from app.pnt.pages import (
    ONLY,
    WORDS,
    BodiesPage,
    DeclareForm,
    DeclarePage,
    DownloadForm,
    QuarterPage,
    QuarterRow,
    QuartersPage,
    ShownGap,
    ShownLine,
)
from app.pnt.places import editors
from app.pnt.seats import BODY, DECLARE, HOME, QUARTER, READ, Seat, SeatDep, crumbs
from app.tenancy import queries as tenancy
from app.tenancy.models import SujetoObligado
from app.tenancy.queries import TenantView
from app.web.addresses import with_query
from app.web.components import Tab
from app.web.forms import Form, FormValues, Sent
from app.web.shell import Link
from app.web.templating import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(desk_navigation)])

EMPTY = QUARTER + "/sin-contratos"
OFFERED = 50
CHUNK = 256 * 1024
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

CursorQuery = Annotated[str | None, Query(max_length=2000)]


@router.get(HOME, dependencies=READ)
def home(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    q: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """Show the quarters of one's own body; whoever sees all bodies chooses one."""
    if actor.sujeto_obligado_id is not None:
        return _quarters(
            request, view, actor, session, tenancy.sujeto(session, actor, actor.sujeto_obligado_id)
        )
    found = tenancy.find(session, actor, q, OFFERED + 1)
    context = BodiesPage(f"{view.base}/pnt", q, tuple(found[:OFFERED]), len(found) > OFFERED)
    return page(request, "pnt/bodies.html", context)


@router.get(BODY, dependencies=READ)
def quarters(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, sujeto_id: UUID
) -> Response:
    """Show the quarters of a body."""
    return _quarters(request, view, actor, session, tenancy.sujeto(session, actor, sujeto_id))


@router.get(QUARTER, dependencies=READ)
def quarter(
    request: Request,
    at: SeatDep,
    formato: str = "",
    ver: str = "",
    cursor: CursorQuery = None,
) -> Response:
    """Show what a quarter reports: what is ready, what is missing and why, what the PNT does not have yet."""
    after = str(decode_cursor(cursor, str)[0]) if cursor else ""
    context = _quarter(at, formato, after, only_lacking=ver == "faltantes")
    return page(request, "pnt/quarter.html", context)


@router.get(QUARTER + "/{familia}.xlsx", dependencies=READ)
def workbook(request: Request, at: SeatDep, familia: str) -> Response:
    """Give the workbook to upload."""
    chosen = at.chosen(familia)
    asked = FormValues({name: request.query_params.getlist(name) for name in request.query_params})
    form = Form.read(DownloadForm, asked)
    if form.data is None:
        context = replace(_quarter(at, familia, "", only_lacking=False), form=form)
        return page(request, "pnt/quarter.html", context, status=422)
    made = loading.workbook(
        at.session,
        at.actor,
        at.whose,
        chosen,
        report=form.data.report(at.quarter),
        only=ONLY.get(form.data.tipo),
    )
    kind = "" if form.data.tipo == "todo" else f"-{form.data.tipo}"
    name = f"pnt-{at.body.key}-{at.quarter.written}-{chosen.format.id}-{familia}{kind}.xlsx"
    ascii_name = "".join(
        char if char.isascii() and (char.isalnum() or char in "-._") else "-" for char in name
    )
    headers = {
        "Content-Disposition": f'attachment; filename="{ascii_name}"',
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(_chunks(made), media_type=XLSX, headers=headers)


@router.post(QUARTER + "/{familia}/cargado", response_model=None, dependencies=DECLARE)
def mark(at: SeatDep, sent: Sent, familia: str) -> Response:
    """Keep that the PNT has what the page showed."""
    loading.mark(at.session, at.actor, at.whose, at.chosen(familia), sent.text("huella"))
    return RedirectResponse(with_query(at.here, formato=familia), 303)


@router.get(EMPTY, dependencies=DECLARE)
def ask(request: Request, at: SeatDep) -> Response:
    """Show the form that declares a quarter without contracts."""
    today = f"{at.view.today:%d/%m/%Y}"
    area = queries.last_area(at.session, at.actor, at.body.sujeto_obligado_id) or at.body.name
    form = Form.blank(DeclareForm, area=area, validado=today, actualizado=today, nota=_NOTE)
    return page(request, "pnt/declare.html", _declare(at, form))


@router.post(EMPTY, response_model=None, dependencies=DECLARE)
def declare(request: Request, at: SeatDep, sent: Sent) -> Response:
    """Declare a quarter without contracts."""
    form = Form.read(DeclareForm, sent)
    if form.data is not None:
        told = form.data
        said = Statement(told.area, told.validado, told.actualizado, told.nota)
        try:
            declaring.declare(at.session, at.actor, at.whose, said)
        except (InvalidError, ConflictError) as error:
            refused = _declare(at, form.refused(error.detail))
            return page(request, "pnt/declare.html", refused, status=error.status)
        return RedirectResponse(at.here, 303)
    return page(request, "pnt/declare.html", _declare(at, form), status=422)


@router.post(EMPTY + "/retirar", response_model=None, dependencies=DECLARE)
def withdraw(at: SeatDep) -> Response:
    """Take a declaration back."""
    declaring.withdraw(at.session, at.actor, at.body.sujeto_obligado_id, at.quarter)
    return RedirectResponse(at.here, 303)


_NOTE = "Durante el periodo que se informa no se celebraron procedimientos de contratación ni se firmaron contratos."


def _quarters(
    request: Request, view: TenantView, actor: Actor, session: RwSession, body: SujetoObligado
) -> Response:
    offered = window(view.today)
    counted = placing.counts(session, actor, body.sujeto_obligado_id, view.time_zone)
    declared = queries.latest(session, actor, body.sujeto_obligado_id, offered)
    context = QuartersPage(
        here=f"{view.base}/pnt/{body.sujeto_obligado_id}",
        crumbs=crumbs(view, actor),
        body=body,
        rows=tuple(QuarterRow(one, counted[one], one == offered[0], declared.get(one)) for one in offered),
        may_declare=allowed(actor, Permission.PROCESS_PUBLISH, body.sujeto_obligado_id),
    )
    return page(request, "pnt/quarters.html", context)


def _quarter(at: Seat, word: str, after: str, *, only_lacking: bool) -> QuarterPage:
    session, actor, body = at.session, at.actor, at.body.sujeto_obligado_id
    offered = formats.in_force(session, actor, at.quarter)
    chosen = at.chosen(word) if word else offered[0]
    shown = pages.Window(after, only_lacking)
    tallies = {}
    for one in offered:
        known = due.loaded(session, actor, body, at.quarter, one.family)
        rows = due.lines(session, actor, at.whose, one.format)
        if one.family == chosen.family:
            seen = known
            rows = iter(pages.watched(rows, shown))
        tallies[one.family] = loading.tally(rows, known)
    waiting = due.waiting(session, actor, at.whose)
    declaration = queries.latest(session, actor, body, [at.quarter]).get(at.quarter)
    stands = declaration is not None and declaration.withdrawn_at is None
    slug = WORDS[chosen.family]
    address = with_query(at.here, formato=slug)
    narrowed = with_query(at.here, formato=slug, ver="faltantes")
    following = encode_cursor(shown.taken[-1].ocid) if shown.has_more else None
    who = declaration.account_id if declaration else None
    today = f"{at.view.today:%d/%m/%Y}"
    return QuarterPage(
        here=at.here,
        crumbs=at.crumbs,
        body=at.body,
        quarter=at.quarter,
        is_running=at.quarter == Quarter.of(at.view.today),
        lede=pages.lede(
            tallies.values(),
            len(waiting),
            declared=stands,
            running=at.quarter == Quarter.of(at.view.today),
        ),
        chosen=chosen,
        word=slug,
        tabs=tuple(
            Tab(
                one.label,
                with_query(at.here, formato=WORDS[one.family]),
                current=one.family == chosen.family,
                count=tallies[one.family].total,
            )
            for one in offered
        ),
        figures=pages.figures(tallies[chosen.family]),
        tally=tallies[chosen.family],
        lines=_shown(at, shown.taken, seen),
        state_labels=pages.STATE_LABELS,
        only_lacking=only_lacking,
        unfiltered=address,
        next=with_query(at.here, formato=slug, ver="faltantes" if only_lacking else "", cursor=following)
        if following
        else None,
        first=(narrowed if only_lacking else address) if after else None,
        waiting=tuple(waiting),
        desk=f"{at.view.base}/procesos-internos",
        form=Form.blank(
            DownloadForm,
            area=queries.last_area(session, actor, body) or at.body.name,
            actualizado=today,
            validado=today,
            tipo="todo",
        ),
        declaration=declaration,
        who=full_names(session, {who}).get(who, "") if who else "",
        may_declare=at.may_declare,
        settings=f"{at.view.base}/ajustes/pnt" if allowed(actor, Permission.TENANT_MANAGE) else "",
        zone=at.view.time_zone,
    )


def _shown(at: Seat, lines: list[Line], known: Any) -> tuple[ShownLine, ...]:
    desk = f"{at.view.base}/procesos-internos"
    may_edit = allowed(at.actor, Permission.PROCESS_EDIT, at.body.sujeto_obligado_id)
    where = editors(at.session, at.actor, lines, desk)
    return tuple(
        ShownLine(
            title=line.title,
            number=line.contract,
            ocid=line.ocid,
            day=line.day,
            state=loading.state_of(line, known),
            href=f"{desk}/{line.process_id}" if line.process_id else "",
            gaps=tuple(
                ShownGap(gap.message, where.href(line, gap.key) if may_edit else "") for gap in line.gaps
            ),
        )
        for line in lines
    )


def _declare(at: Seat, form: Form[Any]) -> DeclarePage:
    crumbs = (*at.crumbs, Link(at.quarter.label, at.here))
    return DeclarePage(f"{at.here}/sin-contratos", at.here, crumbs, at.body, at.quarter, form)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk
