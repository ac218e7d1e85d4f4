"""A real browser, and people signed in to it."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app.core import clock
from app.core.policy import TENANT_ROLES
from app.core.storage import Storage
from app.identity import service as identity
from tests.conftest import PASSWORD, LiveServer, Place
from tests.e2e.walk import operator_of, viewers
from tests.walls.routes import Filled, Route, fill

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FRESH_SECONDS = 300.0
NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="NO CHROMIUM: no page was walked in a browser"),
]


@dataclass
class Desk:
    """A browser whose windows belong to people by their address; "" is nobody."""

    browser: Browser
    live: LiveServer
    _cookies: dict[str, tuple[float, str]] = field(default_factory=dict)

    def open(self, email: str = "", *, script: bool = True, lax: bool = False) -> BrowserContext:
        """A window of its own.

        Args:
            email: whose; signed in over HTTP, again every few minutes: some pages ask for that.
            script: whether pages may run scripts.
            lax: whether the pages' content policy is lifted, for tools that inject a script of their own.
        """
        context = self.browser.new_context(
            java_script_enabled=script, bypass_csp=lax, base_url=self.live.url, locale="es-MX"
        )
        if email:
            context.add_cookies([{"name": "ca_session", "value": self._token(email), "url": self.live.url}])
        return context

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
def desk(live: LiveServer) -> Iterator[Desk]:
    """The browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield Desk(browser, live)
        browser.close()


def complaints(page: Page, into: list[str] | None = None) -> list[str]:
    """Collect what the browser itself complains about: script errors, violations of the policy, lost files."""
    found: list[str] = [] if into is None else into
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("requestfailed", lambda request: found.append(f"{request.url}: {request.failure}"))
    return found


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

    def open_page(route: Route, *, width: int = 1366, script: bool = True, lax: bool = False) -> Page:
        statuses = {}
        for email in viewers(shown, route):
            context = desk.open(email, script=script, lax=lax)
            windows.append(context)
            page = context.new_page()
            page.set_viewport_size({"width": width, "height": 900})
            page.said = complaints(page)  # type: ignore[attr-defined]
            answer = page.goto(route.address(shown.own(route)))
            assert answer is not None
            if answer.status == 200:
                assert answer.headers["content-type"].startswith("text/html"), (
                    "not a page: add it to NOT_PAGES"
                )
                return page
            statuses[email] = answer.status
        raise AssertionError(f"nobody sees it: {statuses}")

    yield open_page
    for context in windows:
        context.close()
