"""Every page of the route table in a real browser: accessible, inside the screen, quiet, with and without script."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from app.core.policy import TENANT_ROLES
from app.core.storage import Storage
from app.identity import service as identity
from tests.conftest import PASSWORD, Place
from tests.e2e.conftest import NEEDS_CHROMIUM, Desk, complaints
from tests.walls.routes import AWAY, ELSEWHERE, ROUTES, Filled, Route, fill, may

pytestmark = NEEDS_CHROMIUM

NOT_PAGES = {
    "/openapi.json": "for programs",
    "/health": "for programs",
    "/ready": "for programs",
    "/metrics": "for programs",
    "/static/{path:path}": "styles and scripts",
    "/robots.txt": "for search engines",
    "/sitemap.xml": "for search engines",
    "/{tenant}/sitemap.xml": "for search engines",
    "/{tenant}/tema.css": "a style",
    "/{tenant}/importaciones/{import_id}/informe.csv": "a file to keep",
    "/{tenant}/archivos/{attachment_id}/{file_name}": "a file to keep",
    "/{tenant}/procesos-internos/{process_id}/archivos/{attachment_id}": "a file to keep",
    "/{tenant}/catalogos/{kind}/claves.csv": "a file to keep",
    "/{tenant}/procesos-internos/buscar": "options while one types",
    "/_components/opciones": "for the script of a field",
    "/{tenant}/personas/sujetos": "options while one types",
    "/{tenant}/padron/opciones": "options while one types",
    "/plataforma/organismos/nuevo/direccion": "what is said of an address while one types",
    "/entrar/segundo": "only after a password: tests/identity walks it",
    "/entrar/nueva/{link_id}/{token}": "it wants the token of a letter: tests/identity opens it",
    "/cuenta/correo/{link_id}/{token}": "it wants the token of a letter: tests/identity opens it",
}
"""Addresses that answer something else than a page; those of the API and of the profile are for programs too."""

PAGES = [
    route
    for route in ROUTES
    if route.method == "GET"
    and route.template not in NOT_PAGES
    and route.template not in AWAY
    and route.last not in ELSEWHERE
    and not route.last.endswith((".csv", ".json", ".atom", ".pdf", ".xlsx", ".svg"))
    and "/api/v1/" not in route.template
    and not route.template.startswith("/ocds/")
]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
WIDTHS = (1366, 360, 320)
FIRST_PAGE_BYTES = 50 * 1024


@pytest.fixture(scope="module")
def shown(make_place: Callable[..., Place], desk: Desk, storage: Storage) -> Filled:
    """A tenant with something on every page."""
    place = make_place()
    for role in TENANT_ROLES:
        place.actor(role)
    with place.database.owner_work() as session:
        account_id = identity.create_account(
            session,
            email=operator_of(place),
            full_name="Quien opera",
            password_hash=identity.hash_password(PASSWORD),
        )
        identity.grant_platform_role(session, account_id, "platform_operator")
    filled = fill(place, storage)
    desk.live.app.state.directory.forget()
    return filled


def operator_of(place: Place) -> str:
    """The address of somebody who operates the platform."""
    return f"opera@{place.slug}.example.org"


def viewers(shown: Filled, route: Route) -> list[str]:
    """Whose page it is: nobody's in particular, or those who hold what it asks for, editors first."""
    if not route.is_guarded:
        return [""]
    if route.template.startswith("/plataforma"):
        return [operator_of(shown.place)]
    people = {
        role: actor
        for (role, sujeto), actor in shown.place.people.items()
        if sujeto in (None, shown.place.sujetos[0])
    }
    order = sorted(people, key=lambda role: role != "so_editor")
    return [
        shown.place.email(role, people[role].sujeto_obligado_id) for role in order if may(route, people[role])
    ]


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


def sticking_out(page: Page) -> list[str]:
    """Elements that make the page wider than the window, the culprits only."""
    found: list[str] = page.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= width) return [];
          return [...document.querySelectorAll('body *')]
            .filter((one) => one.getBoundingClientRect().right > width + 1)
            .map((one) => one.outerHTML.slice(0, 200)).slice(0, 5).concat('scrolls');
        }"""
    )
    return found


@pytest.mark.parametrize("route", PAGES, ids=str)
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_it_fits_every_screen_and_the_browser_has_nothing_to_say(
    visit: Callable[..., Page], route: Route, script: bool
) -> None:
    page = visit(route, script=script)
    assert page.locator("h1").count() == 1
    assert page.locator("html[lang=es], html[lang=es-MX]").count() == 1
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert sticking_out(page) == [], width
    assert page.said == []  # type: ignore[attr-defined]


def violations(page: Page, context: str | None = None) -> list[tuple[str, list[object]]]:
    """What axe finds wrong, on the page or in a part of it."""
    found = Axe().run(page, context=context, options=RULES).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]


@pytest.mark.parametrize("route", PAGES, ids=str)
def test_axe_finds_nothing(visit: Callable[..., Page], route: Route) -> None:
    page = visit(route, lax=True)
    # What is folded is read as well; the menu last and alone, since it lies over the page.
    page.evaluate("document.querySelectorAll('details:not(.menu)').forEach((part) => { part.open = true })")
    for width in (1366, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert violations(page) == [], width
    if page.locator("details.menu").count():
        page.evaluate("document.querySelectorAll('details.menu').forEach((part) => { part.open = true })")
        assert violations(page, context="details.menu") == []


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
