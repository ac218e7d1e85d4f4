"""The OCDS publication API: read by the whole world, without a session."""

from typing import Any

import orjson
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.core.errors import NotFoundError
from app.ocds import merge, profile
from app.openapi import (
    addresses,
    answers,
    documentation,
    forwarding,
    lists,
    packages,
    parameters,
    queries,
)
from app.openapi.addresses import Roots
from app.openapi.paging import Shelf
from app.openapi.reader import PublicReader
from app.openapi.routes import PLACES, PublicRoute, opening, place_of
from app.openapi.signed import CHAIN
from app.settings import Settings
from app.tenancy.queries import TenantView

router = APIRouter(route_class=PublicRoute, tags=[documentation.TAG])
public = opening(router, documentation.of)


@public(addresses.RELEASES, places=PLACES[:1])
async def list_releases(request: Request) -> Response:
    """All releases of a tenant, page by page."""
    reader, view, roots = await place_of(request)
    return await lists.releases(request, reader, lists.of_tenant(view, roots))


@public(addresses.RELEASES, places=("",))
async def list_all_releases(request: Request) -> Response:
    """All releases of all tenants, page by page; on a tenant's own host, the tenant's."""
    reader, shelf = await _anywhere(request)
    return await lists.releases(request, reader, shelf)


for _step, _path in addresses.PERIODS.items():  # before the addresses of processes: no ocid is called `year`
    public(addresses.RELEASES + _path, places=PLACES[:1], name=f"list_releases_of_{_step}")(list_releases)
    public(addresses.RELEASES + _path, places=("",), name=f"list_all_releases_of_{_step}")(list_all_releases)


@public(addresses.RELEASES + "/{ocid}")
async def list_releases_of_process(request: Request) -> Response:
    """The releases of one process."""
    return await _by_address(request)


@public(addresses.RELEASES + "/{ocid}/{release_id:path}")
async def read_release(request: Request) -> Response:
    """One release in a package of its own."""
    return await _by_address(request)


async def _by_address(request: Request) -> Response:
    """Answer one release or the releases of one process: which of them, only the raw address tells."""
    reader, view, roots = await place_of(request)
    readings = list(addresses.readings(addresses.identifiers(request.scope, addresses.RELEASES)))
    async with reader.reading() as connection:
        for ocid, release_id in readings:
            if release_id is None:
                if await queries.count_of(connection, view.tenant_id, ocid):
                    break
            elif row := await queries.release(connection, view.tenant_id, ocid, release_id):
                parameters.known(request.query_params, ())
                told = packages.head(
                    roots.releases(ocid, release_id), packages.publisher_of(view, roots), roots, row.date
                )
                body = packages.release_package(told, (row.body,))
                # What is told names the release, whose bytes never change: a fingerprint, as in the fast lane.
                return await answers.respond(request, body, modified=row.date, fingerprint=told, lasting=True)
        else:
            return await forwarding.forward(
                request, connection, view, readings, forwarding.Elsewhere(roots, Roots.releases)
            )
    return await lists.releases_of(request, reader, view, roots, ocid)


@public(addresses.RECORDS, places=PLACES[:1])
async def list_records(request: Request) -> Response:
    """All records of a tenant, page by page."""
    reader, view, roots = await place_of(request)
    return await lists.records(request, reader, lists.of_tenant(view, roots))


@public(addresses.RECORDS, places=("",))
async def list_all_records(request: Request) -> Response:
    """All records of all tenants, page by page; on a tenant's own host, the tenant's."""
    reader, shelf = await _anywhere(request)
    return await lists.records(request, reader, shelf)


for _step, _path in addresses.PERIODS.items():
    public(addresses.RECORDS + _path, places=PLACES[:1], name=f"list_records_of_{_step}")(list_records)
    public(addresses.RECORDS + _path, places=("",), name=f"list_all_records_of_{_step}")(list_all_records)


@public(addresses.RECORDS + "/{ocid:path}")
async def read_record(request: Request) -> Response:
    """One record in a package of its own."""
    reader, view, roots = await place_of(request)
    # An ocid is all that follows, so it does not matter whether somebody decoded a slash in it on the way.
    ocid = "/".join(addresses.identifiers(request.scope, addresses.RECORDS))
    async with reader.reading() as connection:
        row = await queries.record(connection, view.tenant_id, ocid)
        if row is None:
            return await forwarding.forward(
                request,
                connection,
                view,
                [(ocid, None)],
                forwarding.Elsewhere(roots, lambda there, name, _: there.records(name)),
            )
        versioned = parameters.flag(request.query_params, "versioned")
        bodies = await queries.bodies(connection, view.tenant_id, ocid) if versioned else []
    history = await run_in_threadpool(_versioned, bodies) if versioned else None
    told = packages.head(
        lists.uri(request, roots.records(ocid)), packages.publisher_of(view, roots), roots, row.date
    )
    body = packages.record_package(told, (packages.record(row, roots, history),))
    return await answers.respond(request, body, modified=row.date)


@public(addresses.WITHDRAWALS, places=PLACES[:1])
async def list_withdrawals(request: Request) -> Response:
    """What a tenant took back: whoever keeps copies must hear of it."""
    reader, view, roots = await place_of(request)
    return await lists.withdrawals(request, reader, lists.of_tenant(view, roots))


