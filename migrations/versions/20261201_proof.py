"""Signed heads of chains, the public halves of the keys that signed them, and the lists of heads that they name.

Revision: 20261201_proof
After: 20261130_download_tables
"""

import sqlalchemy as sa
from alembic import op

from migrations.walls import grant, readable_by, wall

revision = "20261201_proof"
down_revision = "20261130_download_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; only the owner writes them."""
    op.create_table(
        "signed_head",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("signed_head_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "day", name=op.f("signed_head_pkey")),
    )
    wall("signed_head")
    readable_by("signed_head", "app_public", "app_monitor")
    grant("SELECT", "signed_head", "app_rw")
    op.create_table(
        "signing_key",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("signing_key_pkey")),
    )
    op.create_table(
        "head_list",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("head_list_pkey")),
    )
    for table in ("signing_key", "head_list"):
        grant("SELECT", table, "app_public", "app_monitor")


def downgrade() -> None:
    """Drop them."""
    for table in ("head_list", "signing_key", "signed_head"):
        op.drop_table(table)
