"""The working document is edited a part at a time.

Revision: 20261122_capture
After: 20261122_import_dates
"""

revision = "20261122_capture"
down_revision = "20261122_import_dates"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled in by the steps that follow."""


def downgrade() -> None:
    """Filled in by the steps that follow."""
