"""Every page of the route table in a browser that runs no script: inside the screen and quiet."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import NEEDS_CHROMIUM
from tests.e2e.walk import PAGES, fits
from tests.walls.routes import Route

pytestmark = NEEDS_CHROMIUM


@pytest.mark.parametrize("route", PAGES, ids=str)
def test_it_fits_every_screen_without_script(visit: Callable[..., Page], route: Route) -> None:
    fits(visit(route, script=False))
