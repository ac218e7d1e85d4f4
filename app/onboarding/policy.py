"""Who may read the padrón and who may change it: people of the garante, never of a body."""

from app.core.db import Actor
from app.core.errors import ForbiddenError
from app.core.policy import Permission, require


def require_keeper(actor: Actor) -> None:
    """Refuse whoever may not change the padrón; the service itself may.

    Raises:
        ForbiddenError: the role does not keep it.
    """
    if actor.role != "system":
        require(actor, Permission.PADRON_MANAGE)
    if actor.tenant_id is None:
        raise ForbiddenError
