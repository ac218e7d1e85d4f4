"""Tables of people: accounts belong to the platform, memberships and invitations to a tenant, sessions to an account."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.core.policy import MACHINE_ROLE, PLATFORM_ROLES, TENANT_ROLES
from app.core.tables import belongs_to, moment, new_id, one_of, prose, tenant_key, text_key


class Account(SQLModel, table=True):
    """A person who can sign in. Only `app_auth` reads the password hash.

    `second_factor_since` tells colleagues whether signing in takes more than the password, and nothing else of it.
    """

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("email"), one_of("status", ("active", "disabled")))

    account_id: UUID = Field(default_factory=new_id, primary_key=True)
    email: str = prose(None)
    full_name: str = prose(None)
    password_hash: str = prose()
    status: str = prose("active")
    created_at: datetime = moment()
    second_factor_since: datetime | None = moment(default_now=False, nullable=True)


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
    """What a person may do in one tenant, or in one sujeto obligado of it.

    One that is lent (`lent_by`: the lender's membership) opens and ends by itself. `last_entry_on` is the last day on
    which its person used it; `reviewed_at` when somebody last decided that a silent one stays. `sso` tells what the
    claims of the tenant's provider gave (`granted`) and took (`withdrawn`): they touch no other.
    """

    __tablename__ = "membership"
    __table_args__ = (
        belongs_to("tenant"),
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        ForeignKeyConstraint(["account_id"], ["account.account_id"]),
        UniqueConstraint(
            "tenant_id", "account_id", "role", "sujeto_obligado_id", postgresql_nulls_not_distinct=True
        ),
        belongs_to("membership", "lent_by", remote=("membership_id",)),
        Index("membership_account_id_idx", "account_id"),
        one_of("role", (*TENANT_ROLES, MACHINE_ROLE)),
        one_of("status", ("active", "ended")),
        one_of("sso", ("", "granted", "withdrawn")),
    )

    tenant_id: UUID = tenant_key()
    membership_id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    role: str = prose(None)
    sujeto_obligado_id: UUID | None = None
    status: str = prose("active")
    sso: str = prose()
    created_at: datetime = moment()
    granted_by: UUID | None = None
    valid_from: datetime | None = moment(default_now=False, nullable=True)
    valid_until: datetime | None = moment(default_now=False, nullable=True)
    lent_by: UUID | None = None
    ended_at: datetime | None = moment(default_now=False, nullable=True)
    ended_by: UUID | None = None
    last_entry_on: date | None = None
    reviewed_at: datetime | None = moment(default_now=False, nullable=True)
    reviewed_by: UUID | None = None


class Invitation(SQLModel, table=True):
    """A role offered by letter to an address, once; each sending has its own link (`turn`) and its own end.

    It holds only while whoever sent it may give that role; `of_platform` when the platform stood in for a tenant that
    nobody administers.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        belongs_to("tenant"),
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        Index(
            "invitation_open_key",
            "tenant_id",
            "email",
            "role",
            "sujeto_obligado_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("accepted_at IS NULL AND revoked_at IS NULL"),
        ),
        one_of("role", TENANT_ROLES),
    )

    tenant_id: UUID = tenant_key()
    invitation_id: UUID = Field(default_factory=new_id, primary_key=True)
    email: str = prose(None)
    full_name: str = prose()
    role: str = prose(None)
    sujeto_obligado_id: UUID | None = None
    turn: int = Field(default=1, nullable=False)
    sent_by: UUID
    of_platform: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=false())
    )
    sent_at: datetime = moment()
    expires_at: datetime = moment(default_now=False)
    accepted_at: datetime | None = moment(default_now=False, nullable=True)
    membership_id: UUID | None = None
    revoked_at: datetime | None = moment(default_now=False, nullable=True)
    created_at: datetime = moment()


class LoginSession(SQLModel, table=True):
    """One signed-in browser; the cookie's token is stored as its SHA-256 only.

    `authenticated_at`: when the person last proved who they are; `second_factor_at`: when by more than the password.
    While it `awaits_second_factor` it opens nothing. `challenge` is what a passkey must sign next, once.

    `sso_tenant_id` is the tenant whose provider opened it, and the only one that it opens; `sso_subject` and `sso_sid`
    are what that provider calls the person and its own session, `sso_id_token` (sealed) what it asks for to end it.
    """

    __tablename__ = "login_session"
    __table_args__ = (
        ForeignKeyConstraint(["account_id"], ["account.account_id"]),
        ForeignKeyConstraint(["sso_tenant_id"], ["tenant.tenant_id"]),
        UniqueConstraint("token_sha256"),
        Index("login_session_account_id_idx", "account_id"),
    )

    session_id: UUID = Field(default_factory=new_id, primary_key=True)
    token_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    account_id: UUID
    membership_id: UUID | None = None
    user_agent: str = prose()
    sso_tenant_id: UUID | None = None
    sso_subject: str = prose()
    sso_sid: str = prose()
    sso_id_token: str = prose()
    created_at: datetime = moment()
    last_seen_at: datetime = moment()
    expires_at: datetime = moment(default_now=False)
    revoked_at: datetime | None = moment(default_now=False, nullable=True)
    authenticated_at: datetime = moment()
    second_factor_at: datetime | None = moment(default_now=False, nullable=True)
    awaits_second_factor: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=false())
    )
    challenge: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))


class TotpSecret(SQLModel, table=True):
    """The secret that a person's application makes codes of, sealed; unconfirmed until one of them came back.

    `last_step` is the half minute of the last code taken: none is taken twice.
    """

    __tablename__ = "totp_secret"
    __table_args__ = (ForeignKeyConstraint(["account_id"], ["account.account_id"]),)

    account_id: UUID = Field(primary_key=True)
    sealed: str = prose(None)
    last_step: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    confirmed_at: datetime | None = moment(default_now=False, nullable=True)
    created_at: datetime = moment()


class RecoveryCode(SQLModel, table=True):
    """One way in for whoever lost their telephone, once; 80 random bits, so a plain hash keeps them."""

    __tablename__ = "recovery_code"
    __table_args__ = (ForeignKeyConstraint(["account_id"], ["account.account_id"]),)

    account_id: UUID = Field(primary_key=True)
    code_sha256: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    used_at: datetime | None = moment(default_now=False, nullable=True)


class Passkey(SQLModel, table=True):
    """A credential of a device (WebAuthn); it serves only on the host that it was made on (`rp_id`)."""

    __tablename__ = "passkey"
    __table_args__ = (
        ForeignKeyConstraint(["account_id"], ["account.account_id"]),
        UniqueConstraint("credential_id"),
        Index("passkey_account_id_idx", "account_id"),
    )

    passkey_id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    credential_id: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    public_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sign_count: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    rp_id: str = prose(None)
    label: str = prose(None)
    created_at: datetime = moment()
    last_used_at: datetime | None = moment(default_now=False, nullable=True)


class AccountLink(SQLModel, table=True):
    """A link sent by letter that acts on one account, once: a forgotten password, or a new address (`email`)."""

    __tablename__ = "account_link"
    __table_args__ = (
        ForeignKeyConstraint(["account_id"], ["account.account_id"]),
        Index("account_link_account_id_idx", "account_id"),
        one_of("kind", ("password", "email")),
    )

    link_id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    kind: str = prose(None)
    email: str = prose()
    created_at: datetime = moment()
    expires_at: datetime = moment(default_now=False)
    used_at: datetime | None = moment(default_now=False, nullable=True)


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
