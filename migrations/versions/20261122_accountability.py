"""Empty so far.

Revision: 20261122_accountability
After: 20261122_adoption
"""

revision = "20261122_accountability"
down_revision = "20261122_adoption"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
