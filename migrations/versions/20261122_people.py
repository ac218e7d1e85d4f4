"""People are invited, hand over, lend their roles, and prove who they are by more than a password.

The story: until now whoever had a shell entered people. Memberships are written by tenant work from here on (never
whose they are), so `app_rw` gains that; what an account alone knows (its second factor, its links) stays `app_auth`'s.
An open version of a process has somebody responsible, so that nothing is orphaned when a person leaves. An older
running version writes none of the new columns; sessions that it opens count as just authenticated.

Revision: 20261122_people
After: 20261122_attachments
"""

import sqlalchemy as sa
from alembic import op

from migrations.walls import grant, role, wall

revision = "20261122_people"
down_revision = "20261122_attachments"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ACCOUNT_TABLES = ("totp_secret", "recovery_code", "passkey", "account_link")


def upgrade() -> None:
    op.add_column("tenant", sa.Column("second_factor", sa.Text(), server_default="nobody", nullable=False))
    op.create_check_constraint(
        op.f("tenant_second_factor_check"),
        "tenant",
        "second_factor IN ('nobody', 'administrators', 'everybody')",
    )
    grant("UPDATE", "tenant", "app_rw", columns=("second_factor", "updated_at"))
    op.add_column("account", sa.Column("second_factor_since", INSTANT, nullable=True))
    grant("SELECT", "account", "app_rw", columns=("second_factor_since",))
    _sessions()
    _memberships()
    _invitations()
    _accounts()
    op.add_column("process_version", sa.Column("responsible", sa.Uuid(), nullable=True))


def _sessions() -> None:
    op.add_column(
        "login_session",
        sa.Column("authenticated_at", INSTANT, server_default=sa.text("now()"), nullable=False),
    )
    op.add_column("login_session", sa.Column("second_factor_at", INSTANT, nullable=True))
    op.add_column(
        "login_session",
        sa.Column("awaits_second_factor", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("login_session", sa.Column("challenge", sa.LargeBinary(), nullable=True))


def _memberships() -> None:
    for name, kind in (
        ("granted_by", sa.Uuid()),
        ("valid_from", INSTANT),
        ("valid_until", INSTANT),
        ("lent_by", sa.Uuid()),
        ("ended_at", INSTANT),
        ("ended_by", sa.Uuid()),
        ("last_entry_on", sa.Date()),
        ("reviewed_at", INSTANT),
        ("reviewed_by", sa.Uuid()),
    ):
        op.add_column("membership", sa.Column(name, kind, nullable=True))
    op.create_foreign_key(
        op.f("membership_tenant_id_membership_fkey"),
        "membership",
        "membership",
        ["tenant_id", "lent_by"],
        ["tenant_id", "membership_id"],
    )
    # Everything but whose it is, and where.
    grant("INSERT", "membership", "app_rw")
    grant(
        "UPDATE",
        "membership",
        "app_rw",
        columns=(
            "role",
            "status",
            "granted_by",
            "valid_from",
            "valid_until",
            "lent_by",
            "ended_at",
            "ended_by",
            "last_entry_on",
            "reviewed_at",
            "reviewed_by",
        ),
    )


def _invitations() -> None:
    op.create_table(
        "invitation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=False),
        sa.Column("sent_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=True),
        sa.Column("membership_id", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "role IN ('garante_admin', 'garante_reviewer', 'so_admin', 'so_publisher', 'so_editor', 'so_reader')",
            name=op.f("invitation_role_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("invitation_tenant_id_tenant_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sujeto_obligado_id"],
            ["sujeto_obligado.tenant_id", "sujeto_obligado.sujeto_obligado_id"],
            name=op.f("invitation_tenant_id_sujeto_obligado_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "invitation_id", name=op.f("invitation_pkey")),
    )
    op.create_index(
        "invitation_open_key",
        "invitation",
        ["tenant_id", "email", "role", "sujeto_obligado_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("accepted_at IS NULL AND revoked_at IS NULL"),
    )
    wall("invitation")
    grant("SELECT, INSERT", "invitation", "app_rw")
    # Not whom it offers what: a link once sent keeps its meaning.
    grant(
        "UPDATE",
        "invitation",
        "app_rw",
        columns=("turn", "sent_by", "sent_at", "expires_at", "accepted_at", "membership_id", "revoked_at"),
    )


def _accounts() -> None:
    op.create_table(
        "totp_secret",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("totp_secret_account_id_account_fkey")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("totp_secret_pkey")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("code_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("recovery_code_account_id_account_fkey")
        ),
        sa.PrimaryKeyConstraint("account_id", "code_sha256", name=op.f("recovery_code_pkey")),
    )
    op.create_table(
        "passkey",
        sa.Column("passkey_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("rp_id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("passkey_account_id_account_fkey")
        ),
        sa.PrimaryKeyConstraint("passkey_id", name=op.f("passkey_pkey")),
        sa.UniqueConstraint("credential_id", name=op.f("passkey_credential_id_key")),
    )
    op.create_index("passkey_account_id_idx", "passkey", ["account_id"])
    op.create_table(
        "account_link",
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.CheckConstraint("kind IN ('password', 'email')", name=op.f("account_link_kind_check")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("account_link_account_id_account_fkey")
        ),
        sa.PrimaryKeyConstraint("link_id", name=op.f("account_link_pkey")),
    )
    op.create_index("account_link_account_id_idx", "account_link", ["account_id"])
    for table in ACCOUNT_TABLES:
        grant("SELECT, INSERT, UPDATE, DELETE", table, "app_auth")


def downgrade() -> None:
    op.drop_column("process_version", "responsible")
    for table in (*ACCOUNT_TABLES, "invitation"):
        op.drop_table(table)
    op.execute(f"REVOKE INSERT, UPDATE (role, status) ON membership FROM {role('app_rw')}")
    op.execute(f"REVOKE UPDATE (updated_at) ON tenant FROM {role('app_rw')}")
    op.drop_constraint(op.f("membership_tenant_id_membership_fkey"), "membership")
    for name in (
        "granted_by",
        "valid_from",
        "valid_until",
        "lent_by",
        "ended_at",
        "ended_by",
        "last_entry_on",
        "reviewed_at",
        "reviewed_by",
    ):
        op.drop_column("membership", name)
    for name in ("authenticated_at", "second_factor_at", "awaits_second_factor", "challenge"):
        op.drop_column("login_session", name)
    op.drop_column("account", "second_factor_since")
    op.drop_constraint(op.f("tenant_second_factor_check"), "tenant")
    op.drop_column("tenant", "second_factor")
