"""Changes of large tables that nobody has to wait for: the version before goes on serving meanwhile (docs/adr/0034).

Each ends the migration's transaction, so it comes last in its migration and may be run again after it was cut short.
"""

from collections.abc import Sequence
from typing import Any

from alembic import op


def index(name: str, table: str, columns: Sequence[Any], **options: Any) -> None:
    """Build an index while the table is written to; one that was left half built goes first.

    Args:
        name: of the index.
        table: that has rows already.
        columns: names, or expressions of SQLAlchemy.
        **options: of `op.create_index`.
    """
    with op.get_context().autocommit_block():
        # It waits for transactions that began before it, and holds up none that begin after.
        op.execute("SET lock_timeout = 0")
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
        op.create_index(name, table, columns, postgresql_concurrently=True, **options)
        op.execute("RESET lock_timeout")


def check(name: str, table: str, condition: str) -> None:
    """Let a table refuse rows from now on, then look at those it has without stopping anybody.

    Args:
        name: of the constraint.
        table: that has rows already.
        condition: SQL.
    """
    op.drop_constraint(op.f(name), table, type_="check", if_exists=True)
    op.create_check_constraint(op.f(name), table, condition, postgresql_not_valid=True)
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
