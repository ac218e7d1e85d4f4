"""Tables of what is public (the chain, the bytes, the records, the facets) and of what keeps something from being it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    LargeBinary,
    Numeric,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.core.tables import belongs_to, moment, new_id, one_of, prose, tenant_key, text_key

KINDS = ("release", "withdrawal", "transfer")
DIRECTIONS = ("in", "out")
PUBLIC_YEAR = "(EXTRACT(year FROM COALESCE(signed_on, (published_at AT TIME ZONE 'America/Mexico_City')::date))::integer)"
"""The year under which a process stands in lists by year: of its first contract, else of its newest release."""
REQUEST_STATUSES = ("requested", "approved", "refused", "cancelled")
RESERVATION_STATUSES = ("requested", "granted", "extended", "refused", "cancelled", "ended")


def _position() -> Column[int]:
    return Column(BigInteger, primary_key=True, autoincrement=False)


class ChainHead(SQLModel, table=True):
    """Where a tenant's chain ends. Locked last in a publication, so its order is the order of commits."""

    __tablename__ = "chain_head"
    __table_args__ = (belongs_to("tenant"),)

    tenant_id: UUID = tenant_key()
    position: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    entry_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    last_date: datetime | None = moment(default_now=False, nullable=True)
    live_releases: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    live_records: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    withdrawals: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


class Release(SQLModel, table=True):
    """One entry of a tenant's chain. No role of the service may change or delete it."""

    __tablename__ = "release"
    __table_args__ = (
        belongs_to("tenant"),
        belongs_to("contracting_process", "process_id"),
        UniqueConstraint("tenant_id", "ocid", "release_id"),
        Index("release_date_idx", "tenant_id", "date"),
        Index(
            "release_withdraws_idx",
            "tenant_id",
            "withdraws",
            unique=True,
            postgresql_where=text("kind = 'withdrawal'"),
        ),
        Index(
            "release_withdrawn_idx",
            "tenant_id",
            "process_id",
            postgresql_where=text("kind = 'withdrawal'"),
        ),
        one_of("kind", KINDS),
    )

    tenant_id: UUID = tenant_key()
    position: int = Field(sa_column=_position())
    kind: str = prose("release")
    process_id: UUID
    sujeto_obligado_id: UUID
    version_number: int = 0
    ocid: str = prose(None)
    release_id: str = prose(None)
    date: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    tag: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    body_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    withdraws: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    ground: str = prose()
    previous_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    entry_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ReleaseBody(SQLModel, table=True):
    """The exact UTF-8 bytes of a release as published; gone only when a withdrawal entry names it."""

    __tablename__ = "release_body"
    __table_args__ = (belongs_to("release", "position"),)

    tenant_id: UUID = tenant_key()
    position: int = Field(sa_column=_position())
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class NationalOrder(SQLModel, table=True):
    """The order of all tenants' chains together, given after their commits by one sequencer (docs/adr/0038).

    Attributes:
        number: rises in the order in which entries become visible here; no entry ever appears below one that was seen.
        source_id: the tenant in whose chain the entry stands.
        at: when it was given its number.
    """

    __tablename__ = "national_order"
    __table_args__ = (
        UniqueConstraint("source_id", "position"),
        Index("national_order_at_idx", "at", "number"),
        Index("national_order_withdrawal_idx", "number", postgresql_where=text("kind = 'withdrawal'")),
        Index("national_order_transfer_idx", "number", postgresql_where=text("kind = 'transfer'")),
        one_of("kind", KINDS),
    )

    number: int = Field(sa_column=_position())
    source_id: UUID
    position: int = Field(sa_column=Column(BigInteger, nullable=False))
    kind: str = prose(None)
    at: datetime = moment()


class ChainFollower(SQLModel, table=True):
    """How far somebody who derives something from a tenant's chain has come (`app.publication.following`)."""

    __tablename__ = "chain_follower"
    __table_args__ = (belongs_to("tenant"),)

    tenant_id: UUID = tenant_key()
    name: str = text_key()
    position: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    at: datetime = moment()


