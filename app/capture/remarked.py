"""What a reviewer remarked about the places of a section, to be answered beside them."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.capture import queries
from app.capture.frame import Visit
from app.processes.header import DraftHeader
from app.processes.observations import Thread, count_open, threads
from app.processes.outline import Note, place_of
from app.processes.queries import working_process


@dataclass(frozen=True, slots=True)
class Remarked:
    """An observation that is not resolved, with its place in words and the address of its acts."""

    thread: Thread
    place: str
    address: str


def remarked(visit: Visit, draft: DraftHeader) -> tuple[Remarked, ...]:
    """Return the open observations about places that this section asks for.

    Only where there is one at all is the document read whole.
    """
    if not count_open(visit.session, visit.actor, [visit.process_id]):
        return ()
    process = working_process(visit.session, visit.actor, visit.process_id)
    where = queries.parts_map(visit.session, visit.actor, visit.process_id)
    found = []
    for thread in threads(visit.session, visit.actor, process, draft.number):
        spot = where.spot(thread.pointer) if thread.is_open and thread.pointer else None
        if spot is not None and spot.address == visit.where:
            address = f"{visit.process}/observaciones/{thread.row.observation_id}"
            found.append(Remarked(thread, place_of(thread.pointer), address))
    return tuple(found)


def beside(notes: Mapping[str, tuple[Note, ...]], said: tuple[Remarked, ...]) -> dict[str, tuple[Note, ...]]:
    """Return the notes of a part's places with the observations first."""
    found = dict(notes)
    for one in said:
        note = Note("observation", one.thread.row.remark)
        found[one.thread.inside] = (note, *found.get(one.thread.inside, ()))
    return found
