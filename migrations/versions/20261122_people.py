"""Empty so far.

Revision: 20261122_people
After: 20261122_attachments
"""

revision = "20261122_people"
down_revision = "20261122_attachments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
