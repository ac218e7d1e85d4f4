"""Rows sent to the PNT by its web service.

The story: a body keeps its account, sends a quarter, and keeps the ids that the PNT answers with.

Revision: 20261124_delivery
After: 20261124_pnt
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.walls import grant, role, wall

revision = "20261124_delivery"
down_revision = "20261124_pnt"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
TABLES = ("pnt_account", "pnt_remote", "pnt_delivery", "pnt_delivered")
FAMILIES = "family IN ('direct', 'competitive', 'all')"


def upgrade() -> None:
    """Make the tables and their walls."""
    _account()
    _remote()
    _delivery()
    _delivered()
    for table in TABLES:
        wall(table)
    # Who and when come from the transaction, not from what somebody states.
    grant("SELECT, DELETE", "pnt_account", "app_rw")
    grant("INSERT", "pnt_account", "app_rw", columns=("tenant_id", "sujeto_obligado_id", "sealed", "email"))
    grant("SELECT, INSERT, UPDATE, DELETE", "pnt_remote", "app_rw")
    grant("UPDATE", "pnt_loaded", "app_rw", columns=("digest", "at"))
    grant("SELECT", "pnt_delivery", "app_rw")
    grant(
        "INSERT",
        "pnt_delivery",
        "app_rw",
        columns=("tenant_id", "delivery_id", "sujeto_obligado_id", "quarter", "family", "said", "total"),
    )
    grant("UPDATE", "pnt_delivery", "app_rw", columns=("problem", "ended_at"))
    grant("SELECT, INSERT, UPDATE", "pnt_delivered", "app_rw")


def downgrade() -> None:
    """Drop the tables: ids at the PNT are lost, and what it has can only be changed there."""
    op.execute(f"REVOKE UPDATE (digest, at) ON pnt_loaded FROM {role('app_rw')}")
    for table in reversed(TABLES):
        op.drop_table(table)


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    told = None if default is None else sa.text(f"'{default}'")
    return sa.Column(name, sa.Text(), server_default=told, nullable=False)


def _id(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=False)


def _moment() -> sa.Column[object]:
    return sa.Column("at", INSTANT, server_default=sa.text("now()"), nullable=False)


def _by() -> sa.Column[object]:
    setting = "nullif(current_setting('app.account_id', true), '')::uuid"
    return sa.Column("account_id", sa.Uuid(), server_default=sa.text(setting), nullable=True)


def _of_a_body(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "sujeto_obligado_id"],
        ["sujeto_obligado.tenant_id", "sujeto_obligado.sujeto_obligado_id"],
        name=op.f(f"{table}_tenant_id_sujeto_obligado_fkey"),
    )


def _account() -> None:
    op.create_table(
        "pnt_account",
        _id("tenant_id"),
        _id("sujeto_obligado_id"),
        _text("sealed"),
        _text("email"),
        _moment(),
        _by(),
        _of_a_body("pnt_account"),
        sa.PrimaryKeyConstraint("tenant_id", "sujeto_obligado_id", name=op.f("pnt_account_pkey")),
    )


def _remote() -> None:
    op.create_table(
        "pnt_remote",
        _id("tenant_id"),
        _id("sujeto_obligado_id"),
        sa.Column("quarter", sa.Date(), nullable=False),
        _text("family"),
        _text("row_key"),
        _text("title"),
        _text("state"),
        sa.Column("ids", JSONB(), nullable=True),
        _moment(),
        sa.CheckConstraint(FAMILIES, name=op.f("pnt_remote_family_check")),
        sa.CheckConstraint("state IN ('adding', 'stored', 'removing')", name=op.f("pnt_remote_state_check")),
        _of_a_body("pnt_remote"),
        sa.PrimaryKeyConstraint(
            "tenant_id", "sujeto_obligado_id", "quarter", "family", "row_key", name=op.f("pnt_remote_pkey")
        ),
    )


def _delivery() -> None:
    op.create_table(
        "pnt_delivery",
        _id("tenant_id"),
        _id("delivery_id"),
        _id("sujeto_obligado_id"),
        sa.Column("quarter", sa.Date(), nullable=False),
        _text("family"),
        sa.Column("said", JSONB(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        _text("problem", ""),
        _moment(),
        _by(),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint(FAMILIES, name=op.f("pnt_delivery_family_check")),
        _of_a_body("pnt_delivery"),
        sa.PrimaryKeyConstraint("tenant_id", "delivery_id", name=op.f("pnt_delivery_pkey")),
    )
    op.create_index(
        "pnt_delivery_open_key",
        "pnt_delivery",
        ["tenant_id", "sujeto_obligado_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "pnt_delivery_quarter_idx", "pnt_delivery", ["tenant_id", "sujeto_obligado_id", "quarter", "at"]
    )


def _delivered() -> None:
    op.create_table(
        "pnt_delivered",
        _id("tenant_id"),
        _id("delivery_id"),
        _text("row_key"),
        _text("title"),
        _text("act"),
        _text("outcome"),
        _text("told", ""),
        _moment(),
        sa.CheckConstraint("act IN ('add', 'change', 'remove')", name=op.f("pnt_delivered_act_check")),
        sa.CheckConstraint(
            "outcome IN ('done', 'refused', 'doubt', 'manual', 'failed')",
            name=op.f("pnt_delivered_outcome_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "delivery_id"],
            ["pnt_delivery.tenant_id", "pnt_delivery.delivery_id"],
            name=op.f("pnt_delivered_tenant_id_pnt_delivery_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "delivery_id", "row_key", name=op.f("pnt_delivered_pkey")),
    )
