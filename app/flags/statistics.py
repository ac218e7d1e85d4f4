"""Quartiles and fences, over how many times each figure occurs.

Quantiles are of type 8 of Hyndman and Fan (1996), which Cardinal uses: between two figures they interpolate, with the
median-unbiased position (n + 1/3)p + 1/3.
"""

from collections.abc import Mapping
from math import floor

from app.flags.notation import Fence

_WHISKER = 1.5


def quantile(figures: Mapping[float, int], share: float) -> float:
    """Return a quantile of figures that occur so many times; there must be some.

    Args:
        figures: figure → times.
        share: from 0 to 1.
    """
    ordered = sorted(figures.items())
    count = sum(times for _, times in ordered)
    position = (count + 1 / 3) * share + 1 / 3
    whole = floor(position)
    low, high = _at(ordered, min(max(whole, 1), count)), _at(ordered, min(max(whole + 1, 1), count))
    return low + (position - whole) * (high - low)


def _at(ordered: list[tuple[float, int]], place: int) -> float:
    """Return the figure at a place counted from one."""
    for figure, times in ordered:
        place -= times
        if place <= 0:
            return figure
    return ordered[-1][0]


def fence(figures: Mapping[float, int], limit: float | None = None, *, is_low: bool) -> Fence | None:
    """Return where outliers begin: Q1 - 1.5 IQR for the low, Q3 + 1.5 IQR for the high; None without figures.

    It is of no use when it is not positive, nor the low one when Q1 is not: most would be singled out.

    Args:
        figures: figure → times.
        limit: the one that a garante set, instead of that of the figures.
        is_low: which.
    """
    count = sum(figures.values())
    if not count:
        return None
    if limit is not None:
        return Fence(limit, None, None, count, is_low, limit > 0)
    first, third = quantile(figures, 0.25), quantile(figures, 0.75)
    spread = _WHISKER * (third - first)
    held = first - spread if is_low else third + spread
    return Fence(held, first, third, count, is_low, held > 0 and (first > 0 or not is_low))
