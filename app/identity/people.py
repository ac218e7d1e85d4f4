"""What happens to memberships after they were granted: used, changed, lent, looked through, ended."""

from sqlalchemy import update
from sqlmodel import col

from app.core import clock
from app.core.db import Actor, Database
from app.identity.models import Membership


def note_entry(database: Database, actor: Actor) -> None:
    """Remember that the actor's membership was used today; the dependency asks once a day."""
    with database.unit_of_work(actor) as session:
        session.execute(
            update(Membership)
            .where(
                col(Membership.tenant_id) == actor.tenant_id,
                col(Membership.membership_id) == actor.membership_id,
            )
            .values(last_entry_on=clock.now().date())
        )
