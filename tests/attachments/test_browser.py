"""Sending files in a real browser: each with its own words, a lost connection losing one, and without script."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.attachments.conftest import Desk, pdf
from tests.browser import NEEDS_CHROMIUM, complaints, violations
from tests.conftest import LiveServer
from tests.e2e.conftest import Desk as Windows

pytestmark = NEEDS_CHROMIUM

FAR_TOO_LONG = "ACTA DE FALLO DE LA LICITACIÓN PÚBLICA NACIONAL PARA LA ADQUISICIÓN DE PAPELERÍA " * 2


@pytest.fixture(scope="module")
def windows(browser: Browser, live: LiveServer) -> Windows:
    return Windows(browser, live)


@pytest.fixture
def visit(windows: Windows, desk: Desk) -> Iterator[Callable[..., Page]]:
    """Open the files of the desk's process as its editor."""
    opened: list[BrowserContext] = []
    windows.live.app.state.directory.forget()

    def open_page(*, script: bool = True, width: int = 1366) -> Page:
        editor = desk.editor
        email = desk.place.email("so_editor", editor.sujeto_obligado_id)
        context = windows.open(email, script=script)
        opened.append(context)
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"/{desk.place.slug}/procesos-internos/{desk.process_id}/archivos")
        return page

    yield open_page
    for context in opened:
        context.close()


def choose(page: Page, *files: tuple[str, bytes]) -> None:
    page.locator("input[type=file]").set_input_files(
        [{"name": name, "mimeType": "application/pdf", "buffer": body} for name, body in files]
    )


def line(page: Page, name: str) -> str:
    found = page.locator(".sending > li", has_text=name)
    return found.locator(".words").inner_text()


def test_each_file_goes_alone_and_is_told_of_in_words(visit: Callable[..., Page], desk: Desk) -> None:
    page = visit()
    said = complaints(page)
    choose(page, ("a.pdf", pdf("a")), ("malo.pdf", b"MZ\0"), ("c.pdf", pdf("c")))
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)

    page.get_by_role("button", name="Enviar archivos").click()

    expect(page.locator(".sending > .success")).to_have_count(2)
    expect(page.locator(".sending > .error")).to_have_count(1)
    assert len(sent) == 3
    assert line(page, "a.pdf") == "Listo."
    assert line(page, "malo.pdf").startswith(
        "No se pudo: El archivo dice ser PDF y por dentro es un programa"
    )
    assert page.locator(".sending button").count() == 0, "what is no good is not sent again"
    assert [one for one in said if "422" not in one] == []


def test_when_all_arrived_the_list_shows_them(visit: Callable[..., Page]) -> None:
    page = visit()
    choose(page, ("a.pdf", pdf("a")), ("b.pdf", pdf("b")))
    page.get_by_role("button", name="Enviar archivos").click()
    expect(page.locator("table tbody tr")).to_have_count(2)


def test_a_lost_connection_loses_one_file_and_that_one_waits_to_be_tried_again(
    visit: Callable[..., Page],
) -> None:
    page = visit()
    lost: list[str] = []

    def cut(route: Route) -> None:
        if b"b.pdf" in (route.request.post_data_buffer or b"") and not lost:
            lost.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/archivos", cut)
    choose(page, ("a.pdf", pdf("a")), ("b.pdf", pdf("b")), ("c.pdf", pdf("c")))
    page.get_by_role("button", name="Enviar archivos").click()

    expect(page.locator(".sending > .success")).to_have_count(2)
    expect(page.locator(".sending > .error")).to_have_count(1)
    assert "se cortó la conexión. El archivo sigue aquí" in line(page, "b.pdf")
    page.get_by_role("button", name="Reintentar b.pdf").click()
    expect(page.locator("table tbody tr")).to_have_count(3)


def test_an_ended_session_keeps_the_file(visit: Callable[..., Page]) -> None:
    page = visit()
    choose(page, ("a.pdf", pdf("a")))
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.get_by_role("button", name="Enviar archivos").click()
    expect(page.locator(".sending > .error")).to_have_count(1)
    assert "tu sesión terminó" in line(page, "a.pdf")
    page.context.add_cookies(cookies)  # type: ignore[arg-type]  # as they came
    page.get_by_role("button", name="Reintentar a.pdf").click()
    expect(page.locator("table tbody tr")).to_have_count(1)


def test_a_reserved_original_stays_one_though_sent_by_script(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_label("Originales reservados").check()
    choose(page, ("original.pdf", pdf("o")))
    page.get_by_role("button", name="Enviar archivos").click()
    expect(page.locator("table tbody tr")).to_contain_text("Original reservado")


def test_what_is_dropped_is_taken(visit: Callable[..., Page]) -> None:
    page = visit()
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(["%PDF-1.4\\n%%EOF"], "caido.pdf", { type: "application/pdf" }));
          document.querySelector(".drop").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
        }"""
    )
    expect(page.locator(".chosen")).to_contain_text("caido.pdf")
    page.get_by_role("button", name="Enviar archivos").click()
    expect(page.locator("table tbody tr")).to_contain_text("caido.pdf")


def test_without_script_a_form_sends_them_all(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit(script=False)
    choose(page, ("a.pdf", pdf("a")), ("b.pdf", pdf("b")), ("vacio.pdf", b""))
    page.get_by_role("button", name="Enviar archivos").click()
    expect(page.locator(".received > li")).to_have_count(3)
    expect(page.locator("table tbody tr")).to_have_count(2)
    assert "vacío" in page.locator(".received").inner_text()


@pytest.mark.parametrize("width", [1366, 320])
def test_axe_finds_nothing_and_nothing_sticks_out(visit: Callable[..., Page], desk: Desk, width: int) -> None:
    desk.send_one(f"{FAR_TOO_LONG}.pdf", pdf("largo"))
    desk.send_one("original.pdf", pdf("o"), kind="reserved")
    page = visit(width=width)
    choose(page, (f"{FAR_TOO_LONG}.pdf", b"MZ"), ("perdido.pdf", pdf("x")), ("bueno.pdf", pdf("y")))
    page.route(
        "**/archivos",
        lambda route: (
            route.abort() if b"perdido" in (route.request.post_data_buffer or b"") else route.continue_()
        ),
    )
    page.get_by_role("button", name="Enviar archivos").click()
    expect(page.locator(".sending > .error")).to_have_count(2)
    expect(page.locator(".sending > .success")).to_have_count(1)
    page.evaluate("document.querySelectorAll('details:not(.menu)').forEach((part) => { part.open = true })")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
