"""Empty so far.

Revision: 20261122_padron
After: 20261122_sso
"""

revision = "20261122_padron"
down_revision = "20261122_sso"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
