"""Writes the template of the simple sheet: titles with notes, drop-downs, cells open for writing, and how to fill it."""

import io
from datetime import datetime
from functools import cache
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_range

from app.simple.columns import COLUMNS, VERSION, Column, Rule
from app.simple.reading import MARK
from app.sipot.formats import Kind

SHEET, HELP = "Contratos", "Cómo llenarla"
TITLE = "Hoja sencilla de contrataciones"
HEAD_ROW = 3
"""Row of the titles, from 1; the first one to be filled is the next."""

STEPS = (
    "Escribe un renglón por cada contrato, pedido u orden de compra, en la hoja «Contratos».",
    "Si un procedimiento dio varios contratos, repite su expediente en cada renglón, con el objeto de cada contrato.",
    "Lo demás del procedimiento basta escribirlo en el primero de sus renglones.",
    "Si quedó desierto o se canceló, escribe un renglón sin número de contrato y elige el estado.",
    "Lo que no sepas, déjalo vacío. Nada se inventa: lo que falte se te dirá al importar y se completa después.",
    "Las fechas van como 31/12/2026. Los montos, solo con números.",
    "Guarda el archivo y súbelo en Importaciones, «Importar un archivo». Antes de guardar nada verás qué se tomaría.",
    "Para corregir o agregar, cambia esta misma hoja y súbela otra vez: solo entra lo que cambió.",
    "Una celda que vacíes no borra lo que ya se había tomado: eso se quita en la contratación.",
    "Puedes ordenar, filtrar y ocultar renglones. Los títulos están protegidos, sin contraseña.",
)
"""How to fill it, in the order of doing."""

_COLORS = {
    "Procedimiento": "#DCE9F5",
    "Proveedor": "#E4F1E1",
    "Fallo y contrato": "#FBEBD3",
    "Para ti": "#EEEEEE",
}
_WIDTHS = {Kind.LONG: 42, Kind.NOTE: 36, Kind.URL: 28, Kind.DATE: 17, Kind.MONEY: 16, Kind.NUMBER: 17}
_MADE = datetime(2026, 11, 1)  # noqa: DTZ001  # workbooks know no zones; always the same, so the same template has the same bytes
_LAST_ROW = 1_048_575
_HELP_WIDTHS, _LINE = (42, 72, 50), 16
"""Of the instructions: characters of each column, and the height of a line in points."""
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_OPEN_TO_ALL = {
    "format_cells": True,
    "format_columns": True,
    "format_rows": True,
    "insert_rows": True,
    "delete_rows": True,
    "sort": True,
    "autofilter": True,
}


