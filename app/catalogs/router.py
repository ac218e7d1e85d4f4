"""Pages of catalogues: the garante's desk (search, add, edit, retire, load files) and the options that capture offers."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from app.catalogs import queries, service
from app.catalogs.kinds import Kind, named
from app.catalogs.models import CatalogEntry
from app.catalogs.pages import (
    SCOPES,
    EntryPage,
    HomePage,
    KindPage,
    LoadPage,
    NewEntryPage,
    NewLoad,
    NewLoadPage,
    OptionsPage,
    entry_form,
    entry_values,
)
from app.catalogs.queries import Entry
from app.catalogs.reading import LARGEST_FILE
from app.catalogs.wording import (
    ACTS,
    citation,
    columns_of,
    counted,
    csv_of,
    figures,
    headline,
    hint,
    said,
    turn_line,
)
from app.core.db import Actor, RwSession
from app.core.errors import ConflictError, InvalidError, TooLargeError
from app.core.policy import Permission
from app.identity.deps import ActorDep, StorageDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation
from app.web.addresses import with_query
from app.web.components import Tab
from app.web.forms import Form, FormValues, Sent
from app.web.shell import Link, local_path
from app.web.templating import page, wants_fragment

router = APIRouter(include_in_schema=False, dependencies=[Depends(desk_navigation)])
managing = [Depends(guard(Permission.CATALOG_MANAGE))]

HOME = "/{tenant}/catalogos"
KIND = HOME + "/{kind}"
ENTRY = KIND + "/claves/{entry_id}"
LOAD = KIND + "/cargas/{load_id}"

CursorQuery = Annotated[str | None, Query(max_length=500)]
Words = Annotated[str, Query(max_length=200)]
Address = Annotated[str, Query(max_length=2000)]


@dataclass(frozen=True)
class Shelf:
    """One catalogue as a request asks for it: by whom, in which transaction, and its address."""

    actor: Actor
    session: RwSession
    kind: Kind
    home: str

    @property
    def here(self) -> str:
        """The address of the catalogue."""
        return f"{self.home}/{self.kind.key}"

    @property
    def crumbs(self) -> tuple[Link, ...]:
        """The way to a page below the catalogue."""
        return (Link("Catálogos", self.home), Link(self.kind.label, self.here))


def shelf(view: TenantDep, actor: ActorDep, session: WorkDep, kind: str) -> Shelf:
    """Return the catalogue that an address names.

    Raises:
        NotFoundError: there is no such kind.
    """
    return Shelf(actor, session, named(kind), f"{view.base}/catalogos")


ShelfDep = Annotated[Shelf, Depends(shelf)]


@router.get(HOME, dependencies=managing)
def home(request: Request, view: TenantDep, actor: ActorDep, session: WorkDep) -> Response:
    """List the catalogues and how each stands."""
    context = HomePage(f"{view.base}/catalogos", queries.states(session, actor))
    return page(request, "catalogs/home.html", context)


@router.get(KIND, dependencies=managing)
def one(
    request: Request, at: ShelfDep, *, q: Words = "", estado: str = "", cursor: CursorQuery = None
) -> Response:
    """Show a catalogue: its state, its entries, its last files."""
    retired = estado == "retiradas"
    state = queries.state(at.session, at.actor, at.kind)
    rows = queries.entries(at.session, at.actor, at.kind, q=q, retired=retired, cursor=cursor)
    kept = {"q": q, "estado": estado}
    context = KindPage(
        crumbs=at.crumbs[:1],
        here=at.here,
        kind=at.kind,
        state=state,
        listed=0 if state.in_use else queries.listed(at.kind),
        tabs=(
            Tab("En uso", with_query(at.here, q=q), current=not retired, count=state.in_use),
            Tab("Retiradas", with_query(at.here, q=q, estado="retiradas"), retired, state.retired),
        ),
        q=q,
        rows=rows,
        next=with_query(at.here, **kept, cursor=rows.next_cursor) if rows.next_cursor else None,
        first=with_query(at.here, **kept) if cursor else None,
        loads=queries.loads(at.session, at.actor, at.kind),
    )
    return page(request, "catalogs/kind.html", context)


@router.get(KIND + "/opciones", dependencies=[Depends(guard(Permission.PROCESS_READ))])
def options(
    request: Request,
    at: ShelfDep,
    *,
    q: Words = "",
    familia: str = "",
    etapa: str = "",
    metodo: str = "",
    volver: Address = "",
    campo: str = "",
) -> Response:
    """Answer a typeahead (JSON), or be the page where one searches and chooses without script."""
    entries = queries.lookup(at.session, at.actor, at.kind.key, q, family=familia, stage=etapa, method=metodo)
    if "application/json" in request.headers.get("accept", ""):
        headers = {"Cache-Control": "private, no-store"}
        return JSONResponse([_option(at.kind, one) for one in entries], headers=headers)
    back = local_path(volver)
    kept = {"familia": familia, "etapa": etapa, "metodo": metodo, "volver": back, "campo": campo}
    context = OptionsPage(
        here=f"{at.here}/opciones",
        kind=at.kind,
        q=q,
        options=[(one, hint(at.kind, one)) for one in entries],
        back=f"{back}{'&' if '?' in back else '?'}{urlencode({'campo': campo})}&elegir=" if back else "",
        home=back,
        kept={name: value for name, value in kept.items() if value},
    )
    template = "catalogs/_options.html" if wants_fragment(request) else "catalogs/options.html"
    return page(request, template, context)


@router.get(KIND + "/nueva", dependencies=managing)
def new_entry(request: Request, at: ShelfDep) -> Response:
    """Show the form of one entry."""
    return page(request, "catalogs/new.html", _new_entry(at, Form.blank(entry_form(at.kind))))


@router.post(KIND + "/nueva", response_model=None, dependencies=managing)
def add_entry(request: Request, sent: Sent, at: ShelfDep) -> Response:
    """Add one entry by hand."""
    form = Form.read(entry_form(at.kind), sent)
    if form.data is not None:
        try:
            entry = service.add(at.session, at.actor, at.kind.key, entry_values(form.data))
        except (ConflictError, InvalidError) as error:
            form = form.refused(error.detail, "code")
        else:
            return RedirectResponse(f"{at.here}/claves/{entry.entry_id}", 303)
    return page(request, "catalogs/new.html", _new_entry(at, form), status=422)


@router.get(KIND + "/claves.csv", dependencies=managing)
def download(at: ShelfDep) -> Response:
    """Answer the entries in use as a file that can be changed and loaded again."""
    headers = {
        "Content-Disposition": f'attachment; filename="{at.kind.key}.csv"',
        "Cache-Control": "private, no-store",
    }
    body = csv_of(at.kind, queries.in_use(at.session, at.actor, at.kind))
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)


@router.get(ENTRY, dependencies=managing)
def entry(request: Request, at: ShelfDep, entry_id: UUID) -> Response:
    """Show an entry, what it said before, and what may be done with it."""
    row = queries.one_entry(at.session, at.actor, at.kind, entry_id)
    model = entry_form(at.kind, editing=True)
    held = {name: getattr(row, name) for name in model.model_fields}
    several = {column.name for column in at.kind.columns if column.choices}
    form = Form.blank(model, **{n: text.split() if n in several else text for n, text in held.items()})
    return page(request, "catalogs/entry.html", _entry(at, row, form))


@router.post(ENTRY, response_model=None, dependencies=managing)
def edit_entry(request: Request, sent: Sent, at: ShelfDep, entry_id: UUID) -> Response:
    """Change what an entry says."""
    row = queries.one_entry(at.session, at.actor, at.kind, entry_id)
    form = Form.read(entry_form(at.kind, editing=True), sent)
    if form.data is not None:
        try:
            service.edit(at.session, at.actor, entry_id, _version(sent), entry_values(form.data))
        except InvalidError as error:
            form = form.refused(error.detail, "description")
        else:
            return RedirectResponse(f"{at.here}/claves/{entry_id}", 303)
    return page(request, "catalogs/entry.html", _entry(at, row, form), status=422)


@router.post(ENTRY + "/retirar", response_model=None, dependencies=managing)
def retire_entry(sent: Sent, at: ShelfDep, entry_id: UUID) -> Response:
    """Offer an entry no more."""
    queries.one_entry(at.session, at.actor, at.kind, entry_id)
    service.retire(at.session, at.actor, entry_id, _version(sent))
    return RedirectResponse(f"{at.here}/claves/{entry_id}", 303)


@router.post(ENTRY + "/recuperar", response_model=None, dependencies=managing)
def restore_entry(sent: Sent, at: ShelfDep, entry_id: UUID) -> Response:
    """Offer a retired entry again."""
    queries.one_entry(at.session, at.actor, at.kind, entry_id)
    service.restore(at.session, at.actor, entry_id, _version(sent))
    return RedirectResponse(f"{at.here}/claves/{entry_id}", 303)


@router.get(KIND + "/importar", dependencies=managing)
def new_load(request: Request, at: ShelfDep) -> Response:
    """Show the form that sends a file."""
    return page(request, "catalogs/upload.html", _upload(at, Form.blank(NewLoad, alcance="parte")))


@router.post(KIND + "/importar", response_model=None, dependencies=managing)
def receive(request: Request, sent: Sent, at: ShelfDep, storage: StorageDep) -> Response:
    """Read a file and show what it would do."""
    form = Form.read(NewLoad, sent)
    files = sent.files.get("archivo", [])
    if not files:
        form = form.refused("Elige un archivo.", "archivo")
    if form.data is not None:
        try:
            load = service.receive(
                at.session,
                at.actor,
                storage,
                at.kind.key,
                files[0].file,
                filename=files[0].filename or "archivo",
                complete=form.data.alcance == "completo",
            )
        except (InvalidError, TooLargeError) as error:
            form = form.refused(error.detail, "archivo")
        else:
            return RedirectResponse(f"{at.here}/cargas/{load.load_id}", 303)
    return page(request, "catalogs/upload.html", _upload(at, form), status=422)


@router.get(LOAD, dependencies=managing)
def one_load(request: Request, at: ShelfDep, load_id: UUID) -> Response:
    """Show what a file would do, or did."""
    load = queries.one_load(at.session, at.actor, at.kind, load_id)
    counts = load.counts
    fresh = counts["added"] + counts["changed"] + counts["restored"]
    retires = load.complete and counts["missing"] and fresh + counts["equal"]
    context = LoadPage(
        crumbs=at.crumbs,
        here=f"{at.here}/cargas/{load_id}",
        kind=at.kind,
        load=load,
        headline=headline(load),
        figures=figures(load),
        altered=[
            (code, description, columns_of(at.kind, changed))
            for _, code, description, changed in load.sample["altered"]
        ],
        fresh=fresh,
        retiring=counted(counts["missing"]) if retires else "",
    )
    return page(request, "catalogs/load.html", context)


@router.post(LOAD + "/aplicar", response_model=None, dependencies=managing)
def apply(at: ShelfDep, storage: StorageDep, load_id: UUID) -> Response:
    """Do what the preview showed."""
    queries.one_load(at.session, at.actor, at.kind, load_id)
    service.apply(at.session, at.actor, storage, load_id)
    return RedirectResponse(f"{at.here}/cargas/{load_id}", 303)


@router.post(LOAD + "/descartar", response_model=None, dependencies=managing)
def discard(at: ShelfDep, load_id: UUID) -> Response:
    """Leave the catalogue as it is."""
    queries.one_load(at.session, at.actor, at.kind, load_id)
    service.discard(at.session, at.actor, load_id)
    return RedirectResponse(at.here, 303)


def _option(kind: Kind, entry: Entry) -> dict[str, object]:
    """Return an entry in the shape that `ui.typeahead` takes."""
    fills = {"code": entry.code, "description": entry.description, "unit": entry.unit}
    fills |= {"family": entry.family, "stage": entry.stage, "method": entry.method}
    if kind.key == "rationaleArticle":
        fills["citation"] = citation(entry)
    return {"value": entry.code, "label": entry.description, "hint": hint(kind, entry), "fills": fills}


def _version(sent: FormValues) -> int:
    text = sent.text("row_version")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _entry(at: Shelf, row: CatalogEntry, form: Form[BaseModel]) -> EntryPage:
    return EntryPage(
        crumbs=at.crumbs,
        here=f"{at.here}/claves/{row.entry_id}",
        kind=at.kind,
        entry=row,
        family=said(at.kind, "family", row.family),
        form=form,
        names=tuple(form.model.model_fields),
        turns=[
            (turn, ACTS[turn.act], turn_line(turn), columns_of(at.kind, turn.changed))
            for turn in queries.history(at.session, at.actor, row)
        ],
    )


def _new_entry(at: Shelf, form: Form[BaseModel]) -> NewEntryPage:
    return NewEntryPage(at.crumbs, f"{at.here}/nueva", at.kind, form, tuple(form.model.model_fields))


def _upload(at: Shelf, form: Form[NewLoad]) -> NewLoadPage:
    return NewLoadPage(at.crumbs, f"{at.here}/importar", at.kind, form, SCOPES, LARGEST_FILE)
