"""The order of all tenants' chains together.

Revision: 20261128_national_order
After: 20261127_facet_terms
"""

import sqlalchemy as sa
from alembic import op

from migrations.walls import grant

revision = "20261128_national_order"
down_revision = "20261127_facet_terms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create it, empty: a chore gives the entries that are there their numbers."""
    op.create_table(
        "national_order",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('release', 'withdrawal', 'transfer')", name=op.f("national_order_kind_check")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("national_order_pkey")),
        sa.UniqueConstraint("source_id", "position", name=op.f("national_order_source_id_position_key")),
    )
    op.create_index("national_order_at_idx", "national_order", ["at", "number"])
    for kind in ("withdrawal", "transfer"):
        op.create_index(
            f"national_order_{kind}_idx",
            "national_order",
            ["number"],
            postgresql_where=sa.text(f"kind = '{kind}'"),
        )
    grant("SELECT", "national_order", "app_public", "app_monitor")


def downgrade() -> None:
    """Drop it."""
    op.drop_table("national_order")