@cache
def template() -> bytes:
    """Return the empty sheet as a workbook."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, _OPTIONS)
    book.set_properties({"title": TITLE, "comments": f"Versión {VERSION}", "created": _MADE})
    sheet, manual, lists = book.add_worksheet(SHEET), book.add_worksheet(HELP), book.add_worksheet(MARK)
    lists.very_hidden()
    _write_sheet(book, sheet, lists)
    _write_help(book, manual)
    book.close()
    return target.getvalue()


def _write_sheet(book: Any, sheet: Any, lists: Any) -> None:
    bold = book.add_format({"bold": True, "font_size": 14})
    sheet.set_row(0, 24, book.add_format())
    sheet.set_row(1, None, book.add_format())
    sheet.set_row(HEAD_ROW - 1, 48, book.add_format())
    sheet.write_string(0, 0, f"{TITLE}: un renglón por contrato. Los títulos con * no pueden faltar.", bold)
    group = ""
    for at, column in enumerate(COLUMNS):
        look = {
            "bold": True,
            "text_wrap": True,
            "valign": "top",
            "bg_color": _COLORS[column.group],
            "border": 1,
        }
        band = book.add_format({"bold": True, "bg_color": _COLORS[column.group]})
        sheet.write_string(1, at, "" if column.group == group else column.group, band)
        sheet.write_string(HEAD_ROW - 1, at, shown(column), book.add_format(look))
        sheet.write_comment(HEAD_ROW - 1, at, _note(column), {"x_scale": 2, "y_scale": 1.6})
        sheet.set_column(at, at, _WIDTHS.get(column.kind, 24), book.add_format(_cell_format(column)))
        _restrict(sheet, lists, at, column)
        group = column.group
    last = len(COLUMNS) - 1
    sheet.freeze_panes(HEAD_ROW, 2)
    sheet.autofilter(HEAD_ROW - 1, 0, _LAST_ROW, last)
    # Numbers of contracts are texts on purpose.
    sheet.ignore_errors({"number_stored_as_text": xl_range(HEAD_ROW, 0, _LAST_ROW, last)})
    sheet.protect("", _OPEN_TO_ALL)
    sheet.set_landscape()
    sheet.fit_to_pages(4, 0)
    sheet.repeat_rows(HEAD_ROW - 1)
    sheet.repeat_columns(0, 1)


def shown(column: Column) -> str:
    """Return the title of a column as the template has it."""
    return f"{column.title} *" if column.required else column.title


def _note(column: Column) -> str:
    return f"{column.help}\nEjemplo: {column.example}" if column.example else column.help


def _cell_format(column: Column) -> dict[str, Any]:
    """Return how the cells of a column look; texts are texts, so that `3-2026` does not become a day."""
    number = {Kind.DATE: "dd/mm/yyyy", Kind.MONEY: "#,##0.00", Kind.NUMBER: "0"}.get(column.kind, "@")
    return {"locked": False, "num_format": number, "text_wrap": column.kind is Kind.LONG, "valign": "top"}


def _restrict(sheet: Any, lists: Any, at: int, column: Column) -> None:
    """Give a column its drop-down or its limits; what Excel only doubts about can be written all the same."""
    rule: dict[str, Any] | None = None
    if column.options:
        for row, option in enumerate(column.options):
            lists.write_string(row, at, option.label)
        letter = xl_col_to_name(at)
        rule = {
            "validate": "list",
            "source": f"={MARK}!${letter}$1:${letter}${len(column.options)}",
            "error_type": "warning" if column.open else "stop",
            "error_message": "Elige una opción de la lista.",
        }
    elif column.kind is Kind.DATE:
        rule = {
            "validate": "date",
            "criteria": "between",
            "minimum": datetime(1990, 1, 1),  # noqa: DTZ001  # a day
            "maximum": datetime(2050, 12, 31),  # noqa: DTZ001  # a day
            "error_type": "warning",
            "error_message": "La fecha va como 31/12/2026.",
        }
    elif column.kind in (Kind.MONEY, Kind.NUMBER):
        rule = {
            "validate": "integer" if column.rule is Rule.COUNT else "decimal",
            "criteria": ">=",
            "value": 0,
            "error_type": "warning",
            "error_message": "Escribe solo el número, sin letras.",
        }
    if rule:
        sheet.data_validation(HEAD_ROW, at, _LAST_ROW, at, {"error_title": column.title[:32], **rule})


def _write_help(book: Any, sheet: Any) -> None:
    bold = book.add_format({"bold": True, "font_size": 14})
    head = book.add_format({"bold": True, "bg_color": "#E1E1E1", "border": 1})
    cell = book.add_format({"text_wrap": True, "valign": "top"})
    for at, width in enumerate(_HELP_WIDTHS):
        sheet.set_column(at, at, width, cell)
    sheet.write_string(0, 0, TITLE, bold)
    for row, step in enumerate(STEPS, start=1):
        sheet.merge_range(row, 0, row, 2, f"{row}. {step}", cell)
        sheet.set_row(row, _LINE)
    top = len(STEPS) + 2
    for at, title in enumerate(("Columna (* no puede faltar)", "Qué va", "Ejemplo")):
        sheet.write_string(top, at, title, head)
    for row, column in enumerate(COLUMNS, start=top + 1):
        among = (
            f" Opciones: {', '.join(option.label for option in column.options)}." if column.options else ""
        )
        texts = (shown(column), f"{column.help}{among}", column.example)
        for at, text in enumerate(texts):
            sheet.write_string(row, at, text, cell)
        lines = max(-(-len(text) // width) for text, width in zip(texts, _HELP_WIDTHS, strict=True))
        sheet.set_row(row, _LINE * lines)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.protect("", _OPEN_TO_ALL)
