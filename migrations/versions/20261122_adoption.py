"""Compliance counted per body and quarter, and the reminders that garantes send.

The story: what a process says about compliance is a row of days and counts, read again whenever the process moved on;
sums of those rows per body and quarter answer the desk's page, so that it never counts processes. Both can be made
again from the rest at any time.

Revision: 20261122_adoption
After: 20261122_mail
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import grant, wall

revision = "20261122_adoption"
down_revision = "20261122_mail"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
TABLES = ("compliance_fact", "compliance", "compliance_count", "reminder", "reminder_body")


def upgrade() -> None:
    """Make the tables and their walls."""
    _facts()
    _compliance()
    _count()
    _reminder()
    for table in TABLES:
        wall(table)
    for table in ("compliance_fact", "compliance", "compliance_count"):
        grant("SELECT, INSERT, UPDATE, DELETE", table, "app_rw")
    # Who and when come from the transaction, not from what somebody states.
    grant("SELECT", "reminder", "app_rw")
    grant("INSERT", "reminder", "app_rw", columns=("tenant_id", "reminder_id", "quarter", "note", "bodies"))
    grant("UPDATE", "reminder", "app_rw", columns=("posted_at",))
    grant("SELECT", "reminder_body", "app_rw")
    grant(
        "INSERT",
        "reminder_body",
        "app_rw",
        columns=("tenant_id", "reminder_id", "sujeto_obligado_id", "reasons"),
    )
    grant("UPDATE", "reminder_body", "app_rw", columns=("accounts", "to_contact", "posted_at"))


def downgrade() -> None:
    """Drop the tables: the history of reminders is lost."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _counted(name: str, kind: type[sa.Integer] | type[sa.BigInteger] = sa.Integer) -> sa.Column[int]:
    return sa.Column(name, kind(), server_default=sa.text("0"), nullable=False)


def _tenant(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id"], ["tenant.tenant_id"], name=op.f(f"{table}_tenant_id_tenant_fkey")
    )


def _days(name: str) -> sa.Column[list[object]]:
    return sa.Column(name, postgresql.ARRAY(sa.Date()), server_default="{}", nullable=False)


def _facts() -> None:
    op.create_table(
        "compliance_fact",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        _counted("document_version"),
        _counted("position", sa.BigInteger),
        _counted("release_count"),
        _days("signed_on"),
        _days("seen_on"),
        _days("published_on"),
        _counted("present"),
        _counted("asked"),
        _tenant("compliance_fact"),
        sa.PrimaryKeyConstraint("tenant_id", "process_id", name=op.f("compliance_fact_pkey")),
    )


def _compliance() -> None:
    op.create_table(
        "compliance",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=False),
        sa.Column("quarter", sa.Date(), nullable=False),
        _counted("published"),
        _counted("signed"),
        _counted("overdue"),
        sa.Column("days", sa.Numeric(), nullable=True),
        _counted("present", sa.BigInteger),
        _counted("asked", sa.BigInteger),
        sa.Column("last_published_on", sa.Date(), nullable=True),
        _counted("pending"),
        _counted("late"),
        _counted("observations"),
        sa.Column("observed_at", INSTANT, nullable=True),
        _tenant("compliance"),
        sa.PrimaryKeyConstraint("tenant_id", "sujeto_obligado_id", "quarter", name=op.f("compliance_pkey")),
    )
    op.create_index("compliance_quarter_idx", "compliance", ["tenant_id", "quarter"])


def _count() -> None:
    op.create_table(
        "compliance_count",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        _counted("event_id", sa.BigInteger),
        sa.Column("touched_until", INSTANT, nullable=True),
        sa.Column("counted_on", sa.Date(), nullable=True),
        sa.Column("counted_at", INSTANT, nullable=True),
        _tenant("compliance_count"),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("compliance_count_pkey")),
    )


def _reminder() -> None:
    setting = "nullif(current_setting('app.account_id', true), '')::uuid"
    op.create_table(
        "reminder",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("reminder_id", sa.Uuid(), nullable=False),
        sa.Column("at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.Uuid(), server_default=sa.text(setting), nullable=True),
        sa.Column("quarter", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        _counted("bodies"),
        sa.Column("posted_at", INSTANT, nullable=True),
        _tenant("reminder"),
        sa.PrimaryKeyConstraint("tenant_id", "reminder_id", name=op.f("reminder_pkey")),
    )
    op.create_index("reminder_recent_idx", "reminder", ["tenant_id", "at", "reminder_id"])
    op.create_table(
        "reminder_body",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("reminder_id", sa.Uuid(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=False),
        sa.Column("at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("accounts", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("to_contact", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("posted_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reminder_id"],
            ["reminder.tenant_id", "reminder.reminder_id"],
            name=op.f("reminder_body_tenant_id_reminder_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sujeto_obligado_id"],
            ["sujeto_obligado.tenant_id", "sujeto_obligado.sujeto_obligado_id"],
            name=op.f("reminder_body_tenant_id_sujeto_obligado_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "reminder_id", "sujeto_obligado_id", name=op.f("reminder_body_pkey")
        ),
    )
    op.create_index("reminder_body_sujeto_idx", "reminder_body", ["tenant_id", "sujeto_obligado_id", "at"])
