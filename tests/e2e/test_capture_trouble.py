"""Capture when things go wrong: two people at once, no line, no session, no server. Nothing typed is lost."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from sqlmodel import select

from app.attachments.models import Attachment
from app.core.db import Database
from app.core.storage import Storage
from app.identity import service as identity
from app.ocds.shape import Document
from app.processes.queries import working_process
from tests.browser import NEEDS_CHROMIUM
from tests.chaos.test_kill import Server
from tests.conftest import PASSWORD, LiveServer, Place, place_maker
from tests.e2e.conftest import Desk
from tests.factories import document, draft

pytestmark = NEEDS_CHROMIUM

STEP_MS = 30_000
OTHER = "Olga Rivas Peña"
TITLE, TEXT = "[name='/title']", "[name='/description']"
expect.set_options(timeout=STEP_MS)


@dataclass
class Case:
    """A process on the desks of two people of the same body."""

    desk: Desk
    place: Place
    emails: tuple[str, str]
    base: str
    document: Callable[[], Document]
    windows: list[BrowserContext] = field(default_factory=list)

    @property
    def tender(self) -> Document:
        """What is stored of the tender by now."""
        held: Document = self.document()["tender"]
        return held

    def comes(self, page: Page, **wanted: Any) -> None:
        """Wait until the tender holds these values."""
        for _ in range(STEP_MS // 200):
            found = {key: self.tender.get(key) for key in wanted}
            if found == wanted:
                return
            page.wait_for_timeout(200)
        raise AssertionError(f"{found} instead of {wanted}")

    def window(self, *, who: int = 0, script: bool = True) -> BrowserContext:
        """A browser of somebody's own."""
        context = self.desk.open(self.emails[who], script=script)
        context.set_default_timeout(STEP_MS)
        self.windows.append(context)
        return context

    def open(self, where: str = "tender", *, who: int = 0, script: bool = True) -> Page:
        """A page of capture in a window of its own."""
        page = self.window(who=who, script=script).new_page()
        page.goto(f"{self.base}/{where}")
        return page

    def begin(self) -> str:
        """Make one more process; returns its address in capture."""
        ref = draft(self.place)
        self.base = f"/{self.place.slug}/procesos-internos/{ref.process_id}/captura"
        editor = self.place.actor("so_editor")

        def read() -> Document:
            with self.place.database.unit_of_work(editor) as session:
                return working_process(session, editor, ref.process_id).document

        self.document = read
        return self.base


def seated(desk: Desk, place: Place) -> Case:
    """Two editors of the first body of a place."""
    place.actor("so_editor")
    other = f"olga@{place.slug}.example.org"
    with place.database.owner_work(place.system) as session:
        account = identity.create_account(
            session, email=other, full_name=OTHER, password_hash=identity.hash_password(PASSWORD)
        )
        identity.add_membership(session, place.system, account, "so_editor", place.sujetos[0])
    return Case(desk, place, (place.email("so_editor", place.sujetos[0]), other), "", document)


@pytest.fixture(scope="module")
def office(desk: Desk, make_place: Callable[..., Place]) -> Case:
    made = seated(desk, make_place())
    desk.live.app.state.directory.forget()
    return made


@pytest.fixture
def case(office: Case) -> Iterator[Case]:
    """A process of this test alone."""
    here = replace(office, windows=[])
    here.begin()
    yield here
    for window in here.windows:
        window.close()


def write(page: Page, control: str, text: str) -> None:
    """Type and go on, as people do."""
    page.fill(control, text)
    page.press(control, "Tab")


def save(page: Page, *, script: bool) -> None:
    """Press the button, where leaving a field has not saved it."""
    if not script:
        page.get_by_role("button", name="Guardar", exact=True).first.click()


