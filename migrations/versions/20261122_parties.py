"""The registry of suppliers, officials, units and bodies.

The story: who takes part is typed once per body (or once per tenant, by the garante) and used in every process. An
entry keeps each change of each of its fields; `party_use` says which part of which working document came from it, so
that a correction can be offered to drafts. Nothing of a process depends on these tables: going back loses the registry
alone.

Revision: 20261122_parties
After: 20261122_catalogs
"""

import sqlalchemy as sa
from alembic import op

from migrations.walls import grant, wall

revision = "20261122_parties"
down_revision = "20261122_catalogs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _party()
    _beside()
    for table in ("party", "party_member", "party_change", "party_use"):
        wall(table)
    # What an entry holds changes; whose it is and of what kind does not, and none is ever deleted.
    grant("SELECT, INSERT", "party", "app_rw")
    grant(
        "UPDATE",
        "party",
        "app_rw",
        columns=(
            "name",
            "folded",
            "identifier_scheme",
            "identifier_id",
            "body",
            "row_version",
            "updated_by",
            "updated_at",
            "retired_at",
        ),
    )
    grant("SELECT, INSERT, DELETE", "party_member", "app_rw")
    grant("SELECT, INSERT", "party_change", "app_rw")
    grant("SELECT, INSERT, UPDATE, DELETE", "party_use", "app_rw")


def downgrade() -> None:
    for table in ("party_use", "party_change", "party_member", "party"):
        op.drop_table(table)


def _party() -> None:
    op.create_table(
        "party",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("identifier_scheme", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("identifier_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('supplier', 'official', 'unit', 'body')", name=op.f("party_kind_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("party_tenant_id_tenant_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sujeto_obligado_id"],
            ["sujeto_obligado.tenant_id", "sujeto_obligado.sujeto_obligado_id"],
            name=op.f("party_tenant_id_sujeto_obligado_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "party_id", name=op.f("party_pkey")),
    )
    op.create_index("party_list_idx", "party", ["tenant_id", "kind", "folded", "party_id"])
    op.create_index(
        "party_identifier_key",
        "party",
        ["tenant_id", "sujeto_obligado_id", "identifier_scheme", "identifier_id"],
        unique=True,
        postgresql_where=sa.text("identifier_id <> ''"),
        postgresql_nulls_not_distinct=True,
    )


def _beside() -> None:
    op.create_table(
        "party_member",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "group_id"],
            ["party.tenant_id", "party.party_id"],
            name=op.f("party_member_tenant_id_party_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"], ["party.tenant_id", "party.party_id"], name="party_member_member_fkey"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "group_id", "member_id", name=op.f("party_member_pkey")),
    )
    op.create_index("party_member_groups_idx", "party_member", ["tenant_id", "member_id"])
    op.create_table(
        "party_change",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("pointer", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"],
            ["party.tenant_id", "party.party_id"],
            name=op.f("party_change_tenant_id_party_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "party_id", "row_version", "pointer", name=op.f("party_change_pkey")
        ),
    )
    op.create_table(
        "party_use",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("part_path", sa.Text(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("party_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"],
            ["party.tenant_id", "party.party_id"],
            name=op.f("party_use_tenant_id_party_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "process_id"],
            ["contracting_process.tenant_id", "contracting_process.process_id"],
            name=op.f("party_use_tenant_id_contracting_process_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sujeto_obligado_id"],
            ["sujeto_obligado.tenant_id", "sujeto_obligado.sujeto_obligado_id"],
            name=op.f("party_use_tenant_id_sujeto_obligado_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "process_id", "part_path", name=op.f("party_use_pkey")),
    )
    op.create_index("party_use_party_idx", "party_use", ["tenant_id", "party_id", "sujeto_obligado_id"])
