"""Tables of catalogues: what was loaded, the entries, and what each of them said before."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.core.tables import ACCOUNT_SETTING, belongs_to, moment, new_id, one_of, prose, tenant_key

ORIGINS = ("page", "command", "demonstration")
ACTS = ("change", "retire", "restore")


class CatalogLoad(SQLModel, table=True):
    """A file of entries: previewed when it came, applied or discarded by a person.

    `complete` says that the file is the whole catalogue, so that what it leaves out is retired. `sample` holds the first
    rows of each outcome, for the preview and for ever. `storage_key` is empty once the file is deleted; a load that
    was discarded keeps no rows either.
    """

    __tablename__ = "catalog_load"
    __table_args__ = (
        belongs_to("tenant"),
        one_of("origin", ORIGINS),
        Index("catalog_load_recent_idx", "tenant_id", "kind", "created_at"),
    )

    tenant_id: UUID = tenant_key()
    load_id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str = prose(None)
    filename: str = prose(None)
    sha256: str = prose(None)
    storage_key: str = prose(None)
    origin: str = prose("page")
    complete: bool = Field(default=False, nullable=False)
    counts: dict[str, int] = Field(sa_column=Column(JSON, nullable=False))
    sample: dict[str, list[Any]] = Field(sa_column=Column(JSON, nullable=False))
    created_by: UUID | None = None
    created_at: datetime = moment()
    applied_at: datetime | None = moment(default_now=False, nullable=True)
    discarded_at: datetime | None = moment(default_now=False, nullable=True)


class CatalogEntry(SQLModel, table=True):
    """One code of one catalogue; never deleted, since releases name it.

    `family` tells equal codes apart where the kind has a column for it (the law of an article, the part of a budget key).
    `code_key` and `folded` are the code, and all that people search by, as `core.folding` folds them; every word of
    `folded` follows a blank. `load_id` is the load that brought the entry, None when somebody typed it.
    """

    __tablename__ = "catalog_entry"
    __table_args__ = (
        belongs_to("tenant"),
        belongs_to("catalog_load", "load_id"),
        UniqueConstraint("tenant_id", "kind", "family", "code"),
    )

    tenant_id: UUID = tenant_key()
    entry_id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str = prose(None)
    family: str = prose()
    code: str = prose(None)
    description: str = prose(None)
    unit: str = prose()
    stage: str = prose()
    method: str = prose()
    code_key: str = prose(None)
    folded: str = prose(None)
    row_version: int = Field(default=1, nullable=False)
    load_id: UUID | None = None
    created_at: datetime = moment()
    updated_at: datetime = moment()
    retired_at: datetime | None = moment(default_now=False, nullable=True)
    retired_by: UUID | None = None


class CatalogChange(SQLModel, table=True):
    """What an entry said before, and since when it says otherwise; `row_version` is the entry's after the act.

    `changed` is `{column: [before, after]}`, empty when the entry was only retired or brought back.
    """

    __tablename__ = "catalog_change"
    __table_args__ = (
        belongs_to("catalog_entry", "entry_id"),
        belongs_to("catalog_load", "load_id"),
        one_of("act", ACTS),
    )

    tenant_id: UUID = tenant_key()
    entry_id: UUID = Field(primary_key=True)
    row_version: int = Field(primary_key=True)
    act: str = prose(None)
    changed: dict[str, list[str]] = Field(sa_column=Column(JSON, nullable=False))
    load_id: UUID | None = None
    account_id: UUID | None = Field(default=None, sa_column_kwargs={"server_default": text(ACCOUNT_SETTING)})
    at: datetime = moment()
