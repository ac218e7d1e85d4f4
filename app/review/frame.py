"""What the pages of review share: addresses, the way back, and what a form says that it saw."""

from typing import Annotated
from uuid import UUID

from fastapi import Path
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.core.errors import BadRequestError
from app.processes.summary import title_of
from app.review.page import address, crumbs
from app.review.queries import ProcessView
from app.tenancy.queries import TenantView
from app.web.forms import FormValues
from app.web.shell import Link

PROCESS = "/{tenant}/procesos-internos/{process_id}"
VERSION = PROCESS + "/versiones/{number}"

NumberPath = Annotated[int, Path(ge=1, le=2**31 - 1)]


def row_version(sent: FormValues) -> int:
    """Return the row version that the form was made from.

    Raises:
        BadRequestError: it says none.
    """
    text = sent.text("row_version")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadRequestError("El formulario no dice qué versión se vio: vuelve a abrir la página.")
    return int(text)


def back_to(view: TenantView, process_id: UUID) -> Response:
    """Lead to the process's page."""
    return RedirectResponse(f"{view.base}/procesos-internos/{process_id}", 303)


def way_to(view: TenantView, seen: ProcessView) -> tuple[Link, ...]:
    """Return the way to the process's page, itself included."""
    return (*crumbs(view), Link(seen.process.ocid, address(view, seen)))


def title_in(seen: ProcessView) -> str:
    """Return what to call the process."""
    return title_of(seen.document) or "Sin título"
