"""Aggregates that are kept by difference: what a process adds to them can be taken away again.

Everything that quality and red flags say of a body, a tenant or the nation is read from a `Summary`. A process that
is corrected leaves with its old part and comes back with the new one, so no page ever reads all processes, and a
summary rebuilt from zero is the very same.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

Key = tuple[str, str]
"""Family and value: `("field.held", "tender/title")`. A row of a table, in a store."""
Summary = Counter[Key]
"""How much of each key there is; a key with zero is absent."""


def fold(summary: Summary, part: Mapping[Key, int], times: int = 1) -> Summary:
    """Add a part to a summary, in place, and return it; with `times=-1` take it away."""
    for key, count in part.items():
        left = summary[key] + times * count
        if left:
            summary[key] = left
        else:
            del summary[key]
    return summary


def total(parts: Iterable[Mapping[Key, int]]) -> Summary:
    """Return the summary of parts from zero."""
    summary: Summary = Counter()
    for part in parts:
        fold(summary, part)
    return summary


def family(summary: Mapping[Key, int], name: str) -> dict[str, int]:
    """Return value → count of one family, in the order of the values."""
    return {value: summary[name, value] for value in sorted(_values(summary, name))}


def _values(summary: Mapping[Key, int], name: str) -> Iterator[str]:
    return (value for held, value in summary if held == name)
