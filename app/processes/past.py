"""Pages on what has been: the edits of a document, its versions beside each other, going back, and deadlines."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.core.db import Actor, RwSession
from app.core.errors import BadRequestError, InvalidError, NotFoundError
from app.core.pagination import Page
from app.core.policy import Permission, allowed
from app.identity.deps import ActorDep, TenantDep, WorkDep, guard
from app.ocds import diff
from app.ocds.diff import Change as Difference
from app.ocds.entry import EntryError, dates
from app.processes import editing, queries, versions
from app.processes.edits import Edit, edit, edits
from app.processes.header import DraftHeader, header
from app.processes.models import ProcessVersion
from app.processes.outline import change_in_words
from app.processes.queries import VersionRef, working_process
from app.processes.workflow import VERSIONS
from app.tenancy.queries import TenantView
from app.web.addresses import with_query
from app.web.components import Change
from app.web.formats import date_es, plural
from app.web.forms import Form, Sent
from app.web.shell import Link, local_path
from app.web.templating import page

past = APIRouter(include_in_schema=False)

READERS = [Depends(guard(Permission.PROCESS_READ))]
EDITORS = [Depends(guard(Permission.PROCESS_EDIT))]
PROCESS = "/{tenant}/procesos-internos/{process_id}"
VERSION = PROCESS + "/versiones/{number}"

DIFFERENCES = 50
"""Differences on one page of a comparison."""

Position = Annotated[int, Query(ge=0, le=10**7)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
OptionalNumber = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
BackQuery = Annotated[str, Query(max_length=2000)]


class Deadline(BaseModel):
    """By when a version must be done."""

    fecha: str = Field(
        "",
        title="Fecha límite",
        description="Para ordenar tu trabajo; no se publica. Déjala vacía para quitarla.",
        examples=["31/12/2026"],
        max_length=60,
    )


@dataclass(frozen=True)
class EditsPage:
    """Context of `processes/edits.html`; `undone` was undone just now."""

    crumbs: tuple[Link, ...]
    here: str
    process: str
    draft: DraftHeader
    title: str
    edits: Page[Edit]
    may_undo: bool
    undone: Edit | None
    back: str
    next: str | None
    first: str | None


@dataclass(frozen=True)
class ComparePage:
    """Context of `processes/compare.html`."""

    crumbs: tuple[Link, ...]
    here: str
    title: str
    options: tuple[tuple[int, str], ...]
    before: int
    after: int
    changes: tuple[Change, ...]
    total: int
    start: int
    previous: str | None
    next: str | None
    restorable: tuple[int, ...]
    process: str


@dataclass(frozen=True)
class RestorePage:
    """Context of `processes/restore.html`."""

    crumbs: tuple[Link, ...]
    here: str
    process: str
    draft: DraftHeader
    title: str
    number: int
    consequence: str
    changes: tuple[Change, ...]
    total: int


@dataclass(frozen=True)
class DeadlinePage:
    """Context of `processes/deadline.html`."""

    crumbs: tuple[Link, ...]
    here: str
    process: str
    title: str
    number: int
    form: Form[Deadline]


@past.get(PROCESS + "/cambios", dependencies=READERS)
def history(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    process_id: UUID,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    deshecho: OptionalNumber = None,
    volver: BackQuery = "",
) -> Response:
    """Show the edits of a document, the newest first."""
    draft = _seen(session, actor, process_id)
    rows = edits(session, actor, process_id, zone=view.time_zone, cursor=cursor)
    here = f"{_address(view, process_id)}/cambios"
    back = local_path(volver)
    context = EditsPage(
        crumbs=_crumbs(view, draft),
        here=here,
        process=_address(view, process_id),
        draft=draft,
        title=draft.title or "Sin título",
        edits=rows,
        may_undo=draft.editable and allowed(actor, Permission.PROCESS_EDIT, draft.sujeto_obligado_id),
        undone=edit(session, actor, process_id, deshecho, zone=view.time_zone) if deshecho else None,
        back=back,
        next=with_query(here, volver=back, cursor=rows.next_cursor) if rows.next_cursor else None,
        first=here if cursor else None,
    )
    return page(request, "processes/edits.html", context)


@past.post(PROCESS + "/cambios/{seq}/deshacer", dependencies=EDITORS)
def undo(
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    process_id: UUID,
    seq: Number,
    sent: Sent,
) -> Response:
    """Take an edit back, and tell so, with the way back to where the person was."""
    editing.undo(session, actor, process_id, seq)
    back = local_path(sent.text("volver")[:2000])
    told = with_query(f"{_address(view, process_id)}/cambios", deshecho=str(seq), volver=back)
    return RedirectResponse(told, 303)


@past.get(PROCESS + "/comparar", dependencies=READERS)
def compare(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    process_id: UUID,
    de: OptionalNumber = None,
    a: OptionalNumber = None,
    desde: Position = 0,
) -> Response:
    """Show what differs between two versions, in words; without them, between the last two."""
    draft = _seen(session, actor, process_id)
    turns = versions.seen(session, actor, process_id)
    newest = turns[0].number
    after = a or newest
    before = de or next((row.number for row in turns if row.number < after), after)
    process = working_process(session, actor, process_id)
    sides = [versions.document_of(session, actor, process, turns, number) for number in (before, after)]
    found = diff.changes(*sides)
    here = f"{_address(view, process_id)}/comparar"

    def at(start: int) -> str:
        return f"{here}?{urlencode({'de': before, 'a': after, 'desde': start})}"

    may_edit = draft.editable and allowed(actor, Permission.PROCESS_EDIT, draft.sujeto_obligado_id)
    context = ComparePage(
        crumbs=_crumbs(view, draft),
        here=here,
        title=draft.title or "Sin título",
        options=tuple((row.number, _called(row, view.time_zone)) for row in turns),
        before=before,
        after=after,
        changes=_in_words(found[desde : desde + DIFFERENCES], view),
        total=len(found),
        start=desde,
        previous=at(max(0, desde - DIFFERENCES)) if desde else None,
        next=at(desde + DIFFERENCES) if desde + DIFFERENCES < len(found) else None,
        restorable=tuple(
            number for number in dict.fromkeys((before, after)) if may_edit and number != draft.number
        ),
        process=_address(view, process_id),
    )
    return page(request, "processes/compare.html", context)


@past.get(VERSION + "/restauracion", dependencies=EDITORS)
def restore_form(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    process_id: UUID,
    number: Number,
) -> Response:
    """Tell in numbers what going back to a version would change."""
    draft = _seen(session, actor, process_id)
    process = working_process(session, actor, process_id)
    turns = versions.seen(session, actor, process_id)
    found = diff.changes(process.document, versions.document_of(session, actor, process, turns, number))
    address = _address(view, process_id)
    context = RestorePage(
        crumbs=_crumbs(view, draft),
        here=f"{address}/versiones/{number}/restauracion",
        process=address,
        draft=draft,
        title=draft.title or "Sin título",
        number=number,
        consequence=_consequence(draft, number, found),
        changes=_in_words(found[:DIFFERENCES], view),
        total=len(found),
    )
    return page(request, "processes/restore.html", context)


@past.post(VERSION + "/restauracion", dependencies=EDITORS)
def restore(
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    process_id: UUID,
    number: Number,
    sent: Sent,
) -> Response:
    """Make the working document what it was in a version."""
    text = sent.text("seq")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadRequestError("El formulario no dice qué documento se vio: vuelve a abrir la página.")
    versions.restore(session, actor, VersionRef(process_id, number), int(text))
    return RedirectResponse(_address(view, process_id), 303)


@past.get(VERSION + "/fecha-limite", dependencies=EDITORS)
def deadline_form(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    process_id: UUID,
    number: Number,
) -> Response:
    """Ask by when a version must be done."""
    draft = _seen(session, actor, process_id)
    due_on = queries.version(session, actor, VersionRef(process_id, number)).due_on
    form = Form.blank(Deadline, fecha=f"{due_on:%d/%m/%Y}" if due_on else "")
    return page(request, "processes/deadline.html", _deadline_page(view, draft, number, form))


@past.post(VERSION + "/fecha-limite", dependencies=EDITORS)
def set_deadline(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    process_id: UUID,
    number: Number,
    sent: Sent,
) -> Response:
    """Say by when a version must be done, as people write dates."""
    draft = _seen(session, actor, process_id)
    form = Form.read(Deadline, sent)
    if form.data is not None:
        try:
            due_on = _day(form.data.fecha, view)
            versions.set_due(session, actor, VersionRef(process_id, number), due_on, today=view.today)
        except (EntryError, InvalidError) as error:
            form = form.refused(str(error), "fecha")
        else:
            return RedirectResponse(_address(view, process_id), 303)
    context = _deadline_page(view, draft, number, form)
    return page(request, "processes/deadline.html", context, status=422)


def _seen(session: RwSession, actor: Actor, process_id: UUID) -> DraftHeader:
    """Return the state of a process of which the actor may see something.

    Raises:
        NotFoundError: absent, another's, or all of it was discarded and is its own body's affair.
    """
    draft = header(session, actor, process_id)
    if not versions.seen(session, actor, process_id):
        raise NotFoundError("No encontramos ese proceso de contratación.")
    return draft


def _address(view: TenantView, process_id: UUID) -> str:
    return f"{view.base}/procesos-internos/{process_id}"


def _crumbs(view: TenantView, draft: DraftHeader) -> tuple[Link, ...]:
    return (
        Link("Procesos", f"{view.base}/procesos-internos"),
        Link(draft.ocid, _address(view, draft.process_id)),
    )


def _called(turn: ProcessVersion, zone: str) -> str:
    state = VERSIONS.statuses[turn.status].lower()
    return f"Versión {turn.number}, {state}, {date_es(turn.updated_at, zone)}"


def _in_words(found: list[Difference], view: TenantView) -> tuple[Change, ...]:
    return tuple(change_in_words(one, zone=view.time_zone) for one in found)


def _consequence(draft: DraftHeader, number: int, found: list[Difference]) -> str:
    came = sum(one.before is None for one in found)
    went = sum(one.after is None for one in found)
    numbers = [
        (len(found) - came - went, "dato cambia", "datos cambian"),
        (came, "vuelve", "vuelven"),
        (went, "se quita", "se quitan"),
    ]
    told = ", ".join(plural(count, one, many) for count, one, many in numbers if count)
    place = (
        "Se abre un borrador nuevo; lo publicado no se mueve."
        if draft.published and not draft.status
        else "El borrador se reemplaza; lo que dice ahora queda en la historia de cambios."
    )
    return f"El documento dirá lo mismo que la versión {number}: {told}. {place}"


def _deadline_page(view: TenantView, draft: DraftHeader, number: int, form: Form[Deadline]) -> DeadlinePage:
    address = _address(view, draft.process_id)
    return DeadlinePage(
        crumbs=_crumbs(view, draft),
        here=f"{address}/versiones/{number}/fecha-limite",
        process=address,
        title=draft.title or "Sin título",
        number=number,
        form=form,
    )


def _day(text: str, view: TenantView) -> date | None:
    if not text.strip():
        return None
    return date.fromisoformat(dates.read(text, name="dueDate", zone=view.time_zone)[:10])
