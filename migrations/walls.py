"""What a migration says about a table: its wall, its readers, its writers. Imports nothing of the application.

Names of roles carry the installation's prefix, so grants are composed by the server itself (`format('%I')`), never from
text here.
"""

from collections.abc import Sequence

from alembic import op
from sqlalchemy import text

_WALL = """
DO $do$ BEGIN
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', '{table}');
  EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', '{table}');
  EXECUTE format(
    'CREATE POLICY wall ON %I USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid) '
    'WITH CHECK (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', '{table}');
END $do$
"""


def role(name: str) -> str:
    """Return the role's full name, with the installation's prefix."""
    prefix: str = op.get_context().config.attributes.get("role_prefix", "")  # type: ignore[union-attr]
    return f'"{prefix}{name}"'


def wall(table: str) -> None:
    """Enable and force row security and let a bound transaction see its tenant's rows only."""
    op.execute(text(_WALL.format(table=table)))


def readable_by(table: str, *roles: str) -> None:
    """Let roles read every tenant's rows of a published or directory table."""
    for name in roles:
        op.execute(f"GRANT SELECT ON {table} TO {role(name)}")
        op.execute(f"CREATE POLICY {name}_reads ON {table} FOR SELECT TO {role(name)} USING (true)")


def grant(verbs: str, table: str, *roles: str, columns: Sequence[str] = ()) -> None:
    """Grant verbs on a table, or on some of its columns, to roles."""
    listed = f" ({', '.join(columns)})" if columns else ""
    granted = ", ".join(verb.strip() + listed for verb in verbs.split(","))
    for name in roles:
        op.execute(f"GRANT {granted} ON {table} TO {role(name)}")
