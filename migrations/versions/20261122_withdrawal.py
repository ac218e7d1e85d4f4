"""The public log, withdrawals asked for and decided, and reservations.

The story: every act of authority that the world may know of is an entry that no role of the service can change or
delete, and that everyone can read.

Revision: 20261122_withdrawal
After: 20261122_workflow
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import grant, readable_by, wall

revision = "20261122_withdrawal"
down_revision = "20261122_workflow"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and their walls."""
    _public_act()


def downgrade() -> None:
    """Drop the tables: what was told in them is lost."""
    op.drop_table("public_act")


def _public_act() -> None:
    op.create_table(
        "public_act",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=True),
        sa.Column("ocid", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("ground", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("detail", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('withdrawal', 'redaction', 'reservation', 'reservation_ended', 'correction', "
            "'policy_change', 'single_grant', 'transfer', 'succession', 'suspension', 'policy_text')",
            name=op.f("public_act_kind_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("public_act_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "number", name=op.f("public_act_pkey")),
    )
    op.create_index("public_act_kind_idx", "public_act", ["tenant_id", "kind", "number"])
    op.create_index("public_act_sujeto_idx", "public_act", ["tenant_id", "sujeto_obligado_id", "number"])
    op.create_index("public_act_ocid_idx", "public_act", ["tenant_id", "ocid", "number"])
    wall("public_act")
    readable_by("public_act", "app_public", "app_monitor", "app_auditor")
    grant("SELECT, INSERT", "public_act", "app_rw")
