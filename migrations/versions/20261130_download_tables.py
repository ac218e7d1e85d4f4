"""Files for download that are made of other files: tables, of releases.

Revision: 20261130_download_tables
After: 20261129_downloads
"""

import sqlalchemy as sa
from alembic import op

revision = "20261130_download_tables"
down_revision = "20261129_downloads"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what there is was made of nothing else."""
    op.add_column("download_file", sa.Column("made_of", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("download_file", "made_of")
