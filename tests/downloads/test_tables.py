"""Tables: an independent program puts the releases together again from them, and no spreadsheet runs what they hold."""

import csv
import gzip
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pytest

from app.core import sheets
from app.demo.bodies import PLACES, sujetos_of
from app.demo.story import tell
from app.downloads import tables
from app.ocds.schema import release_schema
from app.processes.service import ENVELOPE
from tests.downloads.conftest import Shelf
from tests.factories import document
from tools.oracle import __main__ as oracle

EITHER = "/level"
"""The standard lets it be a text or a number, and a cell does not tell which."""


def whole(shelf: Shelf) -> list[dict[str, Any]]:
    """Publish stories with something of everything; return the releases."""
    for number, (slug, method) in enumerate([("jalisco", "open"), ("jalisco", "direct")]):
        told = tell(PLACES[slug], sujetos_of(slug)[0], number + 1, "amended", method)
        for release in told.releases:
            written = {key: value for key, value in release.items() if key not in ENVELOPE}
            shelf.press.release(written, ocid=f"{shelf.place.prefix}-{number}")
    return [orjson.loads(body) for _, body in sorted(shelf.press.bodies().items())]


def opened(shelf: Shelf, name: str) -> zipfile.ZipFile:
    answer = shelf.get(name)
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(answer.content))


def differences(one: Any, other: Any, at: str = "") -> list[str]:
    """Where two documents are not the same."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted({*one, *other})
        return [found for key in keys for found in differences(one.get(key), other.get(key), f"{at}/{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [found for number, pair in pairs for found in differences(*pair, f"{at}/{number}")]
    if isinstance(one, str) and isinstance(other, str) and one == sheets.harmless(other):
        return []  # marked, as every cell that a spreadsheet would run
    if at.endswith(EITHER) and one == str(other):
        return []
    return [] if one == other else [f"{at}: {one!r} / {other!r}"[:300]]


def test_unflattened_again_they_are_the_releases(shelf: Shelf, tmp_path: Path) -> None:
    releases = whole(shelf)
    shelf.refresh()
    with opened(shelf, "releases-csv.zip") as packed:
        names = [name for name in packed.namelist() if name.endswith(".csv") and name != tables.DICTIONARY]
        packed.extractall(tmp_path / "csv", names)
    (tmp_path / "schema.json").write_bytes(orjson.dumps(release_schema()))

    done = subprocess.run(
        [
            oracle.setup().with_name("flatten-tool"),
            *("unflatten", "-f", "csv", "--root-id", "ocid", "--root-list-path", "releases"),
            *("--schema", tmp_path / "schema.json", "-o", tmp_path / "again.json", tmp_path / "csv"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    again = {one["id"]: one for one in json.loads((tmp_path / "again.json").read_text())["releases"]}
    assert differences(again, {one["id"]: one for one in releases}) == []


def test_the_package_describes_every_column(shelf: Shelf) -> None:
    whole(shelf)
    shelf.refresh()

    with opened(shelf, "releases-csv.zip") as packed:
        told = json.loads(packed.read(tables.DESCRIPTION))
        dictionary = list(csv.reader(io.StringIO(packed.read(tables.DICTIONARY).decode())))
        for resource in told["resources"]:
            head = next(csv.reader(io.StringIO(packed.read(resource["path"]).decode())))
            assert [field["name"] for field in resource["schema"]["fields"]] == head
        paths = {resource["path"] for resource in told["resources"]}
        assert paths == {*packed.namelist()} - {tables.DESCRIPTION, tables.DICTIONARY}
    columns = sum(len(resource["schema"]["fields"]) for resource in told["resources"])
    assert len(dictionary) == columns + 1
    assert ["releases", "tender/title"] in [row[:2] for row in dictionary]


def test_the_other_one_begins_with_a_mark(shelf: Shelf) -> None:
    shelf.press.release()
    shelf.refresh()

    with opened(shelf, "releases-csv.zip") as plain, opened(shelf, "releases-csv-bom.zip") as marked:
        assert marked.read("releases.csv") == b"\xef\xbb\xbf" + plain.read("releases.csv")


@pytest.mark.parametrize("title", ["=1+1", "+cmd", "-2+3", "@SUM(A1)"])
def test_no_cell_is_a_formula(shelf: Shelf, title: str) -> None:
    tender = document()["tender"] | {"title": title}
    shelf.press.release(document(tender=tender))
    shelf.refresh()

    with opened(shelf, "releases-csv.zip") as packed:
        (row,) = csv.DictReader(io.StringIO(packed.read("releases.csv").decode()))
    assert row["tender/title"] == f"'{title}"
    book = openpyxl.load_workbook(io.BytesIO(shelf.get("releases.xlsx").content))
    sheet = book.worksheets[0]
    cells = {head.value: cell for head, cell in zip(sheet[1], sheet[2], strict=True)}
    assert (cells["tender/title"].value, cells["tender/title"].data_type) == (title, "s")
    assert cells["tender/value/amount"].value == 125000.5


def test_a_table_goes_on_in_another_sheet(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    for _ in range(5):
        shelf.press.release()
    shelf.refresh()

    book = openpyxl.load_workbook(io.BytesIO(shelf.get("releases.xlsx").content), read_only=True)

    names = [name for name in book.sheetnames if "releases" in name]
    assert names == ["1 releases", "1 releases (2)", "1 releases (3)"]
    assert [sum(1 for _ in book[name].rows) for name in names] == [3, 3, 2]


def test_tables_are_made_again_only_where_releases_changed(shelf: Shelf) -> None:
    shelf.press.release()
    shelf.refresh()
    before = {name: shelf.get(name).headers["last-modified"] for name in shelf.names()}
    etag = shelf.get("releases.xlsx").headers["etag"]
    stored = shelf.stored()

    shelf.refresh()

    assert shelf.stored() == stored
    assert {name: shelf.get(name).headers["last-modified"] for name in shelf.names()} == before
    shelf.press.release()
    shelf.refresh()
    assert shelf.get("releases.xlsx").headers["etag"] != etag


def test_the_oracle_finds_no_error_in_any_package(shelf: Shelf) -> None:
    whole(shelf)
    shelf.refresh()
    packages = [gzip.decompress(shelf.get(name).content) for name in shelf.names() if "-package-" in name]

    done = subprocess.run(
        [sys.executable, "-m", "tools.oracle"],
        cwd=oracle.ROOT,
        input=b"".join(orjson.dumps(orjson.loads(package)) + b"\n" for package in packages),
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(verdicts) == len(packages) > 2
    assert [verdict.get("refused") or verdict["errors"] + verdict["closed"] for verdict in verdicts] == [
        [] for _ in packages
    ]
