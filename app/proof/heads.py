"""The last signed head of each tenant, as everything that is published tells it."""

from uuid import UUID

from sqlmodel import col, func, select

from app.core.db import PublicSession
from app.proof.models import SignedHead as Row
from app.tenancy.queries import SignedHead


def last_heads(session: PublicSession) -> dict[UUID, SignedHead]:
    """Return tenant → its last signed head, of those that have one."""
    last = select(Row.tenant_id, func.max(Row.day).label("day")).group_by(col(Row.tenant_id)).subquery()
    rows = session.exec(
        select(Row).join(last, (col(Row.tenant_id) == last.c.tenant_id) & (col(Row.day) == last.c.day))
    ).all()
    return {row.tenant_id: SignedHead(row.day, row.statement, row.signature, row.key_id) for row in rows}
