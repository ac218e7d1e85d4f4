"""Writing working documents: whole batches in a handful of statements, each document in its parts."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Update, bindparam, delete, tuple_, update
from sqlalchemy.dialects.postgresql import Insert
from sqlmodel import col

from app.core import audit, bulk, clock, json
from app.core.db import Actor, RwSession
from app.core.errors import NotFoundError
from app.core.tables import new_id, table_of
from app.ocds import diff, parts
from app.ocds.shape import Document, same
from app.parties import service as parties
from app.processes.models import (
    ContractingProcess,
    DocumentEdit,
    OcidAlias,
    ProcessPart,
    ProcessVersion,
    VersionEditor,
)
from app.processes.queries import VersionRef, WorkingProcess, load_working, published_before
from app.processes.summary import Summary, summarise
from app.processes.workflow import VERSIONS
from app.tenancy import queries as tenancy

__all__ = [
    "DocumentWrite",
    "PublishOutcome",
    "SavedDocument",
    "VersionRef",
    "bring_back",
    "put_aside",
    "save_documents",
]

ENVELOPE = ("ocid", "id", "date", "tag", "initiationType")
"""What publishing sets: never part of the working document."""


@dataclass(frozen=True, slots=True)
class DocumentWrite:
    """A working document as it shall be.

    Attributes:
        ocid: of the process, which is made when missing.
        sujeto_obligado_id: whose process it is.
        document: the whole of it, without the envelope.
        aliases: other identifiers under which it arrived.
        source: `import:<id>` or `capture`.
        process_id: of the process, where it is new and somebody chose it; a random one otherwise.
        error_count: problems that block publishing, as found by who validated.
        advice_count: advice, likewise.
    """

    ocid: str
    sujeto_obligado_id: UUID
    document: Document
    aliases: tuple[str, ...] = ()
    source: str = "capture"
    process_id: UUID | None = None
    error_count: int = 0
    advice_count: int = 0


@dataclass(frozen=True, slots=True)
class SavedDocument:
    """What saving did: "created", "changed" or "unchanged", and the version it stands in."""

    ref: VersionRef
    outcome: str
    status: str


@dataclass(frozen=True, slots=True)
class PublishOutcome:
    """Whether a version was published; if not, the problems that stopped it (JSON-ready)."""

    ref: VersionRef
    published: bool
    problems: list[dict[str, Any]] = field(default_factory=list)


def save_documents(session: RwSession, actor: Actor, writes: Sequence[DocumentWrite]) -> list[SavedDocument]:
    """Make working documents what they shall be, in the order given.

    A process that is new is made; one whose last version is published gets a new draft beside it; a returned or
    approved version goes back to draft. A document equal to the stored one changes nothing.

    Args:
        session: bound to the actor.
        actor: who edits, and so may not approve.
        writes: at most one per ocid.

    Raises:
        NotFoundError: a process belongs to another sujeto obligado than the write says, or the actor is confined to
            another.
        ConflictError: a version is under review, where nobody edits; or a new process is for a body that works no more.
    """
    known = load_working(session, actor, [write.ocid for write in writes], for_update=True)
    fresh = {write.sujeto_obligado_id for write in writes if write.ocid not in known}
    tenancy.require_working(session, actor, fresh)
    batch = _Batch(actor)
    saved = [batch.save(write, known.get(write.ocid)) for write in writes]
    batch.flush(session)
    return saved


def put_aside(session: RwSession, actor: Actor, process: WorkingProcess) -> bytes:
    """Take the open version's document off the desk: what was published last takes its place, or nothing.

    Args:
        session: bound to the actor.
        actor: who does it.
        process: loaded for update.

    Returns:
        The document as JSON, to be kept.
    """
    before = published_before(session, actor, process.process_id, withdrawn=True)
    _replace(session, actor, process, before or {})
    return json.dumps(process.document)


def bring_back(session: RwSession, actor: Actor, process: WorkingProcess, document: Document) -> None:
    """Make a kept document the working one again; a published one that stood there is kept in turn.

    Args:
        session: bound to the actor.
        actor: who does it.
        process: loaded for update, with no version open.
        document: as it was put aside.
    """
    _replace(session, actor, process, document, keep=True)


def rewrite(session: RwSession, actor: Actor, process: WorkingProcess, document: Document) -> None:
    """Make the working document another one by a legal act: no line of the history tells what it said before.

    Args:
        session: bound to the actor.
        actor: who does it.
        process: loaded for update.
        document: an empty one takes the title away too.
    """
    _replace(session, actor, process, document, titled=document)


def begin_version(session: RwSession, actor: Actor, process: WorkingProcess) -> int:
    """Open a draft beside what was published, which is kept, and return its number.

    Args:
        session: bound to the actor.
        actor: who begins it.
        process: loaded for update, with no version open and its document not yet changed.
    """
    batch = _Batch(actor)
    number = batch.open_turn(process, "capture")
    batch.flush(session)
    return number


def name_editor(session: RwSession, actor: Actor, process_id: UUID, number: int) -> None:
    """Remember that the actor changed a version, and so may not approve it."""
    if actor.account_id is not None:
        row = {
            "tenant_id": actor.tenant_id,
            "process_id": process_id,
            "number": number,
            "account_id": actor.account_id,
        }
        bulk.execute(session, _EDITOR, [row])


def _replace(
    session: RwSession,
    actor: Actor,
    process: WorkingProcess,
    document: Document,
    *,
    keep: bool = False,
    titled: Document | None = None,
) -> None:
    batch = _Batch(actor)
    if keep:
        batch.keep(process)
    # A process left without a document keeps its title.
    batch.replace(process, document, (document or process.document) if titled is None else titled)
    batch.flush(session)


_PROCESS = bulk.insertion(
    table_of(ContractingProcess),
    "tenant_id",
    "process_id",
    "sujeto_obligado_id",
    "ocid",
    "title",
    "method",
    "stage",
    "year",
    "unit",
    "folded",
    "document_version",
)
_VERSION = bulk.insertion(
    table_of(ProcessVersion),
    "tenant_id",
    "process_id",
    "number",
    "status",
    "row_version",
    "source",
    "error_count",
    "advice_count",
    "created_by",
    "updated_at",
)
NEW_PART = bulk.insertion(table_of(ProcessPart), "tenant_id", "process_id", "path", "ordinal", "body")
PART = NEW_PART.on_conflict_do_update(
    index_elements=["tenant_id", "process_id", "path"],
    set_={"body": NEW_PART.excluded.body, "ordinal": NEW_PART.excluded.ordinal},
)
EDIT = bulk.insertion(
    table_of(DocumentEdit),
    "tenant_id",
    "process_id",
    "seq",
    "line",
    "number",
    "action",
    "part",
    "pointer",
    "before",
    "after",
    "account_id",
)
_ALIAS = bulk.insertion(table_of(OcidAlias), "tenant_id", "alias", "process_id").on_conflict_do_nothing()
_EDITOR = bulk.insertion(
    table_of(VersionEditor), "tenant_id", "process_id", "number", "account_id"
).on_conflict_do_nothing()


class _Batch:
    """Rows of one save, gathered per table."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.now = clock.now()
        # In this order: foreign keys lead back to the process and to the version.
        self.rows: dict[Insert, list[dict[str, Any]]] = {
            statement: [] for statement in (_PROCESS, _VERSION, NEW_PART, PART, _ALIAS, _EDITOR, EDIT)
        }
        self.reopened: list[dict[str, Any]] = []
        self.retitled: list[dict[str, Any]] = []
        self.kept: list[dict[str, Any]] = []
        self.removed: list[tuple[UUID, str]] = []
        self.acts: list[tuple[object, dict[str, Any]]] = []

    def save(self, write: DocumentWrite, process: WorkingProcess | None) -> SavedDocument:
        place = process.sujeto_obligado_id if process else write.sujeto_obligado_id
        if place != write.sujeto_obligado_id or self.actor.sujeto_obligado_id not in (None, place):
            raise NotFoundError("No encontramos ese proceso de contratación.")
        if process is not None and same(process.document, write.document):
            self._aliases(write, process.process_id)
            ref = VersionRef(process.process_id, process.open_number or process.number)
            return SavedDocument(ref, "unchanged", process.open_status or "published")
        process_id = process.process_id if process else write.process_id or new_id()
        number = self._version(write, process, process_id)
        self._aliases(write, process_id)
        self._parts(process_id, process, write.document)
        if process is not None:
            self._lines(process, number, diff.changes(process.document, write.document))
        if self.actor.account_id is not None:
            self.rows[_EDITOR].append(
                self._own(process_id=process_id, number=number, account_id=self.actor.account_id)
            )
        outcome = "changed" if process else "created"
        self.acts.append((process_id, {"version": number, "outcome": outcome, "source": write.source}))
        return SavedDocument(VersionRef(process_id, number), outcome, "draft")

    def keep(self, process: WorkingProcess) -> None:
        """Keep the document last published, if one was, that the working one is about to leave behind."""
        self.kept.append({"key": process.process_id, "body": json.dumps(process.document)})

    def replace(self, process: WorkingProcess, document: Document, titled: Document) -> None:
        """Make the working document another one, or nothing; lists call the process what `titled` says."""
        self.retitled.append(self._summary(process.process_id, process, titled))
        self._parts(process.process_id, process, document)
        self._lines(process, process.open_number or process.number, ())

    def _summary(self, process_id: UUID, process: WorkingProcess, document: Document) -> dict[str, Any]:
        """Return what lists know of a process from now on."""
        told = summarise(process.ocid, document)
        return {"key": process_id, **{f"new_{name}": value for name, value in asdict(told).items()}}

    def _lines(self, process: WorkingProcess, number: int, changes: Sequence[diff.Change]) -> None:
        """Tell what replacing the whole document changed: at least one line, for pages opened before it."""
        told = [(one.pointer, one.before, one.after) for one in changes] or [("", None, None)]
        self.rows[EDIT] += [
            self._own(
                process_id=process.process_id,
                seq=process.seq + 1,
                line=line,
                number=number,
                action="replace",
                part="",
                pointer=pointer,
                before=before,
                after=after,
                account_id=self.actor.account_id,
            )
            for line, (pointer, before, after) in enumerate(told)
        ]

    def _own(self, **values: Any) -> dict[str, Any]:
        return {"tenant_id": self.actor.tenant_id, **values}

    def _version(self, write: DocumentWrite, process: WorkingProcess | None, process_id: UUID) -> int:
        if process is None:
            self.rows[_PROCESS].append(
                self._own(
                    process_id=process_id,
                    sujeto_obligado_id=write.sujeto_obligado_id,
                    ocid=write.ocid,
                    document_version=1,
                    **asdict(summarise(write.ocid, write.document)),
                )
            )
        else:
            self.retitled.append(self._summary(process_id, process, write.document or process.document))
        if process is not None and process.open_number is not None:
            target = VERSIONS.check("edit", process.open_status).target
            self.reopened.append(
                {
                    "key": process_id,
                    "turn": process.open_number,
                    "to": target,
                    "errors": write.error_count,
                    "advices": write.advice_count,
                }
            )
            return process.open_number
        return self.open_turn(process, write.source, write, process_id)

    def open_turn(
        self,
        process: WorkingProcess | None,
        source: str,
        write: DocumentWrite | None = None,
        process_id: UUID | None = None,
    ) -> int:
        """Open a draft, beside the published document if there is one, and return its number."""
        if process is not None:
            self.keep(process)
        number = (process.number if process else 0) + 1
        self.rows[_VERSION].append(
            self._own(
                process_id=process.process_id if process else process_id,
                number=number,
                status="draft",
                row_version=1,
                source=source,
                error_count=write.error_count if write else 0,
                advice_count=write.advice_count if write else 0,
                created_by=self.actor.account_id,
                updated_at=self.now,
            )
        )
        return number

    def _aliases(self, write: DocumentWrite, process_id: UUID) -> None:
        self.rows[_ALIAS] += [
            self._own(alias=alias, process_id=process_id) for alias in write.aliases if alias != write.ocid
        ]

    def _parts(self, process_id: UUID, process: WorkingProcess | None, after: Document) -> None:
        held = {part.path: part for part in process.stored} if process else {}
        rows = self.rows[PART if process else NEW_PART]
        for part in parts.split(after):
            stored = held.pop(part.path, None)
            if stored is None or stored.ordinal != part.ordinal or not same(stored.body, part.body):
                rows.append(
                    self._own(process_id=process_id, path=part.path, ordinal=part.ordinal, body=part.body)
                )
        self.removed += [(process_id, path) for path in held]

    def flush(self, session: RwSession) -> None:
        """Write everything, one statement per kind of row."""
        connection = session.connection()
        for statement, rows in self.rows.items():
            bulk.execute(session, statement, rows)
        if self.retitled:
            connection.execute(_retitle(self.actor, self.now), self.retitled)
        if self.kept:
            connection.execute(_keep(self.actor), self.kept)
        if self.reopened:
            connection.execute(_reopen(self.actor, self.now), self.reopened)
        if self.removed:
            connection.execute(
                delete(ProcessPart).where(
                    col(ProcessPart.tenant_id) == self.actor.tenant_id,
                    tuple_(ProcessPart.process_id, ProcessPart.path).in_(self.removed),
                )
            )
        parties.unlink_all(session, self.actor, {row["process_id"] for row in self.rows[EDIT]})
        audit.record_many(session, "process.save", "contracting_process", self.acts)


