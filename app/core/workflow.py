"""Transitions as data, and the only code that assigns a status.

A table of `Transition` rows is read by the service that acts, the buttons that offer, the documentation and the tests.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from app.core.errors import ConflictError
from app.core.policy import ROLES, Permission


class Stateful(Protocol):
    """A row with a status."""

    status: str


@dataclass(frozen=True, slots=True)
class Transition:
    """One act that moves a row from one status to another.

    Attributes:
        action: English verb, the key in code and addresses.
        sources: statuses it may start from.
        target: status it leads to.
        permission: what the actor must hold; None for acts of the system itself.
        label: Spanish words of the button.
        rule: a further condition in Spanish, for the documentation ("" when there is none).
        policies: publishing policies under which the act exists; empty means all.
    """

    action: str
    sources: tuple[str, ...]
    target: str
    permission: Permission | None
    label: str
    rule: str = ""
    policies: tuple[str, ...] = ()


class Verdict(StrEnum):
    """What the table answers to somebody who wants to act; the rule of the transition may still refuse."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
    """The role may not, in whatever state (403)."""
    CONFLICT = "conflict"
    """The role may, but not in this state (409)."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of the matrix: who, what, where, under which policy, and the answer."""

    role: str
    action: str
    status: str
    policy: str
    verdict: Verdict


class Machine:
    """A table of transitions with the Spanish names of its statuses.

    Args:
        name: what the statuses belong to, in Spanish, for messages.
        statuses: status → Spanish label, in the order of life.
        transitions: the table.
    """

    def __init__(self, name: str, statuses: dict[str, str], transitions: Iterable[Transition]) -> None:
        self.name = name
        self.statuses = statuses
        self.transitions = tuple(transitions)

    def find(self, action: str, status: str, policy: str = "") -> Transition | None:
        """Return the transition that the act would take from a status under a policy, or None."""
        for transition in self.transitions:
            if (
                transition.action == action
                and status in transition.sources
                and (not transition.policies or policy in transition.policies)
            ):
                return transition
        return None

    def check(self, action: str, status: str, policy: str = "") -> Transition:
        """Return the transition or refuse.

        Raises:
            ConflictError: the act does not exist in this state, or not under this policy.
        """
        transition = self.find(action, status, policy)
        if transition is None:
            labels = [t.label for t in self.transitions if t.action == action]
            act = labels[0] if labels else action
            raise ConflictError(
                f"«{act}» no es posible: {self.name} está en estado «{self.statuses.get(status, status)}»."
            )
        return transition

    def verdict(self, action: str, status: str, policy: str, held: AbstractSet[Permission]) -> Verdict:
        """Answer whether somebody with these permissions may act: what services, buttons, pages and tests go by.

        What no person may do (a transition of the system itself) is a conflict for whoever may do the act elsewhere.
        """
        rows = [row for row in self.transitions if row.action == action]
        here = [row for row in rows if not row.policies or policy in row.policies]
        asked = _asked(here) or _asked(rows)
        if not asked & held:
            return Verdict.FORBIDDEN
        now = _asked(row for row in here if status in row.sources)
        if not now:
            return Verdict.CONFLICT
        return Verdict.ALLOWED if now & held else Verdict.FORBIDDEN

    def matrix(self, policies: Iterable[str] = ("",)) -> Iterator[Cell]:
        """Yield every role × act × state × policy with its answer."""
        actions = list(dict.fromkeys(row.action for row in self.transitions))
        for policy in policies:
            for role, held in ROLES.items():
                for action in actions:
                    for status in self.statuses:
                        yield Cell(role, action, status, policy, self.verdict(action, status, policy, held))

    def offered(self, status: str, policy: str = "") -> tuple[Transition, ...]:
        """Return the acts that exist in a status under a policy, whoever may do them."""
        return tuple(
            t for t in self.transitions if status in t.sources and (not t.policies or policy in t.policies)
        )

    def apply(self, row: Stateful, action: str, policy: str = "") -> Transition:
        """Move the row and return the transition taken.

        Raises:
            ConflictError: the act does not exist in this state.
        """
        transition = self.check(action, row.status, policy)
        row.status = transition.target
        return transition


def _asked(rows: Iterable[Transition]) -> frozenset[Permission]:
    return frozenset(row.permission for row in rows if row.permission is not None)
