"""The state of a process as an editing page tells it: which version is open, and whether anybody may edit it now."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import select

from app.core.db import Actor, RwSession
from app.processes.models import OPEN_STATUSES, ProcessVersion
from app.processes.queries import WITHOUT_SNAPSHOT, process_row
from app.processes.workflow import VERSIONS


@dataclass(frozen=True, slots=True)
class DraftHeader:
    """The state of a process as an editing page tells it.

    Attributes:
        number: of the open version, or of the one that editing would open.
        status: of the open version; "" when none is open.
        row_version: of the open version's row, for the acts of the workflow.
        seq: how often the document was edited.
        editable: somebody with the permission may edit it now.
        why_not: otherwise the reason, a sentence.
        method: code of `procurementMethod`, "" without one.
        published: a version of it has been published.
    """

    process_id: UUID
    ocid: str
    sujeto_obligado_id: UUID
    title: str
    method: str
    seq: int
    number: int
    status: str
    row_version: int
    editable: bool
    why_not: str
    published: bool


def header(session: RwSession, actor: Actor, process_id: UUID) -> DraftHeader:
    """Return the state of a process.

    Raises:
        NotFoundError: absent or another's.
    """
    process = process_row(session, actor, process_id)
    turns = turns_of(session, actor, process_id)
    turn = turns.open
    return DraftHeader(
        process_id,
        process.ocid,
        process.sujeto_obligado_id,
        process.title,
        process.method,
        process.document_version,
        turn.number if turn else turns.last + 1,
        turn.status if turn else "",
        turn.row_version if turn else 0,
        not turns.why_not,
        turns.why_not,
        turns.published,
    )


@dataclass(frozen=True, slots=True)
class Turns:
    """The open version if there is one, the newest number, and whether any was published."""

    open: ProcessVersion | None
    last: int
    published: bool
    discarded: bool
    """Nothing is left of it but drafts that were put away."""

    @property
    def why_not(self) -> str:
        """Why nobody edits the process now, as a sentence; empty when it may be edited."""
        if self.discarded:
            return "El borrador se descartó: recupéralo desde la página del proceso para seguir con él."
        if self.open is None or VERSIONS.find("edit", self.open.status) is not None:
            return ""
        state = VERSIONS.statuses[self.open.status].lower()
        return f"La versión está {state}: nadie la edita hasta que se decida o se retire de revisión."


def turns_of(session: RwSession, actor: Actor, process_id: UUID) -> Turns:
    """Return the versions of a process; the caller has checked that the actor may see it."""
    rows = session.exec(
        select(ProcessVersion)
        .options(WITHOUT_SNAPSHOT)
        .where(ProcessVersion.tenant_id == actor.tenant_id, ProcessVersion.process_id == process_id)
        .execution_options(populate_existing=True)
    ).all()
    return Turns(
        next((row for row in rows if row.status in OPEN_STATUSES), None),
        max((row.number for row in rows), default=0),
        any(row.status == "published" for row in rows),
        bool(rows) and all(row.status == "discarded" for row in rows),
    )
