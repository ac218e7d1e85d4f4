"""The table of what OCDS asks for names every requirement, and only tests that exist."""

import re

from tools.documentation import DOCS

ROWS = re.findall(
    r"^\| R(\d+) \| (.+) \| (.+) \|$", (DOCS / "api-conformance.md").read_text("utf-8"), re.MULTILINE
)


def test_every_requirement_has_a_row() -> None:
    assert [int(number) for number, _, _ in ROWS] == list(range(1, 44))


def test_every_test_that_the_table_names_exists() -> None:
    for number, _, tests in ROWS:
        named = re.findall(r"`([^`]+)`", tests)
        assert named, number
        for test in named:
            path, _, name = test.partition("::")
            written = (DOCS.parent / "tests" / path).read_text("utf-8")
            assert not name or f"\ndef {name}(" in written, test
