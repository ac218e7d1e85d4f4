"""The map of tiles: all 32 states, each in a place of its own, and each class with its own sign."""

from xml.etree import ElementTree as ET  # our own drawings

from app.charts.drawing import WIDTH
from app.charts.states import PLACES, states

SVG = "{http://www.w3.org/2000/svg}"
CLASSES = ("Nada", "Algo", "Todo")


def test_every_state_has_a_place_of_its_own() -> None:
    assert sorted(PLACES) == [f"{code:02}" for code in range(1, 33)]
    assert len({letters for letters, _, _ in PLACES.values()}) == 32
    assert len({(across, down) for _, across, down in PLACES.values()}) == 32


def test_a_class_is_told_by_a_sign_and_in_words() -> None:
    drawing = ET.fromstring(states("Mapa", CLASSES, {"14": ("Jalisco", 2), "01": ("<b>", 1)}))  # noqa: S314  # our own
    tiles = {group.findtext(f"{SVG}title"): group for group in drawing.iter(f"{SVG}g")}
    assert len(tiles) == 32

    def signs(title: str) -> list[str | None]:
        return [one.get("class") for one in tiles[title].iter(f"{SVG}circle")]

    assert signs("Jalisco: Todo") == ["s0"]
    assert signs("<b>: Algo") == ["ring"]
    assert signs("YUC: Nada") == []


def test_all_of_it_is_inside_of_the_paper() -> None:
    drawing = ET.fromstring(states("Mapa", CLASSES, {}))  # noqa: S314  # our own drawing
    high = float(drawing.attrib["viewBox"].split()[3])
    for tile in drawing.iter(f"{SVG}rect"):
        right = float(tile.get("x", "0")) + float(tile.attrib["width"])
        foot = float(tile.get("y", "0")) + float(tile.attrib["height"])
        assert right <= WIDTH + 0.5
        assert foot <= high
