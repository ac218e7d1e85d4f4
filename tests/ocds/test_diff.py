"""What changed, and what merging has to be told."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.ocds import diff, merge
from app.ocds.diff import Change
from app.ocds.validation import is_publishable, validate_release

Document = dict[str, Any]


def published(current: Document, previous: Document | None = None) -> Document:
    """The compiled release after publishing `current`."""
    body = deepcopy(diff.release_body(previous, current))
    return merge.append(previous, body) if previous else merge.compiled([body])


def test_nothing_changed(release: Document) -> None:
    assert diff.changes(published(release), release) == []
    assert diff.changes(None, {"ocid": "ocds-abc123-1", "id": "1", "date": "x", "tag": ["tender"]}) == []


def test_before_the_first_release_everything_is_new(release: Document) -> None:
    found = diff.changes(None, release)
    assert [change.pointer for change in found] == [
        "/initiationType",
        "/language",
        "/parties",
        "/buyer",
        "/planning",
        "/tender",
        "/awards",
        "/contracts",
    ]
    assert all(change.before is None for change in found)


def test_values_that_change_come_and_go(release: Document) -> None:
    before = published(release)
    release["tender"]["title"] = "Papel y tinta"
    release["tender"]["description"] = "Para oficinas"
    del release["tender"]["numberOfTenderers"]
    del release["planning"]
    assert diff.changes(before, release) == [
        Change("/tender/title", "Papel", "Papel y tinta"),
        Change("/tender/description", None, "Para oficinas"),
        Change("/tender/numberOfTenderers", 1, None),
        Change("/planning", before["planning"], None),
    ]


def test_elements_are_matched_by_id(release: Document) -> None:
    before = published(release)
    carta, oficio = release["tender"]["items"]
    release["tender"]["items"] = [{"id": "I-3", "description": "Tinta"}, carta | {"quantity": 99}]
    assert diff.changes(before, release) == [
        Change("/tender/items/0", None, {"id": "I-3", "description": "Tinta"}),
        Change("/tender/items/1/quantity", 10, 99),
        Change("/tender/items/1", oficio, None),
    ]


def test_the_order_of_elements_is_no_change_where_they_have_ids(release: Document) -> None:
    before = published(release)
    release["tender"]["items"].reverse()
    assert diff.changes(before, release) == []
    release["parties"][1]["roles"].reverse()
    assert [change.pointer for change in diff.changes(before, release)] == ["/parties/1/roles"]


def test_elements_that_share_an_id_are_matched_in_order(release: Document) -> None:
    release["tender"]["items"] = [{"id": "1", "quantity": 1}, {"id": "1", "quantity": 2}]
    previous = deepcopy(release)
    release["tender"]["items"].append({"id": "1", "quantity": 3})
    assert diff.changes(previous, release) == [Change("/tender/items/2", None, {"id": "1", "quantity": 3})]


def test_null_and_empty_are_the_same_as_absent(release: Document) -> None:
    before = published(release)
    release["tender"] |= {
        "description": None,
        "minValue": {},
        "documents": [],
        "contractPeriod": {"startDate": None},
    }
    assert diff.changes(before, release) == []


def test_odd_keys_are_escaped(release: Document) -> None:
    before = published(release)
    release["x-de/esto~"] = 1
    assert diff.changes(before, release) == [Change("/x-de~1esto~0", None, 1)]


def test_the_body_is_the_document_when_nothing_went_away(release: Document) -> None:
    before = published(release)
    assert diff.release_body(None, release) is release
    release["tender"]["title"] = "Otro"
    assert diff.release_body(before, release) == release


def test_what_went_away_is_null_in_the_body_and_gone_after_merging(release: Document) -> None:
    before = published(release)
    del release["language"]
    del release["tender"]["title"]
    del release["tender"]["value"]
    original = deepcopy(release)
    body = diff.release_body(before, release)
    assert body["language"] is None
    assert body["tender"]["title"] is None
    assert body["tender"]["value"] == {"amount": None, "currency": None}
    assert release == original
    after = published(release, before)
    assert "language" not in after
    assert "title" not in after["tender"]
    assert after["tender"]["value"] == {}


def test_an_element_cannot_vanish_but_loses_all_that_may_be_null(release: Document) -> None:
    before = published(release)
    release["tender"]["items"] = release["tender"]["items"][:1]
    release["contracts"] = []
    body = diff.release_body(before, release)
    assert body["tender"]["items"][1] == {"id": "I-2", "description": None, "quantity": None}
    assert body["contracts"] == [
        {
            "id": "C-1",
            "awardID": "A-1",
            "status": None,
            "value": {"amount": None, "currency": None},
            "dateSigned": None,
            "implementation": {
                "transactions": [{"id": "X-1", "date": None, "value": {"amount": None, "currency": None}}]
            },
        }
    ]
    after = published(release, before)
    assert after["tender"]["items"] == [release["tender"]["items"][0], {"id": "I-2"}]
    assert diff.changes(after, release) == []
    assert diff.release_body(after, release) == release


def test_lists_merged_whole_become_empty_or_null(release: Document) -> None:
    release["parties"][0]["additionalIdentifiers"] = [{"scheme": "MX-RFC", "id": "1"}]
    release["tender"]["submissionMethod"] = ["written"]
    before = published(release)
    del release["parties"][0]["additionalIdentifiers"]
    del release["tender"]["submissionMethod"]
    body = diff.release_body(before, release)
    assert body["parties"][0]["additionalIdentifiers"] == []
    assert body["tender"]["submissionMethod"] is None
    assert "submissionMethod" not in published(release, before)["tender"]


def test_an_element_without_id_is_not_repeated(release: Document) -> None:
    release["parties"].append({"name": "Sin identificador"})
    before = published(release)
    release["parties"].pop()
    assert diff.release_body(before, release) == release
    assert diff.changes(before, release) == []


@pytest.mark.parametrize("removed", ["tender", "planning", "awards", "contracts", "parties", "buyer"])
def test_taking_a_section_away_stays_valid(release: Document, removed: str) -> None:
    before = published(release)
    del release[removed]
    body = diff.release_body(before, release)
    assert [problem for problem in validate_release(body) if problem.severity == "error"] == []
    assert diff.changes(published(release, before), release) == []


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: list[tuple[Any, ...]] = []
    for key, held in items:
        found += [(*path, key), *leaves(held, (*path, key))]
    return found


KEPT = {"ocid", "id", "date", "tag", "initiationType", "awardID", "roles"}


def edited(document: Document, chance: Any) -> Document:
    """A document with a few things changed, taken away or added, as people do."""
    document = deepcopy(document)
    for _ in range(chance.randint(1, 4)):
        places = [path for path in leaves(document) if path[-1] not in KEPT and not KEPT & set(path)]
        if not places:
            return document
        *way, last = chance.choice(places)
        holder: Any = document
        for key in way:
            holder = holder[key]
        if chance.random() < 0.6:
            del holder[last]
        elif isinstance(holder[last], str) and last in ("title", "name", "description", "rationale"):
            holder[last] += "!"
    return document


@given(st.randoms(use_true_random=False))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_publishing_there_is_nothing_left_to_publish(release: Document, chance: Any) -> None:
    state: Document | None = None
    for day in range(1, 5):
        release = edited(release, chance) | {"id": str(day), "date": f"2027-01-{day:02}T00:00:00Z"}
        body = diff.release_body(state, release)
        assert is_publishable(validate_release(body))
        state = published(release, state)
        assert diff.changes(state, release) == []
