"""Files of the documents of a process.

Revision: 20261122_attachments
After: 20261122_parties
"""

revision = "20261122_attachments"
down_revision = "20261122_parties"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled in by the steps that follow."""


def downgrade() -> None:
    """Filled in by the steps that follow."""
