"""Upload workbooks with rows, opened with openpyxl and held against the official lists of fields, not against our own."""

import io
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from app.sipot.builtin import BUILT_IN
from app.sipot.rows import Row
from app.sipot.writing import write

CODES = {
    "Texto corto": 1,
    "Texto largo": 2,
    "Fecha": 4,
    "Moneda": 6,
    "Página web (url)": 7,
    "Catálogo": 9,
    "Tabla": 10,
    "Fecha Actualización": 13,
    "Nota": 14,
    "texto_corto": 1,
    "texto_largo": 2,
    "fecha": 4,
    "moneda": 6,
    "url": 7,
    "catalogo": 9,
    "anio": 12,
    "fecha_actualizacion": 13,
    "nota": 14,
}
"""What the official lists call a type -> the code that the PNT's own workbooks have for it."""
VALUES = {
    "period.start": date(2026, 1, 1),
    "category": "Arrendamientos",
    "file": "007/2026",
    "supplier.legal": "Papelera del Centro SA de CV",
    "gross": 1160.5,
    "contract.url": ("https://a.mx/1", "https://a.mx/2"),
}
AMENDMENTS = [
    {"number": "CM-1", "object": "Más plazo", "date": date(2026, 3, 1)},
    {"number": "CM-2", "object": "Menos entregas"},
]


def opened(key: tuple[str, str]) -> Any:
    """A workbook of three rows: the first without amendments, the second with two, the third with one."""
    rows = [
        Row("", 0, "", VALUES),
        Row("", 0, "", VALUES | {"file": "008/2026"}, {"amendments": AMENDMENTS}),
        Row("", 0, "", VALUES | {"file": "009/2026"}, {"amendments": AMENDMENTS[:1]}),
    ]
    file = io.BytesIO()
    write(BUILT_IN[key], rows, file)
    return load_workbook(file)


def line(sheet: Any, number: int) -> list[Any]:
    """The cells of a row."""
    return [cell.value for cell in sheet[number]]


def plain(text: Any) -> str:
    return " ".join(str(text).split())


@pytest.mark.parametrize("format_id", ["43335", "43336"])
def test_ids_types_and_labels_are_the_official_ones_in_their_order(shared_data: Path, format_id: str) -> None:
    official = json.loads((shared_data / "sipot" / "inai_pnt_formatos_43335_43336.json").read_text())
    fields = official[format_id]["campos"]
    book = opened((format_id, "2021"))
    main = book["Reporte de Formatos"]
    assert str(main["A1"].value) == format_id
    codes, ids, labels = (line(main, number) for number in (4, 5, 7))
    places = [ids.index(field["idCampo"]) for field in fields]
    assert places == sorted(places)
    for field, at in zip(fields, places, strict=True):
        assert int(codes[at]) == CODES[field["tipoDato"]]
        label, _, below = str(labels[at]).partition("\n")
        assert plain(label) == plain(field["etiqueta"])
        assert below == (f"Tabla_{field['idCampo']}" if field["tipoDato"] == "Tabla" else "")
        inside = field.get("valor") or []
        if field["tipoDato"] == "Catálogo":
            assert [entry.lower() for entry in offered(book, main, at)] == [
                one["descripcion"].lower() for one in sorted(inside, key=lambda one: one["orden"])
            ]
        if field["tipoDato"] == "Tabla":
            sheet = book[f"Tabla_{field['idCampo']}"]
            assert [int(code) for code in line(sheet, 1)[1:]] == [CODES[one["tipoDato"]] for one in inside]
            assert line(sheet, 2)[1:] == [one["idCampo"] for one in inside]
            assert [plain(text) for text in line(sheet, 3)] == [
                "ID",
                *(plain(one["etiqueta"]) for one in inside),
            ]


def offered(book: Any, main: Any, at: int) -> list[str]:
    """The entries of the drop-down of a column, from the hidden sheet that it points to."""
    letters = main.cell(8, at + 1).column_letter
    (rule,) = [
        rule for rule in main.data_validations.dataValidation if str(rule.sqref).startswith(f"{letters}8:")
    ]
    title, _, cells = str(rule.formula1).lstrip("=").partition("!")
    assert book[title].sheet_state == "hidden"
    return [str(cell.value) for row in book[title][cells.replace("$", "")] for cell in row]


def test_the_unified_format_is_the_official_one_in_its_order(shared_data: Path) -> None:
    official = json.loads((shared_data / "sipot" / "formato28_unificado_columnas.json").read_text())
    book = opened(("28", "unified"))
    main = book["Reporte de Formatos"]
    assert [int(code) for code in line(main, 4)] == [
        10 if one["tipo"].startswith("tabla:") else CODES[one["tipo"]] for one in official["columnas"]
    ]
    tables = [sheet.title for sheet in book if sheet.title.startswith("Tabla_")]
    assert sorted(tables) == sorted(official["subtablas"])
    for name, table in official["subtablas"].items():
        assert line(book[name], 3) == table["columnas"]
    for at, one in enumerate(official["columnas"]):
        if one.get("valores"):
            assert offered(book, main, at) == one["valores"]


@pytest.mark.parametrize("key", BUILT_IN, ids="-".join)
def test_rows_begin_where_the_pnt_reads_them_and_lead_to_their_sub_rows(key: tuple[str, str]) -> None:
    book, format_ = opened(key), BUILT_IN[key]
    main = book["Reporte de Formatos"]
    at = {column.key: place for place, column in enumerate(format_.columns) if column.key}
    rows = [line(main, number) for number in (8, 9, 10)]
    assert main.max_row == 10
    assert [row[at["file"]] for row in rows] == ["007/2026", "008/2026", "009/2026"]
    first = rows[0]
    assert first[at["period.start"]] == datetime.combine(date(2026, 1, 1), datetime.min.time())
    assert (first[at["category"]], first[at["gross"]]) == ("Arrendamientos", 1160.5)
    assert first[at["contract.url"]] in ("https://a.mx/1, https://a.mx/2", "https://a.mx/1,https://a.mx/2")
    table = format_.columns[at["amendments"]].table
    assert table is not None
    sheet = book[table.name]
    ids = [row[at["amendments"]] for row in rows]
    assert ids[0] is None
    sub_rows = [line(sheet, number) for number in range(4, sheet.max_row + 1)]
    assert [(row[0], row[1]) for row in sub_rows] == [(ids[1], "CM-1"), (ids[1], "CM-2"), (ids[2], "CM-1")]
    assert ids[1] != ids[2]
