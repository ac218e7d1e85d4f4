"""Who may change catalogues: the garante's administration, and the service itself from its command line."""

from app.core.db import Actor
from app.core.policy import Permission, require


def require_manager(actor: Actor) -> None:
    """Refuse whoever does not manage catalogues.

    Raises:
        ForbiddenError: the role lacks the permission.
    """
    if actor.role != "system":
        require(actor, Permission.CATALOG_MANAGE)
