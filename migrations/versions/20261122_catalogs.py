"""Catalogues of each tenant.

The story: the lists that capture offers (CUCOP, partidas, articles of a law…) are data of each garante. A load is a file
that somebody sent; entries are added, changed and retired, never deleted, because releases name their codes; what they
said before stays beside them. Nothing of a process depends on these tables: going back loses the catalogues alone.

Revision: 20261122_catalogs
After: 20261122_capture
"""

import sqlalchemy as sa
from alembic import op

from migrations.walls import grant, wall

revision = "20261122_catalogs"
down_revision = "20261122_capture"
branch_labels = None
depends_on = None

TABLES = ("catalog_load", "catalog_entry", "catalog_change")


def upgrade() -> None:
    _load()
    _entry()
    _change()
    for table in TABLES:
        wall(table)
    grant("SELECT, INSERT", "catalog_load", "app_rw")
    grant("SELECT, INSERT", "catalog_entry", "app_rw")
    # Who and when come from the transaction, not from what somebody states.
    grant("SELECT", "catalog_change", "app_rw")
    grant(
        "INSERT",
        "catalog_change",
        "app_rw",
        columns=("tenant_id", "entry_id", "row_version", "act", "changed", "load_id"),
    )
    grant("UPDATE", "catalog_load", "app_rw", columns=("counts", "sample", "applied_at", "discarded_at"))
    # A code keeps its meaning for ever: only what is said about it changes.
    grant(
        "UPDATE",
        "catalog_entry",
        "app_rw",
        columns=(
            "description",
            "unit",
            "stage",
            "method",
            "folded",
            "row_version",
            "updated_at",
            "retired_at",
            "retired_by",
        ),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _load() -> None:
    op.create_table(
        "catalog_load",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("load_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), server_default=sa.text("'page'"), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("sample", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "origin IN ('page', 'command', 'demonstration')", name=op.f("catalog_load_origin_check")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("catalog_load_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "load_id", name=op.f("catalog_load_pkey")),
    )
    op.create_index(
        "catalog_load_recent_idx", "catalog_load", ["tenant_id", "kind", "created_at"], unique=False
    )


def _entry() -> None:
    op.create_table(
        "catalog_entry",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("stage", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("method", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code_key", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("load_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("catalog_entry_tenant_id_tenant_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "load_id"],
            ["catalog_load.tenant_id", "catalog_load.load_id"],
            name=op.f("catalog_entry_tenant_id_catalog_load_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "entry_id", name=op.f("catalog_entry_pkey")),
        sa.UniqueConstraint(
            "tenant_id", "kind", "family", "code", name=op.f("catalog_entry_tenant_id_kind_family_code_key")
        ),
    )


def _change() -> None:
    op.create_table(
        "catalog_change",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("changed", sa.JSON(), nullable=False),
        sa.Column("load_id", sa.Uuid(), nullable=True),
        sa.Column(
            "account_id",
            sa.Uuid(),
            server_default=sa.text("nullif(current_setting('app.account_id', true), '')::uuid"),
            nullable=True,
        ),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("act IN ('change', 'retire', 'restore')", name=op.f("catalog_change_act_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "entry_id"],
            ["catalog_entry.tenant_id", "catalog_entry.entry_id"],
            name=op.f("catalog_change_tenant_id_catalog_entry_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "load_id"],
            ["catalog_load.tenant_id", "catalog_load.load_id"],
            name=op.f("catalog_change_tenant_id_catalog_load_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "entry_id", "row_version", name=op.f("catalog_change_pkey")),
    )
