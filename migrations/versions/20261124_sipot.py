"""Files of the PNT become processes.

The story: an import says from which source it came, its rows which rows of the spreadsheet they were made of, and one
whose drafts are unpublished can be undone as a whole.

Revision: 20261124_sipot
After: 20261124_terms
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261124_sipot"
down_revision = "20261124_terms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what imports tell; all files until now were OCDS data."""
    op.add_column("import_run", sa.Column("source", sa.Text(), nullable=False, server_default="ocds"))
    op.add_column("import_run", sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("import_row", sa.Column("source_rows", JSONB(), nullable=False, server_default="[]"))
    op.add_column("import_row", sa.Column("before", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("import_row", "before")
    op.drop_column("import_row", "source_rows")
    op.drop_column("import_run", "undone_at")
    op.drop_column("import_run", "source")
