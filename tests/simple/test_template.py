"""The template as another program reads it: titles with notes, lists to choose from, cells that can be written."""

import io
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from app.core.folding import fold
from app.imports.remarked import HEAD
from app.ocds.model import CODELISTS
from app.simple.columns import COLUMNS, KNOWN
from app.simple.reading import MARK, REMARKED
from app.simple.writing import HEAD_ROW, HELP, SHEET, STEPS, shown, template
from app.sipot.formats import Kind


@pytest.fixture(scope="module")
def book() -> Any:
    """The template opened with openpyxl."""
    return load_workbook(io.BytesIO(template()))


def test_it_has_the_sheet_its_instructions_and_a_hidden_mark(book: Any) -> None:
    assert book.sheetnames == [SHEET, HELP, MARK]
    assert [book[name].sheet_state for name in book.sheetnames] == ["visible", "visible", "veryHidden"]
    assert book.active.title == SHEET
    assert template() == template.__wrapped__()


def test_every_title_has_its_note_and_stays_in_sight(book: Any) -> None:
    sheet = book[SHEET]
    heads = [sheet.cell(HEAD_ROW, at) for at in range(1, len(COLUMNS) + 1)]
    assert [head.value for head in heads] == [shown(column) for column in COLUMNS]
    for head, column in zip(heads, COLUMNS, strict=True):
        assert column.help in head.comment.text
        assert column.example in head.comment.text
    assert sheet.freeze_panes == f"C{HEAD_ROW + 1}"
    assert sheet.auto_filter.ref == f"A{HEAD_ROW}:{get_column_letter(len(COLUMNS))}1048576"
    assert sheet.cell(HEAD_ROW, len(COLUMNS) + 1).value is None


def test_titles_are_protected_and_every_row_below_is_open(book: Any) -> None:
    sheet = book[SHEET]
    assert sheet.protection.sheet
    assert sheet.protection.password is None
    assert not sheet.protection.sort
    assert not sheet.protection.insertRows
    for at, column in enumerate(COLUMNS, start=1):
        assert all(sheet.cell(row, at).protection.locked for row in range(1, HEAD_ROW + 1))
        style = sheet.column_dimensions[get_column_letter(at)]
        assert not style.protection.locked
        wanted = {Kind.DATE: "dd/mm/yyyy", Kind.MONEY: "#,##0.00", Kind.NUMBER: "0"}.get(column.kind, "@")
        assert style.number_format == wanted
    assert sheet.max_row == HEAD_ROW


def test_lists_hold_what_the_column_understands_down_to_the_last_row(book: Any) -> None:
    rules = {str(rule.sqref).split(":")[0]: rule for rule in book[SHEET].data_validations.dataValidation}
    for at, column in enumerate(COLUMNS, start=1):
        letter = get_column_letter(at)
        rule = rules.get(f"{letter}{HEAD_ROW + 1}")
        if column.options:
            assert rule is not None
            assert rule.type == "list"
            assert str(rule.sqref) == f"{letter}{HEAD_ROW + 1}:{letter}1048576"
            name, place = rule.formula1.split("!")
            labels = [cell.value for (cell,) in book[name][place.replace("$", "")]]
            assert labels == [option.label for option in column.options]
            assert [column.option(label) for label in labels] == [*column.options]
            assert (rule.errorStyle or "stop") == ("warning" if column.open else "stop")
        elif column.kind in (Kind.DATE, Kind.MONEY, Kind.NUMBER):
            assert rule is not None
            assert rule.errorStyle == "warning"
        else:
            assert rule is None


def test_instructions_name_every_step_and_every_column(book: Any) -> None:
    rows = [[cell.value or "" for cell in row] for row in book[HELP].iter_rows()]
    texts = [row[0] for row in rows]
    assert all(f"{number}. {step}" in texts for number, step in enumerate(STEPS, start=1))
    by_title = {row[0]: row for row in rows}
    for column in COLUMNS:
        _, said, example = by_title[shown(column)]
        assert said.startswith(column.help)
        assert example == column.example


def test_no_cell_of_it_is_a_formula(book: Any) -> None:
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(str(cell.value).startswith(("=", "+", "-", "@")) for cell in cells)


def test_names_of_columns_and_options_mean_one_thing() -> None:
    assert len(KNOWN) == sum(1 + len(column.also) for column in COLUMNS)
    assert len({column.key for column in COLUMNS}) == len(COLUMNS) <= 31
    for column in COLUMNS:
        names = [name for option in column.options for name in (fold(option.label), *option.also)]
        assert len(names) == len(set(names))
        assert names == [fold(name) for name in names]


def test_options_set_codes_of_the_profile() -> None:
    lists = {
        "method": ("method",),
        "category": ("procurementCategory", "extendedProcurementCategory"),
        "state": ("tenderStatus", "contractStatus"),
        "currency": ("currency",),
        "origin": ("budgetOrigin",),
    }
    assert {column.key for column in COLUMNS if column.options} == set(lists)
    for column in COLUMNS:
        for option in column.options:
            for name, code in zip(lists[column.key], option.codes, strict=True):
                assert not code or code in CODELISTS[name].codes


def test_columns_that_the_report_adds_are_no_news_of_the_person() -> None:
    assert {fold(title) for title in HEAD} == REMARKED
