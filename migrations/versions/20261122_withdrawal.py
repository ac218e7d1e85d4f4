"""The public log, withdrawals asked for and decided, and reservations.

The story: every act of authority that the world may know of is an entry that no role of the service can change or
delete, and that everyone can read.

Revision: 20261122_withdrawal
After: 20261122_workflow
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import grant, readable_by, wall

revision = "20261122_withdrawal"
down_revision = "20261122_workflow"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and their walls."""
    _public_act()
    _other_names()
    _withdrawn_versions()
    _withdrawal_request()
    _redaction()
    _reservation()
    _withheld_reading()


def downgrade() -> None:
    """Drop the tables: what was told in them is lost."""
    for name in ("app_public", "app_monitor"):
        op.execute(f"ALTER POLICY {name}_reads ON ocid_alias USING ({_NAMED % ''})")
    for table in ("document_edit", "observation_message"):
        op.execute(f"DROP POLICY redacted_only ON {table}")
    for table in ("withheld_reading", "reservation", "redaction", "withdrawal_request"):
        op.drop_table(table)
    op.execute("UPDATE process_version SET status = 'published' WHERE status = 'withdrawn'")
    _version_statuses("'published', 'discarded'")
    op.drop_index("release_withdrawn_idx", "release")
    op.drop_table("public_act")


_NAMED = (
    "EXISTS (SELECT FROM record r WHERE r.tenant_id = ocid_alias.tenant_id "
    "AND r.process_id = ocid_alias.process_id)%s"
)


def _other_names() -> None:
    """Let the world read the other names of a withdrawn process too: they answer 410, not 404."""
    op.create_index(
        "release_withdrawn_idx",
        "release",
        ["tenant_id", "process_id"],
        postgresql_where=sa.text("kind = 'withdrawal'"),
    )
    told = (
        " OR EXISTS (SELECT FROM release w WHERE w.tenant_id = ocid_alias.tenant_id "
        "AND w.process_id = ocid_alias.process_id AND w.kind = 'withdrawal')"
    )
    for name in ("app_public", "app_monitor"):
        op.execute(f"ALTER POLICY {name}_reads ON ocid_alias USING ({_NAMED % told})")


