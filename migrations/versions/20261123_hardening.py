"""Rows state less about themselves, and what is read by an address has its index.

Revision: 20261123_hardening
After: 20261122_continuity
"""

from alembic import op

from migrations import gently

revision = "20261123_hardening"
down_revision = "20261122_continuity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Find what imports keep of a process by its ocid."""
    gently.index("import_row_ocid_idx", "import_row", ["tenant_id", "ocid"])


def downgrade() -> None:
    """Read the whole table again."""
    op.drop_index("import_row_ocid_idx", "import_row")
