"""Who read what is not published: noted once per person, subject and day, so that the audit stays readable."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import Column, Date
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, SQLModel

from app.core import audit, clock
from app.core.db import Actor, RwSession
from app.core.tables import belongs_to, table_of, tenant_key

MOST_PATHS = 50
"""Paths that one audit row names; of the others only how many."""


class WithheldReading(SQLModel, table=True):
    """Somebody opened, on a day, what the public version of a process, or of an entry of the registry, does not carry."""

    __tablename__ = "withheld_reading"
    __table_args__ = (belongs_to("tenant"),)

    tenant_id: UUID = tenant_key()
    account_id: UUID = Field(primary_key=True)
    subject_id: UUID = Field(primary_key=True)
    day: date = Field(sa_column=Column(Date, primary_key=True))


def note_reading(
    session: RwSession, actor: Actor, subject_type: str, subject_id: UUID, paths: Iterable[str]
) -> None:
    """Write in the audit that the actor is shown withheld values, unless it says so today already.

    Args:
        session: bound to the actor.
        actor: who reads; the service itself reads nothing.
        subject_type: the table of the subject.
        subject_id: a process, or an entry of the registry.
        paths: JSON Pointers of what is withheld, never the values; nothing is written when there are none.
    """
    told = sorted(set(paths))
    if not told or actor.account_id is None:
        return
    fresh = session.execute(
        insert(table_of(WithheldReading))
        .values(
            tenant_id=actor.tenant_id,
            account_id=actor.account_id,
            subject_id=subject_id,
            day=clock.now().date(),
        )
        .on_conflict_do_nothing()
        .returning(table_of(WithheldReading).c.subject_id)
    ).one_or_none()
    if fresh is not None:
        audit.record(
            session, "withheld.read", subject_type, subject_id, paths=told[:MOST_PATHS], count=len(told)
        )
