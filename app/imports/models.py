"""Tables of imports: one run per file, one row per release it holds."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.core.tables import belongs_to, moment, new_id, one_of, prose, tenant_key

RUN_STATUSES = ("reading", "previewed", "applying", "finished", "cancelled", "failed")
CHOICES = ("overrule", "remove")
"""What the file says counts where others changed the same; what the file has no row for any more is taken out."""
OUTCOMES = ("pending", "created", "changed", "unchanged", "refused", "duplicate", "published", "held")


class ImportRun(SQLModel, table=True):
    """One file on its way in, from one of `app.imports.sources`.

    `checkpoint` says where a resumed job goes on; `choices` what the person who confirmed decided (`CHOICES`).
    """

    __tablename__ = "import_run"
    __table_args__ = (
        belongs_to("tenant"),
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        Index("import_run_recent_idx", "tenant_id", "created_at", "import_id"),
        one_of("status", RUN_STATUSES),
    )

    tenant_id: UUID = tenant_key()
    import_id: UUID = Field(default_factory=new_id, primary_key=True)
    sujeto_obligado_id: UUID | None = None
    status: str = prose("reading")
    row_version: int = Field(default=1, nullable=False)
    filename: str = prose(None)
    storage_key: str = prose(None)
    sha256: str = prose()
    size_bytes: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    source: str = prose("ocds")
    shape: str = prose()
    publish: bool = Field(default=False, nullable=False)
    cancel_requested: bool = Field(default=False, nullable=False)
    done_bytes: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    counts: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    metadata_kept: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    checkpoint: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    choices: list[str] = Field(sa_column=Column(JSONB, nullable=False, server_default="[]"))
    message: str = prose()
    original_deleted_at: datetime | None = moment(default_now=False, nullable=True)
    undone_at: datetime | None = moment(default_now=False, nullable=True)
    created_by: UUID | None = None
    created_at: datetime = moment()
    updated_at: datetime = moment()


class ImportRow(SQLModel, table=True):
    """One release of the file: what became of it, and whatever of it could not be used.

    `source_rows` are the spreadsheet's rows that it was made of, each `[sheet, number, [remarks]]`.
    `before` is the draft that it changed, to be put back if the import is undone.
    """

    __tablename__ = "import_row"
    __table_args__ = (
        belongs_to("import_run", "import_id"),
        Index(
            "import_row_source_idx",
            "tenant_id",
            "source_sha256",
            postgresql_where=text("process_id IS NOT NULL"),
        ),
        Index(
            "import_row_process_idx",
            "tenant_id",
            "process_id",
            "source_date",
            postgresql_where=text("process_id IS NOT NULL"),
        ),
        Index("import_row_ocid_idx", "tenant_id", "ocid"),
        Index("import_row_outcome_idx", "tenant_id", "import_id", "outcome", "row_number"),
        one_of("outcome", OUTCOMES),
    )

    tenant_id: UUID = tenant_key()
    import_id: UUID = Field(primary_key=True)
    row_number: int = Field(primary_key=True)
    outcome: str = prose("pending")
    source_ocid: str = prose()
    source_id: str = prose()
    source_date: datetime | None = moment(default_now=False, nullable=True)
    source_sha256: str = prose()
    ocid: str = prose()
    title: str = prose()
    process_id: UUID | None = None
    version_number: int | None = None
    problems: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False, server_default="[]"))
    source_rows: list[Any] = Field(sa_column=Column(JSONB, nullable=False, server_default="[]"))
    before: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    kept: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False, server_default="[]"))
