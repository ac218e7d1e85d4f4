"""Tables of people: accounts belong to the platform, memberships to a tenant, sessions to an account."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.core.policy import PLATFORM_ROLES, TENANT_ROLES
from app.core.tables import belongs_to, moment, new_id, one_of, prose, tenant_key, text_key


class Account(SQLModel, table=True):
    """A person who can sign in. Only `app_auth` reads the password hash."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("email"), one_of("status", ("active", "disabled")))

    account_id: UUID = Field(default_factory=new_id, primary_key=True)
    email: str = prose(None)
    full_name: str = prose(None)
    password_hash: str = prose()
    status: str = prose("active")
    created_at: datetime = moment()


class PlatformRole(SQLModel, table=True):
    """A role over the whole platform; it opens no drafts (domain.md, "Roles")."""

    __tablename__ = "platform_role"
    __table_args__ = (
        ForeignKeyConstraint(["account_id"], ["account.account_id"]),
        one_of("role", PLATFORM_ROLES),
    )

    account_id: UUID = Field(primary_key=True)
    role: str = text_key()
    created_at: datetime = moment()


class Membership(SQLModel, table=True):
    """What a person may do in one tenant, or in one sujeto obligado of it."""

    __tablename__ = "membership"
    __table_args__ = (
        belongs_to("tenant"),
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        ForeignKeyConstraint(["account_id"], ["account.account_id"]),
        UniqueConstraint(
            "tenant_id", "account_id", "role", "sujeto_obligado_id", postgresql_nulls_not_distinct=True
        ),
        Index("membership_account_id_idx", "account_id"),
        one_of("role", TENANT_ROLES),
        one_of("status", ("active", "ended")),
    )

    tenant_id: UUID = tenant_key()
    membership_id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    role: str = prose(None)
    sujeto_obligado_id: UUID | None = None
    status: str = prose("active")
    created_at: datetime = moment()


class LoginSession(SQLModel, table=True):
    """One signed-in browser; the cookie's token is stored as its SHA-256 only."""

    __tablename__ = "login_session"
    __table_args__ = (
        ForeignKeyConstraint(["account_id"], ["account.account_id"]),
        UniqueConstraint("token_sha256"),
        Index("login_session_account_id_idx", "account_id"),
    )

    session_id: UUID = Field(default_factory=new_id, primary_key=True)
    token_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    account_id: UUID
    membership_id: UUID | None = None
    user_agent: str = prose()
    created_at: datetime = moment()
    last_seen_at: datetime = moment()
    expires_at: datetime = moment(default_now=False)
    revoked_at: datetime | None = moment(default_now=False, nullable=True)


class LoginFailure(SQLModel, table=True):
    """How often signing in failed in a window, per account and per address; the bucket is a hash of which."""

    __tablename__ = "login_failure"

    bucket: str = text_key()
    window_start: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    failures: int = Field(default=0, nullable=False)


class AuthEvent(SQLModel, table=True):
    """Audit of what happens before a tenant is known: signing in and out, switching, revoking."""

    __tablename__ = "auth_event"
    __table_args__ = (Index("auth_event_account_id_idx", "account_id", "event_id"),)

    event_id: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    at: datetime = moment()
    account_id: UUID | None = None
    verb: str = prose(None)
    detail: dict[str, object] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
