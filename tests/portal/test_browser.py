"""Every public page in a real browser: accessible, inside the screen, without a word of script."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import pytest
from playwright.sync_api import Browser

from app.demo.bodies import PLACES, sujetos_of
from app.demo.story import tell
from app.downloads.keeping import Keeper, refresh
from app.processes.service import ENVELOPE
from app.tenancy.queries import TenantDirectory
from tests.browser import NEEDS_CHROMIUM, violations
from tests.conftest import LiveServer, Place
from tests.factories import document
from tests.portal.conftest import Newsroom

LONG = "COMISIÓN ESTATAL PARA LA PLANEACIÓN Y PROGRAMACIÓN DEL DESARROLLO URBANO, LA VIVIENDA Y LA INFRAESTRUCTURA FÍSICA EDUCATIVA"

pytestmark = NEEDS_CHROMIUM


@dataclass(frozen=True)
class Site:
    """A browser, and a garante with something of everything: a whole process, a long one, one withdrawn."""

    browser: Browser
    url: str
    home: str
    empty: str

    def pages(self) -> list[str]:
        """Every kind of page, full and empty."""
        whole, many, gone = (f"{self.home}/procesos/{name}" for name in ("whole", "many", "gone"))
        return [
            "/",
            "/datos",
            "/acerca",
            "/accesibilidad",
            f"{self.empty}/",
            f"{self.empty}/procesos",
            f"{self.empty}/politica",
            f"{self.home}/",
            f"{self.home}/sujetos",
            f"{self.home}/procesos?metodo=open",
            f"{self.home}/datos",
            f"{self.home}/politica",
            f"{self.home}/descargas",
            f"{self.empty}/descargas",
            whole.replace("whole", self.ocid("whole")),
            many.replace("many", self.ocid("many")),
            f"{many.replace('many', self.ocid('many'))}?lista=/tender/items&pagina=2",
            gone.replace("gone", self.ocid("gone")),
        ]

    def ocid(self, local: str) -> str:
        return f"{self.prefix}-{local}"

    prefix: str = ""


@pytest.fixture(scope="module")
def site(make_place: Callable[..., Place], live: LiveServer, browser: Browser) -> Site:
    place, empty = make_place(policy="direct"), make_place()
    newsroom = Newsroom(place)
    long = place.add_sujeto(policy="direct", name=LONG)
    told = tell(PLACES["jalisco"], sujetos_of("jalisco")[0], 1, "amended", "open")
    for release in told.releases:
        written = {key: value for key, value in release.items() if key not in ENVELOPE}
        newsroom.publish(written, ocid=f"{place.prefix}-whole")
    items = [{"id": str(number), "description": f"Pieza {number}"} for number in range(120)]
    tender = document()["tender"] | {"title": f"{LONG}: " * 3, "items": items}
    newsroom.publish(document(tender=tender), ocid=f"{place.prefix}-many", sujeto=long)
    newsroom.publish(ocid=f"{place.prefix}-gone")
    newsroom.withdraw(len(told.releases) + 2, "Artículo 116 de la Ley de Prueba")
    live.app.state.directory.forget()
    keeper = Keeper(place.database, live.app.state.storage, live.url)
    assert refresh(keeper, TenantDirectory(place.database).by_slug(place.slug))
    return Site(browser, live.url, f"/{place.slug}", f"/{empty.slug}", place.prefix)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1366), ("dark", 360)])
def test_axe_finds_nothing(site: Site, scheme: str, width: int) -> None:
    page = site.browser.new_page(
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 800},
    )
    found = {}
    for path in site.pages():
        answer = page.goto(site.url + path)
        assert answer is not None
        assert answer.status == (410 if path.endswith("gone") else 200)
        if wrong := violations(page):
            found[path] = wrong

    assert found == {}
    page.close()


def test_nothing_sticks_out_at_any_width_without_script(site: Site) -> None:
    context = site.browser.new_context(java_script_enabled=False)
    wide = []
    page = context.new_page()
    for path in site.pages():
        page.goto(site.url + path)
        for width in (320, 360, 768, 1366, 1920):
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append((width, path))

    assert wide == []
    context.close()


def test_the_browser_has_nothing_to_complain_about(site: Site) -> None:
    page = site.browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in site.pages():
        if not path.endswith("gone"):  # a 410 is reported as an error by itself
            page.goto(site.url + path)

    assert said == []
    page.close()


def test_headings_go_down_one_level_at_a_time(site: Site) -> None:
    page = site.browser.new_page()
    for path in site.pages():
        page.goto(site.url + path)
        levels = page.evaluate(
            "[...document.querySelectorAll('main :is(h1,h2,h3,h4,h5,h6)')].map((one) => +one.tagName[1])"
        )
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels)), (
            path,
            levels,
        )
    page.close()


def test_every_part_of_a_process_can_be_reached_and_printed(site: Site) -> None:
    page = site.browser.new_page()
    page.goto(f"{site.url}{site.home}/procesos/{site.ocid('whole')}")
    broken = page.evaluate(
        "[...document.querySelectorAll('main a[href^=\"#\"]')].map((one) => one.hash.slice(1))"
        ".filter((id) => !document.getElementById(decodeURIComponent(id)))"
    )
    twice = page.evaluate(
        "[...document.querySelectorAll('[id]')].map((one) => one.id).filter((id, at, all) => all.indexOf(id) < at)"
    )
    page.emulate_media(media="print")

    assert (broken, twice) == ([], [])
    assert not page.locator(".on-page").is_visible()
    assert page.locator("#contrato").is_visible()
    page.close()
