"""Alembic's environment: runs as the owner role, one migration a transaction, one deployer at a time."""

from alembic import context
from sqlalchemy import Connection, text

from app.core.metadata import metadata

# A deploy must not queue behind a long query with a lock that stops everybody else (docs/operations.md).
LOCK_TIMEOUT = "5s"
ADVISORY_LOCK = 7_261_034


def _include(_object: object, _name: str | None, type_: str, reflected: bool, _other: object) -> bool:  # noqa: FBT001
    return not (type_ == "table" and reflected and getattr(_object, "schema", None) == "jobs")


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata(),
        include_object=_include,
        transaction_per_migration=True,
        compare_type=True,
        compare_server_default=False,
    )
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
    connection.execute(text("SELECT set_config('lock_timeout', :limit, false)"), {"limit": LOCK_TIMEOUT})
    connection.commit()
    try:
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
        connection.commit()


_run(context.config.attributes["connection"])
