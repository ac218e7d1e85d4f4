"""Real files lose nothing on the way in, and every valid release goes out (see real_files.py)."""

import pytest

from app.core.db import Database
from app.core.storage import Storage
from tests.conformance import real_files
from tests.conftest import place_maker


@pytest.fixture(scope="module")
def database(lone_database: Database) -> Database:
    """A database of these tests alone: they move OCID prefixes between tenants."""
    return lone_database


@pytest.fixture(scope="module")
def told(database: Database, storage: Storage) -> list[real_files.Told]:
    return real_files.examine(database, storage, place_maker(database))


def test_all_44_files_were_there(told: list[real_files.Told]) -> None:
    assert len(told) == 44


def test_every_leaf_is_in_the_draft_or_in_the_report(told: list[real_files.Told]) -> None:
    assert [(one.name, one.lost[:3]) for one in told if one.lost or not one.documents_match] == []
    assert [one.name for one in told if one.leaves != one.kept + one.unknown + one.refused] == []


def test_every_release_that_the_oracle_finds_valid_is_published(told: list[real_files.Told]) -> None:
    assert [(one.name, one.unpublished_though_valid) for one in told if one.unpublished_though_valid] == []
    assert sum(one.outcomes["published"] for one in told) > 20


def test_every_release_that_was_not_published_says_why(told: list[real_files.Told]) -> None:
    silent = [
        one.name for one in told if sum(one.outcomes.values()) > one.outcomes["published"] and not one.reasons
    ]
    assert silent == []


def test_the_committed_table_is_what_happens(told: list[real_files.Told]) -> None:
    committed = (real_files.ROOT / "docs" / "import-real-data.md").read_text(encoding="utf-8")
    assert committed == real_files.page(told)
