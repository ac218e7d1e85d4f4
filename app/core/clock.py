"""The only module that reads the time (a lint holds to it), so that tests and audits have one source."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return the current instant, aware, in UTC, to the microsecond."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Return seconds of a clock that never goes back: for time-outs and rates, never for dates."""
    return time.monotonic()
