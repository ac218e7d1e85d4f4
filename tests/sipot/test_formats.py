"""The built-in formats against what is publicly known of the official ones."""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import load_workbook

from app.core.errors import InvalidError
from app.sipot.builtin import BUILT_IN
from app.sipot.formats import Column, Kind
from app.sipot.reading import read
from app.sipot.writing import write

_KINDS = {
    "Texto corto": Kind.SHORT,
    "Texto largo": Kind.LONG,
    "Fecha": Kind.DATE,
    "Moneda": Kind.MONEY,
    "Página web (url)": Kind.URL,
    "Catálogo": Kind.CATALOGUE,
    "Tabla": Kind.TABLE,
    "Fecha Actualización": Kind.UPDATED,
    "Nota": Kind.NOTE,
}
_UNIFIED_KINDS = {
    "anio": Kind.YEAR,
    "fecha": Kind.DATE,
    "catalogo": Kind.CATALOGUE,
    "texto_corto": Kind.SHORT,
    "texto_largo": Kind.LONG,
    "url": Kind.URL,
    "moneda": Kind.MONEY,
    "fecha_actualizacion": Kind.UPDATED,
    "nota": Kind.NOTE,
}


def said(field: dict[str, Any]) -> tuple[Any, ...]:
    """A field of the official list, as comparable facts."""
    inside = field.get("valor") or []
    kind = _KINDS[field["tipoDato"]]
    choices = [(one["orden"], one["descripcion"].lower()) for one in inside] if kind is Kind.CATALOGUE else []
    columns = [said(one) for one in inside] if kind is Kind.TABLE else []
    return field["idCampo"], " ".join(field["etiqueta"].split()), kind, choices, columns


def ours(column: Column) -> tuple[Any, ...]:
    choices = [(entry.order, entry.label.lower()) for entry in column.catalogue]
    columns = [ours(inner) for inner in column.table.columns] if column.table else []
    return column.field_id, " ".join(column.title.split()), column.kind, choices, columns


@pytest.mark.parametrize("format_id", ["43335", "43336"])
def test_the_old_formats_are_the_official_ones_field_by_field(shared_data: Path, format_id: str) -> None:
    official = json.loads((shared_data / "sipot" / "inai_pnt_formatos_43335_43336.json").read_text())
    fields = [said(field) for field in official[format_id]["campos"]]
    listed = {field[0] for field in fields}
    columns = BUILT_IN[format_id, "2021"].columns
    assert [ours(column) for column in columns if column.field_id in listed] == fields


def test_the_unified_format_has_its_columns_and_tables(shared_data: Path) -> None:
    official = json.loads((shared_data / "sipot" / "formato28_unificado_columnas.json").read_text())
    format_ = BUILT_IN["28", "unified"]
    kinds = [
        Kind.TABLE if field["tipo"].startswith("tabla:") else _UNIFIED_KINDS[field["tipo"]]
        for field in official["columnas"]
    ]
    assert [column.kind for column in format_.columns] == kinds
    tables = {
        column.table.name: ["ID", *(inner.title for inner in column.table.columns)]
        for column in format_.columns
        if column.table
    }
    assert tables == {name: table["columnas"] for name, table in official["subtablas"].items()}
    told = [
        f"Tabla_{field['tipo'][6:]}" for field in official["columnas"] if field["tipo"].startswith("tabla:")
    ]
    assert list(tables) == told


@pytest.mark.parametrize("key", BUILT_IN, ids="-".join)
def test_an_upload_workbook_has_everything_where_the_pnt_looks_for_it(key: tuple[str, str]) -> None:
    format_ = BUILT_IN[key]
    file = io.BytesIO()
    write(format_, [], file)
    file.seek(0)
    with load_workbook(file) as book:
        main = book.get_sheet_by_name("Reporte de Formatos").to_python(skip_empty_area=False)
        assert int(main[0][0]) == int(format_.id)
        assert [main[1][at] for at in (0, 3, 6)] == ["TÍTULO", "NOMBRE CORTO", "DESCRIPCIÓN"]
        assert main[2][0] == format_.labels.title
        assert [int(code) for code in main[3]] == [column.kind for column in format_.columns]
        ids = main[4] if format_.columns[0].field_id else []
        assert [int(number) for number in ids] == [
            column.field_id for column in format_.columns if column.field_id
        ]
        assert main[5][0] == "Tabla Campos"
        assert [title.partition("\n")[0] for title in main[6]] == [column.title for column in format_.columns]
        catalogues = [column.catalogue for column in format_.columns if column.catalogue]
        for number, catalogue in enumerate(catalogues, start=1):
            sheet = book.get_sheet_by_name(f"Hidden_{number}").to_python()
            assert [row[0] for row in sheet] == [entry.label for entry in catalogue]
        for table in format_.tables():
            sheet = book.get_sheet_by_name(table.name).to_python(skip_empty_area=False)
            assert [int(code) for code in sheet[0][1:]] == [column.kind for column in table.columns]
            assert sheet[2] == ["ID", *(column.title for column in table.columns)]
    with zipfile.ZipFile(file) as raw:
        sheet_xml = raw.read("xl/worksheets/sheet1.xml").decode()
        hidden = re.findall(r'<row r="(\d+)"[^>]*hidden="1"', sheet_xml)
        assert hidden == (["1", "4", "5"] if ids else ["1", "4"])
        assert len(re.findall("<dataValidation ", sheet_xml)) == len(catalogues)
        book_xml = raw.read("xl/workbook.xml").decode()
        assert all("hidden" in entry for entry in re.findall(r"<sheet [^>]*Hidden_[^>]*>", book_xml))


def test_the_download_of_another_obligation_is_refused_in_words(shared_data: Path) -> None:
    told = json.loads((shared_data / "sipot" / "descarga_pnt_2025T3_estructura.json").read_text())
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet("Información")
    for number, pair in enumerate(told["hojas"]["Información"]["fila1-4"]):
        sheet.write_row(number, 0, pair)
    sheet.write_row(5, 0, told["hojas"]["Información"]["fila6"])
    book.close()
    file.seek(0)
    with pytest.raises(InvalidError, match="fracción XXVIII"), read(file):
        pass
