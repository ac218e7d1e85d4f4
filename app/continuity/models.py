"""Tables of a tenant's life: acts between two people, the key its exports are locked with, and the exports."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.core.tables import belongs_to, moment, new_id, one_of, prose, tenant_key

ACT_KINDS = ("succession", "export_key", "deletion", "administration", "transfer")
ACT_STATUSES = ("asked", "accepted", "done", "cancelled")
EXPORT_STATUSES = ("queued", "running", "ready", "failed", "expired")


class ExportKey(SQLModel, table=True):
    """The age public key to which every export of a tenant is encrypted; only the garante holds its other half."""

    __tablename__ = "export_key"
    __table_args__ = (belongs_to("tenant"),)

    tenant_id: UUID = tenant_key()
    recipient: str = prose(None)
    stated_by: UUID | None = None
    stated_at: datetime = moment()


class TenantExport(SQLModel, table=True):
    """One full export: how far it is, where its file is, and the head of the chain that it holds.

    `link_sha256` is the hash of the one link that opens the file until `link_until`.
    """

    __tablename__ = "tenant_export"
    __table_args__ = (
        belongs_to("tenant"),
        one_of("status", EXPORT_STATUSES),
        Index(
            "tenant_export_one_at_a_time",
            "tenant_id",
            unique=True,
            postgresql_where=text("status IN ('queued', 'running')"),
        ),
    )

    tenant_id: UUID = tenant_key()
    export_id: UUID = Field(default_factory=new_id, primary_key=True)
    status: str = prose("queued")
    recipient: str = prose(None)
    originals: bool = Field(default=False, nullable=False)
    asked_by: UUID | None = None
    asked_as: str = prose()
    total: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    done: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    message: str = prose()
    storage_key: str = prose()
    size_bytes: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    sha256: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    chain_position: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    chain_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    link_sha256: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    link_until: datetime | None = moment(default_now=False, nullable=True)
    created_at: datetime = moment()
    ready_at: datetime | None = moment(default_now=False, nullable=True)
    expires_at: datetime | None = moment(default_now=False, nullable=True)


class PlatformAct(SQLModel, table=True):
    """An act on a whole tenant that takes two operators and a legal act.

    It belongs to the platform: only the owner's role reads it.
    `detail` is what was asked for.
    """

    __tablename__ = "platform_act"
    __table_args__ = (
        one_of("kind", ACT_KINDS),
        one_of("status", ACT_STATUSES),
        CheckConstraint(
            "decided_by IS NULL OR decided_by <> asked_by OR status = 'cancelled'", name="two_people"
        ),
        Index("platform_act_subject_idx", "subject_id", "asked_at"),
    )

    act_id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str = prose(None)
    subject_id: UUID
    status: str = prose("asked")
    legal_act: str = prose(None)
    detail: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    asked_by: UUID
    asked_at: datetime = moment()
    decided_by: UUID | None = None
    decided_at: datetime | None = moment(default_now=False, nullable=True)
    not_before: datetime | None = moment(default_now=False, nullable=True)
    done_at: datetime | None = moment(default_now=False, nullable=True)
