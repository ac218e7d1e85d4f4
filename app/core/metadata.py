"""All tables of the service, for migrations and for the tests of the walls."""

from importlib import import_module

from sqlalchemy import MetaData
from sqlmodel import SQLModel

MODULES = (
    "app.core.audit",
    "app.core.outbox",
    "app.core.mail",
    "app.core.public_log",
    "app.core.withheld",
    "app.web.models",
    "app.tenancy.models",
    "app.identity.models",
    "app.identity.sso.models",
    "app.identity.clients.models",
    "app.onboarding.models",
    "app.parties.models",
    "app.catalogs.models",
    "app.processes.models",
    "app.attachments.models",
    "app.review.models",
    "app.imports.models",
    "app.publication.models",
    "app.downloads.models",
    "app.proof.models",
    "app.figures.models",
    "app.push.hooks.models",
    "app.pnt.models",
    "app.pnt.delivery.models",
    "app.adoption.models",
    "app.accountability.models",
    "app.continuity.models",
    "app.notifications.models",
)


def metadata() -> MetaData:
    """Return the metadata with every feature's tables in it.

    Modules are named, not imported at the top: the kernel must not depend on features, only find their tables.
    """
    for module in MODULES:
        import_module(module)
    return SQLModel.metadata
