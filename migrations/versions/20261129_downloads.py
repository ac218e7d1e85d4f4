"""Files for download: what each block of a chain was made into, the files, and how far they have come.

Revision: 20261129_downloads
After: 20261128_request_counts
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.schema import SchemaItem

from migrations.walls import grant, readable_by, wall

revision = "20261129_downloads"
down_revision = "20261128_request_counts"
branch_labels = None
depends_on = None

TABLES = ("download_state", "download_block", "download_file")


def upgrade() -> None:
    """Make the tables and their walls; they are filled from what is published."""
    op.create_table(
        "download_state",
        *_keyed("download_state", "tenant_id"),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.Column("withdrawals", sa.BigInteger(), nullable=False),
        sa.Column("sources", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_table(
        "download_block",
        *_keyed("download_block", "tenant_id", "number"),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("withdrawals", sa.BigInteger(), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.Column("parts", JSONB(), nullable=False),
    )
    op.create_table(
        "download_file",
        *_keyed("download_file", "tenant_id", "name", "sha256"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("unpacked", sa.BigInteger(), nullable=False),
        sa.Column("md5", sa.LargeBinary(), nullable=False),
        sa.Column("pieces", sa.LargeBinary(), nullable=False),
        sa.Column("storage_keys", ARRAY(sa.Text()), nullable=False),
        sa.Column("sources", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("withdrawals", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index(
        "download_file_current_key",
        "download_file",
        ["tenant_id", "name"],
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
    for name in TABLES:
        wall(name)
        grant("SELECT, INSERT, UPDATE, DELETE", name, "app_rw")
    readable_by("download_state", "app_public")
    readable_by("download_file", "app_public")


def _keyed(table: str, *key: str) -> tuple[SchemaItem, ...]:
    return (
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f(f"{table}_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"{table}_pkey")),
    )


def downgrade() -> None:
    """Drop the tables: they are filled again from what is published."""
    for name in TABLES:
        op.drop_table(name)
