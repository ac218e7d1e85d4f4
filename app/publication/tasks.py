"""Jobs of publication: imports whose releases are published as they come in (policy `direct`)."""

from uuid import UUID

from app.core.db import Actor
from app.core.jobs import Workplace, tenant_task
from app.imports.service import PUBLISHING_TASK, apply_run
from app.publication.service import publish_batch


@tenant_task(PUBLISHING_TASK)
def apply_import(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Apply an import and publish what its sujetos obligados publish directly, unit by unit."""
    apply_run(place.database, actor, UUID(ids["import_id"]), publisher=publish_batch, storage=place.storage)
