"""Workbooks as people send them: what is understood, and what is said of the rest."""

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest
import xlsxwriter

from app.core.errors import InvalidError
from app.sipot.builtin import BUILT_IN
from app.sipot.reading import Reading, read
from app.sipot.rows import Row
from app.sipot.writing import write

FORMAT = BUILT_IN["43335", "2017"]
TITLES = [column.title for column in FORMAT.columns]


def workbook(
    *rows: dict[str, Any], titles: Sequence[str] = TITLES, change: Callable[[Any, Any], None] | None = None
) -> io.BytesIO:
    """An upload with labels in row 7 and raw cells by key."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet("Reporte de Formatos")
    sheet.write_row(6, 0, titles)
    places = {column.key: titles.index(column.title) for column in FORMAT.columns if column.title in titles}
    for number, row in enumerate(rows, start=7):
        for key, value in row.items():
            sheet.write(number, places[key], value)
    if change:
        change(book, sheet)
    book.close()
    file.seek(0)
    return file


def reading_of(file: io.BytesIO) -> tuple[Reading, list[Row]]:
    with read(file) as reading:
        return reading, list(reading.rows())


@pytest.mark.parametrize(
    ("cell", "understood"),
    [("31/12/2025", date(2025, 12, 31)), ("2025-12-31", date(2025, 12, 31)), ("31 de diciembre de 2025", date(2025, 12, 31)),
     ("31-dic-25", date(2025, 12, 31)), (46022, date(2025, 12, 31)), ("N/A", None), ("ND", None), ("no aplica", None)],
    ids=["slashes", "iso", "words", "short", "serial", "na", "nd", "no-aplica"],
)  # fmt: skip
def test_days_are_understood_in_every_style(cell: Any, understood: date | None) -> None:
    _, (row,) = reading_of(workbook({"file": "E-1", "contract.date": cell}))
    assert row.values.get("contract.date") == understood
    assert row.remarks == ()


@pytest.mark.parametrize(
    ("cell", "understood"),
    [
        ("$1,234,567.50", 1234567.5),
        ("1 234.50", 1234.5),
        (0, None),
        ("0.00", None),
        ("N.D.", None),
        (1000, 1000),
    ],
    ids=["commas", "blanks", "zero", "zero-text", "nd", "number"],
)
def test_amounts_are_understood_and_zero_is_unknown(cell: Any, understood: float | None) -> None:
    _, (row,) = reading_of(workbook({"file": "E-1", "gross": cell}))
    assert row.values.get("gross") == understood
    assert row.remarks == ()


@pytest.mark.parametrize(
    ("key", "cell", "words"),
    [("contract.date", "12/31/2025", "mes 31 no existe"), ("gross", "mucho", "No se entiende la cantidad"),
     ("contract.url", "ver archivo", "no es una dirección"), ("gross", "#REF!", "la fórmula dio un error")],
    ids=["month-first", "no-number", "no-address", "error"],
)  # fmt: skip
def test_what_is_not_understood_is_told_with_its_place(key: str, cell: str, words: str) -> None:
    _, (row,) = reading_of(workbook({"file": "E-1", key: cell}))
    assert key not in row.values
    (remark,) = row.remarks
    assert words in remark.message
    assert (remark.sheet, remark.row) == ("Reporte de Formatos", 8)
    assert remark.column == next(column.title for column in FORMAT.columns if column.key == key)


def test_columns_are_known_wherever_they_were_moved() -> None:
    _, (row,) = reading_of(workbook({"file": "E-1", "contract.number": "C-1"}, titles=TITLES[::-1]))
    assert dict(row.values) == {"file": "E-1", "contract.number": "C-1"}


def test_unknown_columns_are_named_and_kept_apart() -> None:
    reading, _ = reading_of(workbook({"file": "E-1"}, titles=[*TITLES, "Color del expediente"]))
    assert any("Color del expediente" in warning for warning in reading.warnings)


def test_hidden_rows_formulas_and_merged_cells_are_told() -> None:
    def change(book: Any, sheet: Any) -> None:
        sheet.set_row(7, None, None, {"hidden": True})
        sheet.write_formula(7, TITLES.index("Objeto del contrato"), '="a"&"b"', None, "ab")
        sheet.merge_range(8, 5, 9, 5, "E-2")

    reading, rows = reading_of(workbook({"file": "E-1"}, change=change))
    assert [row.values["file"] for row in rows] == ["E-1", "E-2"]
    assert rows[0].values["object"] == "ab"
    assert [remark.message for remark in rows[0].remarks] == [
        "la celda tiene una fórmula; se tomó su resultado",
        "El renglón está oculto en el libro; se leyó como los demás.",
    ]
    assert any("F9:F10" in warning for warning in reading.warnings)


def test_empty_rows_between_are_passed_over() -> None:
    def change(book: Any, sheet: Any) -> None:
        style = book.add_format({"bold": True})
        for number in range(9, 30_000):
            sheet.write_blank(number, 0, None, style)
        sheet.write(30_000, 5, "E-2")

    _, rows = reading_of(workbook({"file": "E-1"}, change=change))
    assert [(row.number, row.values["file"]) for row in rows] == [(8, "E-1"), (30_001, "E-2")]


def test_the_pnt_csv_is_read_in_latin_1_under_three_lines() -> None:
    text = 'Sujeto obligado,X\r\nNormativa,Y\r\n\r\n"Ejercicio","Número de expediente, folio o nomenclatura que lo identifique","Objeto del contrato","Número que identifique al contrato","Forma de pago","Tipo de moneda","Hipervínculo al finiquito"\r\n2025,E-1,Limpieza de baños,C-1,,,\r\n'
    reading, (row,) = reading_of(io.BytesIO(text.encode("cp1252")))
    assert reading.envelope == "csv"
    assert dict(row.values) == {
        "year": 2025,
        "file": "E-1",
        "object": "Limpieza de baños",
        "contract.number": "C-1",
    }


def whole() -> bytes:
    file = io.BytesIO()
    write(FORMAT, [Row("", 0, "", {"file": "E-1"})], file)
    return file.getvalue()


def with_macros() -> bytes:
    file = io.BytesIO(whole())
    with zipfile.ZipFile(file, "a") as packed:
        packed.writestr("xl/vbaProject.bin", b"macros")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "vacío"),
        (whole()[:2000], "dañado o incompleto"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
            "contraseña",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "dañado"),
        (b"<html><table><tr><td>Ejercicio</td></tr></table></html>", "página web"),
        (b"%PDF-1.7", "PDF"),
        (b"Nombre,Edad\nAna,3\n", "fracción XXVIII"),
    ],
    ids=["empty", "truncated", "password", "broken-xls", "renamed-html", "pdf", "other-table"],
)
def test_a_file_that_cannot_be_taken_says_why(content: bytes, words: str) -> None:
    with pytest.raises(InvalidError, match=words), read(io.BytesIO(content)):
        pass


def test_macros_are_told_and_the_rest_is_read() -> None:
    reading, (row,) = reading_of(io.BytesIO(with_macros()))
    assert row.values["file"] == "E-1"
    assert any("macros" in warning for warning in reading.warnings)


def test_a_text_that_looks_like_a_formula_goes_out_and_comes_back_as_text() -> None:
    file = io.BytesIO()
    write(FORMAT, [Row("", 0, "", {"object": "=HYPERLINK(1)", "file": "+E-1"})], file)
    with zipfile.ZipFile(file) as packed:
        assert b"<f>" not in packed.read("xl/worksheets/sheet1.xml")
        assert b'quotePrefix="1"' in packed.read("xl/styles.xml")
    file.seek(0)
    _, (row,) = reading_of(file)
    assert dict(row.values) == {"object": "=HYPERLINK(1)", "file": "+E-1"}
    assert row.remarks == ()
