"""The chore that sends what changed to those who asked for it."""

from app.core.jobs import Workplace, chore
from app.push.hooks import running


@chore(every_seconds=2)
def tell(place: Workplace) -> None:
    """Give every webhook that has something to hear a turn."""
    if place.settings.webhooks:
        running.run(place)
