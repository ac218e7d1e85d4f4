"""The year under which a published process stands at the old addresses.

Revision: 20261203_public_year
After: 20261202_webhooks
"""

import sqlalchemy as sa
from alembic import op

from migrations import gently

revision = "20261203_public_year"
down_revision = "20261202_webhooks"
branch_labels = None
depends_on = None

YEAR = "(EXTRACT(year FROM COALESCE(signed_on, (published_at AT TIME ZONE 'America/Mexico_City')::date))::integer)"


def upgrade() -> None:
    """Build the index."""
    gently.index("process_facet_year_idx", "process_facet", ["tenant_id", sa.text(YEAR), "ocid"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("process_facet_year_idx", "process_facet")
