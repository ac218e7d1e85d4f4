"""The walk over every page of the route table: which addresses are pages, whose they are, and what is wrong with one."""

from playwright.sync_api import Page

from tests.browser import violations
from tests.walls.routes import AWAY, ELSEWHERE, ROUTES, Filled, Route, may

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
    "/plataforma/organismos/{garante}/exportaciones/{export_id}": "a file to keep",
    "/{tenant}/archivos/{attachment_id}/{file_name}": "a file to keep",
    "/{tenant}/descargas/{name}": "a file to keep",
    "/descargas/{name}": "a file to keep",
    "/{tenant}/procesos-internos/{process_id}/archivos/{attachment_id}": "a file to keep",
    "/{tenant}/catalogos/{kind}/claves.csv": "a file to keep",
    "/{tenant}/procesos-internos/buscar": "options while one types",
    "/_components/opciones": "for the script of a field",
    "/{tenant}/padron/opciones": "options while one types",
    "/plataforma/organismos/nuevo/direccion": "what is said of an address while one types",
    "/entrar/segundo": "only after a password: tests/identity walks it",
    "/entrar/nueva/{link_id}/{token}": "it wants the token of a letter: tests/identity opens it",
    "/cuenta/correo/{link_id}/{token}": "it wants the token of a letter: tests/identity opens it",
}
"""Addresses that answer something else than a page; those of the API and of the profile are for programs too."""

FOR_PROGRAMS = ("app.openapi.", "app.edca.", "app.pdn.", "app.push.router")
"""Modules whose addresses are no pages, but for those that `NOT_PAGES` names besides."""

PAGES = [
    route
    for route in ROUTES
    if route.method == "GET"
    and route.template not in NOT_PAGES
    and route.template not in AWAY
    and route.last not in ELSEWHERE
    and not route.last.endswith((".csv", ".json", ".atom", ".pdf", ".xlsx", ".svg"))
    and "/api/v1/" not in route.template
    and not getattr(route.endpoint, "__module__", "").startswith(FOR_PROGRAMS)
]
WIDTHS = (1366, 360, 320)


def operator_of(slug: str) -> str:
    """The address of somebody who operates the platform."""
    return f"opera@{slug}.example.org"


def viewers(shown: Filled, route: Route) -> list[str]:
    """Whose page it is: nobody's in particular, or those who hold what it asks for, editors first."""
    if not route.is_guarded:
        return [""]
    if route.template.startswith("/plataforma"):
        return [operator_of(shown.place.slug)]
    people = {
        role: actor
        for (role, sujeto), actor in shown.place.people.items()
        if sujeto in (None, shown.place.sujetos[0])
    }
    order = sorted(people, key=lambda role: role != "so_editor")
    return [
        shown.place.email(role, people[role].sujeto_obligado_id) for role in order if may(route, people[role])
    ]


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


def fits(page: Page) -> None:
    """Hold a page to one heading, its language, the width of every screen, and silence."""
    assert page.locator("h1").count() == 1
    assert page.locator("html[lang=es], html[lang=es-MX]").count() == 1
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wide = sticking_out(page)
        assert wide == [], f"{width} px: {wide}"
    said = page.said  # type: ignore[attr-defined]
    assert said == [], said


def read_by_axe(page: Page) -> None:
    """Hold a page on the widest and the narrowest screen to what axe knows, what is folded included."""
    page.evaluate("document.querySelectorAll('details:not(.menu)').forEach((part) => { part.open = true })")
    for width in (WIDTHS[0], WIDTHS[-1]):
        page.set_viewport_size({"width": width, "height": 900})
        wrong = violations(page)
        assert wrong == [], f"{width} px: {wrong}"
    # The menu last and alone, since it lies over the page.
    if page.locator("details.menu").count():
        page.evaluate("document.querySelectorAll('details.menu').forEach((part) => { part.open = true })")
        for width in (WIDTHS[-1], WIDTHS[0]):
            page.set_viewport_size({"width": width, "height": 900})
            wrong = violations(page, "details.menu")
            assert wrong == [], f"{width} px: {wrong}"
