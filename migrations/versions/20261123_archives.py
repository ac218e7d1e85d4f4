"""No row of the audit log is newer than this installation's own.

The story: what an archive brings is numbered 0 and below once it is here; a row above zero would be none of anybody's.

Revision: 20261123_archives
After: 20261123_hardening
"""

from alembic import op

from migrations import gently

revision = "20261123_archives"
down_revision = "20261123_hardening"
branch_labels = None
depends_on = None

contract = "20261123_hardening"  # which writes no row above zero, as none before it did

TABLES = ("audit_event", "audit_seal")


def upgrade() -> None:
    for table in TABLES:
        gently.check(f"{table}_generation_check", table, "generation <= 0")


def downgrade() -> None:
    for table in TABLES:
        op.drop_constraint(op.f(f"{table}_generation_check"), table, type_="check")
