"""Lists of the desk: processes by status, the padrón, the log."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.core.pagination import Page
from app.core.policy import Permission
from app.identity.deps import ActorDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation
from app.processes import padron
from app.processes.list_page import Asked, asked, process_list
from app.processes.padron import PadronRow
from app.processes.past import past
from app.processes.starting import starting
from app.processes.workflow import POLICY_LABELS
from app.web.components import Column
from app.web.templating import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(desk_navigation)])
router.include_router(starting)
router.include_router(past)

CursorQuery = Annotated[str | None, Query(max_length=500)]


@dataclass(frozen=True)
class PadronPage:
    """Context of `processes/padron.html`."""

    rows: Page[PadronRow]
    next: str | None
    first: str | None
    policies: dict[str, str]
    columns: tuple[str | Column, ...]


@router.get("/{tenant}/procesos-internos", dependencies=[Depends(guard(Permission.PROCESS_READ))])
def processes(
    request: Request,
    view: TenantDep,
    actor: ActorDep,
    session: WorkDep,
    *,
    said: Annotated[Asked, Depends(asked)],
    cursor: CursorQuery = None,
) -> Response:
    """List processes by the status of their version, and by what else is asked for."""
    return page(request, "processes/list.html", process_list(session, actor, view, said, cursor))


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


def _after(here: str, cursor: str | None, **query: str) -> str | None:
    return f"{here}?{urlencode({**query, 'cursor': cursor})}" if cursor else None
