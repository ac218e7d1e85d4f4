"""Pages of capture: the plan of a process, the forms of its sections, its lists, and what will be published."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.responses import Response

from app.attachments import addresses
from app.attachments.service import Intake
from app.capture import files, frame, links, listing, lists, names, overview, pages, plan, registry, saving
from app.capture.correcting import correcting
from app.capture.forms import Said
from app.capture.frame import Visit
from app.capture.plan import Section, Shape
from app.core import clock
from app.core.errors import BadRequestError, ConflictError, InvalidError, NotFoundError
from app.core.policy import Permission
from app.identity.deps import ActorDep, SettingsDep, StorageDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation
from app.web.errors import is_for_machines
from app.web.forms import FormValues, Sent
from app.web.templating import page, wants_fragment

router = APIRouter(
    include_in_schema=False,
    dependencies=[Depends(desk_navigation), Depends(guard(Permission.PROCESS_EDIT))],
)

router.include_router(correcting)

CAPTURE = "/{tenant}/procesos-internos/{process_id}/captura"

UNIT, ONWARD = "unidad", "seguir"
"""Names of what a form says about itself: which of its rows is sent alone; that the next section comes after."""

KEEP = "adoptar"
"""Button that keeps a party in the registry."""

CursorQuery = Annotated[str | None, Query(max_length=500)]
SavedQuery = Annotated[str, Query(pattern=r"^(\d\d:\d\d)?$")]
BackQuery = Annotated[str, Query(max_length=500)]
UndoQuery = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


@router.get(CAPTURE)
def plan_page(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, process_id: UUID
) -> Response:
    """Show the sections of a process, how much of each is there, and what is missing."""
    visit = Visit(session, actor, view, process_id)
    return page(request, "capture/overview.html", overview.overview(visit))


@router.get(CAPTURE + "/faltantes")
def missing(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, process_id: UUID
) -> Response:
    """Show what is missing or wrong in the whole document, each leading to its field."""
    name = "capture/_missing.html" if wants_fragment(request) else "capture/missing.html"
    return page(request, name, overview.missing(Visit(session, actor, view, process_id)))


@router.get(CAPTURE + "/publicacion")
def publication(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, process_id: UUID
) -> Response:
    """Show the release as it will be, its tags and the difference to the published one."""
    visit = Visit(session, actor, view, process_id)
    return page(request, "capture/publication.html", overview.publication(visit))


@router.get(CAPTURE + "/{where:path}")
def section_page(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    process_id: UUID,
    where: str,
    cursor: CursorQuery = None,
    guardado: SavedQuery = "",
    deshacer: UndoQuery = None,
    elegir: UUID | None = None,
    adoptado: bool = False,
    volver: BackQuery = "",
) -> Response:
    """Show a section: a form, or a list.

    `elegir` is an entry of the registry chosen on its own page; `adoptado` says that the party was just kept in the
    registry; `volver` the page that sent somebody to this list.
    """
    section = _section(where)
    visit = Visit(session, actor, view, process_id, where, section)
    if section.shape is Shape.LIST:
        context = listing.list_page(
            visit,
            section,
            cursor=cursor,
            saved=guardado,
            undo=deshacer,
            chosen=registry.chosen(visit, elegir) if elegir else None,
            back=volver,
        )
        return page(request, "capture/list.html", context)
    form = pages.section_page(pages.open_section(visit), saved=guardado, adopted=adoptado)
    return page(request, "capture/section.html", form)


@router.post(CAPTURE + "/{where:path}/archivos", response_model=None)
def receive_files(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    sent: Sent,
    storage: StorageDep,
    settings: SettingsDep,
    process_id: UUID,
    where: str,
) -> Response:
    """Take files into a list of documents: each becomes a document of it, described by what the file tells."""
    section = _section(where)
    visit = Visit(session, actor, view, process_id, where, section)
    if lists.block_of(section) != "Document" or section.shape is not Shape.LIST:
        raise NotFoundError("Esa sección no lleva archivos.")
    start = addresses.root(str(request.base_url), view, settings.public_url)
    received = files.receive(visit, section, Intake.of(storage, settings), sent, start)
    told = files.told(received, start)
    refused = [one for one in told if not one["recibido"]]
    if is_for_machines(request):
        status = 422 if len(refused) == len(told) else 200
        return JSONResponse({"archivos": told}, status, {"Cache-Control": "private, no-store"})
    if not refused:
        return RedirectResponse(f"{visit.here}?guardado={_now(visit)}", 303)
    said = " ".join(f"{one['nombre']}: {one['mensaje']}" for one in refused)
    return page(request, "capture/list.html", listing.list_page(visit, section, refusal=said), status=422)


@router.post(CAPTURE + "/{where:path}")
def act(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    sent: Sent,
    process_id: UUID,
    where: str,
) -> Response:
    """Save a section or one of its fields, or do what a button of a list asks for."""
    section = _section(where)
    visit = Visit(session, actor, view, process_id, where, section)
    if section.shape is Shape.LIST:
        return _on_list(request, visit, section, sent)
    if sent.text(names.ACT) == KEEP and section.base == registry.PARTIES:
        registry.keep(visit, pages.open_section(visit).part)
        return RedirectResponse(f"{visit.here}?guardado={_now(visit)}&adoptado=true", 303)
    return _save(request, visit, sent)


def _section(where: str) -> Section:
    section = plan.section_at(where)
    if section is None:
        raise NotFoundError("Esa sección no existe.")
    return section


def _save(request: Request, visit: Visit, sent: FormValues) -> Response:
    """Save a form: on to a page, or the page with what could not be stored, or one of its rows."""
    opened = pages.open_section(visit)
    unit, button = sent.text(UNIT), sent.text(names.ACT)
    base = _base(sent, opened.draft.seq)
    done = saving.save(
        visit.session, visit.actor, opened.part, opened.ground, sent.texts, act=button, base=base
    )
    if links.ADDRESS in sent.texts:
        links.look(visit, opened.section, pages.reopened(opened, done.seq).part.body)
    at = _now(visit)
    if done.is_clean and not button and not unit:
        onward = frame.following(visit, opened.draft.method) if sent.text(ONWARD) else None
        return RedirectResponse(f"{onward.href if onward else visit.here}?guardado={at}", 303)
    context = pages.section_page(
        pages.reopened(opened, done.seq),
        said=done.said,
        clashes=done.clashes,
        saved=at if done.is_clean else "",
        led=done.led,
        unit=unit,
        status=f"Guardado {at}" if done.is_clean else "Sin guardar",
    )
    if unit and wants_fragment(request):
        return page(request, "capture/_saved.html", context)
    status = 422 if done.said.errors else 409 if done.clashes else 200
    return page(request, "capture/section.html", context, status=status)


def _on_list(request: Request, visit: Visit, section: Section, sent: FormValues) -> Response:
    """Do what a button asks for: back to the list, on to an element, or the list with what is wrong."""
    refusal, status = "", 422
    try:
        base = _base(sent, -1)
        done = listing.act(visit, section, sent.text(names.ACT), sent.texts, base=base if base >= 0 else None)
    except (ConflictError, InvalidError) as error:
        done, refusal, status = listing.Done(errors={}), error.detail, error.status
    if done.errors is not None:
        said, pasted = Said(sent.texts, done.errors), sent.text("renglones")
        back = sent.text("volver")
        context = listing.list_page(visit, section, said=said, refusal=refusal, pasted=pasted, back=back)
        return page(request, "capture/list.html", context, status=status)
    query = {"guardado": _now(visit), **({"deshacer": str(done.undo)} if done.undo else {})}
    back = sent.text("volver")
    if back.startswith(f"{visit.base}/") and back.isprintable() and not done.undo:
        return RedirectResponse(back, 303)
    to = f"{visit.base}/{done.opened}" if done.opened else visit.here
    onward = "#agregar" if done.is_added and not done.opened else ""
    return RedirectResponse(f"{to}?{urlencode(query)}{onward}", 303)


def _base(sent: FormValues, seq: int) -> int:
    """Return the number of the edit that the page was made after; the last one where the form does not say."""
    text = sent.text(names.SEQ)
    if not text:
        return seq
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadRequestError("El formulario no dice qué versión se vio: vuelve a abrir la página.")
    return int(text)


def _now(visit: Visit) -> str:
    return f"{clock.now().astimezone(ZoneInfo(visit.view.time_zone)):%H:%M}"
