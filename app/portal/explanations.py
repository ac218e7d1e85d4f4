"""The pages that explain: how to use the data, the publication policy, the service; and what crawlers read."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import PlainTextResponse, Response

from app.identity.deps import DirectoryDep, PublicDep, SettingsDep
from app.ocds import profile
from app.openapi import addresses
from app.portal import pages, queries, sitemap
from app.portal.frame import PublicTenantDep, crumbs_of, public
from app.portal.queries import Filters
from app.web.templating import page

explanations = APIRouter(include_in_schema=False)


@public(explanations, "/datos", national=True)
def national_data(request: Request, directory: DirectoryDep, settings: SettingsDep) -> Response:
    """Explain how to use the data of everybody who publishes here."""
    root = addresses.service_root(request.scope, settings.public_url)
    context = pages.DataPage(
        view=None,
        crumbs=(),
        roots=addresses.Roots(root, f"{root}/{{organismo}}"),
        tenants=tuple(directory.all()),
        contact=settings.contact_email,
        example=None,
    )
    return page(request, "portal/data.html", context)


@public(explanations, "/{tenant}/datos")
def data(request: Request, view: PublicTenantDep, session: PublicDep, settings: SettingsDep) -> Response:
    """Explain how to use the data of one tenant, with an example that exists."""
    newest = queries.processes(session, view.tenant_id, Filters(), None, 1).rows
    context = pages.DataPage(
        view=view,
        crumbs=crumbs_of(view),
        roots=addresses.roots(request.scope, view, settings.public_url),
        tenants=(),
        contact=settings.contact_email,
        example=newest[0].ocid if newest else None,
    )
    return page(request, "portal/data.html", context)


@public(explanations, "/{tenant}/politica")
def policy(request: Request, view: PublicTenantDep, session: PublicDep, settings: SettingsDep) -> Response:
    """Show the publication policy: the tenant's own, and what is true of every tenant here."""
    padron, publishers = queries.padron_size(session, view.tenant_id)
    context = pages.PolicyPage(
        view=view,
        crumbs=crumbs_of(view),
        counts=queries.counts_of(session, view.tenant_id),
        padron=padron,
        publishers=publishers,
        codelists=tuple(profile.codelist_files()),
        contact=settings.contact_email,
    )
    return page(request, "portal/policy.html", context)


@public(explanations, "/acerca", national=True)
def about(request: Request, settings: SettingsDep) -> Response:
    """Say what this service is."""
    return page(request, "portal/about.html", _plain(settings))


@public(explanations, "/accesibilidad", national=True)
def accessibility(request: Request, settings: SettingsDep) -> Response:
    """Say how accessible it is and whom to tell where it is not."""
    return page(request, "portal/accessibility.html", _plain(settings))


def _plain(settings: SettingsDep) -> pages.PlainPage:
    return pages.PlainPage(contact=settings.contact_email, national_name=settings.national_name)


@public(explanations, "/robots.txt")
def robots(request: Request, settings: SettingsDep) -> Response:
    """Tell crawlers what is public and where the map is."""
    root = addresses.service_root(request.scope, settings.public_url)
    return PlainTextResponse(sitemap.robots(root), headers=_FOR_A_WHILE)


@public(explanations, "/sitemap.xml")
def sitemap_index(
    request: Request, session: PublicDep, directory: DirectoryDep, settings: SettingsDep
) -> Response:
    """List the maps of all tenants."""
    counts = queries.counts(session)
    body = sitemap.index(
        (
            addresses.roots(request.scope, view, settings.public_url).tenant,
            counts[view.tenant_id].position,
        )
        for view in directory.all()
        if view.tenant_id in counts
    )
    return Response(body, media_type="application/xml", headers=_FOR_A_WHILE)


@public(explanations, "/{tenant}/sitemap.xml")
def tenant_sitemap(
    request: Request,
    view: PublicTenantDep,
    session: PublicDep,
    settings: SettingsDep,
    despues: Annotated[int, Query(ge=0, le=2**62)] = 0,
) -> Response:
    """List the processes whose newest release stands in one stretch of the chain."""
    root = addresses.roots(request.scope, view, settings.public_url).tenant
    rows = queries.records_between(session, view.tenant_id, despues, despues + sitemap.STRETCH)
    return Response(sitemap.urls(root, rows), media_type="application/xml", headers=_FOR_A_WHILE)


_FOR_A_WHILE = {"Cache-Control": "public, max-age=3600"}
