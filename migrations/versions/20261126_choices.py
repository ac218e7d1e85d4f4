"""What a person decided when confirming an import: whose change counts, and whether what is missing goes.

Revision: 20261126_choices
After: 20261125_due
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261126_choices"
down_revision = "20261125_due"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; imports made before had nothing to decide."""
    op.add_column("import_run", sa.Column("choices", JSONB(), nullable=False, server_default="[]"))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("import_run", "choices")