class ChainTransfer(SQLModel, table=True):
    """What an entry of the chain of kind `transfer` says: a process left for another tenant, or came from one.

    `payload` are the exact bytes whose hash the entry holds (docs/adr/0033); no role of the service may write one.
    """

    __tablename__ = "chain_transfer"
    __table_args__ = (
        belongs_to("release", "position"),
        Index("chain_transfer_ocid_idx", "tenant_id", "ocid", "position"),
        Index("chain_transfer_process_idx", "tenant_id", "process_id"),
        one_of("direction", DIRECTIONS),
    )

    tenant_id: UUID = tenant_key()
    position: int = Field(sa_column=_position())
    direction: str = prose(None)
    process_id: UUID
    ocid: str = prose(None)
    peer_id: UUID
    payload: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class TakenOver(SQLModel, table=True):
    """A release of a process that is here now, and stands in the chain of the tenant that published it.

    Attributes:
        place: below zero, so that it comes before every position of the tenant's own chain; unique in the tenant.
        source_id: the tenant in whose chain it stands.
        source_position: where in that chain.
    """

    __tablename__ = "taken_over"
    __table_args__ = (
        belongs_to("contracting_process", "process_id"),
        UniqueConstraint("tenant_id", "source_id", "source_position"),
        Index("taken_over_ocid_idx", "tenant_id", "ocid", "place"),
        Index("taken_over_process_idx", "tenant_id", "process_id", "place"),
        CheckConstraint("place < 0", name="before_all"),
    )

    tenant_id: UUID = tenant_key()
    place: int = Field(sa_column=_position())
    process_id: UUID
    ocid: str = prose(None)
    source_id: UUID
    source_position: int = Field(sa_column=Column(BigInteger, nullable=False))


class Record(SQLModel, table=True):
    """The compiled release of one process, as bytes; `position` is its newest release's place in the chain.

    One that came from another tenant and has published nothing since stands where the chain says that it came.
    """

    __tablename__ = "record"
    __table_args__ = (
        belongs_to("contracting_process", "process_id"),
        UniqueConstraint("tenant_id", "process_id"),
        Index("record_position_idx", "tenant_id", "position"),
    )

    tenant_id: UUID = tenant_key()
    ocid: str = text_key()
    process_id: UUID
    position: int = Field(sa_column=Column(BigInteger, nullable=False))
    date: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    release_count: int = Field(default=1, nullable=False)
    compiled: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ProcessFacet(SQLModel, table=True):
    """What lists, counts and searches need of a published process, derived from its record.

    `terms` are its words and its suppliers (`app.publication.facets`); it is empty only in rows of before there was one.
    """

    __tablename__ = "process_facet"
    __table_args__ = (
        belongs_to("record", "ocid"),
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        Index("process_facet_recent_idx", "tenant_id", "published_at", "ocid"),
        Index("process_facet_sujeto_idx", "tenant_id", "sujeto_obligado_id", "published_at", "ocid"),
        Index("process_facet_method_idx", "tenant_id", "method", "published_at", "ocid"),
        Index("process_facet_stage_idx", "tenant_id", "stage", "published_at", "ocid"),
        Index("process_facet_year_idx", "tenant_id", text(PUBLIC_YEAR), "ocid"),
        Index("process_facet_terms_idx", "terms", postgresql_using="gin"),
        Index("process_facet_bare_idx", "tenant_id", "ocid", postgresql_where=text("terms = '{}'")),
    )

    tenant_id: UUID = tenant_key()
    ocid: str = text_key()
    sujeto_obligado_id: UUID
    title: str = prose()
    buyer_name: str = prose()
    stage: str = prose()
    status: str = prose()
    method: str = prose()
    category: str = prose()
    amount: Decimal | None = Field(default=None, sa_column=Column(Numeric, nullable=True))
    currency: str = prose()
    suppliers: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    signed_on: date | None = None
    published_at: datetime = moment(default_now=False)
    terms: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))


class PublicationTotal(SQLModel, table=True):
    """Counts per sujeto obligado, kept as publications happen, so that no page counts rows."""

    __tablename__ = "publication_total"
    __table_args__ = (belongs_to("sujeto_obligado", "sujeto_obligado_id"),)

    tenant_id: UUID = tenant_key()
    sujeto_obligado_id: UUID = Field(primary_key=True)
    processes: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    releases: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    last_published_at: datetime | None = moment(default_now=False, nullable=True)


