"""Rows that are plainly written are taken by another way than all others: both must say the same.

A comment before the first row makes a whole sheet go the exact way.
"""

import io
import random
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import xlsxwriter

from app.core.errors import InvalidError
from app.sipot.rows import RawRow
from app.sipot.xlsx import Xlsx

SHEET = "xl/worksheets/sheet1.xml"
TEXTS = (
    "Papel", " con  blancos ", "Ñandú & Cía", "<b>", 'dijo "sí"', "1 > 0", "línea\nuna", "", "0", "=A1", "\N{SNOWMAN}", "]] >",
)  # fmt: skip


def rewritten(workbook: bytes, change: dict[str, bytes] | None = None, *, exact: bool = False) -> io.BytesIO:
    """The workbook with other parts, and with a comment before the rows of every sheet when they shall go the exact way."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            content = (change or {}).get(name, old.read(name))
            if exact and "worksheets/" in name:
                content = content.replace(b"<worksheet", b"<!-- exact --><worksheet", 1)
            new.writestr(name, content)
    file.seek(0)
    return file


def said(file: io.BytesIO) -> dict[str, tuple[list[RawRow], list[str]] | str]:
    """All rows and merged ranges of every sheet, or why it cannot be read."""
    found: dict[str, tuple[list[RawRow], list[str]] | str] = {}
    with Xlsx(file) as book:
        for name in book.sheets:
            sheet = book.sheet(name)
            try:
                found[name] = list(sheet.rows), sheet.merged
            except InvalidError as error:
                found[name] = str(error.detail)
    return found


def typed(found: dict[str, tuple[list[RawRow], list[str]] | str]) -> str:
    """Equal numbers of different types differ."""
    return repr(found)


def empty_workbook() -> bytes:
    """One with two shared texts, and styles 1 for days and 2 for money."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    sheet.write(0, 0, "compartido & uno")
    sheet.write(0, 1, "compartido dos")
    sheet.write(0, 2, 1, book.add_format({"num_format": "dd/mm/yyyy"}))
    sheet.write(0, 3, 1, book.add_format({"num_format": "0.00"}))
    book.close()
    return file.getvalue()


EMPTY = empty_workbook()
PLAIN_ROW = '<row r="1"><c r="A1" t="str"><v>é</v></c></row>'


def sheet_of(rows: Sequence[str]) -> bytes:
    """The XML of a sheet with rows, and merged cells behind them."""
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="http://x" xmlns:p="http://p"><sheetData>'
        f'{"".join(rows)}</sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells></worksheet>'
    ).encode()


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def plain_cell(chance: random.Random, place: str) -> str:
    text = escaped(chance.choice(TEXTS))
    style = chance.choice(("", ' s="1"', ' s="2"'))
    return chance.choice(
        (
            f'<c r="{place}"{style} t="inlineStr"><is><t>{text}</t></is></c>',
            f'<c r="{place}"{style} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>',
            f'<c r="{place}"{style} t="s"><v>{chance.randrange(2)}</v></c>',
            f'<c r="{place}"{style} t="str"><f>A1&amp;"x"</f><v>{text}</v></c>',
            f'<c r="{place}"{style}><f>SUM(A1:B1)</f></c>',
            f'<c r="{place}"{style}><v>{chance.choice(("0", "46023", "46023.75", "-3", "1E+3", "1000.5", "x"))}</v></c>',
            f'<c r="{place}"{style} t="b"><v>{chance.randrange(2)}</v></c>',
            f'<c r="{place}"{style} t="n"><v/></c>',
            f'<c r="{place}"{style}/>',
        )
    )


def row(chance: random.Random, number: int, *inside: str) -> str:
    """A plain row, with other cells at its end."""
    manner = chance.choice(("", ' spans="1:9" p:h="0.25"', ' hidden="1"', ' hidden="true"', ' hidden="0"'))
    if not inside and chance.random() < 0.05:
        return f'<row r="{number}"{manner}/>'
    places = chance.sample(("A", "B", "C", "H", "AA", "BC", "SQ", "SR", "SS", "XFD"), chance.randrange(10))
    if chance.random() < 0.9:
        places.sort(key=lambda letters: (len(letters), letters))
    cells = [plain_cell(chance, f"{letters}{number}") for letters in places]
    return f'<row r="{number}"{manner}>{"".join([*cells, *inside])}</row>'


def both_say(content: bytes) -> None:
    found = said(rewritten(EMPTY, {SHEET: content}))
    assert typed(found) == typed(said(rewritten(EMPTY, {SHEET: content}, exact=True)))


@pytest.mark.parametrize("seed", range(20))
def test_both_ways_say_the_same_of_plain_rows(seed: int) -> None:
    chance = random.Random(seed)
    both_say(sheet_of([row(chance, number) for number in range(1, 3 if seed else 3000)]))


