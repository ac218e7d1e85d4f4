"""How a program's ended tokens are found, one being asked for with every question of some.

Revision: 20261207_ended_tokens
After: 20261206_s6
"""

from alembic import op

from migrations import gently

revision = "20261207_ended_tokens"
down_revision = "20261206_s6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build the index."""
    gently.index("machine_token_ended_idx", "machine_token", ["tenant_id", "client_id", "expires_at"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("machine_token_ended_idx", "machine_token")
