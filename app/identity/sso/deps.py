"""What the pages of single sign-on ask for: the providers of this process, and the cookie of a question on its way."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from app.identity.sso import queries
from app.identity.sso.discovery import Providers
from app.identity.sso.queries import Offer
from app.settings import Settings
from app.tenancy.deps import DatabaseDep, DirectoryDep
from app.tenancy.queries import TenantView
from app.web.shell import local_path

COOKIE = "ca_sso"
COOKIE_SECONDS = 600


def get_providers(request: Request) -> Providers:
    """Return the providers that this process has talked to."""
    providers: Providers = request.app.state.providers
    return providers


ProvidersDep = Annotated[Providers, Depends(get_providers)]


def offers_here(
    request: Request, database: DatabaseDep, directory: DirectoryDep, siguiente: str = ""
) -> list[Offer]:
    """Return the providers to offer at the door: of the tenant whose page one comes for, otherwise of all."""
    host: str | None = getattr(request.state, "tenant_host", None)
    slug = host or local_path(siguiente).lstrip("/").partition("/")[0]
    known = any(view.slug == slug for view in directory.all())
    with database.auth_work() as session:
        return queries.offers(session, [slug] if known else None)


OffersDep = Annotated[list[Offer], Depends(offers_here)]


def cookie_name(settings: Settings) -> str:
    """Return the name of the cookie that holds the question."""
    return f"__Host-{COOKIE}" if settings.secure_cookies else COOKIE


def keep_question(answer: Response, settings: Settings, sealed: str) -> None:
    """Let the browser keep a question while it is away."""
    answer.set_cookie(
        cookie_name(settings),
        sealed,
        max_age=COOKIE_SECONDS,
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",  # the provider sends the browser back by a plain navigation
    )


def forget_question(answer: Response, settings: Settings) -> None:
    """Take the question back: it was answered, or never will be."""
    answer.delete_cookie(
        cookie_name(settings), path="/", secure=settings.secure_cookies, httponly=True, samesite="lax"
    )


def start_of(request: Request, view: TenantView) -> str:
    """Return where a tenant's addresses begin as this browser writes them: the answer must come back to its cookie."""
    return f"{str(request.base_url).rstrip('/')}{view.base}"
