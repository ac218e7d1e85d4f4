"""Table of what was given back, until it is approved."""

from uuid import UUID

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from app.core.tables import belongs_to, tenant_key


class ReturnedDocument(SQLModel, table=True):
    """The document of a version as it was returned last (JSON): the next look shows what changed since."""

    __tablename__ = "returned_document"
    __table_args__ = (belongs_to("process_version", "process_id", "number"),)

    tenant_id: UUID = tenant_key()
    process_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
