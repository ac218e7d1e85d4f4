"""The pages told by tables say what the tables say."""

import pytest

from app.core.policy import Permission
from app.ocds.checks import RULES
from app.tenancy.models import POLICIES
from tools import documentation, rule_sources


@pytest.mark.parametrize("name", documentation.PAGES)
def test_the_page_says_what_the_code_does(name: str) -> None:
    assert (documentation.DOCS / name).read_text("utf-8") == documentation.PAGES[name](), (
        "renew it with: python -m tools.documentation"
    )


def test_every_permission_and_every_policy_is_told_in_words() -> None:
    assert set(documentation.PERMISSIONS) == set(Permission)
    assert set(documentation.POLICIES) == set(POLICIES)


def test_every_rule_of_others_is_answered_once() -> None:
    known = {*rule_sources.INCUMBENT, *rule_sources.PELICAN}
    ours = {source for rule in RULES for source in rule.sources}
    assert {source for source in ours if source.startswith(("incumbente E", "Pelican "))} <= known
    assert known - ours == set(rule_sources.ELSEWHERE)
    assert len(rule_sources.PELICAN) == len(set(rule_sources.PELICAN)) == 12 + 37 + 3
    assert len(rule_sources.INCUMBENT) == 26


def test_a_rule_of_ours_has_a_source() -> None:
    assert all(rule.sources and rule.title.endswith(".") for rule in RULES)
