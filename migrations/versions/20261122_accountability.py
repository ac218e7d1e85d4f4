"""Where an act came from, whose business it was, and how long what is not for ever is kept.

The story: the log is searched by who, what, whose and when, each read off an index of its own. Rows from before have
neither address nor body: garantes see them as before, bodies do not. A version of the service from before writes rows
that take both from settings it does not make, which are then empty. Going back loses both columns, with what they said.

Revision: 20261122_accountability
After: 20261122_adoption
"""

import sqlalchemy as sa
from alembic import op

from migrations.walls import grant, role, wall

revision = "20261122_accountability"
down_revision = "20261122_adoption"
branch_labels = None
depends_on = None

_ORDERS = {"at": (), "account": ("account_id",), "sujeto": ("sujeto_obligado_id",), "verb": ("verb",)}


def upgrade() -> None:
    op.add_column(
        "audit_event",
        sa.Column(
            "address",
            sa.Text(),
            server_default=sa.text("coalesce(current_setting('app.address', true), '')"),
            nullable=False,
        ),
    )
    op.add_column("audit_event", sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=True))
    # Apart from the column itself, so that rows from before stay as they are.
    op.alter_column(
        "audit_event",
        "sujeto_obligado_id",
        server_default=sa.text("nullif(current_setting('app.sujeto_obligado_id', true), '')::uuid"),
    )
    for name, columns in _ORDERS.items():
        op.create_index(f"audit_event_{name}_idx", "audit_event", ["tenant_id", *columns, "at", "event_id"])
    grant("INSERT", "audit_event", "app_rw", columns=("sujeto_obligado_id",))
    op.add_column("import_run", sa.Column("original_deleted_at", sa.DateTime(timezone=True), nullable=True))
    grant("DELETE", "login_session", "app_auth")
    grant("DELETE", "notice", "app_rw")
    op.create_table(
        "retention_term",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("retention_term_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "what", name=op.f("retention_term_pkey")),
    )
    wall("retention_term")
    grant("SELECT, INSERT, UPDATE", "retention_term", "app_rw")


def downgrade() -> None:
    op.drop_table("retention_term")
    for table, name in (("notice", "app_rw"), ("login_session", "app_auth")):
        op.execute(f"REVOKE DELETE ON {table} FROM {role(name)}")
    op.drop_column("import_run", "original_deleted_at")
    for name in _ORDERS:
        op.drop_index(f"audit_event_{name}_idx", table_name="audit_event")
    op.drop_column("audit_event", "sujeto_obligado_id")
    op.drop_column("audit_event", "address")
