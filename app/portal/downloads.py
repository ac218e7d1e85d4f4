"""The pages of the files for download: a tenant's, and those of all."""

from datetime import datetime
from itertools import groupby

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.downloads import composing
from app.downloads.queries import Listed, national_shelf, shelf
from app.identity.deps import PublicDep, SettingsDep
from app.openapi.lists import NATIONAL_ZONE
from app.portal import pages
from app.portal.frame import PublicTenantDep, crumbs_of, public
from app.tenancy.queries import TenantView
from app.web.shell import Link
from app.web.templating import page

downloads = APIRouter(include_in_schema=False)


@public(downloads, composing.FOLDER, national=True)
def national_downloads(request: Request, session: PublicDep, settings: SettingsDep) -> Response:
    """List the files of all tenants together."""
    nation, files = national_shelf(session)
    return _page(request, None, files, nation.checked_at if nation else None, settings.national_name)


@public(downloads, f"/{{tenant}}{composing.FOLDER}")
def tenant_downloads(request: Request, view: PublicTenantDep, session: PublicDep) -> Response:
    """List a tenant's files, the large ones first."""
    standing, files = shelf(session, view.tenant_id)
    return _page(request, view, files, standing.checked_at if standing else None)


def _page(
    request: Request, view: TenantView | None, files: list[Listed], up_to: datetime | None, national: str = ""
) -> Response:
    loose = [file for file in files if not file.kind.endswith("packages")]
    packages = sorted(
        (file for file in files if file.kind.endswith("packages")),
        key=lambda file: (-(file.year or 0), file.kind, file.name),
    )
    context = pages.DownloadsPage(
        view=view,
        base=view.base if view else "",
        zone=view.time_zone if view else NATIONAL_ZONE,
        crumbs=crumbs_of(view) if view else (Link(national, "/"),),
        kinds=composing.KINDS,
        whole=tuple(file for file in loose if file.year is None),
        years=_by_year([file for file in loose if file.year is not None]),
        packages=tuple(
            (f"{composing.KINDS[kind]}, {year}", tuple(group))
            for (year, kind), group in groupby(packages, key=lambda file: (file.year, file.kind))
        ),
        up_to=up_to,
    )
    return page(request, "portal/downloads.html", context)


def _by_year(files: list[Listed]) -> tuple[tuple[int, tuple[Listed, ...]], ...]:
    ordered = sorted(files, key=lambda file: -(file.year or 0))
    return tuple((year or 0, tuple(group)) for year, group in groupby(ordered, key=lambda file: file.year))
