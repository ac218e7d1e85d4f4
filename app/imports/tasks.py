"""Jobs of imports: reading for the preview, applying to drafts. What publishes is a task of the feature above."""

from uuid import UUID

from app.core.db import Actor
from app.core.jobs import Workplace, tenant_task
from app.imports.applying import apply_run, read_run


@tenant_task("imports.read")
def read_import(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Read a file for its preview."""
    read_run(place.database, actor, UUID(ids["import_id"]), storage=place.storage)


@tenant_task("imports.apply")
def apply_import(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Apply a file to drafts."""
    apply_run(place.database, actor, UUID(ids["import_id"]), storage=place.storage)
