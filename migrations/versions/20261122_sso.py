"""Single sign-on per tenant, and machine clients.

The story: a tenant may sign its people in with a provider of its own. Whom a subject of that provider is stands by
tenant, issuer and subject; a session opened that way names the tenant and opens nothing else. A machine client is a
service account with a role that no person may have. Going back loses the configuration, the links and the clients, and
ends the memberships of clients; nothing published depends on them.

Revision: 20261122_sso
After: 20261122_people
"""

import sqlalchemy as sa
from alembic import op

from migrations.walls import grant, role, wall

revision = "20261122_sso"
down_revision = "20261122_people"
branch_labels = None
depends_on = None

PEOPLE = "'garante_admin', 'garante_reviewer', 'so_admin', 'so_publisher', 'so_editor', 'so_reader'"


def upgrade() -> None:
    _sign_on()
    _clients()
    for table in ("identity_provider", "oidc_identity", "break_glass", "machine_client", "machine_token"):
        wall(table)
    _sessions()
    _memberships()
    grant("SELECT, INSERT, UPDATE", "identity_provider", "app_rw")
    grant("SELECT, INSERT, DELETE", "sso_mark", "app_auth")
    # Before a session there is no tenant to bind: the role that signs people in sees every tenant's.
    grant("SELECT", "identity_provider", "app_auth")
    grant("SELECT, INSERT, DELETE", "oidc_identity", "app_auth")
    grant("SELECT, UPDATE", "break_glass", "app_auth")
    for table, verb, ruled in (
        ("identity_provider", "SELECT", "USING (true)"),
        ("oidc_identity", "ALL", "USING (true) WITH CHECK (true)"),
        ("break_glass", "ALL", "USING (true) WITH CHECK (true)"),
    ):
        op.execute(f"CREATE POLICY signing_in ON {table} FOR {verb} TO {role('app_auth')} {ruled}")
    grant("SELECT, INSERT, UPDATE", "machine_client", "app_rw")
    grant("SELECT, INSERT, DELETE", "machine_token", "app_rw")


def downgrade() -> None:
    for table in (
        "machine_token",
        "machine_client",
        "break_glass",
        "sso_mark",
        "oidc_identity",
        "identity_provider",
    ):
        op.drop_table(table)
    for column in ("sso_id_token", "sso_sid", "sso_subject", "sso_tenant_id"):
        op.drop_column("login_session", column)
    op.execute("ALTER TABLE membership DISABLE ROW LEVEL SECURITY")
    op.execute("DELETE FROM membership WHERE role = 'machine'")
    op.execute("ALTER TABLE membership ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE membership FORCE ROW LEVEL SECURITY")
    op.drop_constraint("membership_role_check", "membership")
    op.create_check_constraint("membership_role_check", "membership", f"role IN ({PEOPLE})")
    op.drop_column("membership", "sso")


def _sign_on() -> None:
    op.create_table(
        "identity_provider",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False, server_default=default)
            for name, default in (
                ("label", None),
                ("issuer", None),
                ("client_id", None),
                ("client_secret", ""),
                ("scopes", "openid profile email"),
                ("role_claim", ""),
                ("sujeto_claim", ""),
            )
        ),
        sa.Column("roles", sa.dialects.postgresql.JSONB(), nullable=False, server_default="{}"),
        sa.Column("single_logout", sa.Boolean(), nullable=False),
        sa.Column("local_login", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("identity_provider_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("identity_provider_pkey")),
    )
    op.create_table(
        "oidc_identity",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("made_account", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("oidc_identity_tenant_id_tenant_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("oidc_identity_account_id_account_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "issuer", "subject", name=op.f("oidc_identity_pkey")),
    )
    op.create_index("oidc_identity_account_idx", "oidc_identity", ["account_id"])
    op.create_table(
        "sso_mark",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("sso_mark_pkey")),
    )
    op.create_table(
        "break_glass",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("local_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("break_glass_tenant_id_tenant_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("break_glass_account_id_account_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "account_id", name=op.f("break_glass_pkey")),
        sa.UniqueConstraint("tenant_id", "token_sha256", name=op.f("break_glass_tenant_id_token_sha256_key")),
    )


def _clients() -> None:
    op.create_table(
        "machine_client",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("machine_client_tenant_id_tenant_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sujeto_obligado_id"],
            ["sujeto_obligado.tenant_id", "sujeto_obligado.sujeto_obligado_id"],
            name=op.f("machine_client_tenant_id_sujeto_obligado_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "membership_id"],
            ["membership.tenant_id", "membership.membership_id"],
            name=op.f("machine_client_tenant_id_membership_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("machine_client_account_id_account_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "client_id", name=op.f("machine_client_pkey")),
    )
    op.create_table(
        "machine_token",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "client_id"],
            ["machine_client.tenant_id", "machine_client.client_id"],
            name=op.f("machine_token_tenant_id_machine_client_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "token_sha256", name=op.f("machine_token_pkey")),
    )


def _sessions() -> None:
    """A session may be a tenant's provider's: it opens that tenant and nothing else."""
    op.add_column("login_session", sa.Column("sso_tenant_id", sa.Uuid(), nullable=True))
    for name in ("sso_subject", "sso_sid", "sso_id_token"):
        op.add_column("login_session", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.create_foreign_key(
        "login_session_sso_tenant_id_tenant_fkey",
        "login_session",
        "tenant",
        ["sso_tenant_id"],
        ["tenant_id"],
    )


def _memberships() -> None:
    """Claims give and take memberships, but only those that they gave; clients have a role of their own."""
    op.add_column("membership", sa.Column("sso", sa.Text(), server_default="", nullable=False))
    op.create_check_constraint("membership_sso_check", "membership", "sso IN ('', 'granted', 'withdrawn')")
    op.drop_constraint("membership_role_check", "membership")
    op.create_check_constraint("membership_role_check", "membership", f"role IN ({PEOPLE}, 'machine')")
    grant("INSERT", "membership", "app_rw")
    grant("UPDATE", "membership", "app_rw", columns=("status", "sso"))
