"""The registry of suppliers, officials, units and bodies.

Revision: 20261122_parties
After: 20261122_catalogs
"""

revision = "20261122_parties"
down_revision = "20261122_catalogs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled in by the steps that follow."""


def downgrade() -> None:
    """Filled in by the steps that follow."""
