"""Alembic's environment: runs as the owner role, one migration a transaction, one deployer at a time."""

from collections.abc import Collection, Mapping
from typing import Any

from alembic import context
from sqlalchemy import Connection, text

from app.core.metadata import metadata

# Whoever asks for a table after a migration that waits for it waits as well; it is tried again (app/core/migrate.py).
LOCK_TIMEOUT = "1s"
ADVISORY_LOCK = 7_261_034


def _include(_object: object, _name: str | None, type_: str, reflected: bool, _other: object) -> bool:  # noqa: FBT001
    return not (type_ == "table" and reflected and getattr(_object, "schema", None) == "jobs")


def _tell(ctx: Any, step: Any, heads: Collection[Any], run_args: Mapping[str, Any]) -> None:  # noqa: ARG001
    """Write down, in the migration's own transaction, since which revision nothing needs what it took away."""
    since = getattr(step.up_revision.module, "contract", None)
    if since and step.is_upgrade:
        ctx.connection.execute(text("SELECT set_config('app.floor', :since, true)"), {"since": since})
        ctx.connection.execute(
            text(
                "DO $$ BEGIN EXECUTE format('COMMENT ON TABLE alembic_version IS %L', current_setting('app.floor')); "
                "END $$"
            )
        )


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata(),
        include_object=_include,
        transaction_per_migration=True,
        compare_type=True,
        compare_server_default=False,
        on_version_apply=_tell,
    )
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
    connection.execute(text("SELECT set_config('lock_timeout', :limit, false)"), {"limit": LOCK_TIMEOUT})
    connection.commit()
    try:
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("RESET lock_timeout"))
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
        connection.commit()


_run(context.config.attributes["connection"])
