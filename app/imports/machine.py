"""Imports for programs: a file in the body is applied without being confirmed, and its state can be asked for."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, BinaryIO, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from app.core.db import Actor
from app.core.errors import AppError
from app.identity.clients.deps import bearer
from app.imports import queries, service
from app.imports.models import ImportRow, ImportRun
from app.imports.workflow import RUNS
from app.tenancy.deps import DatabaseDep, SettingsDep, StorageDep, TenantDep

router = APIRouter(include_in_schema=False)

HOME = "/{tenant}/api/v1/importaciones"
NO_STORE = {"Cache-Control": "no-store"}
CHUNK = 1024 * 1024

WRITE, READ = bearer("imports:write"), bearer("imports:read")
WriterDep = Annotated[Actor, Depends(WRITE)]
ReaderDep = Annotated[Actor, Depends(READ)]


async def body_file(request: Request, _actor: WriterDep, storage: StorageDep) -> AsyncIterator[BinaryIO]:
    """Receive a body into a file that vanishes with the request; nothing of it is read before the token is good."""
    with storage.scratch_file() as file:
        held = bytearray()
        async for piece in request.stream():
            held += piece
            if len(held) >= CHUNK:
                await run_in_threadpool(file.write, bytes(held))
                held.clear()
        await run_in_threadpool(file.write, bytes(held))
        file.seek(0)
        yield file


@router.post(HOME)
def send(
    view: TenantDep,
    actor: WriterDep,
    body: Annotated[BinaryIO, Depends(body_file)],
    database: DatabaseDep,
    *,
    storage: StorageDep,
    settings: SettingsDep,
    nombre: Annotated[str, Query(max_length=200)] = "envio.json",
    publicar: bool = True,
) -> Response:
    """Keep the file and begin to apply it: 202, and where its state is told."""
    stored = service.store(storage, actor, nombre, body, settings.upload_limit)
    try:
        with database.unit_of_work(actor) as session:
            run = service.submit(session, actor, stored, publish=publicar)
    except AppError:
        storage.delete(stored.storage_key)  # no row names it
        raise
    address = f"{view.base}/api/v1/importaciones/{run.import_id}"
    return JSONResponse(_told(run), 202, {"Location": address, **NO_STORE})


@router.get(HOME + "/{import_id}")
def state(
    view: TenantDep,
    actor: ReaderDep,
    database: DatabaseDep,
    import_id: UUID,
    *,
    outcome: Literal[
        "refused", "held", "published", "created", "changed", "unchanged", "duplicate"
    ] = "refused",
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Tell how far an import is, and what became of its releases: those refused, unless others are asked for."""
    with database.unit_of_work(actor) as session:
        run = queries.run(session, actor, import_id)
        rows = queries.rows(session, actor, import_id, outcome=outcome, cursor=cursor, limit=100)
    here = f"{view.base}/api/v1/importaciones/{import_id}?outcome={outcome}"
    onward = {"next": f"{here}&cursor={rows.next_cursor}"} if rows.next_cursor else {}
    told = _told(run) | {"outcome": outcome, "rows": [_row(row) for row in rows.rows], **onward}
    return JSONResponse(told, headers=NO_STORE)


def _told(run: ImportRun) -> dict[str, Any]:
    return {
        "id": str(run.import_id),
        "status": run.status,
        "title": RUNS.statuses[run.status],
        "message": run.message,
        "publish": run.publish,
        "sha256": run.sha256,
        "counts": run.counts,
    }


def _row(row: ImportRow) -> dict[str, Any]:
    return {
        "number": row.row_number,
        "ocid": row.ocid or row.source_ocid,
        "id": row.source_id,
        "outcome": row.outcome,
        "problems": row.problems,
    }
