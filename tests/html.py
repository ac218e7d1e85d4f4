"""Reading a page as a strict parser does: balanced tags, unique ids, labels that lead somewhere, forms as people send them."""

from html.parser import HTMLParser
from typing import Any

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
IMPLIED = frozenset({"path"})
"""Elements of SVG that close themselves."""


class Page(HTMLParser):
    """A page taken apart.

    Args:
        text: its HTML.
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.forms: list[dict[str, Any]] = []
        self.headings: list[str] = []
        self._open: list[str] = []
        self._text: list[str] = []
        self._labels: list[str] = []
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self._open]
        self.faults += [f"id {one!r} twice" for one in set(self.ids) if self.ids.count(one) > 1]
        self.faults += [
            f"label for {one!r}, which is not here" for one in self._labels if one not in self.ids
        ]
        here = [one[1:] for one in self.links if one.startswith("#")]
        self.faults += [f"a link to {one!r}, which is not here" for one in here if one not in self.ids]
        if self.headings.count("h1") != 1:
            self.faults.append(f"{self.headings.count('h1')} h1")

    @property
    def text(self) -> str:
        """All that it says, on one line, every space a plain one."""
        return " ".join(" ".join(self._text).split())

    def form(self, address: str) -> dict[str, str]:
        """The fields of the form that goes to an address, with what they hold."""
        (found,) = [one for one in self.forms if one["action"].endswith(address)]
        fields: dict[str, str] = found["fields"]
        return fields

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        if "id" in held:
            self.ids.append(held["id"])
        if tag == "a":
            self.links.append(held.get("href", ""))
        if tag == "label" and "for" in held:
            self._labels.append(held["for"])
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(tag)
        if tag == "form":
            self.forms.append({"action": held.get("action", ""), "fields": {}})
        if tag == "input" and self.forms and "form" in self._open and "name" in held:
            self.forms[-1]["fields"][held["name"]] = held.get("value", "")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID | IMPLIED:
            self.faults.append(f"<{tag}/> closes itself")

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> inside <{self._open[-1] if self._open else 'nothing'}>")
        if tag in self._open:
            while self._open.pop() != tag:
                continue

    def handle_data(self, data: str) -> None:
        if "style" not in self._open and "script" not in self._open:
            self._text.append(data)
