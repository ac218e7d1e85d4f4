"""What the worker does for the PNT: withdrawing declarations of quarters of which a contract came out."""

from app.core.jobs import Workplace, chore
from app.pnt import declaring

EVERY_SECONDS = 20.0


@chore(every_seconds=EVERY_SECONDS)
def keep_declarations(place: Workplace) -> None:
    """Look at what was published since the last time."""
    declaring.keep(place.database)
