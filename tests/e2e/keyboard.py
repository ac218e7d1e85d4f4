"""An official who never touches the mouse: finds things by Tab, writes as people write, and saves with Enter."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from playwright.sync_api import Page

from app.capture import plan
from app.ocds import codelists, model
from app.ocds.model import Field, Kind
from app.ocds.shape import Document

MANY = 400
"""Presses of Tab after which something counts as out of reach."""

_FOCUSED = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const inside = [...(at.tagName === 'SUMMARY' ? at.parentElement.querySelectorAll('[name]') : [])];
  return {
    tag: at.tagName, type: at.type || '', name: at.name || '', value: at.value || '',
    checked: Boolean(at.checked), open: Boolean(at.parentElement?.open),
    text: (at.innerText || at.textContent || at.getAttribute('aria-label') || '').replace(/\\s+/g, ' ').trim(),
    option: at.selectedOptions?.[0]?.value ?? '',
    label: (at.selectedOptions?.[0]?.text ?? at.labels?.[0]?.innerText ?? '').trim(),
    holds: inside.map((one) => one.name),
  };
}"""


_SAVED = """() => {
  const told = document.getElementById('guardado');
  return told && !told.classList.contains('busy') && /^(Guardado|Sin guardar)/.test(told.innerText);
}"""


class Keyboard:
    """One person at one page.

    Args:
        page: where nothing but keys is used.
    """

    def __init__(self, page: Page) -> None:
        self.page = page

    def tabs(self) -> Iterator[dict[str, Any]]:
        """Press Tab, and tell what has the focus, until the page is through."""
        for _ in range(MANY):
            self.page.keyboard.press("Tab")
            found = self.page.evaluate(_FOCUSED)
            if found is None:
                return
            yield found

    def press(self, text: str, *, starts: bool = False, value: str | None = None) -> None:
        """Go to a link or button by its words, press Enter, and wait for the page that follows."""
        for found in self.tabs():
            is_it = found["text"].startswith(text) if starts else found["text"] == text
            if is_it and found["tag"] in ("A", "BUTTON") and value in (None, found["value"]):
                with self.page.expect_navigation():
                    self.page.keyboard.press("Enter")
                return
        raise AssertionError(f"«{text}» is out of reach of the keyboard: {self.page.url}")

    def fill(self, wanted: Mapping[str, Any], base: str, *, until: str) -> None:
        """Go through a form once, write what is wanted in its controls, and press the button at its end.

        Args:
            wanted: name of a control (a pointer) -> JSON value.
            base: the model's path of what the pointers start from.
            until: words of the button.
        """
        left = dict(wanted)
        for found in self.tabs():
            name = found["name"]
            if found["tag"] == "SUMMARY" and not found["open"] and left.keys() & set(found["holds"]):
                self.page.keyboard.press("Enter")
            elif found["tag"] == "BUTTON" and found["text"].startswith(until):
                assert not left, f"{self.page.url}: no control took {left}"
                if until == "Guardar":  # nothing to go to: each field was saved as it was left
                    self.page.keyboard.press("Enter")
                    self.page.wait_for_function(_SAVED)
                else:
                    with self.page.expect_navigation():
                        self.page.keyboard.press("Enter")
                return
            elif found["tag"] == "BUTTON" and found["value"].startswith("agregar:"):
                self._row(found["value"].removeprefix("agregar:"), left)
            elif name in left:
                self._write(found, model.field(_path(base, name)), left)
        raise AssertionError(f"«{until}» is out of reach of the keyboard: {self.page.url}")

    def _row(self, pointer: str, left: dict[str, Any]) -> None:
        """Ask for one more row of an inline list, as long as something is wanted of one."""
        rows = {int(found[1]) for name in left if (found := re.match(rf"{re.escape(pointer)}/(\d+)/", name))}
        if rows:
            before = self.page.locator(f"[name='{pointer}/{min(rows)}/@fila']").count()
            assert before == 0, f"{pointer}: a row was not filled in"
            self.page.keyboard.press("Enter")
            self.page.wait_for_selector(f"[name='{pointer}/{min(rows)}/@fila']", state="attached")

    def _write(self, found: dict[str, Any], field: Field, left: dict[str, Any]) -> None:
        name, keys = found["name"], self.page.keyboard
        value = left[name]
        if found["type"] == "checkbox":
            chosen = next((one for one in value if _is_offered(found, one)), None)
            if chosen is not None:
                if not found["checked"]:
                    keys.press("Space")
                left[name] = [one for one in value if one != chosen]
                if not left[name]:
                    del left[name]
            return
        del left[name]
        if found["type"] == "radio":
            self._choose_radio(found, _choice(value))
        elif found["tag"] == "SELECT":
            self._choose(found, value)
        else:
            keys.press("ControlOrMeta+A")
            keys.insert_text(as_people_write(field, value))

    def _choose(self, found: dict[str, Any], wanted: Any) -> None:
        for _ in range(MANY):
            if _is_offered(found, wanted):
                return
            self.page.keyboard.press("ArrowDown")
            found = self.page.evaluate(_FOCUSED)
        raise AssertionError(f"{found['name']} does not offer {wanted}")

    def _choose_radio(self, found: dict[str, Any], wanted: str) -> None:
        self.page.keyboard.press("Space")
        for _ in range(20):
            found = self.page.evaluate(_FOCUSED)
            if found["value"] == wanted:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{found['name']} does not offer {wanted}")


def as_people_write(field: Field, value: Any) -> str:
    """Write a value the way a person would, which is seldom the way JSON does."""
    match field.kind:
        case Kind.DATE:
            moment = datetime.fromisoformat(value)
            day = f"{moment:%d/%m/%Y}"
            return day if f"{moment:%H:%M:%S}" in ("00:00:00", "23:59:59") else f"{day} {moment:%H:%M}"
        case Kind.NUMBER:
            return f"${value:,.2f}" if field.path.endswith(("/amount", "/netAmount")) else str(value)
        case Kind.CODE if field.codelist and value in codelists.codelist(field.codelist).codes:
            return codelists.codelist(field.codelist).codes[value].label
        case Kind.TEXTS:
            return "\n".join(map(str, value))
        case _:
            return str(value)


def controls(body: Document, base: str, section: plan.Section) -> dict[str, Any]:
    """Return what a document says in the fields of a section, by the names of its controls."""
    found: dict[str, Any] = {}
    for path in section.fields:
        key = path.rpartition("/")[2]
        if key in body:
            found.update(_leaves(model.field(path), body[key], f"{section.prefix}/{key}"))
    return found


def _leaves(field: Field, value: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    if field.path in model.LONG_LISTS:
        return
    if isinstance(value, dict) and field.of != "OrganizationReference":
        for child in model.children(field.path):
            if child.name in value:
                yield from _leaves(child, value[child.name], f"{pointer}/{child.name}")
    elif isinstance(value, list) and field.kind is Kind.LIST and field.of != "OrganizationReference":
        for position, row in enumerate(value):
            for child in model.children(field.path):
                if child.name in row:
                    yield from _leaves(child, row[child.name], f"{pointer}/{position}/{child.name}")
    else:
        yield pointer, value


def _path(base: str, name: str) -> str:
    return re.sub(r"/\d+(?=/|$)", "", f"{base}{name}").removeprefix("/")


def _is_offered(found: dict[str, Any], wanted: Any) -> bool:
    """Whether what has the focus offers a code, or a party, which people know by its name."""
    if isinstance(wanted, dict):
        return str(found["label"]).startswith(wanted["name"])
    return _choice(wanted) in (found["option"], found["value"])


def _choice(value: Any) -> str:
    return {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else str(value)
