"""The desk: my work, one process, and the acts that move its version."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.core.db import Actor, RwSession
from app.core.errors import NotFoundError
from app.core.pagination import Page
from app.core.policy import Permission, allowed
from app.identity.deps import ActorDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation
from app.processes import drafting
from app.processes.lists import ProcessRow
from app.processes.models import ProcessVersion
from app.processes.outline import PAGE, Listing, Notes, listing, place_of
from app.processes.queries import VersionRef
from app.review import service
from app.review.alone import alone
from app.review.frame import PROCESS, VERSION, NumberPath, back_to, row_version, title_in, way_to
from app.review.headlines import Headline, headlines
from app.review.page import WAYS, address, process_page, remarking
from app.review.queries import Pile, pile_late, pile_rows, piles, process_view
from app.review.reasons import reasons
from app.review.remarks import remarks
from app.review.together import together
from app.web.addresses import with_query
from app.web.forms import Sent
from app.web.shell import Link
from app.web.templating import page

router = APIRouter(
    include_in_schema=False,
    dependencies=[Depends(desk_navigation), Depends(guard(Permission.PROCESS_READ))],
)
for _part in (together, remarks, alone, reasons):
    router.include_router(_part)

CursorQuery = Annotated[str | None, Query(max_length=500)]
PositionQuery = Annotated[int, Query(ge=0, le=10**9)]
Verb = Callable[[RwSession, Actor, VersionRef, int], ProcessVersion]


@dataclass(frozen=True)
class WorkPage:
    """Context of `review/panel.html`; of each list its first rows, and how many of it are late."""

    base: str
    headlines: tuple[Headline, ...]
    piles: tuple[tuple[Pile, Page[ProcessRow], int], ...]
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
    late: int
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
    remarking: str
    number: int
    previous: str | None
    next: str | None


@router.get("/{tenant}/panel")
def work(request: Request, view: TenantDep, actor: ActorDep, session: WorkDep) -> Response:
    """Show what waits for this person."""
    context = WorkPage(
        base=view.base,
        headlines=headlines(session, actor, view),
        piles=tuple(
            (pile, pile_rows(session, actor, pile), pile_late(session, actor, pile, view.today))
            for pile in piles(actor)
        ),
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
        late=pile_late(session, actor, pile, view.today),
        next=with_query(here, cursor=rows.next_cursor) if rows.next_cursor else None,
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
    notes = Notes.gather(
        found.problems, [(one.pointer, one.row.remark) for one in seen.threads if one.is_open]
    )
    shown = listing(seen.document, en, desde, notes, zone=view.time_zone)
    if shown is None or (desde and not shown.elements):
        raise NotFoundError("El documento no tiene esa lista.")
    here = address(view, seen)

    def at(start: int) -> str:
        return f"{here}/lista?{urlencode({'en': en, 'desde': start})}"

    context = ListPage(
        address=here,
        crumbs=way_to(view, seen),
        title=title_in(seen),
        place=place_of(en),
        listing=shown,
        remarking=remarking(seen),
        number=seen.turn.number,
        previous=at(max(0, desde - PAGE)) if desde else None,
        next=at(shown.end) if shown.end < shown.total else None,
    )
    return page(request, "review/listing.html", context)


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
        verb(session, actor, VersionRef(process_id, number), row_version(sent))
        return back_to(view, process_id)

    router.add_api_route(f"{VERSION}/{WAYS[action].segment}", act, methods=["POST"], name=action)


@router.post(f"{VERSION}/{WAYS['approve'].segment}")
def approve(
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    sent: Sent,
    process_id: UUID,
    number: NumberPath,
) -> Response:
    """Approve a version; with observations that are not resolved only where the form says that they are known."""
    ref, despite = VersionRef(process_id, number), sent.text("confirmado") == "si"
    service.approve(session, actor, ref, row_version(sent), despite_open=despite)
    return back_to(view, process_id)


for _action, _verb in (
    ("submit", service.submit),
    ("recall", service.recall),
    ("take", service.take),
    ("release", service.release),
    ("sample", service.sample),
    ("revoke", service.revoke),
    ("discard", service.discard),
    ("restore", service.restore),
):
    _post(_action, _verb)
