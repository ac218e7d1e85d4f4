"""Table of a reviewer's remarks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from app.core.tables import belongs_to, moment, new_id, prose, tenant_key


class Observation(SQLModel, table=True):
    """A reviewer's remark on one field of a version."""

    __tablename__ = "observation"
    __table_args__ = (
        belongs_to("process_version", "process_id", "number"),
        Index("observation_version_idx", "tenant_id", "process_id", "number", "created_at"),
    )

    tenant_id: UUID = tenant_key()
    observation_id: UUID = Field(default_factory=new_id, primary_key=True)
    process_id: UUID
    number: int
    pointer: str = prose()
    remark: str = prose(None)
    account_id: UUID
    created_at: datetime = moment()
