"""What an official does without a connection: a list leaves as a workbook, comes back edited, and others' work stays."""

from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from app.processes.queries import load_working
from app.processes.service import DocumentWrite, save_documents
from tests.browser import NEEDS_CHROMIUM, complaints, violations
from tests.conftest import Place
from tests.e2e.conftest import Desk
from tests.factories import document
from tests.workbook.books import adding, column, row

pytestmark = NEEDS_CHROMIUM

PROCESS = "contrataciones/Process"
MINE, THEIRS = "Papel, corregido en Excel", "Papel, corregido en la pantalla"


def saved(place: Place, ocid: str, title: str) -> None:
    """Somebody captures, or corrects, the title of a draft."""
    actor = place.actor("so_editor")
    assert actor.sujeto_obligado_id
    with place.database.unit_of_work(actor) as session:
        known = load_working(session, actor, [ocid]).get(ocid)
        held = known.document if known else document()
        held["tender"]["title"] = title
        save_documents(session, actor, [DocumentWrite(ocid, actor.sujeto_obligado_id, held)])


def offline(file: Path, ocids: list[str]) -> None:
    """Edit the workbook with another program: two titles, and a process that was not there."""
    book = load_workbook(file)
    sheet = book["Procedimientos"]
    for ocid in ocids:
        sheet.cell(row(sheet, ocid, PROCESS), column(sheet, "tender/title")).value = MINE
    adding("Procedimientos", {"tender/title": "Tinta"}, "nueva")(book)
    book.save(file)


@pytest.mark.parametrize("width", [1366, 320])
def test_a_list_is_edited_without_a_connection(desk: Desk, place: Place, tmp_path: Path, width: int) -> None:
    first, second, third = (f"{place.prefix}-{width}-{number}" for number in (1, 2, 3))
    for ocid in (first, second, third):
        saved(place, ocid, "Papel")
    said: list[str] = []
    actor = place.actor("so_editor")
    desk.live.app.state.directory.forget()
    page: Page = desk.open(place.email("so_editor", actor.sujeto_obligado_id)).new_page()
    complaints(page, said)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"/{place.slug}/procesos-internos")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="estos procesos en Excel").click()
    file = tmp_path / "libro.xlsx"
    waiting.value.save_as(file)

    offline(file, [first, second])
    saved(place, second, THEIRS)
    page.goto(f"/{place.slug}/importaciones/nueva")
    page.set_input_files("input[name=archivo]", file)
    page.get_by_role("button", name="Leer el archivo").click()
    expect(page.get_by_role("heading", name="Decide antes de importar")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(f"queda «{THEIRS}»")
    assert violations(page) == []
    page.get_by_role("button", name="Importar a borradores").click()
    expect(page.get_by_text("Terminada").first).to_be_visible()
    assert violations(page) == []

    page.goto(f"/{place.slug}/procesos-internos")
    titles = page.locator("main tbody th a").all_inner_texts()
    assert sorted(titles) == sorted([MINE, THEIRS, "Papel", "Tinta"])
    assert [line for line in said if "ERR_ABORTED" not in line] == []  # a download is no page
