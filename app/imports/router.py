"""Pages of imports: send a file, look at what it would do, confirm, follow, and read what became of every row."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import RedirectResponse, StreamingResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.core.db import Actor, RwSession
from app.core.errors import AppError, InvalidError, NotFoundError
from app.core.pagination import INT4, Page
from app.core.policy import Permission
from app.identity.deps import ActorDep, DatabaseDep, SettingsDep, StorageDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation
from app.imports import queries, service
from app.imports.models import CHOICES, ImportRow, ImportRun
from app.imports.remarked import SPREADSHEETS, check, remarked
from app.imports.report import csv_report, value_text
from app.imports.undoing import Touched, may_undo, touched
from app.imports.wording import OUTCOMES, figures, headline, rows_of, shape_of, state_of, warnings_of
from app.tenancy import queries as tenancy
from app.tenancy.queries import TenantView
from app.web.addresses import with_query
from app.web.components import Figure, Progress, State, SummaryItem, Tab
from app.web.forms import Form, Sent
from app.web.shell import Link
from app.web.templating import page, wants_fragment

router = APIRouter(
    include_in_schema=False,
    dependencies=[Depends(desk_navigation), Depends(guard(Permission.PROCESS_IMPORT))],
)

HOME = "/{tenant}/importaciones"
RUN = HOME + "/{import_id}"

CursorQuery = Annotated[str | None, Query(max_length=500)]


class NewImport(BaseModel):
    """What a person states when they send a file."""

    archivo: str | None = Field(
        None,
        title="Archivo con tus contrataciones",
        description="El libro de la PNT (.xlsx, .xls o CSV), el que se sube o el que se descarga, de la fracción XXVIII o del "
        "formato 28; la hoja sencilla; el libro que descargaste de Procesos; la lista de contratos de CompraNet (CSV o .xlsx); "
        "o datos OCDS en JSON. También un .zip con varios.",
    )
    sujeto: str = Field(
        "",
        title="Sujeto obligado",
        description="Su nombre o su clave en el padrón. Vacío: cada entrega va al de su comprador, por RFC o nombre.",
        max_length=400,
    )
    publicar: bool = Field(
        default=False,
        title="Publicar de inmediato lo que no tenga errores",
        description="Esto será público. Solo aplica donde tu organismo garante autorizó la publicación directa.",
    )


class Decisions(BaseModel):
    """What a person decides before an edited workbook is applied."""

    gana: bool = Field(
        default=False,
        title="Donde alguien cambió lo mismo, que quede lo del libro",
        description="Si no lo marcas, queda lo que hay ahora y el informe dice qué decía el libro.",
    )
    quitar: bool = Field(
        default=False,
        title="Quitar lo que el libro ya no trae",
        description="Los renglones que borraste del libro se borran de los borradores. Si no lo marcas, se quedan.",
    )


@dataclass(frozen=True)
class RunLine:
    """An import in the list."""

    run: ImportRun
    state: State
    sujeto: str
    result: str


@dataclass(frozen=True)
class ListPage:
    """Context of `imports/list.html`."""

    here: str
    lines: tuple[RunLine, ...]
    one_body: bool
    next: str | None
    first: str | None


@dataclass(frozen=True)
class NewPage:
    """Context of `imports/new.html`; `lookup` is empty for who imports for one body only."""

    crumbs: tuple[Link, ...]
    here: str
    form: Form[NewImport]
    lookup: str
    may_publish: bool
    limit: int


@dataclass(frozen=True)
class RunPage:
    """Context of `imports/run.html` and `imports/_progress.html`."""

    crumbs: tuple[Link, ...]
    here: str
    run: ImportRun
    counts: Mapping[str, int]
    state: State
    headline: str
    figures: tuple[Figure, ...]
    facts: tuple[SummaryItem, ...]
    warnings: tuple[str, ...]
    job: Progress | None
    may_resume: bool
    may_read_again: bool
    decide: Form[Decisions] | None
    undo: Touched | None
    downloads: tuple[dict[str, str], ...]
    prefixes: dict[str, int]
    may_add_prefix: bool
    tabs: tuple[Tab, ...]
    rows: Page[ImportRow]
    outcomes: dict[str, State]
    next: str | None
    first: str | None


@dataclass(frozen=True)
class RowProblem:
    """One line of a row's report."""

    pointer: str
    message: str
    value: str
    count: int


