"""Files of compliance, read back as their readers do."""

import csv
import io
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from app.adoption import exports
from app.adoption.exports import PRINTED, Report, Sheet
from app.adoption.queries import BodyRow
from app.adoption.wording import DEFINITIONS
from app.core import clock
from tests.adoption.conftest import ZONE, Desk
from tests.adoption.test_desk import home
from tests.conftest import LiveServer

HOSTILE = '=HYPERLINK("http://x")#[*nota*] $x$ \\ "]'
ROW = BodyRow(
    UUID(int=1), HOSTILE, "so-1", "estatal", "ejecutivo", "", date(2026, 11, 22),
    published=1200, signed=3, overdue=2, days=4.5, present=7, asked=8, last_published_on=date(2026, 10, 3), pending=1,
    late=0, observations=5, observed_at=None, declared=False,
)  # fmt: skip
EMPTY = replace(
    ROW,
    name="Ayuntamiento Callado",
    days=None,
    asked=0,
    present=0,
    last_published_on=None,
    overdue=0,
    published=0,
)
COLUMNS = exports.bodies_columns(ZONE)
SHEET = Sheet("Sujetos obligados", COLUMNS, [ROW, EMPTY])
REPORT = Report(
    "Cumplimiento, 4.º trimestre de 2026",
    "Organismo Garante de Prueba",
    "1 de 2",
    "#0b6b3a",
    clock.now(),
    ZONE,
    (HOSTILE,),
)


def test_a_comma_separated_file_runs_nothing() -> None:
    written = exports.as_csv(SHEET)

    assert written.startswith(b"\xef\xbb\xbf")
    head, full, empty = csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""))
    assert head == [column.label for column in COLUMNS]
    assert full[0] == "'" + HOSTILE
    assert full[4:12] == ["Con atraso", "1200", "1", "2", "0", "4.5", "87.5", "2026-10-03"]
    assert empty[4:12] == ["En silencio", "0", "1", "0", "0", "", "", ""]


def test_a_workbook_has_real_numbers_and_days() -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(exports.as_xlsx(REPORT, [SHEET])))

    assert book.sheet_names == ["Sujetos obligados", "Notas"]
    head, full, empty = book.get_sheet_by_name("Sujetos obligados").to_python()
    assert head == [column.label for column in COLUMNS]
    assert full[0] == HOSTILE
    assert full[4:12] == ["Con atraso", 1200, 1, 2, 0, 4.5, 0.875, date(2026, 10, 3)]
    assert empty[9:12] == ["", "", ""]
    notes = dict(row[:2] for row in book.get_sheet_by_name("Notas").to_python())
    for definition in DEFINITIONS.values():
        assert notes[definition.label] == definition.text


def test_a_document_is_tagged_and_says_what_it_is_given() -> None:
    document = PdfReader(io.BytesIO(exports.as_pdf(REPORT, [SHEET, Sheet("Nada", COLUMNS, [])])))

    said = " ".join(" ".join(page.extract_text() for page in document.pages).split())
    assert document.metadata is not None
    assert document.metadata.title == REPORT.title
    root = document.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("es-MX", True)
    for part in (
        REPORT.title,
        REPORT.author,
        "#[*nota*] $x$",
        "Con atraso",
        "88 %",
        "3 oct 2026",
        "Nada que contar.",
    ):
        assert part in said, part
    for definition in DEFINITIONS.values():
        assert definition.label in said


def test_a_document_of_a_whole_padron_is_bounded() -> None:
    rows = [replace(ROW, name=f"Municipio {number}") for number in range(PRINTED + 1)]
    document = PdfReader(io.BytesIO(exports.as_pdf(REPORT, [replace(SHEET, rows=rows)])))

    assert "Se imprimen las primeras 1,000 de 1,001 filas" in document.pages[0].extract_text()
    said = document.pages[-1].extract_text() + document.pages[-2].extract_text()
    assert f"Municipio {PRINTED - 1}" in said
    assert f"Municipio {PRINTED} " not in said


@pytest.mark.parametrize(
    ("form", "beginning"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("pdf", b"%PDF-")]
)
def test_files_come_from_the_desk_as_filtered(
    desk: Desk, live: LiveServer, form: str, beginning: bytes
) -> None:
    desk.place.add_sujeto(policy="direct", name="Ayuntamiento Callado")
    desk.publish(desk.days_ago(5))
    desk.draft(desk.days_ago(100))
    desk.count()
    desk.place.actor("garante_reviewer")
    client = live.client(desk.place.email("garante_reviewer"))

    whole = client.get(home(desk, f".{form}"))
    silent = client.get(home(desk, f".{form}?estado=silent"))
    one = client.get(home(desk, f"/sujetos/{desk.place.sujetos[0]}/informe.{form}"))

    for answer in (whole, silent, one):
        assert answer.status_code == 200, answer.text
        assert answer.content.startswith(beginning)
        assert answer.headers["content-disposition"].startswith(
            f'attachment; filename="cumplimiento-{desk.place.slug}'
        )
        assert answer.headers["cache-control"] == "private, no-store"
    if form == "csv":
        assert "Secretaría de Pruebas 1" in whole.text
        assert "Secretaría de Pruebas 1" not in silent.text
        assert len(one.text.splitlines()) == 9
    if form == "xlsx":
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(one.content)).get_sheet_by_index(1).to_python()
        assert sheet[1][2] == desk.days_ago(100)
