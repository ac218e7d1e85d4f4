"""Every component in a real browser: accessible, inside the screen, within the content policy."""

import pytest
from playwright.sync_api import Browser

from tests.browser import NEEDS_CHROMIUM, complaints, violations

pytestmark = NEEDS_CHROMIUM


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/_components", "/error/sin-permiso/vestido"])
def test_axe_finds_nothing(browser: Browser, address: str, path: str, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme, viewport={"width": 1366, "height": 768})
    page.goto(address + path)
    page.evaluate("document.querySelectorAll('details:not(.menu)').forEach((part) => { part.open = true })")

    assert violations(page) == []
    page.close()


@pytest.mark.parametrize("width", [320, 360, 768, 1366, 1920])
def test_nothing_sticks_out_and_nothing_is_refused(browser: Browser, address: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    said = complaints(page)
    page.goto(address + "/_components")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    page.close()


def test_controls_are_large_enough_for_a_thumb(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.goto(address + "/_components")

    small = page.evaluate(
        """[...document.querySelectorAll('.button, .field input:not([type=checkbox],[type=radio]), select, .tabs a')]
        .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 44).map((one) => one.outerHTML)"""
    )

    assert small == []
    page.close()


def test_the_first_tab_skips_to_the_content(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address + "/error/no-encontrado")
    page.keyboard.press("Tab")

    skip = page.locator(":focus")
    assert skip.inner_text() == "Ir al contenido"
    assert skip.bounding_box()["y"] >= 0  # type: ignore[index]
    ring = skip.evaluate(
        "(one) => getComputedStyle(one).outlineWidth + ' ' + getComputedStyle(one).outlineStyle"
    )
    assert ring == "3px solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenido"
    page.close()


def test_errors_take_the_focus_and_lead_to_their_field(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address + "/_components")

    assert "error-summary" in page.evaluate("document.activeElement.className")
    page.click("text=Monto del contrato: Escribe una cantidad")
    assert page.evaluate("document.activeElement.id") == "field-amount"
    page.close()


def test_a_running_job_refreshes_itself_until_it_ends(browser: Browser, address: str) -> None:
    page = browser.new_page()
    said = complaints(page)
    page.goto(address + "/trabajo")
    page.focus("text=Cancelar")

    page.wait_for_selector("text=Terminada", timeout=15_000)

    assert "200 de 200" in page.inner_text("#trabajo")
    assert page.locator("#trabajo[data-refresh]").count() == 0
    assert said == []
    page.close()


def test_a_form_is_sent_once_however_often_it_is_clicked(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address + "/doble")

    page.evaluate("for (let i = 0; i < 3; i += 1) document.querySelector('button').click()")
    page.wait_for_selector("text=Recibido")

    assert page.goto(address + "/doble/cuenta").text() == "1"  # type: ignore[union-attr]
    page.close()


def test_the_menu_opens_without_script(browser: Browser, address: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(address + "/_components")

    page.click(".masthead summary")

    assert page.locator("text=Cerrar sesión").is_visible()
    page.close()


def test_escape_closes_the_menu_and_returns_the_focus(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address + "/_components")
    page.click(".masthead summary")
    page.focus("text=Mi cuenta")

    page.keyboard.press("Escape")

    assert not page.locator("text=Cerrar sesión").is_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.close()


def test_a_typeahead_is_used_by_keyboard_alone(browser: Browser, address: str) -> None:
    page = browser.new_page()
    said = complaints(page)
    page.goto(address + "/_components")
    field = page.get_by_role("combobox", name="Clave CUCOP")
    field.press_sequentially("papel")
    page.wait_for_selector("[role=option] >> text=tamaño oficio")
    assert field.get_attribute("aria-expanded") == "true"

    field.press("ArrowDown")
    field.press("ArrowDown")
    chosen = page.locator("[role=option][aria-selected=true]")
    assert field.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    field.press("Enter")

    assert field.input_value() == "90000102"
    assert page.input_value("#field-item_name") == "Papel para impresora, tamaño oficio"
    assert field.get_attribute("aria-expanded") == "false"
    assert page.url.endswith("/_components"), "choosing must not send the form"
    assert said == []
    page.close()


def test_escape_leaves_what_was_typed_and_nothing_found_is_said(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address + "/_components")
    field = page.get_by_role("combobox", name="Clave CUCOP")
    field.press_sequentially("papel")
    page.wait_for_selector("[role=option]")

    field.press("Escape")
    assert page.locator("[role=option]").first.is_hidden()
    assert field.input_value() == "papel"
    field.press_sequentially(" de arroz")

    page.wait_for_selector("text=Nada coincide; puedes escribirlo tal cual.")
    page.close()


def test_a_typeahead_with_its_options_open_is_accessible(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.goto(address + "/_components")
    page.get_by_role("combobox", name="Clave CUCOP").press_sequentially("papel")
    page.wait_for_selector("[role=option]")
    page.keyboard.press("ArrowDown")

    assert violations(page, ".typeahead") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()


def test_without_script_a_typeahead_is_a_field_with_a_way_to_search(browser: Browser, address: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(address + "/_components")

    page.fill("#field-item", "90000101")
    link = page.get_by_role("link", name="Buscar en el catálogo")

    assert link.get_attribute("href") == "/_components/opciones?volver=%2F_components&campo=item"
    page.close()
