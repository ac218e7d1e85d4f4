"""What a tenant shows of itself everywhere: its theme."""

from fastapi import APIRouter, Response

from app.tenancy.deps import TenantDep
from app.web.theme import theme_css

router = APIRouter(include_in_schema=False)


@router.get("/{tenant}/tema.css", response_model=None)
def theme(view: TenantDep) -> Response:
    """Answer the tenant's accent as a stylesheet."""
    return Response(
        theme_css(view.accent), media_type="text/css", headers={"Cache-Control": "public, max-age=300"}
    )
