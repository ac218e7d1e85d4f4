"""Quarters of a year, by which sujetos obligados answer for what they publish and report."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

WINDOW = 8
"""Quarters that are counted: the running one and those before it."""


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """Three months; `start` is the first day of the first."""

    start: date

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the quarter that a day lies in."""
        return cls(date(day.year, day.month - (day.month - 1) % 3, 1))

    @classmethod
    def read(cls, written: str) -> Self | None:
        """Return the quarter written as `2026-4`; None when it is not one."""
        year, _, number = written.partition("-")
        if len(year) == 4 and year.isascii() and year.isdecimal() and number in ("1", "2", "3", "4"):
            return cls(date(int(year), 3 * int(number) - 2, 1)) if int(year) else None
        return None

    @property
    def number(self) -> int:
        """1 to 4."""
        return (self.start.month + 2) // 3

    @property
    def after(self) -> date:
        """The first day that is not in it any more."""
        return date(self.start.year + self.start.month // 10, (self.start.month + 2) % 12 + 1, 1)

    @property
    def end(self) -> date:
        """Its last day."""
        return self.after - timedelta(days=1)

    @property
    def previous(self) -> "Quarter":
        """The one before it."""
        return Quarter.of(self.start - timedelta(days=1))

    @property
    def written(self) -> str:
        """As in an address: `2026-4`."""
        return f"{self.start.year}-{self.number}"

    @property
    def label(self) -> str:
        """As people say it: `4.º trimestre de 2026`."""
        return f"{self.number}.º trimestre de {self.start.year}"


def window(today: date) -> list[Quarter]:
    """Return the quarters that are counted on a day, the running one first."""
    found = [Quarter.of(today)]
    while len(found) < WINDOW:
        found.append(found[-1].previous)
    return found
