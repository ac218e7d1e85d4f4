"""Lists of the desk: processes by status, the padrón, the log."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.core.db import Actor
from app.core.errors import NotFoundError
from app.core.pagination import Page
from app.core.policy import Permission, allowed
from app.identity.deps import ActorDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation
from app.processes import history, padron, queries
from app.processes.history import Act
from app.processes.models import OPEN_STATUSES
from app.processes.padron import PadronRow
from app.processes.queries import ProcessRow
from app.processes.workflow import POLICY_LABELS, VERSIONS
from app.web.components import Column, Tab
from app.web.templating import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(desk_navigation)])

CursorQuery = Annotated[str | None, Query(max_length=500)]

OPEN = "en-curso"
"""Filter for every open version."""


@dataclass(frozen=True)
class ProcessListPage:
    """Context of `processes/list.html`."""

    base: str
    filters: tuple[Tab, ...]
    chosen: str
    rows: Page[ProcessRow]
    next: str | None
    first: str | None
    one_body: bool
    may_import: bool


@dataclass(frozen=True)
class PadronPage:
    """Context of `processes/padron.html`."""

    rows: Page[PadronRow]
    next: str | None
    first: str | None
    policies: dict[str, str]
    columns: tuple[str | Column, ...]


@dataclass(frozen=True)
class LogPage:
    """Context of `processes/log.html`."""

    base: str
    rows: Page[Act]
    next: str | None
    first: str | None


@router.get("/{tenant}/procesos-internos", dependencies=[Depends(guard(Permission.PROCESS_READ))])
def processes(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    estado: str = OPEN,
    cursor: CursorQuery = None,
) -> Response:
    """List processes by the status of their version."""
    filters = _filters(actor)
    if estado not in filters:
        raise NotFoundError("No hay una lista de procesos en ese estado.")
    newest_first = estado in ("published", "discarded")
    rows = queries.versions_in(
        session,
        actor,
        OPEN_STATUSES if estado == OPEN else (estado,),
        cursor=cursor,
        newest_first=newest_first,
    )
    here = f"{view.base}/procesos-internos"
    context = ProcessListPage(
        base=view.base,
        filters=tuple(
            Tab(label, f"{here}?{urlencode({'estado': key})}", current=key == estado)
            for key, label in filters.items()
        ),
        chosen=filters[estado],
        rows=rows,
        next=_after(here, rows.next_cursor, estado=estado),
        first=f"{here}?{urlencode({'estado': estado})}" if cursor else None,
        one_body=actor.sujeto_obligado_id is not None,
        may_import=allowed(actor, Permission.PROCESS_IMPORT),
    )
    return page(request, "processes/list.html", context)


@router.get("/{tenant}/padron", dependencies=[Depends(guard(Permission.PADRON_READ))])
def bodies(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, cursor: CursorQuery = None
) -> Response:
    """List the sujetos obligados of the tenant."""
    rows = padron.padron(session, actor, cursor=cursor)
    here = f"{view.base}/padron"
    columns = ("Sujeto obligado", "RFC", "Aprobación", Column("Versiones en curso", numeric=True))
    context = PadronPage(
        rows, _after(here, rows.next_cursor), here if cursor else None, POLICY_LABELS, columns
    )
    return page(request, "processes/padron.html", context)


@router.get("/{tenant}/bitacora", dependencies=[Depends(guard(Permission.AUDIT_READ))])
def log(
    request: Request, view: TenantDep, actor: ActorDep, session: WorkDep, cursor: CursorQuery = None
) -> Response:
    """List what was done, the newest first."""
    rows = history.log(session, actor, cursor=cursor)
    here = f"{view.base}/bitacora"
    context = LogPage(view.base, rows, _after(here, rows.next_cursor), here if cursor else None)
    return page(request, "processes/log.html", context)


def _filters(actor: Actor) -> dict[str, str]:
    """Return the lists that the actor may ask for, with their names; what was discarded is its own people's affair."""
    statuses = {key: label for key, label in VERSIONS.statuses.items() if key != "discarded"}
    if allowed(actor, Permission.PROCESS_DISCARD):
        statuses["discarded"] = VERSIONS.statuses["discarded"]
    return {OPEN: "En curso", **statuses}


def _after(here: str, cursor: str | None, **query: str) -> str | None:
    return f"{here}?{urlencode({**query, 'cursor': cursor})}" if cursor else None
