"""The official merge suite (../shared/data/ocds-merge, BSD-3, open-contracting/ocds-merge) against our merging.

Releases of OCDS 1.1 are merged by `app.ocds.merge`, with the rules of our own profile. The suite's other folder
exists to try corners of the algorithm under a schema of its own, so there the rules are that schema's. Of the 50
comparisons of the suite, the two for OCDS 1.0 are not in ../shared/data; three more files show rule overrides.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ocdsmerge
import pytest
from ocdsmerge.merge import Merger

from app.ocds import merge

SUITE = Path(__file__).parents[3] / "shared" / "data" / "ocds-merge"
MERGED = re.compile(r"^(?P<name>.+)-(?P<kind>compiled|versioned|append|by-position)$")
OVERRIDES = {"append": ocdsmerge.APPEND, "by-position": ocdsmerge.MERGE_BY_POSITION}


def read(path: Path) -> Any:
    if not path.is_file():
        pytest.fail(f"the official suite is missing: {path} (see ../shared/data/README.md)")
    return json.loads(path.read_text("utf-8"))


def expected(folder: str) -> list[Path]:
    return sorted(path for path in (SUITE / folder).glob("*.json") if MERGED.match(path.stem))


def releases_of(path: Path) -> tuple[list[dict[str, Any]], str]:
    found = MERGED.match(path.stem)
    assert found
    return read(path.with_name(f"{found['name']}.json")), found["kind"]


def test_no_comparison_is_left_out() -> None:
    plain = [path for path in expected("schema") if not path.stem.endswith(tuple(OVERRIDES))]
    assert (len(expected("1.1")), len(plain), len(expected("schema")) - len(plain)) == (34, 14, 3)


@pytest.mark.parametrize("path", expected("1.1"), ids=lambda path: path.stem)
def test_our_rules_merge_as_the_standard_does(path: Path) -> None:
    releases, kind = releases_of(path)
    merged: dict[str, Callable[[list[dict[str, Any]]], dict[str, Any]]] = {
        "compiled": merge.compiled,
        "versioned": merge.versioned,
    }
    assert merged[kind](releases) == read(path)


@pytest.mark.parametrize(
    "path", [path for path in expected("1.1") if "compiled" in path.stem], ids=lambda path: path.stem
)
def test_one_release_after_the_other_is_the_same(path: Path) -> None:
    first, *later = sorted(releases_of(path)[0], key=lambda release: release["date"])
    compiled = merge.compiled([first])
    for release in later:
        compiled = merge.append(compiled, release)
    assert compiled == read(path)


@pytest.mark.parametrize("path", expected("schema"), ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::ocdsmerge.exceptions.DuplicateIdValueWarning")
def test_the_algorithm_under_the_suites_own_schema(path: Path) -> None:
    releases, kind = releases_of(path)
    overrides = {("nested", "array"): OVERRIDES[kind]} if kind in OVERRIDES else {}
    merger = Merger(read(SUITE / "schema.json"), rule_overrides=overrides)
    create = merger.create_versioned_release if kind == "versioned" else merger.create_compiled_release
    # The overrides are about what happens to elements that come a second time.
    assert create(releases * 2 if overrides else releases) == read(path)
