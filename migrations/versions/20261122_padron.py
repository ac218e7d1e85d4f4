"""The padrón with its history, and what a garante decides on its own pages.

The story: bodies get what a padrón says of them, and keep what they said before: loads of files row by row, changes,
names in time, lineage. A garante's pages may change its name, licence, policy, colour, logo, terms and calendar;
`tenant.decided` names what a declaration may no longer change.

Revision: 20261122_padron
After: 20261122_sso
"""

import sqlalchemy as sa
from alembic import op

from migrations.walls import grant, wall

revision = "20261122_padron"
down_revision = "20261122_sso"
branch_labels = None
depends_on = None

TABLES = ("calendar_day", "sujeto_name", "padron_load", "padron_row", "sujeto_change", "sujeto_lineage")
ACCOUNT = sa.text("nullif(current_setting('app.account_id', true), '')::uuid")


def upgrade() -> None:
    _tenant()
    _sujeto()
    _calendar()
    _names()
    _loads()
    _history()
    for table in TABLES:
        wall(table)
    grant("SELECT, INSERT, UPDATE, DELETE", "calendar_day", "app_rw")
    grant("SELECT, INSERT, UPDATE", "sujeto_name", "app_rw")
    grant("SELECT, INSERT", "sujeto_lineage", "app_rw")
    grant("SELECT, INSERT", "padron_load", "app_rw")
    grant(
        "UPDATE",
        "padron_load",
        "app_rw",
        columns=(
            "columns",
            "ignored",
            "counts",
            "message",
            "analysed_at",
            "failed_at",
            "ordered_at",
            "applied_at",
            "discarded_at",
        ),
    )
    # A job that starts again reads the file again.
    grant("SELECT, INSERT, DELETE", "padron_row", "app_rw")
    grant("UPDATE", "padron_row", "app_rw", columns=("choice", "result", "reason", "sujeto_obligado_id"))
    # Who and when come from the transaction, not from what somebody states.
    grant("SELECT", "sujeto_change", "app_rw")
    grant(
        "INSERT",
        "sujeto_change",
        "app_rw",
        columns=(
            "tenant_id",
            "sujeto_obligado_id",
            "row_version",
            "act",
            "changed",
            "reason",
            "load_id",
            "row_number",
        ),
    )
    grant("INSERT, UPDATE", "tenant_name", "app_rw")
    grant(
        "UPDATE",
        "tenant",
        "app_rw",
        columns=(
            "licence",
            "policy_text",
            "policy_url",
            "default_policy",
            "accent",
            "logo_key",
            "logo_type",
            "review_days",
            "decided",
            "updated_at",
        ),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_index("sujeto_obligado_pnt_key", "sujeto_obligado")
    op.drop_constraint("sujeto_obligado_status_check", "sujeto_obligado")
    op.create_check_constraint(
        "sujeto_obligado_status_check", "sujeto_obligado", "status IN ('active', 'suspended')"
    )
    for column in (
        "short_name",
        "sector",
        "contact_email",
        "policy_before",
        "single_until",
        "row_version",
        "last_published_at",
    ):
        op.drop_column("sujeto_obligado", column)
    for column in ("logo_key", "logo_type", "review_days", "decided"):
        op.drop_column("tenant", column)


def _tenant() -> None:
    op.add_column("tenant", _text("logo_key"))
    op.add_column("tenant", _text("logo_type"))
    op.add_column("tenant", sa.Column("review_days", sa.Integer(), server_default="5", nullable=False))
    op.add_column("tenant", sa.Column("decided", sa.ARRAY(sa.Text()), server_default="{}", nullable=False))


def _sujeto() -> None:
    for name in ("short_name", "sector", "contact_email", "policy_before"):
        op.add_column("sujeto_obligado", _text(name))
    op.add_column("sujeto_obligado", sa.Column("single_until", sa.Date(), nullable=True))
    op.add_column(
        "sujeto_obligado", sa.Column("row_version", sa.Integer(), server_default="1", nullable=False)
    )
    op.add_column(
        "sujeto_obligado", sa.Column("last_published_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.drop_constraint(op.f("sujeto_obligado_status_check"), "sujeto_obligado")
    op.create_check_constraint(
        op.f("sujeto_obligado_status_check"),
        "sujeto_obligado",
        "status IN ('active', 'suspended', 'merged')",
    )
    op.create_index(
        "sujeto_obligado_pnt_key",
        "sujeto_obligado",
        ["tenant_id", "pnt_id"],
        unique=True,
        postgresql_where=sa.text("pnt_id <> ''"),
    )
    op.execute(
        "UPDATE sujeto_obligado s SET last_published_at = t.last_published_at FROM publication_total t "
        "WHERE t.tenant_id = s.tenant_id AND t.sujeto_obligado_id = s.sujeto_obligado_id"
    )


def _calendar() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        _text("label"),
        sa.CheckConstraint(
            "kind IN ('holiday', 'vacation', 'working')", name=op.f("calendar_day_kind_check")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("calendar_day_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "day", name=op.f("calendar_day_pkey")),
    )


def _names() -> None:
    op.create_table(
        "sujeto_name",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        _text("ground"),
        _of_a_body("sujeto_name", "sujeto_obligado_id"),
        sa.PrimaryKeyConstraint("tenant_id", "sujeto_obligado_id", "position", name=op.f("sujeto_name_pkey")),
    )


def _loads() -> None:
    op.create_table(
        "padron_load",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("load_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.Column("columns", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("ignored", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("counts", sa.JSON(), server_default="{}", nullable=False),
        _text("message"),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        _moment("created_at", default_now=True),
        *(_moment(name) for name in ("analysed_at", "failed_at", "ordered_at", "applied_at", "discarded_at")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("padron_load_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "load_id", name=op.f("padron_load_pkey")),
    )
    op.create_index("padron_load_recent_idx", "padron_load", ["tenant_id", "created_at"], unique=False)
    op.create_table(
        "padron_row",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("load_id", sa.Uuid(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("choice", sa.Text(), server_default=sa.text("'leave'"), nullable=False),
        _text("result"),
        _text("name"),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("changed", sa.JSON(), nullable=False),
        _text("reason"),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=True),
        sa.Column("seen_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('new', 'equal', 'changed', 'renamed', 'alike', 'missing', 'elsewhere', 'refused')",
            name=op.f("padron_row_outcome_check"),
        ),
        sa.CheckConstraint("choice IN ('leave', 'add', 'change')", name=op.f("padron_row_choice_check")),
        sa.CheckConstraint(
            "result IN ('', 'added', 'changed', 'stale')", name=op.f("padron_row_result_check")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "load_id"],
            ["padron_load.tenant_id", "padron_load.load_id"],
            name=op.f("padron_row_tenant_id_padron_load_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "load_id", "row_number", name=op.f("padron_row_pkey")),
    )
    op.create_index(
        "padron_row_outcome_idx",
        "padron_row",
        ["tenant_id", "load_id", "outcome", "row_number"],
        unique=False,
    )


def _history() -> None:
    op.create_table(
        "sujeto_change",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sujeto_obligado_id", sa.Uuid(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("changed", sa.JSON(), nullable=False),
        _text("reason"),
        sa.Column("load_id", sa.Uuid(), nullable=True),
        sa.Column("row_number", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Uuid(), server_default=ACCOUNT, nullable=True),
        _moment("at", default_now=True),
        sa.CheckConstraint(
            "act IN ('add', 'change', 'rename', 'policy', 'suspend', 'reactivate', 'merge', 'split', 'succession')",
            name=op.f("sujeto_change_act_check"),
        ),
        _of_a_body("sujeto_change", "sujeto_obligado_id"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "load_id"],
            ["padron_load.tenant_id", "padron_load.load_id"],
            name=op.f("sujeto_change_tenant_id_padron_load_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "sujeto_obligado_id", "row_version", name=op.f("sujeto_change_pkey")
        ),
    )
    op.create_table(
        "sujeto_lineage",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("predecessor_id", sa.Uuid(), nullable=False),
        sa.Column("successor_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        _text("ground"),
        _moment("at", default_now=True),
        sa.CheckConstraint(
            "kind IN ('merge', 'split', 'succession')", name=op.f("sujeto_lineage_kind_check")
        ),
        _of_a_body("sujeto_lineage", "predecessor_id", name="sujeto_lineage_predecessor_fkey"),
        _of_a_body("sujeto_lineage", "successor_id", name="sujeto_lineage_successor_fkey"),
        sa.PrimaryKeyConstraint(
            "tenant_id", "predecessor_id", "successor_id", name=op.f("sujeto_lineage_pkey")
        ),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False)


def _moment(name: str, *, default_now: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if default_now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not default_now)


def _of_a_body(table: str, column: str, name: str = "") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        ["sujeto_obligado.tenant_id", "sujeto_obligado.sujeto_obligado_id"],
        name=op.f(name or f"{table}_tenant_id_sujeto_obligado_fkey"),
    )
