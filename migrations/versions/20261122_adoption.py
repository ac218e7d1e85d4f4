"""Empty so far.

Revision: 20261122_adoption
After: 20261122_mail
"""

revision = "20261122_adoption"
down_revision = "20261122_mail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
