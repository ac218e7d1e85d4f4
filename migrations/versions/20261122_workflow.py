"""A version is taken, scheduled, answered within working days and corrected with a reason; observations are threads.

The story: several people review, so a version says who has it; what one person alone approved is marked and sampled;
an observation is answered, resolved and opened again; what was returned is kept until it is approved, so that the
next look shows only what changed. Everything has a default: an older running version writes none of it.

Revision: 20261122_workflow
After: 20261122_padron
"""

import sqlalchemy as sa
from alembic import op

from migrations.walls import grant, wall

revision = "20261122_workflow"
down_revision = "20261122_padron"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
OPEN = "status IN ('draft', 'in_review', 'returned', 'approved', 'scheduled')"


def upgrade() -> None:
    """Add the columns, the threads and what was returned."""
    _versions()
    _observations()
    _returned()


def downgrade() -> None:
    """Take it all away: answers, schedules and reasons are lost."""
    op.drop_table("returned_document")
    op.drop_table("observation_message")
    op.drop_constraint(op.f("observation_status_check"), "observation")
    for column in ("part", "status"):
        op.drop_column("observation", column)
    for column in (
        "correction_reason",
        "scheduled_for",
        "sampled_by",
        "approved_alone",
        "respond_by",
        "reviewer_id",
    ):
        op.drop_column("process_version", column)


def _versions() -> None:
    for column in (
        sa.Column("reviewer_id", sa.Uuid(), nullable=True),
        sa.Column("respond_by", sa.Date(), nullable=True),
        sa.Column("approved_alone", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("sampled_by", sa.Uuid(), nullable=True),
        sa.Column("scheduled_for", INSTANT, nullable=True),
        sa.Column("correction_reason", sa.Text(), server_default=sa.text("''"), nullable=False),
    ):
        op.add_column("process_version", column)
    op.create_index(
        "process_version_respond_idx",
        "process_version",
        ["tenant_id", "respond_by", "process_id"],
        postgresql_where=sa.text(OPEN),
    )
    op.create_index(
        "process_version_sampling_idx",
        "process_version",
        ["tenant_id", "updated_at", "process_id"],
        postgresql_where=sa.text("approved_alone AND sampled_by IS NULL"),
    )


def _observations() -> None:
    op.add_column("observation", sa.Column("status", sa.Text(), server_default="open", nullable=False))
    op.add_column("observation", sa.Column("part", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.create_check_constraint(
        op.f("observation_status_check"), "observation", "status IN ('open', 'answered', 'resolved')"
    )
    op.create_table(
        "observation_message",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("observation_id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "act IN ('answer', 'resolve', 'reopen')", name=op.f("observation_message_act_check")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "observation_id"],
            ["observation.tenant_id", "observation.observation_id"],
            name=op.f("observation_message_tenant_id_observation_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "message_id", name=op.f("observation_message_pkey")),
    )
    op.create_index(
        "observation_message_thread_idx", "observation_message", ["tenant_id", "observation_id", "at"]
    )
    wall("observation_message")
    grant("SELECT, INSERT", "observation_message", "app_rw")


def _returned() -> None:
    op.create_table(
        "returned_document",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "process_id", "number"],
            ["process_version.tenant_id", "process_version.process_id", "process_version.number"],
            name=op.f("returned_document_tenant_id_process_version_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "process_id", "number", name=op.f("returned_document_pkey")),
    )
    wall("returned_document")
    grant("SELECT, INSERT, UPDATE, DELETE", "returned_document", "app_rw")
