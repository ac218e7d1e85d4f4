"""Who looks at which quarter of which body: what the pages of a quarter share."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends

from app.core.db import Actor, RwSession
from app.core.errors import NotFoundError
from app.core.policy import Permission, allowed
from app.core.quarters import Quarter, window
from app.identity.deps import ActorDep, TenantDep, WorkDep, guard
from app.pnt import formats
from app.pnt.due import Whose
from app.pnt.formats import Chosen
from app.pnt.pages import SLUGS
from app.tenancy import queries as tenancy
from app.tenancy.models import SujetoObligado
from app.tenancy.queries import TenantView
from app.web.shell import Link

HOME = "/{tenant}/pnt"
BODY = HOME + "/{sujeto_id}"
QUARTER = BODY + "/{trimestre}"
READ = [Depends(guard(Permission.PROCESS_READ))]
DECLARE = [Depends(guard(Permission.PROCESS_PUBLISH))]


def crumbs(view: TenantView, actor: Actor) -> tuple[Link, ...]:
    """Return the way to the choice of a body, for those who choose."""
    return () if actor.sujeto_obligado_id is not None else (Link("PNT", f"{view.base}/pnt"),)


@dataclass(frozen=True)
class Seat:
    """Who looks at which quarter of which body, in which transaction."""

    view: TenantView
    actor: Actor
    session: RwSession
    body: SujetoObligado
    quarter: Quarter

    @property
    def home(self) -> str:
        """Address of the body's quarters."""
        return f"{self.view.base}/pnt/{self.body.sujeto_obligado_id}"

    @property
    def here(self) -> str:
        """Address of the quarter."""
        return f"{self.home}/{self.quarter.written}"

    @property
    def whose(self) -> Whose:
        """The quarter, and the tenant's rules."""
        body = self.body.sujeto_obligado_id
        return Whose(body, self.quarter, self.view.time_zone, self.view.natural_rfc_public)

    @property
    def crumbs(self) -> tuple[Link, ...]:
        """The way down to the quarter."""
        return (*crumbs(self.view, self.actor), Link(self.body.name, self.home))

    @property
    def may_declare(self) -> bool:
        """Whether the person publishes for the body."""
        return allowed(self.actor, Permission.PROCESS_PUBLISH, self.body.sujeto_obligado_id)

    def chosen(self, word: str) -> Chosen:
        """Return a format of the quarter by its word in the address."""
        for one in formats.in_force(self.session, self.actor, self.quarter):
            if one.family == SLUGS.get(word):
                return one
        raise NotFoundError("Ese formato no se usa en el trimestre: ábrelo desde su página.")


def seat(view: TenantDep, actor: ActorDep, session: WorkDep, sujeto_id: UUID, trimestre: str) -> Seat:
    """Return who looks at which quarter."""
    quarter = Quarter.read(trimestre)
    if quarter not in window(view.today):
        raise NotFoundError("Ese trimestre no se reporta aquí: elige uno de la lista.")
    return Seat(view, actor, session, tenancy.sujeto(session, actor, sujeto_id), quarter)


SeatDep = Annotated[Seat, Depends(seat)]
