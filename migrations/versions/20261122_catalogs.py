"""Catalogues of each tenant.

Revision: 20261122_catalogs
After: 20261122_capture
"""

revision = "20261122_catalogs"
down_revision = "20261122_capture"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled in by the steps that follow."""


def downgrade() -> None:
    """Filled in by the steps that follow."""
