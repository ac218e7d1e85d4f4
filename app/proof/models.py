"""Signed heads: what a tenant's chain was on a day, said by a key that is not in the database."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Date, LargeBinary
from sqlmodel import Field, SQLModel

from app.core.tables import belongs_to, moment, prose, tenant_key, text_key


class SignedHead(SQLModel, table=True):
    """The head of a chain as it was signed on a day of the tenant's own time.

    Attributes:
        position: of the entry that was the last; 0 where there was none.
        statement: the exact text that was signed, JSON.
        signature: Ed25519.
        key_id: of the installation's key that it was made with.
    """

    __tablename__ = "signed_head"
    __table_args__ = (belongs_to("tenant"),)

    tenant_id: UUID = tenant_key()
    day: date = Field(sa_column=Column(Date, primary_key=True))
    position: int = Field(sa_column=Column(BigInteger, nullable=False))
    statement: str = prose(None)
    signature: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    key_id: str = prose(None)
    at: datetime = moment()


class SigningKey(SQLModel, table=True):
    """The public half of a key that signed heads: it stays published when the key is turned."""

    __tablename__ = "signing_key"

    key_id: str = text_key()
    public_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    since: datetime = moment()


class HeadList(SQLModel, table=True):
    """The last signed heads of all tenants when heads were signed, whose hash stands in each of those.

    Attributes:
        sha256: of the body, in hexadecimal.
        body: JSON.
    """

    __tablename__ = "head_list"

    sha256: str = text_key()
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = moment()
