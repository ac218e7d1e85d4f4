"""Statuses are suggested from what is attached, only forwards, and never where a stage has ended."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ocds import status
from app.ocds.codelists import codelist
from app.ocds.status import Suggestion
from tests.ocds.processes import coherent

NOW = datetime(2026, 2, 10, tzinfo=UTC)
LATER = datetime(2026, 11, 22, tzinfo=UTC)


def suggested(document: dict[str, Any], now: datetime = NOW) -> dict[str, str]:
    return {one.pointer: one.suggested for one in status.suggestions(document, now=now)}


def process(method: str = "open", **papers: str) -> dict[str, Any]:
    """A process with one document in each of the named places."""
    holders: dict[str, dict[str, Any]] = {
        "planning": {},
        "tender": {"procurementMethod": method},
        "award": {"id": "A"},
        "contract": {"id": "C", "awardID": "A"},
        "implementation": {},
    }
    for place, kind in papers.items():
        holders[place]["documents"] = [{"id": "1", "documentType": kind}]
    document: dict[str, Any] = {"planning": holders["planning"], "tender": holders["tender"]}
    if {"award", "contract", "implementation"} & papers.keys():
        document["awards"] = [holders["award"]]
    if {"contract", "implementation"} & papers.keys():
        document["contracts"] = [{**holders["contract"], "implementation": holders["implementation"]}]
    return document


@pytest.mark.parametrize(
    ("papers", "expected"),
    [
        ({}, {}),
        ({"planning": "marketStudies"}, {"/tender/status": "planning"}),
        ({"planning": "request"}, {"/tender/status": "planned"}),
        ({"tender": "tenderNotice"}, {"/tender/status": "active"}),
        ({"tender": "cancellationDetails"}, {"/tender/status": "cancelled"}),
        ({"tender": "unsuccessfulProcedureNotice"}, {"/tender/status": "unsuccessful"}),
        ({"award": "unsuccessfulProcedureNotice"}, {"/tender/status": "unsuccessful", "/awards/0/status": "unsuccessful"}),
        ({"award": "evaluationReports"}, {"/awards/0/status": "pending"}),
        ({"award": "awardNotice"}, {"/tender/status": "complete", "/awards/0/status": "active"}),
        ({"award": "cancellationDetails"}, {"/awards/0/status": "cancelled"}),
        (
            {"contract": "contractSigned"},
            {
                "/tender/status": "complete",
                "/awards/0/status": "active",
                "/contracts/0/status": "active",
                "/contracts/0/implementation/status": "planning",
            },
        ),
        (
            {"contract": "contractSigned", "implementation": "physicalProgressReport"},
            {
                "/tender/status": "complete",
                "/awards/0/status": "active",
                "/contracts/0/status": "active",
                "/contracts/0/implementation/status": "ongoing",
            },
        ),
        (
            {"contract": "contractSigned", "implementation": "completionCertificate"},
            {
                "/tender/status": "complete",
                "/awards/0/status": "active",
                "/contracts/0/status": "terminated",
                "/contracts/0/implementation/status": "concluded",
            },
        ),
    ],
)  # fmt: skip
def test_papers_tell_how_far_each_stage_has_come(papers: dict[str, str], expected: dict[str, str]) -> None:
    assert suggested(process(**papers)) == expected


def test_dates_tell_too() -> None:
    document = process(contract="contractNotice")
    document["tender"]["tenderPeriod"] = {"startDate": "2026-02-01T00:00:00-06:00"}
    contract = document["contracts"][0]
    contract |= {
        "dateSigned": "2026-03-01T00:00:00-06:00",
        "period": {"startDate": "2026-03-10T00:00:00-06:00"},
    }
    assert suggested(document) == {
        "/tender/status": "active",
        "/awards/0/status": "pending",
        "/contracts/0/status": "pending",
    }
    assert suggested(document, LATER) == {
        "/tender/status": "complete",
        "/awards/0/status": "active",
        "/contracts/0/status": "active",
        "/contracts/0/implementation/status": "ongoing",
    }


def test_a_direct_award_has_no_call() -> None:
    document = process("direct", tender="tenderNotice")
    document["tender"]["tenderPeriod"] = {"startDate": "2026-02-01T00:00:00-06:00"}
    assert suggested(document) == {}


def test_one_award_that_fails_leaves_the_others() -> None:
    document = process(award="unsuccessfulProcedureNotice")
    document["awards"].append({"id": "B", "documents": [{"id": "1", "documentType": "awardNotice"}]})
    assert suggested(document) == {
        "/tender/status": "complete",
        "/awards/0/status": "unsuccessful",
        "/awards/1/status": "active",
    }


def test_the_reason_is_told() -> None:
    document = process(tender="tenderNotice")
    document["tender"]["status"] = "planned"
    (only,) = status.suggestions(document, now=NOW)
    assert only == Suggestion(
        "/tender/status", "planned", "active", "Se publicó la convocatoria: parece «Activa»."
    )


def test_a_process_that_says_how_far_it_is_gets_no_suggestion() -> None:
    assert suggested(coherent(), LATER) == {}


@given(st.data())
def test_nothing_moves_backwards_and_what_has_ended_stays(data: st.DataObject) -> None:
    kinds = st.sampled_from(list(codelist("documentType").codes))
    document = process(
        data.draw(st.sampled_from(["open", "direct"])),
        **{
            place: data.draw(kinds) for place in ("planning", "tender", "award", "contract", "implementation")
        },
    )
    contract = document["contracts"][0]
    blocks = {
        "/tender/status": ("tenderStatus", document["tender"]),
        "/awards/0/status": ("awardStatus", document["awards"][0]),
        "/contracts/0/status": ("contractStatus", contract),
        "/contracts/0/implementation/status": ("implementationStatus", contract["implementation"]),
    }
    for name, block in blocks.values():
        block["status"] = data.draw(st.sampled_from(list(codelist(name).codes)))
    ended = {"cancelled", "unsuccessful", "withdrawn", "complete", "terminated", "concluded"}
    for one in status.suggestions(document, now=LATER):
        name, block = blocks[one.pointer]
        assert one.current == block["status"]
        assert one.current not in ended
        codes = list(codelist(name).codes)
        assert one.suggested in ended or codes.index(one.suggested) > codes.index(str(one.current))
        # Once accepted, it is not suggested again.
        block["status"] = one.suggested
    again = {one.pointer for one in status.suggestions(document, now=LATER)}
    assert "/tender/status" not in again or document["tender"]["status"] not in ended
