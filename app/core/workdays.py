"""Working days: Monday to Friday, but for the days that a calendar takes out or puts in."""

from dataclasses import dataclass
from datetime import date, timedelta

SATURDAY = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """When an office works.

    Attributes:
        holidays: days of the week in which it does not.
        working: days that count although they are a holiday or of the weekend; they win.
    """

    holidays: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        """Tell whether a day counts."""
        return day in self.working or (day.weekday() < SATURDAY and day not in self.holidays)

    def add(self, day: date, working_days: int) -> date:
        """Return the day on which a term of so many working days ends; the day it starts from does not count.

        A negative number goes back. Zero is the day itself, working or not.
        """
        step = _DAY if working_days > 0 else -_DAY
        left = abs(working_days)
        while left:
            day += step
            left -= self.is_working(day)
        return day

    def between(self, start: date, end: date) -> int:
        """Return the working days after `start` up to `end`, negative when `end` comes first.

        So `between(day, add(day, n)) == n` for every n that is not negative.
        """
        if end < start:
            return -self.between(end, start)
        return sum(self.is_working(start + _DAY * ahead) for ahead in range(1, (end - start).days + 1))
