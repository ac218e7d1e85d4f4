"""What the worker does for the garante's desk: counting, and posting the letters of reminders."""

from app.adoption import counting, reminders
from app.core.jobs import Workplace, chore

EVERY_SECONDS = 20.0


@chore(every_seconds=EVERY_SECONDS)
def keep_count(place: Workplace) -> None:
    """Count what moved since the last time."""
    counting.keep(place.database)


remind = reminders.post_letters
"""Named here so that importing this module lets a worker run it."""
