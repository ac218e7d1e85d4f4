"""Writes what the PNT gives when somebody consults it, after the structure of a real file; ours, so that tests have one."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, BinaryIO

import xlsxwriter

from app.sipot.formats import Column, Format, Kind
from app.sipot.rows import Row, Value

_OWN = ("ID", "FECHA CREACION", "FECHA MODIFICACION")


def download(format_: Format, rows: Iterable[Row], target: BinaryIO) -> None:
    """Write a download: four lines about it, labels in capitals, table cells that hold the row's own id."""
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    main = book.add_worksheet("Información")
    about = ("Nombre del Sujeto Obligado:", "Normativa:", "Formato:", "Periodo:")
    for number, (name, said) in enumerate(
        zip(about, ("JAL - Secretaría", "LTAIPEJM", "XXVIII", "1er trimestre"), strict=True)
    ):
        main.write_row(number, 0, (name, said))
    main.write_row(5, 0, (*_OWN, *(_label(column) for column in format_.columns)))
    sheets: dict[str, Any] = {}
    lists = 0
    for column in format_.columns:
        if column.catalogue:
            lists += 1
            book.add_worksheet(f"Hidden_{lists}").write_column(
                0, 0, [entry.label for entry in column.catalogue]
            )
        if column.table:
            sheet = sheets[column.key] = book.add_worksheet(column.table.name)
            sheet.write_row(0, 0, ("Información relacionada a:", column.title))
            sheet.write_row(2, 0, (*_OWN, *(inner.title.upper() for inner in column.table.columns)))
    used = dict.fromkeys(sheets, 3)
    for number, row in enumerate(rows, start=6):
        row_id = 540_000_000 + number
        main.write_number(number, 0, row_id)
        for at, column in enumerate(format_.columns, start=3):
            if column.table and column.key in row.tables:
                main.write_string(number, at, str(row_id))
                for sub_row in row.tables[column.key]:
                    sheets[column.key].write_number(used[column.key], 0, row_id)
                    for place, inner in enumerate(column.table.columns, start=3):
                        if inner.key in sub_row:
                            _write(sheets[column.key], (used[column.key], place), sub_row[inner.key], day)
                    used[column.key] += 1
            elif column.key in row.values:
                _write(main, (number, at), row.values[column.key], day)
    book.close()


def _label(column: Column) -> str:
    title = column.title.upper()
    return f"{title} ({column.table.name})" if column.kind is Kind.TABLE and column.table else title


def _write(sheet: Any, place: tuple[int, int], value: Value, day: Any) -> None:
    if isinstance(value, tuple):
        sheet.write_string(*place, ", ".join(value))
    elif isinstance(value, date):
        sheet.write_datetime(*place, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
    elif isinstance(value, int) and 1900 < value < 2200:
        sheet.write_string(*place, str(value))
    elif isinstance(value, str):
        sheet.write_string(*place, value)
    else:
        sheet.write(*place, value)
