"""What passes between the modules: sheets as files have them, and rows as they were understood."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import NamedTuple

Cell = str | int | float | bool | date | datetime | time | None
"""As the file has it; None and blank text are the same."""


Value = str | int | float | date | tuple[str, ...]
"""A cell as it was understood: addresses (`Kind.URL`) are a tuple, days a `date`, years an `int`."""


class RawRow(NamedTuple):
    """One row with something in it."""

    number: int
    """As the spreadsheet shows it, from 1."""
    cells: Sequence[Cell]
    hidden: bool = False
    formulas: tuple[int, ...] = ()
    """Positions of the cells that hold a formula; their value is the result that was saved, None without one."""

    def cell(self, position: int) -> Cell:
        """Return the cell at a position from 0, None beyond the last."""
        return self.cells[position] if position < len(self.cells) else None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet; its rows are read once, in order, and empty ones are left out."""

    name: str
    rows: Iterator[RawRow]
    merged: list[str] = field(default_factory=list)
    """Merged ranges, as `A1:B2`; complete when the rows were read to their end."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a person should know about one cell or row."""

    sheet: str
    row: int
    column: str
    """Its label; empty for the whole row."""
    message: str
    """Spanish."""

    @property
    def sentence(self) -> str:
        """The message after the label of its column."""
        return f"{self.column}: {self.message}" if self.column else self.message


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the main sheet with its sub-rows."""

    sheet: str
    number: int
    id: str
    """That the PNT gave it, in a download; empty in an upload."""
    values: Mapping[str, Value]
    """Key of the column -> value; unknown ones are left out."""
    tables: Mapping[str, Sequence[Mapping[str, Value]]] = field(default_factory=dict)
    """Key of the column -> sub-rows, each by the keys of the sub-table's columns."""
    remarks: tuple[Remark, ...] = ()
    rest: Mapping[str, str] = field(default_factory=dict)
    """Label -> text, of columns that we do not know."""
