"""The chore that keeps what searches read near what is published."""

from app.core.jobs import Workplace, chore
from app.pdn import deriving
from app.publication.following import follow


@chore(every_seconds=2)
def keep(place: Workplace) -> None:
    """Derive anew what changed."""
    follow(place.database, deriving.FOLLOWER, deriving.keep)
