"""What reservations say about publishing: which places of a process stay out of its releases."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import select

from app.core.db import Actor, RwSession
from app.core.tables import among
from app.publication.models import Reservation

IN_FORCE = ("granted", "extended")


@dataclass(frozen=True, slots=True)
class Kept:
    """What reservations say about publishing a process: places that stay out, and whether one is to be decided."""

    places: tuple[str, ...] = ()
    undecided: bool = False


def kept(session: RwSession, actor: Actor, process_ids: Collection[UUID]) -> dict[UUID, Kept]:
    """Return what reservations say about publishing processes; those without any are absent."""
    found: dict[UUID, Kept] = {}
    for process_id, status, places in session.exec(
        select(Reservation.process_id, Reservation.status, Reservation.places).where(
            Reservation.tenant_id == actor.tenant_id,
            among(Reservation.process_id, process_ids),
            among(Reservation.status, ("requested", *IN_FORCE)),
        )
    ):
        before = found.get(process_id, Kept())
        found[process_id] = (
            Kept(before.places, undecided=True)
            if status == "requested"
            else Kept((*before.places, *places), before.undecided)
        )
    return found
