"""A simple sheet is read however people leave it, and what cannot be used is told in words."""

import datetime as dt
import io
from typing import Any

import pytest
import xlsxwriter
from openpyxl import load_workbook

from app.compranet.reading import read as read_compranet
from app.core.errors import InvalidError
from app.simple.columns import COLUMNS
from app.simple.reading import Reading, read
from app.simple.writing import HEAD_ROW, SHEET, template
from app.sipot.builtin import BUILT_IN
from app.sipot.rows import Row
from tests.compranet.lists import NEW, PAPER
from tests.compranet.lists import listed as compranet
from tests.simple.sheets import DESERTED, EXAMPLE, INK, filled, listed, saved

TITLES = {column.key: column.title for column in COLUMNS}


def read_all(content: bytes) -> tuple[list[Row], Reading]:
    with read(io.BytesIO(content)) as reading:
        assert reading is not None
        return list(reading.rows()), reading


def one(content: bytes) -> Row:
    (row,), _ = read_all(content)
    return row


def told(row: Row) -> list[str]:
    return [f"{remark.column}: {remark.message}" for remark in row.remarks]


def workbook(rows: list[list[Any]], *, formulas: dict[str, tuple[str, Any]] | None = None) -> bytes:
    """A workbook without the template's mark."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet("Enero")
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    for place, (formula, result) in (formulas or {}).items():
        sheet.write_formula(place, formula, None, result)
    book.close()
    return target.getvalue()


def test_what_is_written_in_the_template_is_what_is_read() -> None:
    rows, reading = read_all(filled(EXAMPLE, INK, DESERTED))
    assert (reading.sheet, reading.head_row, reading.warnings) == (SHEET, HEAD_ROW, [])
    assert [row.number for row in rows] == [4, 5, 6]
    assert not any(row.remarks for row in rows)
    assert rows[0].values == {
        **EXAMPLE,
        "call.date": dt.date(2026, 1, 12),
        "close.date": dt.date(2026, 1, 19),
        "tenderers": 1,
        "call.url": (EXAMPLE["call.url"],),
        "award.date": dt.date(2026, 1, 20),
        "award.url": (EXAMPLE["award.url"],),
        "contract.date": dt.date(2026, 1, 21),
        "start": dt.date(2026, 1, 22),
        "end": dt.date(2026, 6, 30),
        "net": 50_000,
        "gross": 58_000,
        "paid": 29_000,
        "contract.url": (EXAMPLE["contract.url"],),
    }
    assert (rows[1].values["gross"], rows[2].values["call.date"]) == (1_160, dt.date(2026, 2, 3))


def test_the_empty_template_has_no_rows() -> None:
    assert read_all(template())[0] == []


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_a_csv_is_read_like_the_workbook(encoding: str) -> None:
    assert one(listed(EXAMPLE, encoding=encoding)).values == one(filled(EXAMPLE)).values


def test_titles_are_found_wherever_they_stand_and_however_they_are_written() -> None:
    heads = [
        "NOTAS",
        "Importe ",
        "NO. DE CONTRATO",
        "objeto",
        "EXPEDIENTE",
        "Tipo_de  procedimiento*",
        "materia:",
        "RFC",
    ]
    heads += ["Fecha de Firma"]
    data = [
        "ojo",
        "1,500.50",
        17.0,
        "Papel",
        "E-1",
        "ADJUDICACION DIRECTA",
        "bienes",
        "pva 150312-ab9",
        46_043,
    ]
    rows, reading = read_all(workbook([*[["Municipio de San Juan"]] * 4, heads, [], data]))
    assert (reading.sheet, reading.head_row) == ("Enero", 5)
    assert [(row.number, row.rest) for row in rows] == [(7, {"NOTAS": "ojo"})]
    assert rows[0].values == {
        "gross": 1_500.5,
        "contract.number": "17",
        "title": "Papel",
        "file": "E-1",
        "method": "ADJUDICACION DIRECTA",
        "category": "bienes",
        "supplier.rfc": "pva 150312-ab9",
        "contract.date": dt.date(2026, 1, 21),
    }
    assert reading.warnings == ["No se conocen estas columnas; se guardan como vienen: NOTAS."]


@pytest.mark.parametrize(
    "written",
    [
        "21/01/2026",
        "2026-01-21",
        "21 de enero de 2026",
        "21-ene-26",
        46_043,
        dt.datetime(2026, 1, 21, 9, 30),  # noqa: DTZ001  # workbooks know no zones
        "46043",
    ],
    ids=["slashes", "iso", "words", "short", "serial", "moment", "serial-text"],
)
def test_a_day_is_understood_in_every_style(written: Any) -> None:
    row = one(filled(EXAMPLE | {"contract.date": written}))
    assert row.values["contract.date"] == dt.date(2026, 1, 21)
    assert not row.remarks


@pytest.mark.parametrize("written", ["N/A", "ND", "n.d.", "0", 0, 0.0, "  ", "-", "No aplica", "$0.00"])
def test_what_says_nothing_is_unknown(written: Any) -> None:
    row = one(filled(EXAMPLE | {"gross": written, "supplier.rfc": written}))
    assert "gross" not in row.values
    assert "supplier.rfc" not in row.values
    assert not row.remarks


@pytest.mark.parametrize(
    ("key", "written", "words"),
    [
        (
            "contract.date",
            "31/02/2026",
            "Fecha de firma: dice «31/02/2026» y no se tomó. El día 31 no existe",
        ),
        (
            "gross",
            "mil pesos",
            "Monto con impuestos: dice «mil pesos» y no se tomó. No se entiende la cantidad",
        ),
        ("gross", -5, "Monto con impuestos: el monto es negativo"),
        ("contract.url", "en la oficina", "Enlace al contrato: «en la oficina» no es una dirección"),
        ("title", "#REF!", "Objeto de la contratación: la fórmula dio un error (#REF!)"),
    ],
    ids=["day", "amount", "negative", "address", "formula-error"],
)
def test_a_cell_that_cannot_be_used_says_where_what_and_how_to_mend_it(
    key: str, written: Any, words: str
) -> None:
    row = one(filled(EXAMPLE | {key: written}))
    assert key not in row.values
    assert words in told(row)[0]


def test_formulas_give_their_result_or_say_that_they_have_none() -> None:
    heads = [
        TITLES[key]
        for key in ("file", "title", "method", "category", "contract.number", "net", "gross", "paid")
    ]
    rows = [heads, ["E-1", "Papel", "Adjudicación directa", "Bienes", "C-1", 100]]
    row = one(workbook(rows, formulas={"G2": ("=F2*1.16", 116), "H2": ("=Otra!A1", "")}))
    assert row.values["gross"] == 116
    assert "paid" not in row.values
    assert told(row) == [
        "Monto con impuestos: la celda tiene una fórmula; se tomó su resultado",
        "Monto pagado: la celda tiene una fórmula sin resultado guardado; abre el libro en Excel y guárdalo",
    ]


def test_hidden_rows_are_read_and_merged_cells_told() -> None:
    book = load_workbook(io.BytesIO(filled(EXAMPLE, INK)))
    sheet = book[SHEET]
    sheet.row_dimensions[HEAD_ROW + 2].hidden = True
    sheet.merge_cells(start_row=HEAD_ROW + 1, end_row=HEAD_ROW + 2, start_column=1, end_column=1)
    rows, reading = read_all(saved(book))
    assert told(rows[1]) == [": El renglón está oculto en el libro; se leyó como los demás."]
    assert "file" not in rows[1].values
    assert "1 grupos de celdas combinadas (A4:A5" in reading.warnings[0]


def test_rows_that_only_carry_a_choice_or_a_number_of_their_own_are_empty() -> None:
    heads = [
        "No.",
        *(
            TITLES[key]
            for key in ("file", "title", "method", "category", "origin", "currency", "state", "gross")
        ),
    ]
    blank = [["", "", "", "Adjudicación directa", "Bienes", "Municipales", "MXN", "Vigente"]] * 3
    rows = [heads, [1, "E-1", "Papel"], *([number, *row[1:]] for number, row in enumerate(blank, start=2))]
    assert [row.number for row in read_all(workbook(rows))[0]] == [2]


def test_a_sheet_formatted_to_its_last_row_ends_where_its_rows_do() -> None:
    book = load_workbook(io.BytesIO(filled(EXAMPLE)))
    book[SHEET].cell(1_048_576, 1).number_format = "@"
    assert len(read_all(saved(book))[0]) == 1


def test_the_report_read_again_is_the_same_sheet() -> None:
    book = load_workbook(io.BytesIO(filled(EXAMPLE)))
    for at, text in enumerate(("Resultado de la importación", "Observaciones"), start=len(COLUMNS) + 1):
        book[SHEET].cell(HEAD_ROW, at, text)
        book[SHEET].cell(HEAD_ROW + 1, at, "Borrador nuevo")
    rows, reading = read_all(saved(book))
    assert (rows[0].rest, reading.warnings) == ({}, [])
    book[SHEET].cell(HEAD_ROW, len(COLUMNS) + 1, "Otra cosa")
    assert read_all(saved(book))[0][0].rest == {
        "Otra cosa": "Borrador nuevo",
        "Observaciones": "Borrador nuevo",
    }


def test_a_column_that_is_missing_or_twice_is_named() -> None:
    without = {key: title for key, title in TITLES.items() if key != "category"} | {"x": "Matteria"}
    with pytest.raises(InvalidError) as missing:
        read_all(listed(EXAMPLE, titles=without))
    assert (
        "le falta la columna «Materia». Quizá tiene otro nombre: estas no se conocen: Matteria."
        in missing.value.detail
    )
    with pytest.raises(InvalidError) as twice:
        read_all(listed(EXAMPLE, titles=TITLES | {"x": "Importe"}))
    assert "«Monto con impuestos», «Importe». Deja una." in twice.value.detail


def test_the_template_without_its_titles_says_what_to_do() -> None:
    book = load_workbook(io.BytesIO(filled(EXAMPLE)))
    book[SHEET].delete_rows(HEAD_ROW)
    with pytest.raises(InvalidError) as refused:
        read_all(saved(book))
    assert "no se encontró el renglón con los títulos" in refused.value.detail


@pytest.mark.parametrize("key", BUILT_IN, ids="-".join)
def test_a_book_of_the_pnt_is_none(key: tuple[str, str]) -> None:
    titles = {str(at): column.title for at, column in enumerate(BUILT_IN[key].columns)}
    with read(io.BytesIO(listed({}, titles=titles))) as reading:
        assert reading is None


@pytest.mark.parametrize(
    ("left_out", "kept", "above"),
    [(("file",), 31, 0), (("title",), 31, 0), ((), 7, 0), ((), 31, 26)],
    ids=["no-file", "no-object", "few", "far-down"],
)
def test_a_table_that_is_not_told_by_its_titles_is_none(
    left_out: tuple[str, ...], kept: int, above: int
) -> None:
    titles = [title for key, title in TITLES.items() if key not in left_out][:kept]
    with read(io.BytesIO(workbook([*([["x"]] * above), titles, ["1"] * len(titles)]))) as reading:
        assert reading is None


def test_the_template_is_known_by_its_mark_though_columns_were_taken_out() -> None:
    book = load_workbook(io.BytesIO(filled(EXAMPLE)))
    book[SHEET].delete_cols(5, len(COLUMNS))
    assert one(saved(book)).values.keys() == {"file", "title", "method", "category"}


def test_a_list_of_compranet_is_none_and_a_simple_sheet_is_no_list() -> None:
    with read(io.BytesIO(compranet(PAPER, titles=NEW))) as reading:
        assert reading is None
    with read_compranet(io.BytesIO(filled(EXAMPLE))) as list_:
        assert list_ is None
