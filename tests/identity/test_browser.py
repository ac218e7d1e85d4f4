"""Invitations and passkeys in a real browser, accessible at every width."""

import re
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.core import clock
from tests.browser import NEEDS_CHROMIUM, violations
from tests.conftest import PASSWORD, LiveServer, Place

pytestmark = NEEDS_CHROMIUM
NEW = "una-frase-que-nadie-adivina"


@pytest.fixture
def context(browser: Browser, live: LiveServer) -> Iterator[BrowserContext]:
    """A browser at the service; passkeys want a name, not an address."""
    live.app.state.directory.forget()
    made = browser.new_context(base_url=live.url.replace("127.0.0.1", "localhost"), locale="es-MX")
    made.set_default_timeout(20_000)
    yield made
    made.close()


def enter(page: Page, email: str, password: str = PASSWORD) -> None:
    page.goto("/entrar")
    page.fill("[name=email]", email)
    page.fill("[name=password]", password)
    page.get_by_role("button", name="Entrar").click()


def is_clean(page: Page) -> None:
    """Check a page with axe, and that nothing hangs over its edge on a small telephone."""
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url
    assert violations(page) == [], page.url
    page.set_viewport_size({"width": 1366, "height": 768})


def test_somebody_is_invited_comes_and_leaves(
    context: BrowserContext, place: Place, browser: Browser
) -> None:
    for role in ("garante_admin", "so_editor", "so_reader"):
        place.actor(role)
    page = context.new_page()
    enter(page, place.email("garante_admin"))
    page.get_by_role("link", name="Personas", exact=True).click()
    is_clean(page)
    page.get_by_role("link", name="Invitar a alguien").click()
    page.fill("[name=email]", "ana@prueba.example.org")
    page.fill("[name=full_name]", "Ana Ruiz")
    page.select_option("[name=role]", "so_publisher")
    page.fill("[name=sujeto]", "Nadie la conoce")
    page.get_by_role("button", name="Enviar invitación").click()
    expect(page.get_by_role("alert")).to_contain_text("no está en el padrón")
    is_clean(page)
    page.fill("[name=sujeto]", "so-1")
    page.get_by_role("button", name="Enviar invitación").click()
    link = page.locator("code", has_text="/invitacion/").inner_text()
    is_clean(page)

    guest = browser.new_context(locale="es-MX").new_page()
    guest.goto(link)
    is_clean(guest)
    guest.fill("[name=password]", NEW)
    guest.get_by_role("button", name="Crear mi cuenta y aceptar").click()
    expect(guest).to_have_url(re.compile(rf"/{place.slug}/panel$"))

    page.goto(f"/{place.slug}/personas")
    page.get_by_role("link", name="Ana Ruiz").click()
    is_clean(page)
    page.get_by_role("link", name="Terminar su función").click()
    is_clean(page)
    page.get_by_role("button", name="Terminar función").click()
    expect(page.get_by_text("Ya no abre nada")).to_be_visible()
    assert guest.goto(guest.url).status == 404  # type: ignore[union-attr]
    guest.context.close()
    for rest in ("personas/invitaciones", "personas/encargos", "personas?vista=terminadas"):
        page.goto(f"/{place.slug}/{rest}")
        is_clean(page)


def test_a_passkey_opens_the_second_step(context: BrowserContext, place: Place) -> None:
    place.actor("garante_admin")
    page = context.new_page()
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    made = devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    enter(page, place.email("garante_admin"))
    page.goto("/cuenta")
    is_clean(page)
    page.goto("/cuenta/segundo-factor")
    page.get_by_role("button", name="Activar con mi teléfono").click()
    is_clean(page)
    secret = page.locator("main code").inner_text().replace(" ", "")
    page.fill("[name=code]", pyotp.TOTP(secret).at(clock.now()))
    page.get_by_role("button", name="Activar").click()
    expect(page.locator("ol.recovery li")).to_have_count(10)
    is_clean(page)
    page.get_by_role("link", name="Ya los guardé").click()
    page.fill("[name=label]", "Mi portátil")
    page.get_by_role("button", name="Agregar una llave de acceso").click()
    expect(page.get_by_role("rowheader", name=re.compile("Mi portátil"))).to_be_visible()
    is_clean(page)

    context.clear_cookies()
    enter(page, place.email("garante_admin"))
    expect(page).to_have_url(re.compile("/entrar/segundo"))
    is_clean(page)
    page.get_by_role("button", name="Usar una llave de acceso").click()
    expect(page).to_have_url(re.compile(rf"/{place.slug}/\w+$"))

    # A device that was removed opens nothing.
    page.goto("/cuenta/segundo-factor")
    page.get_by_role("button", name="Quitar", exact=True).click()
    expect(page.get_by_role("rowheader", name=re.compile("Mi portátil"))).to_have_count(0)
    context.clear_cookies()
    enter(page, place.email("garante_admin"))
    expect(page).to_have_url(re.compile("/entrar/segundo"))
    expect(page.get_by_role("button", name="Usar una llave de acceso")).to_have_count(0)
    devices.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": made["authenticatorId"]})
