"""Every page of the route table as axe reads it on a desk."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import NEEDS_CHROMIUM
from tests.e2e.walk import PAGES, read_by_axe
from tests.walls.routes import Route

pytestmark = NEEDS_CHROMIUM


@pytest.mark.parametrize("route", PAGES, ids=str)
def test_axe_finds_nothing(visit: Callable[..., Page], route: Route) -> None:
    read_by_axe(visit(route, lax=True, width=1366))
