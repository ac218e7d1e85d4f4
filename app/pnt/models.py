"""Tables of what is reported to the PNT: in which format, that a quarter had no contracts, and what was loaded already."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Column, Date, Index, LargeBinary, Uuid, cast, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.core import audit
from app.core.tables import (
    ACCOUNT_SETTING,
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

FAMILIES = ("direct", "competitive", "all")
"""What a format reports: direct awards, tenders and invitations, or both (`app.sipot.formats.Format.family`)."""
ENDINGS = ("", "person", "publication")


class PntFormat(SQLModel, table=True):
    """In which format a garante's bodies report from a quarter on, and how its law calls that.

    Attributes:
        since: first day of the first quarter that is reported so.
        built_in: `43335/2021`, the id and version of a known format; empty where `learned` holds one.
        learned: the format as the garante's own template has it (`app.pnt.formats.kept`).
        filename: of that template, as the person called it.
        law, article, fraction: where the obligation stands.
        title, short_name, description: what the workbook says of itself.
    """

    __tablename__ = "pnt_format"
    __table_args__ = (
        belongs_to("tenant"),
        Index("pnt_format_since_idx", "tenant_id", "since", "at"),
        one_of("family", FAMILIES),
    )

    tenant_id: UUID = tenant_key()
    format_key: UUID = Field(default_factory=new_id, primary_key=True)
    family: str = prose(None)
    since: date
    built_in: str = prose()
    learned: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    filename: str = prose()
    law: str = prose()
    article: str = prose()
    fraction: str = prose()
    title: str = prose()
    short_name: str = prose()
    description: str = prose()
    at: datetime = moment()
    account_id: UUID | None = Field(default=None, sa_column_kwargs={"server_default": text(ACCOUNT_SETTING)})


class PntDeclaration(SQLModel, table=True):
    """A body says that it signed no contract in a quarter; at most one stands.

    Attributes:
        quarter: its first day.
        area, validated, updated, note: what the only row of the workbook says besides the period.
        checked_at: what was published up to here says nothing else.
        withdrawn_for: `person`, or `publication` of a contract of that quarter, whose process is `ocid`.
    """

    __tablename__ = "pnt_declaration"
    __table_args__ = (
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        Index(
            "pnt_declaration_standing_key",
            "tenant_id",
            "sujeto_obligado_id",
            "quarter",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        one_of("withdrawn_for", ENDINGS),
    )

    tenant_id: UUID = tenant_key()
    declaration_id: UUID = Field(default_factory=new_id, primary_key=True)
    sujeto_obligado_id: UUID
    quarter: date
    area: str = prose(None)
    validated: date
    updated: date
    note: str = prose(None)
    at: datetime = moment()
    account_id: UUID | None = Field(default=None, sa_column_kwargs={"server_default": text(ACCOUNT_SETTING)})
    checked_at: datetime = moment()
    withdrawn_at: datetime | None = moment(default_now=False, nullable=True)
    withdrawn_by: UUID | None = None
    withdrawn_for: str = prose()
    ocid: str = prose()


class PntLoaded(SQLModel, table=True):
    """One row that the PNT has, as somebody said after loading the workbook: what it was, as a hash.

    Attributes:
        row_key: which row (`app.pnt.due.Line.key`).
    """

    __tablename__ = "pnt_loaded"
    __table_args__ = (belongs_to("sujeto_obligado", "sujeto_obligado_id"), one_of("family", FAMILIES))

    tenant_id: UUID = tenant_key()
    sujeto_obligado_id: UUID = Field(primary_key=True)
    quarter: date = Field(primary_key=True)
    family: str = text_key()
    row_key: str = text_key()
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = moment()


class PntPlaced(SQLModel, table=True):
    """Of which quarters a published process reports something, as read from one state of its record.

    Attributes:
        position, release_count: of the record when it was read.
        zone: in which its moments were days.
        quarters: the first day of the quarter of each row, as often as there are rows.
    """

    __tablename__ = "pnt_placed"
    __table_args__ = (belongs_to("tenant"),)

    tenant_id: UUID = tenant_key()
    ocid: str = text_key()
    position: int = Field(sa_column=Column(BigInteger, nullable=False))
    release_count: int
    zone: str = prose(None)
    quarters: list[date] = Field(sa_column=Column(ARRAY(Date), nullable=False))


audit.belongs(
    "pnt_declaration",
    lambda subject: (
        select(table_of(PntDeclaration).c.sujeto_obligado_id)
        .where(
            table_of(PntDeclaration).c.tenant_id == text(TENANT_SETTING),
            table_of(PntDeclaration).c.declaration_id == cast(subject, Uuid),
        )
        .scalar_subquery()
    ),
)
