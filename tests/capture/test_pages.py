"""Every page of capture, asked of the real application."""

from collections.abc import Callable

import pytest

from app.capture.plan import SECTIONS, Shape
from tests.capture.conftest import Desk
from tests.html import Page


def test_every_section_has_a_page(opened: Callable[..., Desk]) -> None:
    desk = opened()
    sections = [one for one in SECTIONS.values() if "*" not in one.address]
    for one in sections:
        answer = desk.get(one.address)
        assert answer.status_code == 200, (one.address, answer.text[:2000])
        assert Page(answer.text).faults == [], one.address


@pytest.mark.parametrize("where", ["", "faltantes", "publicacion"])
def test_pages_of_the_whole_document(opened: Callable[..., Desk], where: str) -> None:
    answer = opened().get(where)
    assert answer.status_code == 200, answer.text[:2000]
    assert Page(answer.text).faults == []


def test_a_field_is_saved_and_shown(opened: Callable[..., Desk]) -> None:
    desk = opened()
    answer = desk.post("tender", {"/title": "Papel para escuelas"})
    assert answer.status_code == 303, answer.text[:2000]
    assert desk.document["tender"]["title"] == "Papel para escuelas"
    assert Shape.LIST
