"""Simple sheets filled as a person would: the template with openpyxl, or a CSV."""

import csv
import io
from typing import Any

from openpyxl import load_workbook

from app.simple.columns import COLUMNS
from app.simple.writing import HEAD_ROW, SHEET, template

EXAMPLE: dict[str, Any] = {column.key: column.example for column in COLUMNS if column.example}
"""A row of the examples that the notes give."""
INK = EXAMPLE | {
    "title": "Tinta",
    "contract.number": "C-005-2026",
    "contract.url": "https://sanjuan.gob.example/contrato-005.pdf",
    "net": "1,000",
    "gross": "$ 1,160.00",
    "paid": "",
}
"""Another contract of the same expediente."""
DESERTED = {
    "file": "MSJ-LP-001-2026",
    "title": "Rehabilitación de la calle Hidalgo",
    "method": "licitacion publica",
    "category": "Obra",
    "call.date": "3 de febrero de 2026",
    "close.date": "2026-02-20",
    "state": "Desierta",
}
"""A process without a contract."""


def filled(*rows: dict[str, Any]) -> bytes:
    """The template with rows."""
    book = load_workbook(io.BytesIO(template()))
    sheet = book[SHEET]
    for number, row in enumerate(rows, start=HEAD_ROW + 1):
        for at, column in enumerate(COLUMNS, start=1):
            if row.get(column.key) not in (None, ""):
                sheet.cell(number, at, row[column.key])
    return saved(book)


def saved(book: Any) -> bytes:
    """The bytes of a workbook."""
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def listed(*rows: dict[str, Any], titles: dict[str, str] | None = None, encoding: str = "utf-8") -> bytes:
    """A CSV of some rows; `titles`, by key, stand in place of the template's."""
    file = io.StringIO()
    writer = csv.writer(file)
    named = {column.key: column.title for column in COLUMNS} if titles is None else titles
    writer.writerow(named.values())
    writer.writerows([row.get(key, "") for key in named] for row in rows)
    return file.getvalue().encode(encoding)
