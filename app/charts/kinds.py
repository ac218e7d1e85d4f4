"""The kinds of charts: bars, stacked bars, columns and dots."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.charts.drawing import SMALL, WIDTH, box, dot, fit, legend, rule, svg, wide_as, write

_ROW = 42


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it is of, how long, and its number as people read it."""

    label: str
    value: float
    told: str


@dataclass(frozen=True, slots=True)
class Stack:
    """One bar of several parts, as many as the chart has series."""

    label: str
    values: tuple[float, ...]
    told: str


def bars(title: str, rows: Sequence[Bar]) -> str:
    """Draw a bar a row, its label above it and its number behind it: names of any length, on any screen."""
    most = max((row.value for row in rows), default=0)
    room = WIDTH - max((wide_as(row.told, SMALL) for row in rows), default=0) - 6
    drawn = []
    for turn, row in enumerate(rows):
        top, wide = turn * _ROW, room * row.value / most if most > 0 and row.value > 0 else 0
        drawn.append(write((0, top + 13), fit(row.label, WIDTH)))
        drawn.append(box((0, top + 19), wide, 13))
        drawn.append(write((max(wide, 1) + 6, top + 30), row.told, soft=True))
    return svg(title, len(rows) * _ROW, drawn)


def stacked(title: str, series: Sequence[str], rows: Sequence[Stack]) -> str:
    """Draw a bar of parts a row; all share one scale."""
    most = max((sum(row.values) for row in rows), default=0)
    room = WIDTH - max((wide_as(row.told, SMALL) for row in rows), default=0) - 6
    drawn, top = legend(series, 0)
    for row in rows:
        drawn.append(write((0, top + 15), fit(row.label, WIDTH)))
        x = 0.0
        for turn, value in enumerate(row.values):
            if value > 0 and most > 0:
                drawn.append(box((x, top + 21), room * value / most, 13, turn))
                x += room * value / most
        drawn.append(write((x + 6, top + 32), row.told, soft=True))
        top += _ROW
    return svg(title, top, drawn)


def columns(
    title: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[float]]], scale: str
) -> str:
    """Draw upright columns side by side, for what has an order of its own.

    Args:
        title: of the chart.
        labels: below the columns; every second or third where there is no room.
        series: name and a value for each label; names are shown where there are several.
        scale: the largest value as people read it, at the height where it is reached.
    """
    drawn, top = legend([name for name, _ in series], 0) if len(series) > 1 else ([], 0.0)
    most = max((value for _, values in series for value in values), default=0)
    foot, high = top + 152, 128
    drawn += [rule((0, foot - high), (WIDTH, foot - high)), write((0, foot - high - 5), scale, soft=True)]
    step = WIDTH / max(len(labels), 1)
    every = max(
        1, -(-int(max((wide_as(label, SMALL) for label in labels), default=0) + 4) // max(int(step), 1))
    )
    wide = min(step * 0.72, 48) / len(series)
    for turn, label in enumerate(labels):
        middle = step * (turn + 0.5)
        for place, (_, values) in enumerate(series):
            if values[turn] > 0 and most > 0:
                tall = max(high * values[turn] / most, 1)
                left = middle - wide * len(series) / 2 + place * wide
                drawn.append(box((left, foot - tall), wide - 1, tall, place))
        if turn % every == 0:
            drawn.append(write((middle, foot + 16), label, anchor="middle", soft=True))
    drawn.append(rule((0, foot), (WIDTH, foot)))
    return svg(title, foot + 24, drawn)


def dots(
    title: str, across: Sequence[str], down: Sequence[str], values: Sequence[Sequence[float]], scale: str
) -> str:
    """Draw a grid of dots whose areas tell the values.

    Args:
        title: of the chart.
        across: labels of the columns, short.
        down: labels of the rows, each on a line above its dots.
        values: a row for each of `down`.
        scale: what the largest dot stands for, as people read it.
    """
    most = max((value for row in values for value in row), default=0)
    step, tall = WIDTH / len(across), 44
    largest = min(step, tall - 18) / 2
    drawn = []
    for turn, label in enumerate(down):
        top = turn * tall
        drawn += [write((0, top + 13), label, soft=True), rule((0, top + 31), (WIDTH, top + 31))]
        for place, value in enumerate(values[turn]):
            if value > 0:
                radius = max(largest * (value / most) ** 0.5, 1.5)
                drawn.append(dot((step * (place + 0.5), top + 31), radius))
    foot = len(down) * tall
    drawn += [
        write((step * (place + 0.5), foot + 16), label, anchor="middle", soft=True)
        for place, label in enumerate(across)
    ]
    drawn += [dot((largest, foot + 36), largest), write((largest * 2 + 8, foot + 40), scale, soft=True)]
    return svg(title, foot + 54, drawn)
