"""Capture in a real browser: saved as it is left, nothing lost, by keyboard alone, accessible at every width."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser import NEEDS_CHROMIUM, complaints, violations
from tests.capture.conftest import Desk
from tests.capture.samples import full
from tests.factories import document

pytestmark = NEEDS_CHROMIUM


@dataclass
class Window:
    """An editor's browser at a process."""

    desk: Desk
    context: BrowserContext
    page: Page

    def go(self, where: str = "") -> None:
        """Open a page of capture."""
        self.page.goto(f"{self.desk.base}/{where}" if where else self.desk.base)

    def box(self, name: str) -> Any:
        """The control of a name."""
        return self.page.locator(f'[name="{name}"]')

    def status(self, words: str | re.Pattern[str]) -> None:
        """Wait until the bar says something about saving."""
        expect(self.page.locator("#guardado")).to_have_text(words)


SAVED = re.compile(r"Guardado \d\d:\d\d")


@pytest.fixture
def window(browser: Browser, opened: Callable[..., Desk]) -> Iterator[Callable[..., Window]]:
    made: list[BrowserContext] = []

    def make(written: dict[str, Any] | None = None, *, desk: Desk | None = None, **options: Any) -> Window:
        there = desk or opened(written)
        url = str(there.client.base_url).rstrip("/")
        context = browser.new_context(base_url=url, locale="es-MX", **options)
        context.set_default_timeout(15_000)
        context.add_cookies([{"name": "ca_session", "value": there.client.cookies["ca_session"], "url": url}])
        made.append(context)
        return Window(there, context, context.new_page())

    yield make
    for context in made:
        context.close()


def test_a_field_is_saved_as_it_is_left_and_shown_as_it_is_written(window: Callable[..., Window]) -> None:
    here = window()
    here.go("tender/montos")
    here.box("/value/amount").fill("$1,234.5")
    here.page.keyboard.press("Tab")
    here.status(SAVED)
    expect(here.box("/value/amount")).to_have_value("1,234.50")
    assert here.desk.document["tender"]["value"] == {"amount": 1234.5, "currency": "MXN"}


def test_an_error_stands_beside_its_field_until_it_is_mended(window: Callable[..., Window]) -> None:
    here = window()
    here.go("tender/fechas")
    box = here.box("/tenderPeriod/startDate")
    box.fill("ayer")
    here.page.keyboard.press("Tab")
    here.status("Sin guardar")
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(here.page.get_by_text("La fecha va como 31/12/2026")).to_be_visible()
    expect(box).to_have_value("ayer")
    box.fill("1 de marzo de 2027")
    here.page.keyboard.press("Tab")
    here.status(SAVED)
    expect(box).not_to_have_attribute("aria-invalid", "true")
    expect(box).to_have_value("01/03/2027")


def test_by_keyboard_alone(window: Callable[..., Window]) -> None:
    here = window()
    here.go("tender")
    keys = here.page.keyboard
    here.box("/id").focus()
    keys.type("LPN-1")
    keys.press("Alt+n")
    expect(here.box("/title")).to_be_focused()
    keys.type("Compra de papel")
    keys.press("Alt+s")
    here.status(SAVED)
    tender = here.desk.document["tender"]
    assert (tender["id"], tender["title"]) == ("LPN-1", "Compra de papel")
    here.go("tender/items")
    for word in ("Papel", "Lápices"):
        keys.press("Alt+a")
        expect(here.box("/description")).to_be_focused()
        keys.type(word)
        keys.press("Enter")
        expect(here.page.get_by_role("link", name=word, exact=True)).to_be_visible()
    assert [item["description"] for item in here.desk.document["tender"]["items"]] == ["Papel", "Lápices"]


def test_rows_come_and_go_without_leaving_the_page(window: Callable[..., Window]) -> None:
    here = window({"planning": {"budget": {"budgetBreakdown": [{"id": "1"}]}}})
    here.go("planning/budget/budgetBreakdown/0")
    here.box("/budgetLines/0/id").fill("A")
    here.page.locator("h1").click()
    here.status(SAVED)
    here.page.get_by_role("button", name="Agregar clave presupuestaria").click()
    expect(here.box("/budgetLines/1/id")).to_be_focused()
    here.page.keyboard.type("B")
    here.page.locator("h1").click()
    here.status(SAVED)

    def lines() -> list[str]:
        (part,) = here.desk.document["planning"]["budget"]["budgetBreakdown"]
        return [line["id"] for line in part["budgetLines"]]

    here.page.wait_for_function("!document.querySelector('#guardado.busy')")
    assert lines() == ["A", "B"]
    here.page.get_by_role("button", name="Quitar clave presupuestaria 1").click()
    expect(here.box("/budgetLines/1/id")).to_have_count(0)
    assert lines() == ["B"]


def test_two_editors_see_who_changed_what_and_choose(window: Callable[..., Window]) -> None:
    here = window({"tender": {"id": "1", "title": "Antes"}})
    there = window(desk=here.desk)
    for one in (here, there):
        one.go("tender")
    there.box("/title").fill("De ellos")
    there.box("/id").focus()
    there.status(SAVED)
    here.box("/title").fill("Mío")
    here.box("/id").focus()
    clash = here.page.locator(".clash")
    expect(clash).to_contain_text("«De ellos». Tú escribiste «Mío».")
    clash.get_by_role("button", name="Poner «Mío»").click()
    here.status(SAVED)
    expect(clash).to_have_count(0)
    assert here.desk.document["tender"]["title"] == "Mío"
    there.box("/title").fill("Otra vez")
    there.box("/id").focus()
    there.page.get_by_role("button", name="Dejar «Mío»").click()
    expect(there.box("/title")).to_have_value("Mío")


