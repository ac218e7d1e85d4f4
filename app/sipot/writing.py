"""Writes rows as the workbook that the PNT takes: hidden ids and types, labels, drop-downs, one sheet a sub-table.

The structure is the format's: learned from the garante's own template, or built in.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, BinaryIO

import xlsxwriter

from app.sipot.formats import DAYS, Choice, Column, Format, Kind, Table
from app.sipot.rows import Row, Value

MAIN_SHEET = "Reporte de Formatos"
_FIRST_ROW, _FIRST_SUB_ROW = 7, 3
"""Positions, from 0, where data begin in the main sheet and in a sub-table's."""
_LAST_ROW = 1_048_575
_LONGEST = 32_767
"""Characters that a cell holds."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WIDTHS = {Kind.LONG: 40, Kind.URL: 30, Kind.NOTE: 40}


def write(format_: Format, rows: Iterable[Row], target: BinaryIO) -> None:
    """Write an upload workbook; rows are taken one by one.

    Args:
        format_: its columns are the workbook's, also those that we do not know, which stay empty.
        rows: values by key, as `app.sipot.outward` makes them; what the format has no column for is left out.
        target: where the bytes go.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(target, options)
    try:
        style = _Style(book)
        main = book.add_worksheet(MAIN_SHEET)
        _write_head(main, format_, style)
        lists = 0
        for at, column in enumerate(format_.columns):
            if column.catalogue:
                lists += 1
                source = _write_catalogue(book, f"Hidden_{lists}", column.catalogue)
                main.data_validation(_FIRST_ROW, at, _LAST_ROW, at, {"validate": "list", "source": source})
        tables = {
            column.key: _SubSheet(book, column.table, style) for column in format_.columns if column.table
        }
        for number, row in enumerate(rows, start=_FIRST_ROW):
            for at, column in enumerate(format_.columns):
                if column.table:
                    if sub_rows := row.tables.get(column.key):
                        main.write_number(number, at, tables[column.key].add(sub_rows))
                elif (value := row.values.get(column.key)) is not None:
                    _write_cell(main, (number, at), value, column, style)
    finally:
        book.close()


class _Style:
    """The formats of cells."""

    def __init__(self, book: Any) -> None:
        self.head = book.add_format({"bold": True, "bg_color": "#333333", "font_color": "#FFFFFF"})
        self.label = book.add_format({"text_wrap": True, "bg_color": "#E1E1E1", "valign": "top"})
        self.day = book.add_format({"num_format": "dd/mm/yyyy"})
        self.money = book.add_format({"num_format": "0.00"})
        # A text that looks like a formula stays one also after somebody edits the cell.
        self.text = book.add_format({"quote_prefix": True})


class _SubSheet:
    """The sheet of a sub-table; each group of rows gets the next number."""

    def __init__(self, book: Any, table: Table, style: _Style) -> None:
        self._sheet, self._columns, self._style = book.add_worksheet(table.name), table.columns, style
        self._row, self._link = _FIRST_SUB_ROW, 0
        sheet = self._sheet
        for at, column in enumerate(table.columns, start=1):
            sheet.write_number(0, at, column.kind)
        for at, column in enumerate(table.columns, start=1):
            if column.field_id is not None:
                sheet.write_number(1, at, column.field_id)
        sheet.write_string(2, 0, "ID", style.head)
        for at, column in enumerate(table.columns, start=1):
            sheet.write_string(2, at, column.title, style.head)
        sheet.set_row(0, None, None, {"hidden": True})
        sheet.set_row(1, None, None, {"hidden": True})
        lists = 0
        for at, column in enumerate(table.columns, start=1):
            if column.catalogue:
                lists += 1
                source = _write_catalogue(book, f"Hidden_{lists}_{table.name}", column.catalogue)
                sheet.data_validation(
                    _FIRST_SUB_ROW, at, _LAST_ROW, at, {"validate": "list", "source": source}
                )

    def add(self, rows: Iterable[Mapping[str, Value]]) -> int:
        """Write the sub-rows of one cell; return the number that the cell holds."""
        self._link += 1
        for row in rows:
            self._sheet.write_number(self._row, 0, self._link)
            for at, column in enumerate(self._columns, start=1):
                if (value := row.get(column.key)) is not None:
                    _write_cell(self._sheet, (self._row, at), value, column, self._style)
            self._row += 1
        return self._link


def _write_head(sheet: Any, format_: Format, style: _Style) -> None:
    """Write the seven rows above the data."""
    labels = format_.labels
    if format_.id.isdigit():
        sheet.write_number(0, 0, int(format_.id))
    sheet.set_row(0, None, None, {"hidden": True})
    heads = (
        ("TÍTULO", labels.title),
        ("NOMBRE CORTO", labels.short_name),
        ("DESCRIPCIÓN", labels.description),
    )
    for row in (0, 1):
        for at, pair in enumerate(heads):
            sheet.write_string(row + 1, at * 3, pair[row], style.label if row else style.head)
    for at, column in enumerate(format_.columns):
        sheet.write_number(3, at, column.kind)
        sheet.set_column(at, at, _WIDTHS.get(column.kind, 18))
    sheet.set_row(3, None, None, {"hidden": True})
    for at, column in enumerate(format_.columns):
        if column.field_id is not None:
            sheet.write_number(4, at, column.field_id)
    sheet.set_row(4, None, None, {"hidden": True})
    sheet.write_string(5, 0, "Tabla Campos", style.head)
    for at, column in enumerate(format_.columns):
        sheet.write_string(6, at, _label(column), style.label)
    sheet.freeze_panes(_FIRST_ROW, 0)


def _label(column: Column) -> str:
    if column.table and column.table.name not in column.title:
        return f"{column.title}\n{column.table.name}"
    return column.title


def _write_catalogue(book: Any, name: str, catalogue: Iterable[Choice]) -> str:
    """Write a hidden sheet of entries; return the range that a drop-down reads."""
    sheet = book.add_worksheet(name)
    last = 0
    for last, entry in enumerate(catalogue):
        sheet.write_string(last, 0, entry.label)
    sheet.hide()
    return f"={name}!$A$1:$A${last + 1}"


def _write_cell(sheet: Any, place: tuple[int, int], value: Value, column: Column, style: _Style) -> None:
    if isinstance(value, date):
        sheet.write_datetime(*place, datetime(value.year, value.month, value.day), style.day)  # noqa: DTZ001  # no zone
    elif column.kind in (Kind.MONEY, Kind.NUMBER) and isinstance(value, int | float):
        sheet.write_number(*place, value, style.money)
    elif column.kind is Kind.YEAR and isinstance(value, int):
        sheet.write_number(*place, value)
    else:
        text = shown(value, column)[:_LONGEST]
        sheet.write_string(*place, text, style.text if text.startswith(_FORMULA) else None)


def shown(value: Value, column: Column) -> str:
    """Return a value as the text that a column takes: of a catalogue, the entry as the garante spells it."""
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}" if column.kind in DAYS else value.isoformat()
    text = str(value)
    if column.catalogue and (entry := column.choice(text)):
        return entry.label
    return text
