"""What is left out by lasting places is that and nothing beside it, however the places overlap."""

import pytest

from app.ocds import lasting


def whole() -> dict[str, object]:
    return {"documents": [{"id": "A", "title": "uno"}, {"id": "B", "title": "dos"}], "title": "todo"}


@pytest.mark.parametrize(
    "places",
    [
        ["/documents/0"],
        ["/documents/0", "/documents/0/id", "/documents/0/title"],
        ["/documents/0/title", "/documents/0"],
    ],
    ids=["whole", "whole and its leaves", "leaf and whole"],
)
def test_an_element_goes_and_its_neighbour_stays(places: list[str]) -> None:
    document = whole()
    left, gone = lasting.leave_out(document, [lasting.lasting(document, place) for place in places])
    assert left == {"documents": [{"id": "B", "title": "dos"}], "title": "todo"}
    assert gone == ["/documents/0"]
    assert document == whole()


def test_with_the_only_element_its_list_goes() -> None:
    document = {"documents": [{"id": "A", "title": "uno"}], "title": "todo"}
    places = [lasting.lasting(document, one) for one in ("/documents/0", "/documents/0/title", "/documents")]
    assert lasting.leave_out(document, places)[0] == {"title": "todo"}


def test_names_that_only_begin_alike_are_apart() -> None:
    document = {"title": "a", "titleOther": "b"}
    assert lasting.leave_out(document, ["/title"])[0] == {"titleOther": "b"}


def test_a_place_follows_its_element_and_tells_no_id() -> None:
    before = {"parties": [{"id": "PEPJ800101AB1", "name": "Juana"}, {"id": 2, "name": "Otra"}]}
    juana, other = (lasting.lasting(before, f"/parties/{at}/name") for at in (0, 1))
    after = {"parties": before["parties"][::-1]}

    assert "PEPJ" not in juana
    assert (lasting.find(after, juana), lasting.find(after, other)) == ("/parties/1/name", "/parties/0/name")
    assert lasting.find(after, "/parties/id=PEPJ800101AB1/name") == "/parties/1/name"  # as it was kept once
    assert lasting.lost({"parties": [{"id": "PEPJ", "name": "Juana"}]}, [juana])
    assert not lasting.lost(after, [juana, other])


@pytest.mark.parametrize(
    ("held", "pointer"),
    [
        (["a", "b"], "/held/1"),
        ([{"title": "a"}, {"title": "b"}], "/held/1/title"),
        ([{"id": 1, "title": "a"}, {"id": "1", "title": "b"}], "/held/1/title"),
    ],
    ids=["values", "without ids", "with one id twice"],
)
def test_what_cannot_be_followed_is_its_whole_list(held: list[object], pointer: str) -> None:
    assert lasting.lasting({"held": held}, pointer) == "/held"


def test_in_an_older_document_every_element_alike_goes_without_it() -> None:
    place = lasting.lasting(
        {"parties": [{"id": "new", "address": {"street": "hoy"}}]}, "/parties/0/address/street"
    )
    older = {
        "parties": [
            {"id": "old", "address": {"street": "ayer", "postalCode": "1"}},
            {"id": "new", "address": {"street": "antes"}},
            {"id": "bare"},
        ],
        "buyer": {"address": {"street": "otra"}},
    }

    left = lasting.leave_out_alike(older, [place])

    assert left == {
        "parties": [{"id": "old", "address": {"postalCode": "1"}}, {"id": "new"}, {"id": "bare"}],
        "buyer": {"address": {"street": "otra"}},
    }


@pytest.mark.parametrize("place", ["", "x", "documents/0"], ids=repr)
def test_what_is_no_pointer_stands_nowhere(place: str) -> None:
    document = whole()
    assert lasting.find(document, place) is None
    assert lasting.leave_out(document, [place]) == (document, [])
    assert lasting.leave_out_alike(document, [place]) == document
    assert not lasting.covers(place, "", "/title")
    assert lasting.holds_alike(document, "/documents/7/title")
    assert not lasting.holds_alike(document, place)
