"""Tables of machine clients: who they are, and the short-lived tokens that they hold."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Column, ForeignKeyConstraint, Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from app.core.tables import belongs_to, moment, prose, tenant_key, text_key

SCOPES = ("imports:write", "imports:read", "webhooks:write", "pdn:read")


class MachineClient(SQLModel, table=True):
    """A program that may act for a tenant, or for one sujeto obligado of it.

    Attributes:
        client_id: public, unguessable all the same.
        secret_sha256: of 256 random bits, so that no slow hash is needed.
        account_id: its service account, under whose name it acts; nobody can sign in with it.
        sujeto_obligado_id: the body that it is confined to; None where it works for the whole tenant.
    """

    __tablename__ = "machine_client"
    __table_args__ = (
        belongs_to("tenant"),
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        belongs_to("membership", "membership_id"),
        ForeignKeyConstraint(["account_id"], ["account.account_id"]),
    )

    tenant_id: UUID = tenant_key()
    client_id: str = text_key()
    name: str = prose(None)
    secret_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    account_id: UUID
    membership_id: UUID
    sujeto_obligado_id: UUID | None = None
    row_version: int = Field(default=1, nullable=False)
    created_by: UUID | None = None
    created_at: datetime = moment()
    expires_at: datetime = moment(default_now=False)
    rotated_at: datetime | None = moment(default_now=False, nullable=True)
    revoked_at: datetime | None = moment(default_now=False, nullable=True)
    last_used_at: datetime | None = moment(default_now=False, nullable=True)


class MachineToken(SQLModel, table=True):
    """An access token, stored as its SHA-256 only."""

    __tablename__ = "machine_token"
    __table_args__ = (
        belongs_to("machine_client", "client_id"),
        Index("machine_token_ended_idx", "tenant_id", "client_id", "expires_at"),
    )

    tenant_id: UUID = tenant_key()
    token_sha256: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    client_id: str = prose(None)
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    expires_at: datetime = moment(default_now=False)
