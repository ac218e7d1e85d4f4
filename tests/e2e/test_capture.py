"""Whole procedures captured through the real pages by keyboard alone, approved, published and read back."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from app.capture import plan
from app.ocds import model
from app.ocds.shape import Document
from tests.conftest import Place
from tests.e2e.conftest import NEEDS_CHROMIUM, Desk, complaints
from tests.e2e.keyboard import Keyboard, controls
from tests.e2e.stories import NAMES, alike, story

pytestmark = NEEDS_CHROMIUM

STEP_MS = 30_000
ENVELOPE = ("ocid", "id", "date", "tag", "initiationType")
BEGUN = {"title", "description", "procurementMethod", "procurementMethodDetails", "procuringEntity"}
"""What the first page of a procedure has asked for already."""


class Official:
    """Somebody who captures a whole document.

    Args:
        page: theirs, on the desk.
        whole: what the document shall say.
    """

    def __init__(self, page: Page, whole: Document) -> None:
        self.page = page
        self.keys = Keyboard(page)
        self.whole = whole
        self.base = ""

    def begin(self) -> None:
        """Begin the procedure."""
        tender = self.whole["tender"]
        self.keys.press("Nueva contratación")
        for found in self.keys.tabs():
            match found["name"]:
                case "titulo":
                    self.page.keyboard.insert_text(tender["title"])
                case "procedimiento":
                    self.page.keyboard.press("Space")
                    while (
                        self.page.evaluate("document.activeElement.value")
                        != tender["procurementMethodDetails"]
                    ):
                        self.page.keyboard.press("ArrowDown")
                case "objeto":
                    self.page.keyboard.insert_text(tender["description"])
            if found["tag"] == "BUTTON" and found["text"] == "Empezar a capturar":
                with self.page.expect_navigation():
                    self.page.keyboard.press("Enter")
                break
        self.base = re.sub(r"/captura.*", "/captura", self.page.url)

    def capture(self) -> None:
        """Go through the bar of sections once, in its order."""
        for section in plan.BAR:
            body = _at(self.whole, section.base)
            if section.shape is plan.Shape.LIST:
                self._list(section.address, section, body or [])
                continue
            wanted = controls(body or {}, section.base, section)
            if section.base == "tender":
                wanted = {name: held for name, held in wanted.items() if name.strip("/") not in BEGUN}
            if not section.base:
                wanted = {}  # language and buyer are known from the beginning
            if wanted:
                self._open(section)
                self.keys.fill(wanted, plan.model_path(section.part), until="Guardar")
                self._saved()

    def send(self) -> None:
        """Look at what will be published, and send it."""
        self.page.goto(f"{self.base}/publicacion")
        self.keys.press("Enviar a revisión", starts=True)

    def _open(self, section: plan.Section) -> None:
        """Go to a section by the bar, whose stages open by Enter."""
        for found in self.keys.tabs():
            if found["tag"] == "SUMMARY" and not found["open"] and not found["holds"]:
                self.page.keyboard.press("Enter")
            elif found["text"] == section.title and self._href() == f"{self.base}/{section.address}":
                with self.page.expect_navigation():
                    self.page.keyboard.press("Enter")
                return
        raise AssertionError(f"no way to «{section.title}» from {self.page.url}")

    def _href(self) -> str:
        return str(self.page.evaluate("document.activeElement.href"))

    def _list(self, address: str, section: plan.Section, elements: list[Document]) -> None:
        begun = 1 if address == "parties" else 0  # the body itself is there from the beginning
        if elements[begun:]:
            self.page.goto(f"{self.base}/{address}")
        for element in elements[begun:]:
            self._element(f"{self.base}/{address}", section, element)

    def _element(self, here: str, section: plan.Section, element: Document) -> None:
        """Add an element by the line under its list, and complete it on its own page."""
        quick = set(
            self.page.eval_on_selector_all(
                ".quick-form [name]:not([type=hidden])", "all => all.map((one) => one.name)"
            )
        )
        own = plan.SECTIONS[f"{section.address}/*"]
        wanted = {
            name: value
            for name, value in controls(element, section.base, own).items()
            if not str(value).startswith("*") and name != "/roles"
        }
        begun = {name: value for name, value in wanted.items() if name in quick}
        rest = {
            name: value for name, value in wanted.items() if name not in quick and not _is_given(name, value)
        }
        self.keys.fill(begun, section.base, until="Agregar y")
        if rest:
            self.keys.fill(rest, section.base, until="Guardar")
            self._saved()
        this = re.sub(r"[?#].*", "", self.page.url)
        self._inside(this, own, element)
        self.page.goto(here)

    def _inside(self, this: str, section: plan.Section, body: Document) -> None:
        """Go through the lists and objects that a page leads to."""
        for inner in plan.inside(section):
            key = inner.base.rpartition("/")[2]
            held = body.get(key)
            if not held:
                continue
            there = f"{this}/{key}"
            self.page.goto(this)
            self.keys.press(inner.title)
            if inner.shape is plan.Shape.LIST and key == "items" and section.base in ("awards", "contracts"):
                self.keys.press("Traer las partidas de la licitación")
            elif inner.shape is plan.Shape.LIST:
                for element in held:
                    self._element(there, inner, element)
            else:
                wanted = controls(held, inner.base, inner)
                if wanted:
                    self.keys.fill(wanted, plan.model_path(inner.part), until="Guardar")
                    self._saved()
                self._inside(there, inner, held)

    def _saved(self) -> None:
        assert self.page.locator(".error-summary").count() == 0, self.page.inner_text(".error-summary")
        assert self.page.locator("#guardado").inner_text().startswith("Guardado")


def _is_given(name: str, value: Any) -> bool:
    return name.endswith("/id") and str(value).startswith("*")


def _at(whole: Document, base: str) -> Any:
    held: Any = whole
    for key in base.split("/") if base else []:
        held = held.get(key) if isinstance(held, dict) else None
    return held


SHORTER = ("invitación", "directa")
"""What they do the other two do as well: typed with the drills."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.drill] if name in SHORTER else []) for name in NAMES],
)
def test_a_procedure_from_the_keyboard_to_the_world(
    desk: Desk, make_place: Callable[..., Place], name: str
) -> None:
    place, expected = make_place(), story(name)
    said: list[list[str]] = []

    def enter(role: str) -> Page:
        sujeto = place.actor(role).sujeto_obligado_id
        desk.live.app.state.directory.forget()
        page = desk.open(place.email(role, sujeto)).new_page()
        said.append(complaints(page))
        page.set_default_timeout(STEP_MS)
        page.goto(f"/{place.slug}/panel")
        return page

    official = Official(enter("so_editor"), expected)
    official.begin()
    official.capture()
    official.send()
    title = expected["tender"]["title"]
    for role, acts in (("garante_reviewer", ("Aprobar",)), ("so_publisher", ("Publicar", "Publicar"))):
        keys = Keyboard(enter(role))
        keys.press(title)
        for act in acts:
            keys.press(act)

    page = desk.open().new_page()
    releases = page.request.get(f"/{place.slug}/api/v1/releases").json()["releases"]
    assert len(releases) == 1
    release = releases[0]
    document = {key: value for key, value in release.items() if key not in ENVELOPE}
    found, wanted = alike(document, expected)
    assert {"lost": sorted(set(wanted) - set(found)), "more": sorted(set(found) - set(wanted))} == {
        "lost": [],
        "more": [],
    }
    assert found == wanted
    assert release["ocid"].startswith(f"{place.prefix}-")
    # Leaving a page drops the reading of what is missing that was under way.
    assert [line for lines in said for line in lines if "ERR_ABORTED" not in line] == []


def test_every_field_of_the_stories_is_the_models() -> None:
    for name in NAMES:
        for key in story(name):
            assert key in model.FIELDS
