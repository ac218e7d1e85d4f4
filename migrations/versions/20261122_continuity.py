"""The life of a tenant: suspension with a reason, deletion, exports, and imported audit.

The story: a suspended tenant says why, and a deleted one keeps its row as a tombstone. An export is locked with the
garante's own key. Audit that came from another installation counts transactions of another cluster, so rows and seals
carry a generation: 0 is this installation's, -1 the one before it, and so on.

Revision: 20261122_continuity
After: 20261122_accountability
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import grant, role, wall

revision = "20261122_continuity"
down_revision = "20261122_accountability"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("tenant_status_check"), "tenant", type_="check")
    op.create_check_constraint(
        op.f("tenant_status_check"), "tenant", "status IN ('active', 'suspended', 'deleted')"
    )
    op.add_column(
        "tenant", sa.Column("status_reason", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.add_column("tenant", sa.Column("status_since", sa.DateTime(timezone=True), nullable=True))
    for table in ("audit_event", "audit_seal"):
        op.add_column(
            table, sa.Column("generation", sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
        )
    # The owner deletes a whole tenant, after two people and seven days; nobody else had the right to delete at all.
    op.execute(f"ALTER POLICY withdrawn_only ON release_body TO {role('app_rw')}")
    _exports()
    _acts()


def _exports() -> None:
    op.create_table(
        "export_key",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("stated_by", sa.Uuid(), nullable=True),
        sa.Column("stated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("export_key_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("export_key_pkey")),
    )
    op.create_table(
        "tenant_export",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'queued'"), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("originals", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_as", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("storage_key", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("chain_position", sa.BigInteger(), nullable=False),
        sa.Column("chain_hash", sa.LargeBinary(), nullable=True),
        sa.Column("link_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("link_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'ready', 'failed', 'expired')",
            name=op.f("tenant_export_status_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("tenant_export_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "export_id", name=op.f("tenant_export_pkey")),
    )
    op.create_index(
        "tenant_export_one_at_a_time",
        "tenant_export",
        ["tenant_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    for table in ("export_key", "tenant_export"):
        wall(table)
        grant("SELECT, INSERT, UPDATE", table, "app_rw")


def _acts() -> None:
    # No role of the service is granted anything: acts on whole tenants are the owner's, in app/continuity alone.
    op.create_table(
        "platform_act",
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'asked'"), nullable=False),
        sa.Column("legal_act", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('succession', 'export_key', 'deletion')", name=op.f("platform_act_kind_check")
        ),
        sa.CheckConstraint(
            "status IN ('asked', 'accepted', 'done', 'cancelled')", name=op.f("platform_act_status_check")
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> asked_by OR status = 'cancelled'",
            name=op.f("platform_act_two_people_check"),
        ),
        sa.PrimaryKeyConstraint("act_id", name=op.f("platform_act_pkey")),
    )
    op.create_index("platform_act_subject_idx", "platform_act", ["subject_id", "asked_at"])


def downgrade() -> None:
    op.execute("ALTER POLICY withdrawn_only ON release_body TO PUBLIC")
    for table in ("platform_act", "tenant_export", "export_key"):
        op.drop_table(table)
    for table in ("audit_event", "audit_seal"):
        op.drop_column(table, "generation")
    for column in ("status_since", "status_reason"):
        op.drop_column("tenant", column)
    op.drop_constraint(op.f("tenant_status_check"), "tenant", type_="check")
    op.create_check_constraint(op.f("tenant_status_check"), "tenant", "status IN ('active', 'suspended')")
