"""Emptying the entries of the registry that hold what a legal act took out of a process."""

from uuid import UUID

from sqlalchemy import JSON, exists, literal, update
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from app.core import audit, clock
from app.core.db import Actor, RwSession
from app.core.folding import fold
from app.core.tables import among
from app.parties.models import Party, PartyChange, PartyUse


def forget(session: RwSession, actor: Actor, process_id: UUID, name: str) -> int:
    """Empty and retire the entries that a process uses and no other does; returns how many.

    Args:
        session: bound to the actor, in the transaction of the act.
        actor: recorded in the audit.
        process_id: which process.
        name: what stands for theirs.
    """
    elsewhere = aliased(PartyUse)
    rows = session.exec(
        select(Party)
        .where(
            Party.tenant_id == actor.tenant_id,
            exists().where(
                col(PartyUse.tenant_id) == col(Party.tenant_id),
                col(PartyUse.party_id) == col(Party.party_id),
                col(PartyUse.process_id) == process_id,
            ),
            ~exists().where(
                col(elsewhere.tenant_id) == col(Party.tenant_id),
                col(elsewhere.party_id) == col(Party.party_id),
                col(elsewhere.process_id) != process_id,
            ),
        )
        .order_by(col(Party.party_id))
        .with_for_update()
    ).all()
    for row in rows:
        row.name, row.folded, row.body = name, fold(name), {"name": name}
        row.identifier_scheme = row.identifier_id = ""
        row.row_version += 1
        row.retired_at = row.updated_at = clock.now()
        audit.record(session, "party.redact", "party", row.party_id, process=str(process_id))
    nothing = literal(None, JSON(none_as_null=False))
    session.execute(
        update(PartyChange)
        .where(
            col(PartyChange.tenant_id) == actor.tenant_id,
            among(PartyChange.party_id, [row.party_id for row in rows]),
        )
        .values(before=nothing, after=nothing)
        .execution_options(synchronize_session=False)
    )
    session.flush()
    return len(rows)