@public(addresses.WITHDRAWALS, places=("",))
async def list_all_withdrawals(request: Request) -> Response:
    """What all tenants took back; on a tenant's own host, the tenant's."""
    reader, shelf = await _anywhere(request)
    return await lists.withdrawals(request, reader, shelf)


@public(addresses.TRANSFERS, places=PLACES[:1])
async def list_transfers(request: Request) -> Response:
    """Which processes came from another tenant, and which went to one: whoever keeps cursors must hear of it."""
    reader, view, roots = await place_of(request)
    return await lists.transfers(request, reader, lists.of_tenant(view, roots))


@public(addresses.TRANSFERS, places=("",))
async def list_all_transfers(request: Request) -> Response:
    """Which processes went from one tenant to another; on a tenant's own host, the tenant's."""
    reader, shelf = await _anywhere(request)
    return await lists.transfers(request, reader, shelf)


async def _anywhere(request: Request) -> tuple[PublicReader, Shelf]:
    """Return the reader, and the lists of the tenant whose own host this is, or of the nation."""
    reader: PublicReader = request.app.state.public_reader
    view = await reader.tenant_of_host(addresses.host_name(addresses.host(request.scope)))
    if view is not None:
        return reader, lists.of_tenant(view, addresses.roots(request.scope, view, reader.public_url))
    settings: Settings = request.app.state.settings
    root = addresses.service_root(request.scope, reader.public_url)
    return reader, lists.of_nation(settings.national_name, root, reader.directory.newest_head())


@public(addresses.API + "/", places=PLACES[:1])
async def read_index(request: Request) -> Response:
    """Where a tenant's data is."""
    _, view, roots = await place_of(request)
    return await _index(request, view, roots)


@public(addresses.API + "/", places=("",))
async def read_service_index(request: Request) -> Response:
    """Who publishes here; on a tenant's own host, where its data is."""
    reader: PublicReader = request.app.state.public_reader
    own = await reader.tenant_of_host(addresses.host_name(addresses.host(request.scope)))
    if own is not None:
        return await _index(request, own, addresses.roots(request.scope, own, reader.public_url))
    parameters.known(request.query_params, ())
    root = addresses.service_root(request.scope, reader.public_url)
    views = await run_in_threadpool(reader.directory.all)
    body = orjson.dumps(
        {
            "title": "Contrataciones Abiertas: API de publicación",
            "openapi": f"{root}/openapi.json",
            "profile": root + addresses.PROFILE,
            "publishers": [
                {
                    "name": view.name,
                    "api": f"{addresses.roots(request.scope, view, reader.public_url).tenant}/api/v1/",
                }
                for view in views
            ],
        }
    )
    return await answers.respond(request, body)


async def _index(request: Request, view: TenantView, roots: Roots) -> Response:
    parameters.known(request.query_params, ())
    told: dict[str, Any] = {
        "title": f"Contrataciones Abiertas: {view.known_as}",
        "publisher": {"name": view.name, "uri": f"{roots.tenant}/"},
        "releases": roots.releases(),
        "records": roots.records(),
        "withdrawals": roots.withdrawals(),
        "transfers": roots.transfers(),
        "chain": roots.tenant + CHAIN,
        "changes": roots.tenant + addresses.CHANGES,
        "openapi": f"{roots.service}/openapi.json",
        "profile": roots.service + addresses.PROFILE,
        "license": view.licence or None,
        "publicationPolicy": view.policy_url or f"{roots.tenant}/politica",
    }
    return await answers.respond(request, orjson.dumps(told))


@public("/ocds/perfil/extension.json", places=("",))
async def read_profile(request: Request) -> Response:
    """Our profile of OCDS as an extension."""
    reader: PublicReader = request.app.state.public_reader
    settings: Settings = request.app.state.settings
    base = addresses.service_root(request.scope, reader.public_url) + addresses.PROFILE.removesuffix(
        "/extension.json"
    )
    return await _settled(
        request, orjson.dumps(profile.extension(base, settings.national_name, settings.contact_email))
    )


@public("/ocds/perfil/release-schema.json", places=("",))
async def read_profile_schema(request: Request) -> Response:
    """What the profile changes in the release schema."""
    return await _settled(request, orjson.dumps(profile.release_schema_patch()))


async def read_profile_package_schema(request: Request) -> Response:
    """What the profile adds to packages."""
    return await _settled(request, orjson.dumps(profile.package_schema_patch()))


for _kind in profile.PACKAGES:
    _file = profile.package_file(_kind)
    public(f"/ocds/perfil/{_file}", places=("",), name=f"read_profile_{_kind}_package")(
        read_profile_package_schema
    )


@public("/ocds/perfil/codelists/{file}", places=("",))
async def read_profile_codelist(request: Request) -> Response:
    """The codes that the profile adds."""
    text = profile.codelist_files().get(request.path_params["file"])
    if text is None:
        raise NotFoundError("El perfil no tiene esa lista; «extension.json» las nombra todas.")
    return await _settled(request, text.encode(), b"text/csv; charset=utf-8")


async def _settled(request: Request, body: bytes, media_type: bytes = b"application/json") -> Response:
    parameters.known(request.query_params, ())
    return await answers.respond(request, body, cache_control=answers.SETTLED, media_type=media_type)


def _versioned(bodies: list[bytes]) -> bytes:
    return orjson.dumps(merge.versioned([orjson.loads(body) for body in bodies]))
