"""What was redacted or reserved is kept track of.

Revision: 20261123_redaction
After: 20261123_archives
"""

revision = "20261123_redaction"
down_revision = "20261123_archives"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
