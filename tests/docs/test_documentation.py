"""The pages told by tables say what the tables say."""

import pytest

from app.core.policy import Permission
from app.tenancy.models import POLICIES
from tools import documentation


@pytest.mark.parametrize("name", documentation.PAGES)
def test_the_page_says_what_the_code_does(name: str) -> None:
    assert (documentation.DOCS / name).read_text("utf-8") == documentation.PAGES[name](), (
        "renew it with: python -m tools.documentation"
    )


def test_every_permission_and_every_policy_is_told_in_words() -> None:
    assert set(documentation.PERMISSIONS) == set(Permission)
    assert set(documentation.POLICIES) == set(POLICIES)
