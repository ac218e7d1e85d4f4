"""Jobs of the padrón: reading a file, applying it; and the chore that ends what was granted up to a day."""

from uuid import UUID

from app.core.db import Actor
from app.core.jobs import Workplace, chore, tenant_task
from app.onboarding.loading import apply_load, read_load
from app.onboarding.service import end_single_grants


@tenant_task("padron.read")
def read_padron(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Read a file for its preview."""
    read_load(place.database, actor, place.storage, UUID(ids["load_id"]))


@tenant_task("padron.apply")
def apply_padron(place: Workplace, actor: Actor, /, **ids: str) -> None:
    """Apply what a person chose of a file."""
    apply_load(place.database, actor, UUID(ids["load_id"]))


@chore(every_seconds=900)
def end_grants(place: Workplace) -> None:
    """Give bodies whose grant of `single` has ended their former policy back."""
    end_single_grants(place.database)
