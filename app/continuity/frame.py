"""What the pages of the platform wear: their ways, and the tables that their routers share."""

from fastapi import Request

from app.core.policy import ROLES, Permission
from app.identity.deps import SignedInDep
from app.web import shell

HOME = "/plataforma"
WAYS = (("Organismos", HOME, Permission.PLATFORM_READ),)
"""Label, address, and what it takes to see it."""


def platform_frame(request: Request, who: SignedInDep) -> None:
    """Dress a page of the platform."""
    held = frozenset[Permission]().union(*(ROLES[role] for role in who.platform_roles))
    shell.dress(
        request,
        navigation=tuple(shell.Link(label, href) for label, href, permission in WAYS if permission in held),
    )
