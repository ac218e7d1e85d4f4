"""The empty simple sheet, to be downloaded and filled."""

from fastapi import APIRouter, Depends
from starlette.responses import Response

from app.core.policy import Permission
from app.identity.deps import guard
from app.simple.writing import template

router = APIRouter(include_in_schema=False, dependencies=[Depends(guard(Permission.PROCESS_IMPORT))])

FILENAME = "hoja-sencilla.xlsx"


@router.get(f"/{{tenant}}/importaciones/{FILENAME}")
def sheet() -> Response:
    """Download the template, the same for everybody."""
    return Response(
        template(),
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={
            "Content-Disposition": f'attachment; filename="{FILENAME}"',
            "Cache-Control": "private, no-store",
        },
    )
