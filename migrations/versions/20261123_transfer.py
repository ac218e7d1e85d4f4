"""Sujetos obligados move to another tenant with all that is theirs.

Revision: 20261123_transfer
After: 20261123_redaction
"""

revision = "20261123_transfer"
down_revision = "20261123_redaction"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
