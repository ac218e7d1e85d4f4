"""Compliance as files: comma-separated, a workbook, a document. All of a tenant's bodies fit each of them."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import typst
import xlsxwriter

from app.adoption.behind import Behind
from app.adoption.queries import BodyRow
from app.adoption.wording import DEFINITIONS, STATES
from app.core import json
from app.core.quarters import Quarter
from app.core.sheets import harmless
from app.web.formats import date_es, datetime_es, number, percent

Kind = Literal["text", "count", "days", "share", "date"]
Cell = str | int | float | date | None

PRINTED = 1000
"""Rows of a document: each costs its memory (0.15 MiB), and nobody reads more."""
DEFAULT_ACCENT = "#0b6148"
_TEMPLATE = Path(__file__).parent / "templates" / "adoption" / "report.typ"
_FORMATS = {"count": "#,##0", "days": "#,##0.0", "share": "0.0%", "date": "yyyy-mm-dd"}
_WIDTHS = {"text": 16, "count": 14, "days": 14, "share": 12, "date": 14}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file: its head, what stands in it, and as what."""

    label: str
    kind: Kind
    value: Callable[[Any], Cell]
    width: float = 1


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of a file.

    Attributes:
        title: of the sheet, or of the part of the document.
        rows: given to the `value` of each column.
        empty: what is said where there are none.
    """

    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Any]
    empty: str = "Nada que contar."


@dataclass(frozen=True, slots=True)
class Report:
    """What a file says besides its tables.

    Attributes:
        title: of the document.
        author: the name of the organismo garante.
        lede: one line of state.
        accent: the tenant's colour; empty for the usual one.
        at: when it was made.
        zone: the tenant's.
        notes: what else must be known: filters, what was left out.
    """

    title: str
    author: str
    lede: str
    accent: str
    at: datetime
    zone: str
    notes: tuple[str, ...] = ()


def _label(key: str) -> str:
    return DEFINITIONS[key].label


def _state(row: BodyRow) -> str:
    label = STATES[row.state].label
    return f"{label} ({_label('declared').lower()})" if row.declared else label


_NUMBERS = (
    Column(_label("state"), "text", _state, 1.3),
    Column(_label("published"), "count", lambda row: row.published),
    Column(_label("pending"), "count", lambda row: row.pending, 0.8),
    Column(_label("overdue"), "count", lambda row: row.overdue, 1.1),
    Column(_label("late"), "count", lambda row: row.late),
    Column(_label("days"), "days", lambda row: row.days, 1.1),
    Column(_label("quality"), "share", lambda row: row.quality, 0.8),
    Column(_label("last"), "date", lambda row: row.last_published_on, 1.5),
    Column(_label("observations"), "count", lambda row: row.observations, 1.6),
)


def bodies_columns(zone: str) -> tuple[Column, ...]:
    """Return the columns of the table of bodies, made from `BodyRow`s; `zone` tells on what day one was reminded."""
    return (
        Column("Sujeto obligado", "text", lambda row: row.name, 4),
        Column("Clave", "text", lambda row: row.key, 1.2),
        Column("Ámbito", "text", lambda row: row.scope),
        Column("Poder", "text", lambda row: row.branch),
        *_NUMBERS,
        Column(
            _label("reminded"),
            "date",
            lambda row: row.reminded_at.astimezone(ZoneInfo(zone)).date() if row.reminded_at else None,
            1.5,
        ),
    )


QUARTERS = (
    Column("Trimestre", "text", lambda pair: pair[0].label, 2),
    *(
        Column(one.label, one.kind, lambda pair, one=one: one.value(pair[1]), one.width)  # type: ignore[misc]
        for one in _NUMBERS
    ),
)
"""Columns of the history of a body, made from pairs of `Quarter` and `BodyRow`."""
SIGNATURES = (
    Column("Proceso", "text", lambda row: row.title or "Sin título", 4),
    Column("OCID", "text", lambda row: row.ocid, 2),
    Column("Firma", "date", lambda row: row.day),
)
"""Columns of contracts that were not published in time, made from `Behind`s."""


def quarters_sheet(history: Sequence[tuple[Quarter, BodyRow]]) -> Sheet:
    """Return the table of a body's quarters."""
    return Sheet("Por trimestre", QUARTERS, history)


def signatures_sheet(rows: Sequence[Behind]) -> Sheet:
    """Return the table of a body's contracts that were not published in time."""
    return Sheet("Contratos firmados sin publicar a tiempo", SIGNATURES, rows, "Ninguno.")


