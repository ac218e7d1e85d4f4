"""The second look of one person alone: the difference to what is published, once more, before approving one's own work."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.core.db import Actor, RwSession
from app.core.errors import InvalidError
from app.identity.deps import ActorDep, FreshDep, TenantDep, WorkDep
from app.ocds import diff
from app.ocds.shape import Document
from app.processes import drafting
from app.processes.outline import change_in_words
from app.processes.queries import VersionRef
from app.review import service
from app.review.frame import VERSION, NumberPath, back_to, row_version, title_in, way_to
from app.review.page import WAYS, address
from app.review.policy import require_act
from app.review.queries import ProcessView, case, process_view
from app.tenancy.queries import TenantView
from app.web.components import Change
from app.web.forms import Sent
from app.web.shell import Link
from app.web.templating import page

alone = APIRouter()

ADDRESS = f"{VERSION}/{WAYS['approve_alone'].segment}"
MANY = 200
"""Changes that the page lists before it only counts: the look is the point of it."""


@dataclass(frozen=True)
class SecondLookPage:
    """Context of `review/alone.html`."""

    address: str
    here: str
    crumbs: tuple[Link, ...]
    title: str
    row_version: int
    is_first: bool
    changes: tuple[Change, ...]
    change_count: int
    withheld_count: int
    open_count: int
    refusal: str = ""


@alone.get(ADDRESS)
def second_look(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    _who: FreshDep,
    *,
    process_id: UUID,
    number: NumberPath,
) -> Response:
    """Show what would change in what is published, and ask."""
    return page(request, "review/alone.html", _page(session, actor, view, VersionRef(process_id, number)))


@alone.post(ADDRESS)
def approve_alone(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    _who: FreshDep,
    *,
    sent: Sent,
    process_id: UUID,
    number: NumberPath,
) -> Response:
    """Approve one's own work after having looked at it again."""
    ref = VersionRef(process_id, number)
    if sent.text("visto") != "si":
        refusal = "Marca que volviste a ver la diferencia: responde por ella una sola persona."
        context = _page(session, actor, view, ref, refusal=refusal)
        return page(request, "review/alone.html", context, status=InvalidError.status)
    despite = sent.text("confirmado") == "si"
    service.approve_alone(session, actor, ref, row_version(sent), despite_open=despite)
    return back_to(view, process_id)


def _page(
    session: RwSession, actor: Actor, view: TenantView, ref: VersionRef, *, refusal: str = ""
) -> SecondLookPage:
    seen: ProcessView = process_view(session, actor, ref.process_id)
    require_act(actor, case(session, actor, seen.process, ref), "approve_alone")
    found = drafting.examine(
        seen.process.ocid, seen.document, natural_rfc_public=view.natural_rfc_public, released=seen.published
    )
    bare: Document = {key: {} for key, held in seen.document.items() if isinstance(held, dict)}
    changes = diff.changes(bare if seen.published is None else seen.published, seen.document)
    here = address(view, seen)
    return SecondLookPage(
        address=here,
        here=f"{here}/versiones/{seen.turn.number}/{WAYS['approve_alone'].segment}",
        crumbs=way_to(view, seen),
        title=title_in(seen),
        row_version=seen.turn.row_version,
        is_first=seen.published is None,
        changes=tuple(change_in_words(one, zone=view.time_zone) for one in changes[:MANY]),
        change_count=len(changes),
        withheld_count=len(found.withheld),
        open_count=sum(one.is_open for one in seen.threads),
        refusal=refusal,
    )
