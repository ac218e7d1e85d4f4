"""Audit rows: who did what to which row, written by the service verbs.

The application role may state only what happened; tenant, time, transaction and actor come from column defaults bound to
the transaction, and the wall's WITH CHECK refuses any other. Values live in the version history; audit keeps paths and
hashes, so that a legal redaction need not rewrite it.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, Insert
from sqlmodel import Field, Session, SQLModel

from app.core import bulk
from app.core.tables import (
    ACCOUNT_SETTING,
    ADDRESS_SETTING,
    SUJETO_SETTING,
    TENANT_SETTING,
    moment,
    prose,
    table_of,
)


class AuditEvent(SQLModel, table=True):
    """One act on one row.

    `address` is the network address the person acted from, "" for the service itself. `sujeto_obligado_id` is the body
    whose business it was (`belongs`), else the one that the actor is confined to. Numbers of
    transactions count within one installation: rows that came with a tenant from another one have a
    `generation` below 0, each removal one less.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("audit_event_subject_idx", "tenant_id", "subject_type", "subject_id", "event_id"),
        Index("audit_event_sealing_idx", "tenant_id", "transaction_id", "event_id"),
        # Whatever the log is asked for, its page is read off one of these.
        Index("audit_event_at_idx", "tenant_id", "at", "event_id"),
        Index("audit_event_account_idx", "tenant_id", "account_id", "at", "event_id"),
        Index("audit_event_sujeto_idx", "tenant_id", "sujeto_obligado_id", "at", "event_id"),
        Index("audit_event_verb_idx", "tenant_id", "verb", "at", "event_id"),
        CheckConstraint("generation <= 0", name="generation"),
    )

    tenant_id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": text(TENANT_SETTING)})
    event_id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    at: datetime = moment()
    transaction_id: int = Field(
        sa_column=Column(
            BigInteger, nullable=False, server_default=text("pg_current_xact_id()::text::bigint")
        )
    )
    account_id: UUID | None = Field(default=None, sa_column_kwargs={"server_default": text(ACCOUNT_SETTING)})
    address: str = Field(sa_column=Column(Text, nullable=False, server_default=text(ADDRESS_SETTING)))
    sujeto_obligado_id: UUID | None = Field(
        default=None, sa_column_kwargs={"server_default": text(SUJETO_SETTING)}
    )
    verb: str = prose(None)
    subject_type: str = prose(None)
    subject_id: str = prose(None)
    detail: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    generation: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))


class AuditSeal(SQLModel, table=True):
    """A sealed block of audit rows: its hash covers them and the seal before, so a rewrite shows.

    A block holds the rows of every transaction from the last seal's up to `upto_transaction`, which had all ended.
    """

    __tablename__ = "audit_seal"
    __table_args__ = (CheckConstraint("generation <= 0", name="generation"),)

    tenant_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    upto_transaction: int = Field(sa_column=Column(BigInteger, nullable=False))
    events: int = Field(sa_column=Column(BigInteger, nullable=False))
    sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = moment()
    generation: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))


Whose = Callable[[ColumnElement[str]], ColumnElement[Any]]

_whose: dict[str, Whose] = {}


def belongs(subject_type: str, whose: Whose) -> None:
    """Say how to find, for a table's rows, the sujeto obligado whose business an act on them is.

    Without it an act is the business of the body that its actor is confined to.

    Args:
        subject_type: the table's name.
        whose: from the column of subject identifiers, a scalar subquery of the body, or an expression.
    """
    _whose[subject_type] = whose


def record(session: Session, verb: str, subject_type: str, subject_id: object, **detail: Any) -> None:
    """Write one audit row in the session's transaction.

    Args:
        session: bound to the actor who acts.
        verb: `resource.act`, for example `process.submit`.
        subject_type: the table's name.
        subject_id: the row's identifier within the tenant.
        **detail: JSON-ready paths, counts and hashes; never personal data.
    """
    record_many(session, verb, subject_type, [(subject_id, detail)])


def record_many(
    session: Session, verb: str, subject_type: str, subjects: list[tuple[object, dict[str, Any]]]
) -> None:
    """Write one audit row per subject, in one statement."""
    bulk.execute(
        session,
        _insertion(subject_type),
        [
            {"verb": verb, "subject_type": subject_type, "subject_id": str(key), "detail": detail}
            for key, detail in subjects
        ],
    )


@cache
def _insertion(subject_type: str) -> Insert:
    said = ("verb", "subject_type", "subject_id", "detail")
    whose = _whose.get(subject_type)
    if whose is None:
        return bulk.insertion(table_of(AuditEvent), *said)
    return bulk.insertion(
        table_of(AuditEvent),
        *said,
        sujeto_obligado_id=lambda row: func.coalesce(whose(row.c.subject_id), text(SUJETO_SETTING)),
    )
