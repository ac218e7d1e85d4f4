"""The garante's desk: who complies, the rows behind each number, reminders and files."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.adoption import behind, exports, headline, pages, queries, reminded, reminders
from app.adoption.behind import KINDS
from app.adoption.pages import (
    NEED_ATTENTION,
    NUMBERS,
    PREVIEWED,
    Asked,
    BehindPage,
    BodyPage,
    DeskPage,
    ObservedPage,
    PreviewPage,
    ReminderPage,
    RemindersPage,
    columns,
    desk_tabs,
)
from app.adoption.queries import Filters
from app.adoption.reminders import Addressed
from app.adoption.wording import DEFINITIONS, STATES, told
from app.core import clock
from app.core.db import Actor, RwSession
from app.core.errors import BadRequestError, ConflictError, InvalidError, NotFoundError
from app.core.policy import Permission, allowed
from app.core.quarters import Quarter, window
from app.identity.deps import ActorDep, SettingsDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation
from app.identity.queries import full_names
from app.tenancy import queries as tenancy
from app.tenancy.queries import TenantView
from app.web.addresses import with_query
from app.web.formats import datetime_es, number
from app.web.forms import FormValues, Sent
from app.web.shell import Link
from app.web.templating import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(desk_navigation)])

HOME = "/{tenant}/cumplimiento"
BODY = HOME + "/sujetos/{sujeto_id}"
REMINDERS = HOME + "/recordatorios"
READ = [Depends(guard(Permission.ADOPTION_READ))]
REMIND = [Depends(guard(Permission.REMINDER_SEND))]
MANY_CHOSEN = 1000

AskedDep = Annotated[Asked, Depends(pages.asked)]
CursorQuery = Annotated[str | None, Query(max_length=500)]
QuarterQuery = Annotated[str, Query(max_length=10)]
ChosenQuery = Annotated[list[UUID], Query(default_factory=list, max_length=MANY_CHOSEN)]

headlines = (headline.state_of_bodies,)
"""Named here so that serving the desk is what puts its line of state on top of «Mi trabajo»."""

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


@router.get(HOME, dependencies=READ)
def desk(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    asked: AskedDep,
    cursor: CursorQuery = None,
) -> Response:
    """Show who is up to date in a quarter and who is not, those that need attention first."""
    today, here = view.today, _home(view)
    quarter = asked.quarter(today)
    running = quarter == Quarter.of(today)
    rows = queries.bodies(session, actor, quarter, today, asked.filters, cursor=cursor)
    totals = queries.totals(session, actor, quarter, today)
    at = queries.counted_at(session, actor)
    scopes, branches = queries.choices(session, actor)
    context = DeskPage(
        base=view.base,
        here=here,
        title=pages.headline(totals, quarter, is_running=running),
        lede=pages.ledes(totals, pages.counted(at, datetime_es(at, view.time_zone))),
        asked=asked,
        quarter=quarter,
        is_running=running,
        quarters=tuple(window(today)),
        scopes=tuple(scopes),
        branches=tuple(branches),
        states=STATES,
        definitions=DEFINITIONS,
        columns=columns("Sujeto obligado", "state", *NUMBERS, "reminded"),
        tabs=desk_tabs(view.base, "cumplimiento"),
        figures=pages.figures(totals, asked.address(here, estado="behind"), is_running=running),
        rows=rows,
        total=totals.bodies,
        next=asked.address(here, cursor=rows.next_cursor) if rows.next_cursor else None,
        first=asked.address(here) if cursor else None,
        unfiltered=with_query(here, trimestre=asked.trimestre),
        downloads=tuple(Link(form.upper(), asked.address(f"{here}.{form}")) for form in _TYPES),
        remind_all=asked.address(f"{here}/recordatorios/nuevo", todos="1"),
        need_attention=sum(totals.states[state] for state in NEED_ATTENTION),
        may_remind=allowed(actor, Permission.REMINDER_SEND),
        may_load=allowed(actor, Permission.PADRON_MANAGE),
    )
    return page(request, "adoption/desk.html", context)


def _download(form: str) -> None:
    """Give the table of the desk, as filtered, and the report of a body as files."""

    def table(view: TenantDep, actor: ActorDep, session: WorkDep, asked: AskedDep) -> Response:
        today = view.today
        quarter = asked.quarter(today)
        totals = queries.totals(session, actor, quarter, today)
        rows = list(queries.all_bodies(session, actor, quarter, today, asked.filters))
        sheet = exports.Sheet("Sujetos obligados", exports.bodies_columns(view.time_zone), rows)
        lede = pages.headline(totals, quarter, is_running=quarter == Quarter.of(today)) + "."
        report = _report(view, f"Cumplimiento, {quarter.label}", lede, _narrowed(asked, len(rows)))
        return _file(form, report, [sheet], f"cumplimiento-{view.slug}-{quarter.written}")

    def one(view: TenantDep, actor: ActorDep, session: WorkDep, sujeto_id: UUID) -> Response:
        today = view.today
        sujeto = tenancy.sujeto(session, actor, sujeto_id)
        history = queries.history(session, actor, sujeto, today)
        sheets = [exports.quarters_sheet(history)]
        if form != "csv":
            rows = behind.rows(
                session,
                actor,
                sujeto_id,
                "firmas",
                history[0][0],
                today=today,
                limit=exports.PRINTED,
            )
            sheets.append(exports.signatures_sheet(rows.rows))
        lede = f"{STATES[history[0][1].state].label} en el {history[0][0].label}."
        report = _report(view, f"Cumplimiento de {sujeto.name}", lede, ())
        return _file(form, report, sheets, f"cumplimiento-{view.slug}-{sujeto.key}")

    router.add_api_route(f"{HOME}.{form}", table, methods=["GET"], dependencies=READ)
    router.add_api_route(f"{BODY}/informe.{form}", one, methods=["GET"], dependencies=READ)


for _form in _TYPES:
    _download(_form)


@router.get(HOME + "/observaciones", dependencies=READ)
def observed(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, cursor: CursorQuery = None
) -> Response:
    """Show which bodies have observations to attend to, the oldest first."""
    here = f"{_home(view)}/observaciones"
    rows = queries.observed(session, actor, view.today, cursor=cursor)
    context = ObservedPage(
        base=view.base,
        here=_home(view),
        tabs=desk_tabs(view.base, "cumplimiento/observaciones"),
        rows=rows,
        definition=DEFINITIONS["observations"],
        next=with_query(here, cursor=rows.next_cursor) if rows.next_cursor else None,
        first=here if cursor else None,
    )
    return page(request, "adoption/observed.html", context)


@router.get(BODY, dependencies=READ)
def body(request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, sujeto_id: UUID) -> Response:
    """Show one body: how it stands, quarter by quarter, and how it was reminded."""
    sujeto = tenancy.sujeto(session, actor, sujeto_id)
    history = queries.history(session, actor, sujeto, view.today)
    here = f"{_home(view)}/sujetos/{sujeto_id}"
    people = reminders.recipients(session, actor, [sujeto_id]).get(sujeto_id, ())
    context = BodyPage(
        base=view.base,
        here=here,
        crumbs=_crumbs(view),
        sujeto=sujeto,
        state=STATES[history[0][1].state],
        reasons=tuple(told(history[0][1].reasons)),
        columns=columns("Trimestre", *NUMBERS),
        history=tuple(history),
        reminders=tuple(reminded.of_body(session, actor, sujeto_id)),
        people=tuple(person.full_name for person in people),
        definitions=DEFINITIONS,
        downloads=tuple(Link(form.upper(), f"{here}/informe.{form}") for form in _TYPES),
        remind=with_query(f"{_home(view)}/recordatorios/nuevo", sujeto=str(sujeto_id)),
        may_remind=allowed(actor, Permission.REMINDER_SEND) and sujeto.status == "active",
        may_invite=allowed(actor, Permission.PEOPLE_MANAGE),
    )
    return page(request, "adoption/body.html", context)


@router.get(BODY + "/filas", dependencies=READ)
def rows_behind(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    sujeto_id: UUID,
    de: str = "publicados",
    trimestre: QuarterQuery = "",
    cursor: CursorQuery = None,
) -> Response:
    """Show the rows behind one number of a body."""
    today = view.today
    quarter = Asked(trimestre).quarter(today)
    sujeto = tenancy.sujeto(session, actor, sujeto_id)
    if de not in KINDS:
        raise NotFoundError("No hay una lista así: ábrela desde la página del sujeto obligado.")
    if KINDS[de].running and quarter != Quarter.of(today):
        raise NotFoundError("Ese dato se cuenta solo en el trimestre en curso.")
    rows = behind.rows(session, actor, sujeto_id, de, quarter, today=today, cursor=cursor)
    home = f"{_home(view)}/sujetos/{sujeto_id}"
    here = with_query(f"{home}/filas", de=de, trimestre=trimestre)
    context = BehindPage(
        base=view.base,
        crumbs=(*_crumbs(view), Link(sujeto.name, home)),
        sujeto=sujeto,
        kind=KINDS[de],
        quarter=quarter,
        definition=DEFINITIONS[KINDS[de].number],
        rows=rows,
        today=today,
        next=with_query(f"{home}/filas", de=de, trimestre=trimestre, cursor=rows.next_cursor)
        if rows.next_cursor
        else None,
        first=here if cursor else None,
    )
    return page(request, "adoption/behind.html", context)


@router.get(REMINDERS, dependencies=READ)
def sent_reminders(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, cursor: CursorQuery = None
) -> Response:
    """Show the reminders that were sent, the newest first."""
    here = f"{_home(view)}/recordatorios"
    rows = reminded.sent(session, actor, cursor=cursor)
    context = RemindersPage(
        base=view.base,
        here=here,
        tabs=desk_tabs(view.base, "cumplimiento/recordatorios"),
        rows=rows,
        next=with_query(here, cursor=rows.next_cursor) if rows.next_cursor else None,
        first=here if cursor else None,
    )
    return page(request, "adoption/reminders.html", context)


@router.get(REMINDERS + "/nuevo", dependencies=REMIND)
def preview(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    settings: SettingsDep,
    *,
    asked: AskedDep,
    sujeto: ChosenQuery,
    todos: str = "",
) -> Response:
    """Show whom a reminder would go to and what it would say, before it is sent."""
    chosen = () if todos else tuple(sujeto)
    context = _preview(view, actor, session, asked, chosen, mail_works=settings.mail_is_sent)
    return page(request, "adoption/preview.html", context)


@router.post(REMINDERS, dependencies=REMIND)
def remind(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, settings: SettingsDep, *, sent: Sent
) -> Response:
    """Send a reminder."""
    asked = Asked(**{name: sent.text(name) for name in Asked.__dataclass_fields__})
    chosen, note, again = _chosen(sent), sent.text("nota"), sent.text("otra_vez") == "si"
    today = view.today
    try:
        held = reminders.send(
            session, actor, asked.quarter(today), today, _meant(asked, chosen), note=note, again=again
        )
    except (InvalidError, ConflictError) as error:
        context = _preview(view, actor, session, asked, chosen, mail_works=settings.mail_is_sent)
        refused = replace(context, refusal=error.detail, note=note, again=again)
        return page(request, "adoption/preview.html", refused, status=error.status)
    return RedirectResponse(f"{_home(view)}/recordatorios/{held.reminder_id}", 303)


@router.get(REMINDERS + "/{reminder_id}", dependencies=READ)
def one_reminder(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    reminder_id: UUID,
    cursor: CursorQuery = None,
) -> Response:
    """Show a reminder: each body, of what it was reminded, and what became of its letters."""
    held = reminders.reminder(session, actor, reminder_id)
    rows = reminded.deliveries(session, actor, reminder_id, cursor=cursor)
    here = f"{_home(view)}/recordatorios/{reminder_id}"
    names = full_names(session, {held.account_id} if held.account_id else set())
    context = ReminderPage(
        base=view.base,
        crumbs=(*_crumbs(view), Link("Recordatorios", f"{_home(view)}/recordatorios")),
        held=held,
        who=names.get(held.account_id, reminded.GONE) if held.account_id else reminded.GONE,
        quarter=Quarter.of(held.quarter),
        rows=rows,
        next=with_query(here, cursor=rows.next_cursor) if rows.next_cursor else None,
        first=here if cursor else None,
    )
    return page(request, "adoption/reminder.html", context)


def _preview(
    view: TenantView,
    actor: Actor,
    session: RwSession,
    asked: Asked,
    chosen: tuple[UUID, ...],
    *,
    mail_works: bool,
) -> PreviewPage:
    today = view.today
    quarter = asked.quarter(today)
    rows = list(queries.all_bodies(session, actor, quarter, today, _meant(asked, chosen)))
    found = reminders.addressed(session, actor, rows)
    reachable = [one for one in found if one.reachable and not one.recent]
    recent = [one for one in found if one.reachable and one.recent]
    example = next(iter([*reachable, *recent]), None)
    sample = reminders.letter(example.row.reasons if example else {}, at=clock.now())
    return PreviewPage(
        base=view.base,
        here=f"{_home(view)}/recordatorios",
        crumbs=(*_crumbs(view), Link("Recordatorios", f"{_home(view)}/recordatorios")),
        quarter=quarter,
        fields=(
            *((name, value) for name, value in asked.__dict__.items() if value),
            *(("sujeto", str(body)) for body in chosen),
        ),
        reachable=tuple(reachable),
        recent=tuple(recent),
        unreachable=tuple(one for one in found if not one.reachable),
        nothing=len(rows) - len(found),
        letters=_letters(reachable),
        to_contacts=sum(not one.people for one in reachable),
        subject=sample.subject,
        paragraphs=sample.paragraphs,
        entries=tuple(entry.text for entry in sample.entries),
        closing=sample.closing,
        named=PREVIEWED,
        quiet_days=reminders.QUIET_DAYS,
        longest_note=reminders.LONGEST_NOTE,
        note="",
        again=False,
        mail_works=mail_works,
        may_invite=allowed(actor, Permission.PEOPLE_MANAGE),
    )


def _letters(bodies: list[Addressed]) -> int:
    return sum(max(1, len(one.people)) for one in bodies)


def _meant(asked: Asked, chosen: tuple[UUID, ...]) -> Filters:
    """Return the bodies chosen by hand, or those of the filter that need attention."""
    if chosen:
        return Filters(bodies=chosen)
    filters = asked.filters
    return replace(filters, states=filters.states or NEED_ATTENTION)


def _chosen(sent: FormValues) -> tuple[UUID, ...]:
    named = sent.texts.get("sujeto", [])
    if len(named) > MANY_CHOSEN:
        raise BadRequestError(f"Se eligen hasta {MANY_CHOSEN:,} sujetos obligados a la vez: usa un filtro.")
    try:
        return tuple(UUID(one) for one in named)
    except ValueError as error:
        raise BadRequestError(
            "El formulario nombra algo que no es un sujeto obligado: vuelve a la lista."
        ) from error


def _report(view: TenantView, title: str, lede: str, notes: tuple[str, ...]) -> exports.Report:
    return exports.Report(title, view.name, lede, view.accent, clock.now(), view.time_zone, notes)


def _narrowed(asked: Asked, rows: int) -> tuple[str, ...]:
    """Return what a file must say of the filters that it was made with."""
    if not asked.is_filtered:
        return ()
    said = {
        "Ámbito": asked.ambito,
        "Poder": asked.poder,
        "Estado": STATES[asked.filters.states[0]].label if asked.estado else "",
        "Búsqueda": asked.q,
    }
    told_of = "; ".join(f"{name}: {value}" for name, value in said.items() if value)
    return (f"Solo los {number(rows)} sujetos obligados de este filtro. {told_of}.",)


def _file(form: str, report: exports.Report, sheets: list[exports.Sheet], name: str) -> Response:
    make = {
        "csv": lambda: exports.as_csv(sheets[0]),
        "xlsx": lambda: exports.as_xlsx(report, sheets),
        "pdf": lambda: exports.as_pdf(report, sheets),
    }
    ascii_name = "".join(
        char if char.isascii() and (char.isalnum() or char in "-_.") else "-" for char in name
    )
    headers = {
        "Content-Disposition": f'attachment; filename="{ascii_name}.{form}"',
        "Cache-Control": "private, no-store",
    }
    return Response(make[form](), media_type=_TYPES[form], headers=headers)


def _home(view: TenantView) -> str:
    return f"{view.base}/cumplimiento"


def _crumbs(view: TenantView) -> tuple[Link, ...]:
    return (Link("Cumplimiento", _home(view)),)
