"""Sujetos obligados move to another tenant with all that is theirs.

The story: what was published stays in the old tenant's chain, so a process that moved leaves a shell there, which tenant
work does not see. Both chains tell of the move (`chain_transfer`), and the new tenant knows which releases elsewhere are
its process's (`taken_over`). Only the owner writes either. A prefix may be another tenant's and still be used by bodies
that came from there.

Revision: 20261123_transfer
After: 20261123_redaction
"""

import sqlalchemy as sa
from alembic import op

from migrations import gently
from migrations.walls import grant, readable_by, role, wall

revision = "20261123_transfer"
down_revision = "20261123_redaction"
branch_labels = None
depends_on = None

SHOWN = "moved_to IS NULL OR coalesce(current_setting('app.moved', true), '') = 'shown'"
RELEASES_OF = """
CREATE FUNCTION releases_of(tenant uuid, asked text)
RETURNS TABLE (place bigint, tenant_id uuid, "position" bigint, slug text)
LANGUAGE sql STABLE AS $$
  SELECT o.position, o.tenant_id, o.position, NULL::text
  FROM release o WHERE o.tenant_id = $1 AND o.ocid = $2 AND o.kind = 'release'
  UNION ALL
  SELECT k.place, k.source_id, k.source_position, t.slug
  FROM taken_over k JOIN tenant t ON t.tenant_id = k.source_id WHERE k.tenant_id = $1 AND k.ocid = $2
$$
"""
"""Every release of a process, where it stands: one that was taken over says whose chain that is."""
CHECKS = (
    ("release", "kind", "kind IN ('release', 'withdrawal', 'transfer')", "kind IN ('release', 'withdrawal')"),
    (
        "ocid_prefix",
        "kind",
        "kind IN ('test', 'registered', 'used', 'inherited')",
        "kind IN ('test', 'registered', 'used')",
    ),
    (
        "sujeto_obligado",
        "status",
        "status IN ('active', 'suspended', 'merged', 'moving', 'moved')",
        "status IN ('active', 'suspended', 'merged')",
    ),
    (
        "sujeto_change",
        "act",
        "act IN ('add', 'change', 'rename', 'policy', 'suspend', 'reactivate', 'merge', 'split', 'succession', 'move')",
        "act IN ('add', 'change', 'rename', 'policy', 'suspend', 'reactivate', 'merge', 'split', 'succession')",
    ),
    (
        "platform_act",
        "kind",
        "kind IN ('succession', 'export_key', 'deletion', 'administration', 'transfer')",
        "kind IN ('succession', 'export_key', 'deletion', 'administration')",
    ),
)
"""Table, column, what it may say from now on, what it might say before."""


def upgrade() -> None:
    op.add_column("contracting_process", sa.Column("moved_to", sa.Uuid(), nullable=True))
    op.execute(
        f"CREATE POLICY here ON contracting_process AS RESTRICTIVE FOR ALL TO {role('app_rw')} USING ({SHOWN})"
    )
    op.drop_constraint("ocid_prefix_prefix_key", "ocid_prefix")
    op.create_index(
        "ocid_prefix_prefix_key",
        "ocid_prefix",
        ["prefix"],
        unique=True,
        postgresql_where=sa.text("kind <> 'inherited'"),
    )
    _told()
    op.execute(RELEASES_OF)
    for name in ("app_public", "app_monitor"):
        op.execute(
            f"CREATE POLICY {name}_follows ON ocid_alias FOR SELECT TO {role(name)} USING (EXISTS ("
            "SELECT FROM chain_transfer t WHERE t.tenant_id = ocid_alias.tenant_id "
            "AND t.process_id = ocid_alias.process_id))"
        )
    for table, column, now, _ in CHECKS:
        gently.check(op.f(f"{table}_{column}_check"), table, now)


def _told() -> None:
    op.create_table(
        "chain_transfer",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("ocid", sa.Text(), nullable=False),
        sa.Column("peer_id", sa.Uuid(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("chain_transfer_direction_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "position"],
            ["release.tenant_id", "release.position"],
            name=op.f("chain_transfer_tenant_id_release_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "position", name=op.f("chain_transfer_pkey")),
    )
    op.create_index("chain_transfer_ocid_idx", "chain_transfer", ["tenant_id", "ocid", "position"])
    op.create_index("chain_transfer_process_idx", "chain_transfer", ["tenant_id", "process_id"])
    op.create_table(
        "taken_over",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("ocid", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("source_position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("place < 0", name=op.f("taken_over_before_all_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "process_id"],
            ["contracting_process.tenant_id", "contracting_process.process_id"],
            name=op.f("taken_over_tenant_id_contracting_process_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "place", name=op.f("taken_over_pkey")),
        sa.UniqueConstraint(
            "tenant_id",
            "source_id",
            "source_position",
            name=op.f("taken_over_tenant_id_source_id_source_position_key"),
        ),
    )
    op.create_index("taken_over_ocid_idx", "taken_over", ["tenant_id", "ocid", "place"])
    op.create_index("taken_over_process_idx", "taken_over", ["tenant_id", "process_id", "place"])
    for table in ("chain_transfer", "taken_over"):
        wall(table)
        readable_by(table, "app_public", "app_monitor")
        grant("SELECT", table, "app_rw")
    # Whose a published file is tells whether it left a tenant together with its body.
    grant("SELECT", "attachment", "app_public", columns=("sujeto_obligado_id",))


def downgrade() -> None:
    for name in ("app_public", "app_monitor"):
        op.execute(f"DROP POLICY {name}_follows ON ocid_alias")
    op.execute(f"REVOKE SELECT (sujeto_obligado_id) ON attachment FROM {role('app_public')}")
    op.execute("DROP POLICY here ON contracting_process")
    op.execute("DROP FUNCTION releases_of")
    op.drop_table("taken_over")
    op.drop_table("chain_transfer")
    op.drop_index("ocid_prefix_prefix_key", "ocid_prefix")
    op.create_unique_constraint("ocid_prefix_prefix_key", "ocid_prefix", ["prefix"])
    op.drop_column("contracting_process", "moved_to")
    for table, column, _, before in CHECKS:
        gently.check(op.f(f"{table}_{column}_check"), table, before)
