"""The form of a page as a browser without script sends it."""

from html.parser import HTMLParser

Fields = dict[str, str | list[str]]


class _Form(HTMLParser):
    def __init__(self, action: str) -> None:
        super().__init__(convert_charrefs=True)
        self.action = action
        self.fields: dict[str, list[str]] = {}
        self._inside = False
        self._select = ""
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        name = held.get("name", "")
        if tag == "form":
            self._inside = held.get("action", "").endswith(self.action) and "capture-form" in held.get(
                "class", ""
            )
        if not self._inside:
            return
        if tag == "input" and name and (held.get("type") not in ("checkbox", "radio") or "checked" in held):
            self.fields.setdefault(name, []).append(held.get("value", ""))
        elif tag == "select":
            self._select = name
            self.fields[name] = [""]
        elif tag == "option" and self._select and "selected" in held:
            self.fields[self._select] = [held.get("value", "")]
        elif tag == "textarea":
            self._area = name
            self.fields[name] = [""]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._inside and self._area is not None:
            self.fields[self._area][0] += data


def form_of(text: str, action: str) -> Fields:
    """What the form of a section sends when nobody touches it.

    Args:
        text: of the page.
        action: end of the form's address.
    """
    form = _Form(action)
    form.feed(text)
    areas = {name: [held.removeprefix("\n") for held in values] for name, values in form.fields.items()}
    return {name: values[0] if len(values) == 1 else values for name, values in areas.items()}
