"""The page of the files for download."""

from itertools import groupby

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.downloads import composing
from app.downloads.queries import Listed, shelf
from app.identity.deps import PublicDep
from app.portal import pages
from app.portal.frame import PublicTenantDep, crumbs_of, public
from app.web.templating import page

downloads = APIRouter(include_in_schema=False)


@public(downloads, f"/{{tenant}}{composing.FOLDER}")
def tenant_downloads(request: Request, view: PublicTenantDep, session: PublicDep) -> Response:
    """List a tenant's files, the large ones first."""
    standing, files = shelf(session, view.tenant_id)
    loose = [file for file in files if not file.kind.endswith("packages")]
    packages = sorted(
        (file for file in files if file.kind.endswith("packages")),
        key=lambda file: (-(file.year or 0), file.kind, file.name),
    )
    context = pages.DownloadsPage(
        view=view,
        crumbs=crumbs_of(view),
        kinds=composing.KINDS,
        whole=tuple(file for file in loose if file.year is None),
        years=_by_year([file for file in loose if file.year is not None]),
        packages=tuple(
            (f"{composing.KINDS[kind]}, {year}", tuple(group))
            for (year, kind), group in groupby(packages, key=lambda file: (file.year, file.kind))
        ),
        up_to=standing.checked_at if standing else None,
    )
    return page(request, "portal/downloads.html", context)


def _by_year(files: list[Listed]) -> tuple[tuple[int, tuple[Listed, ...]], ...]:
    ordered = sorted(files, key=lambda file: -(file.year or 0))
    return tuple((year or 0, tuple(group)) for year, group in groupby(ordered, key=lambda file: file.year))
