"""What a format's columns say survives: rows to a document and back, and rows to a workbook and back."""

import io
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.ocds import validation
from app.sipot import inward, outward
from app.sipot.builtin import BUILT_IN
from app.sipot.formats import Format
from app.sipot.mapping import LINES, Rule
from app.sipot.reading import read
from app.sipot.rows import Row
from app.sipot.writing import write
from tests.sipot import made
from tests.sipot.downloads import download

FORMATS = [pytest.param(format_, id=f"{format_.id}-{format_.version}") for format_ in BUILT_IN.values()]
LOST = {line.key for line in LINES if line.rule is Rule.LOST}
some = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


def through_ocds(row: Row, format_: Format) -> Row:
    """The row as it comes back from the document that it became."""
    taken = inward.take([row], zone=made.ZONE)
    assert [remark for remark in taken.remarks if remark.column != "unsuccessful"] == []
    envelope = {
        "ocid": "ocds-a1b2c3-1",
        "id": "1",
        "date": "2026-01-01T00:00:00-06:00",
        "tag": ["contract"],
        "initiationType": "tender",
    }
    problems = validation.validate_release({**envelope, **taken.document})
    assert [problem for problem in problems if problem.severity == "error"] == []
    (due,) = outward.rows(
        taken.document, format_, taken.history[-1].reports[0], zone=made.ZONE, natural_rfc_public=True
    )
    assert due.gaps == ()
    return due.row


def told(tables: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {key: [dict(row) for row in rows] for key, rows in tables.items()}


@pytest.mark.parametrize("format_", FORMATS)
@some
@given(data=st.data())
def test_every_mapped_column_survives_the_document(format_: Format, data: st.DataObject) -> None:
    row = data.draw(made.rows(format_))
    back = through_ocds(row, format_)
    assert dict(back.values) == dict(row.values)
    assert told(back.tables) == told(row.tables)


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("envelope", ["upload", "download"])
@some
@given(data=st.data())
def test_every_column_survives_the_workbook(format_: Format, envelope: str, data: st.DataObject) -> None:
    rows = [data.draw(made.rows(format_)) for _ in range(2)]
    file = io.BytesIO()
    if envelope == "upload":
        write(format_, rows, file)
    else:
        download(format_, rows, file)
    file.seek(0)
    with read(file) as reading:
        found = list(reading.rows())
    assert reading.envelope == envelope
    assert [dict(row.values) for row in found] == [dict(row.values) for row in rows]
    assert [told(row.tables) for row in found] == [told(row.tables) for row in rows]


def test_every_column_has_one_line_in_the_mapping() -> None:
    keys = [line.key for line in LINES]
    assert len(keys) == len(set(keys))
    assert {column.key for format_ in BUILT_IN.values() for column in format_.columns} == set(keys)
