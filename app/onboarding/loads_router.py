"""Pages of the padrón's files: sending one, its preview row by row, and what became of it."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.core.errors import InvalidError, TooLargeError
from app.core.policy import Permission
from app.identity.deps import ActorDep, StorageDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation
from app.onboarding import loading, queries
from app.onboarding.models import PadronLoad
from app.onboarding.pages import LoadPage, ShownRow, UploadPage
from app.onboarding.reading import LARGEST_FILE, MOST_ROWS
from app.onboarding.wording import CHOICES, COLUMNS, OUTCOMES, RESULTS, changes
from app.tenancy.queries import TenantView
from app.web import formats
from app.web.addresses import with_query
from app.web.components import Figure, Progress, Tab
from app.web.forms import Sent
from app.web.shell import Link
from app.web.templating import page, wants_fragment

router = APIRouter(include_in_schema=False, dependencies=[Depends(desk_navigation)])

UPLOAD = "/{tenant}/padron/importar"
LOAD = "/{tenant}/padron/cargas/{padron_load_id}"
MANAGE = [Depends(guard(Permission.PADRON_MANAGE))]
CHOICE_PREFIX = "fila-"

CursorQuery = Annotated[str | None, Query(max_length=500)]


@router.get(UPLOAD, dependencies=MANAGE)
def upload_form(request: Request, view: TenantDep) -> Response:
    """Show the form that sends a file."""
    return page(request, "onboarding/upload.html", _upload(view))


@router.post(UPLOAD, response_model=None, dependencies=MANAGE)
def upload(
    *, request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, sent: Sent, storage: StorageDep
) -> Response:
    """Keep a file and have it read."""
    files = sent.files.get("archivo", [])
    if not files:
        return page(request, "onboarding/upload.html", _upload(view, "Elige un archivo."), status=422)
    try:
        load = loading.receive(
            session, actor, storage, files[0].file, filename=files[0].filename or "archivo"
        )
    except (InvalidError, TooLargeError) as error:
        return page(request, "onboarding/upload.html", _upload(view, error.detail), status=error.status)
    return RedirectResponse(f"{view.base}/padron/cargas/{load.load_id}", 303)


@router.get(LOAD, dependencies=MANAGE)
def one(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    padron_load_id: UUID,
    *,
    ver: str = "",
    cursor: CursorQuery = None,
) -> Response:
    """Show what a file would do, or did."""
    load = queries.load(session, actor, padron_load_id)
    home = f"{view.base}/padron"
    here = f"{home}/cargas/{padron_load_id}"
    progress = _progress(load, here)
    if progress and wants_fragment(request):
        return page(request, "onboarding/_progress.html", Part(progress))
    counts = load.counts
    present = [name for name in OUTCOMES if counts.get(name)] if load.storage_key else []
    outcome = ver if ver in present else next(iter(present), "")
    rows = queries.load_rows(session, actor, padron_load_id, outcome, cursor)
    bodies = queries.bodies_of(session, actor, rows.rows)
    waiting = loading.is_waiting(load)
    context = LoadPage(
        crumbs=(Link("Padrón", home),),
        here=here,
        home=home,
        load=load,
        headline=_headline(load),
        progress=progress,
        figures=tuple(
            Figure(RESULTS[name].label, formats.number(counts[f"done_{name}"]), "de este archivo")
            for name in RESULTS
            if counts.get(f"done_{name}")
        ),
        tabs=tuple(
            Tab(OUTCOMES[name].label, f"{here}?ver={name}", name == outcome, counts[name]) for name in present
        ),
        outcome=outcome,
        rows=[
            ShownRow(
                row,
                bodies.get(row.sujeto_obligado_id) if row.sujeto_obligado_id else None,
                changes(row.changed),
                tuple(loading.offered(row).items()),
            )
            for row in rows.rows
        ],
        for_all=tuple(one for one in CHOICES.get(outcome, ()) if (outcome, one[0]) != ("alike", "change")),
        waiting=waiting,
        stalled=loading.is_stalled(load),
        chosen=_chosen(queries.chosen(session, actor, padron_load_id)) if waiting else "",
        next=with_query(here, ver=outcome, cursor=rows.next_cursor) if rows.next_cursor else None,
        first=f"{here}?ver={outcome}" if cursor else None,
        results=RESULTS,
    )
    return page(request, "onboarding/load.html", context)


@router.post(LOAD + "/decisiones", response_model=None, dependencies=MANAGE)
def choose(view: TenantDep, actor: ActorDep, session: WorkDep, sent: Sent, padron_load_id: UUID) -> Response:
    """Keep what the person chose for the rows of a page, or for all rows of an outcome."""
    outcome, for_all = sent.text("ver"), sent.text("todas")
    if for_all:
        loading.choose_all(session, actor, padron_load_id, outcome, for_all)
    else:
        choices = {
            int(number): sent.text(name)
            for name in sent.texts
            if name.startswith(CHOICE_PREFIX)
            and (number := name.removeprefix(CHOICE_PREFIX)).isdecimal()
            and len(number) < 10
        }
        loading.choose(session, actor, padron_load_id, choices)
    known = outcome if outcome in OUTCOMES else ""
    return RedirectResponse(f"{view.base}/padron/cargas/{padron_load_id}?ver={known}", 303)


@router.post(LOAD + "/aplicar", response_model=None, dependencies=MANAGE)
def order(view: TenantDep, actor: ActorDep, session: WorkDep, padron_load_id: UUID) -> Response:
    """Have what was chosen applied."""
    loading.order(session, actor, padron_load_id)
    return RedirectResponse(f"{view.base}/padron/cargas/{padron_load_id}", 303)


@router.post(LOAD + "/continuar", response_model=None, dependencies=MANAGE)
def resume(view: TenantDep, actor: ActorDep, session: WorkDep, padron_load_id: UUID) -> Response:
    """Go on where a load stopped."""
    loading.resume(session, actor, padron_load_id)
    return RedirectResponse(f"{view.base}/padron/cargas/{padron_load_id}", 303)


@router.post(LOAD + "/descartar", response_model=None, dependencies=MANAGE)
def discard(view: TenantDep, actor: ActorDep, session: WorkDep, padron_load_id: UUID) -> Response:
    """Leave the padrón as it is."""
    loading.discard(session, actor, padron_load_id)
    return RedirectResponse(f"{view.base}/padron", 303)


@dataclass(frozen=True)
class Part:
    """Context of `onboarding/_progress.html`."""

    progress: Progress


def _upload(view: TenantView, error: str | None = None) -> UploadPage:
    home = f"{view.base}/padron"
    return UploadPage(
        crumbs=(Link("Padrón", home),),
        here=f"{home}/importar",
        back=home,
        error=error,
        columns=tuple((column.label, ", ".join(column.heads)) for column in COLUMNS.values()),
        limit=LARGEST_FILE,
        most=MOST_ROWS,
    )


def _progress(load: PadronLoad, here: str) -> Progress | None:
    if load.failed_at or load.discarded_at or load.applied_at or loading.is_waiting(load):
        return None
    if loading.is_stalled(load):
        return None
    label = "Aplicando lo elegido" if load.ordered_at else "Comparando el archivo con tu padrón"
    return Progress("avance", label, "running", 0, unit="", source=here, then=here)


def _headline(load: PadronLoad) -> str:
    if load.failed_at:
        return "El archivo no se puede usar"
    if load.discarded_at:
        return "Carga descartada"
    if load.applied_at:
        return "El padrón quedó al día"
    if loading.is_stalled(load):
        return "La carga se detuvo"
    if load.ordered_at:
        return "Aplicando lo que elegiste"
    return "¿Qué cambia en tu padrón?" if load.analysed_at else "Leyendo el archivo"


def _chosen(counts: dict[str, int]) -> str:
    """Return in words what would be applied, empty when nothing would."""
    told = [
        formats.plural(counts[choice], one, many)
        for choice, one, many in (("add", "alta", "altas"), ("change", "cambio", "cambios"))
        if counts.get(choice)
    ]
    return " y ".join(told)
