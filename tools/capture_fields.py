"""The page of every field that capture asks for: where, when, how much, and whether it is published."""

from collections.abc import Iterator, Sequence
from typing import Any

from app.capture import plan
from app.capture.plan import BAR, SECTIONS, Section
from app.capture.whole import in_bar
from app.ocds import codelists, model, privacy
from app.ocds.applicability import METHODS
from app.ocds.model import Field, Kind, Need
from app.ocds.model.privacy import IDENTIFIERS, PERSONS

NEEDS = {Need.REQUIRED: "obligatorio", Need.RECOMMENDED: "recomendado", Need.OPTIONAL: "opcional"}
PUBLIC, NOT_OF_PERSONS, BY_LAW = "público", "de persona física, no", "el RFC de persona física, según la ley"
HEAD = ("campo", "cómo se llama", "se pide", "procede en", "se publica", "fuente")

_RFC = "GOMC800101AB1"


def by_section() -> Iterator[tuple[str, Sequence[Sequence[str]]]]:
    """Yield the title of each page of capture and the rows of its fields, in the order of the process."""
    fields: dict[str, list[Field]] = {}
    for path, field in model.FIELDS.items():
        section = plan.owner(path)
        if section is not None and path not in _PLACES:
            fields.setdefault(section.address, []).append(field)
    order = {section.address: place for place, section in enumerate(BAR)}
    sections = [SECTIONS[address] for address in fields]
    for section in sorted(
        sections, key=lambda one: (order[in_bar(one).address], min(f.order for f in fields[one.address]))
    ):
        yield _title(section), [_row(field) for field in fields[section.address]]


_PLACES = frozenset({"planning", "tender", "bids", *model.LONG_LISTS})
"""What only holds the fields of other pages."""


def _title(section: Section) -> str:
    steps, here = [section.title], plan.around(section)
    while here is not None:
        steps.append(here.title)
        here = plan.around(here)
    return " › ".join([model.STAGES[section.stage], *reversed(steps)])


def _row(field: Field) -> Sequence[str]:
    deprecated = field.deprecated or any(model.FIELDS[one].deprecated for one in _above(field.path))
    need = "solo si ya tiene valor" if deprecated else NEEDS[field.need]
    return f"`{field.path}`", field.label, need, _applies(field.path), _published(field), field.source


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def _applies(path: str) -> str:
    methods = next((METHODS[one] for one in (path, *_above(path)) if one in METHODS), None)
    if methods is None:
        return "todo procedimiento"
    known = codelists.codelist("method").codes
    return ", ".join(code.label.lower() for key, code in known.items() if key in methods)


def _published(field: Field) -> str:
    """What the privacy table makes of a value there, asked of the table itself with somebody's data."""
    person = next(
        (one for one in (field.path, *_above(field.path)) if one in PERSONS or one in IDENTIFIERS), ""
    )
    if not person or field.path == person or field.kind in (Kind.BLOCK, Kind.LIST):
        return PUBLIC if not person or field.path == person else ""
    document, pointer = _somebody(field.path)
    kept = [
        any(one.pointer == pointer or pointer.startswith(f"{one.pointer}/") for one in withheld)
        for allowed in (False, True)
        for withheld in (privacy.withhold(document, natural_rfc_public=allowed)[1],)
    ]
    return {(False, False): PUBLIC, (True, False): BY_LAW}.get((kept[0], kept[1]), NOT_OF_PERSONS)


def _somebody(path: str) -> tuple[dict[str, Any], str]:
    """A document with one value, of somebody of whom nothing else is known, and the pointer of the value."""
    value: Any = _RFC if path.endswith("/id") else "x"
    pointer = ""
    for one in (path, *_above(path)):
        field = model.FIELDS[one]
        if one != path and field.is_list:
            value, pointer = [value], f"/0{pointer}"
        value, pointer = {field.name: value}, f"/{field.name}{pointer}"
    return value, pointer
