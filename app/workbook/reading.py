"""Reads the workbook back: which rows of which sheets say what, found by the marks of columns wherever these stand.

It tells what a cell says, not yet what that means: `app.workbook.merging` compares it with what the cell showed.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import BinaryIO

from app.core.errors import InvalidError
from app.core.folding import fold
from app.sipot.books import Book, opened
from app.sipot.rows import RawRow
from app.workbook.cells import came, mark_of
from app.workbook.layout import ID, LIST, MARK, PARENT, PLANS, TAG, VERSION, List, Plan
from app.workbook.writing import ABOUT, BASE, LISTS_SHEET

LOOKED_AT = 10
"""Rows among which the marks of the columns are looked for."""
FORMULA = "\0formula"
"""What a cell says that holds a formula whose result was not saved."""
LEFT_OUT = 5
"""Columns of people's own that are named in the remark about them."""

_RANGE = re.compile(r"[A-Z]+(\d+)(?::[A-Z]+(\d+))?", re.IGNORECASE)
_OTHER_VERSION = (
    "Este libro es de otra versión del sistema y ya no se puede leer con seguridad. Descarga uno nuevo y pasa a él tus "
    "cambios."
)
_NO_ABOUT = (
    "Al libro le falta la hoja oculta «{}», que dice de qué contrataciones es y cómo estaban cuando lo descargaste. Descarga "
    "uno nuevo y pasa a él tus cambios; no borres sus hojas ocultas."
)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that a person may have edited.

    Attributes:
        sheet: title of the sheet, as it is in the file.
        number: of the row, as the spreadsheet shows it.
        plan: key of the sheet's plan.
        process: what the column of processes says.
        listed: path of the list that it belongs to; empty for the row of a process.
        parents: keys of the elements around it, the outermost first.
        key: of the element; empty for a new one.
        cells: path of the column -> text as `cells.came` gives it; empty ones are left out.
        fault: why it cannot be used, in Spanish.
        mark: what the workbook was written with, as its hidden column says.
        same: the row still says that.
    """

    sheet: str
    number: int
    plan: str
    process: str
    listed: str
    parents: tuple[str, ...]
    key: str
    cells: Mapping[str, str]
    fault: str = ""
    mark: str = ""
    same: bool = False


@dataclass(frozen=True, slots=True)
class BaseRow:
    """A piece of a process as it was when the workbook was made.

    Attributes:
        process: its ocid.
        total: pieces that it has.
        rows: that were written of it, in all sheets.
        signature: of it and its rows.
        chunk: the piece.
    """

    process: str
    total: int
    rows: int
    signature: str
    chunk: str


@dataclass(slots=True)
class Head:
    """The columns of a sheet, by their marks."""

    plan: Plan
    title: str
    row: int
    process: int
    places: dict[str, int]
    """Path -> position."""
    values: tuple[tuple[str, int], ...]
    """Those of the columns of values."""
    labels: dict[str, str] = field(default_factory=dict)
    """Path -> what the file calls it."""


@dataclass(slots=True)
class Reading:
    """A workbook of ours, opened.

    Attributes:
        book: the file.
        facts: what its hidden sheet says of it.
        heads: key of a plan -> where its columns are; complete after `rows`.
        merged: title of a sheet -> rows with merged cells; complete after `rows`.
        warnings: what is to be said of the workbook as a whole; complete after `rows`.
    """

    book: Book
    facts: Mapping[str, str]
    heads: dict[str, Head] = field(default_factory=dict)
    merged: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[SheetRow | BaseRow]:
        """Yield the kept pieces of processes and every row of the sheets, once.

        Raises:
            InvalidError: a sheet that cannot be done without is missing, or the file is damaged.
        """
        yield from self._base()
        for title in self.book.sheets:
            if title in (ABOUT, BASE):
                continue
            yield from self._sheet(title)
        if not self.heads:
            raise InvalidError(
                "El libro no tiene ninguna de sus hojas. Descarga uno nuevo y pasa a él tus cambios."
            )
        missing = [plan.title for key, plan in PLANS.items() if key not in self.heads and plan.is_long]
        if missing:
            names = ", ".join(f"«{title}»" for title in missing)
            self.warnings.append(f"Faltan hojas: {names}. De lo que iba en ellas no cambia ni se quita nada.")

    def label_rows(self) -> Mapping[str, int]:
        """Return, of each sheet of ours, the row in which the labels of its columns stand; reads only their beginnings."""
        found = {}
        for title in self.book.sheets:
            for row in self.book.sheet(title).rows:
                if _head(title, row) is not None:
                    found[title] = row.number + 1
                if title in found or row.number > LOOKED_AT:
                    break
        return found

    def _base(self) -> Iterator[BaseRow]:
        for row in self.book.sheet(BASE).rows:
            process, _, total, rows, signature, chunk = (row.cell(position) for position in range(6))
            if isinstance(total, int) and isinstance(rows, int):
                yield BaseRow(str(process), total, rows, str(signature), str(chunk))

    def _sheet(self, title: str) -> Iterator[SheetRow]:
        sheet = self.book.sheet(title)
        head: Head | None = None
        for row in sheet.rows:
            if head is None:
                head = _head(title, row)
                if head is not None and head.plan.key in self.heads:
                    other = self.heads[head.plan.key].title
                    self.warnings.append(f"La hoja «{title}» es copia de «{other}»: no se leyó.")
                    return
                if head is not None:
                    self.heads[head.plan.key] = head
                elif row.number > LOOKED_AT:
                    break
            elif row.number == head.row + 1:
                self._name(head, row)
            elif (read := _row(head, row)) is not None:
                yield read
        if head is None and title != LISTS_SHEET:
            self.warnings.append(f"La hoja «{title}» no es del libro, o perdió sus títulos: no se leyó.")
        ranges = [_RANGE.fullmatch(text) for text in sheet.merged]
        self.merged[title] = [(int(found[1]), int(found[2] or found[1])) for found in ranges if found]

    def _name(self, head: Head, row: RawRow) -> None:
        """Take in what the file calls its columns, and tell of those that are not ours or are missing."""
        head.labels = {path: came(row.cell(at)) for path, at in head.places.items()}
        known = {head.process, *head.places.values()}
        head.labels.pop(MARK, None)
        others = [came(cell) for at, cell in enumerate(row.cells) if at not in known and came(cell)]
        if others:
            names = ", ".join(f"«{name}»" for name in others[:LEFT_OUT])
            more = " y otras" if len(others) > LEFT_OUT else ""
            self.warnings.append(
                f"En «{head.title}» hay columnas que no son del libro y no se leen: {names}{more}."
            )
        lost = [path for path in (*head.plan.keys, *head.plan.by_path) if path not in head.places]
        if any(path in head.plan.keys for path in lost):
            raise InvalidError(
                f"A la hoja «{head.title}» le falta una de sus primeras columnas (dónde, dentro de, identificador), y sin "
                "ella no se sabe qué es cada renglón. Descarga un libro nuevo y pasa a él tus cambios."
            )
        if lost:
            names = ", ".join(f"«{head.plan.by_path[path].label}»" for path in lost[:LEFT_OUT])
            more = " y otras" if len(lost) > LEFT_OUT else ""
            self.warnings.append(f"En «{head.title}» faltan columnas: {names}{more}. Sus datos no cambian.")


@contextmanager
def read(source: BinaryIO) -> Iterator[Reading | None]:
    """Open a file if it is a workbook of ours.

    Args:
        source: at its beginning, seekable.

    Yields:
        None when it is some other file.

    Raises:
        InvalidError: it is ours and cannot be read: a hidden sheet is gone, or it is of another version.
    """
    with opened(source) as book:
        if ABOUT not in book.sheets:
            if not _is_ours(book):
                yield None
                return
            raise InvalidError(_NO_ABOUT.format(ABOUT))
        facts = {came(row.cell(0)): came(row.cell(1)) for row in book.sheet(ABOUT).rows}
        if facts.get("version") != str(VERSION):
            raise InvalidError(_OTHER_VERSION)
        if BASE not in book.sheets:
            raise InvalidError(_NO_ABOUT.format(BASE))
        yield Reading(book, facts)


def _is_ours(book: Book) -> bool:
    """Tell whether the first rows of a sheet have our marks."""
    for title in book.sheets:
        for row in book.sheet(title).rows:
            if _head(title, row) is not None:
                return True
            if row.number > LOOKED_AT:
                break
    return False


def _head(title: str, row: RawRow) -> Head | None:
    """Return where the columns are, if a row has their marks."""
    texts = {came(cell): at for at, cell in enumerate(row.cells) if isinstance(cell, str)}
    for text, position in texts.items():
        plan = PLANS.get(text.removeprefix(TAG)) if text.startswith(TAG) else None
        if plan is not None:
            places = {path: texts[path] for path in (*plan.keys, MARK, *plan.by_path) if path in texts}
            values = tuple((path, places[path]) for path in plan.by_path if path in places)
            return Head(plan, title, row.number, position, places, values)
    return None


def _row(head: Head, row: RawRow) -> SheetRow | None:
    """Return what a row says; None when it says nothing."""
    process, plan = came(row.cell(head.process)), head.plan
    cells, held, beyond = dict[str, str](), row.cells, len(row.cells)
    for path, at in head.values:
        cell = held[at] if at < beyond else None
        if cell is not None and (text := came(cell)):
            cells[path] = text
        elif at in row.formulas:
            cells[path] = FORMULA
    where = {path: came(row.cell(head.places[path])) for path in plan.keys}
    if not process and not cells and not any(where.values()):
        return None
    mark = came(row.cell(head.places[MARK])) if MARK in head.places else ""
    is_same = mark == mark_of(process, where.values(), cells)
    listed, fault = _listed(plan.key, where.get(LIST, ""))
    asked = len(listed.around) if listed else 0
    parents = tuple(where.get(f"{PARENT}{number}", "") for number in range(1, plan.depth + 1))
    if not process:
        fault = (
            "Falta decir de qué proceso es: escribe en la primera columna el que está en «Procedimientos»."
        )
    elif not fault and any(parents[asked:]):
        fault = f"«{listed.label if listed else ''}» va dentro de {asked} elementos y el renglón dice más."
    elif not fault and not all(parents[:asked]):
        fault = "Falta decir dentro de qué elemento va: escribe su identificador en «Dentro de»."
    return SheetRow(
        head.title,
        row.number,
        plan.key,
        process,
        listed.path if listed else "",
        parents[:asked],
        where.get(ID, ""),
        cells,
        fault,
        mark,
        is_same,
    )


@lru_cache(maxsize=1024)
def _listed(key: str, said: str) -> tuple[List | None, str]:
    """Return the list that a row of a sheet belongs to, or why that is not known."""
    lists = PLANS[key].lists
    if len(lists) <= 1:
        return (lists[0] if lists else None), ""
    found = next((one for one in lists if said and said in (one.label, one.path)), None)
    found = found or next((one for one in lists if said and fold(one.label) == fold(said)), None)
    if found is not None:
        return found, ""
    wrong = f"«{said[:80]}» no es una de las partes de la lista" if said else "Está vacío"
    return None, f"Falta saber en qué parte va. «Dónde»: {wrong}. Elige una de la lista desplegable."
