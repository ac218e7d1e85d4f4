"""The frame around every page: who publishes, who looks, where they can go.

Tenancy and identity fill it in their dependencies with `dress`; `templating.page` and the error pages
read it. It lives in `request.state`, so an error raised later still wears the tenant's name.
"""

from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import HTTPConnection


@dataclass(frozen=True)
class Link:
    """A word that leads somewhere; `current` marks the page that the person is on."""

    label: str
    href: str
    current: bool = False


@dataclass(frozen=True)
class TenantIdentity:
    """How a garante presents itself: its full name today, its home, and optionally a logo and a theme."""

    name: str
    home: str
    logo: str | None = None
    theme: str | None = None


@dataclass(frozen=True)
class Membership:
    """One hat of the person: a role in a body; `value` is what the switch form sends."""

    label: str
    role: str
    value: str
    current: bool = False


@dataclass(frozen=True)
class Person:
    """Who is signed in, with the hats they can wear and their own links (account, security…)."""

    name: str
    role: str = ""
    memberships: tuple[Membership, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Inbox:
    """The way to the person's notices, and how many they have not read."""

    href: str
    unread: int = 0


@dataclass(frozen=True)
class Shell:
    """All that the layout knows besides the page's own context.

    `notice` is what the person must know on every page. `zone` is the IANA time zone in which dates are told. `sign_in` is offered while `person` is None.
    """

    service: str = "Contrataciones Abiertas"
    home: str = "/"
    tenant: TenantIdentity | None = None
    person: Person | None = None
    inbox: Inbox | None = None
    navigation: tuple[Link, ...] = ()
    footer: tuple[Link, ...] = ()
    notice: str = ""
    zone: str = "America/Mexico_City"
    sign_in: str | None = "/entrar"
    sign_out: str = "/salir"
    switch: str = "/cambiar"


def shell_of(request: HTTPConnection) -> Shell:
    """Return the shell that this request wears so far."""
    shell: Shell = getattr(request.state, "shell", None) or Shell()
    return shell


def dress(request: HTTPConnection, **changes: Any) -> Shell:
    """Replace fields of the request's shell (`tenant=…`, `person=…`, `navigation=…`) and return it."""
    request.state.shell = replace(shell_of(request), **changes)
    return shell_of(request)


def local_path(address: str) -> str:
    """Return an address if it stays on this host, empty otherwise: a link must not carry people elsewhere."""
    local = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if local and "\\" not in address and address.isprintable() else ""
