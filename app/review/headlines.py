"""What features above this one say on top of «Mi trabajo»: they register here, since nothing is imported upward."""

from collections.abc import Callable
from dataclasses import dataclass

from app.core.db import Actor, RwSession
from app.tenancy.queries import TenantView
from app.web.shell import Link


@dataclass(frozen=True, slots=True)
class Headline:
    """One line of state, where it leads, and the things to do about it."""

    text: str
    href: str
    things: tuple[Link, ...]


Ask = Callable[[RwSession, Actor, TenantView], Headline | None]
_asked: list[Ask] = []


def headline(ask: Ask) -> Ask:
    """Register a function that answers a headline for an actor, or None."""
    _asked.append(ask)
    return ask


def headlines(session: RwSession, actor: Actor, view: TenantView) -> tuple[Headline, ...]:
    """Return what there is to say to an actor."""
    return tuple(said for ask in _asked if (said := ask(session, actor, view)) is not None)
