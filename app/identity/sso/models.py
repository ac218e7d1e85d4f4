"""Tables of single sign-on: a tenant's provider, whom its subjects are, what was used once, and the way in without it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.core.tables import belongs_to, moment, prose, tenant_key, text_key


class IdentityProvider(SQLModel, table=True):
    """The provider that a tenant signs its people in with; one at most, in use while `enabled`.

    Attributes:
        client_secret: sealed by the installation's keys under `SECRET_PURPOSE`.
        roles: role → values of `role_claim` that give it; a value gives one role at most.
        sujeto_claim: the claim that names the sujeto obligado by its key or its PNT identifier.
        local_login: whether a password opens this tenant's memberships too.
    """

    __tablename__ = "identity_provider"
    __table_args__ = (belongs_to("tenant"),)

    tenant_id: UUID = tenant_key()
    label: str = prose(None)
    issuer: str = prose(None)
    client_id: str = prose(None)
    client_secret: str = prose()
    scopes: str = prose("openid profile email")
    role_claim: str = prose()
    roles: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    sujeto_claim: str = prose()
    single_logout: bool = Field(default=False, nullable=False)
    local_login: bool = Field(default=True, nullable=False)
    enabled: bool = Field(default=False, nullable=False)
    row_version: int = Field(default=1, nullable=False)
    updated_at: datetime = moment()


class OidcIdentity(SQLModel, table=True):
    """Whom a subject of an issuer is, in the tenant that configured that issuer and nowhere else.

    Attributes:
        made_account: whether the account was made for this identity, not linked by its own act.
    """

    __tablename__ = "oidc_identity"
    __table_args__ = (
        belongs_to("tenant"),
        ForeignKeyConstraint(["account_id"], ["account.account_id"]),
        Index("oidc_identity_account_idx", "account_id"),
    )

    tenant_id: UUID = tenant_key()
    issuer: str = text_key()
    subject: str = text_key()
    account_id: UUID
    made_account: bool = Field(default=False, nullable=False)
    created_at: datetime = moment()


class SsoMark(SQLModel, table=True):
    """What may be used once (a state, a logout token), by its hash, until it would have expired anyway."""

    __tablename__ = "sso_mark"

    sha256: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    expires_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class BreakGlass(SQLModel, table=True):
    """A way in for one administrator when the provider fails: a link used once, then a day of local sign-in."""

    __tablename__ = "break_glass"
    __table_args__ = (
        belongs_to("tenant"),
        ForeignKeyConstraint(["account_id"], ["account.account_id"]),
        UniqueConstraint("tenant_id", "token_sha256"),
    )

    tenant_id: UUID = tenant_key()
    account_id: UUID = Field(primary_key=True)
    token_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    expires_at: datetime = moment(default_now=False)
    used_at: datetime | None = moment(default_now=False, nullable=True)
    local_until: datetime = moment(default_now=False)