def as_csv(sheet: Sheet) -> bytes:
    """Return a table in UTF-8 with a mark, so that spreadsheets know; shares are percentages."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(column.label for column in sheet.columns)
    for row in sheet.rows:
        writer.writerow(_plain(column, column.value(row)) for column in sheet.columns)
    return written.getvalue().encode("utf-8-sig")


def _plain(column: Column, value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value * 100:.1f}" if column.kind == "share" else f"{value:.1f}"
    return harmless(value) if isinstance(value, str) else str(value)


def as_xlsx(report: Report, sheets: Iterable[Sheet]) -> bytes:
    """Return a workbook: numbers are numbers, days are days, and the last sheet says what each of them counts."""
    written = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(written, options) as book:
        book.set_properties({"title": report.title, "author": report.author})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        formats = {kind: book.add_format({"num_format": how}) for kind, how in _FORMATS.items()}
        for sheet in sheets:
            page = book.add_worksheet(sheet.title[:31])
            page.freeze_panes(1, 1)
            for place, column in enumerate(sheet.columns):
                page.set_column(place, place, max(_WIDTHS[column.kind], 14 * column.width))
                page.write_string(0, place, column.label, bold)
            for line, row in enumerate(sheet.rows, 1):
                for place, column in enumerate(sheet.columns):
                    _write(page, line, place, column.value(row), formats.get(column.kind))
            if sheet.rows:
                page.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)
        _notes(
            book.add_worksheet("Notas"), report, bold, book.add_format({"text_wrap": True, "valign": "top"})
        )
    return written.getvalue()


def _write(page: Any, line: int, place: int, value: Cell, shape: Any) -> None:
    if isinstance(value, str):
        page.write_string(line, place, value)
    elif isinstance(value, date):
        page.write_datetime(line, place, datetime(value.year, value.month, value.day), shape)  # noqa: DTZ001  # a day
    elif value is not None:
        page.write_number(line, place, value, shape)


def _notes(page: Any, report: Report, bold: Any, wrapped: Any) -> None:
    page.set_column(0, 0, 32)
    page.set_column(1, 1, 110)
    lines = [
        (report.title, report.lede),
        ("Organismo garante", report.author),
        ("Generado", datetime_es(report.at, report.zone)),
        *(("Nota", note) for note in report.notes),
        *((one.label, one.text) for one in DEFINITIONS.values()),
    ]
    for line, (name, said) in enumerate(lines):
        page.write_string(line, 0, name, bold)
        page.write_string(line, 1, said, wrapped)


def as_pdf(report: Report, sheets: Iterable[Sheet]) -> bytes:
    """Return a tagged document (PDF/UA-1) with at most `PRINTED` rows a table; where there are more, it says so."""
    tables, notices = [], list(report.notes)
    for sheet in sheets:
        if len(sheet.rows) > PRINTED:
            notices.append(
                f"Se imprimen las primeras {number(PRINTED)} de {number(len(sheet.rows))} filas de «{sheet.title}»; "
                "todas vienen en las descargas CSV y XLSX."
            )
        tables.append(
            {
                "title": sheet.title,
                "empty": sheet.empty,
                "head": [column.label for column in sheet.columns],
                "widths": [column.width for column in sheet.columns],
                "numeric": [column.kind != "text" for column in sheet.columns],
                "rows": [
                    [_printed(column, column.value(row)) for column in sheet.columns]
                    for row in sheet.rows[:PRINTED]
                ],
            }
        )
    said = {
        "title": report.title,
        "author": report.author,
        "keywords": ["cumplimiento", "contrataciones abiertas"],
        "lede": report.lede,
        "accent": report.accent or DEFAULT_ACCENT,
        "date": datetime_es(report.at, report.zone),
        "notice": notices,
        "tables": tables,
        "definitions": [[one.label, one.text] for one in DEFINITIONS.values()],
    }
    made: Any = typst.compile(
        _TEMPLATE,
        root=_TEMPLATE.parent,
        ignore_system_fonts=True,
        sys_inputs={"data": json.text(said)},
        pdf_standards=["ua-1"],
        timestamp=int(report.at.timestamp()),
    )
    document: bytes = made
    return document


def _printed(column: Column, value: Cell) -> str:
    if value is None:
        return "—"
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return date_es(value)
    return percent(value) if column.kind == "share" else number(value, int(column.kind == "days"))
