"""Files for download of all tenants together.

Revision: 20261204_national_files
After: 20261203_public_year
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from migrations.walls import grant

revision = "20261204_national_files"
down_revision = "20261203_public_year"
branch_labels = None
depends_on = None

TABLES = ("national_file", "national_state")


def upgrade() -> None:
    """Make the tables; a chore fills them from the tenants' files."""
    op.create_table(
        "national_file",
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
        sa.PrimaryKeyConstraint("name", "sha256", name=op.f("national_file_pkey")),
    )
    op.create_index(
        "national_file_current_key",
        "national_file",
        ["name"],
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
    op.create_table(
        "national_state",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("publishers", JSONB(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("national_state_pkey")),
    )
    for name in TABLES:
        grant("SELECT", name, "app_public")


def downgrade() -> None:
    """Drop the tables: they are filled again."""
    for name in TABLES:
        op.drop_table(name)
