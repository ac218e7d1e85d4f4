"""The settings page is written from the settings themselves; this compares the two.

`python -m tests.docs.settings_page > docs/settings.md` writes it again.
"""

from pathlib import Path

from tests.docs.settings_page import page

ROOT = Path(__file__).resolve().parents[2]


def test_every_setting_is_documented_as_it_is() -> None:
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == page()
