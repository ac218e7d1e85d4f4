"""Tables of the registry: entries, who belongs to whom, what was changed, and which process uses what."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from app.core.tables import belongs_to, moment, new_id, one_of, prose, tenant_key, text_key

KINDS = ("supplier", "official", "unit", "body")


class Party(SQLModel, table=True):
    """One entry of the registry.

    Attributes:
        sujeto_obligado_id: whose it is; None when the garante shares it with every body of the tenant.
        folded: name, legal name, number and position as searches compare them; also the order of lists.
        identifier_scheme: of the legal identifier.
        identifier_id: its number, as it is compared; empty where it names nobody in particular (generic RFCs).
        body: an OCDS `Organization` without `id`, `roles` and `memberOf`, which depend on the process.
    """

    __tablename__ = "party"
    __table_args__ = (
        belongs_to("tenant"),
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        Index("party_list_idx", "tenant_id", "kind", "folded", "party_id"),
        Index(
            "party_identifier_key",
            "tenant_id",
            "sujeto_obligado_id",
            "identifier_scheme",
            "identifier_id",
            unique=True,
            postgresql_where=text("identifier_id <> ''"),
            postgresql_nulls_not_distinct=True,  # what is shared has no owner, and is no less one's own
        ),
        one_of("kind", KINDS),
    )

    tenant_id: UUID = tenant_key()
    party_id: UUID = Field(default_factory=new_id, primary_key=True)
    sujeto_obligado_id: UUID | None = None
    kind: str = prose(None)
    name: str = prose(None)
    folded: str = prose(None)
    identifier_scheme: str = prose()
    identifier_id: str = prose()
    body: dict[str, Any] = Field(sa_column=Column(JSON(none_as_null=False), nullable=False))
    row_version: int = Field(default=1, nullable=False)
    created_by: UUID | None = None
    updated_by: UUID | None = None
    created_at: datetime = moment()
    updated_at: datetime = moment()
    retired_at: datetime | None = moment(default_now=False, nullable=True)


class PartyMember(SQLModel, table=True):
    """One entry belongs to another: a firm to a consortium, an official or a unit to an institution."""

    __tablename__ = "party_member"
    __table_args__ = (
        belongs_to("party", "group_id", remote=("party_id",)),
        ForeignKeyConstraint(
            ["tenant_id", "member_id"], ["party.tenant_id", "party.party_id"], name="party_member_member_fkey"
        ),
        Index("party_member_groups_idx", "tenant_id", "member_id"),
    )

    tenant_id: UUID = tenant_key()
    group_id: UUID = Field(primary_key=True)
    member_id: UUID = Field(primary_key=True)


class PartyChange(SQLModel, table=True):
    """One field of an entry that somebody changed; an empty pointer is its entering.

    `pointer` is a JSON Pointer into the body, or `/members`, `/memberOf` and `/retired` for what stands beside it.
    """

    __tablename__ = "party_change"
    __table_args__ = (belongs_to("party", "party_id"),)

    tenant_id: UUID = tenant_key()
    party_id: UUID = Field(primary_key=True)
    row_version: int = Field(primary_key=True)
    pointer: str = text_key()
    before: Any = Field(sa_column=Column(JSON(none_as_null=False), nullable=False))
    after: Any = Field(sa_column=Column(JSON(none_as_null=False), nullable=False))
    account_id: UUID | None = None
    at: datetime = moment()


class PartyUse(SQLModel, table=True):
    """A part of a working document (`parties/3`) that came from an entry, and from which version of it.

    `sujeto_obligado_id` is whose process it is: a shared entry is used by bodies that may not see each other.
    """

    __tablename__ = "party_use"
    __table_args__ = (
        belongs_to("contracting_process", "process_id"),
        belongs_to("sujeto_obligado", "sujeto_obligado_id"),
        belongs_to("party", "party_id"),
        Index("party_use_party_idx", "tenant_id", "party_id", "sujeto_obligado_id"),
    )

    tenant_id: UUID = tenant_key()
    process_id: UUID = Field(primary_key=True)
    part_path: str = text_key()
    sujeto_obligado_id: UUID
    party_id: UUID
    party_version: int = Field(nullable=False)
