"""The public pages: what is published, for people. Nobody needs to sign in, and nothing here can change anything."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from app.core import json
from app.core.db import PublicSession
from app.core.errors import NotFoundError
from app.identity.deps import DirectoryDep, PublicDep, SettingsDep
from app.ocds import codelists
from app.openapi import addresses
from app.portal import pages, process, queries
from app.portal.adoption import adopting
from app.portal.dashboards import dashboards
from app.portal.downloads import downloads
from app.portal.explanations import explanations
from app.portal.frame import PublicTenantDep, crumbs_of, public
from app.portal.pages import Choice, Filter, listed, process_address
from app.portal.public_log import acts_on, log_address, public_log
from app.portal.queries import Filters, PublishedProcess, SujetoRow
from app.portal.reading import PAGE
from app.tenancy.queries import TenantView
from app.tenancy.states import state_of
from app.web import formats
from app.web.addresses import with_query
from app.web.components import Figure
from app.web.shell import Link
from app.web.templating import page

router = APIRouter(include_in_schema=False)
router.include_router(explanations)
router.include_router(downloads)
router.include_router(dashboards)
router.include_router(adopting)
router.include_router(public_log)

ROWS = 25
"""Rows of a list on one page."""

NEWEST = 10
"""Processes that a home shows."""

Cursor = Annotated[str | None, Query(max_length=2000)]
Word = Annotated[str | None, Query(max_length=200)]


@public(router, "/", national=True)
def national_home(
    request: Request,
    session: PublicDep,
    directory: DirectoryDep,
    settings: SettingsDep,
    cursor: Cursor = None,
) -> Response:
    """Show what this is, who publishes here, and what was published last."""
    views = {view.tenant_id: view for view in directory.all()}
    counts = queries.counts(session)
    newest = queries.latest(session, views.keys(), cursor, NEWEST)
    tenants = [
        pages.ListedTenant(state_of(view), view, counts.get(view.tenant_id, queries.Counts()))
        for view in views.values()
    ]
    publishing = tuple(row for row in tenants if row.counts.processes)
    context = pages.NationalHome(
        national_name=settings.national_name,
        figures=_national_figures(publishing, len(views)),
        publishing=publishing,
        waiting=tuple(row for row in tenants if not row.counts.processes),
        latest=tuple(
            listed(row, views[row.tenant_id], state=state_of(views[row.tenant_id])) for row in newest.rows
        ),
        more=with_query("/", cursor=newest.next_cursor) + "#publicaciones" if newest.next_cursor else None,
        first="/#publicaciones" if cursor else None,
    )
    return page(request, "portal/national.html", context)


def _national_figures(publishing: tuple[pages.ListedTenant, ...], tenants: int) -> tuple[Figure, ...]:
    last = max((row.counts.last_date for row in publishing if row.counts.last_date), default=None)
    return (
        Figure(
            "Contrataciones publicadas",
            formats.number(sum(row.counts.processes for row in publishing)),
            "con su historia y sus datos",
            href="#publicaciones",
        ),
        Figure(
            "Entregas de datos",
            formats.number(sum(row.counts.releases for row in publishing)),
            "cada una con su prueba",
            href="/datos",
        ),
        Figure(
            "Organismos garantes que publican",
            f"{len(publishing)} de {tenants}",
            "las entidades federativas y la federación",
            href="#organismos",
        ),
        Figure("Última publicación", formats.date_es(last), "hora del centro de México"),
    )


@public(router, "/{tenant}/")
def tenant_home(request: Request, view: PublicTenantDep, session: PublicDep) -> Response:
    """Show who this garante is and what its bodies have published."""
    counts = queries.counts_of(session, view.tenant_id)
    padron, publishers = queries.padron_size(session, view.tenant_id)
    newest = queries.processes(session, view.tenant_id, Filters(), None, NEWEST)
    figures = (
        Figure(
            "Contrataciones publicadas",
            formats.number(counts.processes),
            "que siguen a la vista",
            href=f"{view.base}/procesos",
        ),
        Figure(
            "Entregas de datos",
            formats.number(counts.releases),
            f"{formats.plural(counts.withdrawals, 'retirada', 'retiradas')}, con constancia"
            if counts.withdrawals
            else "ninguna retirada",
            href=f"{view.base}/datos#integridad",
        ),
        Figure(
            "Sujetos obligados que publican",
            f"{formats.number(publishers)} de {formats.number(padron)}",
            "de los dados de alta aquí",
            href=f"{view.base}/sujetos",
        ),
        Figure("Última publicación", formats.date_es(counts.last_date, view.time_zone), "hora local"),
    )
    context = pages.TenantHome(
        view=view,
        state=state_of(view),
        figures=figures,
        sujetos=tuple(queries.active_sujetos(session, view.tenant_id, NEWEST)),
        padron=padron,
        latest=tuple(listed(row, view) for row in newest.rows),
        feed=f"{view.base}{addresses.API}/feed.atom",
    )
    return page(request, "portal/tenant.html", context)


@public(router, "/{tenant}/sujetos")
def sujetos(request: Request, view: PublicTenantDep, session: PublicDep, cursor: Cursor = None) -> Response:
    """List the bodies that must publish, by name."""
    found = queries.sujetos(session, view.tenant_id, cursor, PAGE)
    context = pages.SujetosPage(
        view=view,
        crumbs=crumbs_of(view),
        rows=tuple(found.rows),
        total=queries.padron_size(session, view.tenant_id)[0],
        more=with_query(f"{view.base}/sujetos", cursor=found.next_cursor) if found.next_cursor else None,
        first=f"{view.base}/sujetos" if cursor else None,
    )
    return page(request, "portal/sujetos.html", context)


@public(router, "/{tenant}/procesos")
def processes(
    request: Request,
    view: PublicTenantDep,
    session: PublicDep,
    *,
    sujeto: Word = None,
    metodo: Word = None,
    etapa: Word = None,
    cursor: Cursor = None,
) -> Response:
    """List published processes, the newest first; every filter is an address."""
    chosen = queries.sujeto_by_key(session, view.tenant_id, sujeto) if sujeto else None
    filters = Filters(chosen.sujeto_obligado_id if chosen else None, metodo or None, etapa or None)
    asked = {"sujeto": sujeto, "metodo": metodo, "etapa": etapa}
    found = queries.processes(session, view.tenant_id, filters, cursor, ROWS)
    home = f"{view.base}/procesos"
    narrowed = bool(metodo or etapa)
    context = pages.ProcessesPage(
        view=view,
        crumbs=crumbs_of(view),
        title=chosen.name if chosen else "Contrataciones publicadas",
        rows=tuple(listed(row, view) for row in found.rows),
        total=None if narrowed else _total(session, view, chosen),
        filters=(
            _filter("Tipo de procedimiento", "metodo", _METHODS, asked, home),
            _filter("Etapa a la que llegó", "etapa", process.STAGE_LABELS, asked, home),
            _sujeto_filter(session, view, chosen, asked, home),
        ),
        clear=home if narrowed or chosen else None,
        more=with_query(home, **asked, cursor=found.next_cursor) if found.next_cursor else None,
        first=with_query(home, **asked) if cursor else None,
        feed=with_query(
            f"{view.base}{addresses.API}/feed.atom", sujeto_obligado=sujeto, method=metodo, stage=etapa
        ),
    )
    return page(request, "portal/processes.html", context)


_METHODS = {code.code: code.label for code in codelists.codelist("method").codes.values()}


def _total(session: PublicSession, view: TenantView, chosen: SujetoRow | None) -> int:
    return chosen.processes if chosen else queries.counts_of(session, view.tenant_id).processes


def _filter(label: str, name: str, values: dict[str, str], asked: dict[str, str | None], home: str) -> Filter:
    return Filter(
        label,
        tuple(
            Choice(
                words,
                with_query(home, **{**asked, name: None if asked[name] == code else code}),
                current=asked[name] == code,
            )
            for code, words in values.items()
        ),
    )


def _sujeto_filter(
    session: PublicSession,
    view: TenantView,
    chosen: SujetoRow | None,
    asked: dict[str, str | None],
    home: str,
) -> Filter:
    """Offer the bodies that published last; all of them stand on a page of their own."""
    known = [chosen] if chosen else queries.active_sujetos(session, view.tenant_id, NEWEST)
    return Filter(
        "Sujeto obligado",
        (
            *(
                Choice(
                    row.name,
                    with_query(home, **{**asked, "sujeto": None if chosen else row.key}),
                    current=chosen is not None,
                )
                for row in known
            ),
            Choice("Ver todos los sujetos obligados", f"{view.base}/sujetos"),
        ),
    )


@public(router, "/{tenant}/procesos/{ocid:path}")
def read_process(
    request: Request,
    view: PublicTenantDep,
    session: PublicDep,
    settings: SettingsDep,
    *,
    ocid: str,
    lista: Word = None,
    pagina: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    """Show one process whole, or one of its long lists; what has another name leads there, what was withdrawn says so."""
    found = queries.process(session, view.tenant_id, ocid)
    if found is None:
        return _elsewhere(request, view, session, ocid)
    crumbs = (*crumbs_of(view), Link("Contrataciones", f"{view.base}/procesos"))
    here = process_address(view, found.ocid)
    if lista is not None:
        return page(request, "portal/list.html", _list_page(found, crumbs, here, lista, pagina))
    compiled = json.loads(found.compiled)
    context = pages.ProcessPage(
        view=view,
        crumbs=crumbs,
        ocid=found.ocid,
        title=process.title(compiled),
        sujeto=_sujeto_link(view, found),
        published_at=found.date,
        here_from=here,
        stages=process.timeline(compiled),
        summary=process.summary(compiled),
        sections=tuple(process.sections(compiled)),
        releases=tuple(queries.releases(session, view.tenant_id, found.ocid)),
        release_count=found.release_count,
        acts=acts_on(session, view, found.ocid),
        log=log_address(view, found.ocid),
        roots=addresses.roots(request.scope, view, settings.public_url),
    )
    return page(request, "portal/process.html", context)


def _list_page(
    found: PublishedProcess, crumbs: tuple[Link, ...], here: str, pointer: str, number: int
) -> pages.ListPage:
    compiled = json.loads(found.compiled)
    section, total = process.list_page(compiled, pointer, (number - 1) * PAGE)
    return pages.ListPage(
        crumbs=crumbs,
        title=section.title,
        process=Link(process.title(compiled), here),
        section=section,
        here_from=here,
        number=number,
        pages=-(-total // PAGE),
        before=with_query(here, lista=pointer, pagina=str(number - 1)) if number > 1 else None,
        after=with_query(here, lista=pointer, pagina=str(number + 1)) if number * PAGE < total else None,
    )


def _elsewhere(request: Request, view: TenantView, session: PublicSession, ocid: str) -> Response:
    permanent = queries.permanent_ocid(session, view.tenant_id, ocid)
    if permanent is not None:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(process_address(view, permanent) + query, 308)
    moved = queries.moved_to(session, view.tenant_id, ocid)
    if moved is not None:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/{moved[1]}/procesos/{quote(moved[0], safe='')}{query}", 308)
    gone = queries.withdrawn_ocid(session, view.tenant_id, ocid)
    if gone is None:
        raise NotFoundError("Aquí no hay ninguna contratación publicada con ese identificador.")
    context = pages.WithdrawnPage(
        view=view,
        crumbs=(*crumbs_of(view), Link("Contrataciones", f"{view.base}/procesos")),
        ocid=gone,
        releases=tuple(queries.releases(session, view.tenant_id, gone)),
        acts=acts_on(session, view, gone),
        log=log_address(view, gone),
    )
    return page(request, "portal/withdrawn.html", context, status=410, headers={"Cache-Control": "no-store"})


def _sujeto_link(view: TenantView, found: PublishedProcess) -> Link:
    return Link(found.sujeto_name, with_query(f"{view.base}/procesos", sujeto=found.sujeto_key))
