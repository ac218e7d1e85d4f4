"""Tables of what people are told, and how each wants to be told."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.core.tables import belongs_to, moment, one_of, prose, tenant_key

WAYS = ("immediate", "digest", "inbox")


class Notice(SQLModel, table=True):
    """One piece of news for one person; several alike within the hour are one, with their count.

    Attributes:
        refs: identifiers of what it is about, never its content, which a withdrawal may take away.
        topic: where the same must be told once only, what it is about; else empty.
        way: how it leaves the inbox: in a letter of its own, in the day's summary, or not.
        letter_due_at: when that letter is due; None once it was posted, or where none is wanted.
    """

    __tablename__ = "notice"
    __table_args__ = (
        belongs_to("tenant"),
        ForeignKeyConstraint(["account_id"], ["account.account_id"]),
        Index("notice_account_idx", "tenant_id", "account_id", "notice_id"),
        Index("notice_unread_idx", "tenant_id", "account_id", postgresql_where=text("read_at IS NULL")),
        Index(
            "notice_letter_idx",
            "letter_due_at",
            "tenant_id",
            postgresql_where=text("letter_due_at IS NOT NULL"),
        ),
        Index(
            "notice_topic_key",
            "tenant_id",
            "account_id",
            "topic",
            unique=True,
            postgresql_where=text("topic <> ''"),
        ),
        one_of("way", WAYS),
    )

    tenant_id: UUID = tenant_key()
    notice_id: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    account_id: UUID
    kind: str = prose(None)
    by_account_id: UUID | None = None
    sujeto_obligado_id: UUID | None = None
    refs: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    count: int = Field(default=1, nullable=False)
    topic: str = prose()
    way: str = prose("inbox")
    first_at: datetime = moment(default_now=False)
    at: datetime = moment(default_now=False)
    read_at: datetime | None = moment(default_now=False, nullable=True)
    letter_due_at: datetime | None = moment(default_now=False, nullable=True)


class NoticePreference(SQLModel, table=True):
    """How a person wants to be told, wherever they work; without a row, the defaults of each kind hold.

    Attributes:
        ways: kind of notice → one of `WAYS`.
        digest_hour: local hour of the tenant at which the day's summary is sent, 0 to 23.
    """

    __tablename__ = "notice_preference"
    __table_args__ = (
        ForeignKeyConstraint(["account_id"], ["account.account_id"]),
        CheckConstraint("digest_hour BETWEEN 0 AND 23", name="digest_hour"),
    )

    account_id: UUID = Field(primary_key=True)
    ways: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    digest_hour: int = Field(default=8, nullable=False)
