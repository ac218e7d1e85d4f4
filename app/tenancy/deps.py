"""What a route asks of the house: its engines, its settings, its files, and the tenant that the address names."""

from typing import Annotated

from fastapi import Depends, Request

from app.core.db import Database
from app.core.storage import Storage
from app.settings import Settings
from app.tenancy.hosts import seen_from
from app.tenancy.queries import TenantDirectory, TenantView
from app.web import shell


def get_database(request: Request) -> Database:
    """Return the engines of this process."""
    database: Database = request.app.state.database
    return database


def get_settings(request: Request) -> Settings:
    """Return the settings with which this application was made."""
    settings: Settings = request.app.state.settings
    return settings


def get_storage(request: Request) -> Storage:
    """Return where files are kept."""
    storage: Storage = request.app.state.storage
    return storage


def get_directory(request: Request) -> TenantDirectory:
    """Return the directory of tenants."""
    directory: TenantDirectory = request.app.state.directory
    return directory


DatabaseDep = Annotated[Database, Depends(get_database)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
StorageDep = Annotated[Storage, Depends(get_storage)]
DirectoryDep = Annotated[TenantDirectory, Depends(get_directory)]


def path_tenant(request: Request, tenant: str, directory: DirectoryDep) -> TenantView:
    """Return the tenant that the address names, and dress the page in its colours."""
    view = seen_from(request, directory.by_slug(tenant))
    shell.dress(
        request,
        tenant=shell.TenantIdentity(
            name=view.name,
            home=f"{view.base}/",
            logo=f"{view.base}/logo?v={view.logo}" if view.logo else None,
            theme=f"{view.base}/tema.css" if view.accent else None,
        ),
        zone=view.time_zone,
    )
    return view


TenantDep = Annotated[TenantView, Depends(path_tenant)]
