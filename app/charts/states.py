"""The 32 states as a map of tiles: each the same size, about where it lies, so that a small state is seen like a large one."""

from collections.abc import Mapping, Sequence
from html import escape

from app.charts.drawing import INK, RULE, SERIES, SMALL, WIDTH, number, svg, wide_as, write

PLACES = {
    "02": ("BCN", 0, 0), "26": ("SON", 1, 0), "08": ("CHH", 2, 0),
    "03": ("BCS", 0, 1), "25": ("SIN", 1, 1), "10": ("DUR", 2, 1), "05": ("COA", 3, 1), "19": ("NLE", 4, 1),
    "18": ("NAY", 1, 2), "32": ("ZAC", 2, 2), "24": ("SLP", 3, 2), "28": ("TAM", 4, 2),
    "14": ("JAL", 1, 3), "01": ("AGU", 2, 3), "11": ("GUA", 3, 3), "22": ("QUE", 4, 3), "13": ("HID", 5, 3),
    "31": ("YUC", 8, 3),
    "06": ("COL", 1, 4), "16": ("MIC", 2, 4), "15": ("MEX", 3, 4), "09": ("CMX", 4, 4), "29": ("TLA", 5, 4),
    "30": ("VER", 6, 4), "04": ("CAM", 7, 4), "23": ("ROO", 8, 4),
    "12": ("GRO", 2, 5), "17": ("MOR", 3, 5), "21": ("PUE", 4, 5), "20": ("OAX", 5, 5), "27": ("TAB", 6, 5),
    "07": ("CHP", 6, 6),
}  # fmt: skip
"""INEGI's key of a state → its letters, column and row."""
_COLUMNS, _ROWS, _GAP = 9, 7, 3
_TILE = (WIDTH + _GAP) / _COLUMNS - _GAP


def states(title: str, classes: Sequence[str], held: Mapping[str, tuple[str, int]]) -> str:
    """Draw the map; a class is told by how much of a circle is full, so that colour says nothing alone.

    Args:
        title: of the map.
        classes: what each class is called, from nothing (an empty tile) up to a full circle.
        held: INEGI's key of a state → its name and its class; what is not among them is of the first.
    """
    drawn, top = _legend(classes)
    for key, (letters, across, down) in PLACES.items():
        name, turn = held.get(key, (letters, 0))
        left, high = across * (_TILE + _GAP), top + down * (_TILE + _GAP)
        drawn.append(
            f'<g><title>{escape(name)}: {escape(classes[turn])}</title><rect class="tile" x="{number(left)}" '
            f'y="{number(high)}" width="{number(_TILE)}" height="{number(_TILE)}" rx="3" fill="none" '
            f'stroke="{RULE if turn == 0 else INK}"/>'
        )
        drawn.append(
            write((left + _TILE / 2, high + 14), letters, anchor="middle", soft=True)
            + _mark((left + _TILE / 2, high + 23), turn, len(classes))
            + "</g>"
        )
    return svg(title, top + _ROWS * (_TILE + _GAP), drawn)


def _mark(at: tuple[float, float], turn: int, classes: int) -> str:
    """Return the sign of a class: nothing, a ring, and for the last one a full circle."""
    if turn == 0:
        return ""
    fill = SERIES[0] if turn == classes - 1 else "none"
    kind = "s0" if turn == classes - 1 else "ring"
    return (
        f'<circle class="{kind}" cx="{number(at[0])}" cy="{number(at[1])}" r="4.5" fill="{fill}" '
        f'stroke="{SERIES[0]}" stroke-width="1.5"/>'
    )


def _legend(classes: Sequence[str]) -> tuple[list[str], float]:
    drawn, x, y = [], 0.0, 14.0
    for turn, name in enumerate(classes):
        wide = 17 + wide_as(name, SMALL) + 12
        if x and x + wide - 12 > WIDTH:
            x, y = 0.0, y + 18
        sign = _mark((x + 6, y - 4), turn, len(classes)) or (
            f'<rect class="tile" x="{number(x + 1)}" y="{number(y - 9)}" width="10" height="10" rx="2" fill="none" '
            f'stroke="{RULE}"/>'
        )
        drawn += [sign, write((x + 17, y), name, soft=True)]
        x += wide
    return drawn, y + 12
