"""Each field of the model: set through its form, found in the working document, published or withheld by its class."""

from collections.abc import Callable, Iterator

import pytest

from app.capture import forms, plan, rows
from app.capture.controls import Choices, Option
from app.capture.forms import Ground
from app.capture.plan import SECTIONS, Section, Shape, filled
from app.capture.rows import Input, Repeat
from app.ocds import entry, model
from app.ocds.shape import Document
from app.processes import places
from app.processes.drafting import examine
from app.processes.outline import find
from app.processes.service import ENVELOPE
from tests.capture.conftest import Desk
from tests.capture.samples import PARTIES, full, typed

ZONE = "America/Mexico_City"
FORMS = [one for one in SECTIONS.values() if one.shape is not Shape.LIST]


def asked(document: Document, section: Section, part: str) -> forms.SectionForm:
    """The form of a section over the first element of every list."""
    pointer = "" if part == plan.ROOT else f"/{part}"
    body = find(document, pointer) if pointer else document
    assert isinstance(body, dict)
    options = tuple(Option(one, one) for one in PARTIES)
    return forms.build(Ground(section, body, ZONE, Choices(options, options, options)))


def paths_of(part: str, row: Input) -> set[str]:
    """The model's paths that a control is for."""
    path = places.field_path(part, row.name)
    if model.FIELDS[path].of == "OrganizationReference":
        return {path, f"{path}/id", f"{path}/name"}
    return {path}


def rows_of(form: forms.SectionForm) -> Iterator[rows.Row]:
    return iter(rows.walk((*form.rows, *form.extra)))


def test_every_field_of_the_model_is_asked_for_in_exactly_one_form() -> None:
    document = full()
    seen: dict[str, list[str]] = {}
    for section in FORMS:
        part = filled(section.part, "0/0/0/0")
        form = asked(document, section, part)
        here = {path for row in rows_of(form) if isinstance(row, Input) for path in paths_of(part, row)}
        here |= {places.field_path(part, row.name) for row in rows_of(form) if not isinstance(row, Input)}
        for path in here:
            seen.setdefault(path, []).append(section.address)
    held_apart = {section.base for section in SECTIONS.values()} | {"bids"}
    wanted = {path for path in model.FIELDS if path not in ENVELOPE} - held_apart
    assert wanted - seen.keys() == set()
    assert seen.keys() - wanted == set()
    assert {path: where for path, where in seen.items() if len(where) > 1} == {}


@pytest.fixture
def filled_in(opened: Callable[..., Desk]) -> Desk:
    return opened(full())


def test_what_is_typed_in_each_field_is_in_the_document_and_the_release(filled_in: Desk) -> None:
    desk = filled_in
    expected: dict[str, object] = {}
    # Parties last: whoever refers to one would follow its new id.
    for section in sorted(FORMS, key=lambda one: one.base == "parties"):
        where = filled(section.address, "0/0/0/0")
        part = filled(section.part, where)
        form = asked(desk.document, section, part)
        sent: dict[str, str | list[str]] = {}
        for row in rows_of(form):
            if isinstance(row, Input):
                sent[row.name] = typed(row)
                place = f"{'' if part == plan.ROOT else '/' + part}{row.name}"
                if model.FIELDS[places.field_path(part, row.name)].of == "OrganizationReference":
                    place += "/id"
                    expected[place] = typed(row)[0]
                else:
                    expected[place] = entry.read(row.field, "\n".join(filter(None, typed(row))), zone=ZONE)
            elif isinstance(row, Repeat):
                sent[f"{row.name}/@lista"] = row.digest if row.name.count("/0") == 0 else ""
                sent |= {f"{item.name}/@fila": item.origin for item in row.rows}
        answer = desk.post(where, sent)
        assert answer.status_code == 303, (where, answer.status_code, answer.text[:3000])
    document = desk.document
    lost = {
        place: (value, find(document, place))
        for place, value in expected.items()
        if find(document, place) != value
    }
    assert lost == {}
    assert len(expected) > 1500
    examined = examine("ocds-000000-1", document, natural_rfc_public=False)
    kept = [one.pointer for one in examined.withheld]
    missing = [
        place
        for place, value in expected.items()
        if find(examined.release, place) != value
        and not any(f"{place}/".startswith(f"{one}/") for one in kept)
    ]
    assert missing == []
