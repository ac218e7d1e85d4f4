"""A real browser, what it complains of, and what axe finds wrong with a page."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = next(
    filter(
        None,
        map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")),
    ),
    None,
)
"""The same engine without its windows first: it opens a page in a third of the time."""
NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="NO CHROMIUM: no page was walked in a browser"),
]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run the browser that is installed here."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield browser
        browser.close()


def complaints(page: Page, into: list[str] | None = None) -> list[str]:
    """Collect what the browser itself complains about: script errors, violations of the policy, lost files."""
    found: list[str] = [] if into is None else into
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("requestfailed", lambda request: found.append(f"{request.url}: {request.failure}"))
    return found


def violations(page: Page, context: str = "html") -> list[tuple[str, list[object]]]:
    """What axe finds wrong, on the page or in a part of it; the page's own policy stays as it is."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(
        "([context, options]) => axe.run(context, options).then(({violations}) => violations)",
        [context, RULES],
    )
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]
