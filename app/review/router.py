"""The desk: my work, one process, and the acts that move its version."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.core.db import Actor, RwSession
from app.core.errors import BadRequestError, InvalidError, NotFoundError
from app.core.pagination import Page
from app.core.policy import Permission, allowed
from app.identity.deps import ActorDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation
from app.processes import drafting
from app.processes.lists import ProcessRow
from app.processes.models import ProcessVersion
from app.processes.outline import PAGE, Listing, Notes, find, in_words, listing, place_of
from app.processes.queries import VersionRef
from app.processes.summary import title_of
from app.review import service
from app.review.page import WAYS, address, crumbs, process_page
from app.review.policy import require_act
from app.review.queries import Pile, ProcessView, case, pile_rows, piles, process_view
from app.review.service import LONGEST_REMARK, MANY_REMARKS, Remark
from app.review.together import together
from app.tenancy.queries import TenantView
from app.web.forms import FormValues, Sent
from app.web.shell import Link
from app.web.templating import page

router = APIRouter(
    include_in_schema=False,
    dependencies=[Depends(desk_navigation), Depends(guard(Permission.PROCESS_READ))],
)
router.include_router(together)

PROCESS = "/{tenant}/procesos-internos/{process_id}"
VERSION = PROCESS + "/versiones/{number}"

CursorQuery = Annotated[str | None, Query(max_length=500)]
PositionQuery = Annotated[int, Query(ge=0, le=10**9)]
NumberPath = Annotated[int, Path(ge=1, le=2**31 - 1)]
Verb = Callable[[RwSession, Actor, VersionRef, int], ProcessVersion]


@dataclass(frozen=True)
class WorkPage:
    """Context of `review/panel.html`."""

    base: str
    piles: tuple[tuple[Pile, Page[ProcessRow]], ...]
    one_body: bool
    today: date
    may_begin: bool
    may_import: bool


@dataclass(frozen=True)
class PilePage:
    """Context of `review/pile.html`."""

    base: str
    crumbs: tuple[Link, ...]
    pile: Pile
    rows: Page[ProcessRow]
    next: str | None
    first: str | None
    one_body: bool
    today: date


@dataclass(frozen=True)
class ListPage:
    """Context of `review/listing.html`."""

    address: str
    crumbs: tuple[Link, ...]
    title: str
    place: str
    listing: Listing
    may_remark: bool
    number: int
    previous: str | None
    next: str | None


@dataclass(frozen=True)
class RemarkField:
    """A place to be remarked upon: what stands there, and what has been typed about it."""

    pointer: str
    place: str
    value: str
    text: str = ""


@dataclass(frozen=True)
class ReturnPage:
    """Context of `review/return.html`."""

    address: str
    crumbs: tuple[Link, ...]
    title: str
    number: int
    row_version: int
    fields: tuple[RemarkField, ...]
    longest: int
    refusal: str = ""


@router.get("/{tenant}/panel")
def work(request: Request, view: TenantDep, actor: ActorDep, session: WorkDep) -> Response:
    """Show what waits for this person."""
    context = WorkPage(
        base=view.base,
        piles=tuple((pile, pile_rows(session, actor, pile)) for pile in piles(actor)),
        one_body=actor.sujeto_obligado_id is not None,
        today=view.today,
        may_begin=allowed(actor, Permission.PROCESS_EDIT),
        may_import=allowed(actor, Permission.PROCESS_IMPORT),
    )
    return page(request, "review/panel.html", context)


@router.get("/{tenant}/panel/{key}")
def pile_page(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    key: str,
    cursor: CursorQuery = None,
) -> Response:
    """Show one list of the desk, whole."""
    pile = next((one for one in piles(actor) if one.key == key), None)
    if pile is None:
        raise NotFoundError
    rows = pile_rows(session, actor, pile, cursor=cursor, limit=PAGE)
    here = f"{view.base}/panel/{key}"
    context = PilePage(
        base=view.base,
        crumbs=(Link("Mi trabajo", f"{view.base}/panel"),),
        pile=pile,
        rows=rows,
        next=f"{here}?{urlencode({'cursor': rows.next_cursor})}" if rows.next_cursor else None,
        first=here if cursor else None,
        one_body=actor.sujeto_obligado_id is not None,
        today=view.today,
    )
    return page(request, "review/pile.html", context)


@router.get(PROCESS)
def process(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, process_id: UUID
) -> Response:
    """Show a process: its state and next step, what changed, the document, its history."""
    seen = process_view(session, actor, process_id)
    return page(request, "review/process.html", process_page(session, actor, view, seen))


@router.get(PROCESS + "/lista")
def long_list(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    process_id: UUID,
    en: Annotated[str, Query(max_length=1000)],
    desde: PositionQuery = 0,
) -> Response:
    """Show one long list of the document, some elements at a time."""
    seen = process_view(session, actor, process_id)
    found = drafting.examine(seen.process.ocid, seen.document, natural_rfc_public=view.natural_rfc_public)
    notes = Notes.gather(found.problems, [(one.row.pointer, one.row.remark) for one in seen.observations])
    shown = listing(seen.document, en, desde, notes, zone=view.time_zone)
    if shown is None or (desde and not shown.elements):
        raise NotFoundError("El documento no tiene esa lista.")
    here = address(view, seen)

    def at(start: int) -> str:
        return f"{here}/lista?{urlencode({'en': en, 'desde': start})}"

    context = ListPage(
        address=here,
        crumbs=_way(view, seen),
        title=_title(seen),
        place=place_of(en),
        listing=shown,
        may_remark=any(act.action == "return" for act in seen.acts),
        number=seen.turn.number,
        previous=at(max(0, desde - PAGE)) if desde else None,
        next=at(shown.end) if shown.end < shown.total else None,
    )
    return page(request, "review/listing.html", context)


@router.get(VERSION + "/devolucion")
def return_form(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    process_id: UUID,
    number: NumberPath,
    en: Annotated[list[str], Query(default_factory=list, max_length=MANY_REMARKS)],
) -> Response:
    """Ask for the observations with which a version is given back, one per place chosen."""
    seen = _about_to_return(session, actor, process_id, number)
    chosen = [
        pointer for pointer in dict.fromkeys(en) if find(seen.document, pointer) is not None and pointer
    ]
    fields = tuple(_field(view, seen, pointer) for pointer in (*chosen, ""))
    return page(request, "review/return.html", _return_page(view, seen, fields))


@router.post(VERSION + "/devolucion")
def give_back(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    sent: Sent,
    process_id: UUID,
    number: NumberPath,
) -> Response:
    """Give a version back with observations."""
    pointers, texts = sent.texts.get("pointer", []), sent.texts.get("remark", [])
    if len(pointers) != len(texts):
        raise BadRequestError(
            "El formulario llegó incompleto: vuelve a la página anterior y envíalo otra vez."
        )
    # The remark on the whole is optional; one on a place that was chosen is not.
    remarks = [
        Remark(pointer, text.strip())
        for pointer, text in zip(pointers, texts, strict=True)
        if pointer or text.strip()
    ]
    ref = VersionRef(process_id, number)
    try:
        service.return_with_observations(session, actor, ref, _row_version(sent), remarks)
    except InvalidError as error:
        seen = _about_to_return(session, actor, process_id, number)
        fields = tuple(
            _field(view, seen, pointer, text) for pointer, text in zip(pointers, texts, strict=True)
        )
        context = _return_page(view, seen, fields, refusal=error.detail)
        return page(request, "review/return.html", context, status=error.status)
    return RedirectResponse(f"{view.base}/procesos-internos/{process_id}", 303)


def _post(action: str, verb: Verb) -> None:
    """Give an act its address: a form that carries the row version, and back to the process's page."""

    def act(
        view: TenantDep,
        actor: ActorDep,
        session: WorkDep,
        *,
        sent: Sent,
        process_id: UUID,
        number: NumberPath,
    ) -> Response:
        verb(session, actor, VersionRef(process_id, number), _row_version(sent))
        return RedirectResponse(f"{view.base}/procesos-internos/{process_id}", 303)

    router.add_api_route(f"{VERSION}/{WAYS[action].segment}", act, methods=["POST"], name=action)


