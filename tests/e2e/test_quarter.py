"""What an official does each quarter: the PNT's own file comes in, is corrected and published, and the next book goes out.

Nothing is typed twice: every value that the PNT had is in the workbook that goes back.
"""

from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from app.core import clock
from app.core.quarters import Quarter
from app.identity import service as identity
from app.sipot.builtin import BUILT_IN
from app.sipot.rows import Row
from tests.browser import NEEDS_CHROMIUM, complaints, violations
from tests.conftest import Place
from tests.e2e.conftest import Desk
from tests.sipot.downloads import download

pytestmark = NEEDS_CHROMIUM

STEP_MS = 30_000
ZONE = "America/Mexico_City"
DIRECT = BUILT_IN["43335", "2021"]
MENDED = "Material de oficina, corregido"


def bought(number: int, signed: date) -> dict[str, Any]:
    """A direct award as the PNT tells it."""
    quarter = Quarter.of(signed)
    return {
        "year": str(signed.year),
        "period.start": quarter.start,
        "period.end": quarter.end,
        "method": "Adjudicación directa",
        "category": "Adquisiciones",
        "file": f"AD-{number:02}/2026",
        "description": f"Material de oficina {number}",
        "motives": "Artículo 41, por su monto",
        "contract.number": f"C-{number:02}",
        "contract.date": signed,
        "supplier.legal": f"Papelera {number}, S.A. de C.V.",
        "supplier.rfc": f"PCE01020{number}AB1",
        "requesting": "Recursos Materiales",
        "responsible": "Almacén",
        "net": 1000,
        "gross": 1160,
        "currency": "MXN",
        "object": f"Material de oficina {number}",
        "term.start": signed,
        "term.end": signed,
        "contract.url": ("https://datos.example/contrato.pdf",),
        "area": "Adquisiciones",
    }


def enter(desk: Desk, place: Place, role: str, said: list[str]) -> Page:
    """A window of somebody of the body."""
    actor = place.actor(role)
    desk.live.app.state.directory.forget()
    page = desk.open(place.email(role, actor.sujeto_obligado_id)).new_page()
    complaints(page, said)
    page.set_default_timeout(STEP_MS)
    page.goto(f"/{place.slug}/panel")
    return page


def give_hat(place: Place) -> None:
    """Let the publisher capture, too: a body of one person."""
    publisher = place.actor("so_publisher")
    assert publisher.account_id is not None
    with place.database.owner_work(place.system) as session:
        identity.add_membership(
            session, place.system, publisher.account_id, "so_editor", publisher.sujeto_obligado_id
        )


def wear(page: Page, role: str, *, alone: bool) -> None:
    """Change to another function of one's own, where one has several."""
    if alone:
        page.reload()
        page.locator(".menu summary").click()
        page.locator(".switch").get_by_role("button", name=role).click()


