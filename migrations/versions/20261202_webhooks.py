"""Webhooks: addresses that hear of a tenant's changes, and the changes that did not arrive.

Revision: 20261202_webhooks
After: 20261201_proof
"""

import sqlalchemy as sa
from alembic import op

from migrations.walls import grant, role, wall

revision = "20261202_webhooks"
down_revision = "20261201_proof"
branch_labels = None
depends_on = None

DUE = (
    "tenant_id",
    "webhook_id",
    "position",
    "proven_at",
    "stopped_at",
    "next_at",
    "retry_at",
    "claimed_until",
)
"""What the worker sees of every tenant's: which of them have something to hear."""


def upgrade() -> None:
    """Create the tables; the worker reads when they are due, and no address and no secret."""
    op.create_table(
        "webhook",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=True),
        _text("name"),
        _text("url"),
        sa.Column("kinds", sa.ARRAY(sa.Text()), nullable=False),
        _text("sealed"),
        _text("sealed_before", ""),
        _moment("before_until"),
        sa.Column("position", sa.BigInteger(), nullable=False),
        _now("at"),
        sa.Column(
            "account_id",
            sa.Uuid(),
            server_default=sa.text("nullif(current_setting('app.account_id', true), '')::uuid"),
            nullable=True,
        ),
        _moment("proven_at"),
        _moment("stopped_at"),
        _text("stopped_for", ""),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _moment("failing_since"),
        _moment("next_at"),
        _moment("retry_at"),
        _text("problem", ""),
        _moment("claimed_until"),
        sa.Column("delivered", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        _moment("delivered_at"),
        sa.CheckConstraint(
            "stopped_for IN ('', 'person', 'failing', 'gone')", name=op.f("webhook_stopped_for_check")
        ),
        sa.CheckConstraint(
            "kinds <> '{}' AND kinds <@ ARRAY['release', 'correction', 'withdrawal', 'transfer']",
            name=op.f("webhook_kinds_check"),
        ),
        sa.CheckConstraint("(stopped_at IS NULL) = (stopped_for = '')", name=op.f("webhook_stopped_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("webhook_tenant_id_tenant_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sujeto_obligado_id"],
            ["sujeto_obligado.tenant_id", "sujeto_obligado.sujeto_obligado_id"],
            name=op.f("webhook_tenant_id_sujeto_obligado_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "webhook_id", name=op.f("webhook_pkey")),
    )
    op.create_table(
        "webhook_failure",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        _text("ocid"),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _now("failed_at"),
        _moment("next_at"),
        _moment("dead_at"),
        _text("problem", ""),
        sa.ForeignKeyConstraint(
            ["tenant_id", "webhook_id"],
            ["webhook.tenant_id", "webhook.webhook_id"],
            name=op.f("webhook_failure_tenant_id_webhook_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "webhook_id", "position", name=op.f("webhook_failure_pkey")),
    )
    for table in ("webhook", "webhook_failure"):
        wall(table)
        grant("SELECT, INSERT, UPDATE, DELETE", table, "app_rw")
    grant("SELECT", "webhook", "app_worker", columns=DUE)
    op.execute(f"CREATE POLICY app_worker_reads ON webhook FOR SELECT TO {role('app_worker')} USING (true)")


def downgrade() -> None:
    """Drop them."""
    op.drop_table("webhook_failure")
    op.drop_table("webhook")


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    told = None if default is None else sa.text(f"'{default}'")
    return sa.Column(name, sa.Text(), server_default=told, nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
