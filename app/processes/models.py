"""Tables of processes: their other ocids, the parts of their documents, versions, edits, and templates."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Computed,
    Date,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    cast,
    select,
    text,
)
from sqlmodel import Field, SQLModel

from app.core import audit
from app.core.tables import (
    TENANT_SETTING,
    belongs_to,
    moment,
    new_id,
    one_of,
    prose,
    table_of,
    tenant_key,
    text_key,
)

VERSION_STATUSES = (
    "draft",
    "in_review",
    "returned",
    "approved",
    "scheduled",
    "published",
    "withdrawn",
    "discarded",
)
OBSERVATION_STATUSES = ("open", "answered", "resolved")
OPEN_STATUSES = ("draft", "in_review", "returned", "approved", "scheduled")
_OPEN = "status IN ('draft', 'in_review', 'returned', 'approved', 'scheduled')"


class ContractingProcess(SQLModel, table=True):
    """One contracting process; its ocid never changes.

    `title`, `method`, `stage`, `year`, `unit` and `folded` (what a search looks through) are read from the working document
    (`app.processes.summary`); `document_version` counts its edits. One that `moved_to` another tenant is a shell that holds
    its releases: tenant work does not see it (docs/adr/0033).
    """

    __tablename__ = "contracting_process"
    __table_args__ = (
        belongs_to("tenant"),
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        UniqueConstraint("tenant_id", "ocid"),
        Index(
            "contracting_process_recent_idx", "tenant_id", "sujeto_obligado_id", "updated_at", "process_id"
        ),
        # A list filtered by what few processes say must not walk through all of them.
        Index("contracting_process_method_idx", "tenant_id", "method"),
        Index("contracting_process_stage_idx", "tenant_id", "stage"),
        Index("contracting_process_year_idx", "tenant_id", "year"),
        Index("contracting_process_unit_idx", "tenant_id", "sujeto_obligado_id", "unit"),
    )

    tenant_id: UUID = tenant_key()
    process_id: UUID = Field(default_factory=new_id, primary_key=True)
    sujeto_obligado_id: UUID
    ocid: str = prose(None)
    title: str = prose()
    method: str = prose()
    stage: str = prose()
    year: int | None = None
    unit: str = prose()
    folded: str = prose()
    document_version: int = Field(default=1, nullable=False)
    moved_to: UUID | None = None
    created_at: datetime = moment()
    updated_at: datetime = moment()


class OcidAlias(SQLModel, table=True):
    """Another identifier under which a process arrived; it leads to the ocid for ever."""

    __tablename__ = "ocid_alias"
    __table_args__ = (belongs_to("contracting_process", "process_id"),)

    tenant_id: UUID = tenant_key()
    alias: str = text_key()
    process_id: UUID


class ProcessPart(SQLModel, table=True):
    """One section, or one element of a list, of the working document (`app.ocds.parts`).

    `json`, not `jsonb`: numbers and the order of keys stay as they were written. `list_path` is where an element
    stands (`tender/items`), `element_id` its id, by which what is said of it elsewhere is found.
    """

    __tablename__ = "process_part"
    __table_args__ = (
        belongs_to("contracting_process", "process_id"),
        Index("process_part_list_idx", "tenant_id", "process_id", "list_path", "ordinal", "path"),
        Index(
            "process_part_element_idx",
            "tenant_id",
            "process_id",
            "element_id",
            postgresql_where=text("list_path = 'parties' OR list_path LIKE '%/items'"),
        ),
    )

    tenant_id: UUID = tenant_key()
    process_id: UUID = Field(primary_key=True)
    path: str = text_key()
    ordinal: int = Field(default=0, nullable=False)
    body: Any = Field(sa_column=Column(JSON(none_as_null=False), nullable=False))
    list_path: str | None = Field(
        default=None, sa_column=Column(Text, Computed("regexp_replace(path, '/[0-9]+$', '')", persisted=True))
    )
    element_id: str | None = Field(
        default=None, sa_column=Column(Text, Computed("left(body ->> 'id', 200)", persisted=True))
    )


class DocumentEdit(SQLModel, table=True):
    """One line of one edit of the working document: what stood at a place before and after, who changed it and when.

    `part` is the stored part, `pointer` the place inside it; an element that came or went has the pointer "" and keeps
    its parts whole, so that the edit can be undone.
    """

    __tablename__ = "document_edit"
    __table_args__ = (
        belongs_to("contracting_process", "process_id"),
        one_of("action", ("change", "add", "remove", "move", "replace")),
    )

    tenant_id: UUID = tenant_key()
    process_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    line: int = Field(primary_key=True)
    number: int
    action: str = prose(None)
    part: str = prose(None)
    pointer: str = prose()
    before: Any = Field(sa_column=Column(JSON(none_as_null=False), nullable=False))
    after: Any = Field(sa_column=Column(JSON(none_as_null=False), nullable=False))
    account_id: UUID | None = None
    at: datetime = moment()


class ProcessTemplate(SQLModel, table=True):
    """A working document that a sujeto obligado begins new processes with; `process_id` is whose it was."""

    __tablename__ = "process_template"
    __table_args__ = (
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        Index(
            "process_template_name_key",
            "tenant_id",
            "sujeto_obligado_id",
            "name",
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    tenant_id: UUID = tenant_key()
    template_id: UUID = Field(default_factory=new_id, primary_key=True)
    sujeto_obligado_id: UUID
    process_id: UUID | None = None
    name: str = prose(None)
    document: Any = Field(sa_column=Column(JSON(none_as_null=False), nullable=False))
    created_by: UUID | None = None
    retired_at: datetime | None = moment(default_now=False, nullable=True)
    created_at: datetime = moment()


class ProcessVersion(SQLModel, table=True):
    """One turn of the working document through the workflow; at most one is open per process.

    `snapshot` keeps the canonical JSON of a version that left the desk (discarded, or replaced), so that nothing is lost.
    `responsible` is whose work an open version is: who began it, until it is handed over.
    `stale_since` tells that the counts of errors and advice are older than the document, and since when. `due_on` is the
    day that its own people set; `respond_by` the last working day for whoever has to act on it (who decides, or who
    answers). `reviewer_id` has taken its review. `approved_alone`: by one who had edited it (`sampled_by` has looked at
    it since). `correction_reason`, where it changes what is published, will be public.
    """

    __tablename__ = "process_version"
    __table_args__ = (
        belongs_to("contracting_process", "process_id"),
        Index(
            "process_version_open_key",
            "tenant_id",
            "process_id",
            unique=True,
            postgresql_where=text(_OPEN),
        ),
        Index("process_version_status_idx", "tenant_id", "status", "updated_at", "process_id"),
        Index(
            "process_version_untouched_idx",
            "tenant_id",
            "updated_at",
            "process_id",
            postgresql_where=text(_OPEN),
        ),
        Index("process_version_due_idx", "tenant_id", "due_on", "process_id", postgresql_where=text(_OPEN)),
        Index(
            "process_version_respond_idx",
            "tenant_id",
            "respond_by",
            "process_id",
            postgresql_where=text(_OPEN),
        ),
        Index(
            "process_version_sampling_idx",
            "tenant_id",
            "updated_at",
            "process_id",
            postgresql_where=text("approved_alone AND sampled_by IS NULL"),
        ),
        one_of("status", VERSION_STATUSES),
    )

    tenant_id: UUID = tenant_key()
    process_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    status: str = prose("draft")
    row_version: int = Field(default=1, nullable=False)
    source: str = prose()
    error_count: int = Field(default=0, nullable=False)
    advice_count: int = Field(default=0, nullable=False)
    created_by: UUID | None = None
    submitted_by: UUID | None = None
    decided_by: UUID | None = None
    responsible: UUID | None = None
    snapshot: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    due_on: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    stale_since: datetime | None = moment(default_now=False, nullable=True)
    reviewer_id: UUID | None = None
    respond_by: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    approved_alone: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false"))
    )
    sampled_by: UUID | None = None
    scheduled_for: datetime | None = moment(default_now=False, nullable=True)
    correction_reason: str = prose()
    created_at: datetime = moment()
    updated_at: datetime = moment()


class VersionEditor(SQLModel, table=True):
    """Who changed a version: none of them may approve it."""

    __tablename__ = "version_editor"
    __table_args__ = (belongs_to("process_version", "process_id", "number"),)

    tenant_id: UUID = tenant_key()
    process_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    account_id: UUID = Field(primary_key=True)


class Observation(SQLModel, table=True):
    """A reviewer's remark on one place of a version, and the head of its thread.

    `pointer` leads to the place in the document as it was remarked upon ("" for the whole); `part` is the stored part
    that held it, by which the place is found again however the document moves.
    """

    __tablename__ = "observation"
    __table_args__ = (
        belongs_to("process_version", "process_id", "number"),
        Index("observation_version_idx", "tenant_id", "process_id", "number", "created_at"),
        one_of("status", OBSERVATION_STATUSES),
    )

    tenant_id: UUID = tenant_key()
    observation_id: UUID = Field(default_factory=new_id, primary_key=True)
    process_id: UUID
    number: int
    pointer: str = prose()
    part: str = prose()
    remark: str = prose(None)
    status: str = prose("open")
    account_id: UUID
    created_at: datetime = moment()


class ObservationMessage(SQLModel, table=True):
    """What somebody did with an observation and said about it."""

    __tablename__ = "observation_message"
    __table_args__ = (
        belongs_to("observation", "observation_id"),
        Index("observation_message_thread_idx", "tenant_id", "observation_id", "at"),
        one_of("act", ("answer", "resolve", "reopen")),
    )

    tenant_id: UUID = tenant_key()
    message_id: UUID = Field(default_factory=new_id, primary_key=True)
    observation_id: UUID
    act: str = prose(None)
    words: str = prose()
    account_id: UUID
    at: datetime = moment(default_now=False)


audit.belongs(
    "contracting_process",
    lambda subject: (
        select(table_of(ContractingProcess).c.sujeto_obligado_id)
        .where(
            table_of(ContractingProcess).c.tenant_id == text(TENANT_SETTING),
            table_of(ContractingProcess).c.process_id == cast(subject, Uuid),
        )
        .scalar_subquery()
    ),
)
