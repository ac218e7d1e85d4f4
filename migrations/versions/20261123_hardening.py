"""Rows state less about themselves, and an invitation knows in whose name it was sent.

The story: an import finds its rows by identifier, the moment of an entry of the public log is the database's own, an invitation stands only while its sender
may give the role, and a tenant that lost its administration gets one between two operators.

Revision: 20261123_hardening
After: 20261122_continuity
"""

import sqlalchemy as sa
from alembic import op

from migrations import gently
from migrations.walls import grant, role

revision = "20261123_hardening"
down_revision = "20261122_continuity"
branch_labels = None
depends_on = None

STATED = (
    *("tenant_id", "number", "kind", "sujeto_obligado_id", "ocid", "ground", "reason", "detail"),
    *("previous_hash", "entry_hash"),
)
KINDS = "kind IN ('succession', 'export_key', 'deletion'%s)"


def upgrade() -> None:
    """Take the moment from whoever writes the public log; tell the platform's invitations from a tenant's."""
    op.alter_column("public_act", "at", server_default=sa.text("now()"))
    op.execute(f"REVOKE INSERT ON public_act FROM {role('app_rw')}")
    grant("INSERT", "public_act", "app_rw", columns=STATED)
    op.add_column(
        "invitation",
        sa.Column("of_platform", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    grant("UPDATE", "invitation", "app_rw", columns=("of_platform",))
    op.execute(
        "UPDATE invitation SET of_platform = true WHERE NOT EXISTS (SELECT FROM membership m "
        "WHERE m.tenant_id = invitation.tenant_id AND m.account_id = invitation.sent_by)"
    )
    gently.check("platform_act_kind_check", "platform_act", KINDS % ", 'administration'")
    gently.index("import_row_ocid_idx", "import_row", ["tenant_id", "ocid"])


def downgrade() -> None:
    """Put it back: acts of the new kind are lost."""
    op.drop_index("import_row_ocid_idx", "import_row")
    op.execute("DELETE FROM platform_act WHERE kind = 'administration'")
    op.drop_column("invitation", "of_platform")
    op.execute(f"REVOKE INSERT ({', '.join(STATED)}) ON public_act FROM {role('app_rw')}")
    grant("INSERT", "public_act", "app_rw")
    op.alter_column("public_act", "at", server_default=None)
    gently.check("platform_act_kind_check", "platform_act", KINDS % "")
