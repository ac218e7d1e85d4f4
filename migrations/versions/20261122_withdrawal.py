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
    _other_names()


def downgrade() -> None:
    """Drop the tables: what was told in them is lost."""
    for name in ("app_public", "app_monitor"):
        op.execute(f"ALTER POLICY {name}_reads ON ocid_alias USING ({_NAMED % ''})")
    op.drop_index("release_withdrawn_idx", "release")
    op.drop_table("public_act")


_NAMED = (
    "EXISTS (SELECT FROM record r WHERE r.tenant_id = ocid_alias.tenant_id "
    "AND r.process_id = ocid_alias.process_id)%s"
)


def _other_names() -> None:
    """Let the world read the other names of a withdrawn process too: they answer 410, not 404."""
    op.create_index(
        "release_withdrawn_idx",
        "release",
        ["tenant_id", "process_id"],
        postgresql_where=sa.text("kind = 'withdrawal'"),
    )
    told = (
        " OR EXISTS (SELECT FROM release w WHERE w.tenant_id = ocid_alias.tenant_id "
        "AND w.process_id = ocid_alias.process_id AND w.kind = 'withdrawal')"
    )
    for name in ("app_public", "app_monitor"):
        op.execute(f"ALTER POLICY {name}_reads ON ocid_alias USING ({_NAMED % told})")


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
