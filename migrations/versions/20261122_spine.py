"""The spine: tenants, people, processes, review, imports, publication, jobs, and the walls between tenants.

The story: the first schema. Every table that carries `tenant_id` is walled (row security enabled and forced); published
and directory tables are also readable by the roles that serve the world. Bytes of releases are kept out of line and
uncompressed (`EXTERNAL`): they are served as they are. The jobs of procrastinate live in a schema of their own.

There is no downgrade: going back from the first schema is dropping the database.

Revision: 20261122_spine
After: nothing
"""

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

from migrations.walls import grant, readable_by, role, wall

revision = "20261122_spine"
down_revision = None
branch_labels = None
depends_on = None

WALLED = (
    "audit_event",
    "audit_seal",
    "outbox_event",
    "tenant",
    "chain_head",
    "ocid_prefix",
    "sujeto_obligado",
    "tenant_host",
    "tenant_name",
    "contracting_process",
    "import_run",
    "membership",
    "publication_total",
    "import_row",
    "ocid_alias",
    "process_part",
    "process_version",
    "record",
    "release",
    "observation",
    "process_facet",
    "release_body",
    "version_editor",
)
PUBLISHED = (
    "tenant",
    "tenant_name",
    "tenant_host",
    "ocid_prefix",
    "sujeto_obligado",
    "chain_head",
    "release",
    "release_body",
    "record",
    "process_facet",
    "publication_total",
)


def upgrade() -> None:
    _tables()
    for table in WALLED:
        wall(table)
    for table in PUBLISHED:
        readable_by(table, "app_public", "app_monitor")
    _people()
    _tenant_work()
    _publication()
    _audit()
    _jobs()


def _people() -> None:
    # Accounts belong to no tenant: app_auth sees all of them, tenant work only those that are members of its tenant.
    grant("SELECT, INSERT, UPDATE", "account", "app_auth")
    grant("SELECT", "account", "app_rw", columns=("account_id", "email", "full_name", "status"))
    op.execute("ALTER TABLE account ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY signing_in ON account TO {role('app_auth')} USING (true) WITH CHECK (true)")
    op.execute(
        f"CREATE POLICY colleagues ON account FOR SELECT TO {role('app_rw')} USING (EXISTS ("
        "SELECT FROM membership m WHERE m.account_id = account.account_id))"
    )
    grant("SELECT", "platform_role", "app_auth")
    grant("SELECT, INSERT, UPDATE", "login_session", "app_auth")
    grant("SELECT, INSERT, UPDATE, DELETE", "login_failure", "app_auth")
    grant("SELECT, INSERT", "auth_event", "app_auth")
    readable_by("membership", "app_auth")
    readable_by("tenant", "app_auth")
    readable_by("tenant_name", "app_auth")
    readable_by("sujeto_obligado", "app_auth")
    grant("SELECT", "membership", "app_rw")


def _tenant_work() -> None:
    for table in ("tenant", "tenant_name", "tenant_host"):
        grant("SELECT", table, "app_rw")
    for table in ("ocid_prefix", "ocid_alias", "version_editor"):
        grant("SELECT, INSERT", table, "app_rw")
    # An ocid never changes, nor whose process it is.
    grant("SELECT, INSERT", "contracting_process", "app_rw")
    grant("UPDATE", "contracting_process", "app_rw", columns=("title", "document_version", "updated_at"))
    for table in (
        "sujeto_obligado",
        "process_version",
        "observation",
        "import_run",
        "import_row",
    ):
        grant("SELECT, INSERT, UPDATE", table, "app_rw")
    grant("SELECT, INSERT, UPDATE, DELETE", "process_part", "app_rw")


def _publication() -> None:
    op.execute("ALTER TABLE release_body ALTER COLUMN body SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE record ALTER COLUMN compiled SET STORAGE EXTERNAL")
    grant("SELECT, INSERT", "release", "app_rw")
    grant("SELECT, INSERT, DELETE", "release_body", "app_rw")
    # Bytes may go only where the chain already says so: a withdrawal that names them.
    op.execute(
        "CREATE POLICY withdrawn_only ON release_body AS RESTRICTIVE FOR DELETE USING (EXISTS ("
        "SELECT FROM release w WHERE w.tenant_id = release_body.tenant_id AND w.kind = 'withdrawal' "
        "AND w.withdraws = release_body.position))"
    )
    for table in ("record", "process_facet"):
        grant("SELECT, INSERT, UPDATE, DELETE", table, "app_rw")
    for table in ("chain_head", "publication_total"):
        grant("SELECT, INSERT, UPDATE", table, "app_rw")
    # The other names of a published process are public; those of a draft are not.
    for name in ("app_public", "app_monitor"):
        op.execute(f"GRANT SELECT ON ocid_alias TO {role(name)}")
        op.execute(
            f"CREATE POLICY {name}_reads ON ocid_alias FOR SELECT TO {role(name)} USING (EXISTS ("
            "SELECT FROM record r WHERE r.tenant_id = ocid_alias.tenant_id "
            "AND r.process_id = ocid_alias.process_id))"
        )


