"""The desk's list of processes by status."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.core.policy import Permission
from app.identity.deps import ActorDep, TenantDep, WorkDep, guard
from app.identity.desk import desk_navigation
from app.processes.list_page import Asked, asked, process_list
from app.processes.past import past
from app.processes.starting import starting
from app.web.templating import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(desk_navigation)])
router.include_router(starting)
router.include_router(past)

CursorQuery = Annotated[str | None, Query(max_length=500)]


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
