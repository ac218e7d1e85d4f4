"""Rows of spreadsheets put aside on disk until all were read: those of one process may stand anywhere in the file."""

import hashlib
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import orjson

from app.sipot.rows import Remark, Row, Value

_HELD = 8 * 1024 * 1024
"""Bytes that stay in memory before the disk is used."""


class Staged(NamedTuple):
    """A row as it was put aside.

    Attributes:
        body: what the file calls the sujeto obligado; empty where it names none.
        source: which format, envelope and document of the file the row came from.
        row: as read.
        refusal: why it is of no process, in Spanish; empty where it is.
    """

    body: str
    source: str
    row: Row
    refusal: str


class Staging:
    """Rows by group, groups in the order of their first row; a context manager.

    In memory, sixteen bytes a row and about a hundred a group; the rows are on disk.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_HELD)  # noqa: SIM115  # `__exit__` closes it
        self._ends, self._previous = array("Q", (0,)), array("q")
        self._last: dict[int, int] = {}

    def __enter__(self) -> "Staging":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        """Return how many groups there are."""
        return len(self._last)

    def add(self, group: tuple[str, ...], staged: Staged) -> None:
        """Put a row aside under its group."""
        row = staged.row
        tables = {key: [(one, _days(one)) for one in rows] for key, rows in row.tables.items()}
        kept = orjson.dumps(
            (
                *(staged.body, staged.source, staged.refusal, row.sheet, row.number, row.id),
                *(row.values, _days(row.values), tables, row.remarks, row.rest),
            )
        )
        self.put(group, kept)

    def put(self, group: tuple[str, ...], kept: bytes) -> None:
        """Put a piece aside under its group, as it is."""
        name = "\0".join(group).encode("utf-8", "replace")
        digest = int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big")
        self._previous.append(self._last.get(digest, -1))
        self._last[digest] = len(self._previous) - 1
        self._file.write(kept)
        self._ends.append(self._ends[-1] + len(kept))

    def groups(self, start: int = 0) -> Iterator[list[Staged]]:
        """Yield the groups from a position on, each with its rows in the order of the file."""
        for pieces in self.pieces(start):
            yield [_staged(piece) for piece in pieces]

    def pieces(self, start: int = 0, most: int | None = None) -> Iterator[list[bytes]]:
        """Yield the groups from a position on, each with its pieces in the order of the file; of many, `most`."""
        for position, last in enumerate(self._last.values()):
            if position < start:
                continue
            numbers, number = list[int](), last
            while number >= 0:
                numbers.append(number)
                number = self._previous[number]
            yield [self._piece(number) for number in numbers[::-1][:most]]

    def _piece(self, number: int) -> bytes:
        self._file.seek(self._ends[number])
        return self._file.read(self._ends[number + 1] - self._ends[number])


def _staged(piece: bytes) -> Staged:
    body, source, refusal, sheet, at, row_id, values, days, tables, remarks, rest = orjson.loads(piece)
    row = Row(
        sheet,
        at,
        row_id,
        _thawed(values, days),
        {key: [_thawed(*one) for one in rows] for key, rows in tables.items()},
        tuple(Remark(**remark) for remark in remarks),
        rest,
    )
    return Staged(body, source, row, refusal)


def content_of(row: Row) -> bytes:
    """Return a digest of what a row says, the same wherever it stands."""
    said: Sequence[Any] = [row.values, row.tables]
    options = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_SORT_KEYS
    return hashlib.blake2b(orjson.dumps(said, default=_frozen, option=options), digest_size=16).digest()


def _frozen(value: Any) -> Any:
    """Write what JSON has no word for: a day."""
    if isinstance(value, date):
        return {"day": value.isoformat()}
    raise TypeError(type(value).__name__)


def _days(values: Mapping[str, Value]) -> list[str]:
    """Return which values are days: JSON writes them as texts."""
    return [key for key, value in values.items() if value.__class__ is date]


def _thawed(values: dict[str, Any], days: Iterable[str]) -> dict[str, Value]:
    for key in days:
        values[key] = date.fromisoformat(values[key])
    for key, value in values.items():
        if value.__class__ is list:
            values[key] = tuple(value)
    return values