def _audit() -> None:
    grant("INSERT", "audit_event", "app_rw", columns=("verb", "subject_type", "subject_id", "detail"))
    grant("SELECT", "audit_event", "app_rw")
    op.execute(
        f"CREATE POLICY own_acts ON audit_event AS RESTRICTIVE FOR INSERT TO {role('app_rw')} WITH CHECK ("
        "account_id IS NOT DISTINCT FROM nullif(current_setting('app.account_id', true), '')::uuid "
        "AND at = now() AND transaction_id = pg_current_xact_id()::text::bigint)"
    )
    readable_by("audit_event", "app_auditor")
    readable_by("audit_seal", "app_auditor")
    grant("SELECT", "audit_seal", "app_rw")
    op.execute(f"GRANT INSERT ON audit_seal TO {role('app_auditor')}")
    op.execute(f"CREATE POLICY seals ON audit_seal FOR INSERT TO {role('app_auditor')} WITH CHECK (true)")
    readable_by("tenant", "app_auditor")
    grant("INSERT", "outbox_event", "app_rw", columns=("kind", "payload"))
    grant("SELECT", "outbox_event", "app_rw")
    grant("UPDATE", "outbox_event", "app_rw", columns=("handled_at",))


def _jobs() -> None:
    """Put procrastinate's tables in the schema `jobs`: app_worker works on them, app_rw only defers for its tenant."""
    op.execute("CREATE SCHEMA jobs")
    op.execute("SELECT set_config('search_path', 'jobs', true)")
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    op.execute("SELECT set_config('search_path', 'public', true)")
    for name in ("app_worker", "app_rw"):
        op.execute(f"GRANT USAGE ON SCHEMA jobs TO {role(name)}")
        op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA jobs TO {role(name)}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jobs TO {role('app_worker')}")
    jobs = "jobs.procrastinate_jobs"
    grant(
        "INSERT",
        jobs,
        "app_rw",
        columns=("queue_name", "task_name", "priority", "lock", "queueing_lock", "args", "scheduled_at"),
    )
    grant("SELECT", jobs, "app_rw", columns=("id",))
    op.execute(f"GRANT INSERT (job_id, type, at) ON jobs.procrastinate_events TO {role('app_rw')}")
    op.execute(f"ALTER TABLE {jobs} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY working ON {jobs} TO {role('app_worker')} USING (true) WITH CHECK (true)")
    # A job acts as the tenant in its arguments, so nobody may queue one for another tenant.
    op.execute(
        f"CREATE POLICY own_tenant ON {jobs} TO {role('app_rw')} "
        "USING (args ->> 'tenant_id' = nullif(current_setting('app.tenant_id', true), '')) "
        "WITH CHECK (args ->> 'tenant_id' = nullif(current_setting('app.tenant_id', true), ''))"
    )