@dataclass(frozen=True)
class RowPage:
    """Context of `imports/row.html`."""

    crumbs: tuple[Link, ...]
    base: str
    row: ImportRow
    state: State
    facts: tuple[SummaryItem, ...]
    refused: tuple[RowProblem, ...]
    errors: tuple[RowProblem, ...]
    notes: tuple[RowProblem, ...]
    advice: tuple[RowProblem, ...]
    kept: tuple[RowProblem, ...]


@router.get(HOME)
def listing(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, cursor: CursorQuery = None
) -> Response:
    """List the imports, the newest first."""
    found = queries.runs(session, actor, cursor=cursor)
    names = tenancy.names_of(session, actor, (run.sujeto_obligado_id for run in found.rows))
    here = _home(view)
    lines = tuple(
        RunLine(
            run,
            state_of(run),
            names.get(run.sujeto_obligado_id, "") if run.sujeto_obligado_id else "Según el comprador",
            headline(run),
        )
        for run in found.rows
    )
    context = ListPage(
        here,
        lines,
        actor.sujeto_obligado_id is not None,
        with_query(here, cursor=found.next_cursor) if found.next_cursor else None,
        here if cursor else None,
    )
    return page(request, "imports/list.html", context)


@router.get(HOME + "/nueva")
def blank(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, settings: SettingsDep
) -> Response:
    """Show the form that sends a file."""
    context = _new(view, actor, session, Form.blank(NewImport), settings.upload_limit)
    return page(request, "imports/new.html", context)


@router.post(HOME + "/nueva", response_model=None)
def send(
    request: Request,
    sent: Sent,
    view: TenantDep,
    *,
    actor: ActorDep,
    session: WorkDep,
    storage: StorageDep,
    settings: SettingsDep,
) -> Response:
    """Keep the file and begin to read it."""
    form = Form.read(NewImport, sent)
    files = sent.files.get("archivo", [])
    if form.data is not None and not files:
        form = form.refused("Elige el archivo que quieres importar.", "archivo")
    body = None
    if form.data is not None and form.data.sujeto:
        try:
            body = tenancy.named(session, actor, form.data.sujeto).sujeto_obligado_id
        except InvalidError as error:
            form = form.refused(error.detail, "sujeto")
    if form.data is not None:
        stored = None
        try:
            stored = service.store(
                storage, actor, files[0].filename or "", files[0].file, settings.upload_limit
            )
            run = service.start(session, actor, stored, sujeto_obligado_id=body, publish=form.data.publicar)
            return RedirectResponse(f"{_home(view)}/{run.import_id}", 303)
        except AppError as error:
            if stored is not None:
                storage.delete(stored.storage_key)
            if not isinstance(error, InvalidError):
                raise
            form = form.refused(error.detail, "archivo" if stored is None else "publicar")
    context = _new(view, actor, session, form, settings.upload_limit)
    return page(request, "imports/new.html", context, status=422)


@router.get(RUN)
def one(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    import_id: UUID,
    *,
    resultado: str = "",
    cursor: CursorQuery = None,
) -> Response:
    """Show how far an import is, what it would do or did, and its rows."""
    if resultado and resultado not in OUTCOMES:
        raise NotFoundError("No hay filas con ese resultado.")
    run = queries.run(session, actor, import_id)
    here = f"{_home(view)}/{import_id}"
    job = _progress(run, here)
    rows = queries.rows(session, actor, import_id, outcome=resultado, cursor=cursor)
    stalled = service.is_stalled(run)
    phase = None if run.original_deleted_at else run.checkpoint.get("phase")
    prefixes = queries.unknown_prefixes(session, actor, import_id) if run.counts.get("refused") else {}
    context = RunPage(
        crumbs=(Link("Importaciones", _home(view)),),
        here=here,
        run=run,
        counts=Counter(run.counts),
        state=state_of(run),
        headline=headline(run),
        figures=figures(run, here) if run.counts.get("entries") else (),
        facts=_facts(run),
        warnings=warnings_of(run),
        job=job,
        may_resume=phase == "apply"
        and (run.status in ("cancelled", "failed") or (job is not None and stalled)),
        may_read_again=phase == "read"
        and (
            run.status in ("cancelled", "failed")
            or (run.status == "previewed" and bool(prefixes))
            or (job is not None and stalled)
        ),
        decide=Form.blank(Decisions)
        if run.status == "previewed" and (run.counts.get("collisions") or run.counts.get("missing"))
        else None,
        undo=touched(session, actor, run) if may_undo(actor, run) else None,
        downloads=_downloads(run, here),
        prefixes=prefixes,
        may_add_prefix=actor.role == "garante_admin",
        tabs=_tabs(run, here, resultado),
        rows=rows,
        outcomes=OUTCOMES,
        next=with_query(here, resultado=resultado, cursor=rows.next_cursor) if rows.next_cursor else None,
        first=with_query(here, resultado=resultado) if cursor else None,
    )
    return page(request, "imports/_progress.html" if wants_fragment(request) else "imports/run.html", context)


