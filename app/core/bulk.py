"""Many rows in one statement: they travel as one JSON text, which the server takes apart.

`executemany` costs both sides a message per row. Working documents are stored in some twenty parts each, and inserting
those was a third of the time of importing and publishing; this way it is half of that (benchmarks/README.md).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, ColumnElement, Table, Text, bindparam, cast, column, func, literal, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlmodel import Session

from app.core import json

Computed = Callable[[Any], ColumnElement[Any]]
"""An expression over the columns of the rows that travel (`row.c.name`)."""


def insertion(table: Table, *columns: str, **computed: Computed) -> Insert:
    """Return the statement that inserts rows of the columns named; the others take the defaults of the database.

    Args:
        table: where to.
        columns: what every row has. Bytes travel in twice their length: no long ones.
        **computed: columns that the server finds out for each row.
    """
    held = [table.c[name] for name in columns]
    text = cast(bindparam("rows", type_=Text), JSON)
    rows = func.json_to_recordset(text).table_valued(*(column(one.name, one.type) for one in held))
    record = rows.render_derived(with_types=True)
    values = [_value(record.c[one.name], one.type) for one in held]
    values += [find(record) for find in computed.values()]
    return insert(table).from_select([*columns, *computed], select(*values), include_defaults=False)


def execute(session: Session, statement: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, all of them or none.

    Args:
        session: bound to the actor.
        statement: made by `insertion`.
        rows: of the columns that it names.
    """
    if rows:
        session.connection().execute(statement, {"rows": json.text(rows, default=plain)})


def returned(session: Session, statement: Any, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Insert rows and return what the statement's one `RETURNING` column says of those that went in."""
    if not rows:
        return []
    given = {"rows": json.text(rows, default=plain)}
    return list(session.connection().execute(statement, given).scalars())


def _value(held: ColumnElement[Any], type_: Any) -> ColumnElement[Any]:
    """Where a column is JSON, its null is a value like any other, not the absence of one."""
    return func.coalesce(held, cast(literal("null", Text), type_)) if isinstance(type_, JSON) else held


def plain(value: Any) -> str:
    """Return what JSON does not know (bytes, decimals) as PostgreSQL reads it inside one."""
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)
