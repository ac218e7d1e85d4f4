"""Empty so far.

Revision: 20261122_mail
After: 20261122_withdrawal
"""

revision = "20261122_mail"
down_revision = "20261122_withdrawal"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
