"""What an archive brings is bounded by the tables themselves.

Revision: 20261123_archives
After: 20261123_hardening
"""

revision = "20261123_archives"
down_revision = "20261123_hardening"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
