"""The public addresses of the tool that tenants used before, below their slug and on their own hosts."""

import re
from collections.abc import Callable

import orjson
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.core.errors import BadRequestError
from app.edca import documentation, queries, streaming
from app.edca.queries import Asked, Dated
from app.ocds import merge
from app.openapi import addresses, answers, forwarding, packages, parameters
from app.openapi import queries as published
from app.openapi.addresses import Roots
from app.openapi.queries import RecordRow
from app.openapi.reader import PublicReader
from app.openapi.routes import PublicRoute, opening, place_of
from app.tenancy.queries import TenantView

router = APIRouter(route_class=PublicRoute, tags=[documentation.TAG])
public = opening(router, documentation.of)

PROCESSES = "/edca/contractingprocess"
MOST = 50
"""Years, or codes, in one list."""
_YEAR = re.compile(r"[12][0-9]{3}")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,59}")

Making = Callable[[TenantView, Roots, str, list[Dated]], bytes]


@public("/edca/fiscalYears")
async def edca_years(request: Request) -> Response:
    """The years that have processes; whoever harvests asks for each of them."""
    reader, view, _ = await place_of(request)
    parameters.known(request.query_params, ())
    async with reader.reading() as connection:
        found = await queries.years(connection, view.tenant_id)
    told = [{"id": year, "year": year, "status": True} for year in found]
    return await answers.respond(request, orjson.dumps({"fiscalYears": told}))


@public(PROCESSES + "/procurementmethod/{methods}/{years}")
async def edca_by_method(request: Request) -> Response:
    """Processes by procurement method."""
    return await _processes(request, methods=_codes(request, "methods"))


@public(PROCESSES + "/additionalprocurementcategories/{categories}/{years}")
async def edca_by_category(request: Request) -> Response:
    """Processes by category."""
    return await _processes(request, categories=_codes(request, "categories"))


@public(PROCESSES + "/csv/{years}")
async def edca_processes_again(request: Request) -> Response:
    """Processes of years, at the address that promised CSV and always gave JSON."""
    return await _processes(request)


@public(PROCESSES + "/{years}")
async def edca_processes(request: Request) -> Response:
    """Processes of years."""
    return await _processes(request)


async def _processes(
    request: Request, *, methods: list[str] | None = None, categories: list[str] | None = None
) -> Response:
    reader, view, roots = await place_of(request)
    parameters.known(request.query_params, ())
    asked = Asked(_years(request.path_params["years"]), methods, categories)
    return await streaming.respond(request, reader, view, roots, asked)


def _years(written: str) -> list[int] | None:
    if written == "null":
        return None
    parts = [part.strip() for part in written.split(",")]
    if len(parts) > MOST or not all(_YEAR.fullmatch(part) for part in parts):
        raise BadRequestError(
            f"El año son cuatro cifras («2026»), varios separados por comas, hasta {MOST}, o «null» para todos."
        )
    return sorted({int(part) for part in parts})


def _codes(request: Request, name: str) -> list[str]:
    parts = [part.strip() for part in request.path_params[name].split(",")]
    for part in parts:
        if len(parts) > MOST or not _CODE.fullmatch(part):
            raise BadRequestError(
                f"«{part[:60]}» no es una clave de OCDS. Se admiten hasta {MOST}, separadas por comas."
            )
    return parts


@public("/release/{ocid:path}")
async def edca_release(request: Request) -> Response:
    """The newest release of a process, bare."""
    return await _releases(request, "release", lambda _view, _roots, _uri, found: found[0].body)


@public("/release-package/{ocid:path}")
async def edca_release_package(request: Request) -> Response:
    """The newest release of a process in a package."""
    return await _releases(
        request,
        "release-package",
        lambda view, roots, uri, found: streaming.package(view, roots, uri, found[:1]),
    )


@public("/release-package-all/{ocid:path}")
async def edca_all_releases(request: Request) -> Response:
    """All releases of a process in a package."""
    return await _releases(request, "release-package-all", streaming.package)


async def _releases(request: Request, form: str, made: Making) -> Response:
    reader, view, roots = await place_of(request)
    parameters.known(request.query_params, ())
    ocid = _ocid(request, form)
    async with reader.reading() as connection:
        found = await queries.releases(connection, view.tenant_id, ocid)
    if not found:
        return await _missing(request, reader, view, roots, form)
    body = made(view, roots, streaming.address(roots, form, ocid), found)
    return await answers.respond(request, body, modified=found[0].date)


@public("/record/{ocid:path}")
async def edca_record(request: Request) -> Response:
    """The record of a process, bare."""
    return await _record(request, "record")


@public("/record-package/{ocid:path}")
async def edca_record_package(request: Request) -> Response:
    """The record of a process in a package."""
    return await _record(request, "record-package")


async def _record(request: Request, form: str) -> Response:
    reader, view, roots = await place_of(request)
    parameters.known(request.query_params, ())
    ocid = _ocid(request, form)
    async with reader.reading() as connection:
        row = await published.record(connection, view.tenant_id, ocid)
        bodies = await published.bodies(connection, view.tenant_id, ocid) if row else []
    if row is None:
        return await _missing(request, reader, view, roots, form)
    body = await run_in_threadpool(_with_history, row, roots, bodies)
    if form == "record-package":
        uri = streaming.address(roots, form, ocid)
        told = packages.head(uri, packages.publisher_of(view, roots), roots, row.date)
        body = packages.record_package(told, (body,))
    return await answers.respond(request, body, modified=row.date)


def _with_history(row: RecordRow, roots: Roots, bodies: list[bytes]) -> bytes:
    history = merge.versioned([orjson.loads(body) for body in bodies])
    return packages.record(row, roots, orjson.dumps(history))


def _ocid(request: Request, form: str) -> str:
    ocid = "/".join(addresses.identifiers(request.scope, f"/{form}"))
    if "\0" in ocid:
        raise BadRequestError("El identificador del proceso tiene un carácter que ninguno tiene.")
    return ocid


async def _missing(
    request: Request, reader: PublicReader, view: TenantView, roots: Roots, form: str
) -> Response:
    asked = forwarding.Elsewhere(roots, lambda there, name, _: streaming.address(there, form, name))
    async with reader.reading() as connection:
        return await forwarding.forward(request, connection, view, [(_ocid(request, form), None)], asked)
