"""Tables of tenants and of the sujetos obligados they have onboarded."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, Column, Index, Text, UniqueConstraint, Uuid, cast, text
from sqlmodel import Field, SQLModel

from app.core import audit
from app.core.tables import belongs_to, moment, new_id, one_of, prose, tenant_key, text_key

POLICIES = ("self", "garante", "direct", "single")
STATUSES = ("active", "suspended", "merged", "moving", "moved")
DAY_KINDS = ("holiday", "vacation", "working")
SECOND_FACTOR = ("nobody", "administrators", "everybody")
"""Of whom a tenant demands more than a password."""


class Tenant(SQLModel, table=True):
    """One organismo garante. Its slug is global, so the row is a directory entry that all may resolve.

    `decided` names what its own people set on pages, which a declaration does not change any more (docs/adr/0031):
    columns of this table, and `names`. `review_days` are working days.
    """

    __tablename__ = "tenant"
    __table_args__ = (
        UniqueConstraint("slug"),
        one_of("status", ("active", "suspended", "deleted")),
        one_of("default_policy", POLICIES),
        one_of("second_factor", SECOND_FACTOR),
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
    logo_key: str = prose()
    logo_type: str = prose()
    review_days: int = Field(default=5, nullable=False, sa_column_kwargs={"server_default": "5"})
    decided: list[str] = Field(
        default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}")
    )
    reply_to: str = prose()
    is_national: bool = Field(default=False, nullable=False)
    status: str = prose("active")
    status_reason: str = prose()
    status_since: datetime | None = moment(default_now=False, nullable=True)
    second_factor: str = prose("nobody")
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
    """An OCID prefix that the tenant or its bodies have used; it says whose an ocid is, for ever.

    An `inherited` one is another tenant's, and came with bodies that used it there.
    """

    __tablename__ = "ocid_prefix"
    __table_args__ = (
        belongs_to("tenant"),
        Index("ocid_prefix_prefix_key", "prefix", unique=True, postgresql_where=text("kind <> 'inherited'")),
        one_of("kind", ("test", "registered", "used", "inherited")),
    )

    tenant_id: UUID = tenant_key()
    prefix: str = text_key()
    kind: str = prose("test")
    position: int = Field(default=0, nullable=False)
    source: str = prose()


class SujetoObligado(SQLModel, table=True):
    """A body that must publish; belongs to one tenant.

    `scope` is its ámbito (`federal`, `estatal`, `municipal`), `branch` its poder, both as the garante writes them where
    it writes something else. A suspended or merged body gets no new work; what it published stays. `single_until` is the
    last day of the policy `single`, after which `policy_before` holds again. `last_published_at` is kept by publication.
    """

    __tablename__ = "sujeto_obligado"
    __table_args__ = (
        belongs_to("tenant"),
        UniqueConstraint("tenant_id", "key"),
        Index("sujeto_obligado_sort_idx", "tenant_id", "sort_key", "sujeto_obligado_id"),
        Index(
            "sujeto_obligado_pnt_key",
            "tenant_id",
            "pnt_id",
            unique=True,
            postgresql_where=text("pnt_id <> ''"),
        ),
        one_of("policy", POLICIES),
        one_of("status", STATUSES),
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
    short_name: str = prose()
    sector: str = prose()
    contact_email: str = prose()
    policy: str = prose("garante")
    policy_before: str = prose()
    single_until: date | None = None
    status: str = prose("active")
    row_version: int = Field(default=1, nullable=False, sa_column_kwargs={"server_default": "1"})
    created_at: datetime = moment()
    last_published_at: datetime | None = moment(default_now=False, nullable=True)


class SujetoName(SQLModel, table=True):
    """What a body was called from one day (included) to another (excluded); absent days are not known, or open.

    There are rows only once it has been renamed; the newest is the name of its own row.
    """

    __tablename__ = "sujeto_name"
    __table_args__ = (belongs_to("sujeto_obligado", "sujeto_obligado_id"),)

    tenant_id: UUID = tenant_key()
    sujeto_obligado_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    name: str = prose(None)
    valid_from: date | None = None
    valid_to: date | None = None
    ground: str = prose()


class CalendarDay(SQLModel, table=True):
    """A day on which a garante departs from the national calendar.

    `holiday` and `vacation` do not count, `working` does although it is a national holiday or of the weekend.
    """

    __tablename__ = "calendar_day"
    __table_args__ = (belongs_to("tenant"), one_of("kind", DAY_KINDS))

    tenant_id: UUID = tenant_key()
    day: date = Field(primary_key=True)
    kind: str = prose(None)
    label: str = prose()


audit.belongs("sujeto_obligado", lambda subject: cast(subject, Uuid))
