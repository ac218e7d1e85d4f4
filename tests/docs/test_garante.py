"""The manual of a garante defines numbers as the product does."""

from pathlib import Path

from app.adoption.wording import DEFINITIONS

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "garante.md"


def test_every_number_is_defined_in_the_words_of_the_page() -> None:
    said = MANUAL.read_text("utf-8")
    for one in DEFINITIONS.values():
        assert f"| {one.label} | {one.text} |" in said
