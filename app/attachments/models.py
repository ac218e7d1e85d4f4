"""Tables of files and of links."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from app.core.tables import belongs_to, moment, new_id, one_of, prose, tenant_key

KINDS = ("public", "reserved")
STATUSES = ("scanning", "ready", "infected", "withdrawn")
OUTCOMES = ("waiting", "alive", "gone", "unreachable", "refused")
_STANDS = "status <> 'withdrawn'"


class Attachment(SQLModel, table=True):
    """A file of a process: the public version of a document, or an original that is never published.

    The kind stands in the storage key and never changes. The same bytes stand once in a process, so that an original
    cannot also be the public version. `original_id` leads from a public version to its reserved original.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        belongs_to("contracting_process", "process_id"),
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        belongs_to("attachment", "original_id", remote=("attachment_id",)),
        one_of("kind", KINDS),
        one_of("status", STATUSES),
        CheckConstraint("kind = 'public' OR published_at IS NULL", name="reserved_unpublished"),
        CheckConstraint("kind = 'public' OR original_id IS NULL", name="reserved_first"),
        CheckConstraint("starts_with(storage_key, tenant_id::text || '/' || kind || '/')", name="kept_apart"),
        Index("attachment_process_idx", "tenant_id", "process_id", "created_at", "attachment_id"),
        Index(
            "attachment_bytes_key",
            "tenant_id",
            "process_id",
            "sha256",
            unique=True,
            postgresql_where=text(_STANDS),
        ),
        Index("attachment_sujeto_bytes_idx", "tenant_id", "sujeto_obligado_id", "sha256"),
        Index(
            "attachment_scanning_idx", "tenant_id", "created_at", postgresql_where=text("status = 'scanning'")
        ),
    )

    tenant_id: UUID = tenant_key()
    attachment_id: UUID = Field(default_factory=new_id, primary_key=True)
    process_id: UUID
    sujeto_obligado_id: UUID
    kind: str = prose(None)
    original_id: UUID | None = None
    file_name: str = prose(None)
    media_type: str = prose(None)
    size_bytes: int = Field(sa_column=Column(BigInteger, nullable=False))
    sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    storage_key: str = prose(None)
    status: str = prose("scanning")
    scan_note: str = prose()
    uploaded_by: UUID | None = None
    created_at: datetime = moment()
    published_at: datetime | None = moment(default_now=False, nullable=True)

    @property
    def etag(self) -> str:
        """What names these bytes in HTTP: strong, for they never change."""
        return f'"{self.sha256.hex()}"'


class LinkCheck(SQLModel, table=True):
    """What became of the last look at an address that documents of a tenant link to."""

    __tablename__ = "link_check"
    __table_args__ = (belongs_to("tenant"), one_of("outcome", OUTCOMES))

    tenant_id: UUID = tenant_key()
    url_sha256: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    url: str = prose(None)
    outcome: str = prose("waiting")
    http_status: int | None = None
    note: str = prose()
    asked_at: datetime = moment()
    checked_at: datetime | None = moment(default_now=False, nullable=True)
