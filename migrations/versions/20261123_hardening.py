"""Rows state less about themselves, and what is read by an address has its index.

Revision: 20261123_hardening
After: 20261122_continuity
"""

revision = "20261123_hardening"
down_revision = "20261122_continuity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
