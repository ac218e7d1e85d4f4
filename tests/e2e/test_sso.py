"""A person enters through their institution's own page, works, and leaves both: in a real browser, without script too."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from app.core.db import Database
from app.core.storage import Storage
from app.main import create_app
from app.settings import Settings
from tests.browser import NEEDS_CHROMIUM, violations
from tests.conftest import Place, serve_app
from tests.identity.providers import free_port, mock_provider
from tests.identity.sso_house import House, link

pytestmark = NEEDS_CHROMIUM


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    claims = {
        "email": "eva@sso.example.org",
        "name": "Eva Prueba",
        "groups": ["captura"],
        "organization": "so-1",
    }
    with mock_provider(free_port(), eva=claims) as issuer:
        yield issuer


@pytest.fixture(scope="module")
def house(settings: Settings, database: Database, storage: Storage, mock: str) -> Iterator[House]:
    ours = settings.model_copy(update={"outgoing_allow": urlsplit(mock).netloc})
    for live in serve_app(create_app(ours, database, storage)):
        yield House(live, ours)


def clean(page: Page) -> None:
    """Fail where axe finds something, or where the page is wider than a narrow telephone."""
    assert violations(page) == []
    wide = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size(wide or {"width": 1280, "height": 720})


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_in_through_the_providers_page_and_out_of_both(
    house: House, place: Place, mock: str, browser: Browser, script: bool
) -> None:
    house.use(
        place,
        mock,
        role_claim="groups",
        roles={"so_editor": ["captura"]},
        sujeto_claim="organization",
        single_logout=True,
    )
    context = browser.new_context(base_url=house.live.url, java_script_enabled=script, locale="es-MX")
    page = context.new_page()

    page.goto(f"/{place.slug}/procesos-internos")
    page.get_by_role("link", name="Entrar con Cuenta institucional").click()
    expect(page).to_have_url(re.compile(re.escape(mock)))
    page.locator("input[name=sub]").fill("eva")
    page.locator("button:has-text('Authorize'), input[type=submit], button[type=submit]").first.click()
    expect(page).to_have_url(f"{house.live.url}/{place.slug}/procesos-internos")

    page.goto("/cuenta")
    page.locator("details:has(form[action='/salir']) > summary").first.click()
    page.get_by_role("button", name="Cerrar sesión", exact=True).first.click()
    expect(page).to_have_url(re.compile(re.escape(f"{mock}/oauth2/end_session")))
    page.goto(f"/{place.slug}/procesos-internos")
    expect(page).to_have_url(re.compile("/entrar"))
    context.close()


def test_its_pages_are_for_everyone(house: House, place: Place, mock: str, browser: Browser) -> None:
    house.use(place, mock)
    link(place, place.actor("garante_admin"), mock, "eva")
    admin = house.live.client(place.email("garante_admin"))
    context = browser.new_context(base_url=house.live.url, locale="es-MX")
    context.add_cookies([{"name": "ca_session", "value": admin.cookies["ca_session"], "url": house.live.url}])
    page = context.new_page()
    base = f"/{place.slug}"
    for address in (f"{base}/ajustes/acceso", f"{base}/ajustes/sistemas", f"{base}/sso/vincular", "/cuenta"):
        page.goto(address)
        clean(page)
    page.goto(f"{base}/ajustes/sistemas")
    page.get_by_label("Nombre del sistema").fill("Sistema de compras")
    page.get_by_label(re.compile("Enviar datos")).check()
    page.get_by_role("button", name="Dar acceso").click()
    expect(page.get_by_text("no se vuelve a mostrar")).to_be_visible()
    clean(page)
    page.context.clear_cookies()
    for address in (
        "/entrar/organismo",
        f"{base}/sso/rescate",
        f"{base}/sso/respuesta",
        f"/entrar?siguiente={base}/panel",
    ):
        page.goto(address)
        clean(page)
    context.close()
