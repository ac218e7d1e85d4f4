"""Empty so far.

Revision: 20261122_workflow
After: 20261122_padron
"""

revision = "20261122_workflow"
down_revision = "20261122_padron"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
