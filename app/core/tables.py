"""Column types and table bases that every feature's models share.

Every tenant table is led by `tenant_id` in its primary key, its unique keys and its foreign keys (foreign keys ignore
row security, so they must carry the tenant themselves), and is walled by its migration (docs/adr/0002).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    ColumnElement,
    DateTime,
    ForeignKeyConstraint,
    Table,
    Text,
    any_,
    func,
    literal,
)
from sqlmodel import Field, SQLModel, col

SQLModel.metadata.naming_convention = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_name)s_%(referred_table_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}

TENANT_SETTING = "nullif(current_setting('app.tenant_id', true), '')::uuid"
ADDRESS_SETTING = "coalesce(current_setting('app.address', true), '')"
SUJETO_SETTING = "nullif(current_setting('app.sujeto_obligado_id', true), '')::uuid"
ACCOUNT_SETTING = "nullif(current_setting('app.account_id', true), '')::uuid"


def tenant_key() -> Any:
    """Return the leading column of a tenant table's primary key."""
    return Field(primary_key=True, nullable=False)


def text_key() -> Any:
    """Return a `text` field of the primary key, after the tenant."""
    return Field(sa_column=Column(Text, primary_key=True))


def moment(*, default_now: bool = True, nullable: bool = False) -> Any:
    """Return a `timestamptz` field, by default the start of the transaction."""
    column: Column[datetime] = Column(
        DateTime(timezone=True), nullable=nullable, server_default=func.now() if default_now else None
    )
    return Field(default=None, sa_column=column)


def prose(default: str | None = "") -> Any:
    """Return a `text NOT NULL` field; an absent text is the empty one."""
    column: Column[str] = Column(Text, nullable=False, server_default=default)
    return Field(default=default, sa_column=column) if default is not None else Field(sa_column=column)


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """Return the constraint that a text column holds one of the values (no native enums: they cannot shrink)."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def belongs_to(table: str, *columns: str, remote: tuple[str, ...] | None = None) -> ForeignKeyConstraint:
    """Return a foreign key that carries the tenant.

    Args:
        table: the table referred to.
        columns: local columns after `tenant_id`.
        remote: the remote columns after `tenant_id`, where they are named differently.
    """
    return ForeignKeyConstraint(
        ["tenant_id", *columns], [f"{table}.{name}" for name in ("tenant_id", *(remote or columns))]
    )


def among(column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """Return the condition that a column is one of the values.

    They are one parameter. `IN` is a parameter per value and so another statement for each number of them, which
    driver and server take apart and plan anew.
    """
    held: Any = col(column)
    return col(column) == any_(literal(list(values), ARRAY(held.type)))


def new_id() -> UUID:
    """Return a fresh random identifier."""
    return uuid4()


def table_of(model: type[SQLModel]) -> Table:
    """Return the table of a model, for statements over many rows that need no objects."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table
