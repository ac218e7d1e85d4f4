"""Table of how long a garante keeps what is not for ever."""

from datetime import datetime
from uuid import UUID

from sqlmodel import SQLModel

from app.core.tables import belongs_to, moment, tenant_key, text_key


class RetentionTerm(SQLModel, table=True):
    """For how many days a tenant keeps one kind of thing; without a row the kind's own term holds."""

    __tablename__ = "retention_term"
    __table_args__ = (belongs_to("tenant"),)

    tenant_id: UUID = tenant_key()
    what: str = text_key()
    days: int
    updated_at: datetime = moment()
