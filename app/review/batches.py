"""One act on many versions: each for itself, so that one refusal does not hold up the others."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import select

from app.core.db import Actor, RwSession
from app.core.errors import AppError, BadRequestError, InvalidError
from app.core.tables import among
from app.processes.lists import ProcessRow, versions_of
from app.processes.models import ProcessVersion, VersionEditor
from app.processes.observations import count_open
from app.processes.queries import VersionRef, acting_for
from app.review import service
from app.web.formats import plural

MANY = 200
"""Versions of one batch."""

_WRITTEN = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([0-9]{1,9})\.([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Act:
    """An act that can be taken on many versions.

    Attributes:
        verb: what does it to one.
        segment: its address.
        done: what happened, for one and for many.
        undone_by: the act that takes it back; "" for those that take back.
    """

    verb: Callable[[RwSession, Actor, VersionRef, int], ProcessVersion]
    segment: str
    done: tuple[str, str]
    undone_by: str = ""


ACTS = {
    "submit": Act(
        service.submit,
        "revision",
        ("versión se envió a revisión", "versiones se enviaron a revisión"),
        "recall",
    ),
    "discard": Act(
        service.discard, "descarte", ("borrador se descartó", "borradores se descartaron"), "restore"
    ),
    "approve": Act(
        service.approve_clean, "aprobacion", ("versión se aprobó", "versiones se aprobaron"), "revoke"
    ),
    "revoke": Act(service.revoke, "anulacion", ("aprobación se anuló", "aprobaciones se anularon")),
    "recall": Act(service.recall, "retiro", ("versión volvió a borrador", "versiones volvieron a borrador")),
    "restore": Act(service.restore, "recuperacion", ("borrador se recuperó", "borradores se recuperaron")),
}


@dataclass(frozen=True, slots=True)
class Pick:
    """A version that somebody ticked, as they saw it. Written `process.number.row_version` in forms."""

    process_id: UUID
    number: int
    row_version: int

    def __str__(self) -> str:
        return f"{self.process_id}.{self.number}.{self.row_version}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one of them: as it is now, or why not. `row` is None for what the actor may not see."""

    pick: Pick
    row: ProcessRow | None
    refusal: str = ""


def picks(texts: Collection[str]) -> list[Pick]:
    """Return the versions that a form names, each once.

    Raises:
        BadRequestError: a text names none.
        InvalidError: none, or too many.
    """
    if not texts:
        raise InvalidError("No marcaste ningún proceso: vuelve a la lista y marca al menos uno.")
    if len(texts) > MANY:
        raise InvalidError(f"Se actúa sobre hasta {MANY} procesos a la vez: marca menos.")
    return [_pick(text) for text in dict.fromkeys(texts)]


def rows(session: RwSession, actor: Actor, chosen: Collection[Pick]) -> dict[UUID, ProcessRow]:
    """Return the versions picked that the actor may see, by process, in the order of their titles."""
    found = versions_of(session, actor, [(one.process_id, one.number) for one in chosen])
    return {row.process_id: row for row in found}


def unclean(session: RwSession, actor: Actor, seen: Collection[ProcessRow]) -> dict[UUID, str]:
    """Return why some of the versions cannot be approved together, by process."""
    waiting = count_open(session, actor, [row.process_id for row in seen])
    edited = set(
        session.exec(
            select(VersionEditor.process_id, VersionEditor.number).where(
                VersionEditor.tenant_id == actor.tenant_id,
                among(VersionEditor.process_id, [row.process_id for row in seen]),
                among(VersionEditor.account_id, acting_for(session, actor)),
            )
        )
    )
    found = {
        process_id: f"Tiene {plural(many, 'observación', 'observaciones')} sin resolver: decide sobre ella en su página."
        for process_id, many in waiting.items()
    }
    for row in seen:
        if (row.process_id, row.number) in edited:
            found[row.process_id] = "Participaste en su captura: la decide otra persona."
    return found


def act_on(session: RwSession, actor: Actor, action: str, chosen: Collection[Pick]) -> list[Outcome]:
    """Take an act on each version, and tell of each what became of it.

    Args:
        session: bound to the actor.
        actor: who acts.
        action: a key of `ACTS`.
        chosen: as the person saw them.
    """
    refusals: dict[Pick, str] = {}
    after: list[Pick] = []
    # In one order for everybody, so that two batches never wait for each other.
    for pick in sorted(chosen, key=lambda one: one.process_id):
        try:
            with session.begin_nested():
                ref = VersionRef(pick.process_id, pick.number)
                turn = ACTS[action].verb(session, actor, ref, pick.row_version)
                after.append(Pick(pick.process_id, pick.number, turn.row_version))
        except AppError as error:
            refusals[pick] = error.detail
    seen = rows(session, actor, chosen)
    outcomes = [Outcome(one, seen.get(one.process_id)) for one in after]
    outcomes += [Outcome(one, seen.get(one.process_id), why) for one, why in refusals.items()]
    places = {process_id: place for place, process_id in enumerate(seen)}
    return sorted(outcomes, key=lambda one: places.get(one.pick.process_id, len(places)))


def _pick(text: str) -> Pick:
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise BadRequestError("El formulario nombra algo que no es un proceso: vuelve a la lista.")
    return Pick(UUID(found[1]), int(found[2]), int(found[3]))
