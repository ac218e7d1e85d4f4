"""Empty so far.

Revision: 20261122_sso
After: 20261122_people
"""

revision = "20261122_sso"
down_revision = "20261122_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
