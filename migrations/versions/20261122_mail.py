"""Letters that wait to be sent, notices in a person's inbox, and how each person wants to be told.

The story: a letter is written in the transaction that makes it true, and sent by the worker later. Tenant work and
signing in may only add letters and see what became of their own; what a letter says is read by the worker alone. A
letter of an account (a new password) has no tenant, so no bound transaction ever sees it.

Revision: 20261122_mail
After: 20261122_withdrawal
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import grant, role, wall

revision = "20261122_mail"
down_revision = "20261122_withdrawal"
branch_labels = None
depends_on = None

LETTER = ("tenant_id", "message_id", "key", "recipient", "kind", "subject", "content")
FATE = ("tenant_id", "message_id", "key", "recipient", "kind", "state", "reason", "posted_at", "settled_at")
DELIVERY = ("state", "attempts", "reason", "due_at", "first_tried_at", "settled_at", "subject", "content")


def upgrade() -> None:
    """Make the tables and their walls."""
    _mail()
    _outbox()
    _notice()
    _notice_preference()
    op.add_column("tenant", sa.Column("reply_to", sa.Text(), server_default=sa.text("''"), nullable=False))
    grant("UPDATE", "tenant", "app_rw", columns=("reply_to",))


def downgrade() -> None:
    """Drop the tables: letters that wait are lost."""
    op.drop_column("tenant", "reply_to")
    op.drop_table("notice_preference")
    op.drop_table("notice")
    op.execute("DROP POLICY app_worker_reads ON outbox_event")
    op.drop_column("outbox_event", "fault")
    op.drop_column("outbox_event", "account_id")
    op.drop_table("mail_message")


def _mail() -> None:
    op.create_table(
        "mail_message",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("first_tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'failed')", name=op.f("mail_message_state_check")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("mail_message_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("mail_message_pkey")),
        sa.UniqueConstraint(
            "tenant_id",
            "key",
            name=op.f("mail_message_tenant_id_key_key"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "mail_message_due_idx",
        "mail_message",
        ["due_at"],
        postgresql_where=sa.text("state IN ('waiting', 'sending')"),
    )
    op.create_index(
        "mail_message_kept_idx",
        "mail_message",
        ["state", "settled_at"],
        postgresql_where=sa.text("content <> '{}'::jsonb"),
    )
    wall("mail_message")
    grant("INSERT", "mail_message", "app_rw", "app_auth", columns=LETTER)
    grant("SELECT", "mail_message", "app_rw", columns=FATE)
    op.execute(f"CREATE POLICY posting ON mail_message FOR INSERT TO {role('app_auth')} WITH CHECK (true)")
    grant("SELECT", "mail_message", "app_worker")
    grant("UPDATE", "mail_message", "app_worker", columns=DELIVERY)
    for verb in ("SELECT", "UPDATE"):
        op.execute(
            f"CREATE POLICY delivering_{verb.lower()} ON mail_message FOR {verb} TO {role('app_worker')} USING (true)"
        )


def _outbox() -> None:
    # Whose act it was: nobody is told what they did themselves.
    setting = "nullif(current_setting('app.account_id', true), '')::uuid"
    op.add_column(
        "outbox_event", sa.Column("account_id", sa.Uuid(), server_default=sa.text(setting), nullable=True)
    )
    op.add_column("outbox_event", sa.Column("fault", sa.Text(), server_default=sa.text("''"), nullable=False))
    grant("UPDATE", "outbox_event", "app_rw", columns=("fault",))
    # The worker learns whose news waits, never what it is.
    grant("SELECT", "outbox_event", "app_worker", columns=("tenant_id", "at", "handled_at"))
    op.execute(
        f"CREATE POLICY app_worker_reads ON outbox_event FOR SELECT TO {role('app_worker')} USING (true)"
    )


def _notice() -> None:
    op.create_table(
        "notice",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by_account_id", sa.Uuid(), nullable=True),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=True),
        sa.Column("refs", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("count", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("topic", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("way", sa.Text(), server_default=sa.text("'inbox'"), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("letter_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("way IN ('immediate', 'digest', 'inbox')", name=op.f("notice_way_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("notice_tenant_id_tenant_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("notice_account_id_account_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "notice_id", name=op.f("notice_pkey")),
    )
    op.create_index("notice_account_idx", "notice", ["tenant_id", "account_id", "notice_id"])
    op.create_index(
        "notice_unread_idx",
        "notice",
        ["tenant_id", "account_id"],
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index(
        "notice_letter_idx",
        "notice",
        ["letter_due_at", "tenant_id"],
        postgresql_where=sa.text("letter_due_at IS NOT NULL"),
    )
    op.create_index(
        "notice_topic_key",
        "notice",
        ["tenant_id", "account_id", "topic"],
        unique=True,
        postgresql_where=sa.text("topic <> ''"),
    )
    wall("notice")
    grant("SELECT, INSERT, UPDATE, DELETE", "notice", "app_rw")
    grant("SELECT", "notice", "app_worker", columns=("tenant_id", "letter_due_at"))
    op.execute(f"CREATE POLICY app_worker_reads ON notice FOR SELECT TO {role('app_worker')} USING (true)")


def _notice_preference() -> None:
    op.create_table(
        "notice_preference",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("ways", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("digest_hour", sa.Integer(), server_default=sa.text("8"), nullable=False),
        sa.CheckConstraint("digest_hour BETWEEN 0 AND 23", name=op.f("notice_preference_digest_hour_check")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("notice_preference_account_id_account_fkey")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("notice_preference_pkey")),
    )
    op.execute("ALTER TABLE notice_preference ENABLE ROW LEVEL SECURITY")
    grant("SELECT, INSERT, UPDATE", "notice_preference", "app_auth")
    op.execute(
        f"CREATE POLICY choosing ON notice_preference TO {role('app_auth')} USING (true) WITH CHECK (true)"
    )
    # A person's wishes belong to the account, as its name does; tenant work reads those of its own people.
    grant("SELECT", "notice_preference", "app_rw")
    op.execute(
        f"CREATE POLICY colleagues ON notice_preference FOR SELECT TO {role('app_rw')} USING (EXISTS ("
        "SELECT FROM membership m WHERE m.account_id = notice_preference.account_id))"
    )
