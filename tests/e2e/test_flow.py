"""The whole way through real pages: a file comes in, is read, imported, sent, approved, published, and the world sees it."""

import json
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser import NEEDS_CHROMIUM, complaints
from tests.conftest import Place
from tests.e2e.conftest import Desk
from tests.factories import document, new_ocid

pytestmark = NEEDS_CHROMIUM

STEP_MS = 30_000


def wait_for(page: Page, words: str, *, script: bool) -> None:
    """Wait until the words stand on the page: by itself with script, by asking again without."""
    target = page.get_by_text(words, exact=False).first
    if script:
        expect(target).to_be_visible(timeout=STEP_MS)
        return
    for _ in range(60):
        if target.is_visible():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"«{words}» never came: {page.inner_text('main')[:500]}")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_from_a_file_to_the_public(
    desk: Desk, make_place: Callable[..., Place], tmp_path: Path, script: bool
) -> None:
    place = make_place()
    ocid, title = new_ocid(place), f"Mobiliario escolar {uuid4().hex[:6]}"
    release = {
        "ocid": ocid,
        "id": "1",
        "date": "2026-03-02T10:00:00-06:00",
        "tag": ["tender"],
        "initiationType": "tender",
        **document(tender={**document()["tender"], "title": title}),
    }
    file = tmp_path / "contrataciones.json"
    file.write_text(json.dumps({"releases": [release]}), encoding="utf-8")
    said: list[list[str]] = []

    def enter(role: str) -> Page:
        place.actor(role)
        sujeto = place.actor(role).sujeto_obligado_id
        desk.live.app.state.directory.forget()
        page = desk.open(place.email(role, sujeto), script=script).new_page()
        said.append(complaints(page))
        page.set_default_timeout(STEP_MS)
        page.goto(f"/{place.slug}/panel")
        return page

    editor = enter("so_editor")
    editor.get_by_role("navigation").get_by_role("link", name="Importaciones").first.click()
    editor.get_by_role("link", name="Importar un archivo").first.click()
    editor.set_input_files("input[name=archivo]", file)
    editor.get_by_role("button", name="Leer el archivo").click()
    wait_for(editor, "Importar a borradores", script=script)
    editor.get_by_role("button", name="Importar a borradores").click()
    wait_for(editor, "Terminada", script=script)
    editor.goto(f"/{place.slug}/procesos-internos")
    editor.get_by_role("link", name=title).click()
    editor.get_by_role("button", name="Enviar a revisión").click()
    wait_for(editor, "En revisión", script=script)
    assert editor.get_by_role("button", name="Aprobar").count() == 0

    anyone = desk.open(script=script).new_page()
    assert anyone.goto(f"/{place.slug}/procesos/{ocid}").status == 404  # type: ignore[union-attr]

    reviewer = enter("garante_reviewer")
    reviewer.get_by_role("link", name=title).click()
    reviewer.get_by_role("button", name="Aprobar").click()
    wait_for(reviewer, "Aprobada", script=script)

    publisher = enter("so_publisher")
    publisher.get_by_role("link", name=title).click()
    publisher.get_by_role("link", name="Publicar").click()
    expect(publisher.get_by_text("Esto será público")).to_be_visible()
    publisher.get_by_role("button", name="Publicar").click()
    wait_for(publisher, "Publicada", script=script)

    anyone.goto(f"/{place.slug}/")
    anyone.get_by_role("link", name=title).click()
    assert title in anyone.inner_text("h1")
    package = anyone.request.get(f"/{place.slug}/api/v1/releases/{ocid}").json()
    assert [one["tender"]["title"] for one in package["releases"]] == [title]
    records = anyone.request.get(f"/{place.slug}/api/v1/records/{ocid}").json()
    assert records["records"][0]["compiledRelease"]["tender"]["title"] == title
    assert [line for lines in said for line in lines] == []