def _retitle(actor: Actor, now: datetime) -> Update:
    table = table_of(ContractingProcess)
    return (
        update(table)
        .where(table.c.tenant_id == actor.tenant_id, table.c.process_id == bindparam("key"))
        .values(
            {one.name: bindparam(f"new_{one.name}") for one in fields(Summary)}
            | {"document_version": table.c.document_version + 1, "updated_at": now}
        )
    )


def _keep(actor: Actor) -> Update:
    """Of the versions that were published only the last has no snapshot yet."""
    table = table_of(ProcessVersion)
    return (
        update(table)
        .where(
            table.c.tenant_id == actor.tenant_id,
            table.c.process_id == bindparam("key"),
            (table.c.status == "published") | (table.c.status == "withdrawn"),  # IN does not take many rows
            table.c.snapshot.is_(None),
        )
        .values(snapshot=bindparam("body"))
    )


def _reopen(actor: Actor, now: datetime) -> Update:
    table = table_of(ProcessVersion)
    return (
        update(table)
        .where(
            table.c.tenant_id == actor.tenant_id,
            table.c.process_id == bindparam("key"),
            table.c.number == bindparam("turn"),
        )
        .values(
            status=bindparam("to"),
            error_count=bindparam("errors"),
            advice_count=bindparam("advices"),
            stale_since=None,
            row_version=table.c.row_version + 1,
            updated_at=now,
        )
    )
