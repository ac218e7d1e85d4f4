"""The outbox: what happened, told upward. An event is written in the transaction that made it true."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, SQLModel

from app.core import bulk
from app.core.tables import ACCOUNT_SETTING, TENANT_SETTING, moment, prose, table_of


class OutboxEvent(SQLModel, table=True):
    """One piece of news for the features above the one that wrote it.

    Attributes:
        account_id: whose act it was, written by the database itself; None for the service's own.
        handled_at: when the notices were made of it (app/notifications, which alone consumes news).
        fault: why that was not possible; such an event is handled too, so that it holds up no other.
    """

    __tablename__ = "outbox_event"
    __table_args__ = (
        Index(
            "outbox_event_waiting_idx", "tenant_id", "event_id", postgresql_where=text("handled_at IS NULL")
        ),
    )

    tenant_id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": text(TENANT_SETTING)})
    event_id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    at: datetime = moment()
    kind: str = prose(None)
    payload: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    account_id: UUID | None = Field(default=None, sa_column_kwargs={"server_default": text(ACCOUNT_SETTING)})
    handled_at: datetime | None = moment(default_now=False, nullable=True)
    fault: str = prose()


def emit(session: Session, kind: str, payloads: list[dict[str, Any]]) -> None:
    """Write one event per payload, in one statement.

    Args:
        session: the transaction that makes the news true.
        kind: `feature.happened`, for example `publication.released`.
        payloads: identifiers only, JSON-ready.
    """
    bulk.execute(session, _EVENTS, [{"kind": kind, "payload": payload} for payload in payloads])


_EVENTS = bulk.insertion(table_of(OutboxEvent), "kind", "payload")
