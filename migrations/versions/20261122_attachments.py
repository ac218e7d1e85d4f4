"""Files of the documents of a process, and links checked.

The world reads public versions only once a release names them; a reserved original stands apart in three ways that the
database itself holds to: its key in the store, no date of publication, and a kind that nobody may change.

Revision: 20261122_attachments
After: 20261122_parties
"""

import sqlalchemy as sa
from alembic import op

from migrations.walls import grant, role, wall

revision = "20261122_attachments"
down_revision = "20261122_parties"
branch_labels = None
depends_on = None

SHOWN = (
    "tenant_id",
    "attachment_id",
    "kind",
    "file_name",
    "media_type",
    "size_bytes",
    "sha256",
    "storage_key",
    "status",
    "published_at",
)
"""What the role of the world needs to serve a file; who sent it is not among it."""


def upgrade() -> None:
    """Make both tables."""
    _attachment()
    _link_check()
    for table in ("attachment", "link_check"):
        wall(table)
        grant("SELECT, INSERT", table, "app_rw")
    grant("UPDATE", "attachment", "app_rw", columns=("status", "scan_note", "published_at"))
    grant(
        "UPDATE", "link_check", "app_rw", columns=("outcome", "http_status", "note", "asked_at", "checked_at")
    )
    grant("SELECT", "attachment", "app_public", columns=SHOWN)
    op.execute(
        f"CREATE POLICY app_public_reads ON attachment FOR SELECT TO {role('app_public')} "
        "USING (kind = 'public' AND published_at IS NOT NULL)"
    )


def downgrade() -> None:
    """Drop both tables; the bytes stay in the store."""
    op.drop_table("link_check")
    op.drop_table("attachment")


def _attachment() -> None:
    op.create_table(
        "attachment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("original_id", sa.Uuid(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'scanning'"), nullable=False),
        sa.Column("scan_note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('public', 'reserved')", name=op.f("attachment_kind_check")),
        sa.CheckConstraint(
            "status IN ('scanning', 'ready', 'infected', 'withdrawn')", name=op.f("attachment_status_check")
        ),
        sa.CheckConstraint(
            "kind = 'public' OR published_at IS NULL", name=op.f("attachment_reserved_unpublished_check")
        ),
        sa.CheckConstraint(
            "kind = 'public' OR original_id IS NULL", name=op.f("attachment_reserved_first_check")
        ),
        sa.CheckConstraint(
            "starts_with(storage_key, tenant_id::text || '/' || kind || '/')",
            name=op.f("attachment_kept_apart_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "process_id"],
            ["contracting_process.tenant_id", "contracting_process.process_id"],
            name=op.f("attachment_tenant_id_contracting_process_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sujeto_obligado_id"],
            ["sujeto_obligado.tenant_id", "sujeto_obligado.sujeto_obligado_id"],
            name=op.f("attachment_tenant_id_sujeto_obligado_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "original_id"],
            ["attachment.tenant_id", "attachment.attachment_id"],
            name=op.f("attachment_tenant_id_attachment_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "attachment_id", name=op.f("attachment_pkey")),
    )
    op.create_index(
        "attachment_process_idx", "attachment", ["tenant_id", "process_id", "created_at", "attachment_id"]
    )
    op.create_index(
        "attachment_bytes_key",
        "attachment",
        ["tenant_id", "process_id", "sha256"],
        unique=True,
        postgresql_where=sa.text("status <> 'withdrawn'"),
    )
    op.create_index(
        "attachment_sujeto_bytes_idx", "attachment", ["tenant_id", "sujeto_obligado_id", "sha256"]
    )
    op.create_index(
        "attachment_scanning_idx",
        "attachment",
        ["tenant_id", "created_at"],
        postgresql_where=sa.text("status = 'scanning'"),
    )


def _link_check() -> None:
    op.create_table(
        "link_check",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("url_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('waiting', 'alive', 'gone', 'unreachable', 'refused')",
            name=op.f("link_check_outcome_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("link_check_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "url_sha256", name=op.f("link_check_pkey")),
    )
