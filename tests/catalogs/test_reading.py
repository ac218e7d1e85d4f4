"""Files as people have them: any delimiter, any usual encoding, titles above the head, and rows that are wrong."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from app.catalogs import reading
from app.catalogs.kinds import KINDS
from app.catalogs.reading import Content, read
from app.core.errors import InvalidError, TooLargeError
from app.core.sheets import clean

CUCOP = KINDS["cucop"]
ROWS = [
    ["Clave", "Descripción", "Unidad"],
    ["21100001", "Lápiz, número 2", "Pieza"],
    ["21100002", "Baño", ""],
]


def lines(delimiter: str) -> str:
    return "\r\n".join(
        delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row) for row in ROWS
    )


def taken(raw: bytes, kind: str = "cucop") -> Content:
    return read(BytesIO(raw), KINDS[kind])


def workbook(rows: list[list[object]], *, first_empty: bool = False) -> bytes:
    """A small XLSX, made by hand: strings inline, numbers as Excel keeps them."""

    def cell(value: object) -> str:
        if isinstance(value, int | float):
            return f"<c><v>{value}</v></c>"
        return f'<c t="inlineStr"><is><t>{escape(str(value))}</t></is></c>' if value else "<c/>"

    def sheet(body: str) -> str:
        name = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        return f'<?xml version="1.0"?><worksheet xmlns="{name}"><sheetData>{body}</sheetData></worksheet>'

    full = sheet("".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows))
    sheets = [sheet(""), full] if first_empty else [full]
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    packages = "http://schemas.openxmlformats.org/package/2006"
    listed = "".join(f'<sheet name="H{n}" sheetId="{n}" r:id="r{n}"/>' for n in range(1, len(sheets) + 1))
    related = "".join(
        f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{packages}/relationships"><Relationship Id="r1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        packed.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{listed}</sheets></workbook>',
        )
        packed.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{packages}/relationships">{related}</Relationships>',
        )
        for number, text in enumerate(sheets, 1):
            packed.writestr(f"xl/worksheets/sheet{number}.xml", text)
    return made.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_text_is_understood(delimiter: str, encoding: str) -> None:
    content = taken(lines(delimiter).encode(encoding))
    assert content.entries == {
        ("", "21100001"): {"code": "21100001", "description": "Lápiz, número 2", "unit": "Pieza"},
        ("", "21100002"): {"code": "21100002", "description": "Baño", "unit": ""},
    }
    assert content.refused == []


@pytest.mark.parametrize("first_empty", [False, True])
def test_a_workbook_is_understood_with_titles_above_and_numbers_for_codes(first_empty: bool) -> None:
    rows: list[list[object]] = [
        ["Catálogo de 2026"],
        [],
        ["CLAVE", "Concepto", "Unidad de medida"],
        [21100001, "Lápiz", "Pieza"],
        [21100002.0, "Baño", ""],
        ["", "", ""],
    ]
    content = taken(workbook(rows, first_empty=first_empty))
    assert [(code, values["description"]) for (_, code), values in content.entries.items()] == [
        ("21100001", "Lápiz"),
        ("21100002", "Baño"),
    ]
    assert content.refused == []


def test_each_wrong_row_says_its_line_and_why() -> None:
    content = taken(
        "clave,descripción,unidad\n21100001,Uno,Pieza\n2110,Corta,Pieza\n21100003,,Pieza\n,Sin clave,\n"
        "21100001,Otro uno,Pieza\n21100001,Uno,Pieza\n\n21100004,Bien,Pieza\n".encode()
    )
    assert [code for _, code in content.entries] == ["21100001", "21100004"]
    assert content.repeated == 1
    told = [(row.line, row.reason) for row in content.refused]
    assert [line for line, _ in told] == [3, 4, 5, 6]
    assert "8 dígitos" in told[0][1]
    assert told[1][1] == "Falta: descripción."
    assert told[2][1] == "Falta: clave."
    assert "renglón 2" in told[3][1]


def test_choices_are_understood_by_code_label_or_number() -> None:
    content = taken(
        'código,nombre,etapa\nuno,Uno,Licitación\ndos,Dos,3\ntres,Tres,"planning, contrato"\ncuatro,Cuatro,Siempre\n'
        "cinco,Cinco,\n".encode(),
        "documentType",
    )
    assert [values["stage"] for values in content.entries.values()] == [
        "tender",
        "award",
        "planning contract",
        "",
    ]
    assert "Planeación" in content.refused[0].reason


def test_where_there_is_a_title_and_an_explanation_the_title_is_the_name() -> None:
    content = taken(b"code,title,title_esp,description\nnotice,Notice,Aviso,Long words\n", "documentType")
    assert [values["description"] for values in content.entries.values()] == ["Aviso"]
    assert content.ignored == ("title", "description")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "vacío"),
        (b"   \n ", "vacío"),
        (b"uno,dos\n1,2\n", "«clave»"),
        (b"clave,unidad\n21100001,Pieza\n", "«descripción»"),
        (b'clave,descripcion\n"21100001,Sin cerrar\n', "comillas"),
        (b"PK\x03\x04 no es un libro", "dañado"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 tampoco", "dañado"),
    ],
)
def test_what_cannot_be_read_says_why(raw: bytes, said: str) -> None:
    with pytest.raises(InvalidError, match=said):
        taken(raw)


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr("nada.txt", "nada")
    with pytest.raises(InvalidError, match="dañado"):
        taken(packed.getvalue())


@pytest.mark.parametrize(
    ("limit", "make"),
    [
        ("MOST_ROWS", lambda: lines(",").encode()),
        ("LARGEST_UNPACKED", lambda: workbook([list(row) for row in ROWS])),
    ],
)
def test_what_is_too_much_is_refused(
    monkeypatch: pytest.MonkeyPatch, limit: str, make: Callable[[], bytes]
) -> None:
    assert len(taken(make()).entries) == 2
    monkeypatch.setattr(reading, limit, 2)
    with pytest.raises(TooLargeError):
        taken(make())


def test_texts_are_cleaned_and_what_could_not_be_read_is_refused() -> None:
    assert clean(" a\u200b \n\t b\x00\u202e ") == "a b"
    long = "x" * (reading.LONGEST_TEXT + 1)
    content = taken(f"clave,descripción\n21100001,Ba\ufffdo\n21100002,{long}\n".encode())
    assert [row.line for row in content.refused] == [2, 3]


def test_the_official_file_is_read_whole(shared_data: Path) -> None:
    with (shared_data / "catalogs" / "cucop.csv").open("rb") as source:
        content = read(source, CUCOP)
    assert len(content.entries) + content.repeated == 11_470
    assert content.refused == []
