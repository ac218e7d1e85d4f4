"""Tables that we give and take back: nothing runs in a spreadsheet, and nothing is lost on the way."""

from io import BytesIO

import pytest

from app.core import sheets


@pytest.mark.parametrize("cell", ["=1+1", "+52 33", "-5", "@a", "'entre comillas'", "O'Higgins", "llano"])
def test_a_file_of_ours_comes_back_as_it_was(cell: str) -> None:
    given = sheets.BOM + sheets.lines([["Nombre", "Otro"], [cell, "x"]])
    assert not given.decode().splitlines()[1].startswith(("=", "+", "-", "@"))
    assert list(sheets.rows(BytesIO(given), most=10))[1] == [cell, "x"]
