"""A chart on somebody else's page, in a real browser."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import Browser

from tests.browser import NEEDS_CHROMIUM
from tests.conftest import LiveServer
from tests.figures.conftest import contract, supplied
from tests.portal.conftest import Newsroom
from tests.portal.test_dashboards import settle

pytestmark = NEEDS_CHROMIUM


class _Elsewhere(BaseHTTPRequestHandler):
    """Somebody's own site, with a frame and an image of ours."""

    frame = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f'<iframe src="{self.frame}"></iframe><img src="{self.frame}.svg">'.encode())

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def test_another_site_shows_it_in_a_frame_and_as_an_image_without_script(
    newsroom: Newsroom, live: LiveServer, browser: Browser
) -> None:
    newsroom.publish(supplied(contract(1000)))
    settle(newsroom)

    class Site(_Elsewhere):
        frame = f"{live.url}{newsroom.home}/tableros/procedimiento"

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        failed: list[str] = []
        page.on("requestfailed", lambda request: failed.append(request.url))
        page.goto(f"http://localhost:{server.server_port}/", wait_until="load")
        (_, framed) = page.frames
        assert framed.locator("h1").text_content() == "Monto por tipo de procedimiento"
        assert framed.locator("svg.chart").count() == 1
        assert failed == []
        context.close()
        server.shutdown()