@pytest.mark.parametrize(
    ("second", "script"),
    [(1, True), (1, False), (0, True)],
    ids=["two people", "two people, no script", "one person in two tabs"],
)
def test_two_at_once_merge_and_choose(case: Case, second: int, script: bool) -> None:
    first = case.open(script=script)
    if second:
        late = case.open(who=second, script=script)
    else:
        late = first.context.new_page()
        late.goto(first.url)
    write(first, TITLE, "Papel de la primera")
    save(first, script=script)
    case.comes(first, title="Papel de la primera")
    write(late, TEXT, "Para las escuelas")
    save(late, script=script)
    case.comes(late, title="Papel de la primera", description="Para las escuelas")

    for choice, left in (("Dejar", "Papel del 1"), ("Poner", "Papel mío 2")):
        number = left[-1]
        late.goto(f"{case.base}/tender")
        write(first, TITLE, f"Papel del {number}")
        save(first, script=script)
        case.comes(first, title=f"Papel del {number}")
        write(late, TITLE, f"Papel mío {number}")
        save(late, script=script)
        clash = late.locator(".clash")
        expect(clash).to_contain_text("Persona so_editor cambió este dato a las")
        expect(clash).to_contain_text(f"«Papel del {number}». Tú escribiste «Papel mío {number}»")
        assert case.tender["title"] == f"Papel del {number}", "nothing is put over it unasked"
        clash.get_by_role("button", name=choice).click()
        expect(late.locator(".clash")).to_have_count(0)
        expect(late.locator(TITLE)).to_have_value(left)
        case.comes(late, title=left)


@pytest.mark.parametrize(
    ("script", "apart"),
    [(True, 0), (True, 150), (False, 0)],
    ids=["at once", "slowly", "at once, no script"],
)
def test_a_double_click_adds_one(case: Case, script: bool, apart: int) -> None:
    page = case.open("tender/items", script=script)
    page.fill(TEXT, "Papel carta")
    button = page.get_by_role("button", name="Agregar", exact=True)
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    for _ in range(2):
        page.mouse.click(box["x"] + 5, box["y"] + 5)
        page.wait_for_timeout(apart)
    expect(page.locator("tbody th a").filter(has_text="Papel carta")).to_have_count(1)
    page.wait_for_load_state("networkidle")
    assert [one["description"] for one in case.tender["items"]] == ["Papel carta"]


def refuses_to_close(page: Page) -> bool:
    """Try to close a page that asks whether to lose something, and stay."""
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    asked.value.dismiss()
    return asked.value.type == "beforeunload"


def test_a_lost_line_loses_nothing(case: Case) -> None:
    page = case.open()
    page.context.set_offline(True)
    write(page, TITLE, "Escrito sin conexión")
    write(page, TEXT, "También esto")
    expect(page.locator(".unsaved")).to_have_count(2)
    expect(page.locator("[data-unit='/title'] .unsaved")).to_contain_text("Sin guardar: sin conexión")
    expect(page.locator("#guardado")).to_contain_text("Sin guardar")
    expect(page.locator(TITLE)).to_have_value("Escrito sin conexión")
    assert case.tender["title"] == document()["tender"]["title"]
    assert refuses_to_close(page)

    page.context.set_offline(False)
    expect(page.locator(".unsaved")).to_have_count(0)
    expect(page.locator("#guardado")).to_contain_text("Guardado")
    assert (case.tender["title"], case.tender["description"]) == ("Escrito sin conexión", "También esto")
    with page.expect_event("close"):
        page.close(run_before_unload=True)