@pytest.mark.parametrize("before", [3, 1500], ids=["soon", "late"])
@pytest.mark.parametrize(
    "strange",
    [
        '<row r="9"><c t="str"><v>sin lugar</v></c></row>',
        '<row r="9"><c t="str" r="D9"><v>al revés</v></c></row>',
        '<row r="9"><c r="D9" t="inlineStr"><is><r><t>dos </t></r><r><t>trozos</t></r></is></c></row>',
        '<row r="9"><c r="D9"><f t="shared" si="0"/><v>7</v></c></row>',
        '<row r="9"><c r="D9" t="str"><v><![CDATA[<c>]]></v></c></row>',
        '<row r="9"><c r="D9" t="str"><v>uno&#10;dos&#x41;</v></c></row>',
        '<row r="9"><c r="D9" t="str"><v>uno\r\ndos</v></c></row>',
        '<row r="9"><c r="D9" t="str"><!-- <v>no</v> --><v>sí</v></c></row>',
        '<p:row r="9"><p:c r="D9" t="str"><p:v>con prefijo</p:v></p:c></p:row>',
        '\n <row r="9">\n  <c r="D9" t="str">\n <v>con blancos</v></c></row>',
        "<row><c><v>2</v></c></row>",
        '<row r="9" x="a>b" hidden="1"><c r="D9"><v>1</v></c></row>',
        "<row r=\"9\" hidden='1'><c r=\"D9\"><v>1</v></c></row>",
        '<row r="9" hidden="&#49;"><c r="D9"><v>1</v></c></row>',
        '<row r="9" hidden="&quot;"><c r="D9"><v>1</v></c></row>',
        '<row r="9"><c r="D9"><v>1</v></c></row><!-- <row r="10"><c r="A10"><v>2</v></c></row> -->',
        '<row r="9"><c r="D9" t="s"><v>9</v></c></row>',
        '<row r="9"><c r="D9" t="str"><v>&nada;</v></c></row>',
        '<row r="9"><c r="D9" t="str"><v>a]]>b</v></c></row>',
        '<row r="9"><c r="D9" t="str"><v>\x01</v></c></row>',
        '<row r="9"><c r="D9" t="str"><v>\ufffe</v></c></row>',
        '<row r="9"><c r="D9" t="str"><v>abierto</c></row>',
        '<row r="9"><c r="D9" t="str"><v>1</t></is></c></row>',
        '<row r="9"><c r="D9" r="E9"><v>1</v></c></row>',
        '<row r="9" r="10"><c r="D9"><v>1</v></c></row>',
        '<row r="9" hidden="1" hidden="0"><c r="D9"><v>1</v></c></row>',
        '<row r="9"><row r="10"><c r="A10"><v>1</v></c></row></row>',
        '<row r="9"><row r="10"><c r="A10"><v>1</v></c></row>',
        '<row r="9"><c r="A9"><v>1</v></c></row></row>',
        '<c r="A9"><v>1</v></c><row r="9"><c r="B9"><v>1</v></c></row>',
        '<row r="9"><c r="A9"><v>1</v></c></row><c r="A10"><v>1</v></c>',
        '<row r="9"><c r="A9"><v>1</v></c>',
    ],
    ids=str,
)  # fmt: skip
def test_both_ways_say_the_same_of_what_is_written_otherwise(strange: str, before: int) -> None:
    chance = random.Random(before)
    plain = [row(chance, number) for number in range(20, 20 + before)]
    both_say(sheet_of([*plain, strange]))
    both_say(sheet_of([*plain, strange, *plain[:2]]))


@pytest.mark.parametrize(
    "content",
    [
        sheet_of([]),
        sheet_of([PLAIN_ROW])[:-30],
        sheet_of([PLAIN_ROW]).replace("é".encode(), b"\xe9"),
        sheet_of([PLAIN_ROW]).replace(b"UTF-8", b"latin-1"),
        sheet_of([PLAIN_ROW]).decode().replace("UTF-8", "utf-16").encode("utf-16"),
        sheet_of([PLAIN_ROW.replace("é", "x" * 3_000_000)]),
        sheet_of([PLAIN_ROW, PLAIN_ROW.replace(' r="1"', "").replace("é", "x" * 300_000)]),
        sheet_of([PLAIN_ROW]).replace(b"<sheetData>", b"<!-- <sheetData>" + PLAIN_ROW.encode() + b"--><sheetData>"),
        sheet_of([PLAIN_ROW]).replace(b"<worksheet", b"<!DOCTYPE worksheet><worksheet"),
    ],
    ids=["none", "cut", "no-utf8", "latin-1", "utf-16", "long", "long-unnumbered", "commented", "doctype"],
)  # fmt: skip
def test_both_ways_say_the_same_of_sheets_that_no_program_writes(content: bytes) -> None:
    both_say(content)


def test_both_ways_say_the_same_of_every_workbook_we_have(shared_data: Path) -> None:
    books = sorted(shared_data.rglob("*.xlsx"))
    assert books
    for path in books:
        content = path.read_bytes()
        assert typed(said(rewritten(content))) == typed(said(rewritten(content, exact=True))), path.name
