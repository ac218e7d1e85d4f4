"""The table that searches of System 6 read."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Column, ForeignKeyConstraint, Identity, Index, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field, SQLModel

from app.core.tables import belongs_to, moment, prose, tenant_key, text_key


class S6Process(SQLModel, table=True):
    """What can be asked of a published process, derived from its record; it goes when the record goes.

    Attributes:
        number: rises in the order in which processes first came, and never changes: pages by number stay as they are
            while others are published.
        title_key: of its first award that has a title, as `app.pdn.deriving.order` has it.
        buyer_key: of the buyer's name, likewise.
        statuses: of its awards.
        starts_at: of the tender period.
        year: as the old addresses count it: of the first signature, else of the newest release.
        words: lexemes of `app.pdn.deriving.lexeme`.
    """

    __tablename__ = "s6_process"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ocid"], ["record.tenant_id", "record.ocid"], ondelete="CASCADE"),
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        Index("s6_process_number_idx", "tenant_id", "number", postgresql_include=["ocid"]),
        Index("s6_process_title_idx", "tenant_id", "title_key", "number", postgresql_include=["ocid"]),
        Index("s6_process_buyer_idx", "tenant_id", "buyer_key", "number", postgresql_include=["ocid"]),
        Index("s6_process_words_idx", "words", postgresql_using="gin"),
    )

    tenant_id: UUID = tenant_key()
    ocid: str = text_key()
    number: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), nullable=False))
    sujeto_obligado_id: UUID
    title_key: str = Field(sa_column=Column(Text(collation="C"), nullable=False))
    buyer_key: str = Field(sa_column=Column(Text(collation="C"), nullable=False))
    method: str = prose()
    statuses: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    starts_at: datetime | None = moment(default_now=False, nullable=True)
    ends_at: datetime | None = moment(default_now=False, nullable=True)
    tenderers: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    year: int = Field(nullable=False)
    words: Any = Field(sa_column=Column(TSVECTOR, nullable=False))
