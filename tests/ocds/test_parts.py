"""The working document taken apart and put together."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ocds import parts
from app.ocds.parts import Part

Document = dict[str, Any]

KEYS = (
    "tender",
    "planning",
    "parties",
    "contracts",
    "awards",
    "items",
    "documents",
    "implementation",
    "transactions",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner)
    ),
    max_leaves=40,
)
DOCUMENTS = st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), JSON)


def same(one: Any, other: Any) -> bool:
    """Equal as JSON, order of keys and type of numbers included."""
    return json.dumps(one) == json.dumps(other)


@given(DOCUMENTS, st.randoms(use_true_random=False))
def test_any_document_survives(document: Document, chance: Any) -> None:
    before = deepcopy(document)
    pieces = parts.split(document)
    chance.shuffle(pieces)
    bodies = deepcopy(pieces)
    assert same(parts.assemble(pieces), document)
    assert same(document, before)
    assert same([part.body for part in pieces], [part.body for part in bodies])
    assert len({part.path for part in pieces}) == len(pieces)


def test_one_part_for_each_section_and_element(release: Document) -> None:
    assert [part.path for part in parts.split(release)] == [
        "release",
        "planning",
        "tender",
        "parties/0",
        "parties/1",
        "awards/0",
        "contracts/0",
        "planning/documents/0",
        "tender/items/0",
        "tender/items/1",
        "contracts/0/implementation/transactions/0",
    ]


def test_what_became_a_part_leaves_its_place(release: Document) -> None:
    bodies = {part.path: part.body for part in parts.split(release)}
    assert bodies["release"]["tender"] == {}
    assert bodies["release"]["parties"] == []
    assert list(bodies["release"]) == list(release)
    assert bodies["tender"]["items"] == []
    assert bodies["tender/items/1"] == release["tender"]["items"][1]
    assert bodies["contracts/0"]["implementation"] == {"transactions": []}


def test_the_number_in_a_path_is_a_name_and_the_ordinal_the_place() -> None:
    pieces = [
        Part("release", 0, {"contracts": []}),
        Part("contracts/7", 2, {"id": "second", "items": []}),
        Part("contracts/3", 9, {"id": "third"}),
        Part("contracts/12", -1, {"id": "first"}),
        Part("contracts/7/items/1", 0, {"id": "a"}),
    ]
    assert parts.assemble(pieces) == {
        "contracts": [{"id": "first"}, {"id": "second", "items": [{"id": "a"}]}, {"id": "third"}]
    }


def test_a_part_may_stand_where_none_was_expected() -> None:
    pieces = [
        Part("release", 0, {"ocid": "x"}),
        Part("tender", 0, {"id": "1"}),
        Part("tender/items/0", 0, {"id": "a"}),
        Part("contracts/0", 0, {"id": "c"}),
        Part("contracts/0/implementation/transactions/0", 0, {"id": "t"}),
    ]
    assert parts.assemble(pieces) == {
        "ocid": "x",
        "tender": {"id": "1", "items": [{"id": "a"}]},
        "contracts": [{"id": "c", "implementation": {"transactions": [{"id": "t"}]}}],
    }


ROOT = Part("release", 0, {})


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [Part("tender", 0, {})],
        [Part("release", 0, [])],
        [ROOT, Part("tender/items/0", 0, {})],
        [ROOT, Part("contracts/0", 0, {}), Part("contracts/1/items/0", 0, {})],
        [ROOT, Part("inventado", 0, {})],
        [ROOT, Part("tender/value", 0, {})],
        [ROOT, Part("contracts", 0, [])],
        [ROOT, Part("contracts/0/implementation", 0, {})],
        [ROOT, Part("", 0, {})],
        [Part("release", 0, {"tender": "texto"}), Part("tender", 0, {})],
        [Part("release", 0, {"tender": {"id": "1"}}), Part("tender", 0, {})],
        [Part("release", 0, {"parties": [{"id": "1"}]}), Part("parties/0", 0, {})],
        [Part("release", 0, {"parties": {}}), Part("parties/0", 0, {})],
        [ROOT, Part("contracts/0", 0, "texto"), Part("contracts/0/items/0", 0, {})],
        [
            ROOT,
            Part("contracts/0", 0, {"implementation": "texto"}),
            Part("contracts/0/implementation/transactions/0", 0, {}),
        ],
    ],
)
def test_parts_that_are_no_document_are_refused(pieces: list[Part]) -> None:
    with pytest.raises(ValueError, match=r"part|place|stored twice"):
        parts.assemble(pieces)