def test_what_was_typed_is_offered_when_the_page_is_opened_again(case: Case) -> None:
    page = case.open()

    def cut(route: Route) -> None:
        if route.request.method == "POST":
            route.abort("internetdisconnected")
        else:
            route.continue_()

    page.route("**/captura/tender", cut)
    write(page, TITLE, "Escrito antes de cerrar")
    expect(page.locator(".unsaved")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.unroute("**/captura/tender")
    expect(page.locator(TITLE)).to_have_value(document()["tender"]["title"])
    page.get_by_role("button", name="Recuperarlos").click()
    expect(page.locator("#guardado")).to_contain_text("Guardado")
    assert case.tender["title"] == "Escrito antes de cerrar"
    page.reload()
    expect(page.get_by_role("button", name="Recuperarlos")).to_have_count(0)


def end_session(page: Page) -> None:
    """What a browser is left with when the server knows its session no more."""
    (cookie,) = page.context.cookies()
    page.context.add_cookies([{**cookie, "value": cookie["value"][::-1]}])


def sign_in(page: Page, email: str) -> None:
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Entrar", exact=True).click()


def test_a_session_that_ends_is_begun_again_in_another_tab(case: Case) -> None:
    page = case.open()
    end_session(page)
    write(page, TITLE, "Escrito sin sesión")
    write(page, TEXT, "Y esto tampoco se pierde")
    expect(page.locator("[data-unit='/title'] .unsaved")).to_contain_text("Tu sesión terminó.")
    assert refuses_to_close(page)
    with page.context.expect_page() as opened:
        page.locator(".unsaved a").first.click()
    sign_in(opened.value, case.emails[0])
    opened.value.wait_for_url(f"**{case.base}/tender*")
    opened.value.close()
    page.bring_to_front()
    page.evaluate("dispatchEvent(new Event('focus'))")  # a headless window never loses it

    expect(page.locator(".unsaved")).to_have_count(0)
    expect(page.locator(TITLE)).to_have_value("Escrito sin sesión")
    assert (case.tender["title"], case.tender["description"]) == (
        "Escrito sin sesión",
        "Y esto tampoco se pierde",
    )


def test_without_script_a_form_is_carried_through_the_door(case: Case) -> None:
    page = case.open(script=False)
    end_session(page)
    page.fill(TITLE, "Escrito sin sesión «ñ» & 100%")
    page.fill(TEXT, "Primera línea\n\n  segunda")
    page.get_by_role("button", name="Guardar", exact=True).first.click()
    expect(page.locator("main")).to_contain_text("nada de lo que escribiste se ha perdido")
    page.get_by_role("button", name="Entrar sin perder lo escrito").click()
    sign_in(page, "nadie@ejemplo.example")
    expect(page.locator(".error-summary")).to_be_visible()
    sign_in(page, case.emails[0])
    page.get_by_role("button", name="Guardar lo que escribí").click()
    expect(page.locator("#guardado")).to_contain_text("Guardado")
    assert case.tender["title"] == "Escrito sin sesión «ñ» & 100%"
    assert case.tender["description"] == "Primera línea\n\n  segunda"
    assert case.tender["value"] == document()["tender"]["value"], "what nobody touched stays"


def pdf(text: str, size: int = 0) -> bytes:
    """A small real file, filled up to a size."""
    head = f"%PDF-1.4\n% {text}\n".encode()
    return head + b"% relleno\n" * (size // 10) + b"trailer << /Size 1 >>\nstartxref\n0\n%%EOF\n"


def send(page: Page, *files: tuple[str, bytes]) -> None:
    page.locator("input[type=file]").set_input_files(
        [{"name": name, "mimeType": "application/pdf", "buffer": body} for name, body in files]
    )
    page.get_by_role("button", name="Enviar archivos").click()


def test_of_many_files_one_is_refused_and_one_is_cut_off_and_the_others_arrive(case: Case) -> None:
    page = case.open("tender/documents")
    lost: list[str] = []

    def cut(route: Route) -> None:
        if b"cortado.pdf" in (route.request.post_data_buffer or b"") and not lost:
            lost.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/archivos", cut)
    page.fill("[name='/title']", "Una liga a medio escribir")
    good = [(f"bueno {number}.pdf", pdf(str(number))) for number in range(4)]
    send(
        page,
        good[0],
        ("programa.pdf", b"MZ\x90\0" + bytes(200)),
        *good[1:3],
        ("cortado.pdf", pdf("x")),
        good[3],
    )

    expect(page.locator(".sending > .success")).to_have_count(4)
    expect(page.locator(".sending > .error")).to_have_count(2)
    refused = page.locator(".sending > li", has_text="programa.pdf")
    expect(refused).to_contain_text("El archivo dice ser PDF y por dentro es un programa")
    expect(refused.get_by_role("button")).to_have_count(0)
    expect(page.locator(".sending > li", has_text="cortado.pdf")).to_contain_text("se cortó la conexión")
    expect(page.locator("[name='/title']")).to_have_value("Una liga a medio escribir")
    assert len(case.tender["documents"]) == 4
    page.get_by_role("button", name="Reintentar cortado.pdf").click()
    expect(page.locator(".sending > .success")).to_have_count(5)
    assert len(case.tender["documents"]) == 5
    expect(page.locator("[name='/title']")).to_have_value("Una liga a medio escribir")
    assert {one["title"] for one in case.tender["documents"]} >= {"Bueno 0"}


@pytest.fixture
def brittle(desk: Desk, lone_database: Database, tmp_path: Path) -> Iterator[tuple[Server, Case, Storage]]:
    """A server in a process of its own, which can be killed, and a case on it."""
    server = Server(lone_database, tmp_path)
    place = place_maker(lone_database)()
    there = replace(desk, live=LiveServer(desk.live.app, f"http://127.0.0.1:{server.port}"), _cookies={})
    case = seated(there, place)
    case.begin()
    server.start()
    yield server, case, Storage.local(tmp_path)
    for window in case.windows:
        window.close()
    server.stop()


def test_a_server_that_restarts_in_the_middle_of_an_upload(brittle: tuple[Server, Case, Storage]) -> None:
    server, case, storage = brittle
    page = case.open("tender/documents")
    page.fill("[name='/title']", "Una liga a medio escribir")
    small, large = pdf("convocatoria"), pdf("anexo", 4_000_000)
    send(page, ("convocatoria.pdf", small))
    expect(page.locator(".sending > .success")).to_have_count(1)
    line = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 400_000}
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", slow)

    send(page, ("anexo.pdf", large))
    expect(page.locator(".sending > li:last-child .words")).to_contain_text("% de")
    server.kill()
    expect(page.locator(".sending .error .words")).to_contain_text(
        "se cortó la conexión. El archivo sigue aquí"
    )
    again = page.get_by_role("button", name="Reintentar anexo.pdf")
    again.click()
    expect(again).to_be_visible()
    expect(page.locator(".sending .error .words")).to_contain_text("se cortó la conexión")
    expect(page.locator("[name='/title']")).to_have_value("Una liga a medio escribir")
    assert kept(case, storage) == {hashlib.sha256(small).hexdigest()}
    assert len(case.tender["documents"]) == 1

    server.start()
    line.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    again.click()
    expect(page.locator(".sending > .success")).to_have_count(2)
    expect(page.locator("[name='/title']")).to_have_value("Una liga a medio escribir")
    assert kept(case, storage) == {hashlib.sha256(one).hexdigest() for one in (small, large)}
    page.fill("[name='/title']", "")
    page.get_by_role("link", name="Ver la lista con lo que llegó").click()
    expect(page.locator("table tbody tr")).to_have_count(2)


def kept(case: Case, storage: Storage) -> set[str]:
    """Digests of the files that stand in the database; each has all its bytes in the store."""
    place = case.place
    with place.database.unit_of_work(place.system) as session:
        rows = session.exec(select(Attachment).where(Attachment.tenant_id == place.tenant_id)).all()
        found = {row.sha256.hex(): row.storage_key for row in rows}
    for digest, key in found.items():
        content = b"".join(storage.read(key, 0, storage.size(key)))
        assert hashlib.sha256(content).hexdigest() == digest
    return set(found)
