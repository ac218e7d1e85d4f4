"""Tables of contracting processes: the process, its other ocids, the parts of its working document, its versions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.core.tables import belongs_to, moment, new_id, one_of, prose, tenant_key, text_key

VERSION_STATUSES = ("draft", "in_review", "returned", "approved", "scheduled", "published", "discarded")
OPEN_STATUSES = ("draft", "in_review", "returned", "approved", "scheduled")
_OPEN = "status IN ('draft', 'in_review', 'returned', 'approved', 'scheduled')"


class ContractingProcess(SQLModel, table=True):
    """One contracting process; its ocid never changes."""

    __tablename__ = "contracting_process"
    __table_args__ = (
        belongs_to("tenant"),
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        UniqueConstraint("tenant_id", "ocid"),
        Index(
            "contracting_process_recent_idx", "tenant_id", "sujeto_obligado_id", "updated_at", "process_id"
        ),
    )

    tenant_id: UUID = tenant_key()
    process_id: UUID = Field(default_factory=new_id, primary_key=True)
    sujeto_obligado_id: UUID
    ocid: str = prose(None)
    title: str = prose()
    document_version: int = Field(default=1, nullable=False)
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
    """One section, or one element of a long list, of the working document (`app.ocds.parts`).

    `json`, not `jsonb`: numbers and the order of keys stay as they were written.
    """

    __tablename__ = "process_part"
    __table_args__ = (belongs_to("contracting_process", "process_id"),)

    tenant_id: UUID = tenant_key()
    process_id: UUID = Field(primary_key=True)
    path: str = text_key()
    ordinal: int = Field(default=0, nullable=False)
    body: Any = Field(sa_column=Column(JSON(none_as_null=False), nullable=False))


class ProcessVersion(SQLModel, table=True):
    """One turn of the working document through the workflow; at most one is open per process.

    `snapshot` keeps the canonical JSON of a version that left the desk (discarded, or replaced), so that nothing is lost.
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
    snapshot: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
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