def bring_in(page: Page, file: Path) -> None:
    """Import what was downloaded from the PNT."""
    page.get_by_role("navigation").get_by_role("link", name="Importaciones").first.click()
    page.get_by_role("link", name="Importar un archivo").first.click()
    page.set_input_files("input[name=archivo]", file)
    page.get_by_role("button", name="Leer el archivo").click()
    expect(page.get_by_role("button", name="Importar a borradores")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Importar a borradores").click()
    expect(page.get_by_text("Terminada").first).to_be_visible()


def processes(page: Page, slug: str) -> list[str]:
    """Where the contracting processes are."""
    page.goto(f"/{slug}/procesos-internos")
    links = page.locator(f"main a[href^='/{slug}/procesos-internos/']")
    found = [str(links.nth(one).get_attribute("href")) for one in range(links.count())]
    return sorted(
        {one for one in found if one.count("/") == 3 and "?" not in one and not one.endswith("nueva")}
    )


def correct(page: Page, address: str) -> None:
    """Mend the object of the contract: from the contents of the capture to its page."""
    page.goto(f"{address}/captura")
    page.locator("main a[href*='/captura/contracts']").first.click()
    page.locator("main a[href*='/captura/contracts/']").first.click()
    page.fill("[name='/description']", MENDED)
    page.keyboard.press("Alt+s")
    expect(page.locator("#guardado")).to_contain_text("Guardado")


def press(page: Page, address: str, act: str) -> None:
    """Do at a process what its standing offers."""
    page.goto(address)
    standing = page.locator(".standing")
    standing.get_by_role("button", name=act).or_(standing.get_by_role("link", name=act)).first.click()


def take_out(page: Page, quarter: Quarter, to: Path) -> list[dict[str, Any]]:
    """Download the workbook of a quarter, read it with another library than ours, and say that it was loaded."""
    page.get_by_role("navigation").get_by_role("link", name="PNT").first.click()
    page.get_by_role("link", name=quarter.label, exact=True).click()
    page.get_by_role("link", name="Adjudicaciones directas").click()
    expect(page.get_by_role("main")).to_contain_text("3 renglones por reportar")
    assert violations(page) == []
    page.fill("[name=area]", "Adquisiciones")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Descargar el libro").click()
    waiting.value.save_as(to)
    page.get_by_role("button", name="Marcar como cargado").click()
    expect(page.get_by_role("main")).to_contain_text("Sin cambios")
    sheet = load_workbook(to)["Reporte de Formatos"]
    titles = [cell.value for cell in sheet[7]]
    rows = [
        dict(zip(titles, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows(min_row=8)
    ]
    return sorted(rows, key=lambda row: str(row["Número que identifique al contrato"]))


def as_written(value: Any) -> Any:
    """A value as a cell gives it back."""
    return datetime.combine(value, time()) if isinstance(value, date) else value


@pytest.mark.parametrize("policy", ["self", "single"])
def test_a_quarter_of_an_official(
    desk: Desk, make_place: Callable[..., Place], tmp_path: Path, policy: str
) -> None:
    place = make_place(policy=policy)
    today = clock.now().astimezone(ZoneInfo(ZONE)).date()
    quarter = Quarter.of(today).previous
    told = [bought(number, quarter.start) for number in (1, 2, 3)]
    file = tmp_path / "descarga.xlsx"
    with file.open("w+b") as target:
        download(DIRECT, (Row("", 0, "", row) for row in told), target)
    said: list[str] = []
    publisher = enter(desk, place, "so_publisher", said)
    editor = publisher if policy == "single" else enter(desk, place, "so_editor", said)
    if policy == "single":
        give_hat(place)
    wear(editor, "Captura", alone=policy == "single")
    bring_in(editor, file)
    for address in processes(editor, place.slug):
        correct(editor, address)
    work = processes(editor, place.slug)
    assert len(work) == 3
    for address in work:
        press(editor, address, "Enviar a revisión")
    wear(publisher, "Publicación", alone=policy == "single")
    for address in work:
        if policy == "self":
            press(publisher, address, "Aprobar")
        else:
            press(publisher, address, "Aprobar lo que capturé")
            publisher.check("[name=visto]")
            publisher.get_by_role("button", name="Aprobar lo que capturé").click()
        press(publisher, address, "Publicar")
        publisher.get_by_role("button", name="Publicar").click()
        expect(publisher.locator(".standing")).to_contain_text("Publicada")
    written = take_out(publisher, quarter, tmp_path / "libro.xlsx")
    columns = {column.key: column.title for column in DIRECT.columns}
    for row, sent in zip(written, told, strict=True):
        kept = {
            key: row.get(columns[key])
            for key in sent
            if key not in ("description", "object", "contract.url") and key in columns
        }
        assert kept == {key: as_written(sent[key]) for key in kept}
        assert MENDED in (row[columns["description"]], row[columns["object"]])
    assert [line for line in said if "ERR_ABORTED" not in line] == []  # a download is no page
