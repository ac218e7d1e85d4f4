"""Tables of what is sent to the PNT: accounts, what it has of ours under which ids, and each sending with its results."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.core.tables import (
    ACCOUNT_SETTING,
    belongs_to,
    moment,
    new_id,
    one_of,
    prose,
    tenant_key,
    text_key,
)
from app.pnt.models import FAMILIES

STATES = ("adding", "stored", "removing")
"""Of a record over there; the first and last are said before the PNT is asked, so that a lost answer leaves a trace."""
OUTCOMES = ("done", "refused", "doubt", "manual", "failed")
ACTS = ("add", "change", "remove")


class PntAccount(SQLModel, table=True):
    """With which account a body enters the PNT's web service.

    Attributes:
        sealed: user and password (`app.core.keys`).
        email: of the unit that answers for what is sent.
    """

    __tablename__ = "pnt_account"
    __table_args__ = (belongs_to("sujeto_obligado", "sujeto_obligado_id"),)

    tenant_id: UUID = tenant_key()
    sujeto_obligado_id: UUID = Field(primary_key=True)
    sealed: str = prose(None)
    email: str = prose(None)
    at: datetime = moment()
    account_id: UUID | None = Field(default=None, sa_column_kwargs={"server_default": text(ACCOUNT_SETTING)})


class PntRemote(SQLModel, table=True):
    """A record that the PNT has, or may have, of a row of ours.

    Attributes:
        row_key: `app.pnt.due.Line.key`.
        title: what the row is called, for people.
        ids: `app.pnt.delivery.records.Ids`; None while it is being added.
    """

    __tablename__ = "pnt_remote"
    __table_args__ = (
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        one_of("family", FAMILIES),
        one_of("state", STATES),
    )

    tenant_id: UUID = tenant_key()
    sujeto_obligado_id: UUID = Field(primary_key=True)
    quarter: date = Field(primary_key=True)
    family: str = text_key()
    row_key: str = text_key()
    title: str = prose(None)
    state: str = prose(None)
    ids: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    at: datetime = moment()


class PntDelivery(SQLModel, table=True):
    """One sending of a quarter in one format; a body has one open at most.

    Attributes:
        said: area, dates and note that every record carries.
        total: records to send, as it began.
        problem: why it ended before all were sent; empty otherwise.
    """

    __tablename__ = "pnt_delivery"
    __table_args__ = (
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        one_of("family", FAMILIES),
        Index(
            "pnt_delivery_open_key",
            "tenant_id",
            "sujeto_obligado_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("pnt_delivery_quarter_idx", "tenant_id", "sujeto_obligado_id", "quarter", "at"),
    )

    tenant_id: UUID = tenant_key()
    delivery_id: UUID = Field(default_factory=new_id, primary_key=True)
    sujeto_obligado_id: UUID
    quarter: date
    family: str = prose(None)
    said: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    total: int
    problem: str = prose()
    at: datetime = moment()
    account_id: UUID | None = Field(default=None, sa_column_kwargs={"server_default": text(ACCOUNT_SETTING)})
    ended_at: datetime | None = moment(default_now=False, nullable=True)


class PntDelivered(SQLModel, table=True):
    """What became of one row in a sending.

    Attributes:
        told: why it was not done, in words; empty where it was.
    """

    __tablename__ = "pnt_delivered"
    __table_args__ = (
        belongs_to("pnt_delivery", "delivery_id"),
        one_of("act", ACTS),
        one_of("outcome", OUTCOMES),
    )

    tenant_id: UUID = tenant_key()
    delivery_id: UUID = Field(primary_key=True)
    row_key: str = text_key()
    title: str = prose(None)
    act: str = prose(None)
    outcome: str = prose(None)
    told: str = prose()
    at: datetime = moment()
