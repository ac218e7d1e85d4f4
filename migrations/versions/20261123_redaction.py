"""A redaction reaches templates, reservations and the registry of parties too.

The story: what a legal act takes out of a process stood in copies of it as well; a template knows now from which process
it was made, and reservations and the history of the registry can be emptied by that act.

Revision: 20261123_redaction
After: 20261123_archives
"""

import sqlalchemy as sa
from alembic import op

from migrations.walls import grant, role

revision = "20261123_redaction"
down_revision = "20261123_archives"
branch_labels = None
depends_on = None

REDACTED = {"reservation": ("harm", "places"), "party_change": ("before", "after")}


def upgrade() -> None:
    """Let the act reach them; templates kept until now are in the audit log with their process."""
    op.add_column("process_template", sa.Column("process_id", sa.Uuid(), nullable=True))
    op.execute(
        "UPDATE process_template t SET process_id = (a.detail ->> 'process')::uuid FROM audit_event a "
        "WHERE a.tenant_id = t.tenant_id AND a.verb = 'template.save' AND a.subject_id = t.template_id::text"
    )
    for table, columns in REDACTED.items():
        grant("UPDATE", table, "app_rw", columns=columns)
    op.execute(
        "CREATE POLICY redacted_only ON party_change AS RESTRICTIVE FOR UPDATE USING (EXISTS ("
        "SELECT FROM redaction r JOIN party_use u ON u.tenant_id = r.tenant_id AND u.process_id = r.process_id "
        "WHERE u.tenant_id = party_change.tenant_id AND u.party_id = party_change.party_id "
        "AND r.transaction_id = pg_current_xact_id()::text::bigint))"
    )


def downgrade() -> None:
    """Take it back."""
    op.execute("DROP POLICY redacted_only ON party_change")
    for table, columns in REDACTED.items():
        op.execute(f"REVOKE UPDATE ({', '.join(columns)}) ON {table} FROM {role('app_rw')}")
    op.drop_column("process_template", "process_id")
