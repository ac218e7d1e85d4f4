"""What is still to be written: only what the process, its method and its parties really owe."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ocds import model
from app.ocds.applicability import METHODS, applies, method_of
from app.ocds.checks import completeness, missing
from app.ocds.model import Need, Stage
from tests.ocds.processes import coherent
from tests.ocds.test_checks import changed


def gaps(document: dict[str, Any]) -> set[str]:
    return {gap.pointer for gap in missing(document)}


def test_a_whole_process_lacks_nothing() -> None:
    assert missing(coherent()) == []
    assert all(have == want > 0 for have, want in completeness(coherent()).values())


def test_an_empty_document_lacks_its_sections() -> None:
    assert gaps({}) == {"/language", "/parties", "/buyer", "/planning", "/tender"}
    assert completeness({})[Stage.TENDER] == (0, 1)
    assert completeness({})[Stage.CONTRACT] == (0, 0)


@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_what_is_empty_is_missing_at_its_place(empty: Any) -> None:
    document = coherent()
    document["tender"]["items"][1]["unit"] = empty
    (gap,) = missing(document)
    assert (gap.pointer, gap.field.path, gap.field.need) == (
        "/tender/items/1/unit",
        "tender/items/unit",
        Need.REQUIRED,
    )


def test_zero_and_no_are_answers() -> None:
    document = changed(coherent(), "/tender/hasEnquiries", False)
    changed(document, "/tender/items/0/quantity", 0)
    assert missing(document) == []


def test_one_element_that_lacks_a_field_leaves_its_path_incomplete() -> None:
    document = coherent()
    have, want = completeness(document)[Stage.TENDER]
    del document["tender"]["items"][1]["description"]
    assert completeness(document)[Stage.TENDER] == (have - 1, want)
    document["tender"]["items"] = [
        {**document["tender"]["items"][1], "id": str(number)} for number in range(100)
    ]
    assert completeness(document)[Stage.TENDER] == (have - 1, want)


def test_awards_and_contracts_are_asked_for_when_their_time_comes() -> None:
    document = coherent()
    del document["awards"], document["contracts"]
    assert gaps(document) == {"/awards"}
    document["tender"]["status"] = "unsuccessful"
    assert gaps(document) == set()
    document = coherent()
    del document["contracts"]
    assert gaps(document) == {"/contracts"}
    document["awards"][0]["status"] = "pending"
    assert gaps(document) == set()


def test_a_contract_not_yet_signed_owes_no_signature_and_no_progress() -> None:
    document = coherent()
    del document["contracts"][0]["dateSigned"], document["contracts"][0]["implementation"]
    assert gaps(document) == {"/contracts/0/dateSigned", "/contracts/0/implementation"}
    document["contracts"][0]["status"] = "pending"
    assert gaps(document) == set()


def test_a_contract_that_nobody_changed_lacks_no_amendment() -> None:
    document = coherent()
    del document["contracts"][0]["amendments"]
    assert gaps(document) == set()


def test_a_natural_person_owes_no_address_and_no_legal_name() -> None:
    document = coherent()
    natural = document["parties"][2]
    assert "address" not in natural
    del natural["identifier"]["legalPersonality"]
    assert gaps(document) == {"/parties/2/identifier/legalPersonality"}
    natural["identifier"]["legalPersonality"] = "legalPerson"
    assert gaps(document) == {
        "/parties/2/address",
        "/parties/2/contactPoint",
        "/parties/2/identifier/legalName",
    }


def test_a_direct_award_is_not_asked_about_its_competition() -> None:
    document = coherent()
    for path in METHODS:
        block, key = path.split("/") if "/" in path else (path, "")
        if block == "tender":
            document["tender"].pop(key, None)
    del document["bids"]
    assert "/tender/tenderPeriod" in gaps(document)
    document["tender"]["procurementMethod"] = "direct"
    assert gaps(document) == set()


def test_the_table_speaks_of_fields_of_the_model() -> None:
    assert METHODS.keys() <= model.FIELDS.keys()
    assert applies("tender/enquiryPeriod/startDate", "open")
    assert applies("tender/enquiryPeriod/startDate", "limited")
    assert applies("tender/enquiryPeriod/startDate", None)
    assert not applies("tender/enquiryPeriod/startDate", "direct")
    assert not applies("bids/details/value/amount", "direct")
    assert applies("tender/value", "direct")
    odd: list[dict[str, Any]] = [{}, {"tender": []}, {"tender": {"procurementMethod": ""}}]
    assert [method_of(document) for document in odd] == [None] * 3


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=3) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from([field.name for field in model.FIELDS.values()]), inner, max_size=6
            )
        ),
        max_leaves=12,
    )
)
def test_a_document_of_any_shape_gets_an_answer(value: Any) -> None:
    document = value if isinstance(value, dict) else {"tender": value, "awards": value, "parties": [value]}
    assert all(0 <= have <= want for have, want in completeness(document).values())
    assert len(gaps(document)) == len(missing(document))


def test_a_role_of_any_shape_is_looked_at() -> None:
    assert "/parties/0/identifier" in gaps({"parties": [{"id": "1", "roles": [{"buyer": 1}, ["payer"], 3]}]})
    assert "/parties/0/identifier" not in gaps({"parties": [{"id": "1", "roles": ["official"]}]})
