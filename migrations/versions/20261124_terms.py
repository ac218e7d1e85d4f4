"""What is kept of loads, and for how long.

Revision: 20261124_terms
After: 20261123_transfer
"""

from alembic import op

from migrations.walls import grant, role

revision = "20261124_terms"
down_revision = "20261123_transfer"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a load say that its file is deleted."""
    for table in ("padron_load", "catalog_load"):
        grant("UPDATE", table, "app_rw", columns=("storage_key",))


def downgrade() -> None:
    """Take it back."""
    for table in ("padron_load", "catalog_load"):
        op.execute(f"REVOKE UPDATE (storage_key) ON {table} FROM {role('app_rw')}")
