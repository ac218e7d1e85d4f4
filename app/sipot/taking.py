"""What the cells of one row say, each with what is to be said of it; common to all sheets that people fill."""

import re
from collections import defaultdict

from app.sipot.cells import Understood, understand
from app.sipot.formats import Column
from app.sipot.rows import Cell, RawRow, Remark, Sheet, Value

_KNOWN = 2_048
"""Different cells of one column that are remembered."""
_RANGE = re.compile(r"[A-Z]+(\d+):[A-Z]+(\d+)")
KnownCells = dict[tuple[type, Cell], Understood]
Known = defaultdict[int, KnownCells]
"""By the identity of a column, its cells that were understood already: they say the same in row after row."""


class CellTaker:
    """What is understood of one row."""

    def __init__(self, sheet: str, raw: RawRow, known: Known) -> None:
        self._known = known
        self.values: dict[str, Value] = {}
        self.remarks: list[Remark] = []
        self._sheet, self._raw = sheet, raw

    def take(self, at: int, column: Column) -> None:
        """Read the cell of a column."""
        cell, is_formula = self._raw.cell(at), at in self._raw.formulas
        if is_formula and cell is None:
            self.remark(
                column.title,
                "la celda tiene una fórmula sin resultado guardado; abre el libro en Excel y guárdalo",
            )
            return
        known = self._known[id(column)]
        understood = known.get((cell.__class__, cell)) or learn(known, cell, column)
        if understood.value is not None and column.key:
            self.values[column.key] = understood.value
        if understood.remark:
            self.remark(column.title, understood.remark)
        elif is_formula and understood.value is not None:
            self.remark(column.title, "la celda tiene una fórmula; se tomó su resultado")

    def remark(self, column: str, message: str) -> None:
        """Note something about the row."""
        self.remarks.append(Remark(self._sheet, self._raw.number, column, message))


def learn(known: KnownCells, cell: Cell, column: Column) -> Understood:
    """Understand a cell that is not known yet, and remember it."""
    understood = understand(cell, column)
    if len(known) < _KNOWN:
        known[cell.__class__, cell] = understood
    return understood


def told_of_merged(sheet: Sheet, head_row: int) -> list[str]:
    """Return what is to be said of the merged cells below the labels; nothing where there are none.

    Args:
        sheet: read to its end.
        head_row: where its labels stand, from 1.
    """
    below = [found for found in sheet.merged if _last_row(found) > head_row]
    if not below:
        return []
    told = (
        f"Hay {len(below):,} grupos de celdas combinadas ({', '.join(below[:3])}…): solo la primera celda de cada uno tiene "
        "valor, las demás se leyeron vacías. Sepáralas y repite el valor en cada renglón."
    )
    return [told]


def _last_row(merged: str) -> int:
    found = _RANGE.fullmatch(merged)
    return int(found[2]) if found else 0
