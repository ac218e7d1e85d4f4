"""Redaction ("testado"): by a legal act values leave the drafts and the history of a process too, hashes stay.

History keeps its lines, with a mark where the values stood. What features above this one keep of a process they forget by
a function of their own (`keeper`).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, update
from sqlmodel import col, func, select

from app.attachments import service as attachments
from app.core import audit, json, public_log
from app.core.db import Actor, RwSession
from app.core.tables import among, new_id, table_of
from app.imports import forgetting as imports
from app.ocds import lasting
from app.ocds.shape import Document
from app.processes.models import (
    ContractingProcess,
    DocumentEdit,
    Observation,
    ObservationMessage,
    ProcessVersion,
)
from app.processes.queries import WorkingProcess
from app.processes.service import rewrite
from app.publication.models import Redaction, WithdrawalRequest
from app.review.models import ReturnedDocument

MARK = "[testado]"
"""What stands where a redacted value stood."""

Keeper = Callable[[RwSession, Actor, UUID], int]

_keepers: dict[str, Keeper] = {}


def keeper(what: str) -> Callable[[Keeper], Keeper]:
    """Register a function that forgets what its feature keeps of a process, and returns of how many rows.

    Args:
        what: Spanish plural of what it keeps, for the page that tells what will go.
    """

    def register(forget: Keeper) -> Keeper:
        _keepers[what] = forget
        return forget

    return register


@dataclass(frozen=True, slots=True)
class Extent:
    """What redacting touches, in numbers: `files` of imports go whole, with `others` releases that they brought too."""

    versions: int
    edits: int
    observations: int
    rows: int
    files: int
    others: int
    attachments: int


def extent(
    session: RwSession, actor: Actor, process: ContractingProcess | WorkingProcess, places: Sequence[str]
) -> Extent:
    """Count what `redact` would touch; without places, everything.

    Args:
        session: bound to the actor.
        actor: whose tenant it is.
        process: which process.
        places: lasting places.
    """
    brought = imports.brought(session, actor, process.process_id, process.ocid)
    return Extent(
        versions=len(_kept(session, actor, process.process_id)),
        edits=len(_lines(session, actor, process.process_id, places)),
        observations=len(_remarks(session, actor, process.process_id, places)),
        rows=brought.rows,
        files=brought.files,
        others=brought.others,
        attachments=0 if places else attachments.count(session, actor, process.process_id),
    )


def redact(session: RwSession, actor: Actor, process: WorkingProcess, asked: WithdrawalRequest) -> None:
    """Take what a request names out of drafts, versions, edits, observations and imports.

    Args:
        session: bound to the actor, in the transaction that approves the request.
        actor: recorded in the audit.
        process: loaded for update.
        asked: says whether everything goes, or only some places.
    """
    places = asked.places if asked.erases == "places" else []
    touched = extent(session, actor, process, places)
    hashes = {
        str(number): hashlib.sha256(body).hexdigest()
        for number, body in _kept(session, actor, process.process_id).items()
    }
    hashes["working"] = hashlib.sha256(json.dumps(process.document)).hexdigest()
    session.connection().execute(
        insert(table_of(Redaction)),  # history can be written only while this act stands
        [
            {
                "tenant_id": asked.tenant_id,
                "redaction_id": new_id(),
                "request_id": asked.request_id,
                "process_id": asked.process_id,
                "facts": {**asdict(touched), "sha256": hashes},
            }
        ],
    )
    rewrite(session, actor, process, lasting.leave_out(process.document, places)[0] if places else {})
    _blot_versions(session, actor, process.process_id, places)
    _blot_edits(session, actor, process.process_id, places)
    _blot_observations(session, actor, process.process_id, places)
    imports.forget(session, actor, process.process_id, process.ocid)
    if not places:
        attachments.forget(session, actor, process.process_id, MARK)
    for forget in _keepers.values():
        forget(session, actor, process.process_id)
    audit.record(
        session,
        "process.redact",
        "contracting_process",
        process.process_id,
        request=str(asked.request_id),
        places=list(places),
        sha256=hashes,
    )
    public_log.tell(
        session,
        "redaction",
        sujeto_obligado_id=asked.sujeto_obligado_id,
        ocid=process.ocid,
        ground=asked.ground,
        reason=asked.reason,
        scope=asked.erases,
        versions=touched.versions,
        edits=touched.edits,
        files=touched.files,
    )


def _kept(session: RwSession, actor: Actor, process_id: UUID) -> dict[int, bytes]:
    """Return the documents of versions that left the desk."""
    return {
        number: body
        for number, body in session.exec(
            select(ProcessVersion.number, ProcessVersion.snapshot).where(
                ProcessVersion.tenant_id == actor.tenant_id,
                ProcessVersion.process_id == process_id,
                col(ProcessVersion.snapshot).is_not(None),
            )
        )
        if body is not None
    }


def _blot_versions(session: RwSession, actor: Actor, process_id: UUID, places: Sequence[str]) -> None:
    for number, body in _kept(session, actor, process_id).items():
        document: Document = lasting.leave_out(json.loads(body), places)[0] if places else {"testado": MARK}
        session.execute(
            update(ProcessVersion)
            .where(
                col(ProcessVersion.tenant_id) == actor.tenant_id,
                col(ProcessVersion.process_id) == process_id,
                col(ProcessVersion.number) == number,
            )
            .values(snapshot=json.dumps(document))
            .execution_options(synchronize_session=False)
        )
    session.execute(
        delete(ReturnedDocument)
        .where(
            col(ReturnedDocument.tenant_id) == actor.tenant_id,
            col(ReturnedDocument.process_id) == process_id,
        )
        .execution_options(synchronize_session=False)
    )


def _lines(
    session: RwSession, actor: Actor, process_id: UUID, places: Sequence[str]
) -> list[tuple[int, int, Any, Any]]:
    """Return sequence, line, before and after of the edits that may hold what goes."""
    rows = session.exec(
        select(DocumentEdit)
        .where(DocumentEdit.tenant_id == actor.tenant_id, DocumentEdit.process_id == process_id)
        .order_by(col(DocumentEdit.seq), col(DocumentEdit.line))
        .execution_options(populate_existing=True)
    )
    return [
        (row.seq, row.line, row.before, row.after)
        for row in rows
        if not places or any(lasting.covers(place, row.part, row.pointer) for place in places)
    ]


def _blot_edits(session: RwSession, actor: Actor, process_id: UUID, places: Sequence[str]) -> None:
    for seq, line, before, after in _lines(session, actor, process_id, places):
        session.execute(
            update(DocumentEdit)
            .where(
                col(DocumentEdit.tenant_id) == actor.tenant_id,
                col(DocumentEdit.process_id) == process_id,
                col(DocumentEdit.seq) == seq,
                col(DocumentEdit.line) == line,
            )
            .values(before=_blotted(before), after=_blotted(after))
            .execution_options(synchronize_session=False)
        )


def _blotted(value: Any) -> Any:
    """Return the mark, in the shape that whoever reads the history expects."""
    if isinstance(value, list):
        return []
    return None if value is None else MARK


def _remarks(session: RwSession, actor: Actor, process_id: UUID, places: Sequence[str]) -> list[UUID]:
    rows = session.exec(
        select(Observation.observation_id, Observation.pointer).where(
            Observation.tenant_id == actor.tenant_id, Observation.process_id == process_id
        )
    )
    return [
        observation_id
        for observation_id, pointer in rows
        if not places or any(lasting.covers(place, "", pointer) for place in places)
    ]


def _blot_observations(session: RwSession, actor: Actor, process_id: UUID, places: Sequence[str]) -> None:
    found = _remarks(session, actor, process_id, places)
    session.execute(
        update(Observation)
        .where(col(Observation.tenant_id) == actor.tenant_id, among(Observation.observation_id, found))
        .values(remark=MARK)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(ObservationMessage)
        .where(
            col(ObservationMessage.tenant_id) == actor.tenant_id,
            among(ObservationMessage.observation_id, found),
            func.length(ObservationMessage.words) > 0,
        )
        .values(words=MARK)
        .execution_options(synchronize_session=False)
    )
