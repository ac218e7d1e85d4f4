"""A real browser, and people signed in to it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from app.core import clock
from app.core.policy import TENANT_ROLES
from app.core.storage import Storage
from app.identity import service as identity
from tests.browser import complaints
from tests.conftest import PASSWORD, LiveServer, Place
from tests.e2e.walk import operator_of, viewers
from tests.walls.routes import Filled, Route, fill

FRESH_SECONDS = 300.0


@dataclass
class Desk:
    """A browser whose windows belong to people by their address; "" is nobody."""

    browser: Browser
    live: LiveServer
    _cookies: dict[str, tuple[float, str]] = field(default_factory=dict)

    def open(self, email: str = "", *, script: bool = True) -> BrowserContext:
        """A window of its own.

        Args:
            email: whose; signed in over HTTP, again every few minutes: some pages ask for that.
            script: whether pages may run scripts.
        """
        context = self.browser.new_context(java_script_enabled=script, base_url=self.live.url, locale="es-MX")
        if email:
            context.add_cookies([{"name": "ca_session", "value": self._token(email), "url": self.live.url}])
        return context

    def ask(self, address: str, email: str = "") -> httpx2.Response:
        """Ask for a page as somebody, without a window."""
        cookies = {"ca_session": self._token(email)} if email else {}
        with httpx2.Client(base_url=self.live.url, timeout=30, cookies=cookies) as client:
            return client.get(address, headers={"Accept": "text/html"})

    def _token(self, email: str) -> str:
        at, token = self._cookies.get(email, (-FRESH_SECONDS, ""))
        if clock.monotonic() - at < FRESH_SECONDS:
            return token
        with httpx2.Client(base_url=self.live.url, timeout=30) as client:
            answer = client.post("/entrar", data={"email": email, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
            self._cookies[email] = (clock.monotonic(), client.cookies["ca_session"])
        return self._cookies[email][1]


@pytest.fixture(scope="module")
def desk(browser: Browser, live: LiveServer) -> Desk:
    """The browser, at the service."""
    return Desk(browser, live)


@pytest.fixture(scope="module")
def shown(make_place: Callable[..., Place], desk: Desk, storage: Storage) -> Filled:
    """A tenant with something on every page."""
    place = make_place()
    for role in TENANT_ROLES:
        place.actor(role)
    with place.database.owner_work() as session:
        account_id = identity.create_account(
            session,
            email=operator_of(place.slug),
            full_name="Quien opera",
            password_hash=identity.hash_password(PASSWORD),
        )
        identity.grant_platform_role(session, account_id, "platform_operator")
    filled = fill(place, storage)
    desk.live.app.state.directory.forget()
    return filled


@pytest.fixture
def visit(desk: Desk, shown: Filled) -> Iterator[Callable[..., Page]]:
    """Open the page of a route as somebody whom it answers 200."""
    windows: list[BrowserContext] = []

    def open_page(route: Route, *, width: int = 1366, script: bool = True) -> Page:
        address = route.address(shown.own(route))
        statuses = {}
        for email in viewers(shown, route):
            statuses[email] = desk.ask(address, email).status_code
            if statuses[email] == 200:
                break
        else:
            raise AssertionError(f"nobody sees it: {statuses}")
        context = desk.open(email, script=script)
        windows.append(context)
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.said = complaints(page)  # type: ignore[attr-defined]
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/html"), "not a page: add it to NOT_PAGES"
        return page

    yield open_page
    for context in windows:
        context.close()
