"""Tags follow from what changed."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ocds import codelists, diff, merge, tags

Document = dict[str, Any]
ALL = ["planning", "tender", "award", "contract", "implementation"]


def after(release: Document, **sections: Any) -> tuple[Document, Document]:
    """The compiled release, and a working document with other sections."""
    return merge.compiled([deepcopy(release)]), deepcopy(release) | sections


def test_sections_present(release: Document) -> None:
    assert tags.sections_present(release) == ALL
    assert tags.sections_present({}) == []
    hollow = {"planning": {}, "tender": {"id": ""}, "awards": [], "contracts": [{"implementation": {}}]}
    assert tags.sections_present(hollow | {"parties": [{"id": "1"}]}) == []
    assert tags.sections_present({"tender": {"id": "1"}, "awards": "texto"}) == ["tender", "award"]


def test_the_first_release_is_named_by_its_sections(release: Document) -> None:
    assert tags.derive(None, release) == ALL
    assert tags.derive(None, {"ocid": "x", "tender": {"id": "1", "status": "cancelled"}}) == ["tender"]
    assert tags.derive(None, {"ocid": "x", "buyer": {"name": "Secretaría"}}) == ["planning"]


def test_without_a_change_there_is_no_release_to_tag(release: Document) -> None:
    assert tags.derive(*after(release)) == []
    assert tags.derive(*after(release, id="2", date="2027-01-01T00:00:00Z", tag=["tender"])) == []


@pytest.mark.parametrize("section", ["planning", "tender", "awards", "contracts"])
def test_a_section_that_appears_gives_its_tag(release: Document, section: str) -> None:
    whole = deepcopy(release)
    del release[section]
    expected = {"awards": ["award"], "contracts": ["contract", "implementation"]}.get(section, [section])
    assert tags.derive(merge.compiled([release]), whole) == expected


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({"planning": {"rationale": "Otra"}}, ["planningUpdate"]),
        ({"tender": {"id": "T-1", "title": "Otro"}}, ["tenderUpdate"]),
        ({"tender": {"id": "T-1", "status": "cancelled"}}, ["tenderCancellation"]),
        ({"tender": {"id": "T-1", "amendments": [{"id": "1", "description": "x"}]}}, ["tenderAmendment"]),
        (
            {"tender": {"id": "T-1", "status": "cancelled", "amendments": [{"id": "1"}]}},
            ["tenderAmendment", "tenderCancellation"],
        ),
        ({"awards": [{"id": "A-1", "status": "active", "title": "x"}]}, ["awardUpdate"]),
        ({"awards": [{"id": "A-1", "status": "cancelled"}]}, ["awardCancellation"]),
        ({"contracts": [{"id": "C-1", "awardID": "A-1", "status": "terminated"}]}, ["contractTermination"]),
        ({"awards": []}, ["awardUpdate"]),
        ({"contracts": []}, ["contractUpdate"]),
        ({"language": "nah"}, ["implementationUpdate"]),
        ({"parties": []}, ["implementationUpdate"]),
    ],
)
def test_what_existed_is_updated(release: Document, sections: Document, expected: list[str]) -> None:
    previous, current = after(release, **deepcopy(sections))
    for contract in current["contracts"]:
        contract.setdefault("implementation", release["contracts"][0]["implementation"])
    assert tags.derive(previous, current) == expected


def test_new_elements_of_a_known_section(release: Document) -> None:
    previous, current = after(release)
    current["awards"].append({"id": "A-2", "status": "cancelled"})
    current["contracts"].append({"id": "C-2", "awardID": "A-2"})
    assert tags.derive(previous, current) == ["award", "contract"]
    current["contracts"][1]["implementation"] = {"status": "ongoing"}
    assert tags.derive(previous, current) == ["award", "contract", "implementation"]


def test_inside_a_contract(release: Document) -> None:
    previous, current = after(release)
    current["contracts"][0]["dateSigned"] = "2026-04-02T10:00:00-06:00"
    assert tags.derive(previous, current) == ["contractUpdate"]
    current["contracts"][0]["amendments"] = [{"id": "1", "rationale": "Prórroga"}]
    assert tags.derive(previous, current) == ["contractAmendment"]
    current["contracts"][0]["implementation"]["transactions"].append({"id": "X-2"})
    assert tags.derive(previous, current) == ["contractAmendment", "implementationUpdate"]


def test_an_amendment_that_is_corrected_is_an_update(release: Document) -> None:
    release["contracts"][0]["amendments"] = [{"id": "1", "rationale": "Prórroga"}]
    previous, current = after(release)
    current["contracts"][0]["amendments"][0]["rationale"] = "Prórroga de plazo"
    assert tags.derive(previous, current) == ["contractUpdate"]
    current["contracts"][0]["amendments"][0] = {"id": "1", "rationale": "Prórroga", "description": "Más días"}
    assert tags.derive(previous, current) == ["contractUpdate"]
    current["contracts"][0]["amendments"].append({"id": "2", "rationale": "Otra"})
    assert tags.derive(previous, current) == ["contractAmendment"]


def test_the_first_payment_is_the_beginning_of_implementation(release: Document) -> None:
    implementation = release["contracts"][0].pop("implementation")
    previous, current = after(release)
    current["contracts"][0]["implementation"] = implementation
    assert tags.derive(previous, current) == ["implementation"]


def test_an_update_of_nothing_is_no_update() -> None:
    previous = merge.compiled([{"ocid": "x", "id": "1", "date": "2026-01-01", "buyer": {"id": "1"}}])
    assert tags.derive(previous, {"buyer": {"id": "2"}}) == ["planning"]


def test_a_stage_that_cannot_be_taken_back_was_reached() -> None:
    previous = merge.compiled([{"ocid": "x", "id": "1", "date": "2026-01-01", "tender": {"id": "1"}}])
    assert tags.derive(previous, {"language": "es"}) == ["tenderUpdate"]


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["tender", "contracts", "awards", "id", "status", "amendments", "implementation"]
            ),
            inner,
        )
    ),
    max_leaves=15,
)
DOCUMENTS = st.dictionaries(st.sampled_from(["planning", "tender", "awards", "contracts", "parties"]), JSON)


@given(DOCUMENTS, DOCUMENTS)
def test_drafts_of_any_shape_have_tags(previous: Document, current: Document) -> None:
    assert set(tags.derive(previous, current)) <= set(tags.TAGS)
    assert bool(tags.derive(previous, current)) == bool(diff.changes(previous, current))
    assert tags.derive(current, current) == []
    diff.release_body(previous, current)


def test_every_tag_is_of_the_standard(release: Document) -> None:
    known = set(codelists.codelist("releaseTag").codes) - {"compiled"}
    assert set(tags.TAGS) == known
