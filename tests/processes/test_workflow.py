"""The tables of states themselves: what they answer, and that every act of theirs can be told."""

import pytest

from app.core.policy import ROLES
from app.core.workflow import Verdict
from app.ocds.shape import Document
from app.processes.correction import corrects
from app.processes.history import VERBS
from app.processes.models import OBSERVATION_STATUSES, VERSION_STATUSES
from app.processes.workflow import OBSERVATIONS, POLICY_LABELS, VERSIONS
from app.tenancy.models import POLICIES


@pytest.mark.parametrize(
    ("role", "action", "status", "policy", "verdict"),
    [
        ("so_publisher", "publish", "approved", "garante", Verdict.ALLOWED),
        ("so_publisher", "publish", "scheduled", "garante", Verdict.CONFLICT),
        ("so_editor", "publish", "scheduled", "garante", Verdict.FORBIDDEN),
        ("so_editor", "publish", "draft", "direct", Verdict.ALLOWED),
        ("so_publisher", "approve", "in_review", "garante", Verdict.FORBIDDEN),
        ("so_publisher", "approve_alone", "in_review", "self", Verdict.CONFLICT),
        ("garante_reviewer", "miss", "scheduled", "garante", Verdict.FORBIDDEN),
        ("platform_operator", "edit", "draft", "self", Verdict.FORBIDDEN),
    ],
)
def test_verdicts(role: str, action: str, status: str, policy: str, verdict: Verdict) -> None:
    assert VERSIONS.verdict(action, status, policy, ROLES[role]) is verdict


def test_states_and_policies_are_those_of_the_tables() -> None:
    assert tuple(VERSIONS.statuses) == VERSION_STATUSES
    assert tuple(OBSERVATIONS.statuses) == OBSERVATION_STATUSES
    assert set(POLICY_LABELS) == set(POLICIES)


def test_every_act_has_words_in_the_log() -> None:
    told = {f"process.{row.action}" for row in VERSIONS.transitions}
    told |= {f"observation.{row.action}" for row in OBSERVATIONS.transitions}
    assert told <= VERBS.keys()


PUBLISHED: Document = {"tender": {"id": "1", "title": "Papelería", "status": "active"}}


@pytest.mark.parametrize(
    ("tender", "is_correction"),
    [
        ({"id": "1", "title": "Papelería", "status": "complete"}, False),
        ({"id": "1", "title": "Papelería", "status": "active", "description": "Para oficinas"}, False),
        ({"id": "1", "title": "Mobiliario", "status": "active"}, True),
        ({"id": "1", "status": "active"}, True),
    ],
)
def test_what_counts_as_a_correction(tender: Document, is_correction: bool) -> None:
    assert corrects(PUBLISHED, {"tender": tender}) is is_correction
    assert not corrects(None, {"tender": tender})