def _tables() -> None:
    op.create_table(
        "account",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('active', 'disabled')", name=op.f("account_status_check")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("account_pkey")),
        sa.UniqueConstraint("email", name=op.f("account_email_key")),
    )
    op.create_table(
        "audit_event",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text("nullif(current_setting('app.tenant_id', true), '')::uuid"),
            nullable=False,
        ),
        sa.Column("event_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "transaction_id",
            sa.BigInteger(),
            server_default=sa.text("pg_current_xact_id()::text::bigint"),
            nullable=False,
        ),
        sa.Column(
            "account_id",
            sa.Uuid(),
            server_default=sa.text("nullif(current_setting('app.account_id', true), '')::uuid"),
            nullable=True,
        ),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "event_id", name=op.f("audit_event_pkey")),
    )
    op.create_index(
        "audit_event_subject_idx",
        "audit_event",
        ["tenant_id", "subject_type", "subject_id", "event_id"],
        unique=False,
    )
    op.create_index(
        "audit_event_sealing_idx", "audit_event", ["tenant_id", "transaction_id", "event_id"], unique=False
    )
    op.create_table(
        "audit_seal",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("upto_transaction", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "number", name=op.f("audit_seal_pkey")),
    )
    op.create_table(
        "auth_event",
        sa.Column("event_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("auth_event_pkey")),
    )
    op.create_index("auth_event_account_id_idx", "auth_event", ["account_id", "event_id"], unique=False)
    op.create_table(
        "login_failure",
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "window_start", name=op.f("login_failure_pkey")),
    )
    op.create_table(
        "outbox_event",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text("nullif(current_setting('app.tenant_id', true), '')::uuid"),
            nullable=False,
        ),
        sa.Column("event_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "event_id", name=op.f("outbox_event_pkey")),
    )
    op.create_index(
        "outbox_event_waiting_idx",
        "outbox_event",
        ["tenant_id", "event_id"],
        unique=False,
        postgresql_where=sa.text("handled_at IS NULL"),
    )
    op.create_table(
        "tenant",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("state_code", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("pnt_prefix", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("policy_text", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("policy_url", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("natural_rfc_public", sa.Boolean(), nullable=False),
        sa.Column("default_policy", sa.Text(), server_default=sa.text("'garante'"), nullable=False),
        sa.Column("accent", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("is_national", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("declaration_sha256", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "default_policy IN ('self', 'garante', 'direct', 'single')",
            name=op.f("tenant_default_policy_check"),
        ),
        sa.CheckConstraint("status IN ('active', 'suspended')", name=op.f("tenant_status_check")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("tenant_pkey")),
        sa.UniqueConstraint("slug", name=op.f("tenant_slug_key")),
    )
    op.create_table(
        "chain_head",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.Column("last_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("live_releases", sa.BigInteger(), nullable=False),
        sa.Column("live_records", sa.BigInteger(), nullable=False),
        sa.Column("withdrawals", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("chain_head_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("chain_head_pkey")),
    )
    op.create_table(
        "login_session",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=True),
        sa.Column("user_agent", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("login_session_account_id_account_fkey")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("login_session_pkey")),
        sa.UniqueConstraint("token_sha256", name=op.f("login_session_token_sha256_key")),
    )
    op.create_index("login_session_account_id_idx", "login_session", ["account_id"], unique=False)
    op.create_table(
        "ocid_prefix",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("'test'"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint("kind IN ('test', 'registered', 'used')", name=op.f("ocid_prefix_kind_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("ocid_prefix_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "prefix", name=op.f("ocid_prefix_pkey")),
        sa.UniqueConstraint("prefix", name=op.f("ocid_prefix_prefix_key")),
    )
    op.create_table(
        "platform_role",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "role IN ('platform_operator', 'national_monitor')", name=op.f("platform_role_role_check")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("platform_role_account_id_account_fkey")
        ),
        sa.PrimaryKeyConstraint("account_id", "role", name=op.f("platform_role_pkey")),
    )
    op.create_table(
        "sujeto_obligado",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False),
        sa.Column("rfc", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("pnt_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("scope", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("branch", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("policy", sa.Text(), server_default=sa.text("'garante'"), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "policy IN ('self', 'garante', 'direct', 'single')", name=op.f("sujeto_obligado_policy_check")
        ),
        sa.CheckConstraint("status IN ('active', 'suspended')", name=op.f("sujeto_obligado_status_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("sujeto_obligado_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "sujeto_obligado_id", name=op.f("sujeto_obligado_pkey")),
        sa.UniqueConstraint("tenant_id", "key", name=op.f("sujeto_obligado_tenant_id_key_key")),
    )
    op.create_index(
        "sujeto_obligado_sort_idx",
        "sujeto_obligado",
        ["tenant_id", "sort_key", "sujeto_obligado_id"],
        unique=False,
    )
    op.create_table(
        "tenant_host",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("tenant_host_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "host", name=op.f("tenant_host_pkey")),
        sa.UniqueConstraint("host", name=op.f("tenant_host_host_key")),
    )
    op.create_table(
        "tenant_name",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("short_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("law", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("source", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("tenant_name_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "position", name=op.f("tenant_name_pkey")),
    )
    op.create_table(
        "contracting_process",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=False),
        sa.Column("ocid", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("document_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sujeto_obligado_id"],
            ["sujeto_obligado.tenant_id", "sujeto_obligado.sujeto_obligado_id"],
            name=op.f("contracting_process_tenant_id_sujeto_obligado_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("contracting_process_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "process_id", name=op.f("contracting_process_pkey")),
        sa.UniqueConstraint("tenant_id", "ocid", name=op.f("contracting_process_tenant_id_ocid_key")),
    )
    op.create_index(
        "contracting_process_recent_idx",
        "contracting_process",
        ["tenant_id", "sujeto_obligado_id", "updated_at", "process_id"],
        unique=False,
    )
    op.create_table(
        "import_run",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), server_default=sa.text("'reading'"), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("shape", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("publish", sa.Boolean(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("done_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("counts", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("metadata_kept", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("checkpoint", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("message", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('reading', 'previewed', 'applying', 'finished', 'cancelled', 'failed')",
            name=op.f("import_run_status_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sujeto_obligado_id"],
            ["sujeto_obligado.tenant_id", "sujeto_obligado.sujeto_obligado_id"],
            name=op.f("import_run_tenant_id_sujeto_obligado_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("import_run_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "import_id", name=op.f("import_run_pkey")),
    )
    op.create_index(
        "import_run_recent_idx", "import_run", ["tenant_id", "created_at", "import_id"], unique=False
    )
    op.create_table(
        "membership",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "role IN ('garante_admin', 'garante_reviewer', 'so_admin', 'so_publisher', 'so_editor', 'so_reader')",
            name=op.f("membership_role_check"),
        ),
        sa.CheckConstraint("status IN ('active', 'ended')", name=op.f("membership_status_check")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("membership_account_id_account_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sujeto_obligado_id"],
            ["sujeto_obligado.tenant_id", "sujeto_obligado.sujeto_obligado_id"],
            name=op.f("membership_tenant_id_sujeto_obligado_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("membership_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "membership_id", name=op.f("membership_pkey")),
        sa.UniqueConstraint(
            "tenant_id",
            "account_id",
            "role",
            "sujeto_obligado_id",
            name=op.f("membership_tenant_id_account_id_role_sujeto_obligado_id_key"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("membership_account_id_idx", "membership", ["account_id"], unique=False)
    op.create_table(
        "publication_total",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=False),
        sa.Column("processes", sa.BigInteger(), nullable=False),
        sa.Column("releases", sa.BigInteger(), nullable=False),
        sa.Column("last_published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sujeto_obligado_id"],
            ["sujeto_obligado.tenant_id", "sujeto_obligado.sujeto_obligado_id"],
            name=op.f("publication_total_tenant_id_sujeto_obligado_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "sujeto_obligado_id", name=op.f("publication_total_pkey")),
    )
    op.create_table(
        "import_row",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("source_ocid", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("source_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("source_sha256", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("ocid", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("title", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=True),
        sa.Column("version_number", sa.Integer(), nullable=True),
        sa.Column("problems", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("kept", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.CheckConstraint(
            "outcome IN ('pending', 'created', 'changed', 'unchanged', 'refused', 'duplicate', 'published', 'held')",
            name=op.f("import_row_outcome_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "import_id"],
            ["import_run.tenant_id", "import_run.import_id"],
            name=op.f("import_row_tenant_id_import_run_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "import_id", "row_number", name=op.f("import_row_pkey")),
    )
    op.create_index(
        "import_row_outcome_idx",
        "import_row",
        ["tenant_id", "import_id", "outcome", "row_number"],
        unique=False,
    )
    op.create_index(
        "import_row_source_idx",
        "import_row",
        ["tenant_id", "source_sha256"],
        unique=False,
        postgresql_where=sa.text("process_id IS NOT NULL"),
    )
    op.create_table(
        "ocid_alias",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "process_id"],
            ["contracting_process.tenant_id", "contracting_process.process_id"],
            name=op.f("ocid_alias_tenant_id_contracting_process_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "alias", name=op.f("ocid_alias_pkey")),
    )
    op.create_table(
        "process_part",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "process_id"],
            ["contracting_process.tenant_id", "contracting_process.process_id"],
            name=op.f("process_part_tenant_id_contracting_process_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "process_id", "path", name=op.f("process_part_pkey")),
    )
    op.create_table(
        "process_version",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'draft'"), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("error_count", sa.Integer(), nullable=False),
        sa.Column("advice_count", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("snapshot", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'in_review', 'returned', 'approved', 'scheduled', 'published', 'discarded')",
            name=op.f("process_version_status_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "process_id"],
            ["contracting_process.tenant_id", "contracting_process.process_id"],
            name=op.f("process_version_tenant_id_contracting_process_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "process_id", "number", name=op.f("process_version_pkey")),
    )
    op.create_index(
        "process_version_open_key",
        "process_version",
        ["tenant_id", "process_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('draft', 'in_review', 'returned', 'approved', 'scheduled')"),
    )
    op.create_index(
        "process_version_status_idx",
        "process_version",
        ["tenant_id", "status", "updated_at", "process_id"],
        unique=False,
    )
    op.create_table(
        "record",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("ocid", sa.Text(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.DateTime(timezone=True), nullable=False),
        sa.Column("release_count", sa.Integer(), nullable=False),
        sa.Column("compiled", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "process_id"],
            ["contracting_process.tenant_id", "contracting_process.process_id"],
            name=op.f("record_tenant_id_contracting_process_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "ocid", name=op.f("record_pkey")),
        sa.UniqueConstraint("tenant_id", "process_id", name=op.f("record_tenant_id_process_id_key")),
    )
    op.create_index("record_position_idx", "record", ["tenant_id", "position"], unique=False)
    op.create_table(
        "release",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("'release'"), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=False),
        sa.Column("version_number", sa.Integer(), nullable=False),
        sa.Column("ocid", sa.Text(), nullable=False),
        sa.Column("release_id", sa.Text(), nullable=False),
        sa.Column("date", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tag", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("withdraws", sa.BigInteger(), nullable=True),
        sa.Column("ground", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("kind IN ('release', 'withdrawal')", name=op.f("release_kind_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "process_id"],
            ["contracting_process.tenant_id", "contracting_process.process_id"],
            name=op.f("release_tenant_id_contracting_process_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("release_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "position", name=op.f("release_pkey")),
        sa.UniqueConstraint(
            "tenant_id", "ocid", "release_id", name=op.f("release_tenant_id_ocid_release_id_key")
        ),
    )
    op.create_index("release_date_idx", "release", ["tenant_id", "date"], unique=False)
    op.create_index(
        "release_withdraws_idx",
        "release",
        ["tenant_id", "withdraws"],
        unique=True,
        postgresql_where=sa.text("kind = 'withdrawal'"),
    )
    op.create_table(
        "observation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("observation_id", sa.Uuid(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("pointer", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "process_id", "number"],
            ["process_version.tenant_id", "process_version.process_id", "process_version.number"],
            name=op.f("observation_tenant_id_process_version_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "observation_id", name=op.f("observation_pkey")),
    )
    op.create_index(
        "observation_version_idx",
        "observation",
        ["tenant_id", "process_id", "number", "created_at"],
        unique=False,
    )
    op.create_table(
        "process_facet",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("ocid", sa.Text(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("buyer_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("stage", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("method", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("category", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=True),
        sa.Column("currency", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("suppliers", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ocid"],
            ["record.tenant_id", "record.ocid"],
            name=op.f("process_facet_tenant_id_record_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sujeto_obligado_id"],
            ["sujeto_obligado.tenant_id", "sujeto_obligado.sujeto_obligado_id"],
            name=op.f("process_facet_tenant_id_sujeto_obligado_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "ocid", name=op.f("process_facet_pkey")),
    )
    op.create_index(
        "process_facet_recent_idx", "process_facet", ["tenant_id", "published_at", "ocid"], unique=False
    )
    op.create_index(
        "process_facet_sujeto_idx",
        "process_facet",
        ["tenant_id", "sujeto_obligado_id", "published_at", "ocid"],
        unique=False,
    )
    op.create_index(
        "process_facet_method_idx",
        "process_facet",
        ["tenant_id", "method", "published_at", "ocid"],
        unique=False,
    )
    op.create_index(
        "process_facet_stage_idx",
        "process_facet",
        ["tenant_id", "stage", "published_at", "ocid"],
        unique=False,
    )
    op.create_table(
        "release_body",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "position"],
            ["release.tenant_id", "release.position"],
            name=op.f("release_body_tenant_id_release_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "position", name=op.f("release_body_pkey")),
    )
    op.create_table(
        "version_editor",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "process_id", "number"],
            ["process_version.tenant_id", "process_version.process_id", "process_version.number"],
            name=op.f("version_editor_tenant_id_process_version_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "process_id", "number", "account_id", name=op.f("version_editor_pkey")
        ),
    )


def downgrade() -> None:
    raise NotImplementedError("El primer esquema no se deshace: borra la base de datos.")
