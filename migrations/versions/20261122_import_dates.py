"""Imports know when each release was made.

The story: a release that arrives after a newer one of its process must not undo it, so every applied row keeps the date
that its release states, and the newest of a process is found by its own index. An older running version goes on
writing rows without dates. Going back loses nothing but this.

Revision: 20261122_import_dates
After: 20261122_spine
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_import_dates"
down_revision = "20261122_spine"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("import_row", sa.Column("source_date", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "import_row_process_idx",
        "import_row",
        ["tenant_id", "process_id", "source_date"],
        postgresql_where=sa.text("process_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("import_row_process_idx", "import_row")
    op.drop_column("import_row", "source_date")
