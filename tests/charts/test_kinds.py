"""Charts: what is longer is drawn longer, everything fits, and nothing that was given can be anything but text."""

import re
from xml.etree import ElementTree as ET  # our own drawings

import pytest

from app.charts.drawing import SERIES, WIDTH
from app.charts.kinds import Bar, Stack, bars, columns, dots, stacked

SVG = "{http://www.w3.org/2000/svg}"
EVIL = '<script>alert("1")</script>&'


def parsed(drawing: str) -> ET.Element:
    return ET.fromstring(drawing)  # noqa: S314  # our own drawing


def boxes(drawing: str) -> list[dict[str, str]]:
    """The boxes of a drawing, but for its paper."""
    return [dict(one.attrib) for one in parsed(drawing).iter(f"{SVG}rect") if one.get("class") != "paper"]


def test_bars_are_as_long_as_their_values() -> None:
    drawn = boxes(bars("Montos", [Bar("Uno", 200, "200"), Bar("Dos", 50, "50"), Bar("Nada", 0, "0")]))
    wide = [float(one["width"]) for one in drawn]
    assert wide[0] == pytest.approx(4 * wide[1], abs=0.2)
    assert wide[2] == 1


def test_parts_follow_each_other_and_all_rows_share_a_scale() -> None:
    drawing = stacked("Etapas", ["A", "B"], [Stack("Uno", (30, 10), "40"), Stack("Dos", (0, 20), "20")])
    (first, second, other) = boxes(drawing)[2:]
    assert float(second["x"]) == pytest.approx(float(first["width"]), abs=0.2)
    assert float(other["width"]) == pytest.approx(2 * float(second["width"]), abs=0.2)
    assert (first["fill"], second["fill"], other["fill"]) == (SERIES[0], SERIES[1], SERIES[1])


def test_columns_stand_on_one_foot() -> None:
    drawing = columns("Meses", list("EFM"), [("Monto", [10, 40, 0])], "40")
    low, high = boxes(drawing)
    assert float(high["height"]) == 128
    assert float(low["y"]) + float(low["height"]) == float(high["y"]) + float(high["height"])


def test_areas_of_dots_tell_the_values() -> None:
    drawing = dots("Plazos", list("EF"), ["corto"], [[4, 1]], "4")
    radii = [float(one.get("r", "0")) for one in parsed(drawing).iter(f"{SVG}circle")]
    assert radii[0] == pytest.approx(2 * radii[1], abs=0.1)


LONG = "COMISIÓN ESTATAL PARA LA PLANEACIÓN Y PROGRAMACIÓN DE LAS OBRAS HIDRÁULICAS DEL ESTADO"


@pytest.mark.parametrize(
    "drawing",
    [
        bars(EVIL, [Bar(EVIL, 10**15, "$1,000,000 millones · 100.0 %"), Bar(LONG, 3, "3")]),
        stacked(EVIL, [EVIL, LONG[:30], "C"], [Stack(EVIL, (1, 2, 3), "6")]),
        columns(EVIL, [str(year) for year in range(1990, 2030)], [(EVIL, [1] * 40), ("B", [2] * 40)], EVIL),
        dots(EVIL, list("EFMAMJJASOND"), [EVIL, LONG[:40]], [[1.0] * 12, [0.0] * 12], EVIL),
        bars("Vacía", []),
        columns("Vacía", [], [("Monto", [])], "0"),
    ],
)
def test_every_chart_is_a_drawing_that_fits_and_holds_no_markup_of_others(drawing: str) -> None:
    root = parsed(drawing)
    assert root.get("role") == "img"
    assert root.get("aria-label")
    assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {
        "svg", "title", "rect", "text", "line", "circle",
    }  # fmt: skip
    assert not re.search(r"style=|<style|on\w+=|href", drawing)
    for one in boxes(drawing):
        assert float(one["x"]) >= 0
        assert float(one["x"]) + float(one["width"]) <= WIDTH + 1
