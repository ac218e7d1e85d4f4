"""Sub-rows, put aside while the main sheet is read: they stand in other sheets, and may be more than memory holds."""

import tempfile
from array import array
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import orjson

from app.sipot.rows import Remark, Value


class Shelf:
    """Sub-rows put aside on disk; in memory, sixteen bytes for each and the ids that link them."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=8 * 1024 * 1024)  # noqa: SIM115  # `__exit__` closes it
        self._ends, self._previous = array("Q", (0,)), array("q")
        self._last: dict[tuple[str, str], int] = {}

    def __enter__(self) -> "Shelf":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, key: str, link: str, values: Mapping[str, Value], remarks: Sequence[Remark]) -> None:
        """Put one sub-row aside under its column's key and the id that links it."""
        kept = orjson.dumps(
            [values, remarks, [name for name, value in values.items() if hasattr(value, "year")]]
        )
        number = len(self._previous)
        self._previous.append(self._last.get((key, link), -1))
        self._last[key, link] = number
        self._file.write(kept)
        self._ends.append(self._ends[-1] + len(kept))

    def get(self, key: str, link: str) -> tuple[list[Mapping[str, Value]], list[Remark]]:
        """Return the sub-rows of a link in their order, and what is to be said of them."""
        numbers: list[int] = []
        number = self._last.get((key, link), -1)
        while number >= 0:
            numbers.append(number)
            number = self._previous[number]
        rows: list[Mapping[str, Value]] = []
        told: list[Remark] = []
        for number in reversed(numbers):
            self._file.seek(self._ends[number])
            values, remarks, days = orjson.loads(self._file.read(self._ends[number + 1] - self._ends[number]))
            rows.append(_restored(values, days))
            told.extend(Remark(**remark) for remark in remarks)
        return rows, told


def _restored(values: dict[str, Any], days: list[str]) -> dict[str, Value]:
    """Return what JSON has no word for as it was: days, and tuples of addresses."""
    return {
        name: date.fromisoformat(value)
        if name in days
        else tuple(value)
        if isinstance(value, list)
        else value
        for name, value in values.items()
    }
