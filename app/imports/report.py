"""The report of an import as CSV, row by row, in pages: any size, little memory."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from app.core import json, sheets
from app.core.db import Actor, Database
from app.imports import queries
from app.imports.models import ImportRow
from app.imports.wording import OUTCOMES

HEAD = ("fila", "resultado", "ocid_en_el_archivo", "ocid", "titulo", "asunto", "lugar", "mensaje", "valor")
PAGE = 500
_SUBJECTS = {"error": "Por corregir", "advice": "Recomendación", "info": "Nota"}


def csv_report(database: Database, actor: Actor, import_id: UUID) -> Iterator[bytes]:
    """Yield the report as CSV in UTF-8 with a mark, which spreadsheets ask for.

    A row of the file takes a line per problem, refused value or value kept apart; at least one.
    """
    yield sheets.BOM + sheets.lines([HEAD])
    cursor: str | None = None
    while True:
        with database.unit_of_work(actor) as session:
            page = queries.rows(session, actor, import_id, cursor=cursor, limit=PAGE)
            yield sheets.lines(line for row in page.rows for line in _told(row))
        cursor = page.next_cursor
        if cursor is None:
            return


def _told(row: ImportRow) -> Iterator[tuple[str, ...]]:
    start = (str(row.row_number), OUTCOMES[row.outcome].label, row.source_ocid, row.ocid, row.title)
    for problem in row.problems:
        subject = "Valor rechazado" if "value" in problem else _SUBJECTS[problem["severity"]]
        yield (*start, subject, problem["pointer"], problem["message"], value_text(problem.get("value")))
    for kept in row.kept:
        yield (*start, "Dato que el estándar no conoce", kept["pointer"], "", value_text(kept["value"]))
    if not row.problems and not row.kept:
        yield (*start, "", "", "", "")


def value_text(value: Any) -> str:
    """Return a JSON value as people read it: texts bare, the rest as JSON; absent is empty."""
    return "" if value is None else value if isinstance(value, str) else json.text(value)
