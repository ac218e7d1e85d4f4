"""Redaction ("testado"): by a legal act values leave the drafts and the history of a process too, hashes stay.

History keeps its lines, with a mark where the values stood. What features above this one keep of a process they forget by
a function of their own (`keeper`).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, case, delete, insert, literal, tuple_, update
from sqlmodel import col, func, select

from app.attachments import service as attachments
from app.attachments.addresses import named_in
from app.core import audit, clock, json, outbox, public_log
from app.core.db import Actor, RwSession
from app.core.tables import among, new_id, table_of
from app.imports import forgetting as imports
from app.ocds import lasting
from app.ocds.shape import Document
from app.parties import forgetting as parties
from app.processes.forgetting import FORGOTTEN
from app.processes.models import (
    ContractingProcess,
    DocumentEdit,
    Observation,
    ObservationMessage,
    ProcessTemplate,
    ProcessVersion,
)
from app.processes.queries import WorkingProcess
from app.processes.service import rewrite
from app.publication.models import Redaction, Reservation, WithdrawalRequest
from app.publication.reserved import IN_FORCE
from app.publication.workflow import RESERVATIONS
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


@dataclass(frozen=True, slots=True)
class Redacted:
    """What an act of redaction did, for the public log: what it touched, and reservations that have nothing to keep any more."""

    extent: Extent
    ended: list[Reservation]


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


def nowhere(session: RwSession, actor: Actor, process: WorkingProcess, places: Sequence[str]) -> list[str]:
    """Return the lasting places of which neither the draft, nor a version, nor the history holds anything."""
    documents = [process.document, *map(json.loads, _kept(session, actor, process.process_id).values())]
    return [
        place
        for place in places
        if not any(lasting.holds_alike(one, place) for one in documents)
        and not _lines(session, actor, process.process_id, [place])
    ]


def redact(session: RwSession, actor: Actor, process: WorkingProcess, asked: WithdrawalRequest) -> Redacted:
    """Take what a request names out of drafts, versions, edits, observations and imports, and what was copied from them.

    Args:
        session: bound to the actor, in the transaction that approves the request.
        actor: recorded in the audit.
        process: loaded for update.
        asked: says whether everything goes, or only some places.

    Returns:
        What `tell` puts in the public log, once nothing is left to do.
    """
    process_id = process.process_id
    places = asked.places if asked.erases == "places" else []
    touched = extent(session, actor, process, places)
    kept = _kept(session, actor, process_id)
    hashes = {str(number): hashlib.sha256(body).hexdigest() for number, body in kept.items()}
    hashes["working"] = hashlib.sha256(json.dumps(process.document)).hexdigest()
    session.connection().execute(
        insert(table_of(Redaction)),  # history can be written only while this act stands
        [
            {
                "tenant_id": asked.tenant_id,
                "redaction_id": new_id(),
                "request_id": asked.request_id,
                "process_id": process_id,
                "facts": {**asdict(touched), "sha256": hashes},
            }
        ],
    )
    left = _left(process.document, places) if places else {}
    if places:
        older = [(one, lasting.leave_out_alike(one, places)) for one in map(json.loads, kept.values())]
        gone = set[UUID]().union(*(_files(*pair) for pair in (*older, (process.document, left))))
        standing = named_in(json.dumps(left)).keys()
        attachments.forget(session, actor, process_id, MARK, only=gone - standing)
    else:
        attachments.forget(session, actor, process_id, MARK)
        parties.forget(session, actor, process_id, MARK)
    rewrite(session, actor, process, left)
    _blot_versions(session, actor, process_id, kept, places)
    _blot_edits(session, actor, process_id, places)
    _blot_observations(session, actor, process_id, places)
    _blot_templates(session, actor, process_id)
    ended = _blot_reservations(session, actor, process, left, everything=not places)
    imports.forget(session, actor, process_id, process.ocid)
    for forget in _keepers.values():
        forget(session, actor, process_id)
    audit.record(
        session,
        "process.redact",
        "contracting_process",
        process_id,
        request=str(asked.request_id),
        places=list(places),
        sha256=hashes,
    )
    return Redacted(touched, ended)


def tell(session: RwSession, asked: WithdrawalRequest, ocid: str, done: Redacted) -> None:
    """Put a redaction in the public log, which everybody who publishes waits for: last."""
    outbox.emit(
        session,
        "reservation.ended",
        [
            {
                "process_id": str(row.process_id),
                "reservation_id": str(row.reservation_id),
                "sujeto_obligado_id": str(row.sujeto_obligado_id),
            }
            for row in done.ended
        ],
    )
    for row in done.ended:
        public_log.tell(
            session,
            "reservation_ended",
            sujeto_obligado_id=row.sujeto_obligado_id,
            ocid=ocid,
            ground=row.ground,
            reason=row.decision,
            classified=row.kind,
            places=len(row.places),
        )
    public_log.tell(
        session,
        "redaction",
        sujeto_obligado_id=asked.sujeto_obligado_id,
        ocid=ocid,
        ground=asked.ground,
        reason=asked.reason,
        scope=asked.erases,
        versions=done.extent.versions,
        edits=done.extent.edits,
        files=done.extent.files,
    )


def _left(document: Document, places: Sequence[str]) -> Document:
    """Return a working document without some places: where one is lost, without all that stand where it may have gone."""
    left, _ = lasting.leave_out(document, places)
    return lasting.leave_out_alike(left, [one for one in places if lasting.find(document, one) is None])


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


def _files(document: Document, left: Document) -> set[UUID]:
    """Return the files that a document names, and what is left of it does not."""
    return named_in(json.dumps(document)).keys() - named_in(json.dumps(left)).keys()


def _blot_versions(
    session: RwSession, actor: Actor, process_id: UUID, kept: dict[int, bytes], places: Sequence[str]
) -> None:
    here = (col(ProcessVersion.tenant_id) == actor.tenant_id, col(ProcessVersion.process_id) == process_id)
    for number, body in kept.items():
        left = json.dumps(lasting.leave_out_alike(json.loads(body), places)) if places else FORGOTTEN
        session.execute(
            update(ProcessVersion)
            .where(*here, col(ProcessVersion.number) == number)
            .values(snapshot=left)
            .execution_options(synchronize_session=False)
        )
    session.execute(
        update(ProcessVersion)
        .where(
            *here,
            func.length(ProcessVersion.correction_reason) > 0,
            # What was published told its reason in the public log, for ever.
            col(ProcessVersion.status).not_in(("published", "withdrawn")),
        )
        .values(correction_reason=MARK)
        .execution_options(synchronize_session="fetch")
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
) -> list[tuple[int, int]]:
    """Return sequence and line of the edits that may hold what goes."""
    rows = session.exec(
        select(DocumentEdit.seq, DocumentEdit.line, DocumentEdit.part, DocumentEdit.pointer).where(
            DocumentEdit.tenant_id == actor.tenant_id, DocumentEdit.process_id == process_id
        )
    )
    return [
        (seq, line)
        for seq, line, part, pointer in rows
        if not places or any(lasting.covers(place, part, pointer) for place in places)
    ]


def _blot_edits(session: RwSession, actor: Actor, process_id: UUID, places: Sequence[str]) -> None:
    which = [col(DocumentEdit.tenant_id) == actor.tenant_id, col(DocumentEdit.process_id) == process_id]
    if places:
        lines = _lines(session, actor, process_id, places)
        which.append(tuple_(col(DocumentEdit.seq), col(DocumentEdit.line)).in_(lines))
    session.execute(
        update(DocumentEdit)
        .where(*which)
        .values(before=_blotted(col(DocumentEdit.before)), after=_blotted(col(DocumentEdit.after)))
        .execution_options(synchronize_session=False)
    )


def _blotted(value: Any) -> ColumnElement[Any]:
    """Return the mark, in the shape that whoever reads the history expects."""
    shape, held = func.json_typeof(value), JSON(none_as_null=False)
    return case(
        (shape == "array", literal([], held)),
        (shape == "null", literal(None, held)),
        else_=literal(MARK, held),
    )


def _blot_templates(session: RwSession, actor: Actor, process_id: UUID) -> None:
    """Empty the templates made of a process, whole: they were copied from it, and a new one is soon made."""
    session.execute(
        update(ProcessTemplate)
        .where(
            col(ProcessTemplate.tenant_id) == actor.tenant_id, col(ProcessTemplate.process_id) == process_id
        )
        .values(name=MARK, document={}, retired_at=func.coalesce(ProcessTemplate.retired_at, clock.now()))
        .execution_options(synchronize_session=False)
    )


def _blot_reservations(
    session: RwSession, actor: Actor, process: WorkingProcess, left: Document, *, everything: bool
) -> list[Reservation]:
    """Blot the "pruebas de daño", and end what has nothing to keep any more; returns those that were in force."""
    ended = []
    for row in session.exec(
        select(Reservation)
        .where(Reservation.tenant_id == actor.tenant_id, Reservation.process_id == process.process_id)
        .order_by(col(Reservation.reservation_id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ):
        row.harm = MARK if row.harm else ""
        standing = [
            place
            for place in row.places
            # One that was lost before may have been meant to keep something that stands elsewhere.
            if not everything
            and (lasting.find(left, place) is not None or lasting.find(process.document, place) is None)
        ]
        if standing and row.status in ("requested", *IN_FORCE):
            row.places = standing
        elif row.status == "requested":
            RESERVATIONS.apply(row, "cancel")
        elif row.status in IN_FORCE:
            RESERVATIONS.apply(row, "end")
            row.decided_by, row.decided_at, row.decision = (
                actor.account_id,
                clock.now(),
                "Se testó lo que reservaba.",
            )
            ended.append(row)
    session.flush()
    return ended


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
