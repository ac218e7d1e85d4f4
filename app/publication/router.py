"""Publishing one version from the desk: what will be public is shown first, then it goes out in one transaction."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import RedirectResponse
from sqlmodel import select
from starlette.responses import Response

from app.core import json
from app.core.db import Actor, RwSession
from app.core.errors import BadRequestError, StaleError
from app.core.policy import Permission
from app.identity.deps import ActorDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation
from app.ocds import codelists, diff, tags
from app.ocds.shape import Document
from app.processes import drafting
from app.processes.outline import change_in_words, place_of
from app.processes.queries import VersionRef, working_process
from app.processes.summary import title_of
from app.publication.models import Record
from app.publication.reservations_page import reservation_pages
from app.publication.reserved import Kept, kept
from app.publication.service import publish_batch
from app.publication.timing import timing
from app.publication.withdrawals_page import withdrawal_pages
from app.review.policy import Case, require_act
from app.review.queries import case
from app.tenancy.queries import TenantView
from app.web.components import Change
from app.web.forms import Sent
from app.web.shell import Link
from app.web.templating import page

router = APIRouter(
    include_in_schema=False,
    dependencies=[Depends(desk_navigation), Depends(guard(Permission.PROCESS_READ))],
)
router.include_router(timing)
router.include_router(withdrawal_pages)
router.include_router(reservation_pages)

ADDRESS = "/{tenant}/procesos-internos/{process_id}/versiones/{number}/publicacion"
MANY = 50
"""Changes, and values withheld, that the page lists before it only counts."""

NumberPath = Annotated[int, Path(ge=1, le=2**31 - 1)]


@dataclass(frozen=True)
class Withheld:
    """A value that stays behind, and why."""

    place: str
    rule: str
    source: str


@dataclass(frozen=True)
class PublishPage:
    """Context of `publication/publish.html`."""

    address: str
    crumbs: tuple[Link, ...]
    title: str
    ocid: str
    number: int
    row_version: int
    is_first: bool
    tags: tuple[str, ...]
    problems: tuple[str, ...]
    withheld: tuple[Withheld, ...]
    withheld_count: int
    changes: tuple[Change, ...]
    change_count: int


@router.get(ADDRESS)
def look_again(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    process_id: UUID,
    number: NumberPath,
) -> Response:
    """Show what publishing this version will make public, and ask."""
    publishable = _publishable(session, actor, VersionRef(process_id, number))
    return page(request, "publication/publish.html", _page(session, actor, view, publishable))


@router.post(ADDRESS)
def publish(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    sent: Sent,
    process_id: UUID,
    number: NumberPath,
) -> Response:
    """Publish a version; where its content does not pass, say why and leave it as it is."""
    ref = VersionRef(process_id, number)
    publishable = _publishable(session, actor, ref, for_update=True)
    seen = sent.text("row_version")
    if not seen:
        raise BadRequestError("El formulario no dice qué versión se vio: vuelve a abrir la página.")
    if seen != str(publishable.turn.row_version):
        raise StaleError("La versión cambió después de que la revisaste: vuelve a abrirla antes de publicar.")
    (outcome,) = publish_batch(session, actor, [ref])
    if not outcome.published:
        refused = tuple(str(problem["message"]) for problem in outcome.problems)
        context = _page(session, actor, view, publishable, refused=refused)
        return page(request, "publication/publish.html", context, status=422)
    return RedirectResponse(f"{view.base}/procesos-internos/{process_id}", 303)


def _publishable(session: RwSession, actor: Actor, ref: VersionRef, *, for_update: bool = False) -> Case:
    process = working_process(session, actor, ref.process_id, for_update=for_update)
    found = case(session, actor, process, ref)
    require_act(actor, found, "publish")
    return found


def _page(
    session: RwSession, actor: Actor, view: TenantView, publishable: Case, *, refused: tuple[str, ...] = ()
) -> PublishPage:
    process = publishable.process
    before = _compiled(session, actor, process.process_id)
    reserved = kept(session, actor, [process.process_id]).get(process.process_id, Kept()).places
    found = drafting.examine(
        process.ocid,
        process.document,
        natural_rfc_public=view.natural_rfc_public,
        released=before,
        reserved=reserved,
    )
    changes = [one for one in diff.changes(before, found.release) if one.pointer != "/initiationType"]
    address = f"{view.base}/procesos-internos/{process.process_id}"
    return PublishPage(
        address=address,
        crumbs=(
            Link("Mi trabajo", f"{view.base}/panel"),
            Link("Procesos", f"{view.base}/procesos-internos"),
            Link(process.ocid, address),
        ),
        title=title_of(process.document) or "Sin título",
        ocid=process.ocid,
        number=publishable.turn.number,
        row_version=publishable.turn.row_version,
        is_first=before is None,
        tags=tuple(codelists.label("releaseTag", tag) for tag in tags.derive(before, found.release)),
        problems=refused or tuple(problem.message for problem in found.errors),
        withheld=tuple(
            Withheld(place_of(one.pointer), one.rule, one.source) for one in found.withheld[:MANY]
        ),
        withheld_count=len(found.withheld),
        changes=tuple(change_in_words(one, zone=view.time_zone) for one in changes[:MANY]),
        change_count=len(changes),
    )


def _compiled(session: RwSession, actor: Actor, process_id: UUID) -> Document | None:
    """Return what the world reads of a process today; None before its first release."""
    compiled = session.exec(
        select(Record.compiled).where(Record.tenant_id == actor.tenant_id, Record.process_id == process_id)
    ).one_or_none()
    return json.loads(compiled) if compiled is not None else None