@router.post(RUN + "/confirmar", response_model=None)
def confirm(sent: Sent, view: TenantDep, actor: ActorDep, session: WorkDep, import_id: UUID) -> Response:
    """Apply what the preview showed, with what the person decided."""
    decided = Form.read(Decisions, sent).data or Decisions()
    choices = zip(CHOICES, (decided.gana, decided.quitar), strict=True)
    service.confirm(session, actor, import_id, choices=[key for key, chosen in choices if chosen])
    return RedirectResponse(f"{_home(view)}/{import_id}", 303)


@router.post(RUN + "/cancelar", response_model=None)
def cancel(view: TenantDep, actor: ActorDep, session: WorkDep, import_id: UUID) -> Response:
    """Stop."""
    service.cancel(session, actor, import_id)
    return RedirectResponse(f"{_home(view)}/{import_id}", 303)


@router.post(RUN + "/continuar", response_model=None)
def resume(view: TenantDep, actor: ActorDep, session: WorkDep, import_id: UUID) -> Response:
    """Go on where it stopped."""
    service.resume(session, actor, import_id)
    return RedirectResponse(f"{_home(view)}/{import_id}", 303)


@router.post(RUN + "/releer", response_model=None)
def read_again(view: TenantDep, actor: ActorDep, session: WorkDep, import_id: UUID) -> Response:
    """Read the file anew."""
    service.read_again(session, actor, import_id)
    return RedirectResponse(f"{_home(view)}/{import_id}", 303)


@router.post(RUN + "/deshacer", response_model=None)
def undo(view: TenantDep, actor: ActorDep, session: WorkDep, import_id: UUID) -> Response:
    """Take back all that it did to drafts."""
    service.undo(session, actor, import_id)
    return RedirectResponse(f"{_home(view)}/{import_id}", 303)


@router.post(RUN + "/prefijo", response_model=None)
def add_prefix(sent: Sent, view: TenantDep, actor: ActorDep, session: WorkDep, import_id: UUID) -> Response:
    """Take an OCID prefix as the tenant's own, and read the file again if it was not applied yet."""
    run = queries.run(session, actor, import_id)
    service.accept_prefix(session, actor, sent.text("prefijo"))
    if run.status == "previewed":
        service.read_again(session, actor, import_id)
    return RedirectResponse(f"{_home(view)}/{import_id}", 303)


