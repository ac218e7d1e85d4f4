"""A tenant in a database that its tests may tamper with."""

from collections.abc import Callable

import pytest

from app.core.db import Database
from tests.conftest import Place, place_maker


@pytest.fixture(scope="module")
def make_lone(lone_database: Database) -> Callable[..., Place]:
    """Make tenants there."""
    return place_maker(lone_database)
