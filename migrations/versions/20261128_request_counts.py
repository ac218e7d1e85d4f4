"""What server processes tell each other about how often each client asked.

The story: counted in each process, added up here every second, gone after two minutes. The table is not logged: after
a crash it is empty, and everybody begins anew. Only the role that reads accounts, which counts attempts to sign in as
well, may use it; no address is stored, only a hash.

Revision: 20261128_request_counts
After: 20261128_national_order
"""

import sqlalchemy as sa
from alembic import op

from migrations.walls import grant

revision = "20261128_request_counts"
down_revision = "20261128_national_order"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "request_count",
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("minute", "client", name=op.f("request_count_pkey")),
        prefixes=["UNLOGGED"],
    )
    grant("SELECT, INSERT, UPDATE, DELETE", "request_count", "app_auth")


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("request_count")
