"""Addresses of files: the permanent public one, and the desk's, where files are sent, seen and discarded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.attachments import addresses, queries, service, serving
from app.attachments.models import Attachment
from app.attachments.queries import Stored
from app.attachments.service import Intake, Received
from app.attachments.workflow import FILES
from app.core.db import Actor, Database, RwSession
from app.core.errors import AppError, InvalidError, NotFoundError
from app.core.policy import Permission, allowed
from app.identity.deps import ActorDep, DatabaseDep, SettingsDep, StorageDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation
from app.processes.queries import process_row
from app.tenancy.queries import TenantView
from app.web.addresses import with_query
from app.web.components import State
from app.web.errors import is_for_machines
from app.web.forms import Form, Sent
from app.web.shell import Link
from app.web.templating import page, wants_fragment

router = APIRouter(include_in_schema=False)
desk = APIRouter(include_in_schema=False, dependencies=[Depends(desk_navigation)])

HOME = "/{tenant}/procesos-internos/{process_id}/archivos"
ONE = HOME + "/{attachment_id}"
PUBLIC = "/{tenant}/archivos/{attachment_id}/{file_name}"

CursorQuery = Annotated[str | None, Query(max_length=500)]

STATES = {
    "scanning": State(FILES.statuses["scanning"], "clock", "info"),
    "ready": State(FILES.statuses["ready"], "check", "success"),
    "infected": State(FILES.statuses["infected"], "stop", "error"),
}
KINDS = {
    "public": State("Versión pública", "globe"),
    "reserved": State("Original reservado", "lock", "warning"),
}


class Sending(BaseModel):
    """What a person states when they send files."""

    clase: Literal["public", "reserved"] = Field(title="Qué son estos archivos")
    original: UUID | None = Field(
        None,
        title="Es la versión pública de",
        description="Elige el original reservado, si lo guardaste aquí.",
    )
    etapa: str = Field("", title="Etapa", max_length=20)


@dataclass(frozen=True)
class FileLine:
    """A file in the list; `discard` is the address that takes it back, empty where that cannot be."""

    row: Attachment
    state: State
    kind: State
    href: str
    original: str
    address: str
    discard: str


@dataclass(frozen=True)
class FilesPage:
    """Context of `attachments/list.html`."""

    crumbs: tuple[Link, ...]
    here: str
    title: str
    form: Form[Sending]
    problem: str
    received: tuple[Received, ...]
    lines: tuple[FileLine, ...]
    originals: tuple[tuple[str, str], ...]
    why_not: str
    limit: int
    sees_reserved: bool
    next: str | None
    first: str | None


@dataclass(frozen=True)
class ReceivedPage:
    """Context of `attachments/_received.html`."""

    received: tuple[Received, ...]


@router.api_route(PUBLIC, methods=["GET", "HEAD"])
def public_file(
    request: Request,
    view: TenantDep,
    database: DatabaseDep,
    storage: StorageDep,
    *,
    attachment_id: UUID,
    file_name: str,
) -> Response:
    """Serve a published file to everyone; another name leads to the right one."""
    try:
        file = _published(database, view, attachment_id)
    except NotFoundError:
        with database.public_reading() as session:
            moved = queries.published_elsewhere(session, view.tenant_id, attachment_id)
        if moved is None:
            raise
        return RedirectResponse(addresses.address(f"/{moved[0]}", attachment_id, moved[1]), 308)
    if file.file_name != file_name:
        address = addresses.address(view.base, attachment_id, file.file_name)
        return RedirectResponse(address, 308)
    return serving.answer(request, storage, file, cache_control=serving.PUBLISHED)


def _published(database: Database, view: TenantView, attachment_id: UUID) -> Stored:
    """Give the connection back before the first byte leaves: a slow reader holds none."""
    with database.public_reading() as session:
        return queries.published(session, view.tenant_id, attachment_id)


@desk.get(HOME, dependencies=[Depends(guard(Permission.PROCESS_READ))])
def files(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    settings: SettingsDep,
    process_id: UUID,
    cursor: CursorQuery = None,
) -> Response:
    """List the files of a process."""
    house = _Desk(request, view, actor, session, settings.public_url, settings.attachment_limit)
    return page(
        request, "attachments/list.html", house.page(process_id, Form.blank(Sending, clase="public"), cursor)
    )


@desk.post(HOME, response_model=None, dependencies=[Depends(guard(Permission.PROCESS_EDIT))])
def send(
    request: Request,
    sent: Sent,
    view: TenantDep,
    actor: ActorDep,
    *,
    session: WorkDep,
    storage: StorageDep,
    settings: SettingsDep,
    process_id: UUID,
) -> Response:
    """Take files, each on its own; what became of each is told as it was asked: page, fragment or JSON."""
    form = Form.read(Sending, sent)
    if form.data is None:
        service.editable(session, actor, process_id)  # whoever has no business here learns nothing
        raise InvalidError(" ".join(f"{one.label}: {one.message}" for one in form.problems))
    house = _Desk(request, view, actor, session, settings.public_url, settings.attachment_limit)
    try:
        received = service.receive(
            session,
            actor,
            Intake.of(storage, settings),
            process_id,
            service.sent_files(sent),
            kind=form.data.clase,
            stage=form.data.etapa,
            original_id=form.data.original,
        )
    except InvalidError as error:
        if is_for_machines(request) or wants_fragment(request):
            raise
        context = house.page(process_id, form.refused(error.detail), None)
        return page(request, "attachments/list.html", context, status=422)
    refused = [one for one in received if one.attachment is None]
    status = 422 if len(refused) == len(received) else 200
    if is_for_machines(request):
        return JSONResponse(
            {"archivos": house.told(received)}, status, {"Cache-Control": "private, no-store"}
        )
    if wants_fragment(request):
        return page(request, "attachments/_received.html", ReceivedPage(tuple(received)), status=status)
    if not refused and not any(one.advice or one.repeated for one in received):
        return RedirectResponse(f"{view.base}/procesos-internos/{process_id}/archivos", 303)
    context = house.page(process_id, Form.blank(Sending, clase="public"), None, received)
    return page(request, "attachments/list.html", context, status=status)


@desk.get(ONE, dependencies=[Depends(guard(Permission.PROCESS_READ))])
def one(
    request: Request,
    actor: ActorDep,
    session: WorkDep,
    storage: StorageDep,
    *,
    process_id: UUID,
    attachment_id: UUID,
) -> Response:
    """Serve a file to who works with it."""
    row = service.opened(session, actor, process_id, attachment_id)
    file = Stored(row.storage_key, row.file_name, row.media_type, row.size_bytes, row.sha256)
    return serving.answer(request, storage, file, cache_control=serving.PRIVATE)


@desk.post(ONE + "/descarte", response_model=None, dependencies=[Depends(guard(Permission.PROCESS_EDIT))])
def discard(
    view: TenantDep, actor: ActorDep, session: WorkDep, *, process_id: UUID, attachment_id: UUID
) -> Response:
    """Take back a file that is not public."""
    service.discard(session, actor, process_id, attachment_id)
    return RedirectResponse(f"{view.base}/procesos-internos/{process_id}/archivos", 303)


@dataclass(frozen=True)
class _Desk:
    """What every answer of the desk needs."""

    request: Request
    view: TenantView
    actor: Actor
    session: RwSession
    public_url: str | None
    limit: int

    def page(
        self,
        process_id: UUID,
        form: Form[Sending],
        cursor: str | None,
        received: Sequence[Received] = (),
    ) -> FilesPage:
        """Return the list of a process's files."""
        process = process_row(self.session, self.actor, process_id)
        rows = queries.of_process(self.session, self.actor, process_id, cursor=cursor)
        sees_reserved = queries.may_read_reserved(self.actor, process.sujeto_obligado_id)
        originals = queries.originals(self.session, self.actor, process_id) if sees_reserved else []
        names = {row.attachment_id: row.file_name for row in originals}
        home = f"{self.view.base}/procesos-internos"
        here = f"{home}/{process_id}/archivos"
        why_not = self._why_not(process_id)
        return FilesPage(
            crumbs=(
                Link("Mi trabajo", f"{self.view.base}/panel"),
                Link("Procesos", home),
                Link(process.ocid, f"{home}/{process_id}"),
            ),
            here=here,
            title=process.title or process.ocid,
            form=form,
            problem=form.error("") or "",
            received=tuple(received),
            lines=tuple(self._line(row, here, names, may_discard=not why_not) for row in rows.rows),
            originals=tuple((str(key), name) for key, name in names.items()),
            why_not=why_not,
            limit=self.limit,
            sees_reserved=sees_reserved,
            next=with_query(here, cursor=rows.next_cursor) if rows.next_cursor else None,
            first=here if cursor else None,
        )

    def told(self, received: Sequence[Received]) -> list[dict[str, Any]]:
        """Return what became of each file, for a script."""
        return [one.told(self._root) for one in received]

    @property
    def _root(self) -> str:
        return addresses.root(str(self.request.base_url), self.view, self.public_url)

    def _line(self, row: Attachment, here: str, names: dict[UUID, str], *, may_discard: bool) -> FileLine:
        return FileLine(
            row=row,
            state=STATES[row.status],
            kind=KINDS[row.kind],
            href=f"{here}/{row.attachment_id}" if row.status == "ready" else "",
            original=names.get(row.original_id, "") if row.original_id else "",
            address=addresses.address(self._root, row.attachment_id, row.file_name)
            if row.published_at is not None
            else "",
            discard=f"{here}/{row.attachment_id}/descarte"
            if may_discard and row.published_at is None
            else "",
        )

    def _why_not(self, process_id: UUID) -> str:
        """Return why no file can be sent now; "" when it can."""
        if not allowed(self.actor, Permission.PROCESS_EDIT):
            return "Los archivos los envía quien captura en el sujeto obligado."
        try:
            service.editable(self.session, self.actor, process_id)
        except AppError as error:
            return error.detail
        return ""