for _action, _verb in (
    ("submit", service.submit),
    ("recall", service.recall),
    ("approve", service.approve),
    ("revoke", service.revoke),
    ("discard", service.discard),
    ("restore", service.restore),
):
    _post(_action, _verb)


def _row_version(sent: FormValues) -> int:
    text = sent.text("row_version")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadRequestError("El formulario no dice qué versión se vio: vuelve a abrir la página.")
    return int(text)


def _about_to_return(session: RwSession, actor: Actor, process_id: UUID, number: int) -> ProcessView:
    """Return the process, if this version is the one on the desk and the actor may give it back."""
    seen = process_view(session, actor, process_id)
    require_act(actor, case(session, actor, seen.process, VersionRef(process_id, number)), "return")
    return seen


def _return_page(
    view: TenantView, seen: ProcessView, fields: tuple[RemarkField, ...], *, refusal: str = ""
) -> ReturnPage:
    return ReturnPage(
        address=address(view, seen),
        crumbs=_way(view, seen),
        title=_title(seen),
        number=seen.turn.number,
        row_version=seen.turn.row_version,
        fields=fields,
        longest=LONGEST_REMARK,
        refusal=refusal,
    )


def _field(view: TenantView, seen: ProcessView, pointer: str, text: str = "") -> RemarkField:
    held = find(seen.document, pointer) if pointer else None
    value = in_words(held, pointer, zone=view.time_zone) if held is not None else ""
    return RemarkField(pointer, place_of(pointer) if pointer else "", value, text)


def _way(view: TenantView, seen: ProcessView) -> tuple[Link, ...]:
    return (*crumbs(view), Link(seen.process.ocid, address(view, seen)))


def _title(seen: ProcessView) -> str:
    return title_of(seen.document) or "Sin título"
