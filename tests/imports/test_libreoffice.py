"""The workbooks that we write open in LibreOffice: the same cells, drop-downs alive; and its old XLS is read by us.

One start of LibreOffice converts all of them; what it saved is looked at with openpyxl.
"""

import io
import shutil
import subprocess
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import range_boundaries

from app.simple import writing as simple
from app.simple.reading import read as read_simple
from app.sipot.builtin import BUILT_IN
from app.sipot.reading import read
from app.sipot.rows import Row
from app.sipot.writing import write
from tests.ocds.processes import coherent
from tests.simple.sheets import DESERTED, EXAMPLE, INK, filled
from tests.workbook.books import merged, written
from tests.workbook.test_round_trip import awkward

SOFFICE = shutil.which("soffice")
pytestmark = pytest.mark.skipif(SOFFICE is None, reason="NO LIBREOFFICE: no workbook was opened in it")

ROW = {
    "year": 2026,
    "period.start": date(2026, 1, 1),
    "period.end": date(2026, 3, 31),
    "category": "Adquisiciones",
    "file": "007/2026",
    "object": "=Papel, ñandú",
    "contract.number": "C-01",
    "contract.date": date(2026, 2, 3),
    "supplier.legal": "Papelera del Centro SA de CV",
    "supplier.rfc": "PCE010203AB1",
    "net": 1000.5,
    "gross": 1160.58,
    "contract.url": ("https://a.mx/1", "https://a.mx/2"),
    "amended": "Si",
    "area": "Recursos Materiales",
    "updated": date(2026, 4, 10),
}
TABLES = {"amendments": [{"number": "CM-1", "object": "Más plazo", "date": date(2026, 3, 1)}]}


def sipot(key: tuple[str, str], method: str) -> Callable[[], bytes]:
    """An upload of a format with one full row."""

    def make() -> bytes:
        file = io.BytesIO()
        write(BUILT_IN[key], [Row("", 0, "", ROW | {"method": method}, TABLES)], file)
        return file.getvalue()

    return make


BOOKS: dict[str, Callable[[], bytes]] = {
    "43335": sipot(("43335", "2021"), "Adjudicación directa"),
    "43336": sipot(("43336", "2021"), "Licitación pública"),
    "28": sipot(("28", "unified"), "Licitación pública"),
    "libro": lambda: written(coherent(), awkward()),
    "sencilla": simple.template,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the workbooks are: as we wrote them, and below `xlsx` and `xls` as LibreOffice saved them."""
    found = tmp_path_factory.mktemp("books")
    for name, make in BOOKS.items():
        (found / f"{name}.xlsx").write_bytes(make())
    (found / "llena.xlsx").write_bytes(filled(EXAMPLE, INK, DESERTED))
    profile = (found / "profile").as_uri()
    for kind, names in (("xlsx", BOOKS), ("xls", ("43335", "43336", "28", "llena"))):
        command = [str(SOFFICE), f"-env:UserInstallation={profile}", "--headless", "--convert-to", kind]
        files = [str(found / f"{name}.xlsx") for name in names]
        subprocess.run(
            [*command, "--outdir", str(found / kind), *files], check=True, capture_output=True, timeout=180
        )
    return found


def cells(book: Workbook) -> dict[tuple[str, str], Any]:
    """Every cell that says something."""
    return {
        (sheet.title, cell.coordinate): plain(cell.value)
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.value not in (None, "")
    }


def plain(value: Any) -> Any:
    """A value without what no spreadsheet keeps, and with its signs as openpyxl reads them of shared texts."""
    if isinstance(value, float):
        return float(f"{value:.15g}")
    if isinstance(value, datetime):
        return value.replace(microsecond=0)
    return value.replace("_x005F_", "_") if isinstance(value, str) else value


@pytest.mark.parametrize("name", BOOKS)
def test_it_opens_with_the_same_sheets_and_cells(folder: Path, name: str) -> None:
    ours, theirs = load_workbook(folder / f"{name}.xlsx"), load_workbook(folder / "xlsx" / f"{name}.xlsx")
    assert theirs.sheetnames == ours.sheetnames
    hidden, meant = ([one.title for one in book if one.sheet_state != "visible"] for book in (theirs, ours))
    assert hidden == meant
    assert cells(theirs) == cells(ours)


@pytest.mark.parametrize("name", BOOKS)
def test_its_drop_downs_are_alive(folder: Path, name: str) -> None:
    ours, theirs = load_workbook(folder / f"{name}.xlsx"), load_workbook(folder / "xlsx" / f"{name}.xlsx")
    before, after = offered(ours), offered(theirs)
    assert before
    assert all(entries for entries in before.values())
    assert after == before


def offered(book: Workbook) -> dict[tuple[str, str], list[str]]:
    """The entries of every drop-down, by sheet and first cell."""
    named = {name: next(iter(one.destinations)) for name, one in book.defined_names.items()}
    found = {}
    for sheet in book:
        for rule in sheet.data_validations.dataValidation:
            if rule.type != "list":
                continue
            first = min((one.min_row, one.coord) for one in rule.sqref.ranges)[1].partition(":")[0]
            source = str(rule.formula1)
            if source.startswith('"'):
                found[sheet.title, first] = source.strip('"').split(",")
                continue
            title, place = named[source] if source in named else source.lstrip("=").rsplit("!", 1)
            left, top, right, bottom = range_boundaries(place.replace("$", ""))
            listed = book[title.strip("'")].iter_rows(top, bottom, left, right, values_only=True)
            found[sheet.title, first] = [str(one) for line in listed for one in line if one is not None]
    return found


def test_our_own_workbook_saved_by_it_is_still_the_one_that_nobody_edited(folder: Path) -> None:
    content = (folder / "xlsx" / "libro.xlsx").read_bytes()
    for number, document in enumerate((coherent(), awkward()), start=1):
        found = merged(content, None, "overrule", "remove", process=f"ocds-a1b2c3-{number}")
        assert (found.told, found.document) == ([], document)


@pytest.mark.parametrize("name", ["43335", "43336", "28"])
def test_an_old_xls_says_the_same_as_the_workbook(folder: Path, name: str) -> None:
    def rows(path: Path) -> list[Any]:
        with path.open("rb") as source, read(source) as reading:
            return [(row.number, dict(row.values), dict(row.tables), row.remarks) for row in reading.rows()]

    old = rows(folder / "xls" / f"{name}.xls")
    assert old == rows(folder / f"{name}.xlsx")
    assert len(old) == 1


def test_a_simple_sheet_saved_as_an_old_xls_says_the_same(folder: Path) -> None:
    def rows(path: Path) -> list[Any]:
        with path.open("rb") as source, read_simple(source) as reading:
            assert reading is not None
            return [*reading.rows()]

    old = rows(folder / "xls" / "llena.xls")
    assert old == rows(folder / "llena.xlsx")
    assert len(old) == 3
