"""What each sujeto obligado owes the PNT, by quarter.

The story: a garante says in which format its bodies report, and from which quarter on; a body declares the quarter in
which it signed nothing, and says which rows the PNT has already.

Revision: 20261124_pnt
After: 20261124_sipot
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.walls import grant, wall

revision = "20261124_pnt"
down_revision = "20261124_sipot"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
TABLES = ("pnt_format", "pnt_declaration", "pnt_loaded")
FAMILIES = "family IN ('direct', 'competitive', 'all')"


def upgrade() -> None:
    """Make the tables and their walls."""
    _format()
    _declaration()
    _loaded()
    for table in TABLES:
        wall(table)
    # Who and when come from the transaction, not from what somebody states.
    grant("SELECT, DELETE", "pnt_format", "app_rw")
    grant("INSERT", "pnt_format", "app_rw", columns=_FORMAT)
    grant("SELECT", "pnt_declaration", "app_rw")
    grant("INSERT", "pnt_declaration", "app_rw", columns=_DECLARATION)
    grant(
        "UPDATE",
        "pnt_declaration",
        "app_rw",
        columns=("checked_at", "withdrawn_at", "withdrawn_by", "withdrawn_for", "ocid"),
    )
    grant("SELECT, INSERT, DELETE", "pnt_loaded", "app_rw")


def downgrade() -> None:
    """Drop the tables: declarations are lost."""
    for table in reversed(TABLES):
        op.drop_table(table)


_FORMAT = (
    "tenant_id",
    "format_key",
    "family",
    "since",
    "built_in",
    "learned",
    "filename",
    "law",
    "article",
    "fraction",
    "title",
    "short_name",
    "description",
)
_DECLARATION = (
    "tenant_id",
    "declaration_id",
    "sujeto_obligado_id",
    "quarter",
    "area",
    "validated",
    "updated",
    "note",
)


def _prose(name: str, default: str | None = "") -> sa.Column[str]:
    told = None if default is None else sa.text(f"'{default}'")
    return sa.Column(name, sa.Text(), server_default=told, nullable=False)


def _id(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, INSTANT, server_default=sa.text("now()"), nullable=False)


def _account() -> sa.Column[object]:
    setting = "nullif(current_setting('app.account_id', true), '')::uuid"
    return sa.Column("account_id", sa.Uuid(), server_default=sa.text(setting), nullable=True)


def _of_a_body(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "sujeto_obligado_id"],
        ["sujeto_obligado.tenant_id", "sujeto_obligado.sujeto_obligado_id"],
        name=op.f(f"{table}_tenant_id_sujeto_obligado_fkey"),
    )


def _format() -> None:
    op.create_table(
        "pnt_format",
        _id("tenant_id"),
        _id("format_key"),
        _prose("family", None),
        sa.Column("since", sa.Date(), nullable=False),
        _prose("built_in"),
        sa.Column("learned", JSONB(), nullable=True),
        *(
            _prose(name)
            for name in ("filename", "law", "article", "fraction", "title", "short_name", "description")
        ),
        _moment("at"),
        _account(),
        sa.CheckConstraint(FAMILIES, name=op.f("pnt_format_family_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.tenant_id"], name=op.f("pnt_format_tenant_id_tenant_fkey")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "format_key", name=op.f("pnt_format_pkey")),
    )
    op.create_index("pnt_format_since_idx", "pnt_format", ["tenant_id", "since", "at"])


def _declaration() -> None:
    op.create_table(
        "pnt_declaration",
        _id("tenant_id"),
        _id("declaration_id"),
        _id("sujeto_obligado_id"),
        sa.Column("quarter", sa.Date(), nullable=False),
        _prose("area", None),
        sa.Column("validated", sa.Date(), nullable=False),
        sa.Column("updated", sa.Date(), nullable=False),
        _prose("note", None),
        _moment("at"),
        _account(),
        _moment("checked_at"),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        _prose("withdrawn_for"),
        _prose("ocid"),
        sa.CheckConstraint(
            "withdrawn_for IN ('', 'person', 'publication')", name=op.f("pnt_declaration_withdrawn_for_check")
        ),
        _of_a_body("pnt_declaration"),
        sa.PrimaryKeyConstraint("tenant_id", "declaration_id", name=op.f("pnt_declaration_pkey")),
    )
    op.create_index(
        "pnt_declaration_standing_key",
        "pnt_declaration",
        ["tenant_id", "sujeto_obligado_id", "quarter"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )


def _loaded() -> None:
    op.create_table(
        "pnt_loaded",
        _id("tenant_id"),
        _id("sujeto_obligado_id"),
        sa.Column("quarter", sa.Date(), nullable=False),
        _prose("family", None),
        _prose("row_key", None),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        _moment("at"),
        sa.CheckConstraint(FAMILIES, name=op.f("pnt_loaded_family_check")),
        _of_a_body("pnt_loaded"),
        sa.PrimaryKeyConstraint(
            "tenant_id", "sujeto_obligado_id", "quarter", "family", "row_key", name=op.f("pnt_loaded_pkey")
        ),
    )