class WithdrawalRequest(SQLModel, table=True):
    """Somebody asks that a release, or all of a process, be taken from the public; at most one waits per process.

    Attributes:
        position: of the release in the chain; None asks for the whole process.
        ground: in law, in Spanish; with `reason` it becomes public when the request is approved.
        erases: whether drafts and history go too: "" nothing, "places" only those named, "all".
        places: lasting places (`app.ocds.lasting`) of the document.
        decision: what whoever decided said.
    """

    __tablename__ = "withdrawal_request"
    __table_args__ = (
        belongs_to("contracting_process", "process_id"),
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        Index(
            "withdrawal_request_open_key",
            "tenant_id",
            "process_id",
            unique=True,
            postgresql_where=text("status = 'requested'"),
        ),
        Index("withdrawal_request_status_idx", "tenant_id", "status", "requested_at", "request_id"),
        one_of("status", REQUEST_STATUSES),
        one_of("erases", ("", "places", "all")),
    )

    tenant_id: UUID = tenant_key()
    request_id: UUID = Field(default_factory=new_id, primary_key=True)
    process_id: UUID
    sujeto_obligado_id: UUID
    position: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    status: str = prose("requested")
    ground: str = prose(None)
    reason: str = prose(None)
    erases: str = prose()
    places: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    requested_by: UUID
    requested_at: datetime = moment()
    decided_by: UUID | None = None
    decided_at: datetime | None = moment(default_now=False, nullable=True)
    decision: str = prose()


class Redaction(SQLModel, table=True):
    """The legal act by which values left the drafts and the history of a process; only in its transaction may they.

    `facts` tells in numbers what was redacted, with the hashes of what stood there before.
    """

    __tablename__ = "redaction"
    __table_args__ = (
        belongs_to("withdrawal_request", "request_id"),
        belongs_to("contracting_process", "process_id"),
        Index("redaction_process_idx", "tenant_id", "process_id"),
    )

    tenant_id: UUID = tenant_key()
    redaction_id: UUID = Field(default_factory=new_id, primary_key=True)
    request_id: UUID
    process_id: UUID
    transaction_id: int = Field(
        sa_column=Column(
            BigInteger, nullable=False, server_default=text("pg_current_xact_id()::text::bigint")
        )
    )
    at: datetime = moment()
    facts: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))


class Reservation(SQLModel, table=True):
    """Places of a document that stay out of its releases until a day, on a ground in law.

    Attributes:
        kind: reserved (its term ends) or confidential (it has none).
        places: lasting places (`app.ocds.lasting`).
        harm: the "prueba de daño"; `harm_attachment_id` a reserved file that holds it.
        until: last day of the term; None while confidential.
        extension: why the term was extended, once.
    """

    __tablename__ = "reservation"
    __table_args__ = (
        belongs_to("contracting_process", "process_id"),
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        belongs_to("attachment", "harm_attachment_id", remote=("attachment_id",)),
        Index("reservation_process_idx", "tenant_id", "process_id", "status"),
        Index("reservation_status_idx", "tenant_id", "status", "requested_at", "reservation_id"),
        Index("reservation_until_idx", "until", postgresql_where=text("status IN ('granted', 'extended')")),
        one_of("kind", ("reserved", "confidential")),
        one_of("status", RESERVATION_STATUSES),
    )

    tenant_id: UUID = tenant_key()
    reservation_id: UUID = Field(default_factory=new_id, primary_key=True)
    process_id: UUID
    sujeto_obligado_id: UUID
    kind: str = prose("reserved")
    status: str = prose("requested")
    places: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    ground: str = prose(None)
    reason: str = prose(None)
    harm: str = prose()
    harm_attachment_id: UUID | None = None
    until: date | None = None
    extension: str = prose()
    requested_by: UUID
    requested_at: datetime = moment()
    decided_by: UUID | None = None
    decided_at: datetime | None = moment(default_now=False, nullable=True)
    decision: str = prose()
