"""Merging one release after the other, and back from the history."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ocdsmerge.merge import CompiledRelease

from app.ocds import merge

Document = dict[str, Any]


def release_at(day: int, **members: Any) -> Document:
    return {
        "ocid": "ocds-abc123-1",
        "id": str(day),
        "date": f"2026-01-{day:02}T00:00:00Z",
        "tag": ["tender"],
        "initiationType": "tender",
        **members,
    }


VALUES = st.none() | st.integers(0, 2) | st.sampled_from(["a", "b"])
VALUE = st.dictionaries(st.sampled_from(["amount", "currency"]), VALUES, max_size=2)
ELEMENTS = st.lists(
    st.fixed_dictionaries(
        {"id": st.sampled_from(["1", "2", "3"])}, optional={"title": VALUES, "value": VALUE}
    ),
    max_size=3,
    unique_by=lambda element: element["id"],
)
RELEASE = st.fixed_dictionaries(
    {},
    optional={
        "language": VALUES,
        "tender": st.fixed_dictionaries(
            {}, optional={"title": VALUES, "value": VALUE, "documents": ELEMENTS}
        ),
        "awards": ELEMENTS,
        "parties": st.lists(
            st.fixed_dictionaries(
                {"id": st.sampled_from(["1", "2"])},
                optional={"roles": st.lists(st.sampled_from(["buyer", "payer"]), max_size=2), "name": VALUES},
            ),
            max_size=2,
            unique_by=lambda element: element["id"],
        ),
    },
)
HISTORIES = st.lists(RELEASE, min_size=1, max_size=5).map(
    lambda bodies: [release_at(day, **body) for day, body in enumerate(bodies, 1)]
)


@given(HISTORIES)
@settings(max_examples=200)
def test_appending_in_order_is_merging_all_again(history: list[Document]) -> None:
    compiled = merge.compiled(history[:1])
    for release in history[1:]:
        before = deepcopy(compiled)
        later = merge.append(compiled, release)
        assert compiled == before
        compiled = later
    assert compiled == merge.compiled(history)


ANYTHING = st.recursive(
    VALUES | st.just([]) | st.just({}),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "tender", "documents", "roles", "tag", "date", "value", "x"]), inner
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["tender", "parties", "awards", "id", "tag", "x"]), ANYTHING))
@pytest.mark.filterwarnings("ignore::ocdsmerge.exceptions.DuplicateIdValueWarning")
def test_one_release_alone_is_what_ocdsmerge_makes_of_it(content: Document) -> None:
    release = content | {"ocid": "ocds-abc123-1", "date": "2026-01-01T00:00:00Z"}
    expected = CompiledRelease(merge_rules=merge.rules())
    expected.append(release)
    try:
        merged = expected.asdict()
    except TypeError:
        with pytest.raises(merge.MergeError):
            merge.compiled([release])
    else:
        assert merge.compiled([release]) == merged


@given(HISTORIES, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter_when_all_is_merged(
    history: list[Document], chance: Any
) -> None:
    shuffled = history[:]
    chance.shuffle(shuffled)
    assert merge.compiled(shuffled) == merge.compiled(history)
    assert merge.versioned(shuffled) == merge.versioned(history)


def test_appending_an_older_release_is_wrong_so_the_caller_must_merge_again() -> None:
    first, second = release_at(1, language="es"), release_at(2, language="nah")
    assert merge.append(merge.compiled([second]), first)["language"] == "es"
    assert merge.compiled([second, first])["language"] == "nah"


@given(HISTORIES)
def test_the_history_implies_the_present(history: list[Document]) -> None:
    compiled, latest = merge.compiled(history), merge.latest_of_versioned(merge.versioned(history))
    own = {"id", "date"}
    assert {key: latest[key] for key in latest if key not in own} == {
        key: compiled[key] for key in compiled if key not in own
    }
    assert latest["date"] <= compiled["date"]
    assert latest["id"] == f"ocds-abc123-1-{latest['date']}"


def test_the_newest_value_is_the_latest_by_date_however_it_is_listed() -> None:
    def version(day: int, value: str) -> Document:
        return {
            "releaseID": str(day),
            "releaseDate": f"2026-01-0{day}",
            "releaseTag": ["tender"],
            "value": value,
        }

    title = [version(2, "new"), version(1, "old")]
    description = [version(1, "first"), version(1, "second")]
    versioned = {"ocid": "ocds-abc123-1", "tender": {"title": title, "description": description}}
    assert merge.latest_of_versioned(versioned)["tender"] == {"title": "new", "description": "second"}


def test_a_list_merged_whole_keeps_its_empty_objects() -> None:
    identifiers = [{"id": "1"}, {}]
    first = release_at(
        1, parties=[{"id": "1", "additionalIdentifiers": identifiers, "address": {"region": "x"}}]
    )
    second = release_at(2, parties=[{"id": "1", "address": {"region": None}}])
    compiled = merge.append(merge.append(merge.compiled([first]), second), release_at(3))
    assert compiled == merge.compiled([first, second, release_at(3)])
    assert compiled["parties"] == [{"id": "1", "additionalIdentifiers": identifiers, "address": {}}]


def test_the_envelope_comes_first(release: Document) -> None:
    shuffled = dict(reversed(release.items()))
    compiled = merge.compiled([shuffled])
    assert list(compiled)[:4] == ["ocid", "id", "date", "tag"]
    assert list(merge.append(compiled, release_at(2)))[:4] == ["ocid", "id", "date", "tag"]


@pytest.mark.parametrize("function", [merge.compiled, merge.versioned])
def test_nothing_cannot_be_merged(function: Any) -> None:
    with pytest.raises(ValueError, match="no releases"):
        function([])


@pytest.mark.parametrize(
    "wrong",
    [
        {"date": None},
        {"date": 5},
        {"tender": [{"id": "1"}]},
        {"otro": [{"id": ["1"]}]},
    ],
)
def test_what_cannot_be_merged_is_an_error_of_merging(wrong: Document) -> None:
    sound = [release_at(1, tender={"title": "a"}), release_at(2, tender={"title": "b"})]
    assert merge.compiled(sound)["tender"] == {"title": "b"}
    with pytest.raises(merge.MergeError):
        merge.compiled([*sound, release_at(3) | wrong])
