"""The table in which server processes tell each other how often each client asked (docs/adr/0043)."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Integer
from sqlmodel import Field, SQLModel


class RequestCount(SQLModel, table=True):
    """Requests of one client in one minute, all processes together; not logged, and worthless two minutes later.

    `client` is a hash of the address: no address is stored.
    """

    __tablename__ = "request_count"
    __table_args__ = {"prefixes": ["UNLOGGED"]}

    minute: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    client: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    requests: int = Field(sa_column=Column(Integer, nullable=False))