def test_a_lost_connection_loses_nothing(window: Callable[..., Window]) -> None:
    here = window()
    here.go("tender")
    here.context.set_offline(True)
    here.box("/title").fill("Escrito sin red")
    here.box("/id").focus()
    expect(here.page.get_by_text("Sin guardar: sin conexión")).to_be_visible()
    here.context.set_offline(False)
    here.status(SAVED)
    expect(here.page.get_by_text("Sin guardar: sin conexión")).to_have_count(0)
    assert here.desk.document["tender"]["title"] == "Escrito sin red"


def test_a_server_that_fails_is_asked_again(window: Callable[..., Window]) -> None:
    here = window()
    here.go("tender")
    answers = iter([503, 500])

    def refuse(route: Route) -> None:
        status = next(answers, None) if route.request.method == "POST" else None
        if status:
            route.fulfill(status=status, body="")
        else:
            route.continue_()

    here.page.route("**/captura/tender", refuse)
    here.box("/title").fill("Insistir")
    here.box("/id").focus()
    here.status(SAVED)
    assert here.desk.document["tender"]["title"] == "Insistir"


def test_a_session_that_ends_in_the_middle_loses_nothing(window: Callable[..., Window]) -> None:
    here = window()
    here.go("tender")
    (cookie,) = here.context.cookies()
    here.context.clear_cookies()
    here.box("/title").fill("Escrito sin sesión")
    here.box("/id").focus()
    door = here.page.get_by_role("link", name="Entra en otra pestaña")
    expect(door).to_have_attribute("href", re.compile("^/entrar"))
    expect(door).to_have_attribute("target", "_blank")
    here.context.add_cookies([{key: cookie[key] for key in ("name", "value", "domain", "path")}])  # type: ignore[list-item, literal-required]
    here.page.evaluate("dispatchEvent(new Event('focus'))")
    here.status(SAVED)
    assert here.desk.document["tender"]["title"] == "Escrito sin sesión"


def test_what_was_typed_outlives_the_page(window: Callable[..., Window]) -> None:
    here = window()
    here.go("tender")
    here.page.route(
        "**/captura/tender",
        lambda route: route.abort() if route.request.method == "POST" else route.continue_(),
    )
    here.box("/title").fill("Sin guardar todavía")
    here.box("/id").focus()
    expect(here.page.get_by_text("Sin guardar: sin conexión")).to_be_visible()
    here.page.on("dialog", lambda dialog: dialog.accept())
    here.page.unroute("**/captura/tender")
    here.page.reload()
    here.page.get_by_role("button", name="Recuperarlos").click()
    expect(here.box("/title")).to_have_value("Sin guardar todavía")
    here.status(SAVED)
    assert here.desk.document["tender"]["title"] == "Sin guardar todavía"


def test_leaving_warns_only_when_something_is_unsaved(window: Callable[..., Window]) -> None:
    here = window()
    here.go("tender")
    here.box("/title").fill("Guardado")
    here.box("/id").focus()
    here.status(SAVED)
    asked: list[str] = []
    here.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    here.go("general")
    assert asked == []


def test_a_link_waits_for_what_was_just_typed(window: Callable[..., Window]) -> None:
    here = window()
    here.go("tender")
    asked: list[str] = []
    here.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    here.page.route("**/captura/tender", lambda route: (here.page.wait_for_timeout(300), route.continue_()))
    here.box("/title").fill("Escrito y me voy")
    here.page.locator(".capture-bar").get_by_role("link", name="Montos").click()
    here.page.wait_for_url("**/tender/montos")
    assert asked == []
    assert here.desk.document["tender"]["title"] == "Escrito y me voy"


def test_what_is_missing_leads_to_its_field(window: Callable[..., Window]) -> None:
    here = window({"tender": {"id": "1"}})
    here.go("tender/montos")
    gap = here.page.locator("[data-gap]", has_text="Licitación › Título")
    gap.click()
    expect(here.box("/title")).to_be_focused()


KINDS = [
    "",
    "faltantes",
    "publicacion",
    "general",
    "tender",
    "tender/fechas",
    "tender/items",
    "tender/items/0",
    "parties",
    "parties/0",
    "tender/documents",
    "contracts",
    "contracts/0",
    "contracts/0/implementation",
    "planning/budget/budgetBreakdown/0",
]


def walk(here: Window, *widths: int) -> None:
    for where in KINDS:
        here.go(where)
        for width in widths:
            here.page.set_viewport_size({"width": width, "height": 768})
            assert violations(here.page) == [], (where, width)
            wider = here.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wider <= 0, (where, width, wider)


def test_every_kind_of_page_is_accessible_fits_and_is_quiet(window: Callable[..., Window]) -> None:
    here = window(full())
    said = complaints(here.page)
    walk(here, 1366, 320)
    assert said == []


def test_every_kind_of_page_is_accessible_and_fits_before_its_script_came(
    window: Callable[..., Window],
) -> None:
    here = window(full())
    here.page.route("**/static/**/*.js*", lambda route: route.abort())
    walk(here, 320)


def test_without_script_a_section_is_captured(window: Callable[..., Window]) -> None:
    here = window(document(), java_script_enabled=False)
    here.go("tender")
    here.box("/title").fill("A mano")
    here.page.get_by_role("button", name="Guardar y seguir").click()
    expect(here.page.get_by_role("heading", level=1)).to_have_text("Fechas")
    here.status(SAVED)
    assert here.desk.document["tender"]["title"] == "A mano"
