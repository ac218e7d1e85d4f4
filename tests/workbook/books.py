"""Workbooks of ours, written, edited as a person would, and read back."""

import hashlib
import io
from collections.abc import Callable, Sequence
from typing import Any

from openpyxl import load_workbook

from app.ocds.shape import Document
from app.processes.desk import party_id
from app.processes.following import ROLES
from app.workbook import merging
from app.workbook.merging import Choices, Merged
from app.workbook.reading import BaseRow, SheetRow, read
from app.workbook.writing import About, Writer, unpacked

ZONE = "America/Mexico_City"
OCID = "ocds-a1b2c3-1"
ABOUT = About("tenant", ZONE, "made", "Secretaría de Salud")
LABELS = 2
"""Row of the labels."""

Edit = Callable[[Any], None]


def signature(*about: object) -> str:
    """What stands for the installation's key."""
    return hashlib.sha256(repr(about).encode()).hexdigest()


def written(*documents: Document, about: About = ABOUT) -> bytes:
    """A workbook of documents, whose ocids are `ocds-a1b2c3-1` and so on."""
    file = io.BytesIO()
    with Writer(file, about, signature) as book:
        for number, document in enumerate(documents, start=1):
            book.add(f"ocds-a1b2c3-{number}", document)
    return file.getvalue()


def edited(content: bytes, *edits: Edit) -> bytes:
    """The workbook after somebody edited and saved it with another program."""
    book = load_workbook(io.BytesIO(content))
    for edit in edits:
        edit(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def column(sheet: Any, name: str) -> int:
    """The position of a column, from 1, by its path (hidden first row)."""
    return next(cell.column for cell in sheet[1] if cell.value == name)


def row(sheet: Any, key: str, at: str = "@id") -> int:
    """The number of the row whose column says a key."""
    position = column(sheet, at)
    return next(cells[0].row for cells in sheet.iter_rows(min_row=3) if str(cells[position - 1].value) == key)


def setting(title: str, key: str, name: str, value: Any, at: str = "@id") -> Edit:
    """Write into one cell."""

    def edit(book: Any) -> None:
        sheet = book[title]
        sheet.cell(row(sheet, key, at), column(sheet, name)).value = value

    return edit


def adding(title: str, cells: dict[str, Any], process: str = OCID) -> Edit:
    """Write a new row below the others."""

    def edit(book: Any) -> None:
        sheet = book[title]
        number = sheet.max_row + 1
        sheet.cell(number, 1).value = process
        for name, value in cells.items():
            sheet.cell(number, column(sheet, name)).value = value

    return edit


def removing(title: str, key: str) -> Edit:
    """Delete a row."""

    def edit(book: Any) -> None:
        book[title].delete_rows(row(book[title], key))

    return edit


def rows_of(content: bytes) -> tuple[list[BaseRow], list[SheetRow], list[str], merging.Setting]:
    """What is read of a workbook: the documents of then, the rows, the warnings, and what a merge needs to know."""
    with read(io.BytesIO(content)) as reading:
        assert reading is not None
        found = list(reading.rows())
        known = merging.Setting(
            ZONE,
            reading.facts["made"],
            {key: frozenset(head.places) for key, head in reading.heads.items()},
            {key: head.labels for key, head in reading.heads.items()},
            reading.merged,
            ROLES,
            party_id,
        )
        return (
            [one for one in found if isinstance(one, BaseRow)],
            [one for one in found if isinstance(one, SheetRow)],
            reading.warnings,
            known,
        )


def merged(
    content: bytes, current: Document | None = None, *choices: str, process: str = OCID, base: bool = True
) -> Merged:
    """What an edited workbook makes of a document; by default of the one that it was written from."""
    bases, rows, _, known = rows_of(content)
    pieces = [one.chunk for one in bases if one.process == process]
    before = unpacked("".join(pieces)) if pieces and base else {}
    decided = Choices(overrule="overrule" in choices, remove="remove" in choices)
    mine: Sequence[SheetRow] = [one for one in rows if one.process == process]
    return merging.merge(before, before if current is None else current, mine, known, decided)


def told(found: Merged, kind: str = "") -> list[str]:
    """The sentences of a merge."""
    return [one.message for one in found.told if kind in ("", one.kind)]
