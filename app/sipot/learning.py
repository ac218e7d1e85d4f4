"""A format learned from a workbook: which of our columns each of its columns is, with its ids, catalogues, sub-tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

from app.sipot.builtin import BUILT_IN
from app.sipot.formats import Choice, Column, Format, Kind, Labels, words

LEAST_KNOWN = 5
"""Columns that must be known for a row to be the one with the labels."""
_ALIKE = 78
"""Of 100: how alike two labels must be to mean the same column."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a workbook says of one column, before we know which it is."""

    position: int
    title: str
    kind: Kind | None = None
    field_id: int | None = None


def known(titles: Iterable[str]) -> int:
    """Return how many of the texts of a row are labels of our columns, apart from those that every obligation has."""
    return len({words(title) for title in titles if title} & _OWN_LABELS)


def nearest(heads: Sequence[Head]) -> Format:
    """Return the built-in format that most columns of a workbook belong to."""

    def score(format_: Format) -> tuple[int, int]:
        ids = {column.field_id for column in format_.columns if column.field_id}
        labels = {words(column.title) for column in format_.columns}
        same = sum(2 * (head.field_id in ids) + (words(head.title) in labels) for head in heads)
        return same, -abs(len(format_.columns) - len(heads))

    return max(BUILT_IN.values(), key=score)


def match(heads: Sequence[Head], columns: Sequence[Column]) -> dict[int, Column]:
    """Return position -> the column that stands there, taken over with the workbook's own id, title and kind.

    Ids decide, then labels, then labels that are alike, then the place, when nothing was added or taken away. A column
    that stays unknown has no key.
    """
    found: dict[int, Column] = {}
    free = {column.key: column for column in columns}

    def take(head: Head, column: Column) -> None:
        found[head.position] = _as_in(head, column)
        del free[column.key]

    for told in ("id", "label"):
        for head in heads:
            if head.position in found:
                continue
            for column in free.values():
                if (told == "id" and head.field_id and head.field_id == column.field_id) or (
                    told == "label" and words(head.title) == words(column.title)
                ):
                    take(head, column)
                    break
    open_heads = [head for head in heads if head.position not in found]
    alike = sorted(
        (
            (-_likeness(head.title, column.title), head.position, column.key)
            for head in open_heads
            for column in free.values()
            if _may_be(head, column)
        ),
    )
    by_position = {head.position: head for head in heads}
    for score, position, key in alike:
        if -score >= _ALIKE and position not in found and key in free:
            take(by_position[position], free[key])
    if len(heads) == len(columns):
        for head, column in zip(heads, columns, strict=True):
            if head.position not in found and column.key in free and _may_be(head, column):
                take(head, column)
    for head in heads:
        found.setdefault(head.position, Column("", head.kind or Kind.LONG, head.title, head.field_id))
    return found


def learned(near: Format, format_id: str, labels: Labels, columns: Iterable[Column]) -> Format:
    """Return the format as the workbook has it."""
    return Format(format_id or near.id, "learned", near.family, labels, tuple(columns))


def catalogue(labels: Sequence[str], column: Column) -> tuple[Choice, ...]:
    """Return a catalogue from its sheet; the numbers are those of the built-in one where its entries are the same."""
    if {words(label) for label in labels} == {words(entry.label) for entry in column.catalogue}:
        orders = {words(entry.label): entry.order for entry in column.catalogue}
        return tuple(Choice(orders[words(label)], label) for label in labels)
    return tuple(Choice(order, label) for order, label in enumerate(labels))


def _as_in(head: Head, column: Column) -> Column:
    return replace(
        column,
        title=head.title or column.title,
        kind=column.kind if head.kind is None or column.kind in (Kind.TABLE, Kind.CATALOGUE) else head.kind,
        field_id=head.field_id if head.field_id is not None else column.field_id,
    )


def _may_be(head: Head, column: Column) -> bool:
    return head.kind is None or head.kind is column.kind or {head.kind, column.kind} <= _TEXTS


def _likeness(one: str, other: str) -> float:
    left, right = words(one), words(other)
    return (fuzz.token_set_ratio(left, right) + fuzz.token_sort_ratio(left, right)) / 2


_TEXTS = {Kind.SHORT, Kind.LONG, Kind.NOTE, Kind.YEAR, Kind.NUMBER}
_OF_EVERY_FORMAT = frozenset(("year", "period.start", "period.end", "area", "validated", "updated", "note"))
_OWN_LABELS = frozenset(
    words(column.title)
    for format_ in BUILT_IN.values()
    for column in format_.columns
    if column.key not in _OF_EVERY_FORMAT
)
