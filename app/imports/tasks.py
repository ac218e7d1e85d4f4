"""Jobs of imports: reading for the preview, applying to drafts. What publishes is a task of the feature above."""

from uuid import UUID

from app.core.db import Actor
from app.core.jobs import Workplace, tenant_task
from app.imports import queries
from app.imports.applying import apply_run, read_run
from app.imports.undoing import undo_run


@tenant_task("imports.read")
def read_import(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Read a file for its preview."""
    read_run(place.database, actor, UUID(ids["import_id"]), storage=place.storage)


@tenant_task("imports.apply")
def apply_import(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Apply a file to drafts."""
    apply_run(place.database, actor, UUID(ids["import_id"]), storage=place.storage)


@tenant_task("imports.undo")
def undo_import(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Take back what an import did to drafts."""
    undo_run(place.database, actor, UUID(ids["import_id"]))


@tenant_task("imports.delete_original")
def delete_original(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Delete the file that an import read; what became of it stays told."""
    with place.database.unit_of_work(actor) as session:
        key = queries.run(session, actor, UUID(ids["import_id"])).storage_key
    place.storage.delete(key)
