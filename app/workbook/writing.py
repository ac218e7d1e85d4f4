"""Writes processes as the workbook: protected heads, drop-downs, help in notes, real dates, and what the merge will need.

Rows go out as they come; what is kept in memory is the heads and one row a sheet.
"""

import base64
import hashlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO

import xlsxwriter

from app.core import json
from app.ocds.codelists import codelist
from app.ocds.model import Kind
from app.ocds.shape import Document
from app.sipot.rows import Cell
from app.workbook.cells import YES_NO, list_of, mark_of, shown, told
from app.workbook.elements import Element, at, elements
from app.workbook.layout import ID, LIST, MARK, PARENT, PLANS, PROCESSES, TAG, VERSION, Column, Plan

ABOUT, BASE, LISTS_SHEET = "Hidden_libro", "Hidden_base", "Hidden_listas"
"""Hidden sheets: what the workbook is; each process as it was; the entries of drop-downs."""
HEAD_ROWS = 2
"""Rows above the data: the hidden one of paths, and the labels."""
CHUNK = 32_000
"""Characters of a kept document in one cell."""

_LAST_ROW, _LAST_COLUMN = 1_048_575, 16_383
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WIDE, _NARROW, _HEAD_HEIGHT = 34, 17, 48
_KEY_HELP = {
    "process": (
        "Proceso",
        (
            "El identificador (ocid) de la contratación de este renglón. Para una nueva, escribe en la hoja «Procedimientos» "
            "el número que tú quieras, y el mismo en los renglones de las otras hojas que sean suyos."
        ),
    ),
    LIST: ("Dónde", "En qué parte de la contratación va este renglón. Elige de la lista."),
    PARENT: (
        "Dentro de",
        "El identificador del elemento en que está: el contrato, la adjudicación, el hito… que le toca según «Dónde».",
    ),
    ID: (
        "Identificador",
        (
            "Con él se sabe cuál es. No lo cambies en los renglones que ya están. En uno nuevo déjalo vacío, o escribe el que "
            "quieras: lo necesitan los renglones que irán dentro de él. Los que empiezan con # no tienen identificador propio."
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class About:
    """What a workbook is of.

    Attributes:
        tenant: identifier of the garante.
        zone: IANA name, in which its dates are told.
        made: tells this workbook from every other.
        body: name of the sujeto obligado; empty where it is of several.
    """

    tenant: str
    zone: str
    made: str
    body: str = ""


class Writer:
    """Writes a workbook; a context manager, whose end closes it.

    Args:
        target: where the bytes go.
        about: what it is of.
        sign: gives the signature of what is kept of a process: of its ocid, its rows, and the digest of its document.
    """

    def __init__(self, target: BinaryIO, about: About, sign: Callable[[str, int, str], str]) -> None:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book = xlsxwriter.Workbook(target, options)
        self._sign = sign
        style = _Style(self._book)
        # All sheets that people see come first, in the order of the layout.
        pages = {plan.key: self._book.add_worksheet(plan.title, _Page) for plan in PLANS.values()}
        self._lists = _Lists(self._book)
        self._sheets = {
            key: _Sheet(page, PLANS[key], zone=about.zone, style=style, lists=self._lists)
            for key, page in pages.items()
        }
        self._base = self._book.add_worksheet(BASE)
        self._base_row = 0
        self._base.hide()
        facts = self._book.add_worksheet(ABOUT)
        facts.hide()
        for row, pair in enumerate(
            [
                ("version", str(VERSION)),
                ("tenant", about.tenant),
                ("zone", about.zone),
                ("made", about.made),
                ("body", about.body),
            ]
        ):
            facts.write_row(row, 0, pair)

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        for sheet in self._sheets.values():
            sheet.settle()
        self._book.close()

    def add(self, ocid: str, document: Document) -> None:
        """Write a process: its working document, without the envelope."""
        rows = 0
        for element in elements(document):
            sheet = self._sheets[element.listed.block if element.listed else PROCESSES]
            sheet.add(ocid, element)
            rows += 1
        packed = base64.b64encode(zlib.compress(json.dumps(document), 9)).decode()
        signature = self._sign(ocid, rows, digest_of(packed))
        starts = range(0, len(packed), CHUNK)
        for number, start in enumerate(starts):
            piece = (ocid, number, len(starts), rows, signature, packed[start : start + CHUNK])
            self._base.write_row(self._base_row, 0, piece)
            self._base_row += 1


def digest_of(packed: str) -> str:
    """Return what tells one kept document from every other."""
    return hashlib.sha256(packed.encode()).hexdigest()


def unpacked(packed: str) -> Document:
    """Return a kept document; its signature was checked."""
    document: Document = json.loads(zlib.decompress(base64.b64decode(packed)))
    return document


class _Page(xlsxwriter.worksheet.Worksheet):  # type: ignore[misc]  # it has no types
    """A sheet whose format of one column is also that of all to its right, without an entry for each of 16,384.

    On a protected sheet a row is deleted or sorted only if no cell of it is locked, up to the last column.
    """

    open_from = 0

    def _write_col_info(self, col_min: int, col_max: int, col_info: Any) -> None:
        super()._write_col_info(col_min, _LAST_COLUMN if col_max == self.open_from else col_max, col_info)


class _Style:
    """The formats of cells; those of data are not locked."""

    def __init__(self, book: Any) -> None:
        head = {"bold": True, "text_wrap": True, "valign": "top", "border": 1, "border_color": "#FFFFFF"}
        open_ = {"locked": False, "valign": "top"}
        self.path = book.add_format({"font_color": "#808080", "font_size": 8})
        self.key_head = book.add_format({**head, "bg_color": "#333333", "font_color": "#FFFFFF"})
        self.head = book.add_format({**head, "bg_color": "#E1E1E1"})
        self.old_head = book.add_format({**head, "bg_color": "#F2F2F2", "font_color": "#707070"})
        self.key = book.add_format({**open_, "num_format": "@", "bg_color": "#F2F2F2"})
        self.text = book.add_format({**open_, "num_format": "@", "text_wrap": True})
        # A text that looks like a formula stays one also after somebody edits the cell.
        self.quoted = book.add_format({**open_, "num_format": "@", "text_wrap": True, "quote_prefix": True})
        self.quoted_key = book.add_format(
            {**open_, "num_format": "@", "bg_color": "#F2F2F2", "quote_prefix": True}
        )
        self.number = book.add_format({**open_, "num_format": "#,##0.00####"})
        self.whole = book.add_format({**open_, "num_format": "0"})
        self.day = book.add_format({**open_, "num_format": "dd/mm/yyyy"})
        self.moment = book.add_format({**open_, "num_format": "dd/mm/yyyy hh:mm:ss"})

    def of(self, column: Column) -> Any:
        """Return the format of a column's cells, also of those still empty."""
        return {Kind.NUMBER: self.number, Kind.INTEGER: self.whole, Kind.DATE: self.day}.get(
            column.field.kind, self.text
        )


class _Lists:
    """The hidden sheet of drop-downs: one row a list, so that it can be written as lists are met."""

    def __init__(self, book: Any) -> None:
        self._sheet = book.add_worksheet(LISTS_SHEET)
        self._sheet.hide()
        self._ranges: dict[str, str] = {}

    def range_of(self, name: str, entries: Sequence[str]) -> str:
        """Return the cells that hold a list, written the first time that it is asked for."""
        if name not in self._ranges:
            row = len(self._ranges)
            self._sheet.write_row(row, 0, entries)
            last = xlsxwriter.utility.xl_col_to_name(len(entries) - 1)
            self._ranges[name] = f"={LISTS_SHEET}!$A${row + 1}:${last}${row + 1}"
        return self._ranges[name]


class _Sheet:
    """One sheet that people fill."""

    def __init__(self, page: Any, plan: Plan, *, zone: str, style: _Style, lists: _Lists) -> None:
        self._page, self._plan, self._zone, self._style, self._lists = page, plan, zone, style, lists
        self._first = 2 + len(plan.keys)
        """Position of the first column of values."""
        self._row = HEAD_ROWS
        self._used: set[int] = set()
        self._ways = [tuple(column.path.split("/")) for column in plan.columns]
        self._head()

    def add(self, ocid: str, element: Element) -> None:
        """Write an object as a row."""
        keys = {ID: element.key}
        keys |= {f"{PARENT}{number}": parent for number, parent in enumerate(element.parents, start=1)}
        if element.listed:
            keys[LIST] = element.listed.label
        where = [keys.get(path, "") for path in self._plan.keys]
        texts = dict[str, str]()
        for position, (column, way) in enumerate(zip(self._plan.columns, self._ways, strict=True)):
            cell = shown(column, at(element.body, way), zone=self._zone)
            if text := told(cell):
                texts[column.path] = text
                self._used.add(position)
                self._cell(self._first + position, cell, column)
        for position, text in enumerate([ocid, *where]):
            if text:
                style = self._style.quoted_key if text.startswith(_FORMULA) else self._style.key
                self._page.write_string(self._row, position, text, style)
        self._page.write_string(self._row, self._first - 1, mark_of(ocid, where, texts), self._style.key)
        self._row += 1

    def settle(self) -> None:
        """Hide what has nothing in it and is seldom asked for."""
        for position, column in enumerate(self._plan.columns):
            hidden = bool(column.field.deprecated) and position not in self._used
            self._column(position, column, hidden=hidden)
        last, end = max(self._row, HEAD_ROWS + 1) - 1, self._first + len(self._plan.columns)
        self._page.autofilter(HEAD_ROWS - 1, 0, last, end - 1)
        self._page.set_column(end, end, None, self._style.key)
        self._page.open_from = end
        if not self._plan.is_long and self._row == HEAD_ROWS:
            self._page.hide()

    def _cell(self, position: int, cell: Cell, column: Column) -> None:
        place = (self._row, position)
        match cell:
            case datetime():
                self._page.write_datetime(*place, cell, self._style.moment)
            case date():
                self._page.write_datetime(*place, cell, self._style.day)
            case int() | float():
                style = self._style.number if column.field.kind is Kind.NUMBER else self._style.whole
                self._page.write_number(*place, cell, style)
            case _:
                text = str(cell)
                style = self._style.quoted if text.startswith(_FORMULA) else self._style.text
                self._page.write_string(*place, text, style)

    def _head(self) -> None:
        """Write the two rows above the data, their notes, and the drop-downs below."""
        page, plan, style = self._page, self._plan, self._style
        page.set_row(0, None, None, {"hidden": True})
        page.set_row(1, _HEAD_HEIGHT)
        heads = list[tuple[str, str]]()
        for position, path in enumerate((f"{TAG}{plan.key}", *plan.keys)):
            kind = path.rstrip("123456789") if position else "process"
            label, help_ = _KEY_HELP[kind]
            page.write_string(0, position, path, style.path)
            self._columns_of_key(position, kind)
            heads.append(
                (label if path in (kind, f"{PARENT}1") or not position else f"y {label.lower()}", help_)
            )
        page.write_string(0, self._first - 1, MARK, style.path)
        page.set_column(self._first - 1, self._first - 1, None, style.key, {"hidden": True})
        for position, column in enumerate(plan.columns):
            page.write_string(0, self._first + position, column.path, style.path)
        for position, (label, help_) in enumerate(heads):
            page.write_string(1, position, label, style.key_head)
            self._note(position, help_)
        for position, column in enumerate(plan.columns):
            at_ = self._first + position
            page.write_string(1, at_, column.label, style.old_head if column.field.deprecated else style.head)
            self._note(at_, _help(column))
            self._drop_down(at_, column)
        page.freeze_panes(HEAD_ROWS, 1)
        page.protect(
            "",
            {
                "insert_rows": True,
                "delete_rows": True,
                "sort": True,
                "autofilter": True,
                "format_cells": True,
                "format_columns": True,
                "format_rows": True,
            },
        )

    def _columns_of_key(self, position: int, kind: str) -> None:
        wide = kind in (LIST, "process")
        self._page.set_column(position, position, _WIDE if wide else _NARROW, self._style.key)
        if kind == LIST:
            labels = [one.label for one in self._plan.lists]
            source = self._lists.range_of(f"{LIST}{self._plan.key}", labels)
            self._validate(position, source, "Elige de la lista en qué parte va.")

    def _column(self, position: int, column: Column, *, hidden: bool) -> None:
        at_ = self._first + position
        width = _WIDE if column.field.kind in (Kind.TEXT, Kind.URI) else _NARROW
        self._page.set_column(at_, at_, width, self._style.of(column), {"hidden": hidden})

    def _note(self, position: int, text: str) -> None:
        if text:
            self._page.write_comment(1, position, text, {"x_scale": 2.4, "y_scale": 1.6})

    def _drop_down(self, position: int, column: Column) -> None:
        listed = list_of(column.field)
        if column.field.kind is Kind.BOOLEAN:
            self._validate(position, list(YES_NO), "Elige «Sí» o «No», o deja la celda vacía.")
        elif listed is not None and not column.field.is_list:
            labels = [
                str(shown(column, code.code, zone="UTC"))
                for code in listed.codes.values()
                if not code.deprecated
            ]
            source = self._lists.range_of(listed.name, labels)
            strict = bool(column.field.codelist)
            self._validate(position, source, f"Elige una opción de «{listed.label}».", strict=strict)

    def _validate(self, position: int, source: Any, message: str, *, strict: bool = True) -> None:
        rule = {"validate": "list", "source": source, "error_title": "No está en la lista"}
        rule |= {"error_message": message, "error_type": "stop" if strict else "information"}
        self._page.data_validation(HEAD_ROWS, position, _LAST_ROW, position, rule)


def _help(column: Column) -> str:
    """Return what the note of a column says."""
    field = column.field
    pieces = [field.help]
    if column.refers:
        pieces.append(
            "Va su identificador en la hoja «Participantes»" + (", uno por línea." if field.is_list else ".")
        )
    elif field.kind in (Kind.CODES, Kind.TEXTS):
        pieces.append("Uno por línea (Alt+Entrar).")
        if field.codelist:
            labels = [code.label for code in codelist(field.codelist).codes.values() if not code.deprecated]
            pieces.append(f"Opciones: {', '.join(labels[:30])}.")
    elif field.kind is Kind.DATE:
        pieces.append("Como 31/12/2026; con hora, 31/12/2026 14:30.")
    elif field.example and list_of(field) is None:
        pieces.append(f"Ejemplo: {field.example}")
    return "\n".join(pieces)
