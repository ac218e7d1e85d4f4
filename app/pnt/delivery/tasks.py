"""The job of a sending."""

from uuid import UUID

from app.core.db import Actor
from app.core.jobs import Workplace, tenant_task
from app.pnt.delivery.running import run


@tenant_task("pnt.deliver")
def deliver(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Send what is left of a sending."""
    run(place, actor, UUID(ids["delivery_id"]))
