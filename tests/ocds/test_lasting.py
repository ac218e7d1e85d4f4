"""What is left out by lasting places is that and nothing beside it, however the places overlap."""

import pytest

from app.ocds import lasting


def whole() -> dict[str, object]:
    return {"documents": [{"id": "A", "title": "uno"}, {"id": "B", "title": "dos"}], "title": "todo"}


@pytest.mark.parametrize(
    "places",
    [
        ["/documents/id=A"],
        ["/documents/id=A", "/documents/id=A/id", "/documents/id=A/title"],
        ["/documents/id=A/title", "/documents/id=A"],
    ],
    ids=["whole", "whole and its leaves", "leaf and whole"],
)
def test_an_element_goes_and_its_neighbour_stays(places: list[str]) -> None:
    document = whole()
    left, gone = lasting.leave_out(document, places)
    assert left == {"documents": [{"id": "B", "title": "dos"}], "title": "todo"}
    assert gone == ["/documents/0"]
    assert document == whole()


def test_with_the_only_element_its_list_goes() -> None:
    document = {"documents": [{"id": "A", "title": "uno"}], "title": "todo"}
    places = ["/documents/id=A", "/documents/id=A/title", "/documents"]
    assert lasting.leave_out(document, places)[0] == {"title": "todo"}


def test_names_that_only_begin_alike_are_apart() -> None:
    document = {"title": "a", "titleOther": "b"}
    assert lasting.leave_out(document, ["/title"])[0] == {"titleOther": "b"}
