"""Of which quarters each published process reports something.

Revision: 20261125_due
After: 20261124_delivery
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from migrations.walls import grant, wall

revision = "20261125_due"
down_revision = "20261124_delivery"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and its walls; it is filled as quarters are looked at."""
    op.create_table(
        "pnt_placed",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("ocid", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("release_count", sa.Integer(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("quarters", ARRAY(sa.Date()), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("pnt_placed_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "ocid", name=op.f("pnt_placed_pkey")),
    )
    wall("pnt_placed")
    grant("SELECT, INSERT, UPDATE", "pnt_placed", "app_rw")


def downgrade() -> None:
    """Drop the table: it is filled again as quarters are looked at."""
    op.drop_table("pnt_placed")
