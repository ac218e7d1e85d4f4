"""The application: the only module that knows every feature."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from app.accountability import router as accountability
from app.accountability import tasks as forgetting
from app.adoption import router as adoption
from app.adoption import tasks as compliance
from app.attachments import router as attachments
from app.attachments import tasks as filing
from app.capture import router as capture
from app.catalogs import router as catalogs
from app.catalogs.reading import LARGEST_FILE as LARGEST_CATALOG
from app.continuity import desk_router as exports
from app.continuity import router as continuity
from app.continuity import tasks as exporting
from app.continuity import tenant_router as continuity_tenant
from app.continuity import transfer_router as transferring
from app.core import clock, migrate, sealing
from app.core.db import Database, PublicSession
from app.core.jobs import Worker, end
from app.core.storage import Storage
from app.downloads import router as downloads
from app.downloads import tasks as downloading
from app.edca import router as edca
from app.figures import keeping
from app.figures import tasks as figuring
from app.identity import account_router as account
from app.identity import joining_router as joining
from app.identity import people_router as people
from app.identity import proof_router as proof
from app.identity import router as identity
from app.identity import tasks as lending
from app.identity.clients import router as clients
from app.identity.desk import desk_navigation
from app.identity.sso import desk as access
from app.identity.sso import router as sso
from app.identity.sso.discovery import Providers
from app.imports import book_router, machine, sheet_router
from app.imports import router as imports
from app.imports import tasks as importing
from app.notifications import router as notifications
from app.notifications import settings_router as post
from app.notifications import tasks as telling
from app.notifications.deps import inbox_link
from app.onboarding import loads_router as padron_loads
from app.onboarding import router as padron
from app.onboarding import settings_router as adjusting
from app.onboarding import tasks as onboarding
from app.onboarding.reading import LARGEST_FILE as LARGEST_PADRON
from app.openapi import chain_router as chain
from app.openapi import router as openapi
from app.openapi.lane import FastLane
from app.openapi.reader import PublicReader
from app.operations import router as operations
from app.parties import router as parties
from app.pdn import router as pdn
from app.pdn import tasks as deriving
from app.pnt import router as pnt
from app.pnt import settings_router as pnt_formats
from app.pnt import tasks as declarations
from app.pnt.delivery import router as pnt_delivery
from app.pnt.delivery import tasks as delivering
from app.pnt.formats import LARGEST_TEMPLATE
from app.portal import router as portal
from app.processes import handover
from app.processes import router as processes
from app.processes import tasks as examining
from app.proof import tasks as signing
from app.proof.heads import last_heads
from app.publication import following
from app.publication import router as publishing
from app.publication import tasks as publication
from app.push import router as push
from app.push import tasks as pushing
from app.push.hooks import machine as hooking
from app.push.hooks import router as hooks
from app.review import router as review
from app.settings import Settings
from app.tenancy import router as tenancy
from app.tenancy.hosts import TenantHosts
from app.tenancy.queries import TenantDirectory
from app.web import components_page, errors, health, static
from app.web.limits import FairUse
from app.web.middleware import MEBIBYTE, Gateway

TASKS = (
    compliance,
    declarations,
    delivering,
    downloading,
    examining,
    exporting,
    figuring,
    filing,
    handover,
    importing,
    lending,
    onboarding,
    publication,
    pushing,
    deriving,
    signing,
    sealing,
    telling,
    forgetting,
)
"""Modules that register jobs: importing them here is what lets every worker run them."""

CATALOG_PATHS = re.compile(r"/(?:[a-z0-9-]+/)?catalogos/[A-Za-z]+/importar")
IMPORT_PATHS = re.compile(r"/(?:[a-z0-9-]+/)?importaciones(?:/.*)?|/[a-z0-9-]+/api/v1/importaciones")
PADRON_PATHS = re.compile(r"/(?:[a-z0-9-]+/)?padron/importar")
TEMPLATE_PATHS = re.compile(r"/(?:[a-z0-9-]+/)?ajustes/pnt")
FILE_PATHS = re.compile(r"/(?:[a-z0-9-]+/)?procesos-internos/[^/]+/(?:.*/)?archivos")
FILES_AT_ONCE = 10
"""Of the largest size, in one form without script."""


class Service(FastAPI):
    """The application, whose OpenAPI document is made of the routes that stand in it.

    FastAPI's own way makes every route of every page ready first: seconds during which this process answers nobody.
    """

    def openapi(self) -> dict[str, Any]:
        """Return the document."""
        if self.openapi_schema is None:
            documented: list[BaseRoute] = self.state.documented
            self.openapi_schema = get_openapi(title=self.title, version=self.version, routes=documented)
        return self.openapi_schema


def create_app(settings: Settings, database: Database, storage: Storage) -> FastAPI:
    """Assemble the service.

    Args:
        settings: of this process.
        database: opened already; the caller closes it.
        storage: where files are kept.
    """
    app = Service(
        title="Contrataciones Abiertas",
        version="1",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
        },  # asked on every request, used by nobody
    )
    app.state.settings = settings
    app.state.database = database
    app.state.storage = storage
    app.state.directory = TenantDirectory(database, settings.national_hosts, last_heads)
    app.state.providers = Providers(settings)
    app.state.lag = _lag
    app.state.started_at = clock.now()
    app.state.public_reader = PublicReader(
        database.urls.public,
        directory=app.state.directory,
        public_url=settings.public_url,
        hot_bytes=settings.hot_bytes,
    )
    app.state.fair_use = FairUse(settings, database.urls.auth)
    app.add_middleware(TenantHosts)
    app.add_middleware(
        Gateway,
        body_limit=settings.body_limit,
        upload_limits=[
            (IMPORT_PATHS, settings.upload_limit),
            (CATALOG_PATHS, LARGEST_CATALOG + MEBIBYTE),
            (PADRON_PATHS, LARGEST_PADRON + MEBIBYTE),
            (TEMPLATE_PATHS, LARGEST_TEMPLATE + MEBIBYTE),
            (FILE_PATHS, FILES_AT_ONCE * settings.attachment_limit + MEBIBYTE),
        ],
        fair_use=app.state.fair_use,
    )
    # Last, so outermost.
    app.add_middleware(FastLane, reader=app.state.public_reader, fair_use=app.state.fair_use)
    errors.install(app)
    if settings.environment == "development":
        app.include_router(components_page.router)
    app.state.documented = []
    # Tenant routes come last: `/{tenant}/` would take any first segment.
    for router in (
        static.router,
        health.router,
        operations.router,
        identity.router,
        sso.router,
        access.router,
        clients.router,
        clients.door,
        account.router,
        proof.router,
        joining.router,
        people.router,
        openapi.router,
        edca.router,
        pdn.router,
        downloads.router,
        push.router,
        hooks.router,
        hooking.router,
        chain.router,
        processes.router,
        accountability.router,
        review.router,
        capture.router,
        attachments.router,
        attachments.desk,
        book_router.router,
        sheet_router.router,
        imports.router,
        machine.router,
        padron_loads.router,
        padron.router,
        adjusting.router,
        notifications.account,
        notifications.desk,
        post.router,
        catalogs.router,
        parties.router,
        publishing.router,
        pnt.router,
        pnt_formats.router,
        pnt_delivery.router,
        continuity.router,
        continuity_tenant.router,
        transferring.router,
        exports.router,
        adoption.router,
        tenancy.router,
        portal.router,
    ):
        at_desk = any(one.dependency is desk_navigation for one in router.dependencies)
        app.include_router(router, dependencies=[Depends(inbox_link)] if at_desk else None)
        app.state.documented += [
            route for route in router.routes if getattr(route, "include_in_schema", False)
        ]
    return app


def _lag(session: PublicSession) -> dict[str, float]:
    """Return how far behind the chains those are that follow them, for whoever asks whether the service can work."""
    return {"figures": round(following.lag(session, keeping.FOLLOWER), 1)}


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    database: Database = app.state.database
    await asyncio.to_thread(database.assert_least_privilege)
    await asyncio.to_thread(migrate.assert_serves, database.engine("owner"))
    anyio.to_thread.current_default_thread_limiter().total_tokens = settings.threads
    worker: asyncio.Task[None] | None = None
    if settings.embedded_worker:
        worker = asyncio.create_task(
            Worker(
                database,
                app.state.storage,
                settings=settings,
                concurrency=settings.worker_concurrency,
            ).run()
        )
    try:
        async with app.state.public_reader, app.state.fair_use:
            yield
    finally:
        if worker is not None:
            await end(worker)
