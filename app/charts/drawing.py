"""What every chart is drawn with: text that fits, colours that can be told apart, and the frame around it all."""

from collections.abc import Iterable, Sequence
from html import escape

WIDTH = 320
"""Units of every drawing; a page shows it as wide as there is room, up to half again as much."""
INK, SOFT, RULE, PAPER = "#1b1b1f", "#56565d", "#e1e1dc", "#ffffff"
SERIES = ("#0b6148", "#d08a1d", "#1b569b", "#8a3b74", "#6d7a2b", "#84847f")
"""Colours of series; each has 3:1 against paper, and a name beside it."""
SIZE, SMALL = 13, 12
_LETTER = 0.61
"""Width of a letter in its own size, on the wide side."""
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', Arial, sans-serif"


def svg(title: str, height: float, drawn: Iterable[str]) -> str:
    """Return a whole drawing.

    Args:
        title: what it shows; programs that read to people say it in place of the drawing.
        height: in units.
        drawn: its elements.
    """
    told = escape(title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {WIDTH} {number(height)}" role="img" '
        f'aria-label="{told}" font-family="{_FONT}" font-size="{SIZE}"><title>{told}</title>'
        f'<rect class="paper" width="{WIDTH}" height="{number(height)}" fill="{PAPER}"/>{"".join(drawn)}</svg>'
    )


def write(at: tuple[float, float], said: str, *, anchor: str = "start", soft: bool = False) -> str:
    """Return a line of text whose foot stands at a place."""
    kind, fill, size = ("soft", SOFT, SMALL) if soft else ("ink", INK, SIZE)
    return (
        f'<text class="{kind}" x="{number(at[0])}" y="{number(at[1])}" text-anchor="{anchor}" fill="{fill}" '
        f'font-size="{size}">{escape(said)}</text>'
    )


def box(at: tuple[float, float], width: float, height: float, series: int = 0) -> str:
    """Return a filled box; what is something is never so small that it cannot be seen."""
    return (
        f'<rect class="s{series % len(SERIES)}" x="{number(at[0])}" y="{number(at[1])}" '
        f'width="{number(max(width, 1))}" height="{number(max(height, 1))}" fill="{SERIES[series % len(SERIES)]}"/>'
    )


def rule(start: tuple[float, float], end: tuple[float, float]) -> str:
    """Return a thin line."""
    return (
        f'<line class="rule" x1="{number(start[0])}" y1="{number(start[1])}" x2="{number(end[0])}" '
        f'y2="{number(end[1])}" stroke="{RULE}"/>'
    )


def dot(at: tuple[float, float], radius: float, series: int = 0) -> str:
    """Return a filled circle."""
    return (
        f'<circle class="s{series}" cx="{number(at[0])}" cy="{number(at[1])}" r="{number(radius)}" '
        f'fill="{SERIES[series]}" fill-opacity="0.8"/>'
    )


def legend(names: Sequence[str], top: float) -> tuple[list[str], float]:
    """Return the names of series beside their colours, in as many lines as they need, and where they end."""
    drawn, x, y = [], 0.0, top + 12
    for turn, name in enumerate(names):
        wide = 16 + wide_as(name, SMALL) + 12
        if x and x + wide - 12 > WIDTH:
            x, y = 0.0, y + 18
        drawn += [box((x, y - 9), 10, 10, turn), write((x + 15, y), name, soft=True)]
        x += wide
    return drawn, y + 8


def fit(said: str, room: float, size: int = SIZE) -> str:
    """Return a text that fits, cut with an ellipsis where it must be."""
    most = max(1, int(room / (_LETTER * size)))
    return said if len(said) <= most else said[: most - 1].rstrip() + "…"


def wide_as(said: str, size: int = SIZE) -> float:
    """Return about how wide a text is."""
    return len(said) * _LETTER * size


def number(value: float) -> str:
    """Return a measure with as few digits as tell it."""
    return f"{value:.1f}".removesuffix(".0")
