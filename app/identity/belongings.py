"""What a person has in their hands and somebody else takes over when they leave.

The features above know what that is and say so when they are imported (`carries`), as chores are; this one only asks and
hands over, in the transaction that ends the membership: between leaving and handing over nothing can be lost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from app.core.db import RwSession
from app.core.policy import ROLES, Permission


@dataclass(frozen=True, slots=True)
class Hands:
    """Whose hands, and where.

    Attributes:
        tenant_id: of the membership.
        account_id: the person.
        sujeto_obligado_id: only what belongs to this body; None for all of the tenant's.
    """

    tenant_id: UUID
    account_id: UUID
    sujeto_obligado_id: UUID | None


@dataclass(frozen=True, slots=True)
class Belonging:
    """A kind of work that is somebody's.

    Attributes:
        one: what one of it is called.
        many: and several.
        permission: whoever takes it over must hold this.
        count: how many the person has.
        hand_over: give all of them to another account.
    """

    one: str
    many: str
    permission: Permission
    count: Callable[[RwSession, Hands], int]
    hand_over: Callable[[RwSession, Hands, UUID], None]


@dataclass(frozen=True, slots=True)
class Held:
    """How much of one kind a person holds."""

    belonging: Belonging
    number: int


_known: list[Belonging] = []


def carries(belonging: Belonging) -> None:
    """Make a kind of work known; called once, where a feature is imported."""
    _known.append(belonging)


def held(session: RwSession, hands: Hands, role: str, remaining: frozenset[str]) -> tuple[Held, ...]:
    """Return what must go to somebody else when a role ends.

    Args:
        session: bound to the tenant.
        hands: the person, in the place of the role.
        role: the one that ends.
        remaining: roles that the person keeps there; what these allow stays where it is.
    """
    kept = frozenset[Permission]().union(*(ROLES[other] for other in remaining))
    found = (Held(one, one.count(session, hands)) for one in _known if one.permission in ROLES[role] - kept)
    return tuple(one for one in found if one.number)


def together(some: tuple[Held, ...], others: tuple[Held, ...]) -> tuple[Held, ...]:
    """Add up what several hands hold, each kind once."""
    numbers: dict[Belonging, int] = {}
    for one in (*some, *others):
        numbers[one.belonging] = numbers.get(one.belonging, 0) + one.number
    return tuple(Held(belonging, number) for belonging, number in numbers.items())


def can_take(belongings: tuple[Held, ...], role: str) -> bool:
    """Tell whether somebody with this role may work on all of it."""
    return all(one.belonging.permission in ROLES[role] for one in belongings)
