"""Tables of the files for download: what each stretch of a chain was made into, and the files that consist of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Column, Index, LargeBinary, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.core.tables import belongs_to, moment, prose, tenant_key, text_key


def _number(default: int | None = 0) -> Any:
    return Field(default=default, sa_column=Column(BigInteger, nullable=default is None))


def _bytes(*, key: bool = False) -> Any:
    return Field(sa_column=Column(LargeBinary, nullable=False, primary_key=key))


class DownloadState(SQLModel, table=True):
    """How far a tenant's files have come.

    Attributes:
        position: up to where of the tenant's chain the files tell everything.
        entry_hash: of the chain's entry at that position.
        withdrawals: how many withdrawals the chains in `sources` had seen.
        sources: tenants in whose chains stand releases that the files tell of.
        checked_at: when the files were last known to be all there is.
    """

    __tablename__ = "download_state"
    __table_args__ = (belongs_to("tenant"),)

    tenant_id: UUID = tenant_key()
    position: int = _number()
    entry_hash: bytes = _bytes()
    withdrawals: int = _number()
    sources: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    checked_at: datetime = moment()


class DownloadBlock(SQLModel, table=True):
    """A fixed run of places of a chain, made into one stored object.

    Attributes:
        number: of the run, from zero.
        position: where the chain ended when the block was begun.
        withdrawals: how many withdrawals the chains it reads had seen then.
        recipe: what else its bytes depend on; another recipe makes it again.
        storage_key: of the object.
        parts: what lies where in the object (`app.downloads.blocks.Part`).
    """

    __tablename__ = "download_block"
    __table_args__ = (belongs_to("tenant"),)

    tenant_id: UUID = tenant_key()
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    position: int = _number()
    withdrawals: int = _number()
    recipe: str = prose(None)
    storage_key: str = prose(None)
    parts: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))


class DownloadFile(SQLModel, table=True):
    """A version of one of a tenant's files.

    Attributes:
        kind: what it holds (`app.downloads.composing.KINDS`).
        year: of publication; None holds all.
        rows: releases or records in it.
        size: bytes.
        unpacked: bytes once decompressed.
        pieces: of what it consists, in order (`app.downloads.pieces`).
        storage_keys: of the objects that the pieces lie in.
        sources: tenants whose chains it tells of.
        withdrawals: how many withdrawals those chains had seen; it is served while they have seen no more.
        made_of: hash of the file of releases that tables were made of; None of a file that needs no other.
        modified_at: since when the file has these bytes.
        replaced_at: when it got others; these are then kept for whoever is in the middle of them.
    """

    __tablename__ = "download_file"
    __table_args__ = (
        belongs_to("tenant"),
        Index(
            "download_file_current_key",
            "tenant_id",
            "name",
            unique=True,
            postgresql_where=text("replaced_at IS NULL"),
        ),
    )

    tenant_id: UUID = tenant_key()
    name: str = text_key()
    sha256: bytes = _bytes(key=True)
    kind: str = prose(None)
    year: int | None = None
    rows: int = _number()
    size: int = _number()
    unpacked: int = _number()
    md5: bytes = _bytes()
    pieces: bytes = _bytes()
    storage_keys: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    sources: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    withdrawals: int = _number()
    made_of: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    modified_at: datetime = moment()
    replaced_at: datetime | None = moment(default_now=False, nullable=True)


class NationalFile(SQLModel, table=True):
    """A version of a file of all tenants together, made of pieces of theirs; attributes as of `DownloadFile`."""

    __tablename__ = "national_file"
    __table_args__ = (
        Index("national_file_current_key", "name", unique=True, postgresql_where=text("replaced_at IS NULL")),
    )

    name: str = text_key()
    sha256: bytes = _bytes(key=True)
    kind: str = prose(None)
    year: int | None = None
    rows: int = _number()
    size: int = _number()
    unpacked: int = _number()
    md5: bytes = _bytes()
    pieces: bytes = _bytes()
    storage_keys: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    sources: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    withdrawals: int = _number()
    modified_at: datetime = moment()
    replaced_at: datetime | None = moment(default_now=False, nullable=True)


class NationalState(SQLModel, table=True):
    """How far the national files have come: one row.

    Attributes:
        number: one.
        publishers: whose files they are of, and how far each had come (`app.downloads.national.Told`).
        checked_at: when they were last made of what there was.
    """

    __tablename__ = "national_state"

    number: int = Field(default=1, primary_key=True)
    publishers: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    checked_at: datetime = moment()