def _public_act() -> None:
    op.create_table(
        "public_act",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=True),
        sa.Column("ocid", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("ground", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("detail", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('withdrawal', 'redaction', 'reservation', 'reservation_ended', 'correction', "
            "'policy_change', 'single_grant', 'transfer', 'succession', 'suspension', 'policy_text')",
            name=op.f("public_act_kind_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("public_act_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "number", name=op.f("public_act_pkey")),
    )
    op.create_index("public_act_kind_idx", "public_act", ["tenant_id", "kind", "number"])
    op.create_index("public_act_sujeto_idx", "public_act", ["tenant_id", "sujeto_obligado_id", "number"])
    op.create_index("public_act_ocid_idx", "public_act", ["tenant_id", "ocid", "number"])
    wall("public_act")
    readable_by("public_act", "app_public", "app_monitor", "app_auditor")
    grant("SELECT, INSERT", "public_act", "app_rw")


def _withdrawn_versions() -> None:
    _version_statuses("'published', 'withdrawn', 'discarded'")


def _version_statuses(last: str) -> None:
    op.drop_constraint(op.f("process_version_status_check"), "process_version")
    op.create_check_constraint(
        op.f("process_version_status_check"),
        "process_version",
        f"status IN ('draft', 'in_review', 'returned', 'approved', 'scheduled', {last})",
    )


def _of_process(table: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            ["tenant_id", "process_id"],
            ["contracting_process.tenant_id", "contracting_process.process_id"],
            name=op.f(f"{table}_tenant_id_contracting_process_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sujeto_obligado_id"],
            ["sujeto_obligado.tenant_id", "sujeto_obligado.sujeto_obligado_id"],
            name=op.f(f"{table}_tenant_id_sujeto_obligado_fkey"),
        ),
    ]


def _decided() -> list[sa.Column[object]]:
    now = sa.text("now()")
    return [
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.Text(), server_default=sa.text("''"), nullable=False),
    ]


def _withdrawal_request() -> None:
    op.create_table(
        "withdrawal_request",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), server_default=sa.text("'requested'"), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("erases", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("places", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        *_decided(),
        sa.CheckConstraint(
            "status IN ('requested', 'approved', 'refused', 'cancelled')",
            name=op.f("withdrawal_request_status_check"),
        ),
        sa.CheckConstraint("erases IN ('', 'places', 'all')", name=op.f("withdrawal_request_erases_check")),
        *_of_process("withdrawal_request"),
        sa.PrimaryKeyConstraint("tenant_id", "request_id", name=op.f("withdrawal_request_pkey")),
    )
    op.create_index(
        "withdrawal_request_open_key",
        "withdrawal_request",
        ["tenant_id", "process_id"],
        unique=True,
        postgresql_where=sa.text("status = 'requested'"),
    )
    op.create_index(
        "withdrawal_request_status_idx",
        "withdrawal_request",
        ["tenant_id", "status", "requested_at", "request_id"],
    )
    wall("withdrawal_request")
    grant("SELECT, INSERT", "withdrawal_request", "app_rw")
    decided = ("status", "decided_by", "decided_at", "decision")
    grant("UPDATE", "withdrawal_request", "app_rw", columns=decided)


def _redaction() -> None:
    op.create_table(
        "redaction",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("redaction_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column(
            "transaction_id",
            sa.BigInteger(),
            server_default=sa.text("pg_current_xact_id()::text::bigint"),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("facts", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "request_id"],
            ["withdrawal_request.tenant_id", "withdrawal_request.request_id"],
            name=op.f("redaction_tenant_id_withdrawal_request_fkey"),
        ),
        _of_process("redaction")[0],
        sa.PrimaryKeyConstraint("tenant_id", "redaction_id", name=op.f("redaction_pkey")),
    )
    op.create_index("redaction_process_idx", "redaction", ["tenant_id", "process_id"])
    wall("redaction")
    stated = ("tenant_id", "redaction_id", "request_id", "process_id", "facts")
    grant("INSERT", "redaction", "app_rw", columns=stated)
    grant("SELECT", "redaction", "app_rw")
    # History is not rewritten, but for the legal act that says so in the same transaction.
    grant("UPDATE", "document_edit", "app_rw", columns=("before", "after"))
    op.execute(
        "CREATE POLICY redacted_only ON document_edit AS RESTRICTIVE FOR UPDATE USING (EXISTS ("
        "SELECT FROM redaction r WHERE r.tenant_id = document_edit.tenant_id "
        "AND r.process_id = document_edit.process_id "
        "AND r.transaction_id = pg_current_xact_id()::text::bigint) OR EXISTS ("
        # ... and for what was put away, whose term of keeping may pass.
        "SELECT FROM process_version v WHERE v.tenant_id = document_edit.tenant_id "
        "AND v.process_id = document_edit.process_id AND v.number = document_edit.number "
        "AND v.status = 'discarded'))"
    )
    grant("UPDATE", "observation_message", "app_rw", columns=("words",))
    op.execute(
        "CREATE POLICY redacted_only ON observation_message AS RESTRICTIVE FOR UPDATE USING (EXISTS ("
        "SELECT FROM redaction r JOIN observation o ON o.tenant_id = r.tenant_id AND o.process_id = r.process_id "
        "WHERE o.tenant_id = observation_message.tenant_id "
        "AND o.observation_id = observation_message.observation_id "
        "AND r.transaction_id = pg_current_xact_id()::text::bigint))"
    )
    grant("UPDATE", "attachment", "app_rw", columns=("file_name",))


def _reservation() -> None:
    op.create_table(
        "reservation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("'reserved'"), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'requested'"), nullable=False),
        sa.Column("places", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("harm", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("harm_attachment_id", sa.Uuid(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("extension", sa.Text(), server_default=sa.text("''"), nullable=False),
        *_decided(),
        sa.CheckConstraint("kind IN ('reserved', 'confidential')", name=op.f("reservation_kind_check")),
        sa.CheckConstraint(
            "status IN ('requested', 'granted', 'extended', 'refused', 'cancelled', 'ended')",
            name=op.f("reservation_status_check"),
        ),
        *_of_process("reservation"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "harm_attachment_id"],
            ["attachment.tenant_id", "attachment.attachment_id"],
            name=op.f("reservation_tenant_id_attachment_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "reservation_id", name=op.f("reservation_pkey")),
    )
    op.create_index("reservation_process_idx", "reservation", ["tenant_id", "process_id", "status"])
    op.create_index(
        "reservation_status_idx", "reservation", ["tenant_id", "status", "requested_at", "reservation_id"]
    )
    op.create_index(
        "reservation_until_idx",
        "reservation",
        ["until"],
        postgresql_where=sa.text("status IN ('granted', 'extended')"),
    )
    wall("reservation")
    grant("SELECT, INSERT", "reservation", "app_rw")
    decided = ("status", "decided_by", "decided_at", "decision", "until", "extension")
    grant("UPDATE", "reservation", "app_rw", columns=decided)


def _withheld_reading() -> None:
    op.create_table(
        "withheld_reading",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("withheld_reading_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "account_id", "subject_id", "day", name=op.f("withheld_reading_pkey")
        ),
    )
    wall("withheld_reading")
    grant("SELECT, INSERT", "withheld_reading", "app_rw")
