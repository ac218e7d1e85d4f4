"""The chore that keeps the figures."""

from app.core.jobs import Workplace, chore
from app.figures import keeping


@chore(every_seconds=1)
def count_figures(place: Workplace) -> None:
    """Count what changed since the last time."""
    keeping.keep(place.database)
