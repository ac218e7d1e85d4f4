"""What a SIPOT format is made of: columns with their types and catalogues, and the sub-tables that some columns hold.

A format is built in (`app.sipot.builtin`) or learned from a workbook (`app.sipot.learning`), since each garante's ids,
catalogues and labels differ. A column's `key` is ours and the same in every format: the mapping speaks of keys alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache

from app.core.folding import fold


class Kind(IntEnum):
    """Type of a column, with the code that the workbook's hidden row holds."""

    SHORT = 1
    LONG = 2
    NUMBER = 3
    DATE = 4
    HOUR = 5
    MONEY = 6
    URL = 7
    FILE = 8
    CATALOGUE = 9
    TABLE = 10
    SEPARATOR = 11
    YEAR = 12
    UPDATED = 13
    NOTE = 14


DAYS = frozenset({Kind.DATE, Kind.UPDATED})
"""Kinds whose cells hold a day."""


_SHORTEST_BEGINNING = 5
"""Letters with which the beginning of an entry may stand for it: `Veracruz`, `Coahuila`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a catalogue."""

    order: int
    """What the PNT's web service takes for it; most catalogues start at 0, some at 1."""
    label: str


@dataclass(frozen=True, slots=True)
class Table:
    """A sub-table: several rows for one cell."""

    name: str
    """Of its sheet, as `Tabla_334277`."""
    columns: tuple["Column", ...]
    """Without the one that links to the main sheet."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One column of a format or of a sub-table; itself and no other, so that what is known of it can be kept."""

    key: str
    """Ours; empty where we do not know the column, whose values then stay in the workbook."""
    kind: Kind
    title: str
    field_id: int | None = None
    """`idCampo`; None where no workbook told it."""
    catalogue: tuple[Choice, ...] = ()
    table: Table | None = None

    def choice(self, label: str) -> Choice | None:
        """Return the entry of the catalogue that a label means, however it is spelled, or cut where only one begins so."""
        return _chosen(self, label)


@dataclass(frozen=True, slots=True)
class Labels:
    """How a law calls a format: data of the tenant and the period, never of the format."""

    title: str
    short_name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Format:
    """A format as one version of it stands."""

    id: str
    """`idFormato`; empty where no workbook told it."""
    version: str
    """Told apart from others of the same id: `2017`, `2021`, `learned`."""
    family: str
    """What it reports: `direct`, `competitive` or `all`."""
    labels: Labels
    columns: tuple[Column, ...]

    def column(self, key: str) -> Column | None:
        """Return the column of a key, None where the format has none."""
        return next((column for column in self.columns if column.key == key), None)

    def tables(self) -> Iterator[Table]:
        """Yield the sub-tables in the order of their columns."""
        return (column.table for column in self.columns if column.table)

    def called(self, labels: Labels) -> "Format":
        """Return the same format with the labels of another law."""
        return replace(self, labels=labels)


@lru_cache(maxsize=8192)
def _chosen(column: Column, label: str) -> Choice | None:
    plain = fold(label).strip(" .")
    same = next((entry for entry in column.catalogue if fold(entry.label) == plain), None)
    if same or len(plain) < _SHORTEST_BEGINNING:
        return same
    begins = [entry for entry in column.catalogue if fold(entry.label).startswith(f"{plain} ")]
    return begins[0] if len(begins) == 1 else None


_NOISE = re.compile(r"\(\s*catalogo\s*\)|\(?\btabla[_ ]?\d+\)?|[^a-z0-9]+")
_FILLERS = frozenset(
    (
        "a",
        "al",
        "con",
        "de",
        "del",
        "el",
        "en",
        "la",
        "las",
        "lo",
        "los",
        "o",
        "por",
        "que",
        "se",
        "su",
        "u",
        "y",
        "caso",
    )
)


@lru_cache(maxsize=4096)
def words(title: str) -> str:
    """Return what of a title tells it apart: no case, accents, punctuation, `(catálogo)`, or words that fill."""
    plain = _NOISE.sub(" ", fold(title))
    return " ".join(word for word in plain.split() if word not in _FILLERS)


def choices(labels: str, first: int = 0) -> tuple[Choice, ...]:
    """Return a catalogue from labels parted by `|`, numbered in their order."""
    return tuple(Choice(order, label) for order, label in enumerate(labels.split("|"), start=first))
