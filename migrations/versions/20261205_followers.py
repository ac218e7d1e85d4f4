"""How far those who follow the chains have come.

Revision: 20261205_followers
After: 20261204_national_files
"""

import sqlalchemy as sa
from alembic import op

from migrations.walls import grant, readable_by, wall

revision = "20261205_followers"
down_revision = "20261204_national_files"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; who follows begins at the beginning."""
    op.create_table(
        "chain_follower",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("chain_follower_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "name", name=op.f("chain_follower_pkey")),
    )
    wall("chain_follower")
    grant("SELECT, INSERT, UPDATE, DELETE", "chain_follower", "app_rw")
    readable_by("chain_follower", "app_public")


def downgrade() -> None:
    """Drop the table: everything is derived again."""
    op.drop_table("chain_follower")
