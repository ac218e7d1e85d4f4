"""What a tenant shows of itself everywhere: its theme and its logo."""

from fastapi import APIRouter, Response

from app.core.errors import NotFoundError
from app.tenancy import queries
from app.tenancy.deps import DatabaseDep, StorageDep, TenantDep
from app.web.theme import theme_css

router = APIRouter(include_in_schema=False)


@router.get("/{tenant}/tema.css", response_model=None)
def theme(view: TenantDep) -> Response:
    """Answer the tenant's accent as a stylesheet."""
    return Response(
        theme_css(view.accent), media_type="text/css", headers={"Cache-Control": "public, max-age=300"}
    )


@router.get("/{tenant}/logo", response_model=None)
def logo(view: TenantDep, database: DatabaseDep, storage: StorageDep) -> Response:
    """Answer the tenant's logo: an image and nothing else, even when it is opened by itself.

    Raises:
        NotFoundError: it shows none.
    """
    with database.public_reading() as session:
        row = queries.tenant_by_slug(session, view.slug)
    if not row.logo_key:
        raise NotFoundError("Este organismo no tiene logotipo.")
    content = b"".join(storage.read(row.logo_key, 0, storage.size(row.logo_key)))
    headers = {
        "Cache-Control": "public, max-age=3600",
        "Content-Security-Policy": "default-src 'none'; style-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=row.logo_type, headers=headers)