@router.get(RUN + "/informe.csv")
def report(actor: ActorDep, database: DatabaseDep, session: WorkDep, import_id: UUID) -> Response:
    """Download what became of every row."""
    run = queries.run(session, actor, import_id)
    name = f"importacion-{run.created_at:%Y-%m-%d}-{import_id}.csv"
    return StreamingResponse(
        csv_report(database, actor, import_id),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


@router.get(RUN + "/informe.xlsx")
def workbook(
    actor: ActorDep, database: DatabaseDep, storage: StorageDep, session: WorkDep, import_id: UUID
) -> Response:
    """Download the workbook that was sent, with what became of every row beside it."""
    run = queries.run(session, actor, import_id)
    check(run)
    name = f"importacion-{run.created_at:%Y-%m-%d}-{import_id}.xlsx"
    return StreamingResponse(
        remarked(database, actor, storage, run),
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


@router.get(RUN + "/filas/{number}")
def row(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    import_id: UUID,
    number: Annotated[int, Path(ge=1, le=INT4)],
) -> Response:
    """Show what became of one row, and all that could not be used of it."""
    run = queries.run(session, actor, import_id)
    found = queries.row(session, actor, import_id, number)
    problems = [
        (
            problem["severity"] if "value" not in problem else "refused",
            RowProblem(
                problem["pointer"],
                problem["message"],
                value_text(problem.get("value")),
                problem.get("count", 1),
            ),
        )
        for problem in found.problems
    ]

    def those(kind: str) -> tuple[RowProblem, ...]:
        return tuple(problem for severity, problem in problems if severity == kind)

    home = _home(view)
    context = RowPage(
        crumbs=(Link("Importaciones", home), Link(run.filename, f"{home}/{import_id}")),
        base=view.base,
        row=found,
        state=OUTCOMES[found.outcome],
        facts=(
            SummaryItem("Identificador en el archivo", found.source_ocid or None),
            SummaryItem("Identificador aquí (ocid)", found.ocid or None),
            SummaryItem("Entrega de origen", found.source_id or None),
            SummaryItem("Renglones del libro", rows_of(found) or None),
        ),
        refused=those("refused"),
        errors=those("error"),
        notes=those("info"),
        advice=those("advice"),
        kept=tuple(RowProblem(kept["pointer"], "", value_text(kept["value"]), 1) for kept in found.kept),
    )
    return page(request, "imports/row.html", context)


def _new(view: TenantView, actor: Actor, session: RwSession, form: Form[NewImport], limit: int) -> NewPage:
    return NewPage(
        crumbs=(Link("Importaciones", _home(view)),),
        here=f"{_home(view)}/nueva",
        form=form,
        lookup="" if actor.sujeto_obligado_id is not None else f"{view.base}/padron/opciones",
        may_publish=tenancy.publishes_directly(session, actor),
        limit=limit,
    )


def _progress(run: ImportRun, here: str) -> Progress | None:
    if run.status not in ("reading", "applying"):
        return None
    total = run.counts.get("total")
    read = run.counts.get("entries", 0)
    return Progress(
        id="avance",
        label="Leyendo el archivo" if run.status == "reading" else "Importando",
        status="running" if run.done_bytes else "queued",
        done=read if total else run.done_bytes // 1024,
        total=total or run.size_bytes // 1024 or 1,
        unit="entregas" if total else "KiB",
        message="Se detendrá al terminar la unidad en curso."
        if run.cancel_requested
        else "Puedes cerrar esta página: el trabajo sigue.",
        cancel=None if run.cancel_requested else f"{here}/cancelar",
        source=here,
        then=here,
    )


def _facts(run: ImportRun) -> tuple[SummaryItem, ...]:
    packages = run.metadata_kept.get("packages", [])
    publisher = next((package["publisher"] for package in packages if package.get("publisher")), None)
    name = publisher.get("name") if isinstance(publisher, dict) else None
    known = [
        SummaryItem("Archivo", run.filename),
        SummaryItem("Qué contiene", shape_of(run) or None),
        SummaryItem("Quién lo publicó", name if isinstance(name, str) else None),
        SummaryItem(
            "Al terminar", "Se publica lo que no tenga errores" if run.publish else "Queda en borradores"
        ),
    ]
    if run.status in ("failed", "cancelled"):
        known.pop()
    return tuple(item for item in known if item.value)


def _downloads(run: ImportRun, here: str) -> tuple[dict[str, str], ...]:
    """Return the ways to the report: the same workbook with remarks, where it is still there, and the CSV."""
    book = {"href": f"{here}/informe.xlsx", "label": "tu libro con observaciones (Excel)"}
    told = {"href": f"{here}/informe.csv", "label": "informe completo (CSV)"}
    return (book, told) if run.source in SPREADSHEETS and run.original_deleted_at is None else (told,)


def _tabs(run: ImportRun, here: str, chosen: str) -> tuple[Tab, ...]:
    every = Tab("Todas", here, current=not chosen, count=run.counts.get("entries", 0))
    return (
        every,
        *(
            Tab(state.label, with_query(here, resultado=key), current=key == chosen, count=run.counts[key])
            for key, state in OUTCOMES.items()
            if run.counts.get(key)
        ),
    )


def _home(view: TenantView) -> str:
    return f"{view.base}/importaciones"
