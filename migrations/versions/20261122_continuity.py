"""Empty so far.

Revision: 20261122_continuity
After: 20261122_accountability
"""

revision = "20261122_continuity"
down_revision = "20261122_accountability"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
