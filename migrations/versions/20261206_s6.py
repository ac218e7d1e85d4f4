"""What searches of the Plataforma Digital Nacional read.

Revision: 20261206_s6
After: 20261205_followers
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from migrations.walls import grant, readable_by, wall

revision = "20261206_s6"
down_revision = "20261205_followers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; a chore fills it from the chains."""
    op.create_table(
        "s6_process",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("ocid", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=False),
        sa.Column("title_key", sa.Text(collation="C"), nullable=False),
        sa.Column("buyer_key", sa.Text(collation="C"), nullable=False),
        sa.Column("method", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("statuses", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenderers", sa.BigInteger(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("words", TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ocid"],
            ["record.tenant_id", "record.ocid"],
            name=op.f("s6_process_tenant_id_record_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sujeto_obligado_id"],
            ["sujeto_obligado.tenant_id", "sujeto_obligado.sujeto_obligado_id"],
            name=op.f("s6_process_tenant_id_sujeto_obligado_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "ocid", name=op.f("s6_process_pkey")),
    )
    for name, keys in (
        ("number", ["tenant_id", "number"]),
        ("title", ["tenant_id", "title_key", "number"]),
        ("buyer", ["tenant_id", "buyer_key", "number"]),
    ):
        op.create_index(f"s6_process_{name}_idx", "s6_process", keys, postgresql_include=["ocid"])
    op.create_index("s6_process_words_idx", "s6_process", ["words"], postgresql_using="gin")
    wall("s6_process")
    grant("SELECT, INSERT, UPDATE, DELETE", "s6_process", "app_rw")
    readable_by("s6_process", "app_public")


def downgrade() -> None:
    """Drop the table: it is derived from what is published."""
    op.drop_table("s6_process")
