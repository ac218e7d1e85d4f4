"""Every page of the route table in a real browser, with script and without. And a first visit is light."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser import NEEDS_CHROMIUM, violations
from tests.e2e.walk import NOT_PAGES, PAGES, fits, read_by_axe
from tests.walls.routes import ROUTES, Route

pytestmark = NEEDS_CHROMIUM

FIRST_PAGE_BYTES = 50 * 1024


@pytest.mark.parametrize("route", PAGES, ids=str)
def test_it_fits_every_screen_the_browser_is_quiet_and_axe_finds_nothing(
    visit: Callable[..., Page], route: Route
) -> None:
    page = visit(route)
    fits(page)
    read_by_axe(page)


@pytest.mark.parametrize("route", PAGES, ids=str)
def test_it_fits_every_screen_without_script(visit: Callable[..., Page], route: Route) -> None:
    fits(visit(route, script=False))


def test_axe_does_look(visit: Callable[..., Page]) -> None:
    page = visit(next(route for route in PAGES if route.template == "/"))
    page.evaluate("document.querySelector('main').append(new Image())")
    assert [found for found, _ in violations(page)] == ["image-alt"]


@pytest.mark.parametrize("template", ["/", "/{tenant}/"])
def test_a_first_visit_is_light(visit: Callable[..., Page], template: str) -> None:
    route = next(route for route in PAGES if route.template == template)
    page = visit(route)
    session = page.context.new_cdp_session(page)
    received: list[float] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    page.reload(wait_until="networkidle")

    assert len(received) > 2, "neither style nor script was loaded: the test proves nothing"
    assert sum(received) <= FIRST_PAGE_BYTES


def test_every_address_is_a_page_or_stands_on_the_list() -> None:
    templates = {route.template for route in ROUTES if route.method == "GET"}
    assert set(NOT_PAGES) <= templates
    assert len(PAGES) > 20
