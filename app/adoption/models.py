"""Tables of compliance: what each process says about it, what that makes per body and quarter, and reminders."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Column, Date, Index, Integer, Numeric, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.core.tables import ACCOUNT_SETTING, belongs_to, moment, new_id, prose, tenant_key


def _days(item: Any = Date) -> Any:
    return Field(default_factory=list, sa_column=Column(ARRAY(item), nullable=False, server_default="{}"))


def _count() -> Any:
    return Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))


class ProcessFact(SQLModel, table=True):
    """What one process says about compliance: days and counts, nothing of its content.

    It was read from the working document at `document_version` and from the public releases while their record stood at
    `position` with `release_count` of them; where those have moved on, it is read again.

    Attributes:
        signed_on: the day on which each contract was signed.
        seen_on: the first day on which the public could read of that signature; None while it cannot.
        published_on: the days of its public releases, each once, in order.
        present: fields asked for that the compiled release has.
        asked: fields that are asked for in it (`app.ocds.checks.completeness`).
    """

    __tablename__ = "compliance_fact"
    __table_args__ = (belongs_to("tenant"),)

    tenant_id: UUID = tenant_key()
    process_id: UUID = Field(primary_key=True)
    document_version: int = _count()
    position: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    release_count: int = _count()
    signed_on: list[date] = _days()
    seen_on: list[date | None] = _days()
    published_on: list[date] = _days()
    present: int = _count()
    asked: int = _count()


class Compliance(SQLModel, table=True):
    """One body in one quarter, counted; nothing at all is no row. `app.adoption.wording` defines each number.

    Attributes:
        quarter: its first day.
        published: processes with a release in the quarter.
        signed: contracts signed in the quarter.
        overdue: contracts signed up to its end that the public cannot read of although the term is over.
        days: median of days from a signature to the first release that tells of it, of those told in the quarter.
        present: fields asked for that the processes published in the quarter have, of `asked`.
        last_published_on: the last day of a release, up to the end of the quarter.
        pending: open versions; in the running quarter only, as the three below.
        late: those of them whose day has passed.
        observations: remarks not resolved; `observed_at` is when the oldest was made.
    """

    __tablename__ = "compliance"
    __table_args__ = (belongs_to("tenant"), Index("compliance_quarter_idx", "tenant_id", "quarter"))

    tenant_id: UUID = tenant_key()
    sujeto_obligado_id: UUID = Field(primary_key=True)
    quarter: date = Field(primary_key=True)
    published: int = _count()
    signed: int = _count()
    overdue: int = _count()
    days: float | None = Field(default=None, sa_column=Column(Numeric(asdecimal=False), nullable=True))
    present: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    asked: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    last_published_on: date | None = None
    pending: int = _count()
    late: int = _count()
    observations: int = _count()
    observed_at: datetime | None = moment(default_now=False, nullable=True)


class ComplianceCount(SQLModel, table=True):
    """How far the counting of a tenant has come; its row is also the lock of whoever counts.

    Attributes:
        event_id: news up to here has been counted.
        touched_until: so have the versions that moved before this.
        counted_on: the tenant's day on which all of it was counted last.
        counted_at: when anything was.
    """

    __tablename__ = "compliance_count"
    __table_args__ = (belongs_to("tenant"),)

    tenant_id: UUID = tenant_key()
    event_id: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    touched_until: datetime | None = moment(default_now=False, nullable=True)
    counted_on: date | None = None
    counted_at: datetime | None = moment(default_now=False, nullable=True)


class Reminder(SQLModel, table=True):
    """One gesture of a garante: the bodies that it reminded, when, by whom, of which quarter."""

    __tablename__ = "reminder"
    __table_args__ = (belongs_to("tenant"), Index("reminder_recent_idx", "tenant_id", "at", "reminder_id"))

    tenant_id: UUID = tenant_key()
    reminder_id: UUID = Field(default_factory=new_id, primary_key=True)
    at: datetime = moment()
    account_id: UUID | None = Field(default=None, sa_column_kwargs={"server_default": text(ACCOUNT_SETTING)})
    quarter: date
    note: str = prose()
    bodies: int = _count()
    posted_at: datetime | None = moment(default_now=False, nullable=True)


class RemindedBody(SQLModel, table=True):
    """One body of a reminder: of what it was reminded, and to whose letters it led.

    Attributes:
        reasons: kind of reason → how many (`app.adoption.wording.REASONS`).
        accounts: of the people who got a letter.
        to_contact: a letter went to the address of the padrón, since the body has nobody.
        posted_at: when its letters were posted.
    """

    __tablename__ = "reminder_body"
    __table_args__ = (
        belongs_to("reminder", "reminder_id"),
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        Index("reminder_body_sujeto_idx", "tenant_id", "sujeto_obligado_id", "at"),
    )

    tenant_id: UUID = tenant_key()
    reminder_id: UUID = Field(primary_key=True)
    sujeto_obligado_id: UUID = Field(primary_key=True)
    at: datetime = moment()
    reasons: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    accounts: list[UUID] = _days(Uuid)
    to_contact: bool = Field(
        default=False, nullable=False, sa_column_kwargs={"server_default": text("false")}
    )
    posted_at: datetime | None = moment(default_now=False, nullable=True)
