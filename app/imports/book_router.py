"""Downloads of our own workbook: the processes of a list, to be edited without a connection and imported again."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from starlette.responses import Response

from app.core.errors import NotFoundError
from app.core.policy import Permission
from app.identity.deps import ActorDep, DatabaseDep, StorageDep, TenantDep, guard
from app.imports.booking import book_of
from app.processes.list_page import Asked, asked, filters_of

router = APIRouter(include_in_schema=False, dependencies=[Depends(guard(Permission.PROCESS_IMPORT))])


@router.get("/{tenant}/importaciones/libro.xlsx")
def workbook(
    view: TenantDep,
    actor: ActorDep,
    database: DatabaseDep,
    storage: StorageDep,
    which: Annotated[Asked, Depends(asked)],
) -> Response:
    """Download the processes of a list, as its address asks for them."""
    if which.estado == "discarded":
        raise NotFoundError("Lo descartado no se edita. Recupéralo primero.")
    return StreamingResponse(
        book_of(database, actor, storage, filters_of(actor, view, which)),
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={
            "Content-Disposition": f'attachment; filename="contrataciones-{view.today:%Y-%m-%d}.xlsx"',
            "Cache-Control": "private, no-store",
        },
    )
