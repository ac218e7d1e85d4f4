"""Tables of tenants and of the sujetos obligados they have onboarded."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.tables import belongs_to, moment, new_id, one_of, prose, tenant_key, text_key

POLICIES = ("self", "garante", "direct", "single")


class Tenant(SQLModel, table=True):
    """One organismo garante. Its slug is global, so the row is a directory entry that all may resolve."""

    __tablename__ = "tenant"
    __table_args__ = (
        UniqueConstraint("slug"),
        one_of("status", ("active", "suspended")),
        one_of("default_policy", POLICIES),
    )

    tenant_id: UUID = tenant_key()
    slug: str = prose(None)
    state_code: str = prose()
    pnt_prefix: str = prose()
    time_zone: str = prose(None)
    licence: str = prose()
    policy_text: str = prose()
    policy_url: str = prose()
    natural_rfc_public: bool = Field(default=False, nullable=False)
    default_policy: str = prose("garante")
    accent: str = prose()
    is_national: bool = Field(default=False, nullable=False)
    status: str = prose("active")
    declaration_sha256: str = prose()
    created_at: datetime = moment()
    updated_at: datetime = moment()


class TenantName(SQLModel, table=True):
    """A garante's name and law over time: garantes are being renamed and replaced since 2025."""

    __tablename__ = "tenant_name"
    __table_args__ = (belongs_to("tenant"),)

    tenant_id: UUID = tenant_key()
    position: int = Field(primary_key=True)
    name: str = prose()
    short_name: str = prose()
    valid_from: date | None = None
    valid_to: date | None = None
    law: str = prose()
    source: str = prose()
    verified: bool = Field(default=False, nullable=False)


class TenantHost(SQLModel, table=True):
    """A host name that shows one tenant at its root."""

    __tablename__ = "tenant_host"
    __table_args__ = (belongs_to("tenant"), UniqueConstraint("host"))

    tenant_id: UUID = tenant_key()
    host: str = text_key()


class OcidPrefix(SQLModel, table=True):
    """An OCID prefix that the tenant or its bodies have used; it says whose an ocid is, for ever."""

    __tablename__ = "ocid_prefix"
    __table_args__ = (
        belongs_to("tenant"),
        UniqueConstraint("prefix"),
        one_of("kind", ("test", "registered", "used")),
    )

    tenant_id: UUID = tenant_key()
    prefix: str = text_key()
    kind: str = prose("test")
    position: int = Field(default=0, nullable=False)
    source: str = prose()


class SujetoObligado(SQLModel, table=True):
    """A body that must publish; belongs to one tenant."""

    __tablename__ = "sujeto_obligado"
    __table_args__ = (
        belongs_to("tenant"),
        UniqueConstraint("tenant_id", "key"),
        Index("sujeto_obligado_sort_idx", "tenant_id", "sort_key", "sujeto_obligado_id"),
        one_of("policy", POLICIES),
        one_of("status", ("active", "suspended")),
    )

    tenant_id: UUID = tenant_key()
    sujeto_obligado_id: UUID = Field(default_factory=new_id, primary_key=True)
    key: str = prose(None)
    name: str = prose(None)
    sort_key: str = prose(None)
    rfc: str = prose()
    pnt_id: str = prose()
    scope: str = prose()
    branch: str = prose()
    policy: str = prose("garante")
    status: str = prose("active")
    created_at: datetime = moment()
