"""The database of this installation: the one the settings name, or the embedded one with its own secrets."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from app.core import provision
from app.core.db import Database, DatabaseUrls
from app.core.embedded import Embedded
from app.settings import Settings

EMBEDDED_DATABASE = "contrataciones"


def embedded_folder(settings: Settings) -> Path:
    """Return where the embedded server keeps everything."""
    return settings.state_folder / "pg"


def given_urls(settings: Settings) -> DatabaseUrls | None:
    """Return the addresses when the settings give every one of them, else None."""
    urls = {
        role: getattr(settings, "database_url" if role == "owner" else f"database_url_{role}")
        for role in provision.ROLES
    }
    return DatabaseUrls(**{role: _driver(url) for role, url in urls.items()}) if all(urls.values()) else None


def database_name(settings: Settings) -> str:
    """Return the name of the installation's database: the one that `DATABASE_URL` says, if it says one."""
    given = make_url(settings.database_url).database if settings.database_url else None
    return given or EMBEDDED_DATABASE


@contextmanager
def open_database(settings: Settings, *, fast: bool = False) -> Iterator[Database]:
    """Open the database, making roles and database where they are missing and we may.

    An embedded server lives as long as somebody uses it.

    Args:
        settings: `DATABASE_URL` wins over the embedded server.
        fast: an embedded server that does not survive a power cut: for tests.

    Raises:
        ProvisionError: the roles are missing and the account may not make them.
        EmbeddedError: the embedded server cannot start.
    """
    secrets = settings.state_folder / "secrets.json"
    if settings.database_url:
        urls = given_urls(settings) or _provisioned(
            _driver(settings.database_url),
            database_name(settings),
            settings.role_prefix,
            secrets,
        )
        yield from _opened(urls, settings.threads)
        return
    with Embedded(embedded_folder(settings), fast=fast, pg_bin=settings.pg_bin) as server:
        urls = _provisioned(server.superuser_url, database_name(settings), settings.role_prefix, secrets)
        yield from _opened(urls, settings.threads)


def _opened(urls: DatabaseUrls, threads: int) -> Iterator[Database]:
    database = Database(urls, threads=threads)
    try:
        yield database
    finally:
        database.dispose()


def _provisioned(admin_url: str, name: str, prefix: str, secrets: Path) -> DatabaseUrls:
    # Stored before they are used: processes that start together must agree on them.
    return provision.provision(admin_url, name, prefix=prefix, passwords=provision.stored_passwords(secrets))


def _driver(url: str | None) -> str:
    """Return the address with the one driver we use, whatever a platform wrote before `://`."""
    if not url:
        return ""
    return (
        make_url(url.replace("postgres://", "postgresql://", 1))
        .set(drivername="postgresql+psycopg")
        .render_as_string(hide_password=False)
    )
