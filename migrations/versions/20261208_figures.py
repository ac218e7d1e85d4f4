"""Figures: sums by body and year, their suppliers, and what each process added to them.

Revision: 20261208_figures
After: 20261207_ended_tokens
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import SchemaItem

from migrations.walls import grant, readable_by, wall

revision = "20261208_figures"
down_revision = "20261207_ended_tokens"
branch_labels = None
depends_on = None

TABLES = ("figure", "figure_supplier", "figure_process")


def upgrade() -> None:
    """Make the tables and their walls; a chore fills them from what is published."""
    op.create_table(
        "figure",
        *_keyed("figure", _body(), _year()),
        *(_sum(name) for name in ("processes", "contracts", "amount", "suppliers")),
        sa.Column("squares", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("cells", JSONB(), nullable=False),
    )
    op.create_index("figure_year_idx", "figure", ["tenant_id", "year", "amount"])
    op.create_table(
        "figure_supplier",
        *_keyed("figure_supplier", _body(), _year(), sa.Column("key", sa.Text(), nullable=False)),
        sa.Column("names", JSONB(), nullable=False),
        _sum("contracts"),
        _sum("amount"),
    )
    op.create_index(
        "figure_supplier_amount_idx",
        "figure_supplier",
        ["tenant_id", "sujeto_obligado_id", "year", "amount", "key"],
    )
    op.create_table(
        "figure_process",
        *_keyed("figure_process", sa.Column("ocid", sa.Text(), nullable=False)),
        _body(),
        sa.Column("added", sa.LargeBinary(), nullable=False),
    )
    for name in TABLES:
        wall(name)
        grant("SELECT, INSERT, UPDATE, DELETE", name, "app_rw")
    readable_by("figure", "app_public", "app_monitor")
    readable_by("figure_supplier", "app_public", "app_monitor")


def downgrade() -> None:
    """Drop the tables: they are filled again from what is published."""
    for name in TABLES:
        op.drop_table(name)


def _keyed(table: str, *key: sa.Column[object]) -> tuple[SchemaItem, ...]:
    return (
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        *key,
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f(f"{table}_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", *(column.name for column in key), name=op.f(f"{table}_pkey")),
    )


def _body() -> sa.Column[object]:
    return sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=False)


def _year() -> sa.Column[object]:
    return sa.Column("year", sa.Integer(), autoincrement=False, nullable=False)


def _sum(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)
