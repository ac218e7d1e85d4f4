"""Empty so far.

Revision: 20261122_withdrawal
After: 20261122_workflow
"""

revision = "20261122_withdrawal"
down_revision = "20261122_workflow"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
