"""A real browser, and people signed in to it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app.core import clock
from tests.conftest import PASSWORD, LiveServer

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
