"""An official who captures a whole document from the keyboard, section after section."""

import re
from typing import Any

from playwright.sync_api import Page

from app.capture import plan
from app.ocds.shape import Document
from tests.e2e.keyboard import Keyboard, controls

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
