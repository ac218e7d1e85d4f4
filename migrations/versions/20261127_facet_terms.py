"""What searches ask of a published process: its words and its suppliers.

Revision: 20261127_facet_terms
After: 20261126_choices
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from migrations import gently

revision = "20261127_facet_terms"
down_revision = "20261126_choices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty: a chore fills it in."""
    op.add_column(
        "process_facet",
        sa.Column("terms", ARRAY(sa.Text()), nullable=False, server_default="{}"),
        if_not_exists=True,
    )
    bare = sa.text("terms = '{}'")
    gently.index("process_facet_bare_idx", "process_facet", ["tenant_id", "ocid"], postgresql_where=bare)
    gently.index("process_facet_terms_idx", "process_facet", ["terms"], postgresql_using="gin")


def downgrade() -> None:
    """Drop it."""
    op.drop_index("process_facet_bare_idx", "process_facet")
    op.drop_index("process_facet_terms_idx", "process_facet")
    op.drop_column("process_facet", "terms")
